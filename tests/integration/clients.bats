#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Clients as people have them, each verifying the certificate; every kind of
# key; every way to be connected.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

KINDS='p256 p384 p521 rsa rsapss ed25519'

# serve_kind KIND PROGRAM... - with a key of this kind
serve_kind() {
	local kind=$1

	shift
	serve --cert "$PKI/$kind.pem" --key "$PKI/$kind.key" -- "$@"
}

# each_way CLIENT - CLIENT VERSION (1.2 or 1.3) prints what the application
# wrote, for every kind of key; as it is told, so it was
each_way() {
	local kind version

	for kind in $KINDS; do
		serve_kind "$kind" \
		    sh -c 'read line; echo "$line $SSL_PROTOCOL $SSL_SERVER_A_KEY"'
		for version in 1.2 1.3; do
			run "$1" "$version"
			echo "$kind, TLS $version: $output"
			[ "$status" -eq 0 ]
			[[ $output == *"hello TLSv$version $(algorithm "$kind")"* ]]
		done
		stop
	done
}

# algorithm KIND - OpenSSL's name of it
algorithm() {
	case $1 in
	rsa) echo rsaEncryption ;;
	rsapss) echo rsassaPss ;;
	ed25519) echo ED25519 ;;
	*) echo id-ecPublicKey ;;
	esac
}

# ------------------------------------------------------------- one a test

by_openssl() {
	ask hello "-tls${1/./_}"
}

@test "openssl s_client: TLS 1.2 and 1.3 with every kind of key" {
	each_way by_openssl
}

by_gnutls() {
	timeout 20 gnutls-cli --x509cafile="$PKI/ca.pem" \
	    --verify-hostname=localhost --sni-hostname=localhost \
	    --priority="NORMAL:-VERS-ALL:+VERS-TLS$1" \
	    --logfile="$T/gnutls.log" -p "$PORT" 127.0.0.1 <<<hello
}

@test "gnutls-cli: TLS 1.2 and 1.3 with every kind of key" {
	need gnutls-cli
	each_way by_gnutls
}

by_python() {
	timeout 20 python3 - "$PKI/ca.pem" "$PORT" "$1" <<-'EOF'
	import socket, ssl, sys
	context = ssl.create_default_context(cafile=sys.argv[1])
	context.minimum_version = context.maximum_version = \
	    ssl.TLSVersion["TLSv" + sys.argv[3].replace(".", "_")]
	plain = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
	tls = context.wrap_socket(plain, server_hostname="localhost")
	tls.sendall(b"hello\n")
	print(tls.makefile().read(), end="")
	tls.unwrap()
	EOF
}

@test "python's ssl: TLS 1.2 and 1.3 with every kind of key" {
	need python3
	each_way by_python
	[ "$(summaries | grep -c ' end=clean ')" -eq 12 ]
}

# curl_get VERSION - the page, and nothing but the page
curl_get() {
	curl --silent --show-error --max-time 20 --cacert "$PKI/ca.pem" \
	    "--tlsv$1" --tls-max "$1" --resolve "localhost:$PORT:127.0.0.1" \
	    "https://localhost:$PORT/page" 3>&-
}

@test "curl: a script that answers in HTTP" {
	local kind version

	need curl
	cat >"$T/script" <<-'EOF'
	#!/bin/sh
	while read -r line && [ "$line" != "$(printf '\r')" ]; do :; done
	printf 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n'
	echo "$HTTPS $SSL_PROTOCOL $SSL_TLS_SNI $TCPREMOTEIP"
	EOF
	chmod 755 "$T/script"
	for kind in $KINDS; do
		serve_kind "$kind" "$T/script"
		for version in 1.2 1.3; do
			[ "$(curl_get "$version")" = \
			    "on TLSv$version localhost 127.0.0.1" ]
		done
		stop
	done
	wait_for has_summaries 12
	[ "$(summaries | grep -c ' app=0$')" -eq 12 ]
}

@test "curl: micro-httpd" {
	local version

	need curl micro-httpd
	mkdir "$T/www"
	head -c 300000 /dev/urandom >"$T/www/page"
	chmod -R go+rX "$T/www"
	serve "${CERT[@]}" -- micro-httpd "$T/www"
	for version in 1.2 1.3; do
		curl_get "$version" >"$T/got"
		cmp "$T/got" "$T/www/page"
	done
}

@test "swaks --tlsc: mailfront takes a letter" {
	local kind version

	need swaks mailfront tcprules
	printf '%s\n' :sender 'k*:*' :recipient 'k*:b@localhost' \
	    >"$T/mailrules"
	echo "127.:allow,MAILRULES=\"$T/mailrules\"" |
	    tcprules "$T/rules.cdb" "$T/rules.tmp"
	for kind in $KINDS; do
		serve --rules "$T/rules.cdb" --cert "$PKI/$kind.pem" \
		    --key "$PKI/$kind.key" -- smtpfront-echo mailrules
		for version in 2 3; do
			run timeout 20 swaks --server 127.0.0.1 --port "$PORT" \
			    --tlsc --tls-verify --tls-ca-path "$PKI/ca.pem" \
			    --tls-sni localhost --tls-protocol "tlsv1_$version" \
			    --helo client --from a@localhost --to b@localhost
			echo "$output"
			[ "$status" -eq 0 ]
			[[ $output == *"TLSv1.$version:"* ]]
			[[ $output == *"250 Received "* ]]
		done
		stop
	done
}

@test "a client that does not trust the CA goes, and it is told" {
	serve "${CERT[@]}" -- cat
	! openssl s_client -connect "127.0.0.1:$PORT" -CAfile "$PKI/p384.pem" \
	    -verify_return_error </dev/null >"$T/client.log" 2>&1 || return 1
	[ "$(summary end)" = alert-received:unknown_ca ]
	[ "$(summary app)" = none ]
	exits_with 98
}

# ------------------------------------------------------------- signatures

# signs_by KIND SIGALG SCHEME [s_client option ...] - a client that takes
# nothing but SIGALG gets it, and the application is told SCHEME
signs_by() {
	local kind=$1 sigalg=$2 scheme=$3

	shift 3
	serve_kind "$kind" sh -c 'read line; echo "$SSL_SIGALG"'
	run ask hello -sigalgs "$sigalg" "$@"
	echo "$kind $sigalg $*: $output"
	[ "$output" = "$scheme" ]
	stop
}

@test "TLS 1.3: every signature scheme that a key can make" {
	signs_by rsa RSA-PSS+SHA256 rsa_pss_rsae_sha256 -tls1_3
	signs_by rsa RSA-PSS+SHA384 rsa_pss_rsae_sha384 -tls1_3
	signs_by rsa RSA-PSS+SHA512 rsa_pss_rsae_sha512 -tls1_3
	signs_by rsapss rsa_pss_pss_sha256:ECDSA+SHA256 rsa_pss_pss_sha256 -tls1_3
	signs_by rsapss rsa_pss_pss_sha384:ECDSA+SHA256 rsa_pss_pss_sha384 -tls1_3
	signs_by rsapss rsa_pss_pss_sha512:ECDSA+SHA256 rsa_pss_pss_sha512 -tls1_3
	signs_by p256 ECDSA+SHA256 ecdsa_secp256r1_sha256 -tls1_3
	signs_by p384 ECDSA+SHA384:ECDSA+SHA256 ecdsa_secp384r1_sha384 -tls1_3
	signs_by p521 ECDSA+SHA512:ECDSA+SHA256 ecdsa_secp521r1_sha512 -tls1_3
	signs_by ed25519 ed25519:ECDSA+SHA256 ed25519 -tls1_3
}

@test "TLS 1.2: every signature scheme that a key can make" {
	signs_by rsa RSA+SHA256:ECDSA+SHA256 rsa_pkcs1_sha256 -tls1_2
	signs_by rsa RSA+SHA384:ECDSA+SHA256 rsa_pkcs1_sha384 -tls1_2
	signs_by rsa RSA+SHA512:ECDSA+SHA256 rsa_pkcs1_sha512 -tls1_2
	signs_by rsa RSA-PSS+SHA256:ECDSA+SHA256 rsa_pss_rsae_sha256 -tls1_2
	signs_by rsapss rsa_pss_pss_sha256:ECDSA+SHA256 rsa_pss_pss_sha256 -tls1_2
	signs_by rsapss rsa_pss_pss_sha512:ECDSA+SHA256 rsa_pss_pss_sha512 -tls1_2
	signs_by p256 ECDSA+SHA256 ecdsa_secp256r1_sha256 -tls1_2
	signs_by p384 ECDSA+SHA384 ecdsa_secp384r1_sha384 -tls1_2
	signs_by p521 ECDSA+SHA512 ecdsa_secp521r1_sha512 -tls1_2
	signs_by ed25519 ed25519 ed25519 -tls1_2
}

@test "TLS 1.2: a digest that does not go with the curve is fine there" {
	signs_by p256 ECDSA+SHA384 ecdsa_secp384r1_sha384 -tls1_2
}

@test "TLS 1.2: finite-field Diffie-Hellman" {
	signs_by rsa RSA+SHA256:ECDSA+SHA256 rsa_pkcs1_sha256 -tls1_2 \
	    -cipher DHE-RSA-AES128-GCM-SHA256
	[ "$(summary cipher)" = DHE-RSA-AES128-GCM-SHA256 ]
}

@test "every group of key exchange" {
	local group

	serve "${CERT[@]}" -- sh -c 'read line; echo "$SSL_GROUP"'
	for group in x25519 x448 secp256r1 secp384r1 secp521r1 ffdhe2048; do
		[ "$(ask hello -tls1_3 -groups "$group")" = "$group" ]
	done
}

@test "a client that wants what the key cannot sign is refused" {
	serve_kind p256 cat
	! ask hello -sigalgs RSA-PSS+SHA256 || return 1
	[ "$(summary end)" = alert-sent:handshake_failure ]
	exits_with 98
}

# ------------------------------------------------------------------ files

@test "certificate and key in one file" {
	serve --cert "$PKI/both.pem" -- head -n 1
	[ "$(ask hello)" = hello ]
}

@test "an intermediate certificate in the certificate's file" {
	serve --cert "$PKI/chain.pem" --key "$PKI/chain.key" -- head -n 1
	[ "$(ask hello)" = hello ]
}

@test "an intermediate certificate in a file of its own" {
	openssl x509 -in "$PKI/chain.pem" -out "$T/leaf.pem"
	chmod 644 "$T/leaf.pem"
	serve --cert "$T/leaf.pem" --key "$PKI/chain.key" \
	    --chain "$PKI/int.pem" -- head -n 1
	[ "$(ask hello)" = hello ]
	stop

	# without it nobody can verify the leaf
	serve --cert "$T/leaf.pem" --key "$PKI/chain.key" -- cat
	! ask hello || return 1
}

@test "files are named by variables as well" {
	SERVE_ENV=("CERTFILE=$PKI/p384.pem" "KEYFILE=$PKI/p384.key")
	serve -- sh -c 'read line; env'
	ask hello >"$T/seen"
	grep -q '^SSL_SERVER_A_SIG=' "$T/seen"
	! grep -E '^(CERT|KEY)FILE=' "$T/seen" || return 1
	stop

	# an option wins
	serve "${CERT[@]}" -- head -n 1
	[ "$(ask hello)" = hello ]
}

# -------------------------------------------------------------- addresses

# told NAME - the variable in what the application wrote
told() {
	sed -n "s/^$1=//p" "$T/seen"
}

@test "IPv4" {
	ADDR=127.0.0.1 serve "${CERT[@]}" -- env
	talk notify end=notify >"$T/seen"
	[ "$(told PROTO)" = TCP ]
	[ "$(told TCPREMOTEIP)" = 127.0.0.1 ]
	[ "$(told TCPLOCALIP)" = 127.0.0.1 ]
	[ "$(told TCPLOCALPORT)" = "$PORT" ]
	[ -z "$(told TCP6REMOTEIP)" ]
	[ "$(summary peer)" = "127.0.0.1:$(told TCPREMOTEPORT)" ]
	[ "$(summary local)" = "127.0.0.1:$PORT" ]
}

@test "IPv6" {
	ADDR=::1
	serve "${CERT[@]}" -- env
	talk notify end=notify >"$T/seen"
	[ "$(told PROTO)" = TCP6 ]
	[ "$(told TCPREMOTEIP)" = ::1 ]
	[ "$(told TCP6REMOTEIP)" = ::1 ]
	[ "$(told TCP6LOCALPORT)" = "$PORT" ]
	[ -z "$(told TCP6INTERFACE)" ]
	[ "$(summary peer)" = "[::1]:$(told TCPREMOTEPORT)" ]
	[ "$(summary local)" = "[::1]:$PORT" ]
}

@test "an IPv4 peer of an IPv6 listener is shown as IPv4, and ruled as such" {
	need tcprules
	tcprules "$T/rules.cdb" "$T/rules.tmp" <<-'EOF'
	127.0.0.1:allow,RULE="four"
	:deny
	EOF
	ADDR=:: serve --rules "$T/rules.cdb" "${CERT[@]}" -- env
	ADDR=127.0.0.1 talk notify end=notify >"$T/seen"
	[ "$(told PROTO)" = TCP ]
	[ "$(told TCPREMOTEIP)" = 127.0.0.1 ]
	[ "$(told TCPLOCALIP)" = 127.0.0.1 ]
	[ "$(told RULE)" = four ]
	[ -z "$(told TCP6REMOTEIP)" ]
	[ "$(summary peer)" = "127.0.0.1:$(told TCPREMOTEPORT)" ]
	[ "$(summary rule)" = 127.0.0.1 ]
}

# in_its_net COMMAND... - in the network of the starter
in_its_net() {
	timeout 20 nsenter --target "$STARTER_PID" --net -- "$@"
}

listens_there() {
	in_its_net ss -Hltn 2>/dev/null | grep -q ":$PORT "
}

@test "a link-local peer is shown with its interface" {
	need_root
	need ip ss nsenter
	PORT=4650
	start unshare --net sh -ec '
	    ip link add link0 type veth peer name link1
	    ip link set lo up
	    ip link set link0 up
	    ip address add fe80::77/64 dev link0 nodad
	    exec systemd-socket-activate --accept \
	        --setenv="SHIM_TEST_MARK=$SHIM_TEST_MARK" --listen="[::]:4650" \
	        "$@"' - "$SHIM" "${AS[@]}" "${CERT[@]}" -- env
	wait_for listens_there
	in_its_net "$STAGE/bin/tls-talk" -C "$PKI/ca.pem" fe80::77%link0 "$PORT" \
	    notify end=notify >"$T/seen"
	[ "$(told PROTO)" = TCP6 ]
	[ "$(told TCPREMOTEIP)" = fe80::77 ]
	[ "$(told TCP6REMOTEIP)" = fe80::77 ]
	[ "$(told TCP6INTERFACE)" = link0 ]
	[ "$(summary peer)" = "[fe80::77%link0]:$(told TCPREMOTEPORT)" ]
	[ "$(summary local)" = "[fe80::77%link0]:$PORT" ]
}

@test "AF_UNIX" {
	serve_path "$T/socket" "${CERT[@]}" -- env
	talk notify end=notify >"$T/seen"
	[ "$(told PROTO)" = UNIX ]
	! grep -E '^TCP' "$T/seen" || return 1
	[ "$(told SSL_PROTOCOL)" = TLSv1.3 ]
	[ "$(summary peer)" = unix ]
	[ "$(summary local)" = unix ]
	[ "$(summary end)" = clean ]
}

@test "AF_UNIX: a rule for everybody is for such peers too" {
	need tcprules
	echo ':deny' | tcprules "$T/rules.cdb" "$T/rules.tmp"
	serve_path "$T/socket" --rules "$T/rules.cdb" "${CERT[@]}" -- env
	! talk notify end=notify || return 1
	[ "$(summary end)" = denied ]
	[ "$(summary rule)" = : ]
	exits_with 97
}
