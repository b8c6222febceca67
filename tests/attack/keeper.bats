#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Claim: a network process that was taken over gets one signature for one TLS
# handshake of a server out of the KEEPER, and facts of a few letters into the
# application's environment; nothing else.
#
# hostile-net plays that process; every attack must end the KEEPER with 111
# and a line in the log that names the message and the reason, without a
# signature, without the application.

load ../lib/common
load ../lib/rules

KINDS=(p256 p384 p521 rsa rsapss ed25519)

setup() {
	fresh
	POLICY=()
	PROGRAM=(env -0)
}
teardown() { leave_nothing; }

# hostile AT-LEAST GROUP [KIND [MODE]] - so many attacks, and none comes to
# anything.  POLICY=(option ...): of the KEEPER, besides; PROGRAM=(word ...)
hostile() {
	local kind=${3:-p256}

	mkdir -p "$T/cas"
	run -0 timeout 120 "$STAGE/bin/hostile-net" "$2" "${AS[@]}" \
	    --client-cert "${4:-optional-no-ca}" --ca-dir "$T/cas" \
	    "${POLICY[@]}" --cert "$PKI/$kind.pem" --key "$PKI/$kind.key" -- "${PROGRAM[@]}"
	printf '%s: %s\n' "$kind" "$output"
	[ "${lines[-1]%% *}" -ge "$1" ]
}

@test "a network process that behaves gets its signature, and the application starts" {
	for kind in "${KINDS[@]}"; do
		hostile 10 well-behaved "$kind"
	done
}

@test "a network process that leaves ends the keeper, quietly" {
	hostile 4 gone
}

@test "every message out of its phase or from the wrong side is refused" {
	hostile 40 phase
}

@test "every message that comes too often is refused" {
	hostile 3 repeated
}

@test "every message that is too long is refused" {
	hostile 12 long
}

@test "every message that is cut off, at any byte, is refused" {
	hostile 180 truncated
}

@test "every message with bytes behind its end is refused" {
	hostile 12 trailing
}

@test "a message of no bytes at all is refused" {
	hostile 4 empty
}

@test "a message that brings a descriptor is refused" {
	hostile 3 descriptor
}

@test "bytes that are not a server's part of a TLS handshake are not signed" {
	for kind in "${KINDS[@]}"; do
		hostile 45 foreign "$kind"
	done
}

@test "a scheme that the key does not have in TLS 1.3 is refused" {
	for kind in "${KINDS[@]}"; do
		hostile 20 scheme "$kind"
	done
}

@test "MD5 and SHA-1 are signed with only where TLS 1.1 was asked for" {
	for kind in "${KINDS[@]}"; do
		hostile 27 digests "$kind"
	done
	POLICY=(--min-version 1.2 --ciphers 'HIGH:@SECLEVEL=0')
	hostile 27 digests rsa
	POLICY=(--min-version 1.1)
	for kind in p256 rsa; do
		hostile 7 well-behaved-old "$kind"
		hostile 45 digests-asked-for "$kind"
	done
}

@test "a scheme that --sigalgs leaves out is not signed with" {
	POLICY=(--sigalgs RSA-PSS+SHA512)
	for kind in p256 rsa ed25519; do
		hostile 2 left-out "$kind"
	done
}

# group_file - $T/dh.pem: the prime of to_sign.h that nobody knows, by 2
group_file() {
	{
		printf '\x30\x82\x01\x08\x02\x82\x01\x01\x00'
		printf '\xd1%.0s' {1..256}
		printf '\x02\x01\x02'
	} | openssl base64 | sed '1i -----BEGIN DH PARAMETERS-----
		$a -----END DH PARAMETERS-----' | tr -d '\t' >"$T/dh.pem"
	chmod 644 "$T/dh.pem"
}

@test "a prime that is not well known is signed only where it was configured" {
	for kind in p256 rsa; do
		hostile 38 primes "$kind"
	done
	group_file
	POLICY=(--dhparam "$T/dh.pem")
	hostile 6 well-behaved-group rsa
	hostile 38 primes rsa
	hostile 10 well-behaved rsa
}

@test "every fact that is too long, repeated, or of other letters is refused" {
	hostile 200 facts
}

@test "of a client's certificate nothing is told but what fact.def allows" {
	hostile 180 client
}

@test "no certificate of a client is claimed where none was asked for" {
	hostile 2 not-asked p256 none
}

@test "nobody without a trusted certificate comes in where one is required" {
	hostile 4 required p256 require
}

@test "nothing is looked up but by hash, in a directory that there is" {
	hostile 4 lookup
}

# ----------------------------------------------------------- before TLS begins

@test "before TLS every message but the switch is refused, and that once" {
	POLICY=(--starttls smtp)
	hostile 15 clear
}

@test "nobody but the application says when TLS begins" {
	POLICY=(--starttls ucspi)
	PROGRAM=(sh -c 'cat <&3; exit 7')
	hostile 15 clear-ucspi
}

@test "the reason of a failure is one of ours, whoever says what" {
	POLICY=(--starttls ucspi)
	PROGRAM=(sh -c 'printf Z >&3; cat <&3 | tr -d "\0"; exit 7')
	hostile 14 failed
}

# ---------------------------------------------------------- behind the handshake

@test "whom a rule denies gets no program, whatever NET does with the verdict" {
	rules sni=localhost "$DENY"
	POLICY=(--rules "$T/rules.cdb")
	hostile 20 denied
	# which starts for all others
	rules sni=example.org "$DENY"
	hostile 10 well-behaved
}
