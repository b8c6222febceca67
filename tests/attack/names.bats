#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# tlsshim-names, which hears the peer's name servers: what it may do, and what
# comes of it when it is taken over.

load ../lib/common
load ../lib/talk
load ../lib/names

setup() {
	fresh
	ADDR=127.0.5.1
}
teardown() { leave_nothing; }

# with_helper SCRIPT [option ...] - serve by a copy of the program beside which
# tlsshim-names is this script
with_helper() {
	local script=$1

	shift
	[ "${#STARTER_PIDS[@]}" -eq 0 ] || stop
	: >"$LOG"
	mkdir -p "$T/own"
	cp "$STAGE/bin/tlsshim" "$T/own/"
	printf '#!/bin/sh\n%s\n' "$script" >"$T/own/tlsshim-names"
	chmod 755 "$T/own/tlsshim-names"
	mkdir -p "$T/out"
	chmod 777 "$T/out"
	serve_program "$T/own/tlsshim" "${AS[@]}" "${CERT[@]}" "$@" -- \
	    sh -c 'read -r line; exec env'
}

# told - what the program was told: TOLD
told() {
	TOLD=$(ask '' -bind 127.0.5.9:0)
	grep '^TCP' <<<"$TOLD"
	grep -q '^TCPREMOTEIP=127.0.5.9$' <<<"$TOLD"
}

# told_no_name - it was, and there were no names
told_no_name() {
	told
	run ! grep -E '^TCP6?(REMOTE|LOCAL)(HOST|INFO)=' <<<"$TOLD"
}

# real_helper - serve with -h, connect, and find the tlsshim-names that waits
# for a name server: HELPER
real_helper() {
	mute_dns_server
	SERVE_ENV=("DNSCACHEIP=$DNSCACHEIP" SECRET=of-the-starter)
	serve "${CERT[@]}" -h -- true
	start socat -u "TCP:127.0.5.1:$PORT" STDOUT
	STARTER_PID=${STARTER_PIDS[-2]}
	wait_for helper_waits
}

helper_waits() {
	HELPER=$(children "$(inner_pid)")
	[ -n "$HELPER" ] && is_program "$HELPER" tlsshim-names &&
	    [ -s "$T/queries" ]
}

@test "tlsshim-names has the network's account, no capability and no way to more" {
	need_root
	real_helper
	[ "$(ps -o uid=,gid= -p "$HELPER" | xargs)" = \
	    "$(id -u tlsshim-net) $(id -g tlsshim-net)" ]
	run grep -E '^(Uid|Groups|NoNewPrivs|Seccomp|Cap[IPEA][a-z]*):' \
	    "/proc/$HELPER/status"
	echo "$output"
	[ "$(grep -c $'^Cap.*\t0000000000000000$' <<<"$output")" -eq 4 ]
	[[ $output == *$'NoNewPrivs:\t1'* ]]
	[[ $output == *$'Seccomp:\t2'* ]]
	[ "$(grep '^Groups:' <<<"$output" | xargs)" = Groups: ]
	[ "$(grep '^Uid:' <<<"$output" | cut -f2- | xargs -n1 | sort -u)" = \
	    "$(id -u tlsshim-net)" ]
	# not dumpable: others of its account may not look into it
	run ! setpriv --reuid=tlsshim-net --regid=tlsshim-net --clear-groups \
	    ls "/proc/$HELPER/fd"
}

@test "tlsshim-names has no descriptor and no variable of ours" {
	need_root
	local fd what

	real_helper
	for fd in "/proc/$HELPER/fd/"*; do
		what=$(readlink "$fd")
		echo "${fd##*/} $what"
		case ${fd##*/} in
		0 | 2) [ "$what" = /dev/null ] ;;
		1) [[ $what == pipe:* ]] ;;
		*)
			# to the name server, by its own making
			[[ $what == socket:* ]]
			grep -q " ${what//[^0-9]/} " /proc/net/udp
			;;
		esac
	done
	[ "$(tr '\0' '\n' <"/proc/$HELPER/environ")" = "DNSCACHEIP=$DNSCACHEIP" ]
}

@test "tlsshim-names can neither open a file nor signal nor start anybody" {
	need_root
	[ "$(uname -m)" = x86_64 ] || skip "its numbers of calls"
	local number

	# the process that is turned back waits in poll, which it may go on with
	real_helper
	run -0 "$STAGE/bin/make-call" "$HELPER" 7
	[ "$output" = back ]
	stop
	wait_for gone "$HELPER"
	# open openat openat2 kill tkill tgkill ptrace fork vfork clone clone3
	# execve setuid unlink mprotect accept pidfd_send_signal
	for number in 2 257 437 62 200 234 101 57 58 56 435 59 105 87 10 43 424
	do
		echo "call $number"
		rm "$T/queries"
		real_helper
		run -0 "$STAGE/bin/make-call" "$HELPER" "$number"
		[ "$output" = 31 ]
		stop
	done
}

@test "without an option that asks for names nothing is started" {
	with_helper "echo started >'$T/out/started'; echo end"
	told_no_name
	[ ! -e "$T/out/started" ]
	with_helper "echo started >'$T/out/started'; echo end" -H -P -R
	told_no_name
	[ ! -e "$T/out/started" ]
	with_helper "echo started >'$T/out/started'; echo end" -h
	told_no_name
	[ -e "$T/out/started" ]
}

@test "what takes its place has the same rights, and none of ours" {
	need_root
	with_helper "{ id -u; id -G; grep NoNewPrivs /proc/self/status
	    ls /proc/self/fd | xargs; readlink /proc/\$\$/fd/0 /proc/\$\$/fd/2
	    env | grep -v ^PWD=; } >'$T/out/told'; echo end" -h
	told_no_name
	cat "$T/out/told"
	[ "$(xargs <"$T/out/told")" = "$(id -u tlsshim-net) \
$(id -g tlsshim-net) NoNewPrivs: 1 0 1 2 3 /dev/null /dev/null" ]
}

@test "a tlsshim-names that hangs costs its time and nothing else" {
	local script

	for script in 'exec sleep 1000' 'exec sleep 1000 >/dev/null' \
	    'trap "" TERM ALRM; echo host=a.example; exec sleep 1000'; do
		with_helper "$script" -r -t 1
		SECONDS=0
		told_no_name
		[ "$SECONDS" -le 5 ]
		run ! pgrep -f 'sleep 1000'
		logged 'names: tlsshim-names: .*: this peer has none'
	done
}

@test "a tlsshim-names that crashes is a peer without names" {
	local script

	for script in 'kill -SEGV $$' 'echo host=a.example; kill -KILL $$' \
	    'exit 0' 'exit 3' 'echo host=a.example; exit 1'; do
		echo "$script"
		with_helper "$script" -h
		told_no_name
		logged 'names: tlsshim-names: .*: this peer has none'
	done
}

@test "a tlsshim-names that lies tells no name that could not be one" {
	local lie

	tcprules "$T/rules.cdb" "$T/rules.tmp" <<-'END'
		=:allow,R="name"
		:allow,R="default"
	END
	chmod 644 "$T/rules.cdb"
	while read -r lie; do
		echo "$lie"
		with_helper "printf '$lie'" -h -x "$T/rules.cdb"
		told_no_name
		grep -q '^R=default$' <<<"$TOLD"
		logged 'names: tlsshim-names: .*: this peer has none'
	done <<-'END'
		host=a b\nconfirmed=yes\nend\n
		host=A.example\nconfirmed=yes\nend\n
		host=a\001.example\nconfirmed=yes\nend\n
		host=a=b\nconfirmed=yes\nend\n
		host=127.0.5.9\nconfirmed=yes\nend\n
		host=..\nconfirmed=yes\nend\n
		host=a.example\nconfirmed=yes\nend\nend\n
		host=a.example\nhost=b.example\nconfirmed=yes\nend\n
		host=a.example\nconfirmed=yes\nend\nhost=b.example\nend\n
		host=a.example\nconfirmed=yes
		confirmed=yes\nend\n
		info=a\000b\nend\n
		LD_PRELOAD=evil.so\nhost=a.example\nend\n
	END
}

@test "a tlsshim-names that says too much is a peer without names" {
	with_helper 'yes host=a.example' -h
	told_no_name
	logged 'names: tlsshim-names: more than an answer: this peer has none'
	with_helper 'echo "info=$(printf "%0513d" 0)"; echo end' -r
	told_no_name
}

@test "trouble that it tells of is escaped in the log" {
	with_helper "printf 'trouble=\033[2Jid=0 end=clean\nend\n'; exit 111" -h
	run ask '' -bind 127.0.5.9:0
	logged 'names: tlsshim-names: \\x1b\[2Jid'
	run ! grep -a "$(printf '\033')" "$LOG"
}
