# SPDX-License-Identifier: ISC
# ucspi.bash - an application that knows UCSPI-TLS, and clients that begin in
# clear.  Load common and talk first.
# shellcheck shell=bash
# shellcheck disable=SC2154 # PORT, T and others are set by common.bash

# the conversation before TLS: of the application, and of the client
# shellcheck disable=SC2034
IN_CLEAR=(say=hello want=starttls say=go)
CLIENT_IN_CLEAR=(hear=hello say=starttls hear=go)

# report_dir - before serve_app: $APP_DIR, and in it $REPORT
report_dir() {
	app_dir
	REPORT=$APP_DIR/report
}

# serve_app [OPTION...] -- STEP... - steps of tests/tools/ucspi-app.c
serve_app() {
	local -a options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	serve -n "${CERT[@]}" "${options[@]}" -- "$STAGE/bin/ucspi-app" \
	    "$REPORT" "$@"
}

# client STEP... - tests/lib/starttls-talk lists them
client() {
	timeout 60 "$SHIM_TREE/tests/lib/starttls-talk" "$PORT" \
	    "${CLIENT_CA:-$PKI/ca.pem}" "$@" 3>&-
}

# client_on STEP... - the same in the background, as talk_on: CLIENT.  A step
# await=$T/go waits for let_go.
client_on() {
	[ -p "$T/go" ] || mkfifo "$T/go"
	client "$@" >"$T/talk" 2>&1 4>&- &
	CLIENT=$!
}

# reports LINE - the application does; waits for it
reports() {
	wait_for grep -qxF -- "$1" "$REPORT"
}

# early_app - the application's process, the keeper's child: NET, KEEPER, APP
early_app() {
	wait_for has_early_app
}

has_early_app() {
	NET=$(net_pid) && [ -n "$NET" ] &&
	    KEEPER=$(children "$NET") && [ -n "$KEEPER" ] &&
	    APP=$(children "$KEEPER") && [ -n "$APP" ] &&
	    is_program "$APP" ucspi-app
}

# unread N - so many bytes of the peer's are there that nobody has read
unread() {
	local hex

	printf -v hex ':%04X$' "$PORT"
	awk -v port="$hex" '
	$2 ~ port && $4 == "01" { sub(/.*:/, "", $5); print $5 }' \
	    /proc/net/tcp | { read -r rest && [ $((16#$rest)) -eq "$1" ]; }
}
