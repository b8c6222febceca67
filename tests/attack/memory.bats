#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Claim: the private key is never in the process that talks to the network,
# nor in the application.
#
# find-secret looks for pieces of the key's secret numbers in all memory of a
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
