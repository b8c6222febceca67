#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What systemd takes away: as shipped, and with examples/harden.conf.

load ../lib/common
load ../lib/system

setup_file() { rig_start; }
teardown_file() { rig_stop; }
setup() { rig_fresh; }

# harden UNIT... - with both drop-ins people may add
harden() {
	local unit

	for unit; do
		drop_in "$unit@.service" "$SHIM_TREE/units/examples/harden.conf"
		drop_in "$unit@.service" \
		    "$SHIM_TREE/units/examples/credentials.conf"
	done
}

# exposed UNIT MOST - its exposure is at most MOST tenths
exposed() {
	rig systemd-analyze security --no-pager --threshold="$2" \
	    "$1@.service" >"$T/security" || {
		tail -n 1 "$T/security"
		return 1
	}
}

@test "as shipped no unit exposes more than 5.5" {
	local unit

	for unit in smtps imaps pop3s; do
		exposed "$unit" 55
	done
	application ignored
	exposed tls-app 55
}

@test "hardened no unit exposes more than 2.5" {
	local unit

	application ignored
	harden smtps imaps pop3s tls-app
	for unit in smtps imaps pop3s tls-app; do
		exposed "$unit" 25
	done
}

@test "a hardened smtps takes mail" {
	harden smtps
	serve_unit smtps 465
	dialog <<-'EOF'
	< ^220
	> HELO client.example.org
	< ^250
	> MAIL FROM:<bob@example.org>
	< ^250
	> RCPT TO:<ann@example.org>
	< ^250
	> DATA
	< ^354
	> hardened
	> .
	< ^250
	> QUIT
	< ^221
	EOF
	nothing_remains smtps
}

@test "a hardened pop3s gives an account its mail" {
	harden pop3s
	serve_unit pop3s 995
	dialog <<-'EOF'
	< ^\+OK
	> USER ann
	< ^\+OK
	> PASS secret
	< ^\+OK
	> RETR 1
	< ^by ann alone
	> QUIT
	< ^\+OK
	EOF
}

@test "a hardened imaps gives an account its mail" {
	harden imaps
	serve_unit imaps 993
	dialog <<-'EOF'
	< ^\* OK
	> a LOGIN ann secret
	< ^a OK
	> b SELECT INBOX
	< ^b OK
	> c FETCH 1 BODY[TEXT]
	< ^by ann alone
	> d LOGOUT
	< ^d OK
	EOF
}

@test "PrivateUsers= ends the connection, and the journal says how to mend it" {
	application /bin/echo served
	drop_in tls-app@.service <<-'EOF'
	[Service]
	PrivateUsers=yes
	EOF
	[ "$(raw_bytes </dev/null)" = 0 ]
	journal_has PrivateUsers=
	journal_has 'exited, .*status=111'
}

@test "without CAP_SETUID the connection ends, and the journal says why" {
	application /bin/echo served
	drop_in tls-app@.service <<-'EOF'
	[Service]
	CapabilityBoundingSet=
	CapabilityBoundingSet=CAP_SYS_CHROOT
	EOF
	[ "$(raw_bytes </dev/null)" = 0 ]
	journal_has CapabilityBoundingSet=
}
