#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The examples of units that begin in clear text.

load ../lib/common
load ../lib/system

setup_file() {
	rig_start
	rig bash -e <<-'EOF'
	install -g smtps -m 640 /dev/null /etc/tlsshim/submission.passwd
	printf '%s:%s:1:1:::\n' ann "$(openssl passwd -6 secret)" \
	    >>/etc/tlsshim/submission.passwd
	EOF
}
teardown_file() { rig_stop; }
setup() { rig_fresh; }

# in_clear - what comes when standard input is sent without TLS
in_clear() {
	net timeout 20 socat -t 10 - "TCP:127.0.0.1:$PORT" | tr -d '\r'
}

# the password of ann, as AUTH PLAIN has it
PLAIN=$(printf '\0ann\0secret' | base64)

@test "systemd reads the examples without a word" {
	rig sh -c "cp '$SHIM_TREE'/units/examples/*.socket \
	    '$SHIM_TREE'/units/examples/*.service /run/systemd/system/"
	run rig sh -c 'systemd-analyze verify --man=no \
	    /run/systemd/system/*@.service /run/systemd/system/*.socket 2>&1'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "the examples expose no more than 5.5, and hardened no more than 2.5" {
	local unit

	rig sh -c "cp '$SHIM_TREE'/units/examples/*.service \
	    /run/systemd/system/"
	rig systemctl daemon-reload
	for unit in submission pop3; do
		rig systemd-analyze security --no-pager --threshold=55 \
		    "$unit@.service"
		drop_in "$unit@.service" \
		    "$SHIM_TREE/units/examples/harden.conf"
		rig systemd-analyze security --no-pager --threshold=25 \
		    "$unit@.service"
	done
}

@test "submission takes mail under TLS of who logs in, and of nobody else" {
	serve_example submission 587
	dialog -starttls smtp <<-EOF
	> EHLO client.example.org
	< AUTH
	> MAIL FROM:<ann@example.org>
	< ^530
	> AUTH PLAIN $PLAIN
	< ^235
	> MAIL FROM:<ann@example.org>
	< ^250
	> RCPT TO:<bob@example.com>
	< ^250
	> DATA
	< ^354
	> Subject: by submission
	>
	> to be sent on
	> .
	< ^250
	> QUIT
	< ^221
	EOF
	run rig sh -c 'cd /var/spool/smtps/new && stat -c "%U %G %a" * && cat *'
	[ "${lines[0]}" = "smtps smtps 600" ]
	[[ $output == *'to be sent on'* ]]
	nothing_remains submission
	[ "$(field TLSSHIM_STAGE)" = "done" ]
	[ "$(field TLSSHIM_APP)" = 0 ]
}

@test "submission takes neither password nor mail in clear, and is a stage" {
	serve_example submission 587
	run in_clear <<-EOF
	EHLO client.example.org
	AUTH PLAIN $PLAIN
	MAIL FROM:<ann@example.org>
	QUIT
	EOF
	[[ $output == *STARTTLS* ]]
	[[ $output != *AUTH* ]]
	[[ $output != *235* ]]
	[[ $output == *$'\n530 '* ]]
	nothing_remains submission
	[ "$(field TLSSHIM_STAGE)" = clear ]
	[ "$(field TLSSHIM_END)" = clean ]
	[ "$(field TLSSHIM_APP)" = 0 ]
}

# guide TEXT - the command of docs/starttls.md that has TEXT in it
guide() {
	awk -v text="$1" '/^    / { if (on || index($0, text)) print
		on = (on || index($0, text)) && /\|$/ }' \
	    "$SHIM_TREE/docs/starttls.md"
}

@test "the guide's commands count who never asks for TLS" {
	serve_example submission 587
	in_clear <<<QUIT
	dialog -starttls smtp <<-'EOF'
	> QUIT
	< ^221
	EOF
	nothing_remains submission
	field TLSSHIM_STAGE
	[ "$(rig sh -c "$(guide 'STAGE=clear | wc')")" -ge 1 ]
	[ "$(rig sh -c "$(guide 'STAGE=done | wc')")" -ge 1 ]
	run rig sh -c "$(guide '-o export')"
	[[ $output =~ ^\ +[1-9][0-9]*\ 127\.0\.0\.1$ ]]
}

# pop3_gives_mail - to ann, by her password, under TLS
pop3_gives_mail() {
	dialog -starttls pop3 <<-'EOF'
	> USER ann
	< ^\+OK
	> PASS wrong
	< ^-ERR
	> USER ann
	< ^\+OK
	> PASS secret
	< ^\+OK
	> RETR 1
	< ^by ann alone
	< ^\.
	> QUIT
	< ^\+OK
	EOF
	nothing_remains pop3
	[ "$(field TLSSHIM_STAGE)" = "done" ]
}

@test "pop3 gives an account its mail under TLS" {
	serve_example pop3 110
	pop3_gives_mail
}

@test "pop3 starts no program before TLS, and takes no password" {
	serve_example pop3 110
	run in_clear <<<$'USER ann\nPASS secret\nQUIT'
	[[ $output != *'+OK'*'+OK'*'+OK'* ]]
	[[ $output == *-ERR* ]]
	nothing_remains pop3
	[ "$(field TLSSHIM_STAGE)" = clear ]
	[ "$(field TLSSHIM_APP)" = none ]
}

@test "pop3 that is optional gives the same, by a fresh program" {
	serve_example pop3 110
	drop_in pop3@.service <<-'EOF'
	[Service]
	Environment=STARTTLS_MODE=optional
	EOF
	pop3_gives_mail
}

# takes_tls - of a program that in clear ends neither at end of file nor by
# SIGTERM: what it answers under TLS
takes_tls() {
	rig install -m 755 /dev/stdin /usr/local/bin/stubborn <<-'EOF'
	#!/bin/sh
	trap '' TERM
	echo '+OK ready'
	read -r line
	echo "+OK $SSL_PROTOCOL"
	[ -n "$SSL_PROTOCOL" ] || sleep 600
	EOF
	application --starttls pop3 --starttls-mode optional "$@" \
	    /usr/local/bin/stubborn
	rig_ask NOOP -starttls pop3 -tls1_3 -crlf
}

@test "with the examples' rights a stubborn first program is ended" {
	run takes_tls
	[ "$output" = '+OK TLSv1.3' ]
	[ "$(field TLSSHIM_STAGE)" = "done" ]
}

@test "without CAP_KILL there is no TLS, rather than two programs" {
	drop_in tls-app@.service <<-'EOF'
	[Service]
	CapabilityBoundingSet=
	CapabilityBoundingSet=CAP_SETUID CAP_SETGID CAP_SYS_CHROOT
	EOF
	run takes_tls --close-timeout 4
	[[ $output != *TLSv1* ]]
	[ "$(field TLSSHIM_STAGE)" = clear ]
	[ "$(field TLSSHIM_END)" = error ]
}
