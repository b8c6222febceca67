#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# PostgreSQL before TLS: psql, and PostgreSQL behind socat.

load ../lib/common
load ../lib/daemons

SSL_REQUEST=0000000804d2162f
GSS_REQUEST=0000000804d21630
STARTUP=000000120003000075736572 # user
STARTUP+=00616e6e0000            # ann

setup_file() {
	make_cluster "$BATS_FILE_TMPDIR/cluster"
}

setup() {
	fresh
	need psql socat
	postgres_on "$BATS_FILE_TMPDIR/cluster"
	forwarded
}

teardown() { leave_nothing; }

serve_here() {
	serve "${CERT[@]}" "$@"
}

# serve_postgres [OPTION...] - SERVE=serve_as_nobody: without any right of root
serve_postgres() {
	"${SERVE:-serve_here}" --verbose --starttls postgres "$@" -- \
	    "${FORWARDED[@]}"
}

# sql WORDS [QUERY] - by psql, with these words in its connection's string
sql() {
	run env PGCONNECT_TIMEOUT=20 PGPASSWORD=secret psql -XAtq -c \
	    "${2:-SELECT 6 * 7}" "host=localhost port=$PORT user=ann \
	    dbname=postgres sslrootcert=$PKI/ca.pem $1" 3>&-
	echo "psql $1: $status: $output"
}

starttls_talk() {
	timeout 60 "$SHIM_TREE/tests/lib/starttls-talk" "$PORT" \
	    "$PKI/ca.pem" "$@"
}

both_modes() {
	local mode

	for mode in required optional; do
		serve_postgres --starttls-mode "$mode"
		"$@"
		kill "$STARTER_PID"
		wait "$STARTER_PID" || :
		: >"$LOG"
	done
}

asks() {
	sql sslmode=require
	[ "$output" = 42 ]
	[ "$(summary tls)" = TLSv1.3 ]
	[ "$(summary end)" = clean ]
	[ "$(summary app)" = 0 ]
	sql sslmode=verify-full
	[ "$output" = 42 ]
	sql 'sslmode=verify-full gssencmode=prefer'
	[ "$output" = 42 ]
}

@test "psql with sslmode=require and verify-full" {
	both_modes asks
}

@test "as an ordinary user it is the same" {
	SERVE=serve_as_nobody both_modes asks
}

much() {
	sql sslmode=verify-full "SELECT repeat('0123456789', 100000)"
	[ "${#output}" = 1000000 ]
}

@test "a megabyte of answer comes whole" {
	both_modes much
}

openssl_shakes() {
	s_client -no_ign_eof -starttls postgres </dev/null
	[ "$(summary tls)" = TLSv1.3 ]
}

@test "openssl s_client -starttls postgres" {
	both_modes openssl_shakes
}

@test "required: without TLS there is no connection" {
	serve_postgres
	sql sslmode=disable
	[ "$status" = 2 ]
	[[ $output == *"no connection without TLS here"* ]]
	[ "$(summary stage)" = clear ]
	[ "$(summary app)" = none ]
}

@test "optional: without TLS there is one, without a password" {
	serve_postgres --starttls-mode optional
	sql sslmode=disable
	[ "$output" = 42 ]
	[ "$(summary stage)" = clear ]
	[ "$(summary app)" = 0 ]
}

@test "optional: nobody is asked for a password in clear" {
	local method user cluster=$BATS_FILE_TMPDIR/cluster/data

	serve_postgres --starttls-mode optional
	sql sslmode=require "SET password_encryption = 'md5';
	    CREATE ROLE md LOGIN SUPERUSER PASSWORD 'secret';
	    SET password_encryption = 'scram-sha-256';
	    CREATE ROLE scram LOGIN PASSWORD 'secret'"
	for method in md5 scram-sha-256 password; do
		user=md
		[ "$method" != scram-sha-256 ] || user=scram
		printf 'host all md,scram all %s\nhost all all all trust\n' \
		    "$method" >"$cluster/pg_hba.conf"
		sql sslmode=require 'SELECT pg_reload_conf()'
		wait_for asks_for_password
		sql "sslmode=disable user=$user"
		[ "$status" = 2 ]
		[[ $output == *"no passwords without TLS"* ]]
		sql "sslmode=verify-full user=$user"
		[ "$output" = 42 ]
	done
	logged 'clear text: postgres: credentials before TLS refused'
}

asks_for_password() {
	sql 'sslmode=disable user=scram'
	[ "$status" != 0 ]
}

# ------------------------------------------------------------- direct TLS

names_it() {
	# AuthenticationOk
	starttls_talk alpn=postgresql tls raw=$STARTUP \
	    hears=520000000800000000 close
	[ "$(summary stage)" != clear ]
	[ "$(summary tls)" = TLSv1.3 ]
}

@test "TLS may begin at once, if the client names postgresql" {
	both_modes names_it
	# OpenSSL's client, and what was agreed on
	serve_postgres
	openssl s_client -connect "127.0.0.1:$PORT" -alpn postgresql \
	    -CAfile "$PKI/ca.pem" </dev/null >"$T/out" 2>&1 3>&-
	grep -qx 'ALPN protocol: postgresql' "$T/out"
}

names_another() {
	! s_client </dev/null || return 1
	[ "$(summary end)" = alert-sent:no_application_protocol ]
	! s_client -alpn http/1.1 </dev/null || return 1
	[ "$(summary -n 2 end)" = alert-sent:no_application_protocol ]
	# what only begins like it, and an older version
	! s_client -alpn postgresq,postgresqlx -tls1_2 </dev/null || return 1
	[ "$(summary -n 3 end)" = alert-sent:no_application_protocol ]
}

@test "who begins with TLS and names nothing, or another, is refused" {
	both_modes names_another
}

@test "behind a request ALPN is answered, and may be absent, not another" {
	serve_postgres
	starttls_talk raw=$SSL_REQUEST hears=53 alpn=postgresql tls \
	    raw=$STARTUP hears=520000000800000000 close
	starttls_talk raw=$GSS_REQUEST hears=4e raw=$SSL_REQUEST hears=53 tls \
	    raw=$STARTUP hears=520000000800000000 close
	starttls_talk raw=$SSL_REQUEST hears=53 alpn=http/1.1 refused
	[ "$(summary -n 3 end)" = alert-sent:no_application_protocol ]
}

# ------------------------------------------------------------- the attacks

behind() {
	starttls_talk raw=$SSL_REQUEST$STARTUP hears=45 close
	logged 'bytes behind the command'
	[ "$(summary stage)" = clear ]
	starttls_talk raw=${SSL_REQUEST}16 hears=45 close
}

@test "a startup behind the request is not heard inside TLS (CVE-2021-23214)" {
	both_modes behind
}

plain() {
	starttls_talk raw=$SSL_REQUEST hears=53 raw=$STARTUP close
	[ "$(summary stage)" = handshake ]
	[ "$(summary app)" = none ]
}

@test "a startup in clear behind the go-ahead is no TLS" {
	both_modes plain
}

cancels() {
	starttls_talk raw=0000001004d2162e0000000100000002 end
	[ "$(summary stage)" = clear ]
}

@test "a request to cancel gets no answer" {
	both_modes cancels
}
