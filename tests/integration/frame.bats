#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The frame itself (tests/lib/common.bash): that it finds what it is for.

load ../lib/common

setup() { fresh; }
teardown() { leave_nothing; }

# a server without TLS: connect, send a line, print one
plain_ask() {
	local answer

	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	echo "$1" >&5
	read -r answer <&5
	exec 5>&-
	echo "$answer"
}

has_child() {
	[ -n "$(children "$1")" ]
}

@test "every starter hands a connection over" {
	STARTER=activate serve_program sh -c 'head -n 1 <&3 >&3'
	[ "$(plain_ask one)" = one ]
	for STARTER in activate-inetd tcpserver tcpsvd; do
		serve_program head -n 1
		[ "$(plain_ask two)" = two ]
	done
}

@test "no two free ports are alike" {
	[ "$(free_port)" != "$(free_port)" ]
}

@test "what outlives its starter is found and ended" {
	local pid

	STARTER=tcpserver serve_program sleep 987
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	wait_for has_child "$STARTER_PID"
	pid=$(children "$STARTER_PID")
	run leave_nothing 1
	exec 5>&-
	[ "$status" -eq 1 ]
	[[ $output == *"left over: $pid: sleep 987"* ]]
	wait_for gone "$pid"
}

@test "what a sanitizer says is found" {
	echo '==1==ERROR: AddressSanitizer: heap-use-after-free' >"$LOG"
	run leave_nothing
	[ "$status" -eq 1 ]
	: >"$LOG"
}

@test "before there is a directory no process is ours" {
	run leave_nothing
	[ "$status" -eq 0 ]
	T=
	run our_processes
	[ -z "$output" ]
	run leave_nothing
	[ "$status" -eq 0 ]
}
