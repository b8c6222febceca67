#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The second look-up: rules by what the handshake proved.

load ../lib/common
load ../lib/talk
load ../lib/clients

setup() { fresh; }
teardown() { leave_nothing; }

# A record of a cdb as cdbmake(1) reads it, DATA with printf's escapes:
# record KEY [DATA]
record() {
	local key data len

	key=$1
	data=$(printf '%b' "${2:-}" | od -An -v -tx1 | tr -d ' \n')
	len=$((${#data} / 2))
	printf '+%d,%d:%s->' "${#key}" "$len" "$key"
	[ "$len" -eq 0 ] || printf '%b' "$(sed 's/../\\x&/g' <<<"$data")"
	printf '\n'
}

# rules KEY [DATA] ... - make $T/rules.cdb of these: ALLOW is no data, deny is
# "D\0", a setting "+NAME=VALUE\0"
rules() {
	while [ $# -gt 0 ]; do
		record "$1" "$2"
		shift 2
	done >"$T/rules"
	echo >>"$T/rules"
	LC_ALL=C cdb -c "$T/rules.cdb" "$T/rules"
	chmod 644 "$T/rules.cdb"
}

DENY='D\0'

# serve_rules [option ...] - the program under them; it tells HIT and a few
serve_rules() {
	serve "${CERT[@]}" --rules "$T/rules.cdb" --client-cert optional \
	    "${TRUST[@]}" --alpn imap,pop3 "$@" -- \
	    sh -c 'read line; echo "HIT=$HIT"; env | grep ^TLSSHIM_'
}

@test "whom a rule denies hears access_denied by TLS 1.3" {
	rules sni=localhost "$DENY"
	serve_rules
	run ask hello -tls1_3
	[ "$output" = '' ]
	cat "$T/client.log"
	grep -F 'tlsv1 alert access denied' "$T/client.log"
	summary
	[ "$(summary rule)" = sni\\x3dlocalhost ]
	[ "$(summary end)" = denied ]
	[ "$(summary stage)" = rules ]
	[ "$(summary app)" = none ]
	exits_with 97
}
