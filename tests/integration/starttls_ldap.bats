#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# LDAP before TLS: OpenLDAP's clients, and slapd behind socat.

load ../lib/common
load ../lib/daemons

# messageID 1 and 2: StartTLS, its answer; "Who am I?", its answer: nobody
OID=312e332e362e312e342e312e313436362e3230303337
STARTTLS=301d02010177188016$OID
STARTED=3024020101781f0a0100040004008a16$OID
WHOAMI=301e02010277198017312e332e362e312e342e312e343230332e312e31312e33
NOBODY=300e02010278090a0100040004008b00

# supportedExtension of the root DSE, and what there is of it
ROOT_DSE=3039020101633404000a01000a01000201000201000101008
ROOT_DSE+=70b6f626a656374436c6173733014041273
ROOT_DSE+=7570706f72746564457874656e73696f6e
ONE_EXTENSION=3039020101643404003030302e0412
ONE_EXTENSION+=737570706f72746564457874656e73696f6e31180416$OID

setup() {
	fresh
	need ldapsearch socat
	slapd_on
	forwarded
}

teardown() { leave_nothing; }

serve_here() {
	serve "${CERT[@]}" "$@"
}

# serve_ldap [OPTION...] - SERVE=serve_as_nobody: without any right of root
serve_ldap() {
	"${SERVE:-serve_here}" --verbose --starttls ldap "$@" -- \
	    "${FORWARDED[@]}"
}

# ldap PROGRAM ARG... - one of OpenLDAP's clients
ldap() {
	local program=$1

	shift
	# for localhost they take the name of this machine
	run env LDAPTLS_CACERT="$PKI/ca.pem" timeout 20 \
	    "$program" -H "ldap://127.0.0.1:$PORT" "$@" 3>&-
	echo "$program $*: $status: $output"
}

as_admin=(-x -D "cn=admin,dc=test" -w secret)

starttls_talk() {
	timeout 60 "$SHIM_TREE/tests/lib/starttls-talk" "$PORT" \
	    "$PKI/ca.pem" "$@"
}

both_modes() {
	local mode

	for mode in required optional; do
		serve_ldap --starttls-mode "$mode"
		"$@"
		kill "$STARTER_PID"
		wait "$STARTER_PID" || :
		: >"$LOG"
	done
}

hex() {
	printf %s "$1" | xxd -p -c 99
}

searches() {
	ldap ldapsearch -ZZ -LLL "${as_admin[@]}" -b '' -s base \
	    supportedLDAPVersion
	[ "$status" = 0 ]
	[[ $output == *"supportedLDAPVersion: 3"* ]]
	ldap ldapwhoami -ZZ "${as_admin[@]}"
	[ "$output" = dn:cn=admin,dc=test ]
	[ "$(summary stage)" = "done" ]
	[ "$(summary end)" = clean ]
	[ "$(summary app)" = 0 ]
}

@test "ldapsearch -ZZ logs in and searches" {
	both_modes searches
}

@test "as an ordinary user it is the same" {
	SERVE=serve_as_nobody both_modes searches
}

openssl_shakes() {
	s_client -no_ign_eof -starttls ldap </dev/null
	[ "$(summary tls)" = TLSv1.3 ]
}

@test "openssl s_client -starttls ldap" {
	both_modes openssl_shakes
}

@test "required: the root DSE tells of StartTLS, and nothing else is told" {
	serve_ldap
	# without a bind: ldapsearch begins with one
	starttls_talk raw="$ROOT_DSE" hears="$ONE_EXTENSION" close
	[ "$(summary stage)" = clear ]
	[ "$(summary app)" = none ]
	ldap ldapwhoami -x
	[ "$status" = 13 ]
	ldap ldapwhoami "${as_admin[@]}"
	[ "$status" = 13 ]
	logged 'clear text: ldap: credentials before TLS refused'
}

@test "optional: clear text goes on, and the root DSE is the application's" {
	serve_ldap --starttls-mode optional
	ldap ldapsearch -x -LLL -b '' -s base +
	[ "$status" = 0 ]
	grep -qx 'supportedExtension: 1.3.6.1.4.1.4203.1.11.3' <<<"$output"
	[ "$(grep -c '^supportedExtension: 1.3.6.1.4.1.1466.20037$' \
	    <<<"$output")" = 1 ]
	grep -qx 'namingContexts: dc=test' <<<"$output"
	ldap ldapwhoami -x
	[ "$output" = anonymous ]
	[ "$(summary app)" = 0 ]
}

@test "optional: nobody logs in in clear" {
	serve_ldap --starttls-mode optional
	ldap ldapwhoami "${as_admin[@]}"
	[ "$status" = 13 ]
	logged 'clear text: ldap: credentials before TLS refused'
}

# cn=admin,dc=test with its password, which is refused, then StartTLS
fixed() {
	local refused='no passwords without TLS: StartTLS first'

	starttls_talk raw="3022020101601d020103$(hex_string cn=admin,dc=test
	    )8006$(hex secret)" \
	    hears="3034020101612f0a010d0400$(hex_string "$refused")" \
	    raw=$STARTTLS hears=$STARTED tls raw=$WHOAMI hears=$NOBODY close
}

hex_string() {
	printf '04%02x%s' "${#1}" "$(hex "$1")"
}

@test "who logged in before TLS has not logged in" {
	both_modes fixed
}

behind() {
	local why='StartTLS must be the last before TLS'

	starttls_talk raw=$STARTTLS$WHOAMI \
	    hears="304802010178430a01010400$(hex_string "$why")8a16$OID" end
	logged 'bytes behind the command'
	[ "$(summary stage)" = clear ]
}

@test "a request behind StartTLS is not heard inside TLS" {
	both_modes behind
}

nonsense() {
	local bytes

	# a Notice of Disconnection: messageID 0
	for bytes in 30800201014200 3084ffffffff 474554202f 30050201ff4200; do
		starttls_talk raw=$bytes hears=30 close
	done
	starttls_talk raw=30050201ff4200 hears=3037020100 close
	starttls_talk raw=3084ffffffff hears=3044020100 close
}

@test "what is no LDAP is told so, and left" {
	both_modes nonsense
}
