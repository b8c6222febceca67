#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What the application is told of a client's certificate: beside mod_ssl, and
# by certificates that want to be trouble.

load ../lib/common
load ../lib/talk
load ../lib/clients

setup_file() {
	ODD=$BATS_FILE_TMPDIR/odd
	export ODD
	mkdir -p "$ODD"
	"$SHIM_TREE/tests/lib/make-odd-certs" "$ODD" "$STAGE/clients"
	ln -s "$STAGE/clients/client.key" "$ODD/"
	cp "$STAGE/clients"/deep2.* "$STAGE/clients"/good.* "$ODD/"
}

setup() {
	fresh
	# shellcheck disable=SC2034 # of clients.bash
	CLIENTS=$ODD
}

teardown() { leave_nothing; }

# tell_all [option ...] - an application that tells all it knows
tell_all() {
	serve "${CERT[@]}" --client-cert require "${TRUST[@]}" --verify-depth 10 \
	    "$@" -- sh -c 'read line; exec env -0'
}

# ---------------------------------------------------------------- mod_ssl

# What differs, and is meant to: whose it is, what no two connections share,
# and what mod_ssl does not have
DIFFERENT='^(SSL_VERSION_INTERFACE|SSL_SESSION_ID|SSL_TLS_SNI_SERVERNAME'
DIFFERENT+='|SSL_GROUP|SSL_SIGALG|SSL_HANDSHAKE_MS|SSL_CHANNEL_BINDING_[A-Z_]*'
DIFFERENT+='|SSL_(CLIENT|SERVER)_FINGERPRINT_SHA256|SSL_CLIENT_SPKI_SHA256'
DIFFERENT+='|SSL_CLIENT_SAN_(IP|URI)_[0-9]*)='

# to_compare FILE - its mod_ssl variables, a line each
to_compare() {
	tr '\n\0' '\036\n' <"$1" | grep -aE '^(SSL_|HTTPS=)' |
	    grep -aEv "$DIFFERENT" | LC_ALL=C sort
}

# both take it, whatever they would rather have
CIPHERS=(-ciphersuites TLS_AES_128_GCM_SHA256
    -cipher ECDHE-ECDSA-AES128-GCM-SHA256)

# beside NAME [s_client option ...] - mod_ssl and we tell the same
beside() {
	local name=$1

	shift
	PORT=$THEIRS
	ask_mod_ssl "$name" "${CIPHERS[@]}" "$@"
	to_compare "$T/seen" >"$T/theirs"
	PORT=$OURS
	ask_as "$name" "${CIPHERS[@]}" "$@"
	to_compare "$T/seen" >"$T/ours"
	grep -q '^SSL_CLIENT_VERIFY=SUCCESS$' "$T/theirs"
	echo "$name: $(wc -l <"$T/theirs") variables"
	diff -a "$T/theirs" "$T/ours"
}

both_serve() {
	mod_ssl require 'SSLVerifyDepth 10'
	THEIRS=$PORT
	tell_all --export tcp,tls,certs
	OURS=$PORT
}

@test "mod_ssl tells the same of certificates that people have" {
	local name version

	both_serve
	for name in rich good deep2 escapes strings order serial-0 serial-1 \
	    serial-80 far; do
		for version in 2 3; do
			beside "$name" "-tls1_$version"
		done
	done
	# it was all there
	grep -q '^SSL_CLIENT_V_REMAIN=21900$' "$T/theirs"
	beside rich
	[ "$(grep -c '^SSL_CLIENT_S_DN_[A-Za-z]*=' "$T/theirs")" -eq 14 ]
	[ "$(grep -c '^SSL_CLIENT_S_DN_[A-Za-z]*_1=' "$T/theirs")" -eq 14 ]
	grep -q '^SSL_CLIENT_SAN_Email_1=two@example.org$' "$T/theirs"
	grep -q '^SSL_CLIENT_SAN_OTHER_msUPN_1=two@AD.EXAMPLE.ORG$' "$T/theirs"
	beside deep2
	grep -q '^SSL_CLIENT_CERT_CHAIN_1=' "$T/theirs"
}

@test "mod_ssl tells the same of a certificate without a subject" {
	both_serve
	beside no-subject
}

@test "mod_ssl tells the same of certificates that attackers have" {
	local name

	both_serve
	for name in nul lines wide not-utf8 empty addresses serial-negative \
	    sans-100 sans-1000 dn-16k; do
		beside "$name"
	done
}

@test "addresses and URIs are told, which mod_ssl does not" {
	tell_all
	ask_as rich
	[ "$(told SSL_CLIENT_SAN_IP_0)" = 192.0.2.1 ]
	[ "$(told SSL_CLIENT_SAN_IP_1)" = 2001:db8::1 ]
	[ "$(told SSL_CLIENT_SAN_URI_0)" = spiffe://example.org/one ]
	[ "$(told SSL_CLIENT_SAN_URI_1)" = https://example.org/two ]
	[ "$(told SSL_CLIENT_SPKI_SHA256)" = "$(openssl x509 -in "$ODD/rich.pem" \
	    -noout -pubkey | openssl pkey -pubin -outform DER | sha256sum |
	    cut -d' ' -f1)" ]
	[ "$(told SSL_CLIENT_FINGERPRINT_SHA256)" = "$(openssl x509 \
	    -in "$ODD/rich.pem" -outform DER | sha256sum | cut -d' ' -f1)" ]
}

@test "the format of sslserver: decimal serial, slashes in names" {
	tell_all --env-format ucspi-ssl
	ask_as escapes
	[ "$(told SSL_CLIENT_M_SERIAL)" = 2 ]
	[ "$(told SSL_CLIENT_I_DN)" = "/O=tlsshim tests/CN=test client CA" ]
	[ "$(told SSL_CLIENT_S_DN)" = "$(openssl x509 -in "$ODD/escapes.pem" \
	    -noout -subject -nameopt compat | sed 's/^subject= *//')" ]
}

# -------------------------------------------------------------- injections

# names a certificate may add, and no other
MAY_ADD='SSL_CLIENT_([SI]_DN(_(C|ST|L|O|OU|CN|T|I|G|S|D|UID|Email'
MAY_ADD+='|SerialNumber)(_[0-9]+)?)?'
MAY_ADD+='|SAN_(Email|DNS|IP|URI|OTHER_msUPN)_[0-9]+|CERT(_CHAIN_[0-9]+)?'
MAY_ADD+='|CERT_RFC4523_CEA|M_SERIAL)'

# adds_nothing NAME - a client with it is let in, and gives the application no
# variable that is not the certificate's, no line that is not a variable's
adds_nothing() {
	names_like . >"$T/names.before"
	[ -s "$T/names.before" ]
	ask_as "$1"
	[ "$(told SSL_CLIENT_VERIFY)" = SUCCESS ]
	names_like . >"$T/names"
	comm -13 "$T/names.before" "$T/names" | grep -Evx "$MAY_ADD" \
	    >"$T/injected" || :
	echo "$1: $(wc -l <"$T/names") variables; injected:"
	cat "$T/injected"
	[ ! -s "$T/injected" ]
	# each name once
	[ -z "$(uniq -d "$T/names")" ]
	# control characters are in no value; newlines in those of PEM
	! grep -zvE '^SSL_(CLIENT|SERVER)_CERT(_CHAIN_[0-9]+)?=' "$T/seen" |
	    tr '\0' ' ' | LC_ALL=C grep -aq '[[:cntrl:]]' || return 1
	ask_as good
}

@test "no certificate adds a variable, or a line" {
	local name

	tell_all --export tcp,tls,certs
	ask_as good
	for name in nul lines wide not-utf8 strings escapes empty rich; do
		adds_nothing "$name"
	done
}

@test "a NUL is told as \\00, and what stands behind it too" {
	tell_all
	ask_as nul
	[ "$(told SSL_CLIENT_S_DN_CN)" = 'x\00RELAYCLIENT=' ]
	[ "$(told SSL_CLIENT_S_DN_O)" = 'x\00RELAYCLIENT=' ]
	[ "$(told SSL_CLIENT_S_DN_UID)" = '\00' ]
	[ "$(told SSL_CLIENT_SAN_Email_0)" = 'x\00RELAYCLIENT=' ]
	[ "$(told SSL_CLIENT_SAN_DNS_0)" = 'x\00RELAYCLIENT=' ]
	[ "$(told SSL_CLIENT_SAN_URI_0)" = 'x\00RELAYCLIENT=' ]
	[ "$(told SSL_CLIENT_SAN_OTHER_msUPN_0)" = 'x\00RELAYCLIENT=' ]
	! told RELAYCLIENT || return 1
}

@test "the log stays a line for each connection" {
	tell_all -v
	ask_as lines
	ask_as nul
	[ "$(summary -n 2 client)" = ok ]
	! grep -a '^RELAYCLIENT' "$LOG" || return 1
	! tr -d '\n' <"$LOG" | LC_ALL=C grep -aq '[[:cntrl:]]' || return 1
}

@test "strings of every type are told as UTF-8" {
	tell_all
	ask_as strings
	[ "$(told SSL_CLIENT_S_DN_O)" = 'Příklad' ]
	[ "$(told SSL_CLIENT_S_DN_OU)" = 'Příklad' ]
	[ "$(told SSL_CLIENT_S_DN_OU_1)" = 'Bär' ]
	[ "$(told SSL_CLIENT_S_DN_OU_2)" = '猫' ]
	[ "$(told SSL_CLIENT_S_DN_L)" = 'plain' ]
	[ "$(told SSL_CLIENT_S_DN_CN)" = '🐈' ]
}

@test "an empty attribute is an empty variable, an empty alternative name none" {
	tell_all
	ask_as empty
	told SSL_CLIENT_S_DN_CN >"$T/value"
	told SSL_CLIENT_S_DN_O >>"$T/value"
	[ "$(tr -d '\n' <"$T/value" | wc -c)" -eq 0 ]
	[ "$(told SSL_CLIENT_SAN_Email_0)" = two@example.org ]
	[ "$(told SSL_CLIENT_SAN_DNS_0)" = two.example.org ]
	[ "$(told SSL_CLIENT_SAN_OTHER_msUPN_0)" = two@example.org ]
	[ -z "$(names_like 'SAN_(IP|URI)_')" ]
}

@test "what is no address is not told as one" {
	tell_all
	ask_as addresses
	[ "$(told SSL_CLIENT_SAN_IP_0)" = 127.0.0.1 ]
	[ "$(names_like SAN_IP)" = SSL_CLIENT_SAN_IP_0 ]
}

@test "serial numbers too long for RFC 5280" {
	local digits

	tell_all --export tcp,tls,certs
	ask_as good
	adds_nothing serial-40
	adds_nothing serial-4000
	ask_as serial-40
	printf -v digits '5A%.0s' {1..40}
	[ "$(told SSL_CLIENT_M_SERIAL)" = "$digits" ]
	ask_as serial-4000
	! told SSL_CLIENT_M_SERIAL || return 1
	! told SSL_CLIENT_CERT_RFC4523_CEA || return 1
	[ "$(told SSL_CLIENT_S_DN_CN)" = longer ]
}

# ------------------------------------------------------------------- sizes

@test "100 alternative names, and 1000" {
	tell_all --export tcp,tls,certs
	ask_as sans-100
	[ "$(names_like SAN_Email_ | wc -l)" -eq 100 ]
	[ "$(told SSL_CLIENT_SAN_Email_99)" = user99@example.org ]
	ask_as sans-1000
	[ "$(told SSL_CLIENT_SAN_Email_0)" = user0@example.org ]
	[ "$(names_like SAN_Email_ | wc -l)" -eq 1000 ]
}

@test "16 KiB of distinguished name" {
	tell_all --export tcp,tls,certs
	ask_as dn-16k
	told SSL_CLIENT_S_DN_CN >"$T/value"
	[ "$(tr -d '\n' <"$T/value" | wc -c)" -eq 8192 ]
	told SSL_CLIENT_S_DN >"$T/value"
	[ "$(tr -d '\n' <"$T/value" | wc -c)" -eq $((2 * 8192 + 6)) ]
}

# small_enough - what the application got, with its share of execve's room
small_enough() {
	[ "$(wc -c <"$T/seen")" -le $((96 * 1024)) ]
}

@test "an environment that would be too large loses its PEM texts first" {
	tell_all --export tcp,tls,certs
	ask_as bulky-chain
	small_enough
	[ "$(told SSL_CLIENT_VERIFY)" = SUCCESS ]
	[ -n "$(told SSL_CLIENT_FINGERPRINT_SHA256)" ]
	[[ $(told SSL_CLIENT_S_DN) == CN=bulkyzzz* ]]
	[[ $(told SSL_CLIENT_S_DN_CN) == bulkyzzz* ]]
	[[ $(told SSL_CLIENT_I_DN_CN) == "bulky 2yyy"* ]]
	told SSL_CLIENT_CERT_RFC4523_CEA >"$T/value"
	# of four, and our own
	[ "$(names_like '^SSL_[A-Z]*_CERT(_CHAIN_[0-9])?$' | wc -l)" -lt 5 ]
	logged 'environment: SSL_CLIENT_CERT.*left out'
}

@test "a value that is too long is left out, the others stay" {
	local n

	tell_all --export tcp,tls,certs
	for n in dn-50k attributes-2000; do
		ask_as "$n"
		small_enough
		[ "$(told SSL_CLIENT_VERIFY)" = SUCCESS ]
		! told SSL_CLIENT_CERT || return 1
		[ "$(names_like 'S_DN_OU_[0-9]' | wc -l)" -ge 9 ]
	done
	logged 'environment: SSL_CLIENT_CERT: .*left out'
	logged 'environment: SSL_CLIENT_S_DN: .*left out'
}

@test "names that fill the environment displace nothing else" {
	local name

	tell_all --export tcp,tls
	ask_as good
	names_like . | grep -Ev '^SSL_CLIENT_([SI]_DN|SAN|CERT)' >"$T/names.before"
	ask_as crowd
	small_enough
	names_like . >"$T/names"
	[ "$(grep -c S_DN_ "$T/names")" -gt 2000 ]
	[ -z "$(comm -23 "$T/names.before" "$T/names")" ]
	for name in TCPREMOTEIP SSL_PROTOCOL SSL_CLIENT_FINGERPRINT_SHA256; do
		[ -n "$(told "$name")" ]
	done
	[ "$(told SSL_CLIENT_VERIFY)" = SUCCESS ]
}

@test "60 KB of certificates: the connection works" {
	tell_all --export tcp,tls,certs
	ask_as large
	small_enough
	[ "$(told SSL_CLIENT_VERIFY)" = SUCCESS ]
	[ "$(told SSL_CLIENT_S_DN_CN)" = large ]
	[ "$(summary client)" = ok ]
	logged 'environment: SSL_CLIENT_CERT: .*left out'
	stop

	# who wants no PEM text misses nothing
	: >"$LOG"
	tell_all
	ask_as large
	[ "$(told SSL_CLIENT_S_DN_CN)" = large ]
	[ "$(summary client)" = ok ]
	! grep 'left out' "$LOG" || return 1
}

@test "more than 60 KB of certificates are refused" {
	local version

	tell_all
	for version in 2 3; do
		! ask_as too-large "-tls1_$version" || return 1
		[ "$(summary -n $((version - 1)) end)" = \
		    alert-sent:illegal_parameter ]
	done
}

@test "PEM texts are those of the certificates that the client sent" {
	tell_all --export tcp,tls,certs
	ask_as deep2
	told SSL_CLIENT_CERT >"$T/pem"
	cat "$T/pem"
	told SSL_CLIENT_CERT_CHAIN_0 >>"$T/pem"
	told SSL_CLIENT_CERT_CHAIN_1 >>"$T/pem"
	! told SSL_CLIENT_CERT_CHAIN_2 || return 1
	grep . "$T/pem" | diff - "$ODD/deep2.pem"
	stop

	# and only where they are asked for
	tell_all
	ask_as deep2
	[ -z "$(names_like '^SSL_CLIENT_CERT($|_CHAIN)')" ]
}
