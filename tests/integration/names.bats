#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# tlsshim-names by itself: what it finds out, from a real name server and a
# real ident daemon, and from false ones.

load ../lib/common
load ../lib/names

setup() { fresh; }
teardown() { leave_nothing; }

# names ARG... - run it, and see its answer: all lines but the last
names() {
	run --separate-stderr env DNSCACHEIP="$DNSCACHEIP" timeout 60 \
	    "$STAGE/bin/tlsshim-names" "$@"
	printf '%s\n' "$output" "$stderr"
	[ "$status" -eq 0 ]
	[ "${lines[-1]}" = end ]
	[ -z "$stderr" ]
	ANSWER=$(sed '$d' <<<"$output")
}

# answers TEXT - it said that and nothing else
answers() {
	[ "$ANSWER" = "$1" ]
}

@test "a name that has the address is confirmed, in lower case" {
	dns_server
	names -h 127.0.5.9 4000 127.0.5.1 465
	answers $'host=client.example.org\nconfirmed=yes'
}

@test "a name that has another address is not confirmed" {
	dns_server
	names -h 127.0.5.8 4000 127.0.5.1 465
	answers host=friend.example.org
}

@test "of several names the one that has the address is taken" {
	dns_server
	names -h 127.0.5.7 4000 127.0.5.1 465
	answers $'host=right.example.org\nconfirmed=yes'
}

@test "an address without a name has none" {
	dns_server
	names -h 127.0.5.4 4000 127.0.5.1 465
	answers ''
}

@test "what is no host's name is none" {
	dns_server
	names -h 127.0.5.6 4000 127.0.5.1 465
	answers ''
}

@test "a name that looks like the address itself is none" {
	dns_server
	names -h 127.0.5.5 4000 127.0.5.1 465
	answers ''
}

@test "IPv6 has names, too" {
	dns_server
	names -h 2001:db8::9 4000 ::1 465
	answers $'host=six.example.org\nconfirmed=yes'
}

@test "our own address has a name" {
	dns_server
	names -l 127.0.5.9 4000 127.0.5.1 465
	answers local=server.example.org
}

@test "no search domain makes a name of half a one" {
	dns_server --ptr-record=4.5.0.127.in-addr.arpa,half \
	    --host-record=half.example.org,127.0.5.4
	LOCALDOMAIN=example.org RES_OPTIONS=ndots:3 \
	    names -h 127.0.5.4 4000 127.0.5.1 465
	answers host=half
}

@test "a name server that says nothing is waited for ten seconds at most" {
	mute_dns_server
	SECONDS=0
	names -h -l 127.0.5.9 4000 127.0.5.1 465
	answers ''
	[ "$SECONDS" -ge 9 ]
	[ "$SECONDS" -le 12 ]
	[ -s "$T/queries" ]
}

@test "servers of DNSCACHEIP may be several, with blanks between them" {
	dns_server
	DNSCACHEIP="127.0.0.1:9 $DNSCACHEIP" \
	    names -h 127.0.5.9 4000 127.0.5.1 465
	answers $'host=client.example.org\nconfirmed=yes'
}

@test "a DNSCACHEIP that is none is an error" {
	DNSCACHEIP=nonsense run -100 "$STAGE/bin/tlsshim-names" -h \
	    127.0.5.9 1 127.0.5.1 2
	[ "${lines[0]}" = 'trouble=DNSCACHEIP: want addresses, blanks between them' ]
}

@test "arguments that are none are an error" {
	local wrong

	for wrong in '' '-h' '127.0.5.9 1 127.0.5.1' '127.0.5.9 1 ::1 2' \
	    '127.0.5 1 127.0.5.1 2' '127.0.5.9 65536 127.0.5.1 2' \
	    '-r 0 127.0.5.9 1 127.0.5.1 2' '-x 127.0.5.9 1 127.0.5.1 2' \
	    'fe80::1%none 1 ::1 2'; do
		echo "$wrong"
		# shellcheck disable=SC2086 # its words
		run -100 "$STAGE/bin/tlsshim-names" $wrong
		[[ $output == trouble=*$'\n'end ]]
	done
}

# ------------------------------------------------------------------- ident

# ask_ident ADDRESS SECONDS - of any connection: ANSWER
ask_ident() {
	names -r "$2" "$1" 6193 127.0.5.1 23
}

@test "oidentd tells whose connection it is" {
	need_root
	oident_daemon 127.0.5.21
	cat >"$T/connect" <<-'END'
		import socket, subprocess, sys
		listener = socket.create_server(("127.0.5.1", 0))
		client = socket.socket()
		client.bind(("127.0.5.21", 0))
		client.connect(listener.getsockname())
		sys.exit(subprocess.call([sys.argv[1], "-r", "10",
		    "127.0.5.21", str(client.getsockname()[1]),
		    "127.0.5.1", str(listener.getsockname()[1])]))
	END
	run python3 "$T/connect" "$STAGE/bin/tlsshim-names"
	echo "$output"
	[ "$output" = $'info=root\nend' ]
}

@test "who has no ident daemon is nobody" {
	need_root
	ask_ident 127.0.5.22 10
	answers ''
}

@test "an ident daemon is asked as RFC 1413 has it" {
	need_root
	false_ident 127.0.5.23 'echo "$query : USERID : UNIX : <$query>"'
	ask_ident 127.0.5.23 10
	answers 'info=<6193 , 23>'
}

@test "an ident daemon that says nothing is waited for as long as is said" {
	need_root
	false_ident 127.0.5.24 'read -r never'
	SECONDS=0
	ask_ident 127.0.5.24 2
	answers ''
	[ "$SECONDS" -ge 1 ]
	[ "$SECONDS" -le 5 ]
}

@test "an ident daemon that says too much is nobody" {
	need_root
	false_ident 127.0.5.25 'printf "%s : USERID : UNIX : " "$query"
	    yes x | tr -d "\n"'
	ask_ident 127.0.5.25 10
	answers ''
}

@test "an ident daemon that tells of another connection is nobody" {
	need_root
	false_ident 127.0.5.26 'echo "6193 , 24 : USERID : UNIX : root"'
	ask_ident 127.0.5.26 10
	answers ''
}

@test "name server and ident daemon are asked at one time" {
	need_root
	dns_server
	false_ident 127.0.5.9 'echo "$query : USERID : UNIX : joe"'
	names -h -l -r 10 127.0.5.9 6193 127.0.5.1 23
	answers $'host=client.example.org\nconfirmed=yes\nlocal=server.example.org\ninfo=joe'
}
