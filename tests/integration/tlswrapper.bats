#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# tlswrapper's protocol: the application speaks in clear through us, and says
# by descriptors 5 and 6 when TLS begins.

load ../lib/common
load ../lib/talk
load ../lib/ucspi

setup() {
	fresh
	report_dir
}

teardown() { leave_nothing; }

# serve_script SCRIPT - sh -c, as an application
serve_script() {
	serve --starttls tlswrapper "${CERT[@]}" -- sh -c "$1" "$REPORT"
}

@test "a NUL on 5 begins TLS, and is answered by one on 6" {
	serve_script 'echo hello; read a; echo go; printf "\0" >&5
	    head -c 1 <&6 | od -An -tx1 >"$0"; exec 5>&- 6<&-; exec cat'
	client hear=hello say=starttls hear=go tls say=ping hear=ping close
	[ "$(summary app)" = 0 ]
	[ "$(summary in)" = 16 ]
	[ "$(cat "$REPORT")" = ' 00' ]
}

@test "as an ordinary user it is the same" {
	serve_as_nobody --starttls tlswrapper -- sh -c 'echo hello; read a
	    echo go; printf "\0" >&5; head -c 1 <&6 | od -An -tx1 >"$0"
	    exec 5>&- 6<&-; exec cat' "$REPORT"
	client hear=hello say=starttls hear=go tls say=ping hear=ping close
	[ "$(summary app)" = 0 ]
	[ "$(cat "$REPORT")" = ' 00' ]
}

@test "a line on 5 is said in clear, and begins TLS" {
	serve_script 'echo hello; read a; printf "go\r\n" >&5
	    exec 5>&- 6<&-; exec cat'
	client hear=hello say=starttls hear=go tls say=ping hear=ping close
	[ "$(summary app)" = 0 ]
	[ "$(summary in)" = 16 ]
}

@test "5 closed without a byte is clear text to the end" {
	serve_script 'exec 5>&- 6<&-; echo hello; exec cat'
	client hear=hello say=ping hear=ping close
	[ "$(summary stage)" = clear ]
	[ "$(summary app)" = 0 ]
}

@test "what looks like TLS is clear text where there will be none" {
	serve_script 'exec 5>&- 6<&-; echo hello; exec cat'
	client hear=hello raw=16 hears=16 say=b hear=b close
	[ "$(summary app)" = 0 ]
	[ "$(summary in)" = 4 ]
}

@test "what the peer did not take in clear is never said under TLS" {
	cat >"$APP_DIR/writer" <<-'END'
		import os, select
		poll = select.poll()
		poll.register(1, select.POLLOUT)
		os.set_blocking(1, False)
		# until nobody has taken a byte for a second
		while poll.poll(1000):
		    os.write(1, b"x" * 4096)
		os.write(5, b"\0")
		os.read(6, 1)
	END
	serve --starttls tlswrapper "${CERT[@]}" -- python3 "$APP_DIR/writer"
	client_on "await=$T/go"
	[ "$(summary stage)" = clear ]
	[ "$(summary end)" = error ]
	let_go
	wait "$CLIENT"
}

@test "nothing that the peer says in clear comes behind the answer on 6" {
	cat >"$APP_DIR/reader" <<-'END'
		import os, select, sys
		os.write(1, b"go\n")
		some = b""
		while len(some) < 100000:
		    some += os.read(0, 65536)
		os.write(5, b"\0")
		ready = []
		while 6 not in ready:
		    ready = select.select([0, 6], [], [])[0]
		    if 0 in ready:
		        os.read(0, 65536)
		os.read(6, 1)
		while select.select([0], [], [], 0)[0] and os.read(0, 65536):
		    pass
		late = b"".join(iter(lambda: os.read(0, 65536), b""))
		with open(sys.argv[1], "a") as report:
		    report.write("%d late\n" % len(late))
	END
	cat >"$T/flood" <<-'END'
		import socket, sys
		s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		s.recv(1)
		try:
		    while True:
		        s.sendall(b"evil\n" * 2000)
		except OSError:
		    pass
	END
	for _ in 1 2 3 4 5; do
		serve --starttls tlswrapper "${CERT[@]}" -- \
		    python3 "$APP_DIR/reader" "$REPORT"
		timeout 20 python3 "$T/flood" "$PORT"
		stop
	done
	cat "$REPORT"
	[ "$(grep -cx '0 late' "$REPORT")" = 5 ]
}

@test "what looks like TLS amid a line is clear text" {
	serve_script 'echo hello; head -c 1 >/dev/null; echo more
	    read a; printf "go\r\n" >&5; exec 5>&- 6<&-; exec cat'
	client hear=hello raw=61 hear=more raw=16 say=b hear=go tls \
	    say=ping hear=ping close
	[ "$(summary app)" = 0 ]
}

@test "anything else on 5 ends the connection" {
	local word

	for word in x '\0x' '\0\0' '\1'; do
		serve_script "echo hello; read a; printf '$word' >&5
		    cat <&6 >&2; cat; exit 5"
		client hear=hello say=go end
		stop
	done
	[ "$(grep -c 'program: descriptor 5: . bytes: want one NUL, or one line' "$LOG")" = 4 ]
	[ "$(summary end)" = error ]
	[ "$(summary stage)" = clear ]
	[ "$(summary app)" = 5 ]
}

@test "the program has descriptors 0, 1, 2, 5 and 6 and no other" {
	serve_script 'ls -l /proc/self/fd >"$0"'
	client end
	[ "$(awk '{ print $9 }' "$REPORT" | grep . | xargs)" = "0 1 2 3 5 6" ]
	# 3 is the directory that is listed
	grep -q ' 3 -> /proc/' "$REPORT"
}

@test "the program's status and its signal are passed on" {
	serve_script 'echo hello; exit 7'
	client hear=hello end
	[ "$(summary app)" = 7 ]
	exits_with 7
	serve_script 'echo hello; kill -KILL $$'
	client hear=hello end
	[ "$(summary -n 2 app)" = signal:9 ]
	exits_with 137
}

@test "a handshake that fails is end of file to the program" {
	serve_script 'echo go; printf "\0" >&5; cat <&6; cat >"$0"; exit 4'
	client hear=go raw=160300 close
	[ "$(summary stage)" = handshake ]
	[ "$(summary app)" = 4 ]
	[ ! -s "$REPORT" ]
}

@test "tlswrapper-smtp takes a letter under TLS, and one in clear" {
	local -a as=()

	need tlswrapper-smtp swaks mailfront
	need_root # it makes an account of its own for itself
	as=(--user root --allow-root)
	serve_program "$SHIM" "${as[@]}" --starttls tlswrapper "${CERT[@]}" -- \
	    tlswrapper-smtp -J "$T" mailfront smtp echo accept
	run timeout 20 swaks --server 127.0.0.1 --port "$PORT" --tls \
	    --tls-verify --tls-ca-path "$PKI/ca.pem" --tls-sni localhost \
	    --helo client --from a@localhost --to b@localhost
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"TLSv1.3:"*" ~> MAIL FROM:"*"250 Received "* ]]
	[ "$(summary app)" = 0 ]
	run timeout 20 swaks --server 127.0.0.1 --port "$PORT" \
	    --helo client --from a@localhost --to b@localhost
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *" -> MAIL FROM:"*"250 Received "* ]]
	[ "$(summary -n 2 stage)" = clear ]
}
