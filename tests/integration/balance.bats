#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# HAProxy and nginx in front of tlsshims, by the examples that docs/proxy.md
# tells of: the program sees the client, and a session goes from one to the
# other.

load ../lib/common
load ../lib/daemons
load ../lib/proxies
load ../lib/rules

setup() {
	fresh
	openssl rand -hex 32 >"$T/keys"
	chmod 640 "$T/keys"
	[ "$(id -u)" -ne 0 ] || ! getent group tlsshim >/dev/null ||
	    chgrp tlsshim "$T/keys"
}
teardown() { leave_nothing; }

# shims [option ...] - two of them: ONE and TWO, their ports; FIRST and SECOND,
# their starters
shims() {
	serve "${CERT[@]}" --ticket-keys "$T/keys" "$@" -- sh -c \
	    'read -r line; exec env'
	ONE=$PORT FIRST=$STARTER_PID
	serve "${CERT[@]}" --ticket-keys "$T/keys" "$@" -- sh -c \
	    'read -r line; exec env'
	# shellcheck disable=SC2034 # for whoever wants to end it
	TWO=$PORT SECOND=$STARTER_PID
}

# told_to ADDRESS [s_client option ...] - a client at ADDRESS: $T/told
told_to() {
	local address=$1

	shift
	ask hello -bind "$address:0" "$@" >"$T/told"
}

# is NAME VALUE
is() {
	grep "^$1=" "$T/told" || :
	grep -qxF "$1=$2" "$T/told"
}

# shim_port - the port of the one that served
shim_port() {
	sed -n 's/^PROXY_LOCALPORT=//p' "$T/told"
}

# client_is ADDRESS - the program knows who the client is, and who the proxy
client_is() {
	is TCPREMOTEIP "$1"
	is TCPLOCALIP 127.0.0.1
	is TCPLOCALPORT "$FRONT"
	is PROXY_REMOTEIP 127.0.0.1
	[ "$(shim_port)" = "$ONE" ] || [ "$(shim_port)" = "$TWO" ]
}

# goes_from_one_to_the_other VERSION - a session made at one is resumed at the
# other; each is asked in turn
goes_from_one_to_the_other() {
	local made

	told_to 127.0.5.9 "-tls$1" -sess_out "$T/session-$1"
	is SSL_SESSION_RESUMED Initial
	client_is 127.0.5.9
	made=$(shim_port)
	told_to 127.0.5.8 "-tls$1" -sess_in "$T/session-$1"
	is SSL_SESSION_RESUMED Resumed
	client_is 127.0.5.8
	[ "$(shim_port)" != "$made" ]
}

@test "haproxy: the program sees the client, and a session goes from one tlsshim to the other" {
	shims --proxy v2 -v
	haproxy_on "$ONE" "$TWO" -e 's/check inter 2s check-send-proxy//'
	goes_from_one_to_the_other 1_3
	goes_from_one_to_the_other 1_2
	grep -qE '^PROXY_UNIQUE_ID=[0-9A-F]+:' "$T/told"
	logged 'proxy: 127.0.0.1:[0-9]+: conveys 127.0.5.9:[0-9]+: unique id [0-9A-F]'
}

@test "nginx: the program sees the client, and a session goes from one tlsshim to the other" {
	shims --proxy v1
	nginx_on "$ONE" "$TWO"
	goes_from_one_to_the_other 1_3
	goes_from_one_to_the_other 1_2
}

@test "two proxies balance two tlsshims, whichever header each sends" {
	local haproxy

	shims --proxy any
	haproxy_on "$ONE" "$TWO" -e 's/check inter 2s check-send-proxy//'
	haproxy=$PORT
	told_to 127.0.5.9 -sess_out "$T/session"
	client_is 127.0.5.9
	nginx_on "$ONE" "$TWO"
	told_to 127.0.5.8 -sess_in "$T/session"
	is SSL_SESSION_RESUMED Resumed
	client_is 127.0.5.8
	[ "$haproxy" != "$PORT" ]
}

@test "a tlsshim that is gone is not missed" {
	shims --proxy v2
	haproxy_on "$ONE" "$TWO" -e 's/inter 2s/inter 100ms/'
	told_to 127.0.5.9
	kill "$FIRST"
	wait_for gone "$FIRST"
	logged 'mail1 is DOWN'
	told_to 127.0.5.9
	[ "$(shim_port)" = "$TWO" ]
	told_to 127.0.5.9
	[ "$(shim_port)" = "$TWO" ]
}

@test "a health check is a LOCAL header, and has the proxy's own address" {
	shims --proxy v2
	# one that goes as far as TLS: the usual one is gone before we look
	haproxy_on "$ONE" "$TWO" \
	    -e 's/inter 2s/check-ssl verify none inter 100ms/'
	[ "$(summary tls)" = TLSv1.3 ]
	[ -z "$(summary proxy)" ]
	[[ $(summary peer) == 127.0.0.1:* ]]
	[ "$(summary local)" = "127.0.0.1:$ONE" ] ||
	    [ "$(summary local)" = "127.0.0.1:$TWO" ]
	run ! grep -a 'no PROXY header' "$LOG"
}

@test "the client's address rules, behind either proxy" {
	rules 127.0.0.1 '+PROXY=any\0' 127.0.5.9 '+WHO=friend\0' \
	    127.0.5.8 "$DENY"
	shims --rules "$T/rules.cdb" --default deny
	haproxy_on "$ONE" "$TWO" -e 's/check inter 2s check-send-proxy//'
	told_to 127.0.5.9
	is WHO friend
	run ! told_to 127.0.5.8
	[ ! -s "$T/told" ]
	nginx_on "$ONE" "$TWO"
	told_to 127.0.5.9
	is WHO friend
	run ! told_to 127.0.5.8
	[ ! -s "$T/told" ]
}

@test "haproxy that ends TLS itself tells what it agreed on" {
	shims --proxy v2 --export tcp
	cat "$PKI/p256.pem" "$PKI/p256.key" >"$T/both.pem"
	# the client speaks TLS to it, and it TLS to tlsshim
	haproxy_on "$ONE" "$TWO" -e "s|\(bind .*\)|\1 ssl crt $T/both.pem|" \
	    -e 's/check inter 2s check-send-proxy send-proxy-v2/send-proxy-v2-ssl-cn ssl verify none/' \
	    -e 's/crc32c,/crc32c,ssl,ssl-cipher,authority,/'
	told_to 127.0.5.9 -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256
	client_is 127.0.5.9
	is PROXY_SSL 1
	is PROXY_SSL_PROTOCOL TLSv1.2
	is PROXY_SSL_CIPHER ECDHE-ECDSA-AES128-GCM-SHA256
	is PROXY_SSL_CLIENT_VERIFY NONE
	is PROXY_AUTHORITY localhost
}

@test "curl sends a header of version 1" {
	shims --proxy v1
	# no HTTP comes back: the environment does
	timeout 20 curl -s --http0.9 --haproxy-protocol --cacert "$PKI/ca.pem" \
	    --interface 127.0.5.9 --resolve "localhost:$ONE:127.0.0.1" \
	    "https://localhost:$ONE/" >"$T/told" 3>&-
	is TCPREMOTEIP 127.0.5.9
	is TCPLOCALPORT "$ONE"
	is SSL_TLS_SNI localhost
}
