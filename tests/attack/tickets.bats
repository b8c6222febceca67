#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Claim: by a ticket nobody gets more than the session that was sealed in it.

load ../lib/common

setup() {
	fresh
	openssl rand -hex 32 >"$T/keys"
	chmod 640 "$T/keys"
	[ "$(id -u)" -ne 0 ] || ! getent group tlsshim >/dev/null ||
	    chgrp tlsshim "$T/keys"
}

teardown() { leave_nothing; }

@test "a ticket that is changed in any byte brings a full handshake, and no error" {
	local version

	serve "${CERT[@]}" --ticket-keys "$T/keys" -- true
	for version in 1.2 1.3; do
		run timeout 60 "$STAGE/bin/ticket-changer" "$PORT" \
		    "$PKI/ca.pem" "$version"
		echo "TLS $version: $output"
		[ "$status" -eq 0 ]
		[ "${output%% *}" -gt 150 ]
	done
	run ! grep -E 'end=[^c]' "$LOG"
}
