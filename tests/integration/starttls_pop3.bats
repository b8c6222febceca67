#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# starttls_pop3.bats - POP3 that begins in clear: real clients, mailfront's
# pop3front and courier-pop.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

GREETING='+OK tls.test POP3'
NOT_YET='-ERR Say STLS first'
BEGIN='+OK Begin TLS'

# mailbox - a maildir with one message, for the application's account
mailbox() {
	app_dir
	as_nobody mkdir -p "$APP_DIR/mail/"{new,cur,tmp}
	printf 'Subject: hello\n\nSTLS\n' |
	    as_nobody tee "$APP_DIR/mail/new/1.test" >"$T/null"
}

# refuse_all - a module of pop3front-auth's that knows nobody: NOBODY.  It reads
# what it is asked: pop3front-auth spins for ever on the pipe of one that is
# gone by then, as /bin/false may be.
refuse_all() {
	NOBODY=$T/nobody
	printf '#!/bin/sh\ncat >/dev/null\nexit 100\n' >"$NOBODY"
	chmod 755 "$NOBODY"
}

# pop3front MODE - before a login; whoever logs in is refused
pop3front() {
	need pop3front-auth
	refuse_all
	serve "${CERT[@]}" --verbose --local-name tls.test --starttls pop3 \
	    --starttls-mode "$1" -- /usr/sbin/pop3front-auth "$NOBODY" \
	    /usr/sbin/pop3front-maildir Maildir
}

# courier MODE - courier-pop, unpacked: as a package it conflicts with others.
# With no authdaemon to ask it lets nobody in.
courier() {
	local package=$PEERS/courier-pop/usr/lib/courier/courier
	local libraries=$PEERS/courier-authlib/usr/lib

	need "$package/courierpop3login"
	libraries+=:$PEERS/libcourier-unicode4/usr/lib/$(gcc -print-multiarch)
	serve "${CERT[@]}" --local-name tls.test --starttls pop3 \
	    --starttls-mode "$1" -- env LD_LIBRARY_PATH="$libraries" \
	    "$package/courierpop3login" "$package/courierpop3d" Maildir
}

# maildir MODE - behind one: anybody may read
maildir() {
	need pop3front-maildir
	mailbox
	serve "${CERT[@]}" --verbose --local-name tls.test --starttls pop3 \
	    --starttls-mode "$1" -- \
	    /usr/sbin/pop3front-maildir "$APP_DIR/mail"
}

# toy MODE - an application that takes any user, and writes to $APP_DIR/heard
# what it hears
toy() {
	app_dir
	cat >"$T/toy" <<-'EOF'
	echo "$$ begins" >>"$1/heard"
	user=nobody
	printf '+OK toy <%s.1@toy>\r\n' "$$"
	while IFS=$' \r' read -r verb rest; do
		echo "$verb $rest" >>"$1/heard"
		[ "$verb" != USER ] || user=$rest
		[ "$verb" != CAPA ] || printf '+OK\r\nUSER\r\n.\r\n'
		[ "$verb" = CAPA ] || printf '+OK %s\r\n' "$user"
	done
	EOF
	serve "${CERT[@]}" --verbose --local-name tls.test --starttls pop3 \
	    --starttls-mode "$1" -- bash "$T/toy" "$APP_DIR"
}

clear_talk() {
	timeout 60 "$SHIM_TREE/tests/lib/starttls-talk" "$PORT" "$PKI/ca.pem" \
	    "$@" 3>&-
}

# ------------------------------------------------------------- real clients

openssl_pop3() {
	printf 'CAPA\r\nQUIT\r\n' | s_client -starttls pop3
}

# openssl_begins MODE
openssl_begins() {
	pop3front "$1"
	run openssl_pop3
	printf '%s\n' "$output"
	[[ $output == *UIDL*USER* && $output != *STLS* ]]
	[ "$(summary end)" = clean ]
}

@test "openssl reaches pop3front where TLS is required" {
	openssl_begins required
}

@test "openssl reaches pop3front where TLS is optional" {
	openssl_begins optional
}

# python_begins MODE - poplib: in clear first, then inside TLS
python_begins() {
	pop3front "$1"
	run python3 - "$PORT" "$PKI/ca.pem" <<-'EOF'
	import poplib, ssl, sys
	pop = poplib.POP3("127.0.0.1", int(sys.argv[1]), timeout=20)
	context = ssl.create_default_context(cafile=sys.argv[2])
	context.check_hostname = False
	def login(where):
	    try:
	        pop.user("joe")
	        pop.pass_("secret")
	    except poplib.error_proto as error:
	        print(where, error)
	print("clear", *sorted(pop.capa()))
	login("clear")
	pop.stls(context)
	print("tls", *sorted(pop.capa()))
	login("tls")
	print("tls", pop.quit().decode())
	EOF
	printf '%s\n' "$output"
	[[ ${lines[0]} == clear*STLS* && ${lines[0]} != *USER* ]]
	[[ ${lines[1]} == "clear"*"$NOT_YET"* ]]
	[[ ${lines[2]} == tls*USER* && ${lines[2]} != *STLS* ]]
	[[ ${lines[3]} == tls*-ERR* && ${lines[3]} != *STLS* ]]
	[[ ${lines[4]} == 'tls +OK'* ]]
	logged 'clear text: pop3: credentials before TLS refused'
}

@test "python's poplib begins TLS where it is required" {
	python_begins required
}

@test "python's poplib begins TLS where it is optional" {
	python_begins optional
}

# curl_begins MODE
curl_begins() {
	toy "$1"
	run curl -sv -m 20 --ssl-reqd --cacert "$PKI/ca.pem" -X NOOP -I \
	    --connect-to "localhost:110:127.0.0.1:$PORT" \
	    --user joe:secret pop3://localhost/
	printf '%s\n' "$output"
	[[ $output == *"$BEGIN"*'SSL connection using'* ]]
	[ "$status" -eq 0 ]
	grep -q '^PASS secret' "$APP_DIR/heard"
	run curl -s -m 20 --user joe:mystery "pop3://127.0.0.1:$PORT/"
	[ "$status" -eq 67 ]
	run ! grep -q mystery "$APP_DIR/heard"
}

@test "curl begins TLS where it is required, and gets nowhere without" {
	curl_begins required
}

@test "curl begins TLS where it is optional, and gets nowhere without" {
	curl_begins optional
}

# courier_hears - inside TLS it offers what it has, and hears a login
courier_hears() {
	run s_client -starttls pop3 < <(
		printf '%s\r\n' CAPA 'USER joe' 'PASS secret' QUIT)
	printf '%s\n' "$output"
	[[ $output == *USER*-ERR* && $output != *STLS* ]]
	logged 'LOGIN FAILED, user=joe'
}

@test "openssl reaches courier-pop where TLS is required" {
	courier required
	courier_hears
}

@test "openssl reaches courier-pop where TLS is optional" {
	courier optional
	courier_hears
	clear_talk "hear=$GREETING" 'say=USER joe' "hear=$NOT_YET" \
	    'say=QUIT' 'hear=+OK Better luck next time.' end
}

# by_nobody MODE - everything as a user without any right
by_nobody() {
	need pop3front-auth
	refuse_all
	STARTER=tcpserver serve_as_nobody --starttls pop3 --starttls-mode "$1" \
	    -- /usr/sbin/pop3front-auth "$NOBODY" false
	run openssl_pop3
	printf '%s\n' "$output"
	[[ $output == *UIDL*USER* && $output != *STLS* ]]
}

@test "an ordinary user can require TLS" {
	by_nobody required
}

@test "an ordinary user can leave it to the client" {
	by_nobody optional
}

# --------------------------------------------------------- the conversation

@test "pop3front serves a mailbox in clear, and inside TLS, by the same words" {
	maildir optional
	clear_talk "hear=$GREETING" 'say=RETR 1' 'hear=+OK ' \
	    'hear=Subject: hello' hear= 'hear=STLS' hear= hear=. \
	    'say=STLS' "hear=$BEGIN" tls \
	    'say=RETR 1' 'hear=+OK ' 'hear=Subject: hello' \
	    hear= 'hear=STLS' hear= hear=. 'say=QUIT' 'hear=+OK ' end
}

@test "no application runs before TLS where TLS is required" {
	toy required
	clear_talk "hear=$GREETING" 'say=CAPA' 'hear=+OK Capabilities follow' \
	    'hear=STLS' hear=. 'say=USER joe' "hear=$NOT_YET" \
	    'say=QUIT' 'hear=+OK Bye' end
	[ "$(summary stage)" = clear ]
	[ ! -e "$APP_DIR/heard" ]
}

@test "nothing that was said in clear is known inside TLS" {
	toy optional
	clear_talk "hear=$GREETING" 'say=XUSER joe' 'hear=+OK nobody' \
	    'say=USER joe' "hear=$NOT_YET" 'say=STLS' "hear=$BEGIN" tls \
	    'say=NOOP' 'hear=+OK nobody' 'say=USER ann' 'hear=+OK ann' close
	summary
	[ "$(sort -u "$APP_DIR/heard" | grep -c begins)" -eq 2 ]
	run ! grep -q '^USER joe' "$APP_DIR/heard"
}

# behind MODE - a command in the same segment as STLS
behind() {
	toy "$1"
	clear_talk "hear=$GREETING" "raw=$(printf 'STLS\r\nUSER joe\r\n' |
	    od -An -v -tx1 | tr -d ' \n')" \
	    'hear=-ERR STLS must come last' end
	logged 'bytes behind the command that TLS begins with: refused'
	run ! grep -q USER "$APP_DIR/heard"
}

@test "what stands behind STLS refuses it where TLS is required" {
	behind required
}

@test "what stands behind STLS refuses it where TLS is optional" {
	behind optional
}

@test "an application that refuses is heard inside TLS" {
	serve "${CERT[@]}" --local-name tls.test --starttls pop3 -- \
	    printf -- '-ERR busy\r\n'
	clear_talk "hear=$GREETING" 'say=STLS' "hear=$BEGIN" tls \
	    'hear=-ERR busy' end
}

@test "a first program that may not be ended keeps no keeper, and the log says why" {
	local pid keeper

	need_root # to have two accounts
	serve_program setpriv --bounding-set -kill -- "$SHIM" "${AS[@]}" \
	    "${CERT[@]}" --local-name tls.test --close-timeout 2 \
	    --starttls pop3 --starttls-mode optional -- sh -c \
	    'trap "" TERM; echo "processes: $$ $PPID" >&2
	    echo "+OK"; exec sleep 600'
	clear_talk "hear=$GREETING" say=STLS 'hear=-ERR TLS not available now'
	read -r pid keeper < <(sed -n 's/^processes: //p' "$LOG")
	logged 'program: the one in clear text cannot be ended'
	wait_for gone "$keeper"
	! gone "$pid" || return 1
	kill -KILL "$pid"
}
