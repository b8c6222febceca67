#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Bytes both ways, half-closes both ways, the ways it may end, and what the
# application is given to start with.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

# ------------------------------------------------------------ half-closes

@test "a peer that said close_notify still gets its answer" {
	serve "${CERT[@]}" -- wc -c
	[ "$(talk say=hello notify end=notify)" = 6 ]
	[ "$(summary end)" = clean ]
	[ "$(summary stage)" = "done" ]
	exits_with 0
}

@test "a peer that said close_notify and ended its direction still gets its answer" {
	serve "${CERT[@]}" -- wc -c
	[ "$(talk say=hello notify fin end=notify)" = 6 ]
	[ "$(summary end)" = clean ]
}

@test "an application that closed its output still reads to the end" {
	app_dir
	serve "${CERT[@]}" -- \
	    sh -c 'echo bye; exec >&-; cat >"$1"' - "$APP_DIR/read"
	talk hear=bye end=notify say=more echo=0 notify
	[ "$(summary end)" = clean ]
	[ "$(cat "$APP_DIR/read")" = more ]
	[ "$(summary in)" = 5 ]
	exits_with 0
}

@test "an application that closed its output may take its time to read" {
	local -a sizes=({200..500..50}000)
	local size

	app_dir
	serve "${CERT[@]}" -- sh -c 'exec >&-; sleep 1
	    wc -c >"$1/$TCPREMOTEPORT"' - "$APP_DIR"
	# one of these is more than a socket takes, and less than that and
	# our queue
	for size in "${sizes[@]}"; do
		talk end=notify both="$size" notify &
	done
	wait_for has_summaries "${#sizes[@]}"
	cat "$APP_DIR"/*
	[ "$(sort -n "$APP_DIR"/*)" = "$(printf '%s\n' "${sizes[@]}")" ]
	[ "$(summaries | grep -c ' end=clean ')" = "${#sizes[@]}" ]
}

@test "an application that closed its input still writes to the end" {
	serve "${CERT[@]}" -- sh -c 'exec <&-; head -c 1000000 /dev/zero'
	[ "$(talk say=unread end=notify | wc -c)" = 1000000 ]
	[ "$(summary end)" = clean ]
	[ "$(summary out)" = 1000000 ]
	exits_with 0
}

@test "an application may end before the peer has sent all, and nothing breaks" {
	serve "${CERT[@]}" -- echo bye
	talk both=20000000 notify
	[ "$(summary end)" = clean ]
	[ "$(summary in)" = 20000000 ]
	exits_with 0
}

@test "what an application wrote last arrives although it is gone" {
	serve "${CERT[@]}" -- head -c 3000000 /dev/zero
	TALK=(-w 1000)
	[ "$(talk end=notify | wc -c)" = 3000000 ]
	[ "$(summary out)" = 3000000 ]
	[ "$(summary end)" = clean ]
}

@test "what a child of the application still writes arrives" {
	serve "${CERT[@]}" -- sh -c 'exec 3<&0; cat <&3 & exit 7'
	talk say=one hear=one notify end=notify
	exits_with 7
}

# --------------------------------------------------------- other endings

@test "an end without close_notify is told from a clean one" {
	serve "${CERT[@]}" -- wc -c
	[ "$(talk say=hello fin end=notify)" = 6 ]
	[ "$(summary end)" = truncated ]
	exits_with 0
}

@test "--strict-close: an end without close_notify ends the connection" {
	serve --strict-close --quiet "${CERT[@]}" -- wc -c
	# no answer, and no close_notify that would vouch for one
	run -0 talk say=hello fin end=fin
	[ -z "$output" ]
	[ "$(summary end)" = truncated ]
	# SIGPIPE: nobody takes what it writes
	[ "$(summary app)" = signal:13 ]
	exits_with 141
}

@test "--strict-close: an end with close_notify is none the worse" {
	serve --strict-close "${CERT[@]}" -- wc -c
	[ "$(talk say=hello notify fin end=notify)" = 6 ]
	[ "$(summary end)" = clean ]
}

@test "without --strict-close a truncated end is no error" {
	serve --quiet "${CERT[@]}" -- wc -c
	[ "$(talk say=hello fin end=notify)" = 6 ]
	exits_with 0
	[ -z "$(summaries)" ]
}

@test "a reset is told, and what came before it is read" {
	app_dir
	serve "${CERT[@]}" -- sh -c 'echo up; cat >"$1"' - "$APP_DIR/read"
	talk hear=up say=hello reset
	[ "$(summary end)" = reset ]
	exits_with 0
	[ "$(cat "$APP_DIR/read")" = hello ]
}

@test "a connection on which nothing moves is ended" {
	serve --idle-timeout 1 "${CERT[@]}" -- cat
	talk end=fin
	[ "$(summary end)" = timeout ]
	[ "$(summary app)" = 0 ]
	exits_with 0
}

@test "a connection on which something moves is not" {
	serve --idle-timeout 1 "${CERT[@]}" -- \
	    sh -c 'for i in 1 2 3 4 5; do sleep 0.4; echo $i; done'
	[ "$(talk end=notify notify | wc -l)" = 5 ]
	[ "$(summary end)" = clean ]
}

@test "an application that does not end when the connection has is left running" {
	serve --close-timeout 1 "${CERT[@]}" -- sleep 300
	talk_on await="$T/go" reset
	app_started sleep
	let_go
	talked
	[ "$(summary app)" = running ]
	[ "$(summary end)" = reset ]
	exits_with 111
	kill "$APP"
}

@test "an application that closed both ends and goes on is left running" {
	serve --close-timeout 1 "${CERT[@]}" -- \
	    sh -c 'exec <&- >&-; exec sleep 300'
	talk_on end=notify notify await="$T/go"
	app_started sleep
	let_go
	talked
	[ "$(summary app)" = running ]
	[ "$(summary end)" = clean ]
	exits_with 111
	kill "$APP"
}

@test "a peer that does not answer close_notify is not waited for long" {
	serve --close-timeout 1 "${CERT[@]}" -- true
	talk_on end=notify await="$T/go"
	[ "$(summary end)" = timeout ]
	[ "$(summary app)" = 0 ]
	exits_with 0
	let_go
	talked
}

@test "a peer that goes on sending cannot hold a connection without application" {
	serve --close-timeout 1 "${CERT[@]}" -- true
	CLIENT_TIMEOUT=15 run talk both=1000000000000
	[ "$status" -eq 1 ]
	[ "$(summary end)" = timeout ]
	exits_with 0
}

# --------------------------------------------------------- back-pressure

# own_kib PID - memory that is its own
own_kib() {
	awk '$1 == "RssAnon:" { print $2 }' "/proc/$1/status"
}

@test "an application that never reads stops the sender, and no queue grows" {
	local before after

	serve "${CERT[@]}" -- sleep 300
	# two pipes: one reader could take what is meant for the next
	mkfifo "$T/leave"
	talk_on await="$T/go" stuff=50000000 await="$T/leave" reset
	app_started sleep
	before=$(own_kib "$(net_pid)")
	let_go
	echo >"$T/leave"
	talked
	after=$(own_kib "$(net_pid)")
	echo "took $(cat "$T/talk") bytes; $before KiB became $after"
	[ "$((after - before))" -lt 2048 ]
	kill "$(inner_pid)"
	[ "$(summary end)" = reset ]
	exits_with 143
}

@test "a peer that never reads stops the application" {
	serve --idle-timeout 2 "${CERT[@]}" -- sh -c 'exec cat /dev/zero'
	talk_on await="$T/go"
	[ "$(summary end)" = timeout ]
	[ "$(summary out)" -lt 50000000 ]
	let_go
	talked
	# cat says so itself, or dies of SIGPIPE
	exits_with '(1|141)'
}

@test "a peer that is gone while queues are full takes no time of the processor" {
	local ms

	serve --idle-timeout 3 --close-timeout 1 "${CERT[@]}" -- sleep 300
	talk_on stuff=50000000 await="$T/go" reset
	let_go
	talked
	APP=$(inner_pid)
	[ "$(summary end)" = timeout ]
	exits_with 111
	ms=$(cpu_ms)
	echo "$ms ms"
	[ "$ms" -lt 200 ]
	kill "$APP"
}

@test "a peer that is gone while both directions are full takes none either" {
	local ms

	serve --idle-timeout 3 --close-timeout 1 "${CERT[@]}" -- \
	    sh -c 'cat /dev/zero; exec sleep 300'
	talk_on stuff=50000000 await="$T/go" reset
	let_go
	talked
	APP=$(inner_pid)
	wait_for -t 15 has_summaries 1
	exits_with 111
	ms=$(cpu_ms)
	echo "$ms ms"
	[ "$ms" -lt 200 ]
	kill "$APP"
}

@test "what is written to a peer that is gone is an error to the application" {
	serve "${CERT[@]}" -- cat /dev/zero
	talk stuff=50000000 reset
	[ "$(summary end)" = reset ]
	# cat says so itself, or dies of SIGPIPE
	exits_with '(1|141)'
}

# ------------------------------------------------------------------- keys

@test "the peer changes its keys, and ours, again and again" {
	local i

	serve "${CERT[@]}" -- cat
	local -a steps=()
	for i in 1 2 3 4 5; do
		steps+=(rekey=own "say=own $i" "hear=own $i" "rekeyed=$((i - 1))"
		    rekey=both "say=both $i" "hear=both $i" "rekeyed=$i")
	done
	talk "${steps[@]}" echo=1000000 notify end=notify
	[ "$(summary end)" = clean ]
	[ "$(summary tls)" = TLSv1.3 ]
}

@test "a peer may ask for new keys after our close_notify" {
	app_dir
	serve "${CERT[@]}" -- sh -c 'exec >&-; cat >"$1"' - "$APP_DIR/read"
	talk end=notify rekey=both say=more notify
	[ "$(summary end)" = clean ]
	[ "$(cat "$APP_DIR/read")" = more ]
}

@test "a renegotiation is refused" {
	serve "${CERT[@]}" -- cat
	TALK=(-v 1.2)
	# OpenSSL's client takes it so
	talk renegotiate end=error
	[ "$(summary end)" = alert-received:handshake_failure ]
	[ "$(summary tls)" = TLSv1.2 ]
}

# ----------------------------------------------------------------- status

@test "the application's status is passed on" {
	local code

	for code in 0 7 97 111; do
		: >"$LOG"
		serve "${CERT[@]}" -- sh -c "exit $code"
		talk notify end=notify
		[ "$(summary app)" = "$code" ]
		exits_with "$code"
	done
}

@test "an application that was killed gives 128 and the signal" {
	serve "${CERT[@]}" -- sh -c 'kill -KILL $$'
	talk notify end=notify
	[ "$(summary app)" = signal:9 ]
	[ "$(summary end)" = clean ]
	exits_with 137
}

@test "the application's status counts however the connection ended" {
	serve "${CERT[@]}" -- sh -c 'cat; exit 7'
	talk say=one hear=one reset
	[ "$(summary end)" = reset ]
	exits_with 7
}

@test "SIGTERM: what is under way is finished" {
	serve "${CERT[@]}" -- sh -c 'read line; echo "got $line"; exit 7'
	talk_on await="$T/go" say=hello 'hear=got hello' notify end=notify
	app_started sh
	kill -TERM "$(net_pid)"
	let_go
	talked
	[ "$(summary end)" = clean ]
	exits_with 7
}

@test "SIGTERM: an application that does not end is not waited for long" {
	serve --close-timeout 1 "${CERT[@]}" -- cat
	talk_on end=fin
	app_started cat
	kill -TERM "$(net_pid)"
	talked
	[ "$(summary end)" = timeout ]
	[ "$(summary app)" = 0 ]
	exits_with 0
}

@test "SIGTERM: a peer that goes on sending is not waited for either" {
	serve --close-timeout 1 "${CERT[@]}" -- cat
	talk_on echo=1000000000000
	app_started cat
	kill -TERM "$(net_pid)"
	[ "$(summary end)" = timeout ]
	! wait "$TALKER" || return 1
	exits_with '(0|1|141)'
}

@test "SIGTERM: a peer that has not shaken hands yet is not waited for" {
	serve "${CERT[@]}" -- cat
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	wait_for inner_is tlsshim
	kill -TERM "$(net_pid)"
	wait_for -t 5 no_children
	exec 5>&-
}

# ----------------------------------------------------- a fresh process

# open_fds PID
open_fds() {
	local fds=("/proc/$1/fd/"*)

	echo "${fds[@]##*/}"
}

@test "the application has descriptors 0, 1 and 2 only, whatever the starter left open" {
	local STARTER

	for STARTER in activate activate-inetd tcpserver; do
		exec 7</dev/null 9</dev/null
		serve "${CERT[@]}" -- sleep 300
		exec 7<&- 9<&-
		talk_on await="$T/go" reset
		app_started sleep
		[ "$(open_fds "$APP")" = "0 1 2" ]
		kill "$APP"
		let_go
		talked
	done
}

@test "the application has a fresh process's signals and the starter's limits" {
	trap '' PIPE HUP USR1
	# (systemd-socket-activate raises its own limit of files)
	STARTER=tcpserver serve "${CERT[@]}" -- cat /proc/self/status /proc/self/limits
	trap - PIPE HUP USR1
	talk notify end=notify >"$T/seen"
	cat "$T/seen"
	grep -q '^SigBlk:	0*$' "$T/seen"
	# make's posix_spawn(3) leaves libc's own two, 32 and 33, ignored, and
	# no program can change that by libc
	grep -qE '^SigIgn:	0*(180000000)?$' "$T/seen"
	grep -q '^SigCgt:	0*$' "$T/seen"
	grep -q '^SigPnd:	0*$' "$T/seen"
	grep -q '^NoNewPrivs:	0$' "$T/seen"
	diff <(sed -n '/^Limit/,$p' "$T/seen") "/proc/$STARTER_PID/limits"
}

@test "the application has its account's rights and no other" {
	need_root
	serve "${CERT[@]}" -- cat /proc/self/status
	talk notify end=notify >"$T/seen"
	cat "$T/seen"
	local uid gid

	uid=$(id -u tlsshim-app) gid=$(id -g tlsshim-app)
	grep -q "^Uid:	$uid	$uid	$uid	$uid\$" "$T/seen"
	grep -q "^Gid:	$gid	$gid	$gid	$gid\$" "$T/seen"
	grep -q "^Groups:	$gid \$" "$T/seen"
	grep -q '^CapPrm:	0*$' "$T/seen"
	grep -q '^CapEff:	0*$' "$T/seen"
	grep -q '^Seccomp:	0$' "$T/seen"
}

@test "the application is not told by the starter what only a handshake tells" {
	SERVE_ENV=(SSL_CLIENT_VERIFY=evil SSL_CLIENT_S_DN=evil SSL_PROTOCOL=evil
	    SSL_X=evil HTTPS=evil TCPREMOTEIP=evil TCPREMOTEHOST=evil
	    TCPREMOTEINFO=evil TCPLOCALPORT=evil TCP6REMOTEIP=evil PROTO=evil
	    REMOTE_ADDR=evil REMOTE_USER=evil LISTEN_FDNAMES=evil
	    CREDENTIALS_DIRECTORY=/evil TLSSHIM_ID=evil PROXY_X=evil
	    TLS_X=evil CERTFILE=/evil KEYFILE=/evil CERTCHAINFILE=
	    KEEP=me NOTIFY_SOCKET=/evil)
	serve "${CERT[@]}" -- env
	talk notify end=notify >"$T/seen"
	cat "$T/seen"
	! grep evil "$T/seen" || return 1
	! grep -E '^(CERT|KEY|LISTEN_)' "$T/seen" || return 1
	grep -qx KEEP=me "$T/seen"
	grep -qx SSL_CLIENT_VERIFY=NONE "$T/seen"
	grep -qx HTTPS=on "$T/seen"
	grep -qx TCPREMOTEIP=127.0.0.1 "$T/seen"
	grep -qx "TCPLOCALPORT=$PORT" "$T/seen"
	grep -qx "TLSSHIM_ID=$(summary id)" "$T/seen"
}

@test "no zombie and no process stays behind" {
	local i

	serve "${CERT[@]}" -- cat
	for i in 1 2 3 4 5; do
		talk say=one hear=one notify end=notify
		talk say=one reset
	done
	summary -n 10
	wait_for no_children
	stop
	wait_for nothing_runs
}
