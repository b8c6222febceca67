#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# OpenSSL 3.5, run by scripts/test-debian13: ML-KEM without configuration.

load ../lib/common

setup() { fresh; }
teardown() { leave_nothing; }

@test "this is OpenSSL 3.5 or later" {
	run "$SHIM" --version
	[[ ${lines[1]} =~ ^OpenSSL\ 3\.([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -ge 5 ]
}

@test "client and server agree on the hybrid group, unasked" {
	serve "${CERT[@]}" -- sh -c 'echo "$SSL_PROTOCOL $SSL_GROUP"'
	run ask ''
	[ "$output" = 'TLSv1.3 X25519MLKEM768' ]
	[ "$(summary group)" = X25519MLKEM768 ]
	[ "$(summary end)" = clean ]
}

@test "a client that prefers X25519 and has the hybrid group gets the latter" {
	serve "${CERT[@]}" -- sh -c 'echo "$SSL_GROUP"'
	run ask '' -groups X25519:X25519MLKEM768
	[ "$output" = X25519MLKEM768 ]
}

@test "a client without the hybrid group is served as before" {
	serve "${CERT[@]}" -- sh -c 'echo "$SSL_GROUP"'
	run ask '' -groups X25519
	[ "$output" = x25519 ]
	run ask '' -groups P-256
	[ "$output" = secp256r1 ]
}
