#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# --banner: what the peer hears first.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

@test "the banner comes first, as it is, and then what the program says" {
	local option

	printf '220 ready\r\n220 program\nhello\n' >"$T/wanted"
	for option in -B --banner; do
		serve "${CERT[@]}" "$option" $'220 ready\r\n' -- \
		    sh -c 'echo 220 program; read -r line; echo "$line"'
		ask hello >"$T/heard"
		cmp "$T/wanted" "$T/heard"
		stop
	done
	[ "$(summary out)" = "$(wc -c <"$T/wanted")" ]
}

@test "the banner does not wait for the program" {
	mkfifo -m 666 "$T/go"
	serve "${CERT[@]}" -B 'first ' -- sh -c "read -r line <'$T/go'; echo last"
	start listen_to_it
	wait_for grep -q '^first ' "$T/heard"
	run ! grep last "$T/heard"
	echo >"$T/go"
	wait_for grep -q '^first last$' "$T/heard"
}

listen_to_it() {
	ask '' >"$T/heard"
}

@test "a peer that a rule denies hears no banner" {
	need tcprules
	tcprules "$T/rules.cdb" "$T/rules.tmp" <<<'127.:deny'
	chmod 644 "$T/rules.cdb"
	serve "${CERT[@]}" -B 'first ' -x "$T/rules.cdb" -- cat
	run socat -u "TCP:127.0.0.1:$PORT" STDOUT
	[ -z "$output" ]
	[ "$(summary end)" = denied ]
}

@test "nothing of the banner is said in clear" {
	serve "${CERT[@]}" -B 'first-word' -- cat
	run sh -c 'echo garbage | timeout 10 socat - "TCP:127.0.0.1:$1" |
	    grep -a first-word' - "$PORT"
	[ "$status" -ne 0 ]
	exits_with 98
}

@test "a program that cannot be started still ends the connection" {
	serve "${CERT[@]}" -B $'first\n' -- /nonexistent/program
	[ "$(ask '')" = first ]
	[ "$(summary app)" = none ]
}

@test "with STARTTLS and when it is too long the banner is refused" {
	local protocol

	for protocol in ucspi tlswrapper smtp imap ldap; do
		shim -100 "${CERT[@]}" --starttls "$protocol" -B x true
		[[ $stderr == *"--banner: x: with --starttls $protocol "* ]]
	done
	shim -100 "${CERT[@]}" -B "$(printf '%04097d' 0)" true
	[[ $stderr == *'--banner: longer than 4096 bytes'* ]]
}

@test "a banner of 4096 bytes is said" {
	serve "${CERT[@]}" -B "$(printf '%04096d' 0)" -- true
	[ "$(ask '' | wc -c)" -eq 4096 ]
}
