#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# Who reads the key, and who the program is, under systemd.

load ../lib/common
load ../lib/system

setup_file() { rig_start; }
teardown_file() { rig_stop; }
setup() { rig_fresh; }

teardown() {
	rig sh -c 'chown root:tlsshim /etc/tlsshim/key.pem
	    chmod 640 /etc/tlsshim/key.pem'
}

@test "account tlsshim reads the key, the program cannot" {
	[ "$(rig stat -c '%U %G %a' /etc/tlsshim/key.pem)" = "root tlsshim 640" ]
	application /bin/cat /etc/tlsshim/cert.pem /etc/tlsshim/key.pem
	run rig_ask ''
	[[ $output == *'END CERTIFICATE'* ]]
	[[ $output != *'PRIVATE KEY'* ]]
	journal_has 'key.pem: Permission denied'
}

@test "a key of group ssl-cert can be read" {
	rig sh -c 'chgrp ssl-cert /etc/tlsshim/key.pem
	    id -nG tlsshim | grep -w ssl-cert'
	application /bin/echo served
	[ "$(rig_ask '')" = served ]
}

@test "a key that is root's alone cannot be read, and the peer gets no byte" {
	rig chmod 600 /etc/tlsshim/key.pem
	application /bin/echo served
	[ "$(raw_bytes </dev/null)" = 0 ]
	journal_has 'key.pem.*Permission denied'
	journal_has 'exited, .*status=100'
	nothing_remains tls-app
}

@test "LoadCredential hands over a key that is root's alone" {
	rig chmod 600 /etc/tlsshim/key.pem
	application /bin/echo served
	drop_in tls-app@.service "$SHIM_TREE/units/examples/credentials.conf"
	[ "$(rig_ask '')" = served ]
	nothing_remains tls-app
}

@test "the program hears nothing of the credentials and cannot enter them" {
	application /bin/sh -c '"env; ls /run/credentials/*"'
	drop_in tls-app@.service "$SHIM_TREE/units/examples/credentials.conf"
	run rig_ask ''
	[[ $output == *SSL_PROTOCOL=* ]]
	[[ $output != *CREDENTIALS_DIRECTORY* ]]
	[[ $output != *KEYFILE* ]]
	[[ $output != *key.pem* ]]
}

@test "the program has its account's uid, gid and groups, and no capability" {
	application /bin/cat /proc/self/status
	run rig_ask ''
	local uid
	uid=$(rig id -u www-data)
	[[ $output == *$'Uid:\t'"$uid	$uid	$uid	$uid"* ]]
	[[ $output == *$'Gid:\t'"$uid	$uid	$uid	$uid"* ]]
	[[ $output == *$'Groups:\t'"$uid "* ]]
	[[ $output == *$'CapEff:\t0000000000000000'* ]]
	[[ $output == *$'CapPrm:\t0000000000000000'* ]]
}

@test "the program has descriptors 0, 1 and 2 only" {
	application /bin/sh -c '"exec ls /proc/self/fd"'
	# 3 is the directory that ls reads
	[ "$(rig_ask '' | tr '\n' ' ')" = "0 1 2 3 " ]
}

@test "a setuid program works behind smtps as shipped" {
	rig install -o ann -m 4755 /usr/bin/id /usr/local/bin/setuid-id
	drop_in smtps@.service <<-'EOF'
	[Service]
	ExecStart=
	ExecStart=tlsshim --user smtps /usr/local/bin/setuid-id -un
	EOF
	serve_unit smtps 465
	[ "$(rig_ask '')" = ann ]
}

@test "DynamicUser: one account that systemd made, and no root" {
	rig chmod 600 /etc/tlsshim/key.pem
	application ignored
	drop_in tls-app@.service "$SHIM_TREE/units/examples/dynamic-user.conf"
	drop_in tls-app@.service <<-'EOF'
	[Service]
	ExecStart=
	ExecStart=tlsshim /usr/bin/id -u
	EOF
	run rig_ask ''
	# the range of systemd-nspawn(1)'s table of uids
	[ "$output" -ge 61184 ]
	[ "$output" -le 65519 ]
	nothing_remains tls-app
}

@test "the network process is account tlsshim-net in an empty directory" {
	application /bin/cat
	exec 7> >(rig_client -no_ign_eof >"$T/out")
	echo hello >&7
	wait_for grep -q hello "$T/out"
	run rig bash -es <<-'EOF'
	for status in /proc/[0-9]*/status; do
		dir=${status%/status}
		if [ "$(awk '/^Uid:/ { print $2 }' "$status")" = \
		    "$(id -u tlsshim-net)" ]; then
			grep -E '^(NoNewPrivs|Seccomp|Groups|CapEff):' "$status"
			echo "files: $(ls -A "$dir/root/")"
		fi
	done
	EOF
	exec 7>&-
	[ "${lines[0]}" = $'Groups:\t ' ]
	[ "${lines[1]}" = $'CapEff:\t0000000000000000' ]
	[ "${lines[2]}" = $'NoNewPrivs:\t1' ]
	[ "${lines[3]}" = $'Seccomp:\t2' ]
	[ "${lines[4]}" = 'files: ' ]
	[ "${#lines[@]}" -eq 5 ]
}
