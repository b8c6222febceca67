#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# A session is resumed by its ticket: in another process, at another port,
# after the keys were rotated; and only under what it was made under.

load ../lib/common
load ../lib/clients

VERSIONS=(1_2 1_3)

setup() {
	fresh
	KEYS=$T/keys
	new_keys "$KEYS"
}

teardown() { leave_nothing; }

# for_tlsshim FILE - give it to the account that reads files
for_tlsshim() {
	chmod 640 "$1"
	[ "$(id -u)" -ne 0 ] || ! getent group tlsshim >/dev/null ||
	    chgrp tlsshim "$1"
}

# new_keys FILE [OLD] - a fresh master key, in front of those in OLD
new_keys() {
	{
		openssl rand -hex 32
		[ $# -eq 1 ] || cat "$2"
	} >"$1"
	for_tlsshim "$1"
}

# session FILE [s_client option ...] - a full handshake; its session to FILE
session() {
	local file=$1

	shift
	ask hello -sess_out "$file" "$@" >"$T/env" || return 1
	grep -qx SSL_SESSION_RESUMED=Initial "$T/env" || return 1
	test -s "$file"
}

# offer FILE [s_client option ...] - is its session resumed?  Prints Initial
# or Resumed, once the connection came to its end
offer() {
	local file=$1

	shift
	ask hello -sess_in "$file" "$@" >"$T/env" ||
	    return 1
	sed -n 's/^SSL_SESSION_RESUMED=//p' "$T/env"
}

resumed() {
	[ "$(offer "$@")" = Resumed ]
}

not_resumed() {
	[ "$(offer "$@")" = Initial ]
}

# each_version FUNCTION - FUNCTION VERSION
each_version() {
	local version

	for version in "${VERSIONS[@]}"; do
		echo "TLS $version"
		"$1" "$version"
	done
}

serve_tickets() {
	serve "${CERT[@]}" --ticket-keys "$KEYS" "$@" -- env
}

# ---------------------------------------------------------- who resumes

in_another_process() {
	: >"$LOG"
	serve_tickets
	session "$T/s" "-tls$1"
	[ "$(summary -n 1 resumed)" = 0 ]
	resumed "$T/s" "-tls$1"
	[ "$(summary -n 2 resumed)" = 1 ]
	[ "$(summary -n 2 end)" = clean ]
	grep -qx 'SSL_SERVER_S_DN_CN=localhost' "$T/env"
	grep -qE '^SSL_SERVER_FINGERPRINT_SHA256=[0-9a-f]{64}$' "$T/env"
	grep -qx 'SSL_TLS_SNI=localhost' "$T/env"
	# nothing was signed
	run ! grep SSL_SIGALG "$T/env"
	stop
}

@test "openssl s_client resumes a session in another process" {
	each_version in_another_process
}

@test "a resumed session of TLS 1.3 has a key exchange of its own" {
	serve_tickets
	session "$T/s" -tls1_3
	ask hello -sess_in "$T/s" -tls1_3 -brief >"$T/env" 2>&1
	grep -qx SSL_SESSION_RESUMED=Resumed "$T/env"
	grep -q '^Server Temp Key: ' "$T/client.log"
	grep -qx 'SSL_GROUP=x25519' "$T/env"
}

@test "there is no early data" {
	serve_tickets
	session "$T/s" -tls1_3
	openssl sess_id -in "$T/s" -noout -text >"$T/text"
	grep -q 'Max Early Data: 0$' "$T/text"
	# 2 h
	grep -qE 'lifetime hint: 7200 ' "$T/text"
}

gnutls_resumes() {
	: >"$LOG"
	serve_tickets
	timeout 20 gnutls-cli --resume --x509cafile="$PKI/ca.pem" \
	    --verify-hostname=localhost --sni-hostname=localhost \
	    --priority="NORMAL:-VERS-ALL:+VERS-TLS${1/_/.}" \
	    --waitresumption -p "$PORT" 127.0.0.1 <<<hello >"$T/gnutls" 2>&1
	grep -q 'This is a resumed session' "$T/gnutls"
	[ "$(summary -n 2 resumed)" = 1 ]
	stop
}

@test "gnutls-cli resumes a session" {
	need gnutls-cli
	each_version gnutls_resumes
}

python_resumes() {
	timeout 20 python3 - "$PKI/ca.pem" "$PORT" "TLSv$1" <<-'EOF'
	import socket, ssl, sys
	context = ssl.create_default_context(cafile=sys.argv[1])
	version = getattr(ssl.TLSVersion, sys.argv[3])
	context.minimum_version = context.maximum_version = version
	def talk(session):
	    with socket.create_connection(("127.0.0.1", sys.argv[2])) as raw:
	        with context.wrap_socket(raw, server_hostname="localhost",
	                                 session=session) as tls:
	            text = b""
	            while more := tls.recv(65536):
	                text += more
	            return tls.session, tls.session_reused, text
	first, reused, text = talk(None)
	assert not reused and b"\nSSL_SESSION_RESUMED=Initial\n" in text
	again, reused, text = talk(first)
	assert reused and b"\nSSL_SESSION_RESUMED=Resumed\n" in text
	last, reused, text = talk(again)
	assert reused
	EOF
}

@test "python's ssl resumes a session, and the one that came with it" {
	need python3
	serve_tickets
	each_version python_resumes
}

at_another_server() {
	serve_tickets
	session "$T/s" "-tls$1"
	# another port, another certificate of the same name
	serve --cert "$PKI/rsa.pem" --key "$PKI/rsa.key" \
	    --ticket-keys "$KEYS" -- env
	resumed "$T/s" "-tls$1"
}

@test "a session is resumed at another server that has the same keys" {
	each_version at_another_server
}

without_private_key() {
	cp "$PKI/p256.key" "$T/private"
	for_tlsshim "$T/private"
	serve --cert "$PKI/p256.pem" --key "$T/private" \
	    --ticket-keys "$KEYS" -- env
	session "$T/s" "-tls$1"
	rm "$T/private"
	resumed "$T/s" "-tls$1"
	# and without the session there is no way
	run ! session "$T/other" "-tls$1"
	logged 'key: .*/private: No such file or directory'
	stop
}

@test "on resumption the private key's file is not opened" {
	each_version without_private_key
}

# ------------------------------------------------------------ the keys

# s_client shows no session of TLS 1.2 that came with a resumption
after_rotation() {
	new_keys "$KEYS"
	new_keys "$T/second" "$KEYS"
	new_keys "$T/third" <(head -n 1 "$T/second")
	timeout 20 python3 - "$PKI/ca.pem" "$PORT" "TLSv$1" "$KEYS" \
	    "$T/second" "$T/third" <<-'EOF'
	import os, socket, ssl, sys
	context = ssl.create_default_context(cafile=sys.argv[1])
	version = getattr(ssl.TLSVersion, sys.argv[3])
	context.minimum_version = context.maximum_version = version
	def talk(session):
	    with socket.create_connection(("127.0.0.1", sys.argv[2])) as raw:
	        with context.wrap_socket(raw, server_hostname="localhost",
	                                 session=session) as tls:
	            while tls.recv(65536):
	                pass
	            return tls.session, tls.session_reused
	first, resumed = talk(None)
	assert not resumed
	os.replace(sys.argv[5], sys.argv[4])
	renewed, resumed = talk(first)
	assert resumed
	os.replace(sys.argv[6], sys.argv[4])
	# the old key is not needed any more
	last, resumed = talk(renewed)
	assert resumed
	# but for who comes with the old ticket; and there is a new one for him
	last, resumed = talk(first)
	assert not resumed
	last, resumed = talk(last)
	assert resumed
	EOF
}

@test "a private key that comes too late is a timeout, not an alert" {
	mkfifo "$T/silent"
	openssl pkey -in "$PKI/p256.key" -aes128 -passout pass:x -out "$T/key"
	for_tlsshim "$T/key"
	# nothing is ever written into it: the password is awaited at SIGN
	serve_program bash -c 'exec 7<>"$0"; exec "$@"' "$T/silent" "$SHIM" \
	    "${AS[@]}" --cert "$PKI/p256.pem" --key "$T/key" \
	    --key-password-fd 7 --ticket-keys "$KEYS" --handshake-timeout 1 \
	    -- true
	run ! ask hello
	[ "$(summary end)" = timeout ]
	[ "$(summary stage)" = handshake ]
}

@test "after a rotation a session is resumed, and renewed; when its key is gone, not" {
	need python3
	serve_tickets
	each_version after_rotation
}

@test "without keys there is no ticket" {
	local version

	serve "${CERT[@]}" -- env
	for version in "${VERSIONS[@]}"; do
		ask hello -sess_out "$T/s" "-tls$version" >"$T/env"
		grep -qx SSL_SESSION_RESUMED=Initial "$T/env"
		if [ -s "$T/s" ]; then
			run ! grep 'TLS session ticket:' \
			    <(openssl sess_id -in "$T/s" -noout -text)
		fi
	done
}

@test "TLS_TICKETKEYS names the keys, --no-tickets beats it, a rule beats both" {
	need tcprules
	SERVE_ENV=("TLS_TICKETKEYS=$KEYS")
	serve "${CERT[@]}" -- env
	session "$T/s"
	resumed "$T/s"
	run ! grep TLS_TICKETKEYS "$T/env"
	stop
	serve "${CERT[@]}" --no-tickets -- env
	not_resumed "$T/s"
	stop
	tcprules "$T/cdb" "$T/tmp" <<<":allow,TLS_TICKETKEYS=\"$KEYS\""
	serve "${CERT[@]}" --no-tickets --rules "$T/cdb" -- env
	session "$T/s"
	resumed "$T/s"
	stop
	tcprules "$T/cdb" "$T/tmp" <<<':allow,TLS_TICKETKEYS=""'
	serve "${CERT[@]}" --rules "$T/cdb" -- env
	not_resumed "$T/s"
}

# told REASON - the connection goes on, without tickets; one line says why
told() {
	: >"$LOG"
	serve_tickets
	rm -f "$T/none"
	ask hello -tls1_3 -sess_out "$T/none" >"$T/env"
	grep -qx SSL_SESSION_RESUMED=Initial "$T/env"
	run ! test -s "$T/none"
	[ "$(summary end)" = clean ]
	logged "ticket keys: $KEYS: $1"
	[ "$(grep -c 'ticket keys: ' "$LOG")" -eq 1 ]
	stop
}

@test "a file of keys that is no good is told of, and the connection goes on" {
	local key

	key=$(cat "$KEYS")
	rm "$KEYS"
	told 'No such file or directory: no tickets until then$'
	: >"$KEYS"
	for_tlsshim "$KEYS"
	told 'no key in it: write it anew with rotate-ticket-keys'
	echo "${key:1}" >"$KEYS"
	told 'key 1: not 64 hexadecimal digits'
	printf '%s\n' "$key" nonsense >"$KEYS"
	told 'key 2: not 64 hexadecimal digits'
	run ! grep -e "${key:1}" -e nonsense "$LOG"
	echo "$key" >"$KEYS"
	chmod 644 "$KEYS"
	told 'everybody on this host has rights to it .mode 0644.: chmod o='
	rm "$KEYS"
	mkdir "$KEYS"
	told 'Is a directory'
	rmdir "$KEYS"
	mkfifo "$KEYS"
	told 'not a regular file'
	rm "$KEYS"
	new_keys "$KEYS"
	serve_tickets
	session "$T/s" -tls1_3
}

@test "a file of keys that account tlsshim may not read is told of" {
	need_root
	getent passwd tlsshim >/dev/null || skip "there is no account tlsshim"
	chmod 600 "$KEYS"
	chown root "$KEYS"
	told 'the account of --tls-user may not read it: chgrp and chmod g.r'
}

@test "keys among systemd's credentials are read as root's" {
	need_root
	mkdir -m 700 "$T/credentials"
	install -m 400 "$KEYS" "$T/credentials/keys"
	SERVE_ENV=("CREDENTIALS_DIRECTORY=$T/credentials")
	KEYS=$T/credentials/keys
	serve_tickets
	session "$T/s"
	resumed "$T/s"
}

# ---------------------------------------------------------- what for

# unnamed [s_client option ...] - as ask does, but for no server name
unnamed() {
	timeout 20 openssl s_client -quiet -verify_quiet -noservername \
	    -connect "127.0.0.1:$PORT" "$@" <<<hello 2>>"$T/client.log" |
	    sed -n 's/^SSL_SESSION_RESUMED=//p'
}

across_names() {
	session "$T/s" "-tls$1"
	not_resumed "$T/s" "-tls$1" -servername other.example
	[ "$(unnamed -sess_in "$T/s" "-tls$1")" = Initial ]
	# in any spelling it is the same name
	resumed "$T/s" "-tls$1" -servername LocalHost.
	[ "$(unnamed -sess_out "$T/none" "-tls$1")" = Initial ]
	not_resumed "$T/none" "-tls$1"
	[ "$(unnamed -sess_in "$T/none" "-tls$1")" = Resumed ]
}

@test "a session is not resumed under another server name" {
	serve_tickets
	each_version across_names
}

across_rules() {
	tcprules "$T/cdb" "$T/tmp" <<-'EOF'
	127.0.0.1:allow,WHO="one"
	127.0.0.:allow,WHO="others"
	EOF
	cp "$T/cdb" "$T/copy"
	serve_tickets --rules "$T/cdb"
	session "$T/s" "-tls$1"
	not_resumed "$T/s" "-tls$1" -bind 127.0.0.2
	session "$T/other" "-tls$1" -bind 127.0.0.2
	not_resumed "$T/other" "-tls$1"
	# one rule, two peers
	resumed "$T/other" "-tls$1" -bind 127.0.0.3
	resumed "$T/s" "-tls$1"
	# another file, and none
	serve_tickets --rules "$T/copy"
	not_resumed "$T/s" "-tls$1"
	serve_tickets
	not_resumed "$T/s" "-tls$1"
	stop
}

@test "a session is not resumed under another rule, or another file of rules" {
	need tcprules
	each_version across_rules
}

across_protocols() {
	serve_tickets --alpn imap,pop3
	session "$T/s" "-tls$1" -alpn pop3
	resumed "$T/s" "-tls$1" -alpn pop3
	grep -qx SSL_ALPN=pop3 "$T/env"
	serve_tickets --alpn pop3
	not_resumed "$T/s" "-tls$1" -alpn pop3
	serve_tickets
	not_resumed "$T/s" "-tls$1" -alpn pop3
	stop
}

@test "a session is not resumed where other protocols are offered" {
	each_version across_protocols
}

@test "a session of TLS 1.2 does not bring a cipher back that is not allowed" {
	serve_tickets --ciphers ECDHE-ECDSA-AES256-GCM-SHA384
	session "$T/s" -tls1_2
	serve_tickets --ciphers ECDHE-ECDSA-AES128-GCM-SHA256
	not_resumed "$T/s" -tls1_2
}

@test "after a HelloRetryRequest a session is resumed all the same" {
	serve_tickets --groups P-256
	session "$T/s" -tls1_3 -groups X25519:P-256 -msg
	[ "$(grep -c 'Handshake .*, ServerHello' "$T/env")" -eq 2 ]
	resumed "$T/s" -tls1_3 -groups X25519:P-256 -msg
	[ "$(grep -c 'Handshake .*, ServerHello' "$T/env")" -eq 2 ]
}

# -------------------------------------------------- certificates of clients

# as session and offer, of who shows this certificate; "none" shows none
session_of() {
	local SHOW

	show "$1"
	session "${@:2}" "${SHOW[@]}"
}

offer_of() {
	local SHOW

	show "$1"
	offer "${@:2}" "${SHOW[@]}"
}

# is_still NAME - the application was told of this client
is_still() {
	grep -qx SSL_CLIENT_VERIFY=SUCCESS "$T/env"
	grep -qx "SSL_CLIENT_S_DN_CN=$1" "$T/env"
	grep -qx "SSL_CLIENT_SAN_Email_0=$1@localhost" "$T/env"
}

with_certificate() {
	local name

	: >"$LOG"
	serve_tickets --client-cert require "${TRUST[@]}" --export tcp,tls,certs
	for name in good deep2; do
		session_of "$name" "$T/s" "-tls$1"
		is_still "$name"
		grep -E '^SSL_CLIENT_(CERT|FINGERPRINT|SPKI)' "$T/env" >"$T/full"
		# the session has the certificate
		[ "$(offer "$T/s" "-tls$1")" = Resumed ]
		is_still "$name"
		grep -E '^SSL_CLIENT_(CERT|FINGERPRINT|SPKI)' "$T/env" |
		    diff "$T/full" -
	done
	grep -q '^SSL_CLIENT_CERT_CHAIN_1=' "$T/full"
	[ "$(summary -n 4 client)" = ok ]
	[ "$(summary -n 4 resumed)" = 1 ]
	stop
}

@test "a resumed session has the client's certificate, and its chain" {
	each_version with_certificate
}

across_policies() {
	serve_tickets --client-cert optional "${TRUST[@]}"
	session_of good "$T/with" "-tls$1"
	session_of none "$T/without" "-tls$1"
	[ "$(offer "$T/with" "-tls$1")" = Resumed ]
	[ "$(offer "$T/without" "-tls$1")" = Resumed ]
	grep -qx SSL_CLIENT_VERIFY=NONE "$T/env"
	# where none is asked for none is told of
	serve_tickets
	[ "$(offer "$T/with" "-tls$1")" = Initial ]
	grep -qx SSL_CLIENT_VERIFY=NONE "$T/env"
	run ! grep SSL_CLIENT_S_DN "$T/env"
	serve_tickets --client-cert optional --ca "$CLIENTS/wrong.pem"
	[ "$(offer "$T/with" "-tls$1")" = Initial ]
	serve_tickets --client-cert optional "${TRUST[@]}" --verify-depth 2
	[ "$(offer "$T/with" "-tls$1")" = Initial ]
	# nobody comes in without a certificate by a session without
	serve_tickets --client-cert require "${TRUST[@]}"
	run ! offer "$T/without" "-tls$1"
	[ "$(summary -n 8 end)" = alert-sent:certificate_required ] ||
	    [ "$(summary -n 8 end)" = alert-sent:handshake_failure ]
	stop
}

@test "a session is not resumed under another policy about clients" {
	local version

	for version in "${VERSIONS[@]}"; do
		: >"$LOG"
		across_policies "$version"
	done
}

# by_then NAME ALERT VERSION - what was changed has it that the session in $T/s
# is not resumed; with its certificate there is no way in, without it the
# client is nobody
by_then() {
	: >"$LOG"
	run ! offer_of "$1" "$T/s" "-tls$3"
	[ "$(summary resumed)" = "" ]
	[ "$(summary end)" = "alert-sent:$2" ]
	[ "$(offer "$T/s" "-tls$3")" = Initial ]
	grep -qx SSL_CLIENT_VERIFY=NONE "$T/env"
}

revoked_since() {
	cp "$CLIENTS/crl/empty.pem" "$T/crl"
	serve_tickets --client-cert optional "${TRUST[@]}" --crl "$T/crl"
	session_of revoked "$T/s" "-tls$1"
	[ "$(offer_of revoked "$T/s" "-tls$1")" = Resumed ]
	is_still revoked
	cp "$CLIENTS/crl/fresh.pem" "$T/crl"
	by_then revoked certificate_revoked "$1"
	stop
}

@test "a session whose certificate was revoked since is not resumed" {
	each_version revoked_since
}

untrusted_since() {
	cp "$CLIENTS/ca.pem" "$T/ca"
	serve_tickets --client-cert optional --ca "$T/ca"
	session_of good "$T/s" "-tls$1"
	cp "$CLIENTS/wrong.pem" "$T/ca"
	by_then good unknown_ca "$1"
	stop
}

@test "a session whose certificate's CA is not trusted any more is not resumed" {
	each_version untrusted_since
}

# soon_over SECONDS - client.pem, client.key and ca.pem in $T, of a certificate
# that ends so soon: when is in $T/end
soon_over() {
	PYTHONPATH=$SHIM_TREE/tests/lib python3 -B - "$T" "$1" <<-'EOF'
	import sys, time
	from certs import Authority, CLIENT, Key, SIGNS, name, pem
	place, seconds = sys.argv[1], int(sys.argv[2])
	ca, key = Authority(name(("CN", "test CA"))), Key()
	body = ca.issue(name(("CN", "mayfly")), key, end=seconds / 86400)
	for file, text in (("ca.pem", ca.pem), ("client.key", key.pem.decode()),
	                   ("client.pem", pem("CERTIFICATE", body)),
	                   ("end", str(int(time.time()) + seconds + 1))):
	    with open(f"{place}/{file}", "w") as to:
	        to.write(text)
	EOF
}

is_over() {
	[ "$(date +%s)" -gt "$(cat "$T/end")" ]
}

expired_since() {
	CLIENTS=$T
	soon_over 5
	serve_tickets --client-cert optional --ca "$T/ca.pem"
	session_of client "$T/s" "-tls$1"
	[ "$(offer_of client "$T/s" "-tls$1")" = Resumed ]
	wait_for is_over
	by_then client certificate_expired "$1"
	stop
}

@test "a session whose certificate expired since is not resumed" {
	need python3
	each_version expired_since
}
