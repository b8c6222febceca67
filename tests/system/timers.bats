#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What timers start: ticket keys made anew, within their sandbox.

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
