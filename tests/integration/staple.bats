#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# OCSP responses, as clients get them stapled; made by openssl ocsp.

load ../lib/common
load ../lib/talk

setup() {
	fresh
	cp -p "$PKI/both.pem" "$T/pair.pem"
	openssl x509 -in "$PKI/p256.pem" -out "$T/leaf.pem"
	PAIR=(--cert "$T/pair.pem")
	STAPLE=$T/pair.pem.ocsp
}

teardown() { leave_nothing; }

# respond CERTIFICATE STATUS OPTION... - $STAPLE: the CA's answer about it, V
# (good) or R (revoked), by openssl ocsp with these options
respond() {
	local serial about=$1 status=$2 revoked=

	shift 2
	serial=$(openssl x509 -in "$about" -noout -serial)
	[ "$status" = V ] || revoked=250101000000Z
	printf '%s\t491231235959Z\t%s\t%s\tunknown\t/CN=localhost\n' "$status" \
	    "$revoked" "${serial#serial=}" >"$T/index"
	openssl ocsp -issuer "$PKI/ca.pem" -cert "$about" -no_nonce \
	    -reqout "$T/request" 2>>"$T/client.log"
	openssl ocsp -index "$T/index" -CA "$PKI/ca.pem" -rsigner "$PKI/ca.pem" \
	    -rkey "$PKI/ca.key" -reqin "$T/request" -respout "$STAPLE" "$@" \
	    >>"$T/client.log" 2>&1
	chmod 644 "$STAPLE"
}

# stapled OPTION... - what openssl s_client says of the staple
stapled() {
	openssl s_client -connect "127.0.0.1:$PORT" -CAfile "$PKI/ca.pem" \
	    -servername localhost -status "$@" </dev/null 2>>"$T/client.log" \
	    3>&- >"$T/answer"
	sed -n 's/^OCSP response: \(no response sent\)$/\1/p
	    s/^ *Cert Status: //p; s/^ *Verify return code: //p' "$T/answer"
}

has_staple() {
	local version

	for version in 2 3; do
		run stapled "-tls1_$version"
		echo "TLS 1.$version: $output"
		[ "$output" = $'good\n0 (ok)' ]
	done
}

has_none() {
	local version

	for version in 2 3; do
		run stapled "-tls1_$version"
		echo "TLS 1.$version: $output"
		[ "$output" = $'no response sent\n0 (ok)' ]
	done
}

# left_out WHY - there is none, and the log says why
left_out() {
	serve "${PAIR[@]}" -- cat
	has_none
	logged "^tlsshim: id=[0-9a-f]*: staple: $STAPLE: $1: left out\$"
	stop
	: >"$LOG"
}

@test "a good response is sent, to OpenSSL in TLS 1.2 and 1.3" {
	respond "$T/leaf.pem" V -ndays 1
	serve "${PAIR[@]}" -- cat
	has_staple
	stop
	# its issuer's name by another hash
	openssl ocsp -sha256 -issuer "$PKI/ca.pem" -cert "$T/leaf.pem" \
	    -no_nonce -reqout "$T/request"
	openssl ocsp -index "$T/index" -CA "$PKI/ca.pem" -ndays 1 \
	    -rsigner "$PKI/ca.pem" -rkey "$PKI/ca.key" -reqin "$T/request" \
	    -respout "$STAPLE"
	serve "${PAIR[@]}" --staple -- cat
	has_staple
	! grep staple: "$LOG" || return 1
}

@test "a good response is sent to GnuTLS, which verifies it" {
	local version

	need gnutls-cli
	respond "$T/leaf.pem" V -ndays 1
	serve "${PAIR[@]}" -- head -n 1
	for version in 1.2 1.3; do
		run timeout 20 gnutls-cli --x509cafile="$PKI/ca.pem" \
		    --verify-hostname=localhost --sni-hostname=localhost \
		    --priority="NORMAL:-VERS-ALL:+VERS-TLS$version" \
		    -p "$PORT" 127.0.0.1 <<<hello
		echo "$output"
		[ "$status" -eq 0 ]
		grep -q 'OCSP status request' <<<"$output"
		grep -qx hello <<<"$output"
	done
}

@test "a good response is sent after a HelloRetryRequest, too" {
	respond "$T/leaf.pem" V -ndays 1
	serve "${PAIR[@]}" --groups P-384 -- cat
	run stapled -tls1_3 -groups X25519:P-384
	echo "$output"
	[ "$output" = $'good\n0 (ok)' ]
	grep -q 'Server Temp Key: ECDH, secp384r1' "$T/answer"
}

@test "without a file, with --no-staple, or unasked, none is sent" {
	serve "${PAIR[@]}" -- head -n 1
	has_none
	! grep staple: "$LOG" || return 1
	stop
	respond "$T/leaf.pem" V -ndays 1
	serve "${PAIR[@]}" --no-staple -- cat
	has_none
	stop
	# the last word counts
	serve "${PAIR[@]}" --no-staple --staple -- cat
	has_staple
	stop
	# a client that does not ask has no part in what is wrong with it
	echo garbage >"$STAPLE"
	serve "${PAIR[@]}" -- head -n 1
	[ "$(ask hello)" = hello ]
	! grep staple: "$LOG" || return 1
}

@test "a response that does no good is left out, and the log says why" {
	respond "$PKI/rsa.pem" V -ndays 1
	left_out "for another certificate"
	respond "$T/leaf.pem" R -ndays 1
	left_out "the certificate is revoked"
	respond "$T/leaf.pem" V
	left_out "does not say how long it is valid"
}

@test "a response about a certificate that the CA does not know is left out" {
	respond "$T/leaf.pem" V -ndays 1
	: >"$T/index"
	openssl ocsp -index "$T/index" -CA "$PKI/ca.pem" -ndays 1 \
	    -rsigner "$PKI/ca.pem" -rkey "$PKI/ca.key" -reqin "$T/request" \
	    -respout "$STAPLE"
	left_out "the CA does not know the certificate"
}

# dated FROM TO - $STAPLE is of this day until that (YYYYMMDD); its signature
# is no good any more then, but nobody is to get it
dated() {
	respond "$T/leaf.pem" V -ndays 1
	LC_ALL=C sed -i "s/\x18\x0f[0-9]\{14\}Z\xa0\x11\x18\x0f[0-9]\{14\}Z/\x18\x0f${1}000000Z\xa0\x11\x18\x0f${2}000000Z/" \
	    "$STAPLE"
	openssl ocsp -respin "$STAPLE" -noverify -resp_text |
	    grep -q "Update: .* ${1::4} GMT"
}

@test "a response of another day is left out" {
	dated 20250101 20250108
	left_out expired
	dated 20490101 20490108
	left_out "not yet valid"
}

@test "a file that is no response is left out" {
	: >"$STAPLE"
	left_out "no answer of an OCSP responder"
	head -c 4000 /dev/urandom >"$STAPLE"
	left_out "no answer of an OCSP responder"
	respond "$T/leaf.pem" V -ndays 1
	cp "$STAPLE" "$T/good"
	head -c -1 "$T/good" >"$STAPLE"
	left_out "no answer of an OCSP responder"
	cat "$T/good" "$T/good" >"$STAPLE"
	left_out "no answer of an OCSP responder"
	# tryLater: RFC 6960, 4.2.1
	printf '0\003\012\001\003' >"$STAPLE"
	left_out "no answer of an OCSP responder"
	head -c 16385 /dev/zero >"$STAPLE"
	left_out "larger than 16384 bytes"
	rm "$STAPLE"
	mkfifo "$STAPLE"
	left_out "not a regular file"
	rm "$STAPLE"
	mkdir "$STAPLE"
	left_out "Is a directory"
}

@test "each pair has its own" {
	respond "$T/leaf.pem" V -ndays 1
	serve "${PAIR[@]}" --cert "$PKI/rsa.pem" --key "$PKI/rsa.key" -- cat
	has_staple
	run stapled -tls1_3 -sigalgs RSA-PSS+SHA256
	[ "$output" = $'no response sent\n0 (ok)' ]
}
