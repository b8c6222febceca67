#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# OpenSSL 3.5, run by scripts/test-debian13: it decompresses clients'
# certificates (RFC 8879), unasked; with us it does not.

load ../lib/common
load ../lib/clients

setup() { fresh; }
teardown() { leave_nothing; }

@test "no client compresses its certificate, though it could" {
	local form='^>>> TLS 1.3, Handshake .*, (Compressed)?Certificate$'

	start_server openssl s_server -accept "127.0.0.1:$(free_port)" -quiet \
	    -cert "$PKI/p256.pem" -key "$PKI/p256.key" -Verify 9
	show deep3
	openssl s_client -connect "127.0.0.1:$PORT" -msg "${SHOW[@]}" \
	    </dev/null >"$T/there" 2>&1
	grep -aE "$form" "$T/there" | grep -q CompressedCertificate

	serve "${CERT[@]}" --client-cert require "${TRUST[@]}" -- head -n 1
	ask_as deep3 -msg
	grep -aE "$form" "$T/seen" | grep -q ' Certificate$'
	! grep -a CompressedCertificate "$T/seen" || return 1
	[ "$(summary client)" = ok ]
}
