#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Claim: neither the private key nor a master key of session tickets is ever
# in the process that talks to the network, nor in the application.
#
# find-secret looks for pieces of a key's secret numbers in all memory of a
# process.  That it finds what is there, the first test shows.

load ../lib/common
load ../lib/stall

KINDS=(rsa p256 p384 ed25519)
VERSIONS=(1.2 1.3)

setup() {
	need_root # to read another process's memory
	fresh
}

teardown() {
	let_go
	leave_nothing
}

# secret KIND PID... - status 1: some of the key is there, and where
secret() {
	"$STAGE/bin/find-secret" "$PKI/$1.key" "${@:2}"
}

has_secret() {
	run -1 secret "$@"
}

has_no_secret() {
	echo "key $*"
	secret "$@"
}

serve_kind() {
	serve --cert "$PKI/$1.pem" --key "$PKI/$1.key" "${@:2}" -- cat
}

# each_kind_stops WHERE LOOK... - for each key, version and stop: LOOK KIND
each_kind_stops() {
	local kind version

	for kind in "${KINDS[@]}"; do
		for version in "${VERSIONS[@]}"; do
			serve_kind "$kind"
			stall "$1" "$version"
			echo "TLS $version"
			"${@:2}" "$kind"
			let_go
			stop
		done
	done
}

in_keeper_not_in_net() {
	wait_for has_secret "$1" "$INNER"
	has_no_secret "$1" "$NET"
}

neither_in_keeper_nor_net() {
	[ "$(readlink "/proc/$INNER/exe")" = "$(readlink "/proc/$NET/exe")" ]
	has_no_secret "$1" "$INNER" "$NET"
}

neither_in_application_nor_net() {
	serving cat
	has_no_secret "$1" "$INNER" "$NET"
}

@test "before the handshake the key is in the keeper, not in the network process" {
	each_kind_stops connect in_keeper_not_in_net
}

@test "after half a ClientHello the key is in the keeper, not in the network process" {
	each_kind_stops half in_keeper_not_in_net
}

@test "when the signature is given the key is in no process any more" {
	each_kind_stops unfinished neither_in_keeper_nor_net
}

@test "when the connection is idle the key is in no process any more" {
	each_kind_stops idle neither_in_application_nor_net
}

@test "a key in the same file as the certificate is in no process any more" {
	serve --cert "$PKI/both.pem" --export tcp,tls,certs -- cat
	stall unfinished
	neither_in_keeper_nor_net p256
	let_go
	stall idle
	neither_in_application_nor_net p256
}

@test "a key that is in the chain's file as well is in no process any more" {
	serve "${CERT[@]}" --chain "$PKI/both.pem" -- cat
	stall unfinished
	neither_in_keeper_nor_net p256
}

@test "a key among systemd's credentials is in no process any more" {
	local kind

	mkdir -m 700 "$T/credentials"
	SERVE_ENV=("CREDENTIALS_DIRECTORY=$T/credentials")
	for kind in "${KINDS[@]}"; do
		install -m 400 "$PKI/$kind.key" "$T/credentials/key"
		serve --cert "$PKI/$kind.pem" --key "$T/credentials/key" -- cat
		stall connect
		in_keeper_not_in_net "$kind"
		let_go
		stop
		serve --cert "$PKI/$kind.pem" --key "$T/credentials/key" -- cat
		stall unfinished
		neither_in_keeper_nor_net "$kind"
		let_go
		stop
		serve --cert "$PKI/$kind.pem" --key "$T/credentials/key" -- cat
		stall idle
		neither_in_application_nor_net "$kind"
		run ! grep -z CREDENTIALS_DIRECTORY "/proc/$INNER/environ"
		let_go
		stop
	done
}

# ------------------------------------------------------------- encrypted keys

PASSWORD='it was the best of times, it was the worst of times'

# has_password PID..., has_no_password PID...
has_password() {
	run -1 "$STAGE/bin/find-secret" -t "$PASSWORD" "$@"
}

has_no_password() {
	"$STAGE/bin/find-secret" -t "$PASSWORD" "$@"
}

# serve_encrypted KIND - the key is $T/key, its password's file descriptor 4
serve_encrypted() {
	chgrp --reference="$PKI/$1.key" "$T/key"
	chmod 640 "$T/key"
	serve_program sh -c 'exec "$@" 4<"$0"' "$T/password" "$SHIM" \
	    "${AS[@]}" --cert "$PKI/$1.pem" --key "$T/key" \
	    --key-password-fd 4 -- cat
}

# stays_nowhere KIND - of the encrypted $T/key: neither it nor its password
stays_nowhere() {
	serve_encrypted "$1"
	stall connect
	in_keeper_not_in_net "$1"
	has_no_password "$NET" "$INNER"
	let_go
	stop
	serve_encrypted "$1"
	stall unfinished
	neither_in_keeper_nor_net "$1"
	has_no_password "$NET" "$INNER"
	let_go
	stop
	serve_encrypted "$1"
	stall idle
	neither_in_application_nor_net "$1"
	has_no_password "$NET" "$INNER"
	let_go
	stop
}

@test "a key that was encrypted, and its password, are in no process any more" {
	local kind

	printf '%s\n' "$PASSWORD" >"$T/password"
	# it is found where it is: in this shell
	has_password "$$"
	for kind in "${KINDS[@]}"; do
		openssl pkcs8 -topk8 -in "$PKI/$kind.key" \
		    -passout "pass:$PASSWORD" -out "$T/key"
		stays_nowhere "$kind"
	done
	openssl pkcs8 -topk8 -in "$PKI/rsa.key" -scrypt \
	    -passout "pass:$PASSWORD" -out "$T/key"
	stays_nowhere rsa
	openssl rsa -in "$PKI/rsa.key" -aes256 -traditional \
	    -passout "pass:$PASSWORD" -out "$T/key"
	stays_nowhere rsa
	openssl ec -in "$PKI/p256.key" -des3 -passout "pass:$PASSWORD" \
	    -out "$T/key"
	stays_nowhere p256
}

# -------------------------------------------------------------- several pairs

serve_all_kinds() {
	local kind
	local -a pairs=()

	for kind in "${KINDS[@]}"; do
		pairs+=(--cert "$PKI/$kind.pem" --key "$PKI/$kind.key")
	done
	serve "${pairs[@]}" -- cat
}

@test "of several keys only the chosen one is read, and it is in no process any more" {
	local where kind

	for where in connect half unfinished idle; do
		serve_all_kinds
		stall "$where"
		[ "$where" != idle ] || serving cat
		for kind in "${KINDS[@]}"; do
			has_no_secret "$kind" "$NET" "$INNER"
		done
		let_go
		stop
	done
}

@test "keys in the files of several certificates are in no process any more" {
	cat "$PKI/rsa.pem" "$PKI/rsa.key" >"$T/rsa.pem"
	chgrp --reference="$PKI/rsa.key" "$T/rsa.pem"
	chmod 640 "$T/rsa.pem"
	for where in unfinished idle; do
		serve --cert "$PKI/both.pem" --cert "$T/rsa.pem" -- cat
		stall "$where"
		[ "$where" != idle ] || serving cat
		has_no_secret p256 "$NET" "$INNER"
		has_no_secret rsa "$NET" "$INNER"
		let_go
		stop
	done
}

# ------------------------------------------------------------------- tickets

# serve_tickets - with two master keys, which find-secret knows as "tickets"
serve_tickets() {
	local keys=$PKI/tickets.key

	{ openssl rand -hex 32; openssl rand -hex 32; } >"$keys"
	chmod 640 "$keys"
	! getent group tlsshim >/dev/null || chgrp tlsshim "$keys"
	serve_kind p256 --ticket-keys "$keys"
}

@test "a master key of tickets is in the keeper until the handshake is over, and in nobody else" {
	local version

	for version in "${VERSIONS[@]}"; do
		echo "TLS $version"
		serve_tickets
		stall connect "$version"
		in_keeper_not_in_net tickets
		let_go
		stop
		serve_tickets
		stall unfinished "$version"
		in_keeper_not_in_net tickets
		neither_in_keeper_nor_net p256
		let_go
		stop
		serve_tickets
		stall idle "$version"
		neither_in_application_nor_net tickets
		let_go
		stop
	done
}

@test "where sessions can be resumed the private key is read for the signature only" {
	local version

	for version in "${VERSIONS[@]}"; do
		echo "TLS $version"
		serve_tickets
		stall half "$version"
		neither_in_keeper_nor_net p256
		let_go
		stop
		serve_tickets
		stall unfinished "$version"
		neither_in_keeper_nor_net p256
		let_go
		stop
	done
}
