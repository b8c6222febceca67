#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Versions, cipher suites, groups, signatures and protocols: what clients get,
# and what they do not.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

# what the application is told of the connection
FACTS='read line; echo "$SSL_PROTOCOL $SSL_CIPHER $SSL_GROUP $SSL_SIGALG $SSL_ALPN"'

# serve_policy KIND OPTION... - with a key of this kind; answers FACTS
serve_policy() {
	local kind=$1

	shift
	serve --cert "$PKI/$kind.pem" --key "$PKI/$kind.key" "$@" -- \
	    sh -c "$FACTS"
}

# gets WORD... - with this client's options the facts have these words: the
# options first, then -- and the words
gets() {
	local -a options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	run ask hello "${options[@]}"
	echo "${options[*]}: $output; wanted $*"
	[ "$output" = "$*" ] || [[ "$output" == "$* "* ]]
}

# fails ALERT OPTION... - a client with these options is refused by that alert
fails() {
	local alert=$1 number

	shift
	number=$(($(summaries | wc -l) + 1))
	! ask hello "$@" || return 1
	[ "$(summary -n "$number" end)" = "alert-sent:$alert" ]
}

# refuses TEXT OPTION... - a connection is closed without a byte, with status
# 100, and TEXT is why
refuses() {
	local text=$1

	shift
	: >"$LOG"
	serve "${CERT[@]}" "$@" -- cat
	[ "$(timeout 20 socat -u "TCP:127.0.0.1:$PORT" STDOUT 3>&- | wc -c)" \
	    -eq 0 ]
	logged ": $text\$"
	exits_with 100
	stop
}

# --------------------------------------------------------------- versions

# a client that would take anything
WEAK='ALL:@SECLEVEL=0'

# versions_of POLICY KIND LIST - of all versions, those of LIST and no other
versions_of() {
	local version number protocol

	serve_policy "$2" --policy "$1"
	for version in 1 1_1 1_2 1_3; do
		protocol=TLSv${version/_/.}
		if [[ " $3 " == *" $version "* ]]; then
			gets "-tls$version" -cipher "$WEAK" -- "$protocol"
		else
			fails protocol_version "-tls$version" -cipher "$WEAK"
		fi
	done
	stop
	: >"$LOG"
}

@test "each policy has its versions, and no other" {
	local kind

	for kind in rsa p256 p521; do
		versions_of modern "$kind" '1_3'
		versions_of intermediate "$kind" '1_2 1_3'
		versions_of old "$kind" '1 1_1 1_2 1_3'
	done
}

@test "--min-version and --max-version beat the policy" {
	serve_policy rsa --policy modern --min-version 1.2 --max-version TLSv1.2
	gets -tls1_2 -- TLSv1.2
	fails protocol_version -tls1_3
	stop
	serve_policy rsa --min-version 1.1
	gets -tls1_1 -cipher "$WEAK" -- TLSv1.1 ECDHE-RSA-AES128-SHA
	fails protocol_version -tls1 -cipher "$WEAK"
}

@test "TLS 1.0 and 1.1 sign as they must" {
	serve_policy rsa --policy old
	gets -tls1 -cipher "$WEAK" -- \
	    TLSv1 ECDHE-RSA-AES128-SHA x25519 rsa_pkcs1_md5_sha1
	gets -tls1_1 -cipher "$WEAK" -- \
	    TLSv1.1 ECDHE-RSA-AES128-SHA x25519 rsa_pkcs1_md5_sha1
	gets -tls1_2 -cipher "$WEAK" -sigalgs RSA+SHA1 -- \
	    TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 x25519 rsa_pkcs1_sha1
	stop
	serve_policy p256 --policy old
	gets -tls1 -cipher "$WEAK" -- \
	    TLSv1 ECDHE-ECDSA-AES128-SHA x25519 ecdsa_sha1
	stop
	: >"$LOG"
	# there is no such signature before TLS 1.2
	serve_policy ed25519 --policy old
	fails handshake_failure -tls1_1 -cipher "$WEAK"
	gets -tls1_2 -- TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256
}

@test "GnuTLS speaks TLS 1.0 and 1.1 where it was asked for" {
	local version

	need gnutls-cli
	serve_policy rsa --policy old
	for version in 1.0 1.1; do
		run timeout 20 gnutls-cli --x509cafile="$PKI/ca.pem" \
		    --verify-hostname=localhost --sni-hostname=localhost \
		    --priority="NORMAL:-VERS-ALL:+VERS-TLS$version:+SHA1" \
		    --logfile="$T/gnutls.log" -p "$PORT" 127.0.0.1 <<<hello
		echo "$output"
		[[ $output == *"TLSv${version%.0} ECDHE-RSA-"* ]]
	done
}

@test "a client that knows SHA-1 alone is refused by level 0 of TLS 1.2" {
	serve_policy rsa --ciphers 'HIGH:@SECLEVEL=0'
	fails handshake_failure -tls1_2 -cipher "$WEAK" -sigalgs RSA+SHA1
	gets -tls1_2 -- TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384
}

# ----------------------------------------------------------------- suites

# taken POLICY KIND - of all suites up to TLS 1.2 that s_client has, those
# that it gets when it offers no other
taken() {
	local suite

	serve_policy "$2" --policy "$1"
	for suite in $(openssl ciphers -tls1_2 \
	    'ALL:COMPLEMENTOFALL:!PSK:!SRP:@SECLEVEL=0' | tr : ' '); do
		if ask hello -no_tls1_3 -cipher "$suite:@SECLEVEL=0" \
		    >"$T/facts"; then
			cut -d' ' -f2 "$T/facts"
		fi
	done | grep . | sort
	stop
}

# suites PATTERN - as Mozilla has them, those of this pattern
suites() {
	printf '%s\n' ECDHE-{ECDSA,RSA}-{AES128-GCM-SHA256,AES256-GCM-SHA384} \
	    {ECDHE-ECDSA,ECDHE-RSA,DHE-RSA}-CHACHA20-POLY1305 \
	    DHE-RSA-{AES128-GCM-SHA256,AES256-GCM-SHA384} "${@:2}" |
	    grep -E -- "$1" | sort
}

OLD=(ECDHE-{ECDSA,RSA}-{AES128-SHA256,AES128-SHA,AES256-SHA384,AES256-SHA}
    DHE-RSA-{AES128-SHA256,AES256-SHA256})

@test "policy intermediate: its suites, and no other" {
	diff <(suites -RSA) <(taken intermediate rsa)
	diff <(suites -ECDSA) <(taken intermediate p256)
}

@test "policy old: its suites, and no other" {
	diff <(suites -RSA "${OLD[@]}") <(taken old rsa)
	diff <(suites -ECDSA "${OLD[@]}") <(taken old p256)
}

@test "policy modern has no suite up to TLS 1.2" {
	[ -z "$(taken modern rsa)" ]
}

@test "a policy's order counts, but who puts ChaCha20 first gets it" {
	serve_policy rsa
	gets -tls1_2 -cipher \
	    ECDHE-RSA-AES256-GCM-SHA384:ECDHE-RSA-AES128-GCM-SHA256 -- \
	    TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256
	gets -tls1_2 -cipher \
	    ECDHE-RSA-CHACHA20-POLY1305:ECDHE-RSA-AES128-GCM-SHA256 -- \
	    TLSv1.2 ECDHE-RSA-CHACHA20-POLY1305
	gets -ciphersuites TLS_AES_256_GCM_SHA384:TLS_AES_128_GCM_SHA256 -- \
	    TLSv1.3 TLS_AES_128_GCM_SHA256
	gets -ciphersuites \
	    TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256 -- \
	    TLSv1.3 TLS_CHACHA20_POLY1305_SHA256
}

@test "--ciphers: a list, or classes less what is never offered" {
	serve_policy rsa --ciphers \
	    DHE-RSA-AES256-GCM-SHA384:?NONE:ECDHE-RSA-AES256-SHA
	gets -tls1_2 -- TLSv1.2 DHE-RSA-AES256-GCM-SHA384
	gets -tls1_2 -cipher ECDHE -- TLSv1.2 ECDHE-RSA-AES256-SHA
	stop
	serve_policy rsa --ciphers 'ALL:!DHE:!ADH:!RC4'
	gets -tls1_2 -cipher ALL -- TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384
	: >"$LOG"
	fails handshake_failure -tls1_2 -cipher AES128-SHA
	fails handshake_failure -tls1_2 -cipher DHE
	fails handshake_failure -tls1_2 -cipher "ADH:AECDH:@SECLEVEL=0"
}

@test "--ciphers: suites with CCM" {
	serve_policy p256 --ciphers ECDHE-ECDSA-AES128-CCM8:ECDHE-ECDSA-AES256-CCM
	gets -tls1_2 -cipher AESCCM -- TLSv1.2 ECDHE-ECDSA-AES128-CCM8
	gets -tls1_2 -cipher ECDHE-ECDSA-AES256-CCM -- \
	    TLSv1.2 ECDHE-ECDSA-AES256-CCM
}

@test "--ciphers: the security level counts" {
	serve_policy rsa --ciphers 'HIGH:@SECLEVEL=2'
	gets -tls1_2 -- TLSv1.2 ECDHE-RSA-AES256-GCM-SHA384
	stop
	# 112 bits are not enough
	serve_policy rsa --ciphers 'HIGH:@SECLEVEL=3'
	! ask hello || return 1
	logged 'certificate: number 1 of the chain: OpenSSL does not take it'
}

@test "--ciphersuites: the suites of TLS 1.3, in our order" {
	serve_policy p256 --ciphersuites \
	    TLS_AES_128_CCM_SHA256:TLS_AES_256_GCM_SHA384
	gets -- TLSv1.3 TLS_AES_256_GCM_SHA384
	gets -ciphersuites TLS_AES_256_GCM_SHA384:TLS_AES_128_CCM_SHA256 -- \
	    TLSv1.3 TLS_AES_128_CCM_SHA256
	fails handshake_failure -tls1_3 -ciphersuites TLS_AES_128_GCM_SHA256
}

@test "a list that is wrong is named before a byte of the peer is read" {
	local never='never offered: static RSA, PSK, SRP, without certificate or encryption, or of a cipher that is not in use here'

	refuses '--policy: new: want one of modern|intermediate|old' --policy new
	refuses '--min-version: 1.4: want 1.0, 1.1, 1.2 or 1.3' --min-version 1.4
	refuses '--max-version: 1.1: below the lowest version, 1.2: give --min-version, too' \
	    --max-version 1.1
	refuses "--ciphers: AES128-SHA: $never" --ciphers HIGH:AES128-SHA
	refuses "--ciphers: kRSA: $never" --ciphers kRSA
	refuses '--ciphers: HIHG: this OpenSSL does not know it' --ciphers HIHG
	refuses '--ciphersuites: HIGH: not a cipher suite of TLS 1.3' \
	    --ciphersuites HIGH
	refuses '--groups: X25591: not a group that this OpenSSL has and tlsshim offers' \
	    --groups X25519:X25591
	refuses '--sigalgs: rsa_pkcs1_sha1: only where --min-version is 1.0 or 1.1' \
	    --sigalgs RSA+SHA1
	refuses '--alpn: , : no protocol in it' --alpn ', '
	refuses "--dhparam: $T/none: No such file or directory" \
	    --dhparam "$T/none"
	refuses "--dhparam: $PKI/ca.pem: no DH PARAMETERS in it: make them with openssl dhparam 2048" \
	    --dhparam "$PKI/ca.pem"
}

# -------------------------------------------------- variables and rules

@test "every setting has its variable" {
	SERVE_ENV=(TLS_POLICY=old TLS_MIN=1.1 TLS_MAX=1.2
	    CIPHERS=ECDHE-RSA-AES256-SHA TLS_GROUPS=P-384
	    TLS_SIGALGS=RSA+SHA512 TLS_ALPN=one)
	serve_policy rsa
	gets -tls1_2 -alpn one -- TLSv1.2 ECDHE-RSA-AES256-SHA secp384r1 \
	    rsa_pkcs1_sha512 one
	fails protocol_version -tls1_3
	fails no_application_protocol -tls1_2 -alpn two
	stop
	# shellcheck disable=SC2034 # serve reads it
	SERVE_ENV=(TLS_CIPHERSUITES=TLS_AES_256_GCM_SHA384)
	serve_policy rsa
	gets -tls1_3 -- TLSv1.3 TLS_AES_256_GCM_SHA384
}

@test "a rule may say otherwise for its peers" {
	need tcprules
	tcprules "$T/rules.cdb" "$T/rules.tmp" <<-'EOF'
	127.0.0.1:allow,TLS_POLICY="modern",TLS_ALPN="one",TLS_GROUPS="P-521"
	127.0.0.2:allow,CIPHERS="kRSA"
	127.0.0.3:allow,TLS_POLICY="newest"
	:allow
	EOF
	chmod 644 "$T/rules.cdb"
	ADDR=0.0.0.0 serve_policy rsa --rules "$T/rules.cdb" --policy old
	fails protocol_version -tls1_2
	gets -alpn one -- TLSv1.3 TLS_AES_128_GCM_SHA256 secp521r1 \
	    rsa_pss_rsae_sha256 one
	gets -bind 127.0.0.4 -tls1 -cipher "$WEAK" -- TLSv1
	! ask hello -bind 127.0.0.2 || return 1
	logged ': --ciphers: kRSA: never offered: '
	! ask hello -bind 127.0.0.3 || return 1
	logged ': --policy: newest: want one of modern\|intermediate\|old$'
	exits_with 100
}

# ----------------------------------------------------------------- groups

@test "a client that guesses another group is asked again" {
	serve_policy p256 --groups P-384
	gets -tls1_3 -groups X25519:P-384 -msg -msgfile "$T/messages" -- \
	    TLSv1.3 TLS_AES_128_GCM_SHA256 secp384r1 ecdsa_secp256r1_sha256
	[ "$(grep -c ClientHello "$T/messages")" -eq 2 ]
	fails handshake_failure -tls1_3 -groups X25519
	gets -tls1_2 -groups X25519:P-256:P-384 -- \
	    TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 secp384r1
}

@test "--groups: every kind, and no other" {
	local group

	serve_policy rsa --groups x448:ffdhe3072:ffdhe2048:P-521
	for group in ffdhe2048 ffdhe3072 x448 secp521r1; do
		gets -tls1_3 -groups "$group" -- \
		    TLSv1.3 TLS_AES_128_GCM_SHA256 "$group"
	done
	fails handshake_failure -tls1_3 -groups ffdhe4096
}

# OpenSSL 3.5 has it, 3.0 has not; each way is right for its own
@test "X25519MLKEM768 is there where OpenSSL has it" {
	serve_policy p256 --groups X25519MLKEM768:X25519
	if ask hello >"$T/facts"; then
		grep -q ' X25519MLKEM768 ' "$T/facts"
		stop
		# and first of all without configuration
		serve_policy p256
		gets -- TLSv1.3 TLS_AES_128_GCM_SHA256 X25519MLKEM768
	else
		logged ': --groups: X25519MLKEM768: not a group that this OpenSSL has and tlsshim offers$'
		stop
		serve_policy p256 --groups '?X25519MLKEM768:X25519'
		gets -- TLSv1.3 TLS_AES_128_GCM_SHA256 x25519
	fi
}

# ------------------------------------------------------------- signatures

@test "--sigalgs: our order, and no other" {
	serve_policy rsa --sigalgs RSA-PSS+SHA512:rsa_pkcs1_sha384
	gets -tls1_3 -- TLSv1.3 TLS_AES_128_GCM_SHA256 x25519 \
	    rsa_pss_rsae_sha512
	gets -tls1_2 -sigalgs RSA+SHA256:RSA+SHA384 -- \
	    TLSv1.2 ECDHE-RSA-AES128-GCM-SHA256 x25519 rsa_pkcs1_sha384
	fails handshake_failure -tls1_3 -sigalgs RSA-PSS+SHA256
}

@test "a key of kind RSA-PSS that is bound to a digest signs with that one" {
	local version

	openssl genpkey -quiet -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048 \
	    -pkeyopt rsa_pss_keygen_md:sha384 \
	    -pkeyopt rsa_pss_keygen_mgf1_md:sha384 \
	    -pkeyopt rsa_pss_keygen_saltlen:48 -out "$T/key.pem"
	openssl req -x509 -new -key "$T/key.pem" -sha384 -days 2 \
	    -subj /CN=localhost -addext subjectAltName=DNS:localhost \
	    -out "$T/cert.pem"
	chmod 644 "$T/key.pem" "$T/cert.pem"
	serve --cert "$T/cert.pem" --key "$T/key.pem" -- sh -c "$FACTS"
	for version in 1_2 1_3; do
		run ask hello -CAfile "$T/cert.pem" "-tls$version"
		echo "$output"
		[[ $output == *" rsa_pss_pss_sha384 "* ]]
	done
	fails handshake_failure -CAfile "$T/cert.pem" -tls1_3 \
	    -sigalgs rsa_pss_pss_sha256:rsa_pss_rsae_sha384
}

@test "a client's key of kind RSA-PSS, under a CA of that kind" {
	local version

	openssl req -x509 -newkey rsa-pss -pkeyopt rsa_keygen_bits:2048 -nodes \
	    -days 2 -subj /CN=CA -keyout "$T/ca.key" -out "$T/ca.pem"
	openssl req -new -newkey rsa-pss -pkeyopt rsa_keygen_bits:2048 -nodes \
	    -subj /CN=client -keyout "$T/client.key" -out "$T/request"
	openssl x509 -req -in "$T/request" -CA "$T/ca.pem" -CAkey "$T/ca.key" \
	    -days 2 -set_serial 7 -out "$T/client.pem"
	chmod 644 "$T/ca.pem"
	serve "${CERT[@]}" --client-cert require --ca "$T/ca.pem" -- \
	    sh -c 'read line; echo "$SSL_CLIENT_VERIFY $SSL_CLIENT_S_DN"'
	for version in 1_2 1_3; do
		run ask hello "-tls$version" -cert "$T/client.pem" \
		    -key "$T/client.key"
		echo "$output"
		[ "$output" = 'SUCCESS CN=client' ]
	done
}

# ------------------------------------------------------------------- ALPN

@test "--alpn: by our order; who wants others only is refused" {
	serve_policy p256 --alpn 'two, one'
	gets -alpn one,two -- TLSv1.3 TLS_AES_128_GCM_SHA256 x25519 \
	    ecdsa_secp256r1_sha256 two
	gets -tls1_2 -alpn none,one -- \
	    TLSv1.2 ECDHE-ECDSA-AES128-GCM-SHA256 x25519 \
	    ecdsa_secp256r1_sha256 one
	fails no_application_protocol -alpn tw,on,twoo
	fails no_application_protocol -tls1_2 -alpn h2
	exits_with 98
	: >"$LOG"
	# who does not speak of it is served
	[ "$(ask hello)" = 'TLSv1.3 TLS_AES_128_GCM_SHA256 x25519 ecdsa_secp256r1_sha256 ' ]
}

@test "--alpn: items are divided as those of the other lists are" {
	serve_policy p256 --alpn 'two:one'
	gets -alpn one -- TLSv1.3 TLS_AES_128_GCM_SHA256 x25519 \
	    ecdsa_secp256r1_sha256 one
}

@test "without --alpn what clients offer is ignored" {
	serve_policy p256
	[ "$(ask hello -alpn h2)" = 'TLSv1.3 TLS_AES_128_GCM_SHA256 x25519 ecdsa_secp256r1_sha256 ' ]
}

@test "--alpn: python and GnuTLS get what they offer, or the alert" {
	need python3 gnutls-cli
	serve_policy p256 --alpn imap
	run python3 - "$PKI/ca.pem" "$PORT" <<-'EOF'
	import socket, ssl, sys
	for offer in ["imap", "http/1.1"]:
	    context = ssl.create_default_context(cafile=sys.argv[1])
	    context.set_alpn_protocols([offer])
	    plain = socket.create_connection(("127.0.0.1", int(sys.argv[2])))
	    try:
	        tls = context.wrap_socket(plain, server_hostname="localhost")
	        print(offer, tls.selected_alpn_protocol())
	    except ssl.SSLError as error:
	        print(offer, error)
	EOF
	echo "$output"
	[ "${lines[0]}" = 'imap imap' ]
	[[ ${lines[1]} == 'http/1.1 '*'no application protocol'* ]]
	run timeout 20 gnutls-cli --x509cafile="$PKI/ca.pem" --alpn=imap \
	    --verify-hostname=localhost --sni-hostname=localhost \
	    --logfile="$T/gnutls.log" -p "$PORT" 127.0.0.1 <<<hello
	[[ $output == *' imap'* ]]
}

# --------------------------------------------------------- Diffie-Hellman

@test "--dhparam: a group of one's own, whatever its generator" {
	local bits

	for bits in 2048 3072; do
		# made in a moment, and with a generator as long as the prime
		openssl dhparam -dsaparam -out "$T/dh.pem" "$bits" 2>/dev/null
		chmod 644 "$T/dh.pem"
		serve_policy rsa --dhparam "$T/dh.pem"
		gets -tls1_2 -cipher DHE -- TLSv1.2 DHE-RSA-AES128-GCM-SHA256
		echo | openssl s_client -connect "127.0.0.1:$PORT" -tls1_2 \
		    -cipher DHE >"$T/said" 2>&1 || :
		grep -q "^Server Temp Key: DH, $bits bits" "$T/said"
		# TLS 1.3 has groups of its own
		gets -tls1_3 -groups ffdhe2048 -- \
		    TLSv1.3 TLS_AES_128_GCM_SHA256 ffdhe2048
		stop
	done
}

@test "--dhparam: a group that is too small is named" {
	openssl dhparam -dsaparam -out "$T/dh.pem" 1024 2>/dev/null
	chmod 644 "$T/dh.pem"
	refuses "--dhparam: $T/dh.pem: a prime of 1024 bits: want 2048 to 8192" \
	    --dhparam "$T/dh.pem"
	chmod 0 "$T/dh.pem"
	refuses "--dhparam: $T/dh.pem: Permission denied" --dhparam "$T/dh.pem"
}

# ------------------------------------------------------- what there is not

@test "a client that renegotiates is refused" {
	serve --policy old "${CERT[@]}" -- cat
	# s_client renegotiates at a line that begins with R; what it says tells
	# when to go on
	# shellcheck disable=SC2094
	(echo hello; wait_for grep -q '^hello' "$T/said"; echo R;
	    wait_for grep -qE 'no renegotiation|closed' "$T/said" "$T/errors") |
	    timeout 20 openssl s_client -connect "127.0.0.1:$PORT" -tls1_2 \
	        -CAfile "$PKI/ca.pem" >"$T/said" 2>"$T/errors" 3>&- || :
	grep -q '^RENEGOTIATING' "$T/said" "$T/errors"
	grep -q 'no renegotiation' "$T/errors"
	# the second handshake would have asked for a second signature
	! grep 'message: SIGN' "$LOG" || return 1
}

@test "there is no compression, whoever asks for it" {
	serve "${CERT[@]}" -- sh -c 'read line; echo "$SSL_COMPRESS_METHOD"'
	[ "$(ask hello -tls1_2 -comp)" = NULL ]
	echo | openssl s_client -connect "127.0.0.1:$PORT" -tls1_2 -comp \
	    >"$T/said" 2>&1 || :
	grep -q '^Compression: NONE' "$T/said"
}

@test "no ticket allows early data" {
	openssl rand -hex 32 >"$T/keys"
	chmod 640 "$T/keys"
	[ "$(id -u)" -ne 0 ] || chgrp tlsshim "$T/keys"
	serve --ticket-keys "$T/keys" "${CERT[@]}" -- head -n 1
	[ "$(ask hello -sess_out "$T/session")" = hello ]
	openssl sess_id -in "$T/session" -noout -text >"$T/said"
	grep -q 'Max Early Data: 0' "$T/said"
	# asked for all the same, it is not sent or not taken
	echo early >"$T/early"
	run ask hello -sess_in "$T/session" -early_data "$T/early"
	[[ $output != *early* ]]
}
