#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Memory and descriptors of the processes of a connection, as valgrind sees
# them.  The build without the jail: valgrind makes calls of its own.

load ../lib/common

setup() { fresh nojail; }
teardown() { leave_nothing; }

# served_by_valgrind [OPTION ...] -- APP... - a report of each process, in
# $T/reports; the keeper's ends where it becomes the application
served_by_valgrind() {
	mkdir -m 1777 "$T/reports"
	serve_program valgrind --vgdb=no --track-fds=yes --leak-check=full \
	    --errors-for-leak-kinds=definite --log-file="$T/reports/%p" \
	    "$SHIM" "${AS[@]}" "$@"
}

# reports_are_clean COUNT - so many processes ended, none with an error or a
# leak, or with a descriptor besides its pairs (the reports are valgrind's)
reports_are_clean() {
	stop
	wait_for nothing_runs
	cat "$T"/reports/*
	[ "$(cat "$T"/reports/* | grep -c 'ERROR SUMMARY: ')" -eq "$1" ]
	! grep -h 'ERROR SUMMARY: [^0]' "$T"/reports/* || return 1
	! grep -hE 'Invalid (read|write|free)|uninitialised' "$T"/reports/* || return 1
	! grep -h '== Open ' "$T"/reports/* | grep -v 'AF_UNIX socket\|/reports/'
}

@test "a connection from handshake to close leaks nothing and reads nothing wrong" {
	served_by_valgrind "${CERT[@]}" -- head -n 1
	[ "$(CLIENT_TIMEOUT=60 ask hello)" = hello ]
	[ "$(summary end)" = clean ]
	reports_are_clean 1
}

@test "a refused handshake leaks nothing and reads nothing wrong" {
	served_by_valgrind "${CERT[@]}" -- head -n 1
	CLIENT_TIMEOUT=60 run ask hello -tls1_1 \
	    -cipher DEFAULT@SECLEVEL=0
	[ "$(summary stage)" = handshake ]
	reports_are_clean 2
}
