#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The examples of rules/: they compile by their Makefile and do what they say.

load ../lib/common
load ../lib/clients

setup() {
	fresh
	cp "$SHIM_TREE"/rules/* "$T"
	make_rules
}

teardown() { leave_nothing; }

make_rules() {
	make -s -C "$T" -f rules.mk \
	    TLSSHIM_RULES="$STAGE/bin/tlsshim-rules" "$@"
}

# says CDB WANTED IP [HOST] - explain's last lines, joined
says() {
	local got

	got=$("$STAGE/bin/tlsshim-rules" explain "$T/$1.cdb" "${@:3}" |
	    sed -n '/^by/,$p' | tr -s ' \n' ' ')
	[ "$got" = "by address: $2 " ] || {
		echo "${*:3}: '$got', wanted '$2'"
		return 1
	}
}

@test "the mail relay lets the office relay, and its printers not in" {
	says mail-relay 'allow RELAYCLIENT=' 127.0.0.1
	says mail-relay 'allow RELAYCLIENT=' ::1
	says mail-relay 'allow RELAYCLIENT=' 10.20.1.2
	says mail-relay 'allow RELAYCLIENT=' 2001:db8:20:1::5
	says mail-relay deny 10.20.30.45
	says mail-relay 'allow RELAYCLIENT=' 10.20.30.50
	says mail-relay deny 198.51.100.7
	says mail-relay deny 192.0.2.66
	says mail-relay deny 203.0.113.5 a.dialup.example.net
	says mail-relay allow 203.0.113.5 mx.example.net
}

@test "countries are denied, but for exceptions" {
	says country deny 192.0.2.5
	says country deny 198.51.100.5
	says country 'no rule' 198.51.100.200
	says country allow 203.0.113.17
	says country deny 203.0.113.18
	says country deny 2001:db8:bad::1
	says country 'no rule' 2001:db8:600d::1
}

@test "a wrong list of countries leaves the old file" {
	cp "$T/country.cdb" "$T/old"
	echo '192.0.2.1/24,ZZ' >>"$T/countries.csv"
	run make_rules country.cdb
	[ "$status" -ne 0 ]
	[[ $output == *'write 192.0.2.0/24'* ]]
	cmp "$T/old" "$T/country.cdb"
	echo 'nonsense' >"$T/countries.csv"
	run make_rules country.cdb
	[ "$status" -ne 0 ]
	cmp "$T/old" "$T/country.cdb"
}

# certificate SUBJECT NAME - $T/cert of that subject and alternative name
certificate() {
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$T/key" -out "$T/cert" -subj "$1" -days 2 \
	    -addext "subjectAltName=$2" 2>/dev/null
}

# proves CDB WANTED - what it says of $T/cert
proves() {
	local got

	got=$("$STAGE/bin/tlsshim-rules" explain --cert "$T/cert" \
	    "$T/$1.cdb" 10.1.1.1 | sed -n '/^by hand/,$p' | tr -s ' \n' ' ')
	[ "$got" = "by handshake: $2 " ] || {
		echo "'$got', wanted '$2'"
		return 1
	}
}

@test "certificates choose who may relay, the account and the program" {
	certificate /CN=joe email:joe@example.org
	proves cert-relay 'allow RELAYCLIENT='
	proves per-client 'allow TLSSHIM_USER=joe'
	certificate '/O=Example/CN=Mail CA' DNS:other.example.org
	proves cert-relay 'allow RELAYCLIENT='
	certificate '/O=Example/CN=Client CA' DNS:other.example.org
	proves per-client deny
	proves cert-relay 'no rule'
	certificate /CN=monitor DNS:other.example.org
	proves per-client \
	    'allow TLSSHIM_USER=nobody TLSSHIM_PROGRAM=/usr/local/bin/status'
}

@test "tlsshim goes by the mail relay's rules" {
	chmod 755 "$T"
	serve "${CERT[@]}" --rules "$T/mail-relay.cdb" -- \
	    sh -c 'read line; echo "${RELAYCLIENT-none}"'
	run ask hello
	[ "$status" -eq 0 ]
	[ "$output" = '' ]
	[ "$(summary rule)" = 127. ]
}

# That of the test's client takes the place of the one that was lost.
@test "tlsshim turns away the certificate that was lost, behind the handshake" {
	local hash

	hash=$(openssl x509 -in "$CLIENTS/good.pem" -outform DER | sha256sum)
	sed -i "s/^cert=sha256:[0-9a-f]*/cert=sha256:${hash%% *}/" \
	    "$T/cert-relay.rules"
	make_rules cert-relay.cdb
	chmod 755 "$T"
	serve "${CERT[@]}" --rules "$T/cert-relay.cdb" --client-cert optional \
	    "${TRUST[@]}" -- sh -c 'read line; echo came in'
	run ask hello -cert "$CLIENTS/good.pem" -key "$CLIENTS/client.key"
	[ "$output" = '' ]
	[[ $(summary) == *"rule=cert\\x3dsha256:${hash%% *} "*end=denied* ]]
	run ask hello
	[ "$output" = 'came in' ]
}
