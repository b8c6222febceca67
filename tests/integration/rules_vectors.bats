#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What rules_find says of files that Debian's tcprules made, and of files
# with the records that ucspi-tcp-ipv6, ucspi-tcp6 and s6 write.

load ../lib/common

setup() { fresh; }
teardown() { leave_nothing; }

# compile - make $T/cdb of the rules on standard input
compile() {
	tcprules "$T/cdb" "$T/cdb.tmp"
}

# refused LINE - tcprules takes it for a mistake
refused() {
	local status=0

	printf '%b\n' "$1" | compile 2>/dev/null || status=$?
	[ "$status" -eq 100 ] || {
		echo "'$1': status $status, wanted 100"
		return 1
	}
}

# records KEY DATA ... - make $T/cdb of these, with escapes as in printf %b
records() {
	while [ $# -gt 0 ]; do
		printf '+%d,%d:%b->%b\n' "$(printf %b "$1" | wc -c)" \
		    "$(printf %b "$2" | wc -c)" "$1" "$2"
		shift 2
	done >"$T/records"
	echo >>"$T/records"
	cdb -c "$T/cdb" "$T/records"
}

# compiles LINE [RECORD ...] - tcprules makes these records of it, NUL as ~
compiles() {
	local got line=$1

	shift
	printf '%b' "$line" | compile
	got=$(cdb -d "$T/cdb" | tr '\0' '~')
	[ "$got" = "$(printf '%s\n' "$@")" ] || {
		printf "'%s' became\n%s\n" "$line" "$got"
		return 1
	}
}

# says ANSWER IP [HOST [INFO [longest]]]
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
	compile <<-'END'
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

# As ucspi-tcp6 compiles 10.1.2.0/24 and 10.0.0.0/8.
network_rules() {
	records 10.1.2.3 '+W=exact\0' =h.example.org '+W=host\0' \
	    10.1. '+W=dot\0' \
	    _0000e0g00000000p000000w0 '+W=cidr24\0' _0000e0g0 '+W=cidr8\0' \
	    =.example.org '+W=sfx\0' = '+W=anyhost\0' '' '+W=def\0'
}

# ------------------------------------------------------ what tcprules makes

@test "the file that tcprules makes is the one we know, byte by byte" {
	printf '127.:allow,RELAYCLIENT=""\n:deny\n' | compile
	[ "$(stat -c %s "$T/cdb")" -eq 2116 ]
	echo "9fb3b38736a483fe054200b0a8c40a631b8d3e90eef550d63cf283db22b87916  $T/cdb" |
	    sha256sum -c
	says 'allow "127." RELAYCLIENT=""' 127.0.0.1
	says 'deny ""' 192.0.2.1
}

@test "lines that tcprules refuses" {
	refused '10.1.2.3:ALLOW'
	refused '10.1.2.3: allow'
	refused '10.1.2.3:allow ,A="b"'
	refused '10.1.2.3:allow,A=b'
	refused '10.1.2.3:allow,A="b",'
	refused '10.1.2.3:allowfoo'
	refused '10.1.2.3:allow,A="x"y"'
	refused '1.2.3.4:allow\r'
	refused '1.2.3-x:deny'
	refused '::/0:deny'
	refused '2001:db8::1:allow,B="c"'
	refused '2001:db8:::allow'
	refused '::ffff:10.1.2.3:allow'
}

@test "blanks, quotes and repeated names compile as they always did" {
	compiles ' 10.1.2.3:allow\n' '+9,0: 10.1.2.3->'
	compiles '10.1.2.3:allow,A=""\n' '+8,4:10.1.2.3->+A=~'
	compiles '10.1.2.3:allow, A="b"\n' '+8,6:10.1.2.3->+ A=b~'
	compiles '10.1.2.3:allow,="b"\n' '+8,4:10.1.2.3->+=b~'
	compiles '10.:allow,R=/a"b/\n' '+3,7:10.->+R=a"b~'
	compiles '1.2.3.4:deny,A="b"\n' '+7,7:1.2.3.4->D~+A=b~'
	compiles '1.2.3.4:allow,A="1",A="2"\n' '+7,10:1.2.3.4->+A=1~+A=2~'
	compiles '10.1.2.3:allow' '+8,0:10.1.2.3->'
}

@test "ranges compile to a key each, and some to none" {
	compiles '1-3.:allow\n' '+2,0:1.->' '+2,0:2.->' '+2,0:3.->'
	compiles '10.0.1-3.:allow\n' \
	    '+7,0:10.0.1.->' '+7,0:10.0.2.->' '+7,0:10.0.3.->'
	compiles '1.2.-3:deny\n' '+5,2:1.2.0->D~' '+5,2:1.2.1->D~' \
	    '+5,2:1.2.2->D~' '+5,2:1.2.3->D~'
	compiles '1.2.300-400:allow\n'
	compiles '5-2.:deny\n'
	printf '1.2.3.37-53:deny\n' | compile
	[ "$(cdb -d "$T/cdb" | grep -c '^+')" -eq 17 ]
	says 'deny "1.2.3.37"' 1.2.3.37
	says 'deny "1.2.3.53"' 1.2.3.53
	says none 1.2.3.54
}

@test "lines without a colon compile to nothing, networks to their text" {
	compiles 'nocolon\n'
	compiles '10.1.2.3,allow\n'
	compiles '10.0.0.0/8:deny\n' '+10,2:10.0.0.0/8->D~'
	compiles '10.0.0.0/0:deny\n' '+10,2:10.0.0.0/0->D~'
	compiles '0.0.0.0/33:deny\n' '+10,2:0.0.0.0/33->D~'
}

@test "info rules are for whole addresses only" {
	compiles 'joe@1.2.3.1-5:deny\n' '+13,2:joe@1.2.3.1-5->D~'
	says none 1.2.3.1 - joe
	compiles 'joe@10.:deny\n' '+7,2:joe@10.->D~'
	says none 10.0.0.1 - joe
}

@test "of settings with one name the walk gives all, the last one last" {
	printf '1.2.3.4:allow,A="1",A="2"\n' | compile
	says 'allow "1.2.3.4" A="1" A="2"' 1.2.3.4
}

@test "no rule at all is no answer" {
	compile </dev/null
	[ "$(stat -c %s "$T/cdb")" -eq 2048 ]
	says none 192.0.2.1
	says none 2001:db8::1 a.example.org joe
	says none unix
}

@test "the earlier of two lines with one address wins" {
	printf '10.:deny\n10.:allow\n' | compile
	says 'deny "10."' 10.0.0.1
}

# ------------------------------------------------ look-ups, ucspi-tcp 0.88

@test "an address, its prefix and ident's answer" {
	mail_rules
	says 'allow "joe@127.0.0.1" A="1"' 127.0.0.1 - joe
	says 'allow "127." LOOP=""' 127.0.0.1
	says 'allow "127." LOOP=""' 127.0.0.2
	says 'deny "18.23.0.32"' 18.23.0.32
	says 'allow "" DEF="x"' 18.23.0.33
	says 'allow "10.0.2." R="a"b"' 10.0.2.9
	says 'allow "" DEF="x"' 10.0.4.9
	says 'deny "1.2.3.37"' 1.2.3.37
	says 'deny "1.2.3.53"' 1.2.3.53
	says 'allow "" DEF="x"' 1.2.3.54
}

@test "a host name, its suffixes, and any host" {
	mail_rules
	says 'allow "=good.example.org" H="exact"' 9.9.9.9 good.example.org
	says 'allow "=.example.org" H="suffix"' 9.9.9.9 GOOD.example.org
	says 'allow "=.example.org" H="suffix"' 9.9.9.9 x.example.org
	says 'allow "=" H="any"' 9.9.9.9 example.org
	says 'allow "=" H="any"' 9.9.9.9 foo.net
	says 'deny "joe@=host.example.net"' 9.9.9.9 host.example.net joe
	says 'allow "=good.example.org" H="exact"' 127.0.0.9 good.example.org
}

@test "tcprulescheck of Debian hits the same key" {
	local ip host info got wanted

	mail_rules
	for ip in 127.0.0.1 18.23.0.32 10.0.2.9 1.2.3.50 9.9.9.9; do
		for host in '' good.example.org example.org a.b.example.org \
		    .example.org x..net host.example.net foo.net.; do
			for info in '' joe; do
				wanted=$(
					export TCPREMOTEIP=$ip
					unset TCPREMOTEHOST TCPREMOTEINFO
					[ -z "$host" ] || export TCPREMOTEHOST=$host
					[ -z "$info" ] || export TCPREMOTEINFO=$info
					tcprulescheck "$T/cdb" | sed -n '1s/rule \(.*\):/"\1"/p'
				)
				got=$("$STAGE/bin/rules-probe" "$T/cdb" "$ip" \
				    "${host:--}" "${info:--}" | cut -d' ' -f2)
				echo "$ip $host $info: $got, wanted $wanted"
				[ "$got" = "$wanted" ]
			done
		done
	done
}

# -------------------------------------------------- networks as they are typed

@test "networks that stock tcprules stores and never finds are found" {
	compile <<-'END'
	10.0.0.0/8:deny
	10.1.2.0/24:allow,W="24"
	10.1.2.128/25:deny
	192.0.2.1/32:allow,W="32"
	END
	says 'deny "10.0.0.0/8"' 10.200.0.1
	says 'allow "10.1.2.0/24" W="24"' 10.1.2.3
	says 'deny "10.1.2.128/25"' 10.1.2.129
	says 'allow "192.0.2.1/32" W="32"' 192.0.2.1
	says none 11.0.0.1
	says none 2001:db8::1
}

@test "half of all addresses, and all of them, are networks too" {
	printf '128.0.0.0/1:deny\n0.0.0.0/0:allow,W="all"\n' | compile
	says 'deny "128.0.0.0/1"' 192.0.2.1
	says 'allow "0.0.0.0/0" W="all"' 10.0.0.1
	says none 2001:db8::1
	records 8000::/1 'D\0' ::/0 '+W=all\0'
	says 'deny "8000::/1"' fe80::1
	says 'allow "::/0" W="all"' 2001:db8::1
	says none 192.0.2.1
}

@test "the catch-all comes after the network of all addresses" {
	printf ':deny\n0.0.0.0/0:allow\n=.example.org:deny\n' | compile
	says 'allow "0.0.0.0/0"' 10.0.0.1 a.example.org
	says 'deny "=.example.org"' 2001:db8::1 a.example.org
	says 'deny ""' 2001:db8::1
}

# ------------------------------------------------------ look-ups, ucspi-tcp6

@test "ucspi-tcp6: host before prefix, prefix before network" {
	network_rules
	says 'allow "10.1.2.3" W="exact"' 10.1.2.3 h.example.org
	says 'allow "=h.example.org" W="host"' 10.1.2.4 h.example.org
	says 'allow "10.1." W="dot"' 10.1.2.4 z.example.org
	says 'allow "_0000e0g0" W="cidr8"' 10.2.0.1
	says 'allow "=.example.org" W="sfx"' 11.0.0.1 z.example.org
	says 'allow "=" W="anyhost"' 11.0.0.1 z.net
	says 'allow "" W="def"' 11.0.0.1
}

@test "the same rules by Debian's tcprules give the same answers" {
	compile <<-'END'
	10.1.2.3:allow,W="exact"
	10.0.0.0/8:allow,W="cidr8"
	=h.example.org:allow,W="host"
	=.example.org:allow,W="sfx"
	10.1.:allow,W="dot"
	=:allow,W="anyhost"
	10.1.2.0/24:allow,W="cidr24"
	:allow,W="def"
	END
	says 'allow "10.1.2.3" W="exact"' 10.1.2.3 h.example.org
	says 'allow "=h.example.org" W="host"' 10.1.2.4 h.example.org
	says 'allow "10.1." W="dot"' 10.1.2.4 z.example.org
	says 'allow "10.0.0.0/8" W="cidr8"' 10.2.0.1
	says 'allow "=.example.org" W="sfx"' 11.0.0.1 z.example.org
	says 'allow "=" W="anyhost"' 11.0.0.1 z.net
	says 'allow "" W="def"' 11.0.0.1
}

@test "longest: the network of 24 bits before the prefix of 16" {
	network_rules
	says 'allow "10.1.2.3" W="exact"' 10.1.2.3 - - longest
	says 'allow "=h.example.org" W="host"' 10.1.2.4 h.example.org - longest
	says 'allow "_0000e0g00000000p000000w0" W="cidr24"' \
	    10.1.2.4 z.example.org - longest
	says 'allow "10.1." W="dot"' 10.1.3.4 - - longest
	says 'allow "_0000e0g0" W="cidr8"' 10.2.0.1 - - longest
	says 'allow "=.example.org" W="sfx"' 11.0.0.1 z.example.org - longest
}

@test "ucspi-tcp6: IPv6 networks, the longest first" {
	# 2001:db8::/32 and 2001:db8:1::/48
	records '^00`000000000000a0000bc0de0fgh000' '+C=1\0' \
	    '^00`000000000000a0000bc0de0fgh000000000000000000i' 'D\0'
	says 'deny "^00`000000000000a0000bc0de0fgh000000000000000000i"' \
	    2001:db8:1::5
	says 'allow "^00`000000000000a0000bc0de0fgh000" C="1"' 2001:db8:2::5
	says none 2001:db9::1
}

@test "ucspi-tcp6: IPv6 addresses are expanded, in capitals" {
	records 2001:0DB8:0000:0000:0000:0000:0000:0001 '+B=c\0' \
	    joe@2001:0DB8:0000:0000:0000:0000:0000:0002 'D\0'
	says 'allow "2001:0DB8:0000:0000:0000:0000:0000:0001" B="c"' 2001:db8::1
	says 'deny "joe@2001:0DB8:0000:0000:0000:0000:0000:0002"' \
	    2001:db8::2 - joe
	says none 2001:db8::2
}

@test "ucspi-tcp6: the bits of four networks" {
	records _ab000000i0k0m00000000v '+W=22\0' \
	    _0000000h000000o0000000wx00000400 '+W=32\0' \
	    _0000e0g00000000p000000w0 '+W=24\0' _a 'D\0'
	says 'allow "_ab000000i0k0m00000000v" W="22"' 192.168.7.255
	says 'deny "_a"' 192.168.8.0
	says 'allow "_0000000h000000o0000000wx00000400" W="32"' 1.2.3.4
	says 'allow "_0000e0g00000000p000000w0" W="24"' 10.1.2.9
	says none 1.2.3.5
}

# --------------------------------------------- look-ups, Debian's IPv6 patch

@test "ucspi-tcp-ipv6: an address is cut behind each colon" {
	records 2001:db8:: '+P=48\0' 2001:db8: '+P=32\0' 2001: '+P=16\0' \
	    2001:db8::7 'D\0' joe@2001:db8::7 '+I=joe\0'
	says 'deny "2001:db8::7"' 2001:db8::7
	says 'allow "joe@2001:db8::7" I="joe"' 2001:db8::7 - joe
	says 'allow "2001:db8::" P="48"' 2001:db8::8
	says 'allow "2001:db8:" P="32"' 2001:db8:1::8
	says 'allow "2001:" P="16"' 2001:db9::1
	says none 2002::1
}

@test "ucspi-tcp-ipv6: a single group of zeros is shortened, too" {
	records 2001:db8::1:1:1:1:1 'D\0' ::2:2:2:2:2:2:2 'D\0' \
	    3:3:3:3:3:3:3:: 'D\0' 2001:db8::1:1:1:2: '+P=cut\0'
	says 'deny "2001:db8::1:1:1:1:1"' 2001:db8:0:1:1:1:1:1
	says 'deny "::2:2:2:2:2:2:2"' 0:2:2:2:2:2:2:2
	says 'deny "3:3:3:3:3:3:3::"' 3:3:3:3:3:3:3:0
	says 'allow "2001:db8::1:1:1:2:" P="cut"' 2001:db8:0:1:1:1:2:1
	says none 2001:db8:10:1:1:1:1:1
}

@test "ucspi-tcp-ipv6: networks that it stores and never finds are found" {
	records 2001:db8::/32 '+W=32\0' 2001:db8:1::/48 'D\0' ::/0 '+W=0\0' \
	    2001:db8:2::5/128 '+W=128\0'
	says 'deny "2001:db8:1::/48"' 2001:db8:1::5
	says 'allow "2001:db8::/32" W="32"' 2001:db8:2::4
	says 'allow "2001:db8:2::5/128" W="128"' 2001:db8:2::5
	says 'allow "::/0" W="0"' 2001:db9::1
}

@test "longest: a colon counts sixteen bits" {
	records 2001:db8: '+W=cut\0' 2001:db8:1::/48 '+W=48\0' \
	    2001:db8::/32 '+W=32\0' 2001:d00::/24 '+W=24\0'
	says 'allow "2001:db8:" W="cut"' 2001:db8:1::5
	says 'allow "2001:db8:1::/48" W="48"' 2001:db8:1::5 - - longest
	says 'allow "2001:db8:" W="cut"' 2001:db8:2::5 - - longest
	says 'allow "2001:d00::/24" W="24"' 2001:d00::5 - - longest
}

# ------------------------------------------------------------- look-ups, s6

@test "s6: addresses, then names, each from the most particular on" {
	records ip4/10.0.0.0_8 'A\0000\0006A=ten\0\0000\0000' \
	    ip4/10.1.2.0_24 'D' ip4/10.1.2.3_32 'A\0000\0000\0000\0000' \
	    ip6/2001:db8::_32 'A\0000\0011A=1\0B=22\0\0000\0000' \
	    reversedns/example.org 'A\0000\0004H=e\0\0000\0000' \
	    reversedns/bad.example.org 'D' \
	    reversedns/@ 'A\0000\0004H=@\0\0000\0000'
	says 'allow "ip4/10.1.2.3_32"' 10.1.2.3
	says 'deny "ip4/10.1.2.0_24"' 10.1.2.4 a.example.org
	says 'allow "ip4/10.0.0.0_8" A="ten"' 10.2.0.1
	says 'allow "ip6/2001:db8::_32" A="1" B="22"' 2001:db8:5::1
	says 'allow "reversedns/example.org" H="e"' 9.9.9.9 example.org
	says 'allow "reversedns/example.org" H="e"' 9.9.9.9 a.b.example.org
	says 'deny "reversedns/bad.example.org"' 9.9.9.9 x.bad.example.org
	says 'allow "reversedns/@" H="@"' 9.9.9.9 example.net
}

@test "s6: who is not named is denied" {
	records ip4/10.0.0.0_8 'A\0000\0000\0000\0000'
	says 'allow "ip4/10.0.0.0_8"' 10.0.0.1
	says 'deny ""' 11.0.0.1
	says 'deny ""' unix
}

@test "s6: all addresses" {
	records ip4/0.0.0.0_0 'A\0000\0000\0000\0000' \
	    ip6/::_0 'A\0000\0000\0000\0000'
	says 'allow "ip4/0.0.0.0_0"' 10.0.0.1
	says 'allow "ip6/::_0"' 2001:db8::1
}

@test "s6: a program in a rule is refused, not forgotten" {
	records ip4/10.0.0.0_8 'A\0000\0000\0000\0003cat'
	says 'broken: exec in s6 rules is not supported' 10.0.0.1
}

# ----------------------------------------------------------- broken files

@test "an empty file is broken, a missing one is absent" {
	says absent 10.0.0.1
	: >"$T/cdb"
	says 'broken: not a cdb, or cut short' 10.0.0.1
}

@test "rules in source form are no cdb" {
	yes '10.:allow' | head -c 5000 >"$T/cdb" || true
	says 'broken: not a cdb, or cut short' 10.0.0.1
}

@test "a cdb cut short is broken for those, too, whose rule is still there" {
	mail_rules
	truncate -s -1 "$T/cdb"
	says 'broken: not a cdb, or cut short' 127.0.0.1
	says 'broken: not a cdb, or cut short' 9.9.9.9
}

@test "a directory and a FIFO are broken at once" {
	mkdir "$T/cdb"
	says 'broken: not a regular file' 10.0.0.1
	rmdir "$T/cdb"
	mkfifo "$T/cdb"
	says 'broken: not a regular file' 10.0.0.1
}
