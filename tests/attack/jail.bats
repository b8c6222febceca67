#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Claim: code that an attacker runs in NET can relay, and nothing else.
#
# jail-probe enters the jail that NET enters, then tries.  What is allowed is
# read from seccomp.def; what the kernel says of the process, from outside.
# strace makes a call of the jail fail, or say that it succeeded where it did
# nothing.

load ../lib/common

setup() {
	need_root
	fresh
	PROBE=$T/jail-probe
	ln -s "$STAGE/bin/jail-probe" "$PROBE"
}

teardown() {
	# by its number: it ends when its fd 0 does
	[ -z "${HOLD[1]:-}" ] || eval "exec ${HOLD[1]}>&-"
	leave_nothing
}

killed=159 # 128 + SIGSYS
nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups)

# hold [COMMAND ...] - keep a process in the jail: HELD is its pid
hold() {
	local line

	[ $# -gt 0 ] || set -- "$PROBE"
	coproc HOLD { exec "$@" hold 2>"$T/err" 3>&-; }
	HELD=$HOLD_PID
	if ! read -r -t 10 line <&"${HOLD[0]}" || [ "$line" != in ]; then
		cat "$T/err"
		return 1
	fi
}

# fact NAME - what /proc/PID/status says of the held process
fact() {
	sed -n "s/^$1:[[:space:]]*//p" "/proc/$HELD/status" | tr '\t' ' '
}

# open_fds - its descriptors
open_fds() {
	find "/proc/$HELD/fd" -type l -printf '%f\n' | sort -n | xargs
}

# limit_of NAME - its soft and hard limit
limit_of() {
	sed -n "s/^$1  *\([^ ]*\)  *\([^ ]*\) .*/\1 \2/p" "/proc/$HELD/limits"
}

# numbers - lines "name ..." to "number name ...", without the calls that this
# architecture does not have
numbers() {
	local name rest number

	sed 's/^\([^ ]*\)\(.*\)/>__NR_\1 "\1\2"/' |
	    cat <(echo '#include <sys/syscall.h>') - | cc -E -P - |
	    sed -n 's/^>\([^_]*\) "\(.*\)"$/\1:\2/p' |
	    while IFS=: read -r number rest; do
		    echo "$((number)) $rest"
	    done
}

number() {
	echo "$1" | numbers | cut -d' ' -f1
}

# dies NAME [ARGUMENT ...] - the call, made in the jail, is death
dies() {
	local nr

	nr=$(number "$1")
	run -"$killed" "$PROBE" call "$nr" "${@:2}"
}

# succeed_falsely VALUE CALL TEXT COMMAND... - run COMMAND; the first CALL that
# strace shows with TEXT in it is not made, and returns VALUE
succeed_falsely() {
	local value=$1 call=$2 text=$3 nth

	shift 3
	strace -o "$T/trace" -e trace="$call" "$@" </dev/null >/dev/null
	nth=$(grep -nFm1 -- "$text" "$T/trace" | cut -d: -f1)
	run strace -o "$T/trace" -e trace="$call" \
	    -e inject="$call:retval=$value:when=$nth" "$@" </dev/null
}

# still_there RIGHT - the jail has noticed, and ended the process
still_there() {
	echo "status $status: $output"
	[ "$status" -eq 111 ]
	[[ $output == *"jail: $1: given up, but still there"* ]]
}

# fail CALL ERROR COMMAND... - run COMMAND; every CALL of it fails
fail() {
	run strace -o /dev/null -e trace="$1" -e inject="$1:error=$2" \
	    "${@:3}" </dev/null
}

refused() {
	echo "status $status: $output"
	[ "$status" -eq 111 ]
	[[ $output == *"$1"* ]]
}

# ------------------------------------------------------------ the filter

@test "every call that seccomp.def does not allow is death" {
	# The kernel answers uretprobe and uprobe (335, 336) before any filter,
	# with an error or SIGILL where no probe was set.
	"$PROBE" sweep 0 1023 | grep -vx '33[56]' >"$T/alive"
	sed -n 's/^CALL(\([a-z0-9_]*\)).*/\1/p' "$SHIM_TREE/shim/seccomp.def" |
	    numbers | cut -d' ' -f1 | sort -n >"$T/allowed"
	[ "$(wc -l <"$T/allowed")" -gt 10 ]
	diff "$T/allowed" "$T/alive"
}

@test "every row of seccomp.def is allowed with the arguments it asks for" {
	"$PROBE" rows | numbers >"$T/rows"
	[ "$(wc -l <"$T/rows")" -gt 10 ]
	while read -r nr name arguments; do
		echo "$name $arguments"
		# shellcheck disable=SC2086 # six words
		run "$PROBE" call "$nr" $arguments
		case $name in
		exit_group) [ "$status" -eq 255 ] ;;
		*sigreturn) [ "$status" -eq 139 ] ;;
		*) [ "$output" = back ] ;;
		esac
	done <"$T/rows"
}

@test "memory is private, and never executable" {
	local none=0 write=3 exec=5 all=7 private=0x22 shared=0x21 file=2

	dies mmap 0 4096 "$exec" "$private" -1 0
	dies mmap 0 4096 "$all" "$private" -1 0
	dies mmap 0 4096 "$write" "$shared" -1 0
	dies mmap 0 4096 "$write" "$file" 3 0
	dies mmap 0 4096 "$write" 0x23 -1 0
	dies mprotect 0 0 "$none"
	dies pkey_mprotect 0 0 "$none" 0
	dies memfd_create 0 0
	dies shmget 0 4096 0
	run -0 "$PROBE" call "$(number mmap)" 0 4096 "$write" "$private" -1 0
}

@test "what is sent goes to the connected end, no address can be named" {
	# the log may be a datagram socket, and abstract names need no directory
	dies sendto 3 0 0 0 1 0
	dies sendmsg 3 0 0
	dies sendmmsg 3 0 0 0
	run -0 "$PROBE" call "$(number sendto)" 3 0 0 0 0 0
}

@test "of futex and madvise there is one operation each" {
	local op

	# WAIT, CMP_REQUEUE_PI, shared WAKE; DONTNEED, MERGEABLE
	for op in 0 128 12 140 1; do
		dies futex 0 "$op" 0 0 0 0
	done
	for op in 4 12; do
		dies madvise 0 0 "$op"
	done
}

@test "libc can do in there what libcrypto asks of it" {
	local zone

	for zone in '' UTC0 :/etc/localtime Europe/Vienna; do
		TZ=$zone run -0 "$PROBE" libc
		[ "$output" = back ]
	done
	run -0 env -u TZ "$PROBE" libc
	[ "$output" = back ]
}

@test "calls of the i386 and x32 kinds are death" {
	[ "$(uname -m)" = x86_64 ] || skip "x86-64 has them"
	# getpid of each; 39 is allowed in the native kind
	run -0 "$PROBE" call 39
	run -"$killed" "$PROBE" call 0x40000027
	run -"$killed" "$PROBE" old 20
	run -"$killed" "$PROBE" old 39
}

# --------------------------------------------------- the process, from outside

@test "a jailed process has the given uid and gid and no group" {
	hold setpriv --groups 4,24 "$PROBE"
	[ "$(fact Uid)" = "64000 64000 64000 64000" ]
	[ "$(fact Gid)" = "64001 64001 64001 64001" ]
	[ -z "$(fact Groups)" ]
}

@test "a jailed process has no capability, whatever the securebits" {
	hold setpriv --securebits +no_setuid_fixup --inh-caps +net_raw \
	    --ambient-caps +net_raw "$PROBE"
	for set in CapInh CapPrm CapEff CapAmb; do
		echo "$set $(fact "$set")"
		[ "$(fact "$set")" = 0000000000000000 ]
	done
}

@test "a jailed process is filtered, gets no new privileges, is not dumpable" {
	hold "${nobody[@]}" "$PROBE" -n
	[ "$(fact Seccomp)" = 2 ]
	[ "$(fact NoNewPrivs)" = 1 ]
	# what belongs to root although the process does not: proc(5)
	[ "$(fact Uid | cut -d' ' -f1)" -ne 0 ]
	[ "$(stat -c %u "/proc/$HELD/mem")" -eq 0 ]
}

@test "the root directory is empty, removed, and cannot be filled" {
	local root

	hold
	root=$(readlink "/proc/$HELD/root")
	[[ $root == */tlsshim.??????' (deleted)' ]]
	[ ! -e "${root% (deleted)}" ]
	[ "$(readlink "/proc/$HELD/cwd")" = "$root" ]
	[ -z "$(ls -A "/proc/$HELD/root/")" ]
	run ! touch "/proc/$HELD/root/file"
}

@test "the root directory can be given" {
	mkdir "$T/empty"
	hold "$PROBE" -d "$T/empty"
	[ "$(readlink "/proc/$HELD/root")" = "$T/empty" ]
	[ "$(readlink "/proc/$HELD/cwd")" = "$T/empty" ]
}

@test "only the descriptors that were announced stay open" {
	exec 7</dev/null 9</dev/null
	hold
	exec 7<&- 9<&-
	[ "$(open_fds)" = "0 1 2 3" ]
}

@test "processes, cores, descriptors and memory are limited" {
	hold
	cat "/proc/$HELD/limits"
	[ "$(limit_of 'Max processes')" = "0 0" ]
	[ "$(limit_of 'Max core file size')" = "0 0" ]
	[ "$(limit_of 'Max open files')" = "4 4" ]
	[ "$(limit_of 'Max address space')" = "67108864 67108864" ]
	# a line for a log that is a file must not be SIGXFSZ
	[ "$(limit_of 'Max file size')" != "0 0" ]
}

@test "a lower limit of the starter stays" {
	ulimit -v 60000
	hold
	[ "$(limit_of 'Max address space')" = "61440000 61440000" ]
}

@test "memory that is used up is an error, not a death" {
	run -0 "$PROBE" memory
	echo "$output MiB"
	[ "$output" -gt 32 ]
	[ "$output" -lt 64 ]
}

@test "Landlock is entered before the filter" {
	strace -o "$T/trace" "$PROBE" hold </dev/null 2>"$T/err"
	grep -q 'landlock: not in this kernel' "$T/err" ||
	    sed '/PR_SET_SECCOMP/q' "$T/trace" |
	    grep -q '^landlock_restrict_self(.* = 0$'
}

# -------------------------------------------------------------- the proofs

@test "a drop that only says that it succeeded ends the process" {
	succeed_falsely 0 setresuid '(64000' "$PROBE" hold
	still_there 'uid of the starter'
	succeed_falsely 0 setresgid '(64001' "$PROBE" hold
	still_there 'gid of the starter'
	succeed_falsely 0 setgroups '(0, NULL)' \
	    setpriv --groups 4,24 "$PROBE" hold
	still_there 'supplementary groups'
	succeed_falsely 0 capset 'effective=0, permitted=0, inheritable=0' \
	    setpriv --securebits +no_setuid_fixup "$PROBE" hold
	still_there capabilities
	succeed_falsely 0 chroot '(".")' "$PROBE" hold
	still_there 'old root directory'
	succeed_falsely 0 prctl PR_SET_NO_NEW_PRIVS "$PROBE" hold
	still_there 'new privileges by execve'
	succeed_falsely 0 prctl PR_SET_DUMPABLE "${nobody[@]}" "$PROBE" -n hold
	still_there 'being dumpable'
	succeed_falsely 0 landlock_restrict_self = "$PROBE" hold
	still_there 'reading /'
	succeed_falsely 0 prlimit64 'RLIMIT_NPROC, {' "$PROBE" hold
	still_there 'making processes'
	succeed_falsely 0 prlimit64 'RLIMIT_NOFILE, {' "$PROBE" hold
	still_there 'making sockets'
}

@test "a right that can be used after all ends the process" {
	succeed_falsely 0 setresuid '(0, 0, 0)' "$PROBE" hold
	still_there 'uid 0'
	succeed_falsely 0 setresgid '(0, 0, 0)' "$PROBE" hold
	still_there 'gid 0'
	succeed_falsely 0 setgroups EPERM "$PROBE" hold
	still_there setgroups
	succeed_falsely 7 openat '"/", O_RDONLY|O_CLOEXEC|O_DIRECTORY) = -1 EMF' \
	    "$PROBE" hold
	still_there 'opening directories'
	succeed_falsely 7 openat '".", O_RDONLY|O_CLOEXEC|O_DIRECTORY) = -1 EMF' \
	    "$PROBE" hold
	still_there 'opening directories'
	succeed_falsely 7 socket EMFILE "$PROBE" hold
	still_there 'making sockets'
	succeed_falsely 7 clone EAGAIN "$PROBE" hold
	still_there 'making processes'
}

@test "uid 0 and gid 0 are refused" {
	run "$PROBE" -u 0 hold </dev/null
	still_there 'uid of the starter'
	run "$PROBE" -g 0 hold </dev/null
	still_there 'gid of the starter'
	run "$PROBE" -n hold </dev/null
	still_there 'uid 0'
}

# --------------------------------------------- what cannot be had, and the mend

@test "a user namespace that maps nobody is told from a missing capability" {
	run unshare --user --map-root-user "$PROBE" hold </dev/null
	refused 'gid 64001: cannot be taken: Invalid argument: this unit has PrivateUsers=yes; remove it'
	run setpriv --bounding-set=-setuid,-setgid "$PROBE" hold </dev/null
	refused 'gid 64001: cannot be taken: Operation not permitted: add CAP_SETUID and CAP_SETGID to CapabilityBoundingSet='
	run setpriv --bounding-set=-setuid "$PROBE" hold </dev/null
	refused 'uid 64000: cannot be taken: Operation not permitted: add CAP_SETUID'
	run setpriv --bounding-set=-sys_chroot "$PROBE" hold </dev/null
	refused 'root directory: cannot be changed: Operation not permitted: add CAP_SYS_CHROOT'
}

@test "what fails is named, with the mend" {
	fail mkdir EROFS "$PROBE" hold
	refused 'root directory: none could be made in /dev/shm, /run or /tmp: Read-only file system: name one with --chroot'
	run "$PROBE" -d "$T/nowhere" hold </dev/null
	refused "root directory: $T/nowhere: No such file or directory"
	fail close_range ENOSYS "$PROBE" hold
	refused 'descriptors: cannot be closed: Function not implemented: Linux 5.9 or later is needed'
	fail setgroups EPERM "$PROBE" hold
	refused 'supplementary groups: cannot be dropped: Operation not permitted: add CAP_SETGID to CapabilityBoundingSet='
	fail landlock_restrict_self EPERM "$PROBE" hold
	refused 'landlock: cannot be entered: Operation not permitted: add @sandbox to SystemCallFilter='
	fail setrlimit,prlimit64 EPERM "$PROBE" hold
	refused 'processes: limit cannot be read: Operation not permitted'
	fail capset EPERM "$PROBE" hold
	refused 'capabilities: cannot be dropped: Operation not permitted'
	fail prctl EINVAL "$PROBE" hold
	refused 'no_new_privs: cannot be set: Invalid argument'
}

@test "a kernel without Landlock is told, and the rest is done" {
	fail landlock_create_ruleset EOPNOTSUPP "$PROBE" hold
	echo "$output"
	[ "$status" -eq 0 ]
	[[ $output == *'landlock: not in this kernel'* ]]
	[[ $output == *in ]]
}

@test "without root all is done that needs no root, and the rest is told" {
	hold "${nobody[@]}" --inh-caps +net_raw --ambient-caps +net_raw \
	    "$PROBE" -n
	grep -q 'started without root' "$T/err"
	[ "$(fact Uid)" != "64000 64000 64000 64000" ]
	[ "$(fact Seccomp) $(fact NoNewPrivs)" = "2 1" ]
	[ "$(fact CapEff)$(fact CapPrm)$(fact CapInh)$(fact CapAmb)" = \
	    "$(printf '0%.0s' {1..64})" ]
	[ "$(limit_of 'Max processes')" = "0 0" ]
	[ "$(limit_of 'Max open files')" = "4 4" ]
	[ "$(open_fds)" = "0 1 2 3" ]
	run "${nobody[@]}" "$PROBE" hold </dev/null
	refused 'add CAP_SYS_CHROOT'
}
