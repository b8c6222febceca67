#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What timers start: ticket keys and staples made anew, within their sandbox.

load ../lib/common
load ../lib/system

setup_file() { rig_start; }
teardown_file() { rig_stop; }
setup() { rig_fresh; }

# elapses NAME - start its timer, and let it elapse at once
elapses() {
	drop_in "$1.timer" <<-'EOF'
	[Timer]
	OnActiveSec=0
	RandomizedDelaySec=0
	AccuracySec=1ms
	EOF
	rig systemctl start "$1.timer"
	wait_for ran "$1" || { journal; return 1; }
	rig systemctl stop "$1.timer"
}

# ran NAME - its service was started, and has ended well
ran() {
	local shown

	shown=$(rig systemctl show -p ExecMainExitTimestamp -p ActiveState \
	    -p Result "$1.service")
	[[ $shown == *Result=success* && $shown == *ActiveState=inactive* &&
	    $shown == *ExecMainExitTimestamp=?* ]]
}

@test "the timer of the ticket keys rotates them" {
	local made

	elapses tlsshim-ticket-keys
	run rig sh -c 'cd /etc/tlsshim && stat -c "%U:%G %a" ticket-keys &&
	    cat ticket-keys'
	[ "${lines[0]}" = 'root:tlsshim 640' ]
	made=${lines[1]}
	[ "${#made}" -eq 64 ]
	rig systemctl start tlsshim-ticket-keys.service
	run rig cat /etc/tlsshim/ticket-keys
	[ "${#lines[@]}" -eq 2 ]
	[ "${lines[1]}" = "$made" ]
}

@test "damaged ticket keys leave a failed unit that names the line" {
	rig sh -c 'echo damaged >/etc/tlsshim/ticket-keys'
	run rig systemctl start tlsshim-ticket-keys.service
	[ "$status" -ne 0 ]
	journal_has '^rotate-ticket-keys: /etc/tlsshim/ticket-keys: line 1: not 64'
	rig rm /etc/tlsshim/ticket-keys
	rig systemctl start tlsshim-ticket-keys.service
}

@test "the timer of the staples fetches one, by the network's account" {
	local port

	port=$(free_port)
	rig bash -es "$PKI" "$port" <<-'EOF'
	mkdir -m 750 /etc/tlsshim/certs/localhost
	cd /etc/tlsshim/certs/localhost
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
	    -keyout privkey.pem -out fullchain.pem -days 7 -subj /CN=localhost \
	    -CA "$1/ca.pem" -CAkey "$1/ca.key" -set_serial 0x1234 \
	    -addext basicConstraints=critical,CA:FALSE \
	    -addext "authorityInfoAccess=OCSP;URI:http://127.0.0.1:$2/" \
	    2>/dev/null
	cat "$1/ca.pem" >>fullchain.pem
	chgrp -R tlsshim .
	chmod 640 *.pem
	printf 'V\t301231235959Z\t\t1234\tunknown\t/CN=localhost\n' \
	    >/run/index
	systemd-run --quiet --unit responder openssl ocsp -port "$2" \
	    -index /run/index -CA "$1/ca.pem" -rsigner "$1/ca.pem" \
	    -rkey "$1/ca.key" -ndays 1
	EOF
	journal_has 'waiting for OCSP client connections'
	elapses tlsshim-ocsp
	run rig stat -c '%U:%G %a' \
	    /etc/tlsshim/certs/localhost/fullchain.pem.ocsp
	[ "$output" = 'root:root 644' ]
	run journal -o cat -u tlsshim-ocsp.service
	[[ $output != *fetch-ocsp:* ]]
	rig systemctl stop responder.service
	run rig systemctl start tlsshim-ocsp.service
	[ "$status" -ne 0 ]
	journal_has '^fetch-ocsp: /etc/tlsshim/certs/localhost/fullchain.pem: http:.* no answer'
}
