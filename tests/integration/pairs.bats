#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Certificates, chains and keys in every form and order that people have them.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

PASSWORD='correct horse'

# for_all FILE... - those who may read keys may read these
for_all() {
	chmod 644 "$@"
}

# served ARG... - with these arguments a client verifies, and is answered
served() {
	serve "$@" -- head -n 1
	run ask hello
	echo "$*: $output"
	[ "$output" = hello ]
	stop
}

# with_password NUMBER FILE ARG... - the same, the file open as this descriptor
# (systemd-socket-activate has the connection on 3)
with_password() {
	local fd=$1 file=$2

	shift 2
	STARTER=tcpserver serve_program sh -c "exec \"\$@\" $fd<\"\$0\"" "$file" \
	    "$SHIM" "${AS[@]}" "$@" -- head -n 1
	run ask hello
	echo "$*: $output"
	[ "$output" = hello ]
	stop
}

# sent - subjects of the certificates that a client gets, a line each
sent() {
	openssl s_client -connect "127.0.0.1:$PORT" -servername localhost \
	    -showcerts </dev/null 2>>"$T/client.log" 3>&- |
	    sed -n 's/^ *[0-9]* s:.*CN = //p'
}

# sends WANTED ARG... - with these arguments, these names, blank between them
sends() {
	local wanted=$1

	shift
	serve "$@" -- cat
	run sent
	echo "$*: $output"
	[ "${lines[*]}" = "$wanted" ]
	stop
}

# ------------------------------------------------------------------- keys

@test "a key as PKCS #8, PKCS #1 or SEC 1, PEM or DER" {
	local kind

	for kind in rsa p256 p384 p521; do
		openssl pkey -in "$PKI/$kind.key" -traditional -out "$T/old"
		openssl pkey -in "$PKI/$kind.key" -traditional -outform DER \
		    -out "$T/old.der"
		openssl pkcs8 -topk8 -nocrypt -in "$PKI/$kind.key" \
		    -outform DER -out "$T/new.der"
		for_all "$T"/old "$T"/*.der
		grep -qE '^-----BEGIN (RSA|EC) PRIVATE KEY-----$' "$T/old"
		served --cert "$PKI/$kind.pem" --key "$T/old"
		served --cert "$PKI/$kind.pem" --key "$T/old.der"
		served --cert "$PKI/$kind.pem" --key "$T/new.der"
	done
	openssl pkey -in "$PKI/ed25519.key" -outform DER -out "$T/ed.der"
	for_all "$T/ed.der"
	served --cert "$PKI/ed25519.pem" --key "$T/ed.der"
	# as openssl ecparam -genkey writes it
	{
		openssl ecparam -name prime256v1
		openssl pkey -in "$PKI/p256.key" -traditional
	} >"$T/parameters"
	for_all "$T/parameters"
	served --cert "$PKI/p256.pem" --key "$T/parameters"
}

# pair NAME GENPKEY-OPTION... - $T/NAME.pem and $T/NAME.key, for localhost
pair() {
	local name=$1

	shift
	openssl genpkey -quiet "$@" -out "$T/$name.key"
	openssl req -x509 -new -key "$T/$name.key" -days 1 -subj /CN=localhost \
	    -addext subjectAltName=DNS:localhost -out "$T/$name.pem"
	for_all "$T/$name.key"
}

@test "a key of kind RSA-PSS, PEM or DER, bound to a digest or not" {
	local version

	pair free -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048
	pair bound -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:3072 \
	    -pkeyopt rsa_pss_keygen_md:sha384 \
	    -pkeyopt rsa_pss_keygen_mgf1_md:sha384 \
	    -pkeyopt rsa_pss_keygen_saltlen:48
	openssl pkey -in "$T/free.key" -outform DER -out "$T/der.key"
	for_all "$T/der.key"
	cp "$T/free.pem" "$T/der.pem"
	for kind in free bound der; do
		serve --cert "$T/$kind.pem" --key "$T/$kind.key" -- \
		    sh -c 'read line; echo "$line $SSL_SERVER_A_KEY"'
		for version in 2 3; do
			run ask hello "-tls1_$version" -CAfile "$T/$kind.pem"
			echo "$kind, TLS 1.$version: $output"
			[ "$output" = 'hello rsassaPss' ]
		done
		stop
	done
}

@test "an encrypted key, by every usual cipher, PEM or DER" {
	local cipher kind

	printf '%s\n' "$PASSWORD" ignored >"$T/password"
	for kind in p256 rsa ed25519; do
		for cipher in des3 aes128 aes-256-cbc; do
			openssl pkcs8 -topk8 -in "$PKI/$kind.key" -v2 "$cipher" \
			    -passout "pass:$PASSWORD" -out "$T/new"
			for_all "$T/new"
			grep -q '^-----BEGIN ENCRYPTED PRIVATE KEY' "$T/new"
			with_password 3 "$T/password" -3 \
			    --cert "$PKI/$kind.pem" --key "$T/new"
		done
	done
	openssl pkcs8 -topk8 -in "$PKI/p256.key" -outform DER \
	    -passout "pass:$PASSWORD" -out "$T/new.der"
	openssl pkcs8 -topk8 -in "$PKI/p256.key" -scrypt \
	    -passout "pass:$PASSWORD" -out "$T/scrypt"
	openssl pkcs8 -topk8 -in "$PKI/p256.key" -v1 PBE-SHA1-3DES \
	    -passout "pass:$PASSWORD" -out "$T/v1"
	for_all "$T"/new.der "$T"/scrypt "$T"/v1
	for key in new.der scrypt v1; do
		with_password 3 "$T/password" -3 \
		    --cert "$PKI/p256.pem" --key "$T/$key"
	done
	for cipher in des3 aes128 aes192 aes256; do
		openssl ec -in "$PKI/p256.key" "-$cipher" \
		    -passout "pass:$PASSWORD" -out "$T/old" 2>>"$T/client.log"
		for_all "$T/old"
		grep -q '^DEK-Info: ' "$T/old"
		with_password 3 "$T/password" --key-password-fd 3 \
		    --cert "$PKI/p256.pem" --key "$T/old"
	done
}

# encrypted_key - $T/key, with $PASSWORD
encrypted_key() {
	openssl pkcs8 -topk8 -in "$PKI/p256.key" -passout "pass:$PASSWORD" \
	    -out "$T/key"
	for_all "$T/key"
	# shellcheck disable=SC2034
	ENCRYPTED=(--cert "$PKI/p256.pem" --key "$T/key")
}

@test "the password is the first line of any descriptor, without a newline too" {
	encrypted_key
	printf %s "$PASSWORD" >"$T/bare"
	with_password 3 "$T/bare" -3 "${ENCRYPTED[@]}"
	with_password 9 "$T/bare" --key-password-fd 9 "${ENCRYPTED[@]}"
	# from a pipe
	cat >"$T/start" <<-'EOF'
	#!/bin/bash
	exec 4< <(echo 'correct horse')
	exec "$@"
	EOF
	chmod 755 "$T/start"
	serve_program "$T/start" "$SHIM" "${AS[@]}" --key-password-fd 4 \
	    "${ENCRYPTED[@]}" -- head -n 1
	[ "$(ask hello)" = hello ]
}

@test "one open password file is enough for all connections" {
	encrypted_key
	echo "$PASSWORD" >"$T/password"
	exec 8<"$T/password"
	STARTER=tcpserver serve --key-password-fd 8 "${ENCRYPTED[@]}" -- head -n 1
	exec 8<&-
	for _ in 1 2 3; do
		[ "$(ask hello)" = hello ]
	done
}

@test "--check has the password for every key" {
	encrypted_key
	openssl pkcs8 -topk8 -in "$PKI/rsa.key" -passout "pass:$PASSWORD" \
	    -out "$T/rsa"
	for_all "$T/rsa"
	echo "$PASSWORD" >"$T/password"
	run "$SHIM" "${AS[@]}" --check --key-password-fd 4 "${ENCRYPTED[@]}" \
	    --cert "$PKI/rsa.pem" --key "$T/rsa" -- cat 4<"$T/password"
	echo "$output"
	[ "$status" -eq 0 ]
	echo wrong >"$T/password"
	run "$SHIM" "${AS[@]}" --check --key-password-fd 4 "${ENCRYPTED[@]}" \
	    --cert "$PKI/rsa.pem" --key "$T/rsa" -- cat 4<"$T/password"
	echo "$output"
	[ "$status" -eq 100 ]
	[ "$(grep -c 'the password from fd 4 does not decrypt it' <<<"$output")" -eq 2 ]
}

# refused TEXT PASSWORD-FILE ARG... - no connection, and TEXT is why
refused() {
	local text=$1 file=$2

	shift 2
	: >"$LOG"
	serve_program sh -c 'exec "$@" 4<"$0"' "$file" \
	    "$SHIM" "${AS[@]}" "$@" -- cat
	! ask hello || return 1
	logged "^tlsshim: (id=[0-9a-f]*: )?$text\$"
	exits_with 100
	stop
}

@test "a password that is none, or wrong" {
	encrypted_key
	echo wrong >"$T/wrong"
	refused "key: $T/key: the password from fd 4 does not decrypt it .or OpenSSL's default provider cannot." \
	    "$T/wrong" --key-password-fd 4 "${ENCRYPTED[@]}"
	: >"$T/empty"
	refused "key: $T/key: encrypted: password: fd 4: nothing in it" \
	    "$T/empty" --key-password-fd 4 "${ENCRYPTED[@]}"
	head -c 1025 /dev/zero | tr '\0' a >"$T/long"
	refused "key: $T/key: encrypted: password: fd 4: more than 1024 bytes" \
	    "$T/long" --key-password-fd 4 "${ENCRYPTED[@]}"
	refused "key: $T/key: encrypted: password: fd 4: Is a directory" \
	    "$T" --key-password-fd 4 "${ENCRYPTED[@]}"
	openssl ec -in "$PKI/p256.key" -aes128 -passout "pass:$PASSWORD" \
	    -out "$T/old" 2>>"$T/client.log"
	for_all "$T/old"
	refused "key: $T/old: the password from fd 4 does not decrypt it .or OpenSSL's default provider cannot." \
	    "$T/wrong" --key-password-fd 4 --cert "$PKI/p256.pem" --key "$T/old"
}

@test "a password of 1024 bytes" {
	head -c 1024 /dev/zero | tr '\0' a >"$T/long"
	openssl pkcs8 -topk8 -in "$PKI/p256.key" \
	    -passout "pass:$(cat "$T/long")" -out "$T/key"
	for_all "$T/key"
	with_password 4 "$T/long" --key-password-fd 4 \
	    --cert "$PKI/p256.pem" --key "$T/key"
}

@test "a descriptor for the password that is none" {
	local value

	for value in 0 2 -1 x '' 4x; do
		shim -100 "--key-password-fd=$value" cat
		[ "$stderr" = "tlsshim: --key-password-fd: $value: not a descriptor from 3 on" ]
	done
	serve "${CERT[@]}" --key-password-fd 77 -- cat
	! ask hello || return 1
	logged "^tlsshim: --key-password-fd: 77: Bad file descriptor\$"
	stop
	# systemd's connection is descriptor 3 already
	serve "${CERT[@]}" -3 -- cat
	! ask hello || return 1
	logged "^tlsshim: --key-password-fd: 3: is the connection: open the password's file as another: sh -c 'exec tlsshim --key-password-fd 4 \.\.\. 4<FILE'\$"
	exits_with 100
}

@test "neither the network process nor the application has the password's descriptor" {
	encrypted_key
	echo "$PASSWORD" >"$T/password"
	serve_program sh -c 'exec "$@" 4<"$0"' "$T/password" \
	    "$SHIM" "${AS[@]}" --key-password-fd 4 "${ENCRYPTED[@]}" -- cat
	talk_on say=hello await="$T/go" notify end=notify
	app_started cat
	for fd in "/proc/$APP/fd"/* "/proc/$(net_pid)/fd"/*; do
		[ "$(readlink "$fd")" != "$T/password" ]
	done
	let_go
	talked
}

# ----------------------------------------------------------- certificates

@test "a certificate and a chain in DER" {
	openssl x509 -in "$PKI/chain.pem" -outform DER -out "$T/leaf.der"
	openssl x509 -in "$PKI/int.pem" -outform DER -out "$T/int.der"
	cat "$T/leaf.der" "$T/int.der" >"$T/both.der"
	for_all "$T"/*.der
	served --cert "$T/leaf.der" --key "$PKI/chain.key" --chain "$T/int.der"
	served --cert "$T/both.der" --key "$PKI/chain.key"
}

@test "a chain in any order, with or without root and leaf" {
	local wanted='localhost test intermediate'

	openssl x509 -in "$PKI/chain.pem" -out "$T/leaf"
	cat "$PKI/int.pem" "$PKI/ca.pem" >"$T/up"
	cat "$PKI/ca.pem" "$PKI/int.pem" >"$T/down"
	cat "$PKI/ca.pem" "$PKI/int.pem" "$T/leaf" >"$T/all-down"
	cat "$T/leaf" "$PKI/int.pem" "$PKI/ca.pem" "$PKI/int.pem" >"$T/twice"
	for chain in up down all-down twice; do
		sends "$wanted" --cert "$T/leaf" --key "$PKI/chain.key" \
		    --chain "$T/$chain"
		sends "$wanted" --cert "$PKI/chain.pem" --key "$PKI/chain.key" \
		    --chain "$T/$chain"
	done
	# everything in one file, the root first
	sends "$wanted" --cert "$T/all-down" --key "$PKI/chain.key"
	sends "$wanted" --cert "$T/twice" --key "$PKI/chain.key"
	# as sslserver takes it: no CERTFILE at all
	for chain in all-down twice; do
		SERVE_ENV=("CERTCHAINFILE=$T/$chain" "KEYFILE=$PKI/chain.key")
		sends "$wanted"
	done
	! grep 'left out' "$LOG" || return 1
}

@test "files that were joined without a newline, and Windows' ones" {
	openssl x509 -in "$PKI/chain.pem" -out "$T/leaf"
	{
		printf %s "$(cat "$T/leaf")"
		printf %s "$(cat "$PKI/int.pem")"
		cat "$PKI/chain.key"
	} >"$T/joined"
	{
		printf '\357\273\277'
		sed 's/$/\r/' "$PKI/chain.pem" "$PKI/chain.key"
	} >"$T/windows"
	served --cert "$T/joined"
	served --cert "$T/windows"
}

@test "a certificate that belongs to no place of the chain is left out, with a warning" {
	cat "$PKI/int.pem" "$PKI/rsa.pem" >"$T/chain"
	sends 'localhost test intermediate' --cert "$PKI/chain.pem" \
	    --key "$PKI/chain.key" --chain "$T/chain"
	logged "chain: $T/chain: CN=localhost,O=tlsshim tests: issued nothing in this chain: left out\$"
	# it is all the same to whom it belongs
	sends localhost "${CERT[@]}" --chain "$PKI/int.pem"
	logged "chain: $PKI/int.pem: CN=test intermediate,O=tlsshim tests: issued nothing in this chain: left out\$"
}

# ca NAME SUBJECT ISSUER [KEY] - $T/NAME.pem: a CA's certificate, signed by
# $T/ISSUER (itself, if that is NAME), for the key of KEY (a new one)
ca() {
	local key=${4:-$1}

	[ -e "$T/$key.key" ] || openssl genpkey -algorithm EC \
	    -pkeyopt ec_paramgen_curve:P-256 -out "$T/$key.key"
	openssl req -new -utf8 -key "$T/$key.key" -subj "$2" -out "$T/request"
	printf '%s\n' basicConstraints=critical,CA:TRUE >"$T/extensions"
	if [ "$1" = "$3" ]; then
		openssl x509 -req -in "$T/request" -signkey "$T/$key.key" \
		    -extfile "$T/extensions" -out "$T/$1.pem"
	else
		openssl x509 -req -in "$T/request" -CA "$T/$3.pem" \
		    -CAkey "$T/${5:-$3}.key" -set_serial "0x$(openssl rand -hex 8)" \
		    -extfile "$T/extensions" -out "$T/$1.pem"
	fi 2>>"$T/client.log"
}

@test "of two CAs of one name, the one that signed" {
	ca root '/CN=root' root
	ca old '/CN=issuing' root
	ca new '/CN=issuing' root
	ca leaf '/CN=leaf' new
	cat "$T/old.pem" "$T/new.pem" >"$T/chain.pem"
	cat "$T/leaf.pem" "$T/new.pem" >"$T/wanted.pem"
	for_all "$T"/*.key
	serve --cert "$T/leaf.pem" --key "$T/leaf.key" --chain "$T/chain.pem" \
	    -- cat
	openssl s_client -connect "127.0.0.1:$PORT" -showcerts </dev/null \
	    2>>"$T/client.log" | sed -n '/-BEGIN/,/-END/p' >"$T/got.pem"
	diff "$T/wanted.pem" "$T/got.pem"
	! grep 'left out' "$LOG" || return 1
}

@test "a root that another CA has signed as well is sent as that one signed it" {
	ca older '/CN=older root' older
	ca root '/CN=root' root
	ca cross '/CN=root' older root
	ca leaf '/CN=leaf' root
	cat "$T/root.pem" "$T/cross.pem" "$T/older.pem" >"$T/chain.pem"
	for_all "$T"/*.key
	sends 'leaf root' --cert "$T/leaf.pem" --key "$T/leaf.key" \
	    --chain "$T/chain.pem"
	# there is no other: it ends the chain, unsent
	sends leaf --cert "$T/leaf.pem" --key "$T/leaf.key" --chain "$T/root.pem"
	! grep 'left out' "$LOG" || return 1
}

@test "names that differ in their kind of string or in case are the same" {
	ca root '/CN=root' root
	ca Issuing '/O=Some  Company/CN=Issuing' root
	ca issuing '/O=some company/CN=issuing' root Issuing
	ca leaf '/CN=leaf' issuing '' Issuing
	for_all "$T"/*.key
	sends 'leaf Issuing' --cert "$T/leaf.pem" --key "$T/leaf.key" \
	    --chain "$T/Issuing.pem"
}

@test "a self-signed certificate is sent" {
	ca alone '/CN=alone' alone
	for_all "$T"/*.key
	sends alone --cert "$T/alone.pem" --key "$T/alone.key"
}

# ----------------------------------------------------------------- renewal

@test "a renewed certificate is the next connection's, while one with the old goes on" {
	cp -p "$PKI/both.pem" "$T/pair.pem"
	serve --cert "$T/pair.pem" -- sh -c \
	    'while read -r line; do echo "$line $SSL_SERVER_A_KEY"; done'
	talk_on say=one hear='one id-ecPublicKey' await="$T/go" \
	    say=two hear='two id-ecPublicKey' notify end=notify
	wait_for has_inner_sh
	cat "$PKI/rsa.pem" "$PKI/rsa.key" >"$T/pair.new"
	chmod --reference="$T/pair.pem" "$T/pair.new"
	chown --reference="$T/pair.pem" "$T/pair.new"
	mv "$T/pair.new" "$T/pair.pem"
	[ "$(ask three)" = 'three rsaEncryption' ]
	let_go
	talked
}

has_inner_sh() {
	inner_is sh
}
