# SPDX-License-Identifier: ISC
# stall.bash - connections that stay where they are, to be looked at.
#
#	load ../lib/common
#	load ../lib/stall
#	teardown() { let_go; leave_nothing; }
#
#	stall unfinished 1.2	# there is a client now: stalling-client
#	grep Seccomp "/proc/$NET/status"
# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # for the tests; set by common.bash

# stall WHERE [VERSION] - one client of the server that serve started, which
# stops WHERE (stalling-client says where): NET and INNER are the pids
stall() {
	local line=

	coproc STALLED {
		exec "$SHIM_TREE/tests/lib/stalling-client" "$PORT" \
		    "$PKI/ca.pem" "${2:-1.3}" "$1" 2>>"$T/client.log" 3>&-
	}
	if ! read -r -t 20 line <&"${STALLED[0]}" || [ "$line" != there ]; then
		cat "$T/client.log"
		return 1
	fi
	wait_for has_inner
	NET=$(net_pid)
	INNER=$(inner_pid)
}

has_inner() {
	[ -n "$(net_pid)" ] && [ -n "$(inner_pid)" ]
}

# serving NAME - the keeper has become the application NAME
serving() {
	wait_for is_program "$INNER" "$1"
}

# let_go - the client leaves
let_go() {
	local pid=${STALLED_PID:-}

	[ -n "$pid" ] || return 0
	eval "exec ${STALLED[1]}>&-"
	wait "$pid" || :
}
