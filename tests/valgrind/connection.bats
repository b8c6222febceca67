#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Memory and descriptors of the two processes of a connection, as valgrind
# sees them.  The build without the jail: valgrind makes calls of its own.

load ../lib/common

setup() { fresh nojail; }
teardown() { leave_nothing; }

# served_by_valgrind [OPTION ...] -- APP... - each process has a report, $T/vg.*
served_by_valgrind() {
	local skip='*/cat,*/sh'

	mkdir -m 1777 "$T/reports"
	CLIENT_TIMEOUT=60 serve_program valgrind -q --track-fds=yes \
	    --leak-check=full --errors-for-leak-kinds=definite \
	    --trace-children=yes --trace-children-skip="$skip" \
	    --log-file="$T/reports/vg.%p" \
	    "$SHIM" "${AS[@]}" "${CERT[@]}" "$@"
}

# no_complaint - no report names an error or a leak
no_complaint() {
	! grep -hE -A 12 'Invalid|uninitialised|definitely lost|Syscall param|Mismatched' \
	    "$T"/reports/*
}

@test "a connection from handshake to close leaks nothing and reads nothing wrong" {
	served_by_valgrind -- cat
	[ "$(ask hello)" = hello ]
	[ "$(summary end)" = clean ]
	stop
	wait_for nothing_runs
	no_complaint
	ls "$T"/reports/vg.*
}
