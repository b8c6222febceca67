#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# PROXY headers in front of TLS: who must send one, what it changes, and what
# happens to a wrong one.  proxy_test.c has every form of a header; here they
# come over a connection.

load ../lib/common
load ../lib/rules
load ../lib/talk

setup() {
	fresh
	ADDR=127.0.0.1
}
teardown() { leave_nothing; }

V2=0d0a0d0a000d0a515549540a
# 192.0.2.1:56324 to 198.51.100.2:443
V2_TCP4=${V2}2111000cc0000201c6336402dc0401bb

# serve_proxied [option ...] - a program that prints its environment
serve_proxied() {
	serve "${CERT[@]}" "$@" -- sh -c 'read -r line; exec env'
}

# hex TEXT - with printf's escapes
hex() {
	# shellcheck disable=SC2059 # its escapes are meant
	printf "$1" | od -An -v -tx1 | tr -d ' \n'
}

# client HEADER HOW [SOURCE] - what the application said: TOLD
client() {
	timeout 30 "$BATS_TEST_DIRNAME/../lib/proxy-client" "$PORT" \
	    "$PKI/ca.pem" "$@" >"$T/told" 2>"$T/client.log" 3>&- || {
		cat "$T/client.log"
		return 1
	}
	TOLD=$(sort "$T/told")
}

# is NAME [VALUE] - a variable has this value; without VALUE: it is not there
is() {
	local line

	line=$(grep -a "^$1=" <<<"$TOLD") || line=
	echo "$line"
	[ "$line" = "${2:+$1=$2}" ]
}

@test "version 1 says who the peer is, and the real one is in PROXY_*" {
	serve_proxied --proxy v1
	client "$(hex 'PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n')" apart \
	    127.0.5.9
	is PROTO TCP
	is TCPREMOTEIP 192.0.2.1
	is TCPREMOTEPORT 56324
	is TCPLOCALIP 198.51.100.2
	is TCPLOCALPORT 443
	is PROXY_REMOTEIP 127.0.5.9
	is PROXY_LOCALIP 127.0.0.1
	is PROXY_LOCALPORT "$PORT"
	is SSL_PROTOCOL TLSv1.3
	[ "$(summary peer)" = 192.0.2.1:56324 ]
	[ "$(summary local)" = 198.51.100.2:443 ]
	[[ $(summary proxy) == 127.0.5.9:* ]]
	[ "$(summary end)" = clean ]
}

@test "version 1 of IPv6, and a mapped address counts as IPv4" {
	serve_proxied --proxy any
	client "$(hex 'PROXY TCP6 2001:db8::1 ::1 1 65535\r\n')" apart
	is PROTO TCP6
	is TCPREMOTEIP 2001:db8::1
	is TCP6REMOTEPORT 1
	is TCPLOCALIP ::1
	[ "$(summary peer)" = '[2001:db8::1]:1' ]
	client "$(hex 'PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n')" \
	    apart
	is PROTO TCP
	is TCPREMOTEIP 192.0.2.1
}

@test "version 2 says who the peer is" {
	serve_proxied --proxy v2
	client "$V2_TCP4" apart
	is TCPREMOTEIP 192.0.2.1
	is TCPLOCALPORT 443
	is PROXY_REMOTEIP 127.0.0.1
	is PROXY_SSL
}

@test "the header and the ClientHello in one segment are two things" {
	serve_proxied --proxy any
	client "$V2_TCP4" joined
	is TCPREMOTEIP 192.0.2.1
	client "$(hex 'PROXY TCP4 192.0.2.7 198.51.100.2 56324 443\r\n')" joined
	is TCPREMOTEIP 192.0.2.7
}

@test "a header that comes byte by byte is one" {
	serve_proxied --proxy any
	client "${V2_TCP4}" bytes
	is TCPREMOTEIP 192.0.2.1
	client "$(hex 'PROXY TCP4 192.0.2.7 198.51.100.2 56324 443\r\n')" bytes
	is TCPREMOTEIP 192.0.2.7
}

@test "LOCAL, UNKNOWN and UNSPEC leave the real ends, whatever they carry" {
	serve_proxied --proxy any
	# LOCAL: empty; with addresses; UNSPEC with 7 bytes
	for header in "${V2}20000000" \
	    "${V2}2011000cc0000201c6336402dc0401bb" "${V2}210000070a0b0c0d0e0f10" \
	    "$(hex 'PROXY UNKNOWN\r\n')" \
	    "$(hex 'PROXY UNKNOWN ffff:f::f ffff:f::f 65535 65535\r\n')"; do
		client "$header" apart 127.0.5.9
		is TCPREMOTEIP 127.0.5.9
		is TCPLOCALPORT "$PORT"
		is PROXY_REMOTEIP
	done
	[ -z "$(summary -n 1 proxy)" ]
}

@test "fields of version 2 become variables, escaped or in hex" {
	serve_proxied --proxy v2 --export tcp,certs
	# authority, unique id with a newline, one of the proxy's own
	tlvs=02000b6578616d706c652e6f7267050004410a4200ea00030001ff
	# TLS: used, a certificate, not verified (18); TLS 1.3, CN, certificate
	inner=210007544c5320312e33220005616c696365280004300201ff
	printf -v len %04x $((5 + ${#inner} / 2))
	tlvs+=20${len}0300000012$inner
	printf -v len %04x $((12 + ${#tlvs} / 2))
	client "${V2}2111${len}c0000201c6336402dc0401bb$tlvs" apart
	is PROXY_AUTHORITY example.org
	is PROXY_UNIQUE_ID 'A\0AB\00'
	is PROXY_TLV_EA 0001ff
	is PROXY_SSL 1
	is PROXY_SSL_PROTOCOL TLSv1.3
	is PROXY_SSL_CLIENT_CERT conn
	is PROXY_SSL_CLIENT_VERIFY FAILED:18
	is PROXY_SSL_CLIENT_S_DN_CN alice
	is SSL_TLS_SNI
	grep -qx MAIB/w== <<<"$TOLD"
	is PROXY_SSL_CLIENT_CERT_PEM '-----BEGIN CERTIFICATE-----'
}

@test "no PROXY_* of the starter's and no name that it looked up" {
	SERVE_ENV=(PROXY_REMOTEIP=1.2.3.4 PROXY=v2 TCPREMOTEHOST=lb.example.org
	    TCPREMOTEIP=192.0.2.1 TCPREMOTEPORT=56324)
	serve_proxied
	TOLD=$(ask '')
	is PROXY_REMOTEIP
	is PROXY
	stop
	serve_proxied --proxy v2
	client "$V2_TCP4" apart
	is TCPREMOTEIP 192.0.2.1
	is TCPREMOTEHOST
	is PROXY_REMOTEIP 127.0.0.1
}

@test "the conveyed address rules, and the sender's rule asks for the header" {
	rules 192.0.2.7 "${DENY}" 192.0.2.1 '+WHO=peer\0' \
	    127.0.5.9 '+PROXY=v2\0+WHO=proxy\0' 127.0.5.8 '+WHO=direct\0' \
	    127.0.5.7 "${DENY}"
	serve_proxied --rules "$T/rules.cdb"
	client "$V2_TCP4" apart 127.0.5.9
	is WHO peer
	is PROXY
	[ "$(summary rule)" = 192.0.2.1 ]
	# who is no proxy talks TLS at once
	client '' apart 127.0.5.8
	is WHO direct
	is TCPREMOTEIP 127.0.5.8
	# a conveyed peer is denied by its own address
	run ! client "${V2_TCP4/c0000201/c0000207}" apart 127.0.5.9
	[ "$(summary -n 3 end)" = denied ]
	[ "$(summary -n 3 stage)" = rules ]
	[ "$(summary -n 3 rule)" = 192.0.2.7 ]
	# ... and a proxy by its own, before its header is read
	run ! client "$V2_TCP4" apart 127.0.5.7
	[ "$(summary -n 4 end)" = denied ]
	[ "$(summary -n 4 rule)" = 127.0.5.7 ]
}

@test "a rule takes back what the option wants, and PROXY= of a peer is nothing" {
	rules 127.0.5.8 '+PROXY=off\0' 192.0.2.1 '+PROXY=v1\0+WHO=peer\0'
	serve_proxied --rules "$T/rules.cdb" --proxy v2
	client '' apart 127.0.5.8
	is TCPREMOTEIP 127.0.5.8
	client "$V2_TCP4" apart
	is WHO peer
	is PROXY
}

@test "PROXY= that is no mode ends the connection" {
	rules 127.0.0.1 '+PROXY=yes\0'
	serve_proxied --rules "$T/rules.cdb"
	run ! client "$V2_TCP4" apart
	logged '--proxy: yes: want one of off|v1|v2|any'
	shim -100 --proxy yes "${CERT[@]}" -- true
	[[ $stderr == *'--proxy: yes: want one of off|v1|v2|any'* ]]
}

@test "a required header that does not come ends without a byte, and says so" {
	serve_proxied --proxy v1 -V
	run ! client '' apart
	[ "$(summary stage)" = proxy ]
	[ "$(summary end)" = probe:tls ]
	[ "$(summary app)" = none ]
	logged 'proxy: 127.0.0.1:[0-9]*: no PROXY header that can be taken: none of version 1'
	# the other version is no better
	client "$V2_TCP4" only
	[ -z "${TOLD/reset/}" ]
	[ "$(summary -n 2 end)" = probe:proxy ]
	# nobody there: a health check without a word
	client '' only
	[ "$(summary -n 3 end)" = probe:eof ]
	# cut off
	client "$(hex 'PROXY TCP4 192.0')" only
	[ "$(summary -n 4 end)" = truncated ]
}

@test "where none is wanted a header is no TLS" {
	serve_proxied
	run ! client "$V2_TCP4" apart
	[ "$(summary stage)" = handshake ]
	[ "$(summary end)" = probe:proxy ]
}

@test "the exit status of a wrong header is 99" {
	serve_proxied --proxy v2 -V
	client "$(hex 'GET / HTTP/1.0\r\n\r\n')" only
	[ "$(summary end)" = probe:http ]
	exits_with 99
}

@test "--check says of whom a header is required, and who could lie" {
	shim "${AS[@]}" "${CERT[@]}" --check --proxy v2
	[[ $output == *$'\nproxy v2\n'* ]]
	[[ $output == *'without rules whoever reaches the port may say who he is'* ]]
	rules 127.0.0.1 '+PROXY=yes\0'
	shim -100 "${AS[@]}" "${CERT[@]}" --check --rules "$T/rules.cdb"
	[[ $output == *'--proxy: yes: want one of off|v1|v2|any'* ]]
	run ! grep '^proxy' <<<"$output"
}

@test "STARTTLS begins behind the header" {
	serve "${CERT[@]}" --proxy v1 --starttls smtp --local-name mx.example.org \
	    -- sh -c 'echo "220 inner"; read -r line; exec env'
	client "$(hex 'PROXY TCP4 192.0.2.1 198.51.100.2 56324 25\r\n')" only
	[[ $TOLD == "$(hex '220 mx.example.org')"* ]]
	[ "$(summary peer)" = 192.0.2.1:56324 ]
	[ "$(summary stage)" = clear ]
}
