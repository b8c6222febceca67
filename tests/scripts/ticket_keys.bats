#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# rotate-ticket-keys: fresh keys, none lost, none shown.

load ../lib/common

setup() {
	fresh
	ROTATE=$SHIM_TREE/scripts/rotate-ticket-keys
	mkdir "$T/etc"
	KEYS=$T/etc/ticket-keys
}

teardown() { leave_nothing; }

keys() {
	grep -xE '[0-9a-f]{64}' "$KEYS"
}

# says REGEX COMMAND... - it fails with one line like that, the file untouched
says() {
	local wanted=$1 before

	shift
	before=$(sha256sum "$KEYS")
	run "$@"
	echo "$output"
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output =~ $wanted ]]
	[ "$(sha256sum "$KEYS")" = "$before" ]
}

@test "an absent file is made, with one key, for its group alone" {
	"$ROTATE" "$KEYS"
	[ "$(keys | wc -l)" -eq 1 ]
	[ "$(wc -c <"$KEYS")" -eq 65 ]
	if [ "$(id -u)" -eq 0 ]; then
		[ "$(stat -c '%U:%G %a' "$KEYS")" = 'root:tlsshim 640' ]
	else
		[ "$(stat -c %a "$KEYS")" = 640 ]
	fi
}

@test "a fresh key comes first, the old ones behind it, and four are kept" {
	local round

	for round in 1 2 3 4 5 6; do
		"$ROTATE" "$KEYS"
		[ "$(keys | wc -l)" -eq $((round < 4 ? round : 4)) ]
		keys | sed 1d >"$T/behind"
		[ "$round" -eq 1 ] || head -n 3 "$T/before" | diff - "$T/behind"
		[ "$(keys | sort -u | wc -l)" -eq "$(keys | wc -l)" ]
		keys >"$T/before"
	done
	"$ROTATE" "$KEYS" 2
	[ "$(keys | wc -l)" -eq 2 ]
	[ "$(keys | tail -n 1)" = "$(head -n 1 "$T/before")" ]
}

@test "comments stay where they are" {
	"$ROTATE" "$KEYS"
	{ echo '# ours'; echo; cat "$KEYS"; echo '# the end'; } >"$T/with"
	cat "$T/with" >"$KEYS"
	"$ROTATE" "$KEYS"
	[ "$(sed -n 1p "$KEYS")" = '# ours' ]
	[ "$(tail -n 1 "$KEYS")" = '# the end' ]
	[ "$(keys | wc -l)" -eq 2 ]
}

@test "a damaged file is refused by name and line, its keys never shown" {
	"$ROTATE" "$KEYS"
	keys | cut -c 2- >>"$KEYS"
	says "ticket-keys: line 2: not 64 hex digits: mend it" "$ROTATE" "$KEYS"
	[[ $output != *"$(keys | head -c 16)"* ]]
	for _ in {1..17}; do openssl rand -hex 32; done >"$KEYS"
	says "line 17: more than 16 keys" "$ROTATE" "$KEYS"
}

@test "what is no file of keys is refused by name" {
	local link=$T/etc/link

	"$ROTATE" "$KEYS"
	ln -s ticket-keys "$link"
	says "etc/link: a symbolic link" "$ROTATE" "$link"
	[ -L "$link" ]
	mkdir "$T/etc/dir"
	says "etc/dir: not a regular file" "$ROTATE" "$T/etc/dir"
	says "$T/none: no such directory" "$ROTATE" "$T/none/keys"
	says '17: how many keys to keep' "$ROTATE" "$KEYS" 17
	says '^rotate-ticket-keys: usage: ' "$ROTATE"
	says '^rotate-ticket-keys: usage: ' "$ROTATE" --bad
	chmod 775 "$T/etc"
	says "etc: others may write there: chmod" "$ROTATE" "$KEYS"
}

@test "a group that does not exist is told before anything is changed" {
	need_root
	"$ROTATE" "$KEYS"
	says 'group nosuch: no such group' "$ROTATE" --group nosuch "$KEYS"
	"$ROTATE" --group tlsshim-app "$KEYS"
	[ "$(stat -c %G "$KEYS")" = tlsshim-app ]
}

@test "keys that everybody could read are dropped" {
	"$ROTATE" "$KEYS"
	keys >"$T/before"
	chmod o+r "$KEYS"
	run "$ROTATE" "$KEYS"
	[ "$status" -eq 0 ]
	[[ $output == *'ticket-keys: others had a right to it'* ]]
	[ "$(keys | wc -l)" -eq 1 ]
	run ! grep -qFf "$T/before" "$KEYS"
	[ "$(stat -c %a "$KEYS")" = 640 ]
}

@test "ten at a time lose no key, and a reader sees whole files only" {
	local round pids=()

	"$ROTATE" "$KEYS" 16
	touch "$T/go"
	while [ -e "$T/go" ]; do
		LC_ALL=C awk 'length($0) != 64 || /[^0-9a-f]/ { exit 1 }
		    END { if (NR == 0) exit 1 }' "$KEYS" ||
		    { touch "$T/torn"; break; }
	done &
	pids+=($!)
	for round in {1..10}; do
		"$ROTATE" "$KEYS" 16 &
		pids+=($!)
	done
	for round in {1..10}; do
		wait "${pids[round]}"
	done
	rm "$T/go"
	wait "${pids[0]}"
	[ ! -e "$T/torn" ]
	[ "$(keys | sort -u | wc -l)" -eq 11 ]
}

@test "what a killed one left is removed by the next" {
	"$ROTATE" "$KEYS"
	openssl rand -hex 32 >"$T/etc/.ticket-keys.new.abcdef"
	"$ROTATE" "$KEYS"
	[ ! -e "$T/etc/.ticket-keys.new.abcdef" ]
	[ "$(keys | wc -l)" -eq 2 ]
}

@test "a full disk leaves the old file" {
	need_root
	"$ROTATE" "$KEYS"
	# a directory of its own with no block left
	run unshare --mount sh -ec '
	    mount -t tmpfs -o size=8k,mode=755 tmpfs "$1"
	    cd "$1" && "$2" keys && cp keys before
	    head -c 1M /dev/zero >filler 2>"$3" || :
	    ! "$2" keys 2>"$3" && cmp keys before && ! ls .keys.new.* 2>"$3"' \
	    - "$T/etc" "$ROTATE" "$T/noise"
	cat "$T/noise"
	echo "$output"
	[ "$status" -eq 0 ]
}

# the calls on the new file, in the order in which they were made
@test "the group has the file before a key is in it, the disk before its name" {
	need strace
	need_root
	strace -f -y -o "$T/calls" -e \
	    trace=fchownat,chown,chmod,fchmodat,write,fsync,rename,renameat,renameat2 \
	    "$ROTATE" "$KEYS"
	grep -F .ticket-keys.new. "$T/calls" |
	    sed -nE 's/^[0-9]+ +(f?[a-z]+)(at2?)?\(.*/\1/p' | uniq |
	    paste -sd' ' >"$T/order"
	cat "$T/order"
	[[ $(<"$T/order") =~ ^f?chown(at)?\ f?chmod(at)?\ write\ fsync\ rename$ ]]
	sed -n '/ rename/,$p' "$T/calls" | grep -qE "fsync\([0-9]+<$T/etc>\)"
}
