#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Claim: the process that talks to the network owns the connection and nothing
# else; the application owns itself and nothing of ours; the keeper cannot be
# looked into by either.
#
# Looked at from outside, in /proc, in a connection that goes on.

load ../lib/common
load ../lib/stall

setup() { fresh; }

teardown() {
	let_go
	leave_nothing
}

# of PID NAME - what /proc/PID/status says
of() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr '\t' ' ' |
	    sed 's/ *$//'
}

# limit_of PID NAME - soft and hard limit
limit_of() {
	sed -n "s/^$2  *\([^ ]*\)  *\([^ ]*\) .*/\1 \2/p" "/proc/$1/limits"
}

# four ID - as Uid and Gid show it: real, effective, saved, of the file system
four() {
	echo "$1 $1 $1 $1"
}

# kind_of PID FD - tcp, seqpacket, stream or the file
kind_of() {
	local is inode

	is=$(readlink "/proc/$1/fd/$2")
	inode=${is//[^0-9]/}
	case $is in
	socket:*)
		if awk -v i="$inode" '$10 == i { f = 1 } END { exit !f }' \
		    /proc/net/tcp /proc/net/tcp6; then
			echo tcp
		else
			awk -v i="$inode" '$7 == i {
				print $5 == "0005" ? "seqpacket" : \
				    $5 == "0001" ? "stream" : "unix " $5 }' \
			    /proc/net/unix
		fi
		;;
	*) echo "$is" ;;
	esac
}

# descriptors PID - "fd=kind ..." of all
descriptors() {
	local fd

	for fd in $(find "/proc/$1/fd" -type l -printf '%f\n' | sort -n); do
		echo "$fd=$(kind_of "$1" "$fd")"
	done | xargs
}

# one connection after its handshake, with cat for an application
idle() {
	serve "$@" "${CERT[@]}" -- cat
	stall idle
	serving cat
}

lowered() {
	[ "$(of "$INNER" Uid)" = "$(id -u tlsshim) $(id -u tlsshim) 0 $(id -u tlsshim)" ]
}

# one connection before its first byte: INNER is the keeper, with the key
with_key() {
	serve "${CERT[@]}" -- cat
	stall connect
	wait_for lowered
}

no_capability() {
	local set

	for set in CapInh CapPrm CapEff CapAmb; do
		[ "$(of "$1" "$set")" = 0000000000000000 ]
	done
}

# bars: what needs no root
jailed() {
	[ "$(of "$1" Seccomp)" = 2 ]
	[ "$(of "$1" NoNewPrivs)" = 1 ]
	no_capability "$1"
	[ "$(limit_of "$1" 'Max processes')" = "0 0" ]
	[ "$(limit_of "$1" 'Max core file size')" = "0 0" ]
	[ "$(limit_of "$1" 'Max open files')" = "5 5" ]
	[ "$(limit_of "$1" 'Max address space')" = "67108864 67108864" ]
}

# /proc belongs to root where a process that is not root's is not dumpable
not_dumpable() {
	[ "$(of "$1" Uid | cut -d' ' -f2)" -ne 0 ]
	[ "$(stat -c %u "/proc/$1/mem")" -eq 0 ]
}

# --------------------------------------------------- the network process

# bats test_tags=jail
@test "the network process has an account of its own, in every id, and no group" {
	need_root
	serve_program setpriv --groups 4,24 "$SHIM" "${AS[@]}" "${CERT[@]}" \
	    -- cat
	stall idle
	serving cat
	[ "$(of "$NET" Uid)" = "$(four "$(id -u tlsshim-net)")" ]
	[ "$(of "$NET" Gid)" = "$(four "$(id -g tlsshim-net)")" ]
	[ -z "$(of "$NET" Groups)" ]
	[ "$(id -u tlsshim-net)" -ne 0 ]
	[ "$(id -u tlsshim-net)" -ne "$(id -u tlsshim)" ]
	[ "$(id -u tlsshim-net)" -ne "$(id -u tlsshim-app)" ]
}

# bats test_tags=jail
@test "the network process can have an account that no other connection has" {
	need_root
	idle --net-user per-connection
	[ "$(of "$NET" Uid)" = "$(four $((2013265920 + NET)))" ]
	[ "$(of "$NET" Gid)" = "$(four $((2013265920 + NET)))" ]
	[ -z "$(of "$NET" Groups)" ]
	jailed "$NET"
}

# bats test_tags=jail
@test "the network process is jailed before the first byte and ever after" {
	local where

	need_root
	for where in connect half unfinished idle; do
		echo "$where"
		serve "${CERT[@]}" -- cat
		stall "$where"
		wait_for filtered
		jailed "$NET"
		not_dumpable "$NET"
		let_go
		stop
	done
}

filtered() {
	[ "$(of "$NET" Seccomp)" = 2 ]
}

# bats test_tags=jail
@test "the network process has an empty root directory, removed" {
	local root

	need_root
	idle
	root=$(readlink "/proc/$NET/root")
	[[ $root == */tlsshim.??????' (deleted)' ]]
	[ "$(readlink "/proc/$NET/cwd")" = "$root" ]
	[ -z "$(ls -A "/proc/$NET/root/")" ]
	run ! touch "/proc/$NET/root/file"
}

# bats test_tags=jail
@test "the network process has connection, channel, log and two pairs open" {
	need_root
	idle
	descriptors "$NET"
	[ "$(descriptors "$NET")" = \
	    "0=tcp 1=seqpacket 2=$LOG 3=stream 4=stream" ]
}

# bats test_tags=jail
@test "a call that relaying does not need is the network process's death, and the starter sees it" {
	local socket=41 sigsys=31

	need_root
	[ "$(uname -m)" = x86_64 ] || skip "make-call is for x86-64"
	idle
	[ "$("$STAGE/bin/make-call" "$INNER" "$socket")" = back ]
	[ "$("$STAGE/bin/make-call" "$NET" "$socket")" = "$sigsys" ]
	logged "Child $NET died with (code|signal) $sigsys"
	wait_for gone "$INNER"
}

# bats test_tags=jail
@test "a network process that is killed leaves nothing, and the application sees the end" {
	mkdir -m 777 "$T/app"
	serve "${CERT[@]}" -- sh -c 'cat; echo "end of file" >"$0/saw"' "$T/app"
	stall idle
	serving sh
	kill -KILL "$NET"
	wait_for gone "$INNER"
	[ "$(cat "$T/app/saw")" = "end of file" ]
	let_go
	wait_for only_starter
}

only_starter() {
	[ "$(our_processes)" = "$STARTER_PID" ]
}

@test "a keeper whose network process is killed ends as well" {
	local where

	for where in connect half unfinished; do
		echo "$where"
		serve "${CERT[@]}" -- cat
		stall "$where"
		kill -KILL "$NET"
		wait_for gone "$INNER"
		let_go
		stop
	done
}

# ----------------------------------------------------------- the application

@test "the application has its own account and groups, not the starter's" {
	need_root
	serve_program setpriv --groups 4,24 "$SHIM" "${AS[@]}" "${CERT[@]}" \
	    -- cat
	stall idle
	serving cat
	[ "$(of "$INNER" Uid)" = "$(four "$(id -u tlsshim-app)")" ]
	[ "$(of "$INNER" Gid)" = "$(four "$(id -g tlsshim-app)")" ]
	[ "$(of "$INNER" Groups)" = "$(id -G tlsshim-app)" ]
	no_capability "$INNER"
}

@test "the application gets every group that its account has" {
	local name

	need_root
	name=$(awk -F: '$4 != "" { sub(/,.*/, "", $4); print $4; exit }' \
	    /etc/group)
	[ -n "$name" ] || skip "no account here is in a second group"
	serve_program "$SHIM" --allow-root --user "$name" "${CERT[@]}" -- cat
	stall idle
	serving cat
	[ "$(of "$INNER" Uid)" = "$(four "$(id -u "$name")")" ]
	[ "$(of "$INNER" Groups | xargs -n 1 | sort)" = \
	    "$(id -G "$name" | xargs -n 1 | sort)" ]
}

# bats test_tags=jail
@test "the application is bound by no limit, filter or signal of ours" {
	ulimit -Sn 777
	idle
	diff "/proc/$STARTER_PID/limits" "/proc/$INNER/limits"
	[ "$(limit_of "$INNER" 'Max open files' | cut -d' ' -f1)" = 777 ]
	[ "$(of "$INNER" Seccomp)" = 0 ]
	[ "$(of "$INNER" NoNewPrivs)" = 0 ]
	[ "$(of "$INNER" SigBlk)" = 0000000000000000 ]
	# libc's own two, 32 and 33, come from make's posix_spawn(3)
	[[ $(of "$INNER" SigIgn) =~ ^0*(180000000)?$ ]]
	[ "$(readlink "/proc/$INNER/root")" = / ]
	[ "$(readlink "/proc/$INNER/cwd")" = \
	    "$(readlink "/proc/$STARTER_PID/cwd")" ]
}

@test "the application has its three descriptors and no other, not the starter's" {
	# shellcheck disable=SC2016
	serve_program bash -c 'exec 9</dev/null; exec "$@"' - \
	    "$SHIM" "${AS[@]}" "${CERT[@]}" -- cat
	stall idle
	serving cat
	descriptors "$INNER"
	[ "$(descriptors "$INNER")" = "0=stream 1=stream 2=$LOG" ]
	[ "$(readlink "/proc/$INNER/fd/0")" != "$(readlink "/proc/$INNER/fd/1")" ]
}

# ---------------------------------------------------------------- the keeper

@test "the keeper reads files as their account, and is root only as saved uid" {
	need_root
	serve_program setpriv --groups 4,24 "$SHIM" "${AS[@]}" "${CERT[@]}" \
	    -- cat
	stall connect
	wait_for lowered
	[ "$(of "$INNER" Gid)" = "$(four "$(id -g tlsshim)")" ]
	[ "$(of "$INNER" Groups)" = "$(id -G tlsshim)" ]
	[ "$(of "$INNER" CapEff)" = 0000000000000000 ]
}

@test "the keeper does not have the connection" {
	need_root
	with_key
	# it may still have a file open
	wait_for has_only_the_channel ||
	    { descriptors "$INNER"; return 1; }
}

has_only_the_channel() {
	[[ " $(descriptors "$INNER") " =~ \
	    ^" 0=stream 1=stream 2=$LOG "[0-9]+"=seqpacket "$ ]]
}

# cannot_look PID COMMAND... - COMMAND takes another account; as that it can
# look into a process of its own, but not into PID
cannot_look() {
	local pid=$1 own

	shift
	"$@" tail -f /dev/null 3>&- &
	own=$!
	wait_for is_program "$own" tail
	can_read "$own" "$@"
	run ! can_read "$pid" "$@"
	run ! "$@" cat "/proc/$pid/environ"
	[[ $output == *"Permission denied"* ]]
	run "$@" strace -o /dev/null -p "$pid"
	[[ $output == *"Operation not permitted"* ]]
	kill "$own"
	wait "$own" || :
}

# can_read PID COMMAND... - as that account, a page of its memory
can_read() {
	local from

	from=$(sed -n '1s/-.*//p' "/proc/$1/maps")
	"${@:2}" dd if="/proc/$1/mem" bs=4096 count=1 \
	    skip=$((0x$from / 4096)) of=/dev/null 2>/dev/null
}

@test "neither the network's nor the application's account can look into the keeper" {
	local account

	need_root
	need strace
	with_key
	not_dumpable "$INNER"
	for account in tlsshim-net tlsshim-app tlsshim nobody; do
		echo "$account"
		cannot_look "$INNER" setpriv --reuid="$account" \
		    --regid="$(id -g "$account")" --clear-groups
	done
}

# bats test_tags=jail
@test "the application's account cannot look into the network process" {
	need_root
	need strace
	idle
	cannot_look "$NET" setpriv --reuid=tlsshim-app \
	    --regid="$(id -g tlsshim-app)" --clear-groups
	cannot_look "$NET" setpriv --reuid=tlsshim-net \
	    --regid="$(id -g tlsshim-net)" --clear-groups
}

has_key() {
	run -1 "$STAGE/bin/find-secret" "$PKI/p256.key" "$INNER"
}

@test "a keeper that reads a credential is not dumpable afterwards" {
	need_root
	mkdir -m 700 "$T/credentials"
	install -m 400 "$PKI/p256.key" "$T/credentials/key"
	SERVE_ENV=("CREDENTIALS_DIRECTORY=$T/credentials")
	serve --cert "$PKI/p256.pem" --key "$T/credentials/key" -- cat
	stall connect
	wait_for lowered
	wait_for has_key
	not_dumpable "$INNER"
	[ "$(of "$INNER" CapEff)" = 0000000000000000 ]
}

# -------------------------------------------------------------- without root

# serve_unprivileged - started without root, with a key that may be read
serve_unprivileged() {
	install -m 400 "$PKI/p256.key" "$T/own.key"
	UNPRIVILEGED=(env)
	if [ "$(id -u)" -eq 0 ]; then
		# as a unit with User= and AmbientCapabilities= would be
		UNPRIVILEGED=(setpriv --reuid=nobody --regid=nogroup
		    --clear-groups --inh-caps +net_raw --ambient-caps +net_raw)
		chown nobody "$T/own.key"
	fi
	serve_program "${UNPRIVILEGED[@]}" "$SHIM" --verbose --net-user sys \
	    --cert "$PKI/p256.pem" --key "$T/own.key" -- cat
}

# bats test_tags=jail
@test "without root all is done that needs no root, and the rest is told" {
	# socket-activate lowers a higher one for its children
	ulimit -Sn 777
	serve_unprivileged
	stall idle
	serving cat
	jailed "$NET"
	# the same uid may not see them: it is not dumpable
	if [ "$(id -u)" -eq 0 ]; then
		[ "$(descriptors "$NET")" = \
		    "0=tcp 1=seqpacket 2=$LOG 3=stream 4=stream" ]
	fi
	[ "$(descriptors "$INNER")" = "0=stream 1=stream 2=$LOG" ]
	[ "$(of "$INNER" Seccomp)$(of "$INNER" NoNewPrivs)" = 00 ]
	diff "/proc/$STARTER_PID/limits" "/proc/$INNER/limits"
	logged 'jail: started without root: uid, groups and root directory stay'
	logged '[-][-]net-user: sys: ignored: not started as root$'
}

# bats test_tags=jail
@test "without root a process of the same uid cannot look into network process and keeper" {
	need strace
	serve_unprivileged
	stall connect
	wait_for filtered
	[ "$(stat -c %u "/proc/$NET/mem")" -eq 0 ]
	[ "$(stat -c %u "/proc/$INNER/mem")" -eq 0 ]
	cannot_look "$NET" "${UNPRIVILEGED[@]}"
	cannot_look "$INNER" "${UNPRIVILEGED[@]}"
}
