#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Client certificates: every mode with every kind of certificate, by TLS 1.2
# and 1.3; what the client is told, what the log, what the application.

load ../lib/common
load ../lib/talk
load ../lib/clients

setup() { fresh; }
teardown() { leave_nothing; }

# What a client shows (make-client-pki; +crl: and the CRLs are looked at), what
# comes of it in each mode, and why.  In capitals: it is let in, and this is
# SSL_CLIENT_VERIFY; else the alert, of TLS 1.2/of TLS 1.3 where they differ.
# In mode none every client is let in: nobody is asked.
#
# optional-no-ca forgives that nobody here knows the issuer, and nothing else
# (mod_ssl).  Alerts are those of RFC 8446, 6.2, as OpenSSL takes them.
table() {
	grep -v '^#' <<-'EOT'
	# shows           optional                optional-no-ca          require                 reason
	none              NONE                    NONE                    handshake_failure/certificate_required
	good              SUCCESS                 SUCCESS                 SUCCESS
	good+crl          SUCCESS                 SUCCESS                 SUCCESS
	any-purpose       SUCCESS                 SUCCESS                 SUCCESS
	deep1             SUCCESS                 SUCCESS                 SUCCESS
	deep1+crl         SUCCESS                 SUCCESS                 SUCCESS
	expired           certificate_expired     certificate_expired     certificate_expired     certificate has expired
	not-yet-valid     bad_certificate         bad_certificate         bad_certificate         certificate is not yet valid
	revoked           SUCCESS                 SUCCESS                 SUCCESS
	revoked+crl       certificate_revoked     certificate_revoked     certificate_revoked     certificate revoked
	revoked-deep1+crl certificate_revoked     certificate_revoked     certificate_revoked     certificate revoked
	wrong-ca          unknown_ca              GENEROUS                unknown_ca              unable to get local issuer certificate
	wrong-ca-root     unknown_ca              GENEROUS                unknown_ca              self-signed certificate in certificate chain
	self-signed       unknown_ca              GENEROUS                unknown_ca              self-signed certificate
	wrong-purpose     unsupported_certificate unsupported_certificate unsupported_certificate unsuitable certificate purpose
	too-deep          unknown_ca              unknown_ca              unknown_ca              certificate chain too long
	forged            decrypt_error           decrypt_error           decrypt_error           certificate signature failure
	by-leaf           unknown_ca              unknown_ca              unknown_ca              invalid CA certificate
	by-expired        certificate_expired     certificate_expired     certificate_expired     certificate has expired
	critical          certificate_unknown     certificate_unknown     certificate_unknown     unhandled critical extension
	EOT
}

# Two faults at once, where one alone would be forgiven
table_of_two() {
	grep -v '^#' <<-'EOT'
	# shows            optional-no-ca          reason
	wrong-ca-expired   certificate_expired     certificate has expired
	wrong-ca-purpose   unsupported_certificate unsuitable certificate purpose
	EOT
}

# column MODE - where it stands in the table
column() {
	case $1 in
	optional) echo 2 ;;
	optional-no-ca) echo 3 ;;
	require) echo 4 ;;
	esac
}

# serve_mode MODE [option ...] - as wanted; the application tells all it knows
serve_mode() {
	local mode=$1

	shift
	: >"$LOG"
	CONNECTIONS=0
	serve "${CERT[@]}" --client-cert "$mode" "${TRUST[@]}" "$@" -- \
	    sh -c 'read line; exec env -0'
}

# let_in NAME VERIFY - it was, and the application knows of the certificate
# what it may know
let_in() {
	echo "let in: $1, $2: $(names_like ^SSL_CLIENT | tr '\n' ' ')"
	[ "$(told SSL_CLIENT_VERIFY)" = "$2" ]
	[ "$(summary -n "$CONNECTIONS" end)" = clean ]
	[ "$(summary -n "$CONNECTIONS" app)" = 0 ]
	case $2 in
	NONE)
		[ "$(names_like ^SSL_CLIENT_)" = SSL_CLIENT_VERIFY ]
		[ "$(client_key -n "$CONNECTIONS")" = none ]
		;;
	SUCCESS)
		[ "$(told SSL_CLIENT_S_DN)" = "CN=$1,O=tlsshim tests" ]
		[ "$(told SSL_CLIENT_S_DN_CN)" = "$1" ]
		[ "$(told SSL_CLIENT_SAN_Email_0)" = "$1@localhost" ]
		[ "$(told SSL_CLIENT_FINGERPRINT_SHA256)" = "$(fingerprint "$1")" ]
		[ "$(client_key -n "$CONNECTIONS")" = ok ]
		;;
	GENEROUS)
		# mail software believes a name by its mere presence
		[ -z "$(names_like '^SSL_CLIENT_S(_|AN_)')" ]
		[ "$(told SSL_CLIENT_FINGERPRINT_SHA256)" = "$(fingerprint "$1")" ]
		;;
	esac
}

fingerprint() {
	openssl x509 -in "$CLIENTS/$1.pem" -outform DER | sha256sum | cut -d' ' -f1
}

# refused ALERT - it was, by this alert, and no application was started
refused() {
	echo "refused: $(summary -n "$CONNECTIONS")"
	[ "$(summary -n "$CONNECTIONS" end)" = "alert-sent:$1" ]
	[ "$(summary -n "$CONNECTIONS" stage)" = handshake ]
	[ "$(summary -n "$CONNECTIONS" app)" = none ]
	[ ! -s "$T/seen" ]
	# OpenSSL writes it with blanks
	grep -q "alert ${1//_/ }" "$T/client.log"
}

# shows VERSION NAME WANT [REASON] - a client of this version (1.2, 1.3)
shows() {
	local version=$1 name=$2 want=$3 reason=${4:-} status=0

	CONNECTIONS=$((CONNECTIONS + 1))
	ask_as "$name" "-tls${version/./_}" || status=1
	echo "TLS $version, $name: $want wanted; status $status"
	case $want in
	[A-Z]*)
		[ "$status" -eq 0 ]
		let_in "$name" "$want"
		;;
	*)
		[ "$status" -ne 0 ]
		refused "$want"
		;;
	esac
	[ -z "$reason" ] ||
	    [ "$(client_key -n "$CONNECTIONS")" = "failed:$reason" ]
}

# by_versions NAME WANT [REASON] - both; WANT may have two halves
by_versions() {
	local name=$1 want=$2 reason=${3:-}

	shows 1.2 "$name" "${want%/*}" "$reason"
	shows 1.3 "$name" "${want#*/}" "$reason"
}

# rows MODE - "name want reason" of each row with no +crl, or with -c of each
# with it
rows() {
	local sign='!'

	[ "$1" != -c ] || { sign=''; shift; }
	table | awk -v want="$(column "$1")" "$sign"'($1 ~ /[+]crl$/) {
		name = $1
		sub(/[+]crl$/, "", name)
		word = $want
		sub(/^[^ ]+ +[^ ]+ +[^ ]+ +[^ ]+ */, "")
		print name, word, word ~ /SUCCESS|NONE/ ? "" : $0
	}'
}

# try_mode MODE [option ...] - every row of the table, without and with CRLs
try_mode() {
	local mode=$1 name want reason refusals=0

	serve_mode "$mode"
	while read -r name want reason; do
		by_versions "$name" "$want" "$reason"
		[[ $want == [A-Z]* ]] || refusals=$((refusals + 2))
	done < <(rows "$mode")
	wait_for no_children
	[ "$CONNECTIONS" -ge 20 ]
	[ "$(died_with 98)" -eq "$refusals" ]
	stop

	serve_mode "$mode" --crl "$CLIENTS/crls.pem"
	while read -r name want reason; do
		by_versions "$name" "$want" "$reason"
	done < <(rows -c "$mode")
	[ "$CONNECTIONS" -ge 8 ]
}

@test "none: no certificate is asked for, whatever the client has" {
	local name

	serve_mode none
	while read -r name; do
		by_versions "$name" NONE
	done < <(table | awk '$1 !~ /[+]/ { print $1 }')
	[ "$CONNECTIONS" -ge 20 ]
}

@test "optional: none, or one that is in order" {
	try_mode optional
}

@test "optional-no-ca: as optional, or by an issuer whom nobody knows" {
	local name want reason

	try_mode optional-no-ca
	stop
	serve_mode optional-no-ca
	while read -r name want reason; do
		by_versions "$name" "$want" "$reason"
	done < <(table_of_two)
	[ "$CONNECTIONS" -eq 4 ]
}

@test "require: one that is in order" {
	try_mode require
}

# --------------------------------------------------------------- mod_ssl

# by_mod_ssl VERSION NAME WANT - what it does is what the table says, but for
# two slips: it does not tell OpenSSL that a chain was too long, and in TLS 1.3
# GENEROUS comes out as FAILED and the reason, though the client is let in.
by_mod_ssl() {
	local version=$1 name=$2 want=$3 status=0

	[ "$name" != too-deep ] || want=internal_error

	ask_mod_ssl "$name" "-tls${version/./_}" || status=1
	echo "mod_ssl, TLS $version, $name: $want wanted; status $status"
	if [[ $want == [A-Z]* ]]; then
		[ "$version$want" != 1.3GENEROUS ] || want='@(GENEROUS|FAILED:*)'
		# shellcheck disable=SC2053 # a pattern
		[[ $(told SSL_CLIENT_VERIFY) == $want ]]
	else
		[ "$status" -ne 0 ]
		grep -q "alert ${want//_/ }" "$T/client.log"
	fi
}

# mod_ssl_agrees [-c] MODE - on all rows of the table, without or with CRLs
mod_ssl_agrees() {
	local name want reason

	while read -r name want reason; do
		by_mod_ssl 1.2 "$name" "${want%/*}"
		by_mod_ssl 1.3 "$name" "${want#*/}"
	done < <(rows "$@")
	stop
}

@test "the table is what mod_ssl does" {
	local mode

	for mode in optional optional-no-ca require; do
		mod_ssl "${mode//-/_}" 'SSLVerifyDepth 4'
		mod_ssl_agrees "$mode"
		mod_ssl "${mode//-/_}" 'SSLVerifyDepth 4' \
		    'SSLCARevocationCheck chain' \
		    "SSLCARevocationFile $CLIENTS/crls.pem"
		mod_ssl_agrees -c "$mode"
	done
}

# ------------------------------------------------------------ who is asked

# asked VERSION - was this client asked for a certificate: yes or no
asked() {
	ask hello "-tls${1/./_}" -msg >"$T/seen" || return 1
	grep -aq 'Handshake.*ServerHello' "$T/seen"
	grep -aq 'Handshake.*CertificateRequest' "$T/seen" && echo yes || echo no
}

@test "with none, and by default, no client is asked; else every one is" {
	local version mode

	for version in 1.2 1.3; do
		serve "${CERT[@]}" -- head -n 1
		[ "$(asked "$version")" = no ]
		stop
		serve_mode none
		[ "$(asked "$version")" = no ]
		stop
		for mode in optional optional-no-ca; do
			serve_mode "$mode"
			[ "$(asked "$version")" = yes ]
			stop
		done
	done
}

@test "-Z is none, -m is require" {
	serve "${CERT[@]}" "${TRUST[@]}" -m -- head -n 1
	ask_as good
	! ask_as none || return 1
	[ "$(summary -n 2 end)" = alert-sent:certificate_required ]
	stop

	# the last one counts
	: >"$LOG"
	serve "${CERT[@]}" "${TRUST[@]}" -m -Z -- head -n 1
	ask_as none
	[ "$(summary client)" = none ]
}

# ------------------------------------------------------------ kinds of keys

# make_kind NAME GENPKEY-OPTION... - a CA and a client's certificate by it, all
# of one kind: $T/kinds/NAME-ca.pem, NAME.pem, NAME.key
make_kind() {
	local name=$T/kinds/$1 role

	shift
	for role in -ca ''; do
		openssl genpkey -quiet "$@" -out "$name$role.key"
	done
	openssl req -x509 -new -key "$name-ca.key" -days 2 -subj "/CN=${name##*/} CA" \
	    -addext 'keyUsage=critical,keyCertSign' -out "$name-ca.pem"
	openssl req -new -key "$name.key" -subj "/CN=${name##*/}" |
	    openssl x509 -req -days 2 -CA "$name-ca.pem" -CAkey "$name-ca.key" \
	        -set_serial 7 -out "$name.pem" 2>/dev/null
	chmod 644 "$name"*
}

@test "keys of every kind, and CAs of every kind" {
	local kind version

	mkdir "$T/kinds"
	make_kind rsa -algorithm RSA -pkeyopt rsa_keygen_bits:2048
	make_kind rsa-pss -algorithm RSA-PSS -pkeyopt rsa_keygen_bits:2048
	make_kind p256 -algorithm EC -pkeyopt ec_paramgen_curve:P-256
	make_kind p384 -algorithm EC -pkeyopt ec_paramgen_curve:P-384
	make_kind p521 -algorithm EC -pkeyopt ec_paramgen_curve:P-521
	make_kind ed25519 -algorithm ED25519
	make_kind ed448 -algorithm ED448
	cat "$T"/kinds/*-ca.pem >"$T/cas"
	serve "${CERT[@]}" --client-cert require --ca "$T/cas" -- \
	    sh -c 'read line; echo "$SSL_CLIENT_VERIFY $SSL_CLIENT_S_DN_CN"'
	for kind in rsa rsa-pss p256 p384 p521 ed25519 ed448; do
		for version in 2 3; do
			echo "$kind, TLS 1.$version"
			[ "$(ask hello "-tls1_$version" \
			    -cert "$T/kinds/$kind.pem" \
			    -key "$T/kinds/$kind.key")" = "SUCCESS $kind" ]
		done
	done
}

# -------------------------------------------------------- other clients

# curl_as NAME VERSION - with this certificate
curl_as() {
	local -a with=()

	[ "$1" = none ] ||
	    with=(--cert "$CLIENTS/$1.pem" --key "$CLIENTS/client.key")
	curl --silent --show-error --max-time 20 --cacert "$PKI/ca.pem" \
	    "${with[@]}" "--tlsv$2" --tls-max "$2" \
	    --resolve "localhost:$PORT:127.0.0.1" \
	    "https://localhost:$PORT/" 3>&-
}

@test "curl: good, with an intermediate, expired, none" {
	local version number=0

	need curl
	cat >"$T/script" <<-'EOF'
	#!/bin/sh
	while read -r line && [ "$line" != "$(printf '\r')" ]; do :; done
	printf 'HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n'
	echo "$SSL_PROTOCOL $SSL_CLIENT_VERIFY $SSL_CLIENT_SAN_Email_0"
	EOF
	chmod 755 "$T/script"
	serve "${CERT[@]}" --client-cert require "${TRUST[@]}" -- "$T/script"
	for version in 1.2 1.3; do
		[ "$(curl_as good "$version")" = \
		    "TLSv$version SUCCESS good@localhost" ]
		[ "$(curl_as deep1 "$version")" = \
		    "TLSv$version SUCCESS deep1@localhost" ]
		! curl_as expired "$version" || return 1
		! curl_as none "$version" || return 1
		number=$((number + 4))
		[ "$(summary -n $((number - 1)) end)" = \
		    alert-sent:certificate_expired ]
	done
	[ "$(summary -n 4 end)" = alert-sent:handshake_failure ]
	[ "$(summary -n 8 end)" = alert-sent:certificate_required ]
}

# gnutls_as NAME VERSION - with this certificate
gnutls_as() {
	local -a with=()

	[ "$1" = none ] || with=(--x509certfile="$CLIENTS/$1.pem"
	    --x509keyfile="$CLIENTS/client.key")
	timeout 20 gnutls-cli --x509cafile="$PKI/ca.pem" "${with[@]}" \
	    --verify-hostname=localhost --sni-hostname=localhost \
	    --priority="NORMAL:-VERS-ALL:+VERS-TLS$2" \
	    --logfile="$T/gnutls.log" -p "$PORT" 127.0.0.1 <<<hello
}

@test "gnutls-cli: good, with an intermediate, expired, none" {
	local version number=0

	need gnutls-cli
	serve "${CERT[@]}" --client-cert require "${TRUST[@]}" -- \
	    sh -c 'read line; echo "$SSL_PROTOCOL $SSL_CLIENT_S_DN_CN"'
	for version in 1.2 1.3; do
		[[ $(gnutls_as good "$version") == *"TLSv$version good"* ]]
		[[ $(gnutls_as deep1 "$version") == *"TLSv$version deep1"* ]]
		! gnutls_as expired "$version" || return 1
		! gnutls_as none "$version" || return 1
		number=$((number + 4))
		[ "$(summary -n $((number - 1)) end)" = \
		    alert-sent:certificate_expired ]
	done
	[ "$(summary -n 4 end)" = alert-sent:handshake_failure ]
	[ "$(summary -n 8 end)" = alert-sent:certificate_required ]
}
