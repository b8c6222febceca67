#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# --user-from: whom a client's certificate makes of the program, and whom not.

load ../lib/common
load ../lib/talk

ACCOUNTS='shimtest-ann shimtest-locked shimtest-old shimtest-wheel'

setup_file() {
	[ "$(id -u)" -eq 0 ] || return 0
	export P=$BATS_FILE_TMPDIR/pki
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/
	mkdir -m 755 "$P"
	useradd -M -d /home/of-ann -s /bin/bash -G games -p '*' shimtest-ann
	useradd -M shimtest-locked
	useradd -M -p '*' -e 2001-01-01 shimtest-old
	useradd -M -p '*' -g 0 shimtest-wheel
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$P/ca.key" -out "$P/ca.pem" -days 30 \
	    -subj '/CN=CA of people' -addext 'keyUsage=critical,keyCertSign' \
	    2>/dev/null
	openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 \
	    -out "$P/client.key"
}

teardown_file() {
	local name

	[ "$(id -u)" -eq 0 ] || return 0
	for name in $ACCOUNTS; do
		userdel "$name"
	done
}

setup() { fresh; }
teardown() { leave_nothing; }

# ----------------------------------------------------------------- clients

# person SUBJECT [SAN] - a certificate of this subject and name: options of
# s_client, in PERSON
person() {
	local san=${2:+subjectAltName=$2}

	printf '%s\n' 'extendedKeyUsage=clientAuth' "$san" >"$T/ext"
	openssl req -new -key "$P/client.key" -utf8 -subj "$1" |
	    openssl x509 -req -days 30 -CA "$P/ca.pem" -CAkey "$P/ca.key" \
	        -set_serial "0x$(openssl rand -hex 8)" -extfile "$T/ext" \
	        -out "$T/person.pem" 2>/dev/null
	PERSON=(-cert "$T/person.pem" -key "$P/client.key")
}

# account_program HOW [option ...] - it tells who it is
account_program() {
	local how=$1

	shift
	serve "${CERT[@]}" --ca "$P/ca.pem" --user-from "cert:$how" "$@" -- \
	    sh -c 'read line
	    echo "$(id -un) $(id -Gn) $HOME $SHELL $USER $LOGNAME"
	    grep -E "^(Uid|Gid)" /proc/self/status'
}

# is_ann - the program that was asked ran as shimtest-ann, and cannot go back
is_ann() {
	local uid gid

	uid=$(id -u shimtest-ann) gid=$(id -g shimtest-ann)
	run ask hello "${PERSON[@]}"
	echo "$output"
	[ "${lines[0]}" = "shimtest-ann shimtest-ann games /home/of-ann\
 /bin/bash shimtest-ann shimtest-ann" ]
	[ "${lines[1]}" = "Uid:	$uid	$uid	$uid	$uid" ]
	[ "${lines[2]}" = "Gid:	$gid	$gid	$gid	$gid" ]
}

# denied WHY - nothing runs for whom was asked; the log says why, once
denied() {
	local number

	number=$(($(summaries | wc -l) + 1))
	run ask hello "${PERSON[@]}"
	[ "$output" = '' ]
	[[ $(summary -n "$number") == *' stage=app end=denied app=none' ]]
	[ "$(grep -acF -- ": --user-from: $1" "$LOG")" -eq 1 ]
	exits_with 97
}

# ------------------------------------------------------------------ accounts

@test "the first address in a certificate names the account" {
	need_root
	AS=()
	account_program email --client-cert require
	person '/CN=Ann Lee' 'email:shimtest-ann@example.org,email:root@x'
	is_ann
	[ "$(summary app)" = 0 ]
}

@test "the UPN in a certificate names the account" {
	need_root
	AS=()
	account_program upn --client-cert require
	person /CN=x 'otherName:1.3.6.1.4.1.311.20.2.3;UTF8:shimtest-ann@EXAMPLE.ORG'
	is_ann
}

@test "the common name of a certificate names the account" {
	need_root
	AS=()
	account_program cn --client-cert require
	person /CN=shimtest-ann
	is_ann
	# whatever is exported
	stop
	account_program cn --client-cert require --export tcp
	is_ann
}

@test "an account that no certificate may name is refused" {
	need_root
	AS=()
	account_program cn --client-cert require
	person /CN=shimtest-nobody-has-it
	denied 'shimtest-nobody-has-it: no such account'
	person /CN=root
	denied 'root: uid 0 is no person'
	person /CN=tlsshim-net
	denied "tlsshim-net: uid $(id -u tlsshim-net) is no person"
	person /CN=daemon
	denied 'daemon: uid 1 is no person'
	person /CN=nobody
	denied "nobody: uid $(id -u nobody) is no person"
	person /CN=shimtest-locked
	denied 'shimtest-locked: is locked'
	person /CN=shimtest-old
	denied 'shimtest-old: has expired'
	person /CN=shimtest-wheel
	denied 'shimtest-wheel: its group is gid 0'
}

@test "a locked account that is opened counts from the next connection on" {
	need_root
	AS=()
	account_program cn --client-cert require
	person /CN=shimtest-ann
	is_ann
	usermod -L shimtest-ann
	run denied 'shimtest-ann: is locked'
	usermod -U shimtest-ann 2>/dev/null || usermod -p '*' shimtest-ann
	[ "$status" -eq 0 ]
	is_ann
}

@test "what is no name of an account names none, and is escaped in the log" {
	need_root
	AS=()
	account_program cn --client-cert require
	person '/CN=shimtest-ann@example.org'
	denied 'shimtest-ann@example.org: names no account'
	person "/CN=$(id -u shimtest-ann)"
	denied "$(id -u shimtest-ann): names no account"
	person '/CN=..\/shimtest-ann'
	denied '../shimtest-ann: names no account'
	person $'/CN=shimtest-ann\nroot'
	# NET has made it printable, and the log its backslash
	denied 'shimtest-ann\x5c0Aroot: names no account'
	person '/O=nobody at all'
	denied "SSL_CLIENT_S_DN_CN: not in the client's certificate"
	stop
	: >"$LOG"
	account_program email --client-cert require
	person /CN=shimtest-ann
	denied "SSL_CLIENT_SAN_Email_0: not in the client's certificate"
	person /CN=x email:@example.org
	denied '@example.org: names no account'
}

@test "who shows no certificate gets the account of --user, or none" {
	need_root
	account_program cn --client-cert optional
	[[ $(ask hello) == 'tlsshim-app '* ]]
	person /CN=shimtest-ann
	is_ann
	# a certificate that names nobody is not the same as none
	person /CN=root
	denied 'root: uid 0 is no person'
	stop
	: >"$LOG"
	AS=()
	account_program cn --client-cert optional
	PERSON=()
	denied 'cert:cn: the client showed no certificate'
}

@test "a certificate that is not verified names nobody" {
	need_root
	account_program cn --client-cert optional-no-ca
	openssl req -x509 -new -key "$P/client.key" -days 1 \
	    -subj /CN=shimtest-ann -out "$T/own.pem"
	PERSON=(-cert "$T/own.pem" -key "$P/client.key")
	denied "cert:cn: the client's certificate is not verified"
}

# ------------------------------------------------------------------- usage

@test "what --user-from cannot do is refused before anybody is asked" {
	need_root
	shim -100 "${CERT[@]}" --user-from cert:name true
	[[ $stderr == *'--user-from: cert:name: want one of'* ]]
	AS=()
	serve "${CERT[@]}" --user-from cert:cn -- true
	run ask hello
	logged '--user-from: cert:cn: clients are asked for no certificate'
	stop
	serve "${CERT[@]}" --user-from cert:cn --group games -- true
	run ask hello
	logged '--group: games: --user-from gives the program the groups'
}

@test "without root nobody can become whom a certificate names" {
	need_root
	serve_program setpriv --reuid=nobody --regid=nogroup --clear-groups -- \
	    "$SHIM" "${CERT[@]}" --user-from cert:cn -- true
	run ask hello
	logged '--user-from: cert:cn: not started as root'
}
