#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Claim: what is said before TLS begins is not heard inside it, and no
# password is heard before it.
#
# lib/starttls-attack makes each attack on every protocol in both modes, with
# root's separation and without; what an application was given lib/recorder
# remembers.

load ../lib/common

# where every account may read it, whatever the rights of the checkout
setup() {
	fresh
	mkdir -m 755 "$T/lib"
	cp "$SHIM_TREE/tests/lib/"{recorder,starttls-attack,starttls_*.py} \
	    "$SHIM_TREE/shim/starttls.def" "$T/lib"
	chmod -R a+rX "$T/lib"
}

teardown() { leave_nothing; }

# attack NAME - of each protocol, in each mode, as root and as nobody
attack() {
	make_attack as-we-are env "$1" "${AS[@]}" "${CERT[@]}"
	[ "$(id -u)" -eq 0 ] || return 0
	install -o nobody -m 400 "$PKI/p256.key" "$T/nobody.key"
	make_attack as-nobody as_nobody "$1" --cert "$PKI/p256.pem" \
	    --key "$T/nobody.key"
}

# make_attack DIRECTORY BY NAME OPTION... - by this command
make_attack() {
	mkdir -m 1777 "$T/$1"
	run "$2" timeout 250 "$T/lib/starttls-attack" "$3" "$T/$1" \
	    "$T/lib/starttls.def" "$PKI/ca.pem" "$SHIM" "${@:4}" 3>&-
	printf '%s\n' "$output"
	[ "$status" -eq 0 ]
}

# ------------------------------------------------------- around the command

@test "bytes behind the command, in its segment, are refused, and heard by nobody" {
	attack behind_in_segment
}

@test "bytes behind the command that come before the answer are refused, and heard by nobody" {
	attack behind_before_answer
}

@test "TLS that begins in the command's segment is refused" {
	attack hello_in_segment
}

@test "clear text behind the go-ahead is an alert, and heard by nobody" {
	attack text_after_go_ahead
}

@test "nothing behind the go-ahead is the handshake's timeout" {
	attack nothing_after_go_ahead
}

@test "inside TLS there is no command" {
	attack inside_again
}

@test "the command with a parameter is a fault, without it the command" {
	attack with_parameter
}

@test "the command may be in small letters, and have blanks behind it" {
	attack any_case
}

# ------------------------------------------------------------------ its lines

@test "the command may be cut at any byte" {
	attack split_anywhere
}

@test "a conversation may come byte by byte" {
	attack byte_by_byte
}

@test "a line of 1 MiB is refused before its end, and heard by nobody" {
	attack too_long
}

@test "a line that never ends ends the connection" {
	attack never_ends
}

@test "a command with NUL, a bare LF or a bare CR is a fault, and heard by nobody" {
	attack dirty_lines
}

@test "a command that stands in another's line does not begin TLS" {
	attack two_in_one
}

# ------------------------------------------------- what was before, and is not

@test "the application inside TLS is another process, and heard nothing before" {
	attack state_kept
}

@test "an application that does not want to end is ended before TLS, with its child" {
	attack stays_behind
}

@test "an application that leaves its process group is ended before TLS" {
	attack goes_elsewhere
}

@test "what an application leaves behind is ended before TLS" {
	attack child_left_behind
}

@test "inside TLS every byte passes as it is, both ways" {
	attack changed_inside
}

# ------------------------------------------------------------- in clear text

@test "credentials in clear are refused, logged, and heard by nobody" {
	attack credentials_in_clear
}

@test "an application that asks for a password in clear does not get it" {
	attack password_asked_for
}

@test "a command in a message or a literal does not begin TLS" {
	attack command_in_data
}

@test "a connection that never came to TLS is one of the clear phase in the log" {
	attack stripped
}

# -------------------------------------------------------------------- limits

@test "who is to ask for TLS may say 100 things, and 64 KiB" {
	attack too_many
}

@test "who talks with an application may say as much as he likes" {
	attack as_many_as_it_likes
}

@test "who is to ask for TLS has a handshake's time, whatever he says" {
	attack slow
}

@test "who talks with an application and falls silent is left" {
	attack idle
}

@test "who says nothing, or half a command, is left" {
	attack silent
}

@test "SIGTERM ends a connection in clear, and its application" {
	attack told_to_end
}

@test "a connection that breaks in the command ends its application, which has not heard it" {
	attack cut_off
}

@test "every attack is in a test" {
	local name

	sed -n '/^@attack/{n;s/^def \([a-z_]*\).*/\1/p}' \
	    "$SHIM_TREE/tests/lib/starttls-attack" >"$T/attacks"
	[ "$(wc -l <"$T/attacks")" -gt 20 ]
	while read -r name; do
		echo "$name"
		grep -qx "	attack $name" "$BATS_TEST_FILENAME"
	done <"$T/attacks"
}
