#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# tlsshim-rules: what it writes, what it refuses, what it says of a cdb;
# beside Debian's tcprules.

load ../lib/common

setup() { fresh; }
teardown() { leave_nothing; }

rules() {
	"$STAGE/bin/tlsshim-rules" "$@"
}

# compiles LINE [RECORD ...] - it makes these records of it, NUL as ~
compiles() {
	local got line=$1

	shift
	printf '%b' "$line" | rules compile "$T/cdb"
	got=$(cdb -d "$T/cdb" | tr '\0' '~')
	[ "$got" = "$(printf '%s\n' "$@")" ] || {
		printf "'%s' became\n%s\n" "$line" "$got"
		return 1
	}
}

# refused LINE WHY - status 100, the line's number, and why; the old cdb stays
refused() {
	echo old >"$T/cdb"
	run rules compile "$T/cdb" <<<"# a remark
$(printf '%b' "$1")"
	echo "'$1': $status $output"
	[ "$status" -eq 100 ]
	[[ $output == *"line 2: "*"$2"* ]]
	[ "$(cat "$T/cdb")" = old ]
	[ -z "$(find "$T" -name 'cdb.*')" ]
}

# says ANSWER IP [HOST [INFO [longest]]] - what the reader finds
says() {
	local wanted=$1 got

	shift
	got=$("$STAGE/bin/rules-probe" "$T/cdb" "$@")
	[ "$got" = "$wanted" ] || {
		printf '%s:\n%s\nwanted\n%s\n' "$*" "$got" "$wanted"
		return 1
	}
}

mail_rules() {
	cat <<-'END'
	joe@127.0.0.1:allow,A="1"
	18.23.0.32:deny
	:allow,DEF="x"
	127.:allow,LOOP=""
	10.0.1-3.:allow,R=/a"b/
	1.2.3.37-53:deny
	=good.example.org:allow,H="exact"
	=.example.org:allow,H="suffix"
	=:allow,H="any"
	joe@=host.example.net:deny
	END
}

network_rules() {
	cat <<-'END'
	10.1.2.3:allow,W="exact"
	=h.example.org:allow,W="host"
	10.1.:allow,W="dot"
	10.1.2.0/24:allow,W="cidr24"
	10.0.0.0/8:allow,W="cidr8"
	=.example.org:allow,W="sfx"
	=:allow,W="anyhost"
	:allow,W="def"
	END
}

# -------------------------------------------------------------- compile

@test "what tcprules compiles comes out the same, byte by byte" {
	need tcprules
	mail_rules >"$T/source"
	printf '127.:allow,RELAYCLIENT=""\n:deny\n' >"$T/small"
	: >"$T/empty"
	printf '10.1.2.3:allow,A=""\n10.:allow,R=/a"b/\n1.2.3.4:deny,A="b"\n1-3.:allow' \
	    >"$T/odd"
	for file in source small empty odd; do
		tcprules "$T/theirs" "$T/tmp" <"$T/$file"
		rules compile "$T/ours" <"$T/$file"
		cmp "$T/theirs" "$T/ours"
	done
}

@test "tcprules' own convention is understood, by name and without a word" {
	mail_rules | rules compile "$T/cdb"
	mail_rules | rules "$T/two" "$T/tmp"
	cmp "$T/cdb" "$T/two"
	ln -s "$STAGE/bin/tlsshim-rules" "$T/tcprules"
	mail_rules | "$T/tcprules" "$T/three" "$T/tmp"
	cmp "$T/cdb" "$T/three"
	[ ! -e "$T/tmp" ]
}

@test "networks are written as text and as bits" {
	compiles '10.0.0.0/8:deny\n' '+10,2:10.0.0.0/8->D~' '+9,2:_0000e0g0->D~'
	compiles '192.168.4.0/22:allow\n' '+14,0:192.168.4.0/22->' \
	    '+23,0:_ab000000i0k0m00000000v->'
	compiles '1.2.3.4/32:allow\n' '+10,0:1.2.3.4/32->' \
	    '+33,0:_0000000h000000o0000000wx00000400->'
	compiles '0.0.0.0/0:deny\n' '+9,2:0.0.0.0/0->D~'
	compiles '::/0:deny\n' '+4,2:::/0->D~'
	compiles '2001:DB8::/32:allow\n' '+13,0:2001:db8::/32->' \
	    '+33,0:^00`000000000000a0000bc0de0fgh000->'
}

@test "IPv6 addresses are written in every spelling that is looked up" {
	compiles '2001:DB8:0::1:allow,B="c"\n' '+11,5:2001:db8::1->+B=c~' \
	    '+39,5:2001:0DB8:0000:0000:0000:0000:0000:0001->+B=c~'
	compiles '1:2:3:0:5:6:7:8:deny' '+15,2:1:2:3:0:5:6:7:8->D~' \
	    '+14,2:1:2:3::5:6:7:8->D~' \
	    '+39,2:0001:0002:0003:0000:0005:0006:0007:0008->D~'
	compiles '2001:0DB8::allow\n' '+9,0:2001:db8:->'
	compiles 'joe@::1:deny\n' '+7,2:joe@::1->D~' \
	    '+43,2:joe@0000:0000:0000:0000:0000:0000:0000:0001->D~'
}

@test "names are lower-cased, and what a handshake proves is as it is looked up" {
	compiles '=MX.Example.ORG:deny\n' '+15,2:=mx.example.org->D~'
	compiles 'joe@=MX.example.org:deny\n' '+19,2:joe@=mx.example.org->D~'
	compiles 'sni=WWW.example.org:deny\n' '+19,2:sni=www.example.org->D~'
	compiles 'san=email:Joe@Example.ORG:allow\n' \
	    '+25,0:san=email:Joe@example.org->'
	compiles 'san=ip:2001:DB8:0::1:allow\n' '+18,0:san=ip:2001:db8::1->'
	compiles 'issuer=CN=ca,O=Example:deny\n' '+22,2:issuer=CN=ca,O=Example->D~'
	compiles "cert=sha256:$(printf 'AB%.0s' {1..32}):allow\n" \
	    "+76,0:cert=sha256:$(printf 'ab%.0s' {1..32})->"
}

@test "lines that tcprules refuses are refused with their number and the mend" {
	refused '10.1.2.3:ALLOW' 'lower case'
	refused '10.1.2.3: allow' 'no blanks'
	refused '10.1.2.3:allow ,A="b"' 'no blanks'
	refused '10.1.2.3:allow,A=b' 'write ,NAME="VALUE"'
	refused '10.1.2.3:allow,A="b",' 'take it out'
	refused '10.1.2.3:allowfoo' 'no ":allow" or ":deny"'
	refused '10.1.2.3:allow,A="x"y"' 'comma'
	refused '1.2.3.4:allow\r' 'carriage return'
	refused '1.2.3-x:deny' 'range'
}

@test "lines that tcprules swallows are refused" {
	refused ' 10.1.2.3:allow' 'begins with a blank'
	refused '10.1.2.3:allow, A="b"' 'without blanks'
	refused '10.1.2.3:allow,="b"' 'no variable'
	refused '1.2.3.4:allow,A="1",A="2"' 'A is set twice'
	refused '1.2.-3:deny' 'range'
	refused '1.2.300-400:allow' 'from 0 to 255'
	refused '5-2.:deny' 'write 2-5'
	refused '1.2-3.4-5.6:deny' 'a line for each'
	refused 'joe@1.2.3.1-5:deny' 'one whole address'
	refused 'joe@10.:deny' 'one whole address'
	refused 'joe@10.0.0.0/8:deny' 'one whole address'
	refused 'joe@=.example.org:deny' 'one whole host name'
	refused 'nocolon' 'no colon'
	refused '10.1.2.3,allow' 'with a colon'
	refused '10.1:deny' 'ends with a dot'
	refused '10.1.2.3.:deny' 'take it out'
	refused '010.:deny' 'without zeros'
	refused '=a_b.example.org:deny' 'no name of a host'
}

@test "networks and IPv6 that no peer has are refused" {
	refused '10.0.0.1/8:deny' 'write 10.0.0.0/8'
	refused '2001:db8::1/32:deny' 'write 2001:db8::/32'
	refused '10/8:deny' 'write all of it'
	refused '0.0.0.0/33:deny' 'from 0 to 32'
	refused '::/129:deny' 'from 0 to 128'
	refused '::ffff:10.1.2.3:allow' 'write 10.1.2.3'
	refused '::ffff:10.0.0.0/104:allow' 'write 10.0.0.0/8'
	refused '2001:0::allow' 'as 2001:db8::/48'
	refused 'ip4/10.0.0.0_8:deny' 's6-accessrules'
}

@test "unknown and impossible keys of certificates are refused" {
	refused 'sna=example.org:deny' 'unknown key'
	refused 'cert=sha256:ab:deny' '64 hex digits'
	refused 'san=ip:10.:deny' 'no address'
	refused 'sni=:deny' 'ever looked up'
	refused 'sni=caf\xc3\xa9.example:deny' 'ever looked up'
}

@test "duplicate rules are refused, exceptions before a range are not" {
	printf '1.2.3.40:allow\n1.2.3.37-53:deny\n' | rules compile "$T/cdb"
	says 'allow "1.2.3.40"' 1.2.3.40
	says 'deny "1.2.3.41"' 1.2.3.41
	run rules check <<<$'1.2.3.37-53:deny\n1.2.3.40:allow'
	[ "$status" -eq 100 ]
	[[ $output == *'line 2: 1.2.3.40: line 1 has it already'* ]]
	run rules check <<<$':allow\n:deny'
	[ "$status" -eq 100 ]
}

@test "a network behind a prefix that is asked for first is refused" {
	run rules check <<<$'10.1.2.0/24:deny\n10.1.:allow'
	[ "$status" -eq 100 ]
	[[ $output == *'line 1: 10.1.2.0/24 is never reached: 10.1. in line 2'* ]]
	rules check --match longest <<<$'10.1.2.0/24:deny\n10.1.:allow'
	run rules check --match longest <<<$'10.1.0.0/16:deny\n10.1.:allow'
	[ "$status" -eq 100 ]
	run rules check <<<$'2001:db8:1::/48:deny\n2001:db8::allow'
	[ "$status" -eq 100 ]
	run rules check <<<$'10.1.2.3/32:deny\n10.1.2.3:allow'
	[ "$status" -eq 100 ]
	rules check <<<$'10.0.0.0/8:deny\n10.1.:allow'
}

@test "every wrong line is told, and a remark or an empty line is none" {
	run rules check <<<$'# remark\n\n \nnocolon\n10.:deny\n5-2.:deny'
	[ "$status" -eq 100 ]
	[ "${#lines[@]}" -eq 2 ]
	[[ ${lines[0]} == *'line 4'* ]]
	[[ ${lines[1]} == *'line 6'* ]]
}

@test "a file is replaced as a whole and keeps its mode" {
	echo ':deny' | rules compile "$T/cdb"
	chmod 640 "$T/cdb"
	exec 9<"$T/cdb"
	echo ':allow' | rules compile "$T/cdb" "$T/tmp"
	[ "$(stat -c %a "$T/cdb")" = 640 ]
	cmp /dev/fd/9 <(echo ':deny' | tcprules "$T/o" "$T/t" && cat "$T/o")
	exec 9<&-
	says 'allow ""' 192.0.2.1
	run rules compile "$T/cdb" "$T/cdb" <<<':deny'
	[ "$status" -eq 111 ]
	says 'allow ""' 192.0.2.1
	run rules compile "$T/none/cdb" <<<':deny'
	[ "$status" -eq 111 ]
	[[ $output == *'No such file or directory' ]]
}

# ------------------------------------------------------------- look-ups

@test "the reader finds in ours what it finds in tcprules'" {
	mail_rules | rules compile "$T/cdb"
	says 'allow "joe@127.0.0.1" A="1"' 127.0.0.1 - joe
	says 'allow "127." LOOP=""' 127.0.0.2
	says 'deny "18.23.0.32"' 18.23.0.32
	says 'allow "" DEF="x"' 18.23.0.33
	says 'allow "10.0.2." R="a"b"' 10.0.2.9
	says 'allow "" DEF="x"' 10.0.4.9
	says 'deny "1.2.3.53"' 1.2.3.53
	says 'allow "" DEF="x"' 1.2.3.54
	says 'allow "=good.example.org" H="exact"' 9.9.9.9 good.example.org
	says 'allow "=.example.org" H="suffix"' 9.9.9.9 x.example.org
	says 'allow "=" H="any"' 9.9.9.9 example.org
	says 'deny "joe@=host.example.net"' 9.9.9.9 host.example.net joe
}

@test "networks of all lengths are found, in either order" {
	network_rules | rules compile --match longest "$T/cdb"
	says 'allow "10.1.2.3" W="exact"' 10.1.2.3 h.example.org
	says 'allow "=h.example.org" W="host"' 10.1.2.4 h.example.org
	says 'allow "10.1." W="dot"' 10.1.2.4 z.example.org
	says 'allow "_0000e0g00000000p000000w0" W="cidr24"' 10.1.2.4 - - longest
	says 'allow "_0000e0g0" W="cidr8"' 10.2.0.1
	says 'allow "=.example.org" W="sfx"' 11.0.0.1 z.example.org
	says 'allow "=" W="anyhost"' 11.0.0.1 z.net
	says 'allow "" W="def"' 11.0.0.1
	printf '2001:db8::/32:allow,C="1"\n2001:db8:1::/48:deny\n' |
	    rules compile "$T/cdb"
	[[ $(rules explain "$T/cdb" 2001:db8:1::5) == *'by address: deny' ]]
	[[ $(rules explain "$T/cdb" 2001:db8:2::5) == *'C=1' ]]
	says none 2001:db9::1
}

@test "tcpserver of Debian reads what it writes" {
	need tcprulescheck
	mail_rules | rules compile "$T/cdb"
	run env TCPREMOTEIP=127.0.0.9 tcprulescheck "$T/cdb"
	[[ $output == *'rule 127.:'* ]]
	run env TCPREMOTEIP=1.2.3.50 tcprulescheck "$T/cdb"
	[[ $output == *'rule 1.2.3.50:'*'deny connection'* ]]
}

# -------------------------------------------------------- explain, list

@test "explain prints each key that is tried, in order, and the hit" {
	mail_rules | rules compile "$T/cdb"
	run rules explain "$T/cdb" 127.0.0.9 X.example.org joe
	[ "$output" = 'no  "joe@127.0.0.9"
no  "joe@=x.example.org"
no  "127.0.0.9"
no  "=x.example.org"
no  "127.0.0."
no  "127.0."
hit "127."
by address: allow
    LOOP=' ]
	run rules explain "$T/cdb" nonsense
	[ "$status" -eq 100 ]
	head -c 100 "$T/cdb" >"$T/short"
	run rules explain "$T/short" 127.0.0.1
	[ "$status" -eq 111 ]
	run rules explain "$T/none" 127.0.0.1
	[ "$status" -eq 111 ]
}

@test "explain tells what a handshake's keys say" {
	local hash

	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$T/key" -out "$T/cert" -subj /CN=joe -days 2 \
	    -addext subjectAltName=email:joe@example.org 2>/dev/null
	hash=$(openssl x509 -in "$T/cert" -outform DER | sha256sum)
	printf '%s\n' "cert=sha256:${hash%% *}:allow,TLSSHIM_USER=\"joe\"" \
	    sni=www.example.org:deny | rules compile "$T/cdb"
	run rules explain --cert "$T/cert" --sni WWW.example.org "$T/cdb" 127.0.0.1
	echo "$output"
	[[ $output == *"hit \"cert=sha256:${hash%% *}\""* ]]
	[[ $output == *'by handshake: allow'*'TLSSHIM_USER=joe' ]]
	run rules explain --sni WWW.example.org "$T/cdb" 127.0.0.1
	[[ $output == *'hit "sni=www.example.org"'*'by handshake: deny' ]]
	printf 'san=email:joe@example.org:deny\n' | rules compile "$T/cdb"
	run rules explain --cert "$T/cert" "$T/cdb" 127.0.0.1
	[[ $output == *'no  "spki=sha256:'*'hit "san=email:joe@example.org"'* ]]
}

@test "list gives source that compiles to the same file" {
	{
		mail_rules
		printf '%s\n' 192.0.2.0/24:deny ::/0:deny 1:2:3:0:5:6:7:8:deny \
		    '2001:db8::1:allow,A="it'\''s",B="2"' fe80::deny
	} | rules compile "$T/cdb"
	rules list "$T/cdb" >"$T/source"
	grep -qFx '192.0.2.0/24:deny' "$T/source"
	[ "$(grep -c 1:2:3 "$T/source")" -eq 1 ]
	rules compile "$T/again" <"$T/source"
	cmp "$T/cdb" "$T/again"
}

@test "list reads the keys of ucspi-tcp6 and s6" {
	load ../lib/rules
	rules() { "$STAGE/bin/tlsshim-rules" "$@"; }
	{
		record _0000e0g0 'D\0'
		record 2001:0DB8:0000:0000:0000:0000:0000:0001 ''
		echo
	} | cdb -c "$T/cdb"
	run rules list "$T/cdb"
	[ "$output" = $'10.0.0.0/8:deny\n2001:db8::1:allow' ]
	{
		record ip4/10.0.0.0_8 'A\0\04\0A=b\0\0'
		record reversedns/example.org D
		record uid/0 D
		echo
	} | cdb -c "$T/cdb"
	run rules list "$T/cdb"
	echo "$output"
	[ "$status" -eq 100 ]
	[[ $output == *'=example.org:deny'$'\n''=.example.org:deny'* ]]
	[[ $output == *'# uid/0: '*$'\n'':deny' ]]
}

@test "what it does not know it refuses before it reads" {
	for words in '' 'compile' 'frobnicate' '--frob' 'list' 'explain x' \
	    'check x' 'compile --sni x y' 'explain --match x a 1.2.3.4'; do
		# shellcheck disable=SC2086 # words
		run rules $words </dev/null
		echo "$words: $status"
		[ "$status" -eq 100 ]
	done
	run rules --help
	[ "$status" -eq 0 ]
	run rules --version
	[ "$output" = "tlsshim-rules $(cat "$SHIM_TREE/VERSION")" ]
}
