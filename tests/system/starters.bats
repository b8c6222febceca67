#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Every starter but systemd, with the files of units/examples: the dialog
# works, and where descriptor 2 is the connection nothing in clear reaches it.
# shellcheck disable=SC2016 # what the program's shell expands
# shellcheck disable=SC2030,SC2031,SC2034 # tests are subshells; for common.bash

load ../lib/common

setup() {
	need_root
	fresh
	EXAMPLES=$SHIM_TREE/units/examples
	PORT=$(free_port)
	# what the examples name, below $T
	mkdir -p "$T/spool/new" "$T/spool/tmp"
	cp "$PKI/p256.pem" "$T/cert.pem"
	cp -p "$PKI/p256.key" "$T/key.pem"
	cp "$EXAMPLES/smtps.mailrules" "$T/mailrules"
	chown -R tlsshim-app: "$T/spool"
}

teardown() {
	leave_nothing
}

# example FILE - as it is in the tree, with the places of this test
example() {
	sed -e "s|/usr/local/bin/tlsshim|$SHIM|g" \
	    -e "s|/etc/tlsshim/smtps.mailrules|$T/mailrules|g" \
	    -e "s|/etc/tlsshim/|$T/|g" \
	    -e "s|/var/spool/smtps|$T/spool|g" \
	    -e 's/--user smtps/--user tlsshim-app/' "$EXAMPLES/$1"
}

# Mail for ann is taken, by the account it should be; mail for eve is not
takes_mail() {
	local talk=(swaks --server 127.0.0.1 --port "$PORT" --tls-on-connect
		--tls-verify --tls-ca-path "$PKI/ca.pem"
		--helo client.example.org --from bob@example.org --silent 2)

	timeout 20 "${talk[@]}" --to ann@example.org --body 'by a starter' 3>&-
	run ! timeout 20 "${talk[@]}" --to eve@example.com 3>&-
	grep -rq 'by a starter' "$T/spool/new"
	[ "$(stat -c %U "$T"/spool/new/*)" = tlsshim-app ]
}

# bytes_sent - what a client gets that connects and says nothing TLS
bytes_sent() {
	printf 'hello\r\n' | timeout 20 socat -t 10 - "TCP:127.0.0.1:$PORT" |
	    wc -c
}

# syslog - what is sent there comes to $LOG
syslog() {
	start socat -u "UNIX-RECVFROM:$T/syslog,fork" -
	wait_for test -S "$T/syslog"
}

# apart COMMAND... - with a /dev and a /run of its own: /dev/log is the one
# of syslog, a pid file harms nobody
apart() {
	mkdir -p "$T/dev"
	exec unshare --mount sh -ec '
	    mount -t tmpfs tmpfs "$1/dev"
	    touch "$1/dev/null" "$1/dev/urandom"
	    mount --bind /dev/null "$1/dev/null"
	    mount --bind /dev/urandom "$1/dev/urandom"
	    ln -s "$1/syslog" "$1/dev/log"
	    mount --rbind "$1/dev" /dev
	    mount -t tmpfs tmpfs /run
	    shift
	    exec env -i "$@"' - "$T" PATH="$PATH" SHIM_TEST_MARK="$T" "$@"
}

# start_again - stop the last starter, not syslog; another will listen
start_again() {
	kill "$STARTER_PID"
	wait "$STARTER_PID" || :
	PORT=$(free_port)
}

# openbsd_inetd LINE - on port $PORT, with this line's words after `nowait`
openbsd_inetd() {
	printf '127.0.0.1:%s stream tcp nowait.10000 %s\n' "$PORT" "$*" \
	    >"$T/inetd.conf"
	start_server apart /usr/sbin/inetd -i -E "$T/inetd.conf"
}

inetutils_inetd() {
	printf '127.0.0.1:%s stream tcp nowait %s\n' "$PORT" "$*" \
	    >"$T/inetd.conf"
	start_server apart "$(unpacked inetutils-inetd usr/sbin/inetutils-inetd)" -d \
	    --environment -R 10000 "$T/inetd.conf"
}

# xinetd <CONFIGURATION - the service's
xinetd() {
	{
		printf 'defaults\n{\n}\n'
		sed "s/port.*=.*/port = $PORT\nbind = 127.0.0.1/"
	} >"$T/xinetd.conf"
	start_server apart "$(unpacked xinetd usr/sbin/xinetd)" -dontfork \
	    -f "$T/xinetd.conf" -pidfile "$T/xinetd.pid"
}

# unpacked PACKAGE FILE - a program of a package that cannot be installed
unpacked() {
	if [ ! -e "$PEERS/$1/$2" ]; then
		mkdir -p "$PEERS"
		(cd "$T" && apt-get -qq -o APT::Sandbox::User=root download \
		    "$1" && dpkg-deb -x "$1"_*.deb "$PEERS/$1") >&2
	fi
	echo "$PEERS/$1/$2"
}

# ------------------------------------------------------ the shipped examples

@test "openbsd-inetd: smtps of inetd.conf takes mail" {
	openbsd_inetd "$(example inetd.conf |
	    sed -n 's/^465 stream tcp nowait.10000 //p')"
	takes_mail
}

@test "openbsd-inetd: every line of inetd.conf is read whole" {
	need imap4d cvm-unix
	openbsd_inetd "$(example inetd.conf |
	    sed -n 's/^995 stream tcp nowait.10000 //p')"
	run ask 'QUIT'
	[ "${output:0:3}" = +OK ]
	start_again
	openbsd_inetd "$(example inetd.conf |
	    sed -n 's/^993 stream tcp nowait.10000 //p')"
	run ask 'a LOGOUT' -crlf
	[[ $output == *'a OK LOGOUT'* ]]
	start_again
	openbsd_inetd "$(example inetd.conf |
	    sed -n 's/^110 stream tcp nowait.10000 //p')"
	run ask 'QUIT' -starttls pop3
	[ "${output:0:3}" = +OK ]
}

@test "inetutils-inetd: smtps of inetd.conf takes mail" {
	inetutils_inetd "$(example inetd.conf |
	    sed -n 's/^465 stream tcp nowait.10000 //p')"
	takes_mail
}

@test "xinetd: smtps.xinetd takes mail" {
	xinetd < <(example smtps.xinetd)
	takes_mail
}

@test "tcpserver: smtps.run takes mail" {
	example smtps.run |
	    sed "s/tcpserver -HRDl0 -c 400 0 465/tcpserver -HRDl0 127.0.0.1 $PORT/
	        s|tlsshim --user|$SHIM --user|" >"$T/run"
	start_server apart sh "$T/run"
	takes_mail
}

@test "tcpsvd: smtps.run's other line takes mail" {
	example smtps.run |
	    sed "s/tcpserver -HRDl0 -c 400 0 465/tcpsvd -l0 -c 400 -C 40 127.0.0.1 $PORT/
	        s|tlsshim --user|$SHIM --user|" >"$T/run"
	start_server apart sh "$T/run"
	takes_mail
}

@test "tcpserver: submission.run takes mail of who logs in, under TLS" {
	local talk=(swaks --server 127.0.0.1 --port "$PORT" --tls
		--tls-verify --tls-ca-path "$PKI/ca.pem" --auth PLAIN
		--auth-user ann --helo client.example.org
		--from ann@example.org --to bob@example.com --silent 2)

	printf '%s:%s:1:1:::\n' ann "$(openssl passwd -6 secret)" \
	    >"$T/submission.passwd"
	example submission.run |
	    sed "s/tcpserver -HRDl0 -c 400 0 587/tcpserver -HRDl0 127.0.0.1 $PORT/
	        s|tlsshim -n|$SHIM -n|" >"$T/run"
	start_server apart sh "$T/run"
	timeout 20 "${talk[@]}" --auth-password secret --body 'by a user' 3>&-
	run ! timeout 20 "${talk[@]}" --auth-password wrong 3>&-
	grep -rq 'by a user' "$T/spool/new"
	[ "$(stat -c %U "$T"/spool/new/*)" = tlsshim-app ]
}

# --------------------------------------------------------- what each hands on

@test "systemd-socket-activate: descriptor 3, and descriptors 0 and 1" {
	local STARTER

	for STARTER in activate activate-inetd; do
		serve "${CERT[@]}" sh -c 'echo $PROTO $TCPREMOTEIP'
		[ "$(ask '')" = "TCP 127.0.0.1" ]
		stop
	done
}

@test "socat: the connection itself with nofork" {
	start_server apart \
	    socat "TCP-LISTEN:$PORT,bind=127.0.0.1,fork,reuseaddr" \
	    "EXEC:$SHIM --user tlsshim-app ${CERT[*]} echo served,nofork"
	[ "$(ask '')" = served ]
	[ "$(summary end)" = clean ]
}

@test "what tcpserver looked up stays; a forged one does not" {
	STARTER=tcpserver serve_program env TCPREMOTEHOST=looked.up \
	    "$SHIM" "${AS[@]}" "${CERT[@]}" sh -c 'echo $TCPREMOTEHOST'
	[ "$(ask '')" = looked.up ]
	stop
	SERVE_ENV=(TCPREMOTEHOST=forged TCPREMOTEIP=192.0.2.1)
	STARTER=activate serve "${CERT[@]}" \
	    sh -c 'echo $TCPREMOTEIP ${TCPREMOTEHOST-none}'
	[ "$(ask '')" = "127.0.0.1 none" ]
}

@test "under every starter the program's fd 2 is not the connection" {
	local starter

	for starter in openbsd_inetd inetutils_inetd; do
		"$starter" root "$SHIM" tlsshim --user tlsshim-app "${CERT[@]}" \
		    /usr/bin/readlink /proc/self/fd/2
		[ "$(ask '')" = /dev/null ]
		start_again
	done
}

# ------------------------------------------- where fd 2 is the connection

# fails_in_silence WHAT - the peer gets no byte; syslog hears WHAT
fails_in_silence() {
	[ "$(bytes_sent)" = 0 ]
	logged "$1"
}

@test "openbsd-inetd: a missing certificate is told to syslog, not the peer" {
	syslog
	openbsd_inetd root "$SHIM" tlsshim --user tlsshim-app \
	    --cert "$T/none.pem" /bin/cat
	fails_in_silence 'none.pem: No such file'
}

@test "inetutils-inetd: a missing certificate is told to syslog, not the peer" {
	syslog
	inetutils_inetd root "$SHIM" tlsshim --user tlsshim-app \
	    --cert "$T/none.pem" /bin/cat
	fails_in_silence 'none.pem: No such file'
}

@test "xinetd: a missing certificate is told to syslog, not the peer" {
	syslog
	example smtps.xinetd | sed 's/cert.pem/none.pem/' >"$T/smtps"
	xinetd <"$T/smtps"
	fails_in_silence 'none.pem: No such file'
}

@test "an unknown option is told to syslog, not the peer" {
	syslog
	openbsd_inetd root "$SHIM" tlsshim --no-such-option /bin/cat
	fails_in_silence 'no-such-option'
}

@test "a missing program and a missing account are told to syslog" {
	syslog
	openbsd_inetd root "$SHIM" tlsshim "${CERT[@]}"
	fails_in_silence 'program'
	start_again
	openbsd_inetd root "$SHIM" tlsshim --user no-such-account \
	    "${CERT[@]}" /bin/cat
	fails_in_silence 'no-such-account'
}

@test "asked for lines on fd 2, it still writes none to the connection" {
	local format

	syslog
	for format in kv json; do
		openbsd_inetd root "$SHIM" tlsshim --user tlsshim-app \
		    --log "$format" --verbose --cert "$T/none.pem" /bin/cat
		fails_in_silence 'none.pem'
		start_again
	done
}

@test "without a syslog it is silent, and still serves" {
	openbsd_inetd root "$SHIM" tlsshim --user tlsshim-app "${CERT[@]}" \
	    /bin/echo served
	[ "$(ask '')" = served ]
	start_again
	openbsd_inetd root "$SHIM" tlsshim --user tlsshim-app \
	    --cert "$T/none.pem" /bin/cat
	[ "$(bytes_sent)" = 0 ]
}

@test "a failed handshake gives the peer a TLS alert and not a word more" {
	syslog
	openbsd_inetd root "$SHIM" tlsshim --user tlsshim-app "${CERT[@]}" \
	    /bin/cat
	printf '\x16\x03\x01\x00\x05\x01\x00\x00\x01\x00' |
	    timeout 20 socat -t 10 - "TCP:127.0.0.1:$PORT" | od -An -tx1 \
	    >"$T/bytes"
	# alert, two bytes long, fatal
	grep -Eq '^ 15 03 0[13] 00 02 02 ..$' "$T/bytes"
	logged 'stage=handshake'
}
