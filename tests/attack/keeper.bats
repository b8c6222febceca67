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

KINDS=(p256 p384 p521 rsa rsapss ed25519)

setup() { fresh; }
teardown() { leave_nothing; }

# hostile AT-LEAST GROUP [KIND [MODE]] - so many attacks, and none comes to
# anything
hostile() {
	local kind=${3:-p256}

	mkdir -p "$T/cas"
	run -0 timeout 120 "$STAGE/bin/hostile-net" "$2" "${AS[@]}" \
	    --client-cert "${4:-optional-no-ca}" --ca-dir "$T/cas" \
	    --cert "$PKI/$kind.pem" --key "$PKI/$kind.key" -- env -0
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
