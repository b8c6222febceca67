# SPDX-License-Identifier: ISC
# common.bash - the frame of the integration, attack and system tests.
#
#	load ../lib/common
#	setup() { fresh; }
#	teardown() { leave_nothing; }
#
#	@test "an application reads what the client sent" {
#		serve --cert "$PKI/p256.pem" --key "$PKI/p256.key" -- head -n 1
#		run ask hello
#		[ "$output" = hello ]
#		[ "$(summary end)" = clean ]
#	}
#
# Run by tests/run, which makes $STAGE: bin/ (the programs), pki/ (make-pki
# says what), tmp/.  A test has $T, a directory of its own that every account
# may enter, and $SHIM, the program under a name of its own, by which
# leave_nothing knows its processes.
# shellcheck shell=bash
# shellcheck disable=SC2154 # status, output and stderr are set by bats' run

bats_require_minimum_version 1.5.0
: "${STAGE:?is set by tests/run}"

PKI=$STAGE/pki
# shellcheck disable=SC2034 # for the tests
CERT=(--cert "$PKI/p256.pem" --key "$PKI/p256.key")
# as root the program asks whose account the application gets
AS=()
[ "$(id -u)" -ne 0 ] || AS=(--user tlsshim-app)

# fresh [VARIANT] - begin a test; VARIANT: nojail for that build
fresh() {
	T=$BATS_TEST_TMPDIR
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/ "$T"
	SHIM=$T/tlsshim
	LOG=$T/log
	ln -s "$STAGE/bin/tlsshim${1:+-$1}" "$SHIM"
	export SHIM_TEST_MARK=$T
	STARTER_PIDS=()
	: >"$LOG"
}

# need COMMAND... - skip where one of these is not installed
need() {
	local command

	for command; do
		command -v "$command" >/dev/null || skip "$command: not installed"
	done
}

need_root() {
	[ "$(id -u)" -eq 0 ] || skip "needs root"
}

# as_nobody COMMAND... - without any right of root
as_nobody() {
	if [ "$(id -u)" -eq 0 ]; then
		setpriv --reuid=nobody --regid=nogroup --clear-groups -- "$@"
	else
		"$@"
	fi
}

# wait_for [-t SECONDS] COMMAND... - until COMMAND succeeds; fails after 10 s
wait_for() {
	local limit=10 end

	[ "$1" != -t ] || { limit=$2; shift 2; }
	end=$((${EPOCHREALTIME/[.,]/} + limit * 1000000))
	until "$@"; do
		if [ "${EPOCHREALTIME/[.,]/}" -gt "$end" ]; then
			echo "not within $limit s: $*" >&2
			return 1
		fi
		sleep 0.02
	done
}

gone() {
	[ ! -d "/proc/$1" ]
}

# ------------------------------------------------------------ processes

# children PID - its children's pids, a line each
children() {
	tr ' ' '\n' <"/proc/$1/task/$1/children" 2>/dev/null | grep .
}

# our_processes - every process of this test: by the mark in its environment,
# or, where that may not be read, by a name below $T on its command line.
# Without $T that would be every process there is.  What looks for the mark
# does not bear it, nor do its neighbours in the pipe.
our_processes() (
	[[ ${T:-} == "$BATS_RUN_TMPDIR"/?* ]] || return 0
	export -n SHIM_TEST_MARK
	{
		grep -lszFx -e "SHIM_TEST_MARK=$T" /proc/[0-9]*/environ
		grep -lszF -e "$T/" /proc/[0-9]*/cmdline
	} | cut -d/ -f3 | sort -u
)

nothing_runs() {
	[ -z "$(our_processes)" ]
}

# leave_nothing [SECONDS] - the end of a test: stop what was started; fails if
# a process outlives it by so long (10), or a sanitizer complained
leave_nothing() {
	local pid left=0

	# a test that was skipped before fresh
	[ -n "${T:-}" ] || return 0
	stop
	if ! wait_for -t "${1:-10}" nothing_runs; then
		for pid in $(our_processes); do
			echo "left over: $pid: $(tr '\0' ' ' \
			    2>/dev/null <"/proc/$pid/cmdline")"
			kill -KILL "$pid" 2>/dev/null || :
		done
		left=1
	fi
	if grep -E 'ERROR: [A-Za-z]+Sanitizer|: runtime error: ' "$LOG"; then
		left=1
	fi
	if [ "$left" = 1 ] || [ -z "$BATS_TEST_COMPLETED" ]; then
		cat "$LOG"
	fi
	return "$left"
}

# ------------------------------------------------------------- starters

# listening_port PID - the TCP port this process listens on
listening_port() {
	local fd inodes=

	for fd in "/proc/$1/fd/"*; do
		fd=$(readlink "$fd") || continue
		case $fd in socket:*) inodes+=" ${fd//[^0-9]/}" ;; esac
	done
	cat /proc/net/tcp /proc/net/tcp6 2>/dev/null | awk -v inodes="$inodes" '
	BEGIN { split(inodes, list); for (i in list) ours[list[i]] }
	$4 == "0A" && $10 in ours { sub(/.*:/, "", $2); print $2; found = 1; exit }
	END { exit !found }' | { read -r hex && echo $((16#$hex)); }
}

# free_port - a port nobody listens on, no two alike in one run of tests/run
free_port() {
	(
		flock 9
		port=$(cat "$STAGE/tmp/last-port" 2>/dev/null ||
		    echo $((20000 + RANDOM % 10000)))
		while :; do
			port=$((20000 + (port - 20000 + 1) % 12000))
			printf -v hex ':%04X ' "$port"
			grep -Fq "$hex" /proc/net/tcp /proc/net/tcp6 || break
		done
		echo "$port" >"$STAGE/tmp/last-port"
		echo "$port"
	) 9>"$STAGE/tmp/port-lock"
}

# start COMMAND... - in the background, what it prints to $LOG: STARTER_PID
start() {
	"$@" </dev/null >>"$LOG" 2>&1 3>&- 4>&- &
	STARTER_PID=$!
	STARTER_PIDS+=("$STARTER_PID")
}

# start_server COMMAND... - start, and wait until it listens: PORT
start_server() {
	start "$@"
	wait_for listens_or_died "$STARTER_PID" || return 1
	PORT=$(listening_port "$STARTER_PID")
}

listens_or_died() {
	gone "$1" || listening_port "$1" >/dev/null
}

# stop - end what start started, and wait for it
stop() {
	local pid

	for pid in "${STARTER_PIDS[@]}"; do
		kill "$pid" 2>/dev/null || :
		wait "$pid" 2>/dev/null || :
	done
	STARTER_PIDS=()
}

# serve ARG... - the program with these arguments, behind a starter, on a free
# port: PORT, STARTER_PID, $LOG.  As root "${AS[@]}" comes first.
#	STARTER=activate (default: fd 3), activate-inetd, tcpserver, tcpsvd
#	ADDR=127.0.0.1 (default), ::1, ...
#	SERVE_ENV=(NAME=VALUE ...): environment of the program
serve() {
	serve_program "$SHIM" "${AS[@]}" "$@"
}

# serve_as_nobody ARG... - the same with p256's pair, without any right of root:
# where we have none ourselves that is what serve does
serve_as_nobody() {
	local -a nobody=()

	[ "$(id -u)" -ne 0 ] ||
	    nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups --)
	install -m 400 "$PKI/p256.key" "$T/nobody.key"
	[ "$(id -u)" -ne 0 ] || chown nobody "$T/nobody.key"
	serve_program "${nobody[@]}" "$SHIM" --cert "$PKI/p256.pem" \
	    --key "$T/nobody.key" "$@"
}

# serve_program COMMAND... - the same for any other program
serve_program() {
	local -a environment=("SHIM_TEST_MARK=$T" "${SERVE_ENV[@]}")
	local -a activate=(systemd-socket-activate --accept)
	local address=${ADDR:-127.0.0.1}

	activate+=("${environment[@]/#/--setenv=}")
	# systemd takes no port 0
	case $address in
	*:*) activate+=(--listen="[$address]:$(free_port)") ;;
	*) activate+=(--listen="$address:$(free_port)") ;;
	esac
	case ${STARTER:-activate} in
	activate)
		start_server "${activate[@]}" "$@"
		;;
	activate-inetd)
		start_server "${activate[@]}" --inetd "$@"
		;;
	tcpserver)
		start_server env "${environment[@]}" \
		    tcpserver -HRDl0 -c 400 -b 400 "$address" 0 "$@"
		;;
	tcpsvd)
		start_server env "${environment[@]}" \
		    tcpsvd -l0 -c 400 -b 400 "$address" 0 "$@"
		;;
	*)
		echo "serve: $STARTER: unknown starter" >&2
		return 1
		;;
	esac
}

# ---------------------------------------------------- the program itself

# shim [-RC] ARG... - run the program, expect status RC (0), show all on failure
shim() {
	local want=0

	case $1 in -[0-9]*)
		want=${1#-}
		shift
		;;
	esac
	run --separate-stderr timeout 20 "$SHIM" "$@" 3>&-
	printf '$ tlsshim %s\nstatus %s, wanted %s\n%s\n%s\n' "$*" \
	    "$status" "$want" "$output" "$stderr"
	[ "$status" -eq "$want" ]
}

# net_pid - the process that owns the connection (of the only one there is)
net_pid() {
	children "$STARTER_PID" | tail -n 1
}

# inner_pid - its child: the keeper, which becomes the application
inner_pid() {
	children "$(net_pid)" | tail -n 1
}

# is_program PID NAME - PID runs NAME now (a keeper that became `cat`)
is_program() {
	[ "$(cat "/proc/$1/comm" 2>/dev/null)" = "$2" ]
}

# -------------------------------------------------------------- clients

# s_client OPTION... - openssl s_client, verifying; quiet, ends with the server
s_client() {
	local address=${ADDR:-127.0.0.1}

	case $address in *:*) address="[$address]" ;; esac
	timeout "${CLIENT_TIMEOUT:-20}" openssl s_client -quiet -verify_quiet \
	    -connect "$address:$PORT" -CAfile "$PKI/ca.pem" \
	    -verify_return_error -verify_hostname localhost \
	    -servername localhost "$@" 2>>"$T/client.log" 3>&-
}

# ask TEXT [s_client option ...] - send a line, print all that comes back until
# the application ends the connection (s_client never does)
ask() {
	local text=$1

	shift
	printf '%s\n' "$text" | s_client "$@"
}

# ------------------------------------------------------------- the log

summaries() {
	grep -aE '^(<[0-9]>)?tlsshim: id=[^ ]* .*end=' "$LOG"
}

has_summaries() {
	[ "$(summaries | wc -l)" -ge "$1" ]
}

# summary [-n N] [KEY] - the N-th (first) connection's summary line, or the
# value of KEY in it; waits for it
summary() {
	local number=1 line

	[ "${1:-}" != -n ] || { number=$2; shift 2; }
	wait_for has_summaries "$number" || return 1
	line=$(summaries | sed -n "${number}p")
	if [ $# -eq 0 ]; then
		printf '%s\n' "$line"
	else
		tr ' ' '\n' <<<"$line" | sed -n "s/^$1=//p"
	fi
}

# logged REGEX - a line of the log is like that; waits for it
logged() {
	wait_for grep -aEq -- "$1" "$LOG"
}
