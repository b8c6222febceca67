# SPDX-License-Identifier: ISC
# talk.bash - clients that do what a test tells them, and what becomes of the
# processes meanwhile.  For tests/integration; load common first.
# shellcheck shell=bash
# shellcheck disable=SC2154 # PORT, T and others are set by common.bash

# talk STEP... - hold this talk (tests/tools/tls-talk.c lists the steps)
#	TALK=(option ...): of tls-talk
talk() {
	timeout "${CLIENT_TIMEOUT:-60}" "$STAGE/bin/tls-talk" -C "$PKI/ca.pem" \
	    "${TALK[@]}" "${ADDR:-127.0.0.1}" "$PORT" "$@" 3>&-
}

# talk_on STEP... - the same in the background: TALKER; what it prints is in
# $T/talk.  A step await=$T/go waits for let_go.
talk_on() {
	[ -p "$T/go" ] || mkfifo "$T/go"
	talk "$@" >"$T/talk" 2>&1 4>&- &
	TALKER=$!
}

let_go() {
	echo >"$T/go"
}

# talked - the talk in the background came out as it was told
talked() {
	wait "$TALKER" || { cat "$T/talk"; return 1; }
}

# app_dir - $APP_DIR, where the application may write
app_dir() {
	APP_DIR=$T/app
	mkdir -m 1777 "$APP_DIR"
}

# serve_path PATH ARG... - as serve, on an AF_UNIX socket: ADDR
serve_path() {
	ADDR=$1
	shift
	PORT=-
	start systemd-socket-activate --accept --setenv="SHIM_TEST_MARK=$T" \
	    --listen="$ADDR" "$SHIM" "${AS[@]}" "$@"
	wait_for test -S "$ADDR"
	chmod 666 "$ADDR"
}

# exits_with STATUS - a connection's main process ended so (the starter says)
exits_with() {
	logged "Child [0-9]+ died with code $1\$"
}

# shellcheck disable=SC2034
# app_started NAME - the only connection's keeper has become NAME: APP
app_started() {
	wait_for inner_is "$1" && APP=$(inner_pid)
}

inner_is() {
	local pid

	pid=$(inner_pid) && [ -n "$pid" ] && is_program "$pid" "$1"
}

no_children() {
	[ -z "$(children "$STARTER_PID")" ]
}

# cpu_ms - what all connections that are over took, of both processes
cpu_ms() {
	wait_for no_children
	# fields 16 and 17 of proc(5): waited-for children
	sed 's/.*) //' "/proc/$STARTER_PID/stat" |
	    awk -v hz="$(getconf CLK_TCK)" '{ print ($14 + $15) * 1000 / hz }'
}
