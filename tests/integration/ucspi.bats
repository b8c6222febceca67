#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# UCSPI-TLS: the application has the connection, and says when TLS begins.

load ../lib/common
load ../lib/talk
load ../lib/ucspi
load ../lib/clients

setup() {
	fresh
	report_dir
}

teardown() { leave_nothing; }

# ------------------------------------------------------------- the command

@test "y: TLS begins, and nothing is answered" {
	serve_app -- "${IN_CLEAR[@]}" ctl=y list switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
	[ "$(summary stage)" = app ]
	[ "$(summary app)" = 0 ]
	[ "$(summary in)" = 6 ]
	[ "$(cat "$REPORT")" = "$(printf 'ctl 1 -\nlist 0 -')" ]
}

@test "Y: TLS begins, and the variables are told" {
	serve_app -- "${IN_CLEAR[@]}" ctl=Y list switch echo
	client "${CLIENT_IN_CLEAR[@]}" version=1.2 tls say=ping hear=ping close
	reports SSL_PROTOCOL=TLSv1.2
	reports SSL_TLS_SNI=localhost
	reports SSL_CLIENT_VERIFY=NONE
	reports 'list 0 -'
	# the terminator is the last byte, and no entry is empty or has no value
	[ "$(grep -c '^$' "$REPORT")" = 1 ]
	[ "$(grep -B 1 -x 'list 0 -' "$REPORT" | head -n 1)" = "" ]
	run ! grep -qvE '^(ctl 1 -|list 0 -|[A-Za-z0-9_]+=.*|)$' "$REPORT"
	# who runs already has the others in its environment
	run ! grep -q '^TCP' "$REPORT"
}

@test "Z: TLS begins, and the variables are told" {
	serve_app -- "${IN_CLEAR[@]}" ctl=Z list switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
	[ "$(sed -n 2p "$REPORT")" = SSL_PROTOCOL=TLSv1.3 ]
	reports 'list 0 -'
}

@test "the end of the connection is told in both directions" {
	serve_app -- "${IN_CLEAR[@]}" ctl=y switch want=ping say=pong exit=0
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=pong end
	[ "$(summary app)" = 0 ]
	serve_app -- "${IN_CLEAR[@]}" ctl=y switch end tell=over exit=6
	client "${CLIENT_IN_CLEAR[@]}" tls close
	[ "$(summary -n 2 app)" = 6 ]
	reports over
}

@test "under every starter, and with nothing exported, it is the same" {
	local starter

	for starter in activate activate-inetd tcpserver tcpsvd; do
		echo "$starter"
		STARTER=$starter serve_app --export certs -- \
		    "${IN_CLEAR[@]}" ctl=Y list switch echo
		client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
		stop
	done
	[ "$(grep -c '^SSL_SERVER_CERT=' "$REPORT")" = 4 ]
	rm "$REPORT"
	serve_app --export tcp -- "${IN_CLEAR[@]}" ctl=Y list switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
	# of none there are two NULs
	[ "$(cat "$REPORT"; echo .)" = "$(printf 'ctl 1 -\n\n\nlist 0 -\n.')" ]
}

@test "as an ordinary user it is the same" {
	serve_as_nobody -n -- "$STAGE/bin/ucspi-app" "$REPORT" \
	    "${IN_CLEAR[@]}" ctl=Y half switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
	reports SSL_PROTOCOL=TLSv1.3
	[ "$(summary app)" = 0 ]
}

# ------------------------------------------------------------- the variables

@test "the program is told its descriptors, and its peer, before TLS" {
	serve_app -- "${IN_CLEAR[@]}" env=SSLCTLFD env=SSLREADFD \
	    env=SSLWRITEFD env=TCPREMOTEIP env=SSL_PROTOCOL env=TLSSHIM_PAD \
	    ctl=y switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls close
	[ "$(head -n 6 "$REPORT")" = "$(cat <<-'END'
		SSLCTLFD=3
		SSLREADFD=4
		SSLWRITEFD=5
		TCPREMOTEIP=127.0.0.1
		SSL_PROTOCOL unset
		TLSSHIM_PAD unset
	END
	)" ]
}

@test "who understands half of the answer has what matters" {
	cat "$CLIENTS/good.pem" "$CLIENTS/client.key" >"$T/good.pem"
	serve_app --client-cert optional "${TRUST[@]}" -- "${IN_CLEAR[@]}" \
	    ctl=Y half switch echo
	client "${CLIENT_IN_CLEAR[@]}" "cert=$T/good.pem" tls say=x hear=x \
	    close
	for name in SSL_PROTOCOL SSL_CIPHER SSL_CIPHER_ALGKEYSIZE \
	    SSL_CIPHER_USEKEYSIZE SSL_TLS_SNI SSL_CLIENT_VERIFY \
	    SSL_CLIENT_S_DN SSL_CLIENT_S_DN_CN; do
		echo "$name"
		grep -q "^$name=." "$REPORT"
	done
	# and it is half of them: the reader has its fault
	run ! grep -q '^SSL_SERVER_A_KEY=' "$REPORT"
}

@test "a program that never reads the answer is not waited for" {
	serve_app -- "${IN_CLEAR[@]}" ctl=Y switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
	[ "$(summary app)" = 0 ]
	serve_app --export tls,certs -- "${IN_CLEAR[@]}" ctl=Z close=SSLCTLFD \
	    switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
	[ "$(summary -n 2 app)" = 0 ]
}

# -------------------------------------------------- what does not come out

# alive PID - it does not end within two seconds
alive() {
	! timeout 2 tail --pid="$1" -f /dev/null
}

@test "end of file without a byte leaves the connection to the program, as long as it likes" {
	serve_app --handshake-timeout 1 --close-timeout 1 --idle-timeout 1 -- \
	    say=hello close=SSLCTLFD read write echo exit=7
	client_on hear=hello say=ping hear=ping "await=$T/go" say=more \
	    hear=more close
	reports 'write -1 Broken pipe'
	early_app
	alive "$NET"
	let_go
	wait "$CLIENT"
	[ "$(summary stage)" = clear ]
	[ "$(summary end)" = clean ]
	[ "$(summary app)" = 7 ]
	reports 'read 0 -'
	exits_with 7
}

@test "a byte that is no command is told, and there is no TLS" {
	local byte

	for byte in x A 1; do
		serve_app -- say=hello "ctl=${byte}y" list read say=sorry exit=3
		client hear=hello hear=sorry end
		stop
	done
	[ "$(grep -c 'program: SSLCTLFD: byte .*: want y, Y or Z' "$LOG")" = 3 ]
	[ "$(summary stage)" = clear ]
	[ "$(summary end)" = error ]
	[ "$(summary app)" = 3 ]
	[ "$(grep -cxF 'list 0 -' "$REPORT")" = 3 ]
}

@test "a second byte is of no effect" {
	serve_app -- "${IN_CLEAR[@]}" ctl=yx list switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
	reports 'list 0 -'
	serve_app -- "${IN_CLEAR[@]}" ctl=Yyx list ctl=y switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
	reports 'ctl -1 Broken pipe'
	[ "$(summary -n 2 app)" = 0 ]
}

# failure REASON STEP... - of the client: a handshake that fails, and what
# becomes of a program that said y, Y or Z.  OPTIONS: of tlsshim.
failure() {
	local command reason=$1 answer

	shift
	for command in y Y Z; do
		echo "$command"
		rm -f "$REPORT"
		: >"$LOG"
		serve_app "${OPTIONS[@]}" -- "${IN_CLEAR[@]}" "ctl=$command" \
		    list read write exit=5
		client "${CLIENT_IN_CLEAR[@]}" "$@"
		[ "$(summary stage)" = handshake ]
		[ "$(summary end)" = "$reason" ]
		[ "$(summary app)" = 5 ]
		exits_with 5
		stop
		answer="!$reason"
		[[ $reason != probe:* ]] || answer='!probe:no-tls'
		[ "$command" = Z ] || answer=
		# its two NULs are lines here
		[ "$(sed 1d "$REPORT")" = "$(
		    [ -z "$answer" ] || printf '%s\n\n' "$answer"
		    printf 'list 0 -\nread 0 -\nwrite -1 Broken pipe')" ]
	done
}

@test "a handshake that fails is end of file to the program, or a reason" {
	OPTIONS=()
	failure probe:text 'say=QUIT and be gone' end
	failure probe:eof close
	CLIENT_CA=$CLIENTS/ca.pem failure alert-received:unknown_ca refused
}

@test "a handshake that takes too long is" {
	OPTIONS=(--handshake-timeout 1)
	failure timeout end
}

@test "a client without a certificate is, where one is required" {
	OPTIONS=(--client-cert require "${TRUST[@]}")
	failure alert-sent:certificate_required refused
	failure alert-sent:handshake_failure version=1.2 refused
}

@test "a name that nobody has is" {
	OPTIONS=(--cert-dir "$T/names" --sni known)
	CERT=()
	mkdir -m 755 "$T/names"
	failure alert-sent:unrecognized_name refused
}

@test "a key that cannot be read when it must sign is" {
	local keys=$T/keys

	openssl rand -hex 32 >"$keys"
	chmod 640 "$keys"
	chgrp --reference="$PKI/p256.key" "$keys"
	CERT=(--cert "$PKI/p256.pem" --key "$PKI/rsa.key" --ticket-keys "$keys")
	serve_app -- "${IN_CLEAR[@]}" ctl=Z list read exit=5
	client "${CLIENT_IN_CLEAR[@]}" refused
	[ "$(summary stage)" = handshake ]
	[ "$(summary end)" = error ]
	[ "$(summary app)" = 5 ]
	reports '!error'
	logged 'key'
}

@test "a program that cannot be executed is told, and nobody hears a byte" {
	serve -n "${CERT[@]}" -- /nowhere/at/all
	client end
	[ "$(summary stage)" = clear ]
	[ "$(summary end)" = error ]
	[ "$(summary app)" = none ]
	exits_with 100
	logged 'program: /nowhere/at/all: No such file or directory'
}

@test "a rule that denies lets no program start" {
	tcprules "$T/rules.cdb" "$T/tmp" <<<':deny'
	chmod 644 "$T/rules.cdb"
	serve_app --rules "$T/rules.cdb" -- say=hello
	client end
	[ "$(summary end)" = denied ]
	[ ! -s "$REPORT" ]
}

# --------------------------------------------------------- how it all ends

@test "the program's status is passed on, whenever it ends" {
	serve_app -- say=hello exit=7
	client hear=hello end
	[ "$(summary stage)" = clear ]
	[ "$(summary app)" = 7 ]
	exits_with 7
	serve_app -- "${IN_CLEAR[@]}" ctl=y switch want=x exit=8
	client "${CLIENT_IN_CLEAR[@]}" tls say=x end
	[ "$(summary -n 2 stage)" = done ]
	[ "$(summary -n 2 app)" = 8 ]
	exits_with 8
}

@test "so is the signal that killed it" {
	serve_app -- say=hello kill=9
	client hear=hello end
	[ "$(summary app)" = signal:9 ]
	exits_with 137
	serve_app -- "${IN_CLEAR[@]}" ctl=Y list switch want=x kill=6
	client "${CLIENT_IN_CLEAR[@]}" tls say=x end
	[ "$(summary -n 2 app)" = signal:6 ]
	exits_with 134
}

@test "on SIGTERM in clear the program sees the end of its descriptors, and has some time" {
	serve_app -- say=hello list exit=4
	client_on hear=hello "await=$T/go"
	early_app
	kill -TERM "$NET"
	wait_for gone "$NET"
	[ "$(summary stage)" = clear ]
	[ "$(summary app)" = 4 ]
	reports 'list 0 -'
	let_go
	wait "$CLIENT"
	serve_app --close-timeout 1 -- say=hello close=SSLCTLFD echo exit=4
	client_on hear=hello say=x hear=x "await=$T/go" close
	early_app
	alive "$NET"
	kill -TERM "$NET"
	wait_for gone "$NET"
	[ "$(summary -n 2 app)" = running ]
	exits_with 111
	# it goes on, and the KEEPER does not stay for it
	wait_for gone "$KEEPER"
	let_go
	wait "$CLIENT"
	wait_for gone "$APP"
}

@test "on SIGTERM the handshake is not waited for" {
	serve_app -- "${IN_CLEAR[@]}" ctl=Z list exit=4
	client_on "${CLIENT_IN_CLEAR[@]}" raw=16 "tell=$T/said" "await=$T/go"
	wait_for test -e "$T/said"
	early_app
	wait_for unread 0
	kill -TERM "$NET"
	wait_for gone "$NET"
	[ "$(summary stage)" = handshake ]
	[ "$(summary app)" = 4 ]
	reports '!timeout'
	let_go
	wait "$CLIENT"
}

# --------------------------------------------------------------- mailfront

# serve_mailfront - which takes mail for b@localhost, and offers STARTTLS
serve_mailfront() {
	need swaks mailfront tcprules
	echo '127.:allow,UCSPITLS=""' | tcprules "$T/rules.cdb" "$T/rules.tmp"
	chmod 644 "$T/rules.cdb"
	serve -n --rules "$T/rules.cdb" "${CERT[@]}" "$@" -- \
	    mailfront smtp echo starttls-ucspi accept
}

# letter [swaks option ...] - in $output
letter() {
	run timeout 20 swaks --server 127.0.0.1 --port "$PORT" \
	    --helo client --from a@localhost --to b@localhost "$@"
	echo "$output"
}

@test "mailfront's own plugin takes a letter under TLS, and one in clear" {
	serve_mailfront
	letter --tls --tls-verify --tls-ca-path "$PKI/ca.pem" \
	    --tls-sni localhost
	[ "$status" -eq 0 ]
	[[ $output == *"TLSv1.3:"*" ~> MAIL FROM:"*"250 Received "* ]]
	[ "$(summary tls)" = TLSv1.3 ]
	[ "$(summary app)" = 0 ]
	# under TLS it is not offered again
	[ "$(grep -c STARTTLS <<<"$output")" = 2 ]
	letter
	[ "$status" -eq 0 ]
	[[ $output == *" -> MAIL FROM:"*"250 Received "* ]]
	[ "$(summary -n 2 stage)" = clear ]
	[ "$(summary -n 2 end)" = clean ]
	[ "$(summary -n 2 app)" = 0 ]
}

@test "openssl s_client -starttls smtp talks to it" {
	serve_mailfront --max-version 1.2
	run timeout 20 openssl s_client -quiet -starttls smtp \
	    -connect "127.0.0.1:$PORT" -CAfile "$PKI/ca.pem" \
	    -verify_return_error -verify_hostname localhost 3>&- \
	    < <(printf 'NOOP\r\nQUIT\r\n')
	echo "$output"
	[[ $output == *'221 2.0.0 Good bye.'* ]]
	[ "$(summary tls)" = TLSv1.2 ]
	[ "$(summary app)" = 0 ]
}

@test "who the program leaves behind does not keep the connection" {
	# shellcheck disable=SC2016 # the program's
	serve -n "${CERT[@]}" -- sh -c 'echo hello
	    exec 9<&0; head -c 1 <&9 >/dev/null & exit 7'
	client_on hear=hello "await=$T/go"
	[ "$(summary app)" = 7 ]
	[ "$(summary stage)" = clear ]
	let_go
	wait "$CLIENT"
}
