#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# How instances end, what they count as, and what they leave in the journal.

# shellcheck disable=SC2016 # what the program's shell expands

load ../lib/common
load ../lib/system

setup_file() { rig_start; }
teardown_file() { rig_stop; }
setup() { rig_fresh; }

teardown() {
	rig rm -f /etc/tlsshim/test.cdb
}

# rules LINE... - /etc/tlsshim/test.cdb, by the stock tcprules
rules() {
	printf '%s\n' "$@" >"$T/rules"
	rig tcprules /etc/tlsshim/test.cdb /etc/tlsshim/test.tmp <"$T/rules"
}

@test "the journal has the connection's facts as fields" {
	application /bin/echo served
	[ "$(rig_ask '' -tls1_3)" = served ]
	[ "$(field TLSSHIM_END)" = clean ]
	[ "$(field TLSSHIM_STAGE)" = "done" ]
	[ "$(field TLSSHIM_TLS)" = TLSv1.3 ]
	[ "$(field TLSSHIM_SNI)" = localhost ]
	[ "$(field TLSSHIM_APP)" = 0 ]
	[ "$(field TLSSHIM_OUT)" = 7 ]
	[ "$(field TLSSHIM_LOCAL)" = 127.0.0.1:443 ]
	[[ $(field TLSSHIM_PEER) =~ ^127\.0\.0\.1:[0-9]+$ ]]
	[[ $(field TLSSHIM_ID) =~ ^[0-9a-f]{16}$ ]]
}

@test "a summary in the journal is one JSON object that says of which unit" {
	application /bin/echo served
	rig_ask ''
	field TLSSHIM_END
	journal -o json >"$T/journal"
	python3 - "$T/journal" <<-'EOF'
	import json, sys
	entries = [json.loads(line) for line in open(sys.argv[1])]
	[summary] = [e for e in entries if "TLSSHIM_END" in e]
	assert summary["SYSLOG_IDENTIFIER"] in ("tlsshim", "tls-app"), summary
	assert summary["_SYSTEMD_UNIT"].startswith("tls-app@"), summary
	assert summary["PRIORITY"] == "5", summary
	assert "end=clean" in summary["MESSAGE"], summary
	assert "peer=" + summary["TLSSHIM_PEER"] in summary["MESSAGE"], summary
	EOF
}

@test "what the program says on standard error is in the journal" {
	application /bin/sh -c '"echo complaint >&2"'
	rig_ask ''
	journal_has '^complaint$'
	[ "$(fields _SYSTEMD_UNIT | grep -c '^tls-app@')" -gt 0 ]
}

@test "a peer denied by rule gets no byte, and no unit has failed" {
	rules '127.0.0.1:deny' ':allow'
	application --rules /etc/tlsshim/test.cdb /bin/echo served
	[ "$(raw_bytes </dev/null)" = 0 ]
	[ "$(field TLSSHIM_END)" = denied ]
	nothing_remains tls-app
	run journal -o cat
	[[ $output != *'Failed with result'* ]]
}

@test "a broken rules file denies everybody, and says so" {
	rules ':allow'
	rig truncate -s 100 /etc/tlsshim/test.cdb
	application --rules /etc/tlsshim/test.cdb /bin/echo served
	[ "$(raw_bytes </dev/null)" = 0 ]
	journal_has 'exited, .*status=111'
	journal_has test.cdb
}

@test "a failed handshake is no failed unit" {
	application /bin/echo served
	run ! rig_ask '' -tls1_1 -cipher DEFAULT@SECLEVEL=0
	[ "$(field TLSSHIM_STAGE)" = handshake ]
	nothing_remains tls-app
	run journal -o cat
	[[ $output != *'Failed with result'* ]]
}

@test "a missing certificate: status 100, and the peer gets no byte" {
	application --cert /etc/tlsshim/none.pem /bin/echo served
	[ "$(raw_bytes </dev/null)" = 0 ]
	journal_has 'none.pem.*No such file'
	journal_has 'exited, .*status=100'
	nothing_remains tls-app
}

@test "the unit's status is the program's" {
	application /bin/sh -c '"exit 7"'
	rig_ask ''
	journal_has 'exited, .*status=7'
	[ "$(field TLSSHIM_APP)" = 7 ]
}

@test "a program that SIGPIPE or SIGTERM ended is no failed unit" {
	local signal

	for signal in PIPE TERM; do
		application /bin/sh -c "\"kill -$signal \$\$\$\$\""
		rig_ask ''
		nothing_remains tls-app
	done
	wait_for two_summaries
	[ "$(fields TLSSHIM_APP | tr '\n' ' ')" = "signal:13 signal:15 " ]
	run journal -o cat
	[[ $output != *'Failed with result'* ]]
}

two_summaries() {
	[ "$(fields TLSSHIM_END | wc -l)" -eq 2 ]
}

@test "a connection is one unit with two processes, and none after it" {
	application /bin/cat
	exec 7> >(rig_client -no_ign_eof >"$T/out")
	echo hello >&7
	wait_for grep -q hello "$T/out"
	[ "$(instances tls-app | wc -l)" -eq 1 ]
	# the network process, and the keeper, which has become the program
	[ "$(processes tls-app | wc -l)" -eq 2 ]
	exec 7>&-
	nothing_remains tls-app
	[ "$(field TLSSHIM_END)" = clean ]
}

@test "systemctl stop ends a connection as it should end" {
	local pid

	application /bin/cat
	mkfifo "$T/in"
	rig_client <"$T/in" >"$T/out" &
	pid=$!
	exec 7>"$T/in"
	echo hello >&7
	wait_for grep -q hello "$T/out"
	rig systemctl stop 'tls-app@*.service'
	# the client got close_notify: openssl would complain of its absence
	wait "$pid"
	exec 7>&-
	run ! grep -i 'unexpected eof' "$T/client.log"
	nothing_remains tls-app
	run journal -o cat
	[[ $output != *SIGKILL* ]]
}

@test "failed handshakes do not count against one address" {
	application /usr/bin/head -n 1
	drop_in tls-app.socket <<-'EOF'
	[Socket]
	MaxConnectionsPerSource=2
	EOF
	rig systemctl restart tls-app.socket
	for _ in 1 2 3 4 5; do
		raw_bytes <<<'no TLS'
		nothing_remains tls-app
	done
	[ "$(rig_ask hello)" = hello ]
}

@test "an address gets no more connections than it may" {
	application /bin/sed -u 2q
	drop_in tls-app.socket <<-'EOF'
	[Socket]
	MaxConnectionsPerSource=2
	EOF
	rig systemctl restart tls-app.socket
	exec 7> >(rig_client -no_ign_eof >"$T/first")
	exec 8> >(rig_client -no_ign_eof >"$T/second")
	echo first >&7
	echo second >&8
	wait_for grep -q first "$T/first"
	wait_for grep -q second "$T/second"
	run ! rig_ask third
	exec 7>&- 8>&-
	nothing_remains tls-app
	[ "$(rig_ask $'fourth\nlast')" = $'fourth\nlast' ]
}

@test "300 connections at a run do not stop the socket" {
	application /usr/bin/head -n 1
	net perl - "$PORT" <<-'EOF'
	use IO::Socket::INET;
	IO::Socket::INET->new("127.0.0.1:$ARGV[0]") or die $! for 1 .. 300;
	EOF
	wait_for -t 60 no_instances tls-app
	[ "$(rig systemctl is-active tls-app.socket)" = active ]
	[ "$(rig_ask hello)" = hello ]
}

@test "the connection as descriptor 3 is served like one on 0 and 1" {
	application /bin/echo served
	drop_in tls-app@.service <<-'EOF'
	[Service]
	StandardInput=null
	StandardOutput=journal
	EOF
	[ "$(rig_ask '')" = served ]
	[ "$(field TLSSHIM_END)" = clean ]
}

@test "IPv6: the program and the journal have the address" {
	application /bin/sh -c '"echo $$PROTO $$TCP6REMOTEIP $$TCPREMOTEIP"'
	[ "$(ADDR=::1 rig_ask '')" = "TCP6 ::1 ::1" ]
	[[ $(field TLSSHIM_PEER) =~ ^\[::1\]:[0-9]+$ ]]
}

@test "IPv4 through the same socket is IPv4" {
	application /bin/sh -c '"echo $$PROTO $$TCPREMOTEIP"'
	[ "$(rig_ask '')" = "TCP 127.0.0.1" ]
}

@test "a local socket is served" {
	application /bin/sh -c '"echo $$PROTO"'
	drop_in tls-app.socket <<-'EOF'
	[Socket]
	ListenStream=
	ListenStream=/run/tls-app.sock
	NoDelay=no
	EOF
	rig systemctl restart tls-app.socket
	run --separate-stderr rig openssl s_client -quiet -verify_quiet \
	    -CAfile "$PKI/ca.pem" -verify_return_error \
	    -unix /run/tls-app.sock </dev/null
	[ "$output" = UNIX ]
}
