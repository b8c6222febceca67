#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# PROXY headers from who may not send one, and from who means ill.

load ../lib/common
load ../lib/rules

setup() {
	fresh
	ADDR=127.0.0.1
}
teardown() { leave_nothing; }

V2=0d0a0d0a000d0a515549540a
ENDS=c0000201c6336402dc0401bb

# client HEADER HOW [SOURCE] - what came of it: $T/told
client() {
	timeout 30 "$BATS_TEST_DIRNAME/../lib/proxy-client" "$PORT" \
	    "$PKI/ca.pem" "$@" >"$T/told" 2>"$T/client.log" 3>&-
}

# no_byte - the peer got none
no_byte() {
	cat "$T/told"
	grep -qxE '|reset' "$T/told"
}

# no_byte_of_tls - the application has said nothing
no_byte_of_tls() {
	[ ! -s "$T/told" ]
}

serve_env() {
	serve "${CERT[@]}" "$@" -- sh -c 'read -r line; exec env'
}

@test "who is no proxy cannot say who he is" {
	rules 127.0.5.9 '+PROXY=any\0' 192.0.2.1 '+ADMIN=yes\0'
	serve_env --rules "$T/rules.cdb" -V
	# the header is taken of the one ...
	client "${V2}2111000c$ENDS" apart 127.0.5.9
	grep -qx ADMIN=yes "$T/told"
	# ... and of nobody else, of whatever version
	run ! client "${V2}2111000c$ENDS" apart 127.0.5.8
	no_byte_of_tls
	run ! client "$(printf 'PROXY TCP4 192.0.2.1 198.51.100.2 1 2\r\n' |
	    od -An -v -tx1 | tr -d ' \n')" apart 127.0.5.8
	no_byte_of_tls
	[ "$(summary -n 2 peer)" != 192.0.2.1:56324 ]
	[[ $(summary -n 2 peer) == 127.0.5.8:* ]]
	[ "$(summary -n 3 end)" = probe:proxy ]
}

@test "a health check with addresses in it is nobody else" {
	rules 192.0.2.1 '+ADMIN=yes\0'
	serve_env --rules "$T/rules.cdb" --proxy v2
	client "${V2}2011000c$ENDS" apart 127.0.5.9
	run ! grep -q '^ADMIN' "$T/told"
	grep -qx TCPREMOTEIP=127.0.5.9 "$T/told"
}

@test "a mapped address is denied by the rules of IPv4" {
	rules 192.0.2.1 "$DENY"
	serve_env --rules "$T/rules.cdb" --proxy v2
	run ! client "${V2}21210024$(printf %020d 0)ffffc0000201$(printf %020d \
	    0)ffffc6336402dc0401bb" apart
	no_byte_of_tls
	[ "$(summary end)" = denied ]
	[ "$(summary rule)" = 192.0.2.1 ]
}

@test "a header that stalls costs its time, and no byte is said" {
	local header number=0

	serve_env --proxy any --handshake-timeout 1
	mkfifo "$T/hold"
	for header in "${V2}2111000c" "${V2:0:10}" 50524f5859 ''; do
		number=$((number + 1))
		timeout 30 "$BATS_TEST_DIRNAME/../lib/proxy-client" "$PORT" \
		    "$PKI/ca.pem" "$header" held <"$T/hold" >"$T/told" 3>&- &
		exec 8>"$T/hold"
		wait_for grep -q there "$T/told"
		[ "$(summary -n "$number" end)" = timeout ]
		[ "$(summary -n "$number" stage)" = proxy ]
		[ "$(summary -n "$number" app)" = none ]
		exec 8>&-
		wait $!
		sed -i 1d "$T/told"
		no_byte
	done
}

@test "a length that no header has is refused before it is read" {
	serve_env --proxy v2 -V
	client "${V2}2111ffff" only
	no_byte
	logged 'longer than 16400 bytes'
	[ "$(summary end)" = probe:proxy ]
}

@test "a control character in a header reaches neither log nor environment" {
	serve_env --proxy v2 -v
	# an authority with a newline in it is refused
	client "${V2}21110013${ENDS}020004610a4243" only
	no_byte
	logged 'a control character in a text'
	# a unique id may be anything: it is escaped in both
	client "${V2}21110013${ENDS}050004610a4243" apart
	grep -qxF 'PROXY_UNIQUE_ID=a\0ABC' "$T/told"
	logged 'unique id a\\x0aBC'
	run ! grep -aq '^BC' "$LOG"
}

@test "a proxy that the rules deny is not heard" {
	rules 127.0.5.9 "$DENY" 192.0.2.1 '+ADMIN=yes\0'
	serve_env --rules "$T/rules.cdb" --proxy v2
	run ! client "${V2}2111000c$ENDS" apart 127.0.5.9
	no_byte_of_tls
	[ "$(summary rule)" = 127.0.5.9 ]
	[[ $(summary peer) == 127.0.5.9:* ]]
}
