#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# starttls_imap.bats - IMAP that begins in clear: real clients, mailutils'
# imap4d and courier-imap.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

# of the package, or of the same unpacked: it conflicts with other IMAP servers
IMAP4D=$(command -v /usr/sbin/imap4d ||
    echo "$PEERS/mailutils-imap4d/usr/sbin/imap4d")

# imap MODE [ARG...] - imap4d behind --starttls imap
imap() {
	local mode=$1

	shift
	need "$IMAP4D"
	serve "${CERT[@]}" --verbose --local-name tls.test --starttls imap \
	    --starttls-mode "$mode" -- "$IMAP4D" --inetd "$@"
}

# courier MODE - courier-imap, unpacked: as a package it conflicts with imap4d.
# With no authdaemon
# to ask it lets nobody in.
courier() {
	local package=$PEERS/courier-imap/usr libraries=$PEERS/courier-authlib/usr/lib

	need "$package/bin/imapd"
	libraries+=:$PEERS/libcourier-unicode4/usr/lib/$(gcc -print-multiarch)
	serve "${CERT[@]}" --local-name tls.test --starttls imap \
	    --starttls-mode "$1" -- env LD_LIBRARY_PATH="$libraries" \
	    IMAP_CAPABILITY='IMAP4rev1 AUTH=PLAIN IDLE' \
	    "$package/lib/courier/courier/imaplogin" "$package/bin/imapd" Maildir
}

# toy MODE - an application that lets anyone in, and writes to $APP_DIR/heard
# what it hears
toy() {
	app_dir
	cat >"$T/toy" <<-'EOF'
	echo "$$ begins" >>"$1/heard"
	state=nobody
	printf '* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN] toy\r\n'
	while IFS=$' \r' read -r tag verb rest; do
		echo "$tag $verb $rest" >>"$1/heard"
		[ "$verb" != LOGIN ] || state=joe
		printf '* I am %s\r\n%s OK\r\n' "$state" "$tag"
	done
	EOF
	serve "${CERT[@]}" --verbose --local-name tls.test --starttls imap \
	    --starttls-mode "$1" -- bash "$T/toy" "$APP_DIR"
}

clear_talk() {
	timeout 60 "$SHIM_TREE/tests/lib/starttls-talk" "$PORT" "$PKI/ca.pem" \
	    "$@" 3>&-
}

OURS='* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED'
READY='* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] tls.test ready'
NO_LOGIN='NO [PRIVACYREQUIRED] Not without TLS: STARTTLS first'
BEGIN='OK Begin TLS negotiation now'

# openssl_imap - s_client asks for capabilities inside TLS, and leaves
openssl_imap() {
	printf 'a CAPABILITY\r\nb LOGOUT\r\n' | s_client -starttls imap
}

# python_imap - imaplib logs in: in clear first, then inside TLS
python_imap() {
	python3 - "$PORT" "$PKI/ca.pem" <<-'EOF'
	import imaplib, ssl, sys
	imap = imaplib.IMAP4("127.0.0.1", int(sys.argv[1]))
	context = ssl.create_default_context(cafile=sys.argv[2])
	context.check_hostname = False
	print("clear", *imap.capabilities)
	try:
	    imap.login("joe", "secret")
	except imaplib.IMAP4.error as error:
	    print("clear", error)
	imap.starttls(context)
	print("tls", *imap.capabilities)
	try:
	    imap.login("joe", "secret")
	except imaplib.IMAP4.error as error:
	    print("tls", error)
	print("tls", imap.logout()[0])
	EOF
}

# what_python_saw - of imap4d
what_python_saw() {
	printf '%s\n' "$output"
	[[ ${lines[0]} == clear*IMAP4REV1*' STARTTLS LOGINDISABLED' ]]
	[[ ${lines[0]} != *AUTH=* ]]
	[[ ${lines[1]} == *PRIVACYREQUIRED* ]]
	[[ ${lines[2]} == tls*IMAP4REV1*AUTH=* && ${lines[2]} != *STARTTLS* ]]
	[[ ${lines[3]} == tls*LOGIN* && ${lines[3]} != *PRIVACYREQUIRED* ]]
	[ "${lines[4]}" = 'tls BYE' ]
}

# ------------------------------------------------------------- real clients

@test "openssl reaches imap4d where TLS is required" {
	imap required
	run openssl_imap
	[[ $output == *'* CAPABILITY IMAP4rev1 '*'b OK LOGOUT'* ]]
	[[ $output != *STARTTLS* && $output != *LOGINDISABLED* ]]
	[ "$(summary end)" = clean ]
}

@test "openssl reaches imap4d where TLS is optional" {
	imap optional
	run openssl_imap
	[[ $output == *'* CAPABILITY IMAP4rev1 '*'b OK LOGOUT'* ]]
	[[ $output != *STARTTLS* && $output != *LOGINDISABLED* ]]
}

@test "python's imaplib begins TLS where it is required" {
	imap required
	run python_imap
	what_python_saw
	logged 'clear text: imap: credentials before TLS refused'
}

@test "python's imaplib begins TLS where it is optional" {
	imap optional
	run python_imap
	what_python_saw
	logged 'clear text: imap: credentials before TLS refused'
}

# curl_begins MODE
curl_begins() {
	imap "$1"
	run curl -sv --ssl-reqd --cacert "$PKI/ca.pem" -X NOOP \
	    --connect-to "localhost:143:127.0.0.1:$PORT" \
	    --user joe:secret imap://localhost/
	printf '%s\n' "$output"
	[[ $output == *' OK Begin TLS'*'SSL connection using'* ]]
	# it came to imap4d, which knows no joe
	[ "$status" -eq 67 ]
	run curl -sv --user joe:secret "imap://127.0.0.1:$PORT/"
	[[ $output == *LOGINDISABLED* && $output != *secret* ]]
	[ "$status" -eq 67 ]
}

@test "curl begins TLS where it is required, and gets nowhere without" {
	curl_begins required
}

@test "curl begins TLS where it is optional, and gets nowhere without" {
	curl_begins optional
}

# courier_hears - inside TLS it offers what it is told to, and hears a login
courier_hears() {
	run s_client -starttls imap < <(
		printf '%s\r\n' 'a CAPABILITY' 'b LOGIN joe secret')
	printf '%s\n' "$output"
	[[ $output == *'* CAPABILITY IMAP4rev1 AUTH=PLAIN IDLE'* ]]
	[[ $output != *STARTTLS* && $output != *LOGINDISABLED* ]]
	[[ $output != *PRIVACYREQUIRED* ]]
	logged 'LOGIN FAILED, user=joe'
}

@test "openssl reaches courier-imap where TLS is required" {
	courier required
	courier_hears
}

@test "openssl reaches courier-imap where TLS is optional" {
	courier optional
	courier_hears
	run timeout 20 socat -t 20 - "TCP:127.0.0.1:$PORT" < <(
		printf '%s\r\n' 'a CAPABILITY' 'b LOGIN joe secret' 'c LOGOUT')
	printf '%s\n' "$output"
	[[ ${lines[0]} == '* OK [CAPABILITY IMAP4rev1 IDLE '* ]]
	[[ ${lines[0]} == *' STARTTLS LOGINDISABLED]'* ]]
	[[ ${lines[1]} == '* CAPABILITY IMAP4rev1 IDLE '*LOGINDISABLED* ]]
	[[ $output == *"b $NO_LOGIN"*'c OK LOGOUT'* && $output != *AUTH=* ]]
}

# by_nobody MODE - everything as a user without any right
by_nobody() {
	need "$IMAP4D"
	STARTER=tcpserver serve_as_nobody --starttls imap --starttls-mode "$1" \
	    -- "$IMAP4D" --inetd
	run openssl_imap
	printf '%s\n' "$output"
	[[ $output == *'b OK LOGOUT'* ]]
}

@test "an ordinary user can require TLS" {
	by_nobody required
}

@test "an ordinary user can leave it to the client" {
	by_nobody optional
}

# --------------------------------------------------------- the conversation

@test "no application runs before TLS where TLS is required" {
	toy required
	clear_talk "hear=$READY" 'say=1 CAPABILITY' "hear=$OURS" 'hear=1 OK Done' \
	    'say=2 LOGIN joe secret' "hear=2 $NO_LOGIN" \
	    'say=3 LOGOUT' 'hear=* BYE tls.test closes the connection' \
	    'hear=3 OK Done' end
	[ "$(summary stage)" = clear ]
	[ ! -e "$APP_DIR/heard" ]
}

@test "nothing that was said in clear is known inside TLS" {
	toy optional
	clear_talk 'hear=* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] toy' \
	    'say=1 ID NIL' 'hear=* I am nobody' 'hear=1 OK' \
	    'say=2 LOGIN joe secret' "hear=2 $NO_LOGIN" \
	    'say=3 STARTTLS' "hear=3 $BEGIN" tls \
	    'say=4 NOOP' 'hear=* I am nobody' 'hear=4 OK' \
	    'say=5 LOGIN joe secret' 'hear=* I am joe' 'hear=5 OK' close
	summary
	[ "$(grep -c begins "$APP_DIR/heard")" -eq 2 ]
	[ "$(sort -u "$APP_DIR/heard" | grep -c begins)" -eq 2 ]
	run ! grep -q '^2 ' "$APP_DIR/heard"
	grep -q '^5 LOGIN joe secret' "$APP_DIR/heard"
}

# behind GREETING - a command in the same segment as STARTTLS
behind() {
	clear_talk "hear=$1" \
	    "raw=$(printf 'a STARTTLS\r\nb LOGIN joe secret\r\n' |
		od -An -v -tx1 | tr -d ' \n')" \
	    'hear=a BAD Something stands behind STARTTLS' end
	logged 'bytes behind the command that TLS begins with: refused'
}

@test "what stands behind STARTTLS refuses it where TLS is required" {
	toy required
	behind "$READY"
	[ ! -e "$APP_DIR/heard" ]
}

@test "what stands behind STARTTLS refuses it where TLS is optional" {
	toy optional
	behind '* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] toy'
	[ "$(wc -l <"$APP_DIR/heard")" -eq 1 ]
}

# preauth MODE - an application that has logged somebody in already
preauth() {
	serve "${CERT[@]}" --verbose --local-name tls.test --starttls imap \
	    --starttls-mode "$1" -- sh -c 'printf "* PREAUTH joe\r\n"; cat'
}

NO_PREAUTH='* BYE The server is not set up for TLS'

@test "an application that says PREAUTH serves nobody in clear" {
	preauth optional
	clear_talk "hear=$NO_PREAUTH" end
	logged 'imap: the application says PREAUTH: refused'
}

@test "an application that says PREAUTH serves nobody inside TLS" {
	preauth required
	clear_talk "hear=$READY" 'say=a STARTTLS' "hear=a $BEGIN" tls \
	    "hear=$NO_PREAUTH" end
	logged 'imap: the application says PREAUTH: refused'
}

@test "an application that refuses is heard inside TLS" {
	serve "${CERT[@]}" --local-name tls.test --starttls imap -- \
	    printf '* BYE busy\r\n'
	clear_talk "hear=$READY" 'say=a STARTTLS' "hear=a $BEGIN" tls \
	    'hear=* BYE busy' end
}
