#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# The units as shipped, with the programs of Debian they are made for.

load ../lib/common
load ../lib/system

setup_file() { rig_start; }
teardown_file() { rig_stop; }
setup() { rig_fresh; }

@test "systemd reads every unit without a word" {
	run rig sh -c 'cd /usr/local/lib/systemd/system &&
	    systemd-analyze verify --man=no ./*.* 2>&1'
	[ "$status" -eq 0 ]
	[ -z "$output" ]
}

@test "the accounts are made, and files' account is in ssl-cert" {
	run rig systemd-sysusers
	[ -z "$output" ]
	[ "$(rig id -nG tlsshim)" = "tlsshim ssl-cert" ]
	[ "$(rig id -nG tlsshim-net)" = tlsshim-net ]
	[ "$(rig id -nG smtps)" = smtps ]
	[ "$(rig getent passwd tlsshim-net | cut -d: -f7)" = /usr/sbin/nologin ]
}

@test "smtps takes mail for whom it shall, as its own account" {
	serve_unit smtps 465
	dialog <<-'EOF'
	< ^220
	> EHLO client.example.org
	< ^250[^-]
	> MAIL FROM:<bob@example.org>
	< ^250
	> RCPT TO:<eve@example.com>
	< ^5
	> RCPT TO:<ann@example.org>
	< ^250
	> DATA
	< ^354
	> Subject: by smtps
	>
	> to be delivered
	> .
	< ^250
	> QUIT
	< ^221
	EOF
	run rig sh -c 'cd /var/spool/smtps/new && stat -c "%U %G %a" * && cat *'
	[ "${lines[0]}" = "smtps smtps 600" ]
	[[ $output == *'to be delivered'* ]]
	nothing_remains smtps
}

@test "pop3s gives an account its mail, and nobody without the password" {
	serve_unit pop3s 995
	dialog <<-'EOF'
	< ^\+OK
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
	nothing_remains pop3s
}

@test "imaps gives an account its mail, and nobody without the password" {
	serve_unit imaps 993
	dialog <<-'EOF'
	< ^\* OK
	> a LOGIN ann wrong
	< ^a NO
	> b LOGIN ann secret
	< ^b OK
	> c SELECT INBOX
	< ^c OK
	> d FETCH 1 BODY[TEXT]
	< ^by ann alone
	< ^d OK
	> e LOGOUT
	< ^e OK
	EOF
	nothing_remains imaps
}

@test "the pattern for other services serves a page" {
	rig install -D -m 644 /dev/stdin /var/www/html/index.html <<<'a page'
	rig cp "$SHIM_TREE/units/examples/tls-app.socket" \
	    "$SHIM_TREE/units/examples/tls-app@.service" /run/systemd/system/
	rig systemctl daemon-reload
	serve_unit tls-app 443
	run rig_ask $'GET /index.html HTTP/1.0\r\n\r'
	[[ ${lines[0]} == 'HTTP/1.0 200 '* ]]
	[ "${lines[-1]}" = 'a page' ]
}

@test "a client that does not speak TLS leaves no failed unit" {
	serve_unit smtps 465
	head -c 65536 /dev/urandom | raw_bytes
	[ "$(printf 'GET / HTTP/1.0\r\n\r\n' | raw_bytes)" -lt 16 ]
	nothing_remains smtps
	run journal -o cat
	[[ $output != *'Failed with result'* ]]
}
