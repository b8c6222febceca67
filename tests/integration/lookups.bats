#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Names and ident answers that tlsshim looks up: what the rules make of them,
# and what the program is told.

load ../lib/common
load ../lib/talk
load ../lib/clients
load ../lib/names

setup() {
	fresh
	ADDR=127.0.5.1
}
teardown() { leave_nothing; }

# serve_names [option ...] - a program that prints its environment; a new log
serve_names() {
	SERVE_ENV=("DNSCACHEIP=$DNSCACHEIP")
	serve "${CERT[@]}" "$@" -- sh -c 'read -r line; exec env'
}

# told_to ADDRESS - what the program was told of a client at ADDRESS: TOLD
told_to() {
	TOLD=$(ask '' -bind "$1:0" | sort)
}

# is NAME VALUE - a variable has this value; without VALUE: it is not there
is() {
	local line

	line=$(grep -a "^$1=" <<<"$TOLD") || line=
	echo "$line"
	[ "$line" = "${2:+$1=$2}" ]
}

# rules LINE... - the rules: $T/rules.cdb
rules() {
	need tcprules
	printf '%s\n' "$@" | tcprules "$T/rules.cdb" "$T/rules.tmp"
	chmod 644 "$T/rules.cdb"
}

@test "-h looks up the names of both ends" {
	dns_server
	serve_names -h
	told_to 127.0.5.9
	is TCPREMOTEHOST client.example.org
	is TCPLOCALHOST server.example.org
	is TCP6REMOTEHOST
	is SSLREMOTEHOST
	told_to 127.0.5.4
	is TCPREMOTEHOST
	is TCPREMOTEIP 127.0.5.4
	is TCPLOCALHOST server.example.org
	told_to 127.0.5.6
	is TCPREMOTEHOST
}

@test "-h takes a name that is not confirmed, -p does not" {
	dns_server
	serve_names -h
	told_to 127.0.5.8
	is TCPREMOTEHOST friend.example.org
	stop
	dns_server
	serve_names -p
	told_to 127.0.5.8
	is TCPREMOTEHOST
	told_to 127.0.5.9
	is TCPREMOTEHOST client.example.org
	is TCPLOCALHOST server.example.org
}

@test "-l says what our name is, looked up or not" {
	dns_server
	serve_names -h -l named.example.org
	told_to 127.0.5.9
	is TCPREMOTEHOST client.example.org
	is TCPLOCALHOST named.example.org
}

@test "the later of two opposite options counts, and -H is stronger than -p" {
	dns_server
	serve_names -h -H -p --ident --no-ident
	told_to 127.0.5.9
	is TCPREMOTEHOST
	is TCPREMOTEINFO
	serve_names --no-lookup-host --lookup-host --lookup-paranoid \
	    --no-lookup-paranoid
	told_to 127.0.5.8
	is TCPREMOTEHOST friend.example.org
}

@test "ucspi-ssl's names and those of IPv6 are told as well" {
	local ip6=0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0

	dns_server "--ptr-record=1.0.0.0.0.$ip6.ip6.arpa,six.example.org" \
	    --host-record=six.example.org,::1
	ADDR=::1
	serve_names --env-format ucspi-ssl -h
	told_to '[::1]'
	for name in TCP TCP6 SSL; do
		is "${name}REMOTEHOST" six.example.org
		is "${name}LOCALHOST" six.example.org
	done
}

@test "only a confirmed name matches rules by name" {
	dns_server
	rules '=client.example.org:allow,R="client"' \
	    '=friend.example.org:allow,R="friend"' \
	    '=.example.org:allow,R="below"' ':allow,R="default"'
	serve_names -h -x "$T/rules.cdb"
	told_to 127.0.5.9
	is R client
	told_to 127.0.5.8
	is R default
	is TCPREMOTEHOST friend.example.org
	told_to 127.0.5.7
	is R below
	told_to 127.0.5.4
	is R default
	[ "$(summary -n 1 rule)" = '\x3dclient.example.org' ]
}

@test "a rule by name denies" {
	dns_server
	rules '=client.example.org:deny' ':allow'
	serve_names -h -x "$T/rules.cdb"
	told_to 127.0.5.9
	[ -z "$TOLD" ]
	[ "$(summary end)" = denied ]
	told_to 127.0.5.8
	is TCPREMOTEHOST friend.example.org
}

@test "-r asks a real ident daemon, and rules go by its answer" {
	need_root
	oident_daemon 127.0.5.31
	rules 'root@127.0.5.31:allow,R="root"' ':allow,R="default"'
	serve_names -r -x "$T/rules.cdb"
	told_to 127.0.5.31
	is TCPREMOTEINFO root
	is R root
	told_to 127.0.5.32
	is TCPREMOTEINFO
	is R default
}

@test "rules by ident and name want both" {
	need_root
	dns_server
	false_ident 127.0.5.9 'echo "$query : USERID : UNIX : joe"'
	rules 'joe@=client.example.org:allow,R="both"' ':allow,R="default"'
	serve_names -h -r -x "$T/rules.cdb"
	told_to 127.0.5.9
	is R both
	told_to 127.0.5.8
	is R default
}

@test "what ident says is escaped for the program" {
	need_root
	false_ident 127.0.5.33 \
	    'printf "%s : USERID : UNIX : a\033[1mb\tc\n" "$query"'
	serve_names -r
	told_to 127.0.5.33
	is TCPREMOTEINFO 'a\1B[1mb\09c'
}

@test "ident cannot write the keys of certificates and names" {
	need_root
	false_ident 127.0.5.34 'echo "$query : USERID : UNIX : cn=joe"'
	rules 'cn=joe@127.0.5.34:allow,R="certificate"' \
	    ':allow,R="default"'
	serve_names -r -x "$T/rules.cdb"
	told_to 127.0.5.34
	is TCPREMOTEINFO cn=joe
	is R default
}

@test "an ident daemon that says nothing is waited for as long as -t says" {
	need_root
	false_ident 127.0.5.35 'read -r never'
	# the handshake's own time begins behind it
	serve_names -r -t 3 -T 2
	SECONDS=0
	told_to 127.0.5.35
	is TCPREMOTEINFO
	is TCPREMOTEIP 127.0.5.35
	[ "$SECONDS" -ge 2 ]
	[ "$SECONDS" -le 7 ]
}

@test "a name server that says nothing makes a peer nameless, and no more" {
	mute_dns_server
	serve_names -h -T 5
	SECONDS=0
	told_to 127.0.5.9
	is TCPREMOTEHOST
	is TCPREMOTEIP 127.0.5.9
	[ "$SECONDS" -le 14 ]
}

@test "what the starter looked up is kept, unless we are asked to or told not to" {
	need tcpserver
	local option

	dns_server
	for option in -q -H -h; do
		SERVE_ENV=("DNSCACHEIP=$DNSCACHEIP" TCPREMOTEINFO=starter)
		STARTER=tcpserver serve_program \
		    env TCPREMOTEHOST=starter TCPREMOTEINFO=starter \
		    "$SHIM" "${AS[@]}" "${CERT[@]}" "$option" -- \
		    sh -c 'read -r line; exec env'
		told_to 127.0.5.9
		is TCPREMOTEINFO starter
		case $option in
		-q) is TCPREMOTEHOST starter ;;
		-H) is TCPREMOTEHOST ;;
		-h) is TCPREMOTEHOST client.example.org ;;
		esac
	done
	STARTER=tcpserver serve_program env TCPREMOTEINFO=starter \
	    "$SHIM" "${AS[@]}" "${CERT[@]}" -R -- sh -c 'read -r line; exec env'
	told_to 127.0.5.9
	is TCPREMOTEINFO
}

@test "-z goes by the name that is confirmed" {
	dns_server
	SERVE_ENV=("DNSCACHEIP=$DNSCACHEIP")
	serve "${CERT[@]}" "${TRUST[@]}" -h -z -- sh -c 'read -r line; exec env -0'
	ask_as host -bind 127.0.5.9:0
	[ "$(told SSL_CLIENT_VERIFY)" = SUCCESS ]
	[ "$(told TCPREMOTEHOST)" = client.example.org ]
	! ask_as good -bind 127.0.5.9:0 || return 1
	# a name that anybody could give himself
	! ask_as host -bind 127.0.5.8:0 || return 1
	logged 'TCPREMOTEHOST: no name of this peer'
}

@test "a DNSCACHEIP that is none ends the connection, and says why" {
	DNSCACHEIP=nonsense
	serve_names -h
	told_to 127.0.5.9
	[ -z "$TOLD" ]
	logged 'names: tlsshim-names: DNSCACHEIP: want addresses'
	[ "$(summary end)" = error ]
}

@test "without tlsshim-names there are no look-ups, and no service with them" {
	mkdir "$T/alone"
	cp "$STAGE/bin/tlsshim" "$T/alone/"
	serve_program "$T/alone/tlsshim" "${AS[@]}" "${CERT[@]}" -h -- env
	told_to 127.0.5.9
	[ -z "$TOLD" ]
	logged 'names: .*tlsshim-names: is not there: install it'
	stop
	serve_program "$T/alone/tlsshim" "${AS[@]}" "${CERT[@]}" -- \
	    sh -c 'read -r line; exec env'
	told_to 127.0.5.9
	is TCPREMOTEIP 127.0.5.9
}

@test "--check tells whether names can be looked up" {
	shim --check "${AS[@]}" "${CERT[@]}" -h
	[ "$(awk '$1 == "asked" { print $2 }' <<<"$output" | xargs)" = \
	    'host local' ]
	shim --check "${AS[@]}" "${CERT[@]}"
	[[ $output != *asked* ]]
	mkdir "$T/alone"
	cp "$STAGE/bin/tlsshim" "$T/alone/"
	SHIM=$T/alone/tlsshim shim -100 --check "${AS[@]}" "${CERT[@]}" -r
	[[ $output == *'tlsshim-names: is not there: install it'* ]]
}

@test "without root names are looked up as well" {
	dns_server
	SERVE_ENV=("DNSCACHEIP=$DNSCACHEIP")
	cp "$PKI/both.pem" "$T/both.pem"
	chmod 644 "$T/both.pem"
	need_root
	serve_program setpriv --reuid=nobody --regid=nogroup --clear-groups \
	    "$SHIM" --cert "$T/both.pem" -h -- sh -c 'read -r line; exec env'
	told_to 127.0.5.9
	is TCPREMOTEHOST client.example.org
}

@test "a timeout for ident that is none is refused" {
	shim -100 "${CERT[@]}" -t 0 true
	[[ $stderr == *'--ident-timeout: 0: not a number of seconds'* ]]
}
