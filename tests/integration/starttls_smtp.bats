#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# --starttls smtp and lmtp: real clients, and applications that know nothing
# of TLS.  As root: with all accounts; as_nobody: with one.

load ../lib/common
load ../lib/talk

setup() {
	fresh
	app_dir
	HOST=mx.test
	EXIM=()
}

teardown() { leave_nothing; }

# serve_smtp OPTION... -- APP... - of $PROTOCOL (smtp), called $HOST
serve_smtp() {
	serve --starttls "${PROTOCOL:-smtp}" --local-name "$HOST" "${CERT[@]}" \
	    "$@"
}

# the same, without any right of root
smtp_as_nobody() {
	serve_as_nobody --starttls "${PROTOCOL:-smtp}" --local-name "$HOST" "$@"
}

# client STEP... - lib/starttls-talk
client() {
	timeout 60 "$BATS_TEST_DIRNAME/../lib/starttls-talk" "$PORT" \
	    "$PKI/ca.pem" "$@" 3>&-
}

# exim_for USER - $EXIM, Exim without TLS, that queues below $APP_DIR.  Its
# account is a name for USER's.
exim_for() {
	local exim=$PEERS/exim4-daemon-light/usr/sbin/exim4 uid gid

	[ -e "$exim" ] || skip "exim4: not unpacked (scripts/test does)"
	cp --no-preserve=mode "$exim" "$T/exim4"
	chmod 755 "$T/exim4"
	uid=$(id -u "$1") gid=$(id -g "$1")
	printf '%s\n' root:x:0:0::/:/bin/sh "Debian-exim:x:$uid:$gid::/:/bin/sh" \
	    >"$T/passwd"
	printf '%s\n' root:x:0: "Debian-exim:x:$gid:" mail:x:8: >"$T/group"
	mkdir -m 1777 "$APP_DIR/spool"
	cat >"$T/exim.conf" <<-END
	primary_hostname = app.test
	spool_directory = $APP_DIR/spool
	log_file_path = $APP_DIR/spool/%slog
	queue_only = true
	keep_environment =
	tls_advertise_hosts =
	acl_smtp_mail = accept
	acl_smtp_rcpt = accept
	acl_smtp_data = accept
	chunking_advertise_hosts = *
	rfc1413_query_timeout = 0s
	host_lookup =
	begin routers
	all:
	  driver = accept
	  transport = file
	begin transports
	file:
	  driver = appendfile
	  file = $APP_DIR/spool/out
	begin authenticators
	plain:
	  driver = plaintext
	  public_name = PLAIN
	  server_prompts = :
	  server_condition = true
	  server_set_id = \$auth2
	END
	EXIM=(env LD_PRELOAD=libnss_wrapper.so NSS_WRAPPER_PASSWD="$T/passwd"
	    NSS_WRAPPER_GROUP="$T/group" "$T/exim4" -C "$T/exim.conf" -bs)
}

app_user() {
	if [ "$(id -u)" -eq 0 ]; then echo tlsshim-app; else id -un; fi
}

# counting_app GREETING - $APP: says it, tells $APP_DIR/seen of itself, and
# answers every line with 250
counting_app() {
	cat >"$T/program" <<-END
	#!/bin/sh
	echo "pid \$\$ protocol \${SSL_PROTOCOL:-none}" >>"$APP_DIR/seen"
	printf '$1\r\n'
	while read -r line; do
		printf '%s\n' "\$line" | tr -d '\r' >>"$APP_DIR/seen"
		printf '250 Ok\r\n'
	done
	END
	chmod 755 "$T/program"
	APP=("$T/program")
}

seen() {
	sed 's/^pid [0-9]*/pid/' "$APP_DIR/seen"
}

letter_by_swaks() {
	run timeout 30 swaks --server 127.0.0.1 --port "$PORT" --tls \
	    --tls-verify --tls-ca-path "$PKI/ca.pem" --tls-sni localhost \
	    --helo client.test --from a@localhost --to b@localhost 3>&-
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *"TLS started with cipher "* ]]
}

letter_by_curl() {
	printf 'Subject: x\r\n\r\nhello\r\n' >"$T/letter"
	timeout 30 curl -sS --ssl-reqd --cacert "$PKI/ca.pem" \
	    --connect-to "localhost:$PORT:127.0.0.1:$PORT" \
	    --mail-from a@localhost --mail-rcpt b@localhost \
	    --upload-file "$T/letter" "smtp://localhost:$PORT/client.test" 3>&-
}

# letter_by_python SMTP|LMTP
letter_by_python() {
	timeout 30 python3 - "$1" "$PORT" "$PKI/ca.pem" 3>&- <<-'END'
	import smtplib, socket, ssl, sys
	kind, port, ca = sys.argv[1:]
	conn = getattr(smtplib, kind)("127.0.0.1", int(port), "client.test")
	conn._host = "localhost"
	# not in all versions of the library knows LMTP to say LHLO first
	(conn.ehlo if kind == "SMTP" else lambda: conn.ehlo("client.test"))()
	assert conn.has_extn("starttls"), conn.esmtp_features
	assert not conn.has_extn("auth"), conn.esmtp_features
	print(conn.starttls(context=ssl.create_default_context(cafile=ca)))
	print(conn.ehlo("client.test"))
	refused = conn.sendmail("a@localhost", ["b@localhost", "c@localhost"],
	    "Subject: x\r\n\r\n.hello\r\n..\r\n")
	assert not refused, refused
	conn.quit()
	END
}

# queued N - so many letters are in Exim's queue
queued() {
	[ "$(find "$APP_DIR/spool/input" -name '*-H' | wc -l)" -eq "$1" ]
}

# three clients, a letter each, to Exim, in this mode
letters_to_exim() {
	letter_by_swaks
	letter_by_curl
	letter_by_python SMTP
	queued 3
	summary -n 3
	[ "$(summaries | grep -c ' tls=TLSv1.3 .* app=0')" = 3 ]
}

@test "required: swaks, curl and Python bring letters to Exim" {
	need swaks curl
	exim_for "$(app_user)"
	serve_smtp -- "${EXIM[@]}"
	letters_to_exim
}

@test "optional: swaks, curl and Python bring letters to Exim" {
	need swaks curl
	exim_for "$(app_user)"
	serve_smtp --starttls-mode optional -- "${EXIM[@]}"
	letters_to_exim
}

@test "as nobody, both modes: letters to Exim" {
	local mode

	need swaks curl
	exim_for "$(as_nobody id -un)"
	for mode in required optional; do
		smtp_as_nobody --starttls-mode "$mode" -- "${EXIM[@]}"
		letter_by_swaks
		letter_by_curl
		stop
	done
	queued 4
}

@test "both modes: mailfront takes letters" {
	local mode

	need swaks mailfront
	printf '%s\n' :sender 'k*:*' :recipient 'k*:*@localhost' >"$T/mailrules"
	for mode in required optional; do
		serve_smtp --starttls-mode "$mode" -- \
		    env MAILRULES="$T/mailrules" smtpfront-echo mailrules
		letter_by_swaks
		[[ $output == *"250 Received "* ]]
		letter_by_curl
		stop
	done
}

@test "both modes: s_client -starttls smtp" {
	local mode

	counting_app '220 app.test ESMTP'
	for mode in required optional; do
		serve_smtp --starttls-mode "$mode" -- "${APP[@]}"
		run ask 'NOOP' -starttls smtp -crlf
		echo "$output"
		stop
	done
	[ "$(grep -c '^NOOP' "$APP_DIR/seen")" = 2 ]
	[ "$(grep -c 'protocol TLSv1.3' "$APP_DIR/seen")" = 2 ]
	[ "$(grep -c 'protocol none' "$APP_DIR/seen")" = 1 ]
}

# lmtp_app - $APP: an LMTP server, that answers for every recipient
lmtp_app() {
	cat >"$T/program" <<-'END'
	#!/usr/bin/env python3
	import sys
	def say(text):
	    sys.stdout.write(text + "\r\n")
	    sys.stdout.flush()
	say("220 app.test LMTP")
	taken = []
	for line in sys.stdin:
	    verb = line.split()[0].upper()
	    if verb == "LHLO":
	        say("250-app.test\r\n250-AUTH PLAIN\r\n250 8BITMIME")
	    elif verb == "RCPT":
	        taken.append(line)
	        say("250 Ok")
	    elif verb == "DATA":
	        say("354 Go on")
	        while sys.stdin.readline().strip() != ".":
	            pass
	        for _ in taken:
	            say("250 Ok")
	        taken = []
	    elif verb == "QUIT":
	        say("221 Bye")
	        break
	    else:
	        say("250 Ok")
	END
	chmod 755 "$T/program"
	APP=("$T/program")
}

@test "both modes: Python and s_client -starttls lmtp" {
	local mode

	lmtp_app
	for mode in required optional; do
		PROTOCOL=lmtp serve_smtp --starttls-mode "$mode" -- "${APP[@]}"
		letter_by_python LMTP
		run ask QUIT -starttls lmtp -crlf
		echo "$output"
		[[ $output == *"221 Bye"* ]]
		stop
	done
}

@test "as nobody, both modes: Python brings a letter by LMTP" {
	local mode

	lmtp_app
	for mode in required optional; do
		PROTOCOL=lmtp smtp_as_nobody --starttls-mode "$mode" -- \
		    "${APP[@]}"
		letter_by_python LMTP
		stop
	done
}

@test "lmtp, optional: an answer for every recipient, in clear and then inside" {
	local -a letter=(say=MAIL 'hear=250 Ok' say=RCPT 'hear=250 Ok' say=RCPT
	    'hear=250 Ok' say=DATA 'hear=354 Go on' say=STARTTLS say=. say=NOOP
	    'hear=250 Ok' 'hear=250 Ok' 'hear=250 Ok')

	lmtp_app
	PROTOCOL=lmtp serve_smtp --starttls-mode optional -- "${APP[@]}"
	client 'hear=220 app.test LMTP' 'say=LHLO x' 'hear=250-app.test' \
	    'hear=250-8BITMIME' 'hear=250 STARTTLS' "${letter[@]}" \
	    say=STARTTLS 'hear=220 2.0.0 Ready to start TLS' tls \
	    'say=LHLO x' 'hear=250-app.test' 'hear=250-AUTH PLAIN' \
	    'hear=250 8BITMIME' "${letter[@]}" say=QUIT 'hear=221 Bye' end
}

@test "required: there is no application before TLS, and a fresh one inside" {
	counting_app '220 app.test ESMTP'
	serve_smtp --verbose -- "${APP[@]}"
	client 'hear=220 mx.test ESMTP' 'say=EHLO evil' 'hear=250-mx.test' \
	    hear=250-PIPELINING hear=250-ENHANCEDSTATUSCODES \
	    'hear=250 STARTTLS' 'say=MAIL FROM:<evil@test>' \
	    'hear=530 5.7.0 Must issue a STARTTLS command first' \
	    'say=AUTH PLAIN x' \
	    'hear=530 5.7.0 Must issue a STARTTLS command first' \
	    'say=AUTH PLAIN x' \
	    'hear=530 5.7.0 Must issue a STARTTLS command first' \
	    say=starttls 'hear=220 2.0.0 Ready to start TLS' tls \
	    'say=RCPT TO:<b@test>' 'hear=250 Ok' close
	[ "$(seen)" = "$(printf 'pid protocol TLSv1.3\nRCPT TO:<b@test>')" ]
	# however often they came
	summary
	[ "$(grep -ac 'clear text: smtp: credentials before TLS refused' \
	    "$LOG")" = 1 ]
}

@test "optional: a fresh application serves inside TLS, the first is gone" {
	local first second

	counting_app '220-app.test\r\n220 ESMTP'
	serve_smtp --verbose --starttls-mode optional -- "${APP[@]}"
	client hear=220-app.test 'hear=220 ESMTP' 'say=EHLO evil' \
	    'hear=250-Ok' 'hear=250 STARTTLS' 'say=MAIL FROM:<evil@test>' \
	    'hear=250 Ok' 'say=AUTH PLAIN x' \
	    'hear=538 5.7.11 STARTTLS comes before AUTH' \
	    'say=AUTH LOGIN' 'hear=538 5.7.11 STARTTLS comes before AUTH' \
	    say=starttls 'hear=220 2.0.0 Ready to start TLS' tls \
	    'say=RCPT TO:<b@test>' 'hear=250 Ok' close
	[ "$(seen)" = "$(printf '%s\n' 'pid protocol none' 'EHLO evil' \
	    'MAIL FROM:<evil@test>' 'pid protocol TLSv1.3' \
	    'RCPT TO:<b@test>')" ]
	read -r first second <<<"$(sed -n 's/^pid \([0-9]*\).*/\1/p' \
	    "$APP_DIR/seen" | tr '\n' ' ')"
	[ "$first" != "$second" ]
	# however often they came
	summary
	[ "$(grep -ac 'clear text: smtp: credentials before TLS refused' \
	    "$LOG")" = 1 ]
}

@test "optional: Exim forgets the sender that was named in clear" {
	exim_for "$(app_user)"
	serve_smtp --starttls-mode optional -- "${EXIM[@]}"
	run timeout 30 python3 - "$PORT" "$PKI/ca.pem" 3>&- <<-'END'
	import smtplib, ssl, sys
	conn = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "client.test")
	conn._host = "localhost"
	conn.ehlo()
	print("auth" in conn.esmtp_features, conn.docmd("AUTH PLAIN AGEAYg=="))
	print("MAIL", conn.mail("evil@localhost"))
	conn.starttls(context=ssl.create_default_context(cafile=sys.argv[2]))
	print("RCPT", conn.rcpt("b@localhost"))
	conn.ehlo()
	print("auth" in conn.esmtp_features, conn.docmd("AUTH PLAIN AGEAYg=="))
	conn.quit()
	END
	echo "$output"
	[ "$status" -eq 0 ]
	[[ ${lines[0]} == "False (538, "* ]]
	[[ ${lines[1]} == "MAIL (250, "* ]]
	[[ ${lines[2]} == "RCPT (503, "* ]]
	[[ ${lines[3]} == "True (235, "* ]]
}

@test "optional: a whole session in clear, with chunks and odd line ends" {
	exim_for "$(app_user)"
	serve_smtp --starttls-mode optional -- "${EXIM[@]}"
	run timeout 30 python3 - "$PORT" 3>&- <<-'END'
	import smtplib, sys
	conn = smtplib.SMTP("127.0.0.1", int(sys.argv[1]), "client.test")
	conn.ehlo()
	assert conn.has_extn("chunking") and conn.has_extn("starttls")
	for body in b"STARTTLS\r\n", b"AUTH PLAIN\r\n.\r\nQUIT\r\n":
	    conn.mail("a@localhost")
	    conn.rcpt("b@localhost")
	    conn.send(b"BDAT %d\r\n\r\n%s" % (len(body) + 2, body))
	    print(conn.getreply())
	    conn.send(b"BDAT %d LAST\r\n%s" % (len(body), body))
	    print(conn.getreply())
	print(conn.sendmail("a@localhost", "b@localhost", "\r\nSTARTTLS\r\n"))
	print(conn.quit())
	END
	echo "$output"
	[ "$status" -eq 0 ]
	[ "$(grep -c '^(250, ' <<<"$output")" = 4 ]
	[[ ${lines[5]} == "(221, "* ]]
	queued 3
	[ "$(summary stage)" = clear ]
	[ "$(summary end)" = clean ]
}

@test "a refusing greeting is told inside TLS, instead of nothing" {
	counting_app '554-app.test\r\n554 No'
	serve_smtp -- "${APP[@]}"
	client 'hear=220 mx.test ESMTP' say=STARTTLS \
	    'hear=220 2.0.0 Ready to start TLS' tls hear=554-app.test \
	    'hear=554 No' close
	summary
}

@test "both modes: an application that says 421 and goes" {
	printf '#!/bin/sh\nprintf "421 Too busy\\r\\n"\n' >"$T/program"
	chmod 755 "$T/program"
	serve_smtp -- "$T/program"
	client 'hear=220 mx.test ESMTP' say=STARTTLS \
	    'hear=220 2.0.0 Ready to start TLS' tls 'hear=421 Too busy' end
	stop
	serve_smtp --starttls-mode optional -- "$T/program"
	client 'hear=421 Too busy' end
	[ "$(summary -n 2 stage)" = clear ]
}

@test "both modes: what stands behind STARTTLS refuses it" {
	local mode

	counting_app '220 mx.test ESMTP'
	for mode in required optional; do
		serve_smtp --starttls-mode "$mode" -- "${APP[@]}"
		client 'hear=220 mx.test ESMTP' \
		    raw="$(printf 'STARTTLS\r\nNOOP\r\n' | od -An -tx1 -v |
		    tr -d ' \n')" 'hear=503 5.5.1 STARTTLS has to come last' end
		stop
	done
	logged 'bytes behind the command'
	! grep -q NOOP "$APP_DIR/seen" || return 1
}

@test "both modes: after TLS every byte passes as it is, both ways" {
	local mode

	# LF.LF, LF.CRLF, CR.CR, CRLF.LF, NUL, 8 bits, and what is ours in clear
	printf 'DATA\r\n\n.\n\n.\r\n\r.\r\r\n.\n\0\xff\xfe\r\n.\r\nSTARTTLS\r\nAUTH x\r\n\n' \
	    >"$T/odd"
	printf '#!/bin/sh\nprintf "220 mx.test ESMTP\\r\\n"\nexec tee %s\n' \
	    "$APP_DIR/got" >"$T/program"
	chmod 755 "$T/program"
	for mode in required optional; do
		serve_smtp --starttls-mode "$mode" -- "$T/program"
		timeout 30 python3 - "$PORT" "$PKI/ca.pem" "$T/odd" 3>&- <<-'END'
		import socket, ssl, sys
		odd = open(sys.argv[3], "rb").read()
		raw = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
		plain = raw.makefile("rwb", 0)
		plain.readline()
		plain.write(b"STARTTLS\r\n")
		assert plain.readline().startswith(b"220 2.0.0 ")
		plain.close()
		context = ssl.create_default_context(cafile=sys.argv[2])
		conn = context.wrap_socket(raw, server_hostname="localhost")
		conn.sendall(odd)
		back = b""
		while len(back) < len(odd):
		    got = conn.recv(4096)
		    assert got, back
		    back += got
		assert back == odd, back
		END
		stop
		cmp "$APP_DIR/got" "$T/odd"
	done
}

@test "required: who does not ask for TLS has a handshake's time" {
	counting_app '220 app.test ESMTP'
	serve_smtp --handshake-timeout 1 -- "${APP[@]}"
	client 'hear=220 mx.test ESMTP' say=NOOP 'hear=250 2.0.0 Ok' \
	    'hear=421 4.4.2 mx.test Timeout' end
	[ "$(summary stage)" = clear ]
	[ "$(summary end)" = timeout ]
	[ ! -e "$APP_DIR/seen" ]
}
