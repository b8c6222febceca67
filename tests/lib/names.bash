# SPDX-License-Identifier: ISC
#
# Name servers and ident daemons, real and false, on addresses of loopback.
#
#	load ../lib/names
#
# Names are looked up for 127.0.5.N, which a client takes by being bound to
# it; every ident daemon has an address of its own, and port 113.
# shellcheck shell=bash

: "${T:=}"

# The addresses and names that dns_server knows:
#	127.0.5.1	server.example.org
#	127.0.5.9	Client.Example.ORG, which has that address
#	127.0.5.8	friend.example.org, which has another
#	127.0.5.7	two names, the second one has it
#	127.0.5.6	names that are none
#	2001:db8::9	six.example.org, which has that address
#	127.0.5.4	nobody knows it
# shellcheck disable=SC2054 # the commas are dnsmasq's
ZONE=(
	--ptr-record=1.5.0.127.in-addr.arpa,server.example.org
	--ptr-record=9.5.0.127.in-addr.arpa,Client.Example.ORG
	--host-record=client.example.org,127.0.5.9
	--ptr-record=8.5.0.127.in-addr.arpa,friend.example.org
	--host-record=friend.example.org,127.0.5.3
	--ptr-record=7.5.0.127.in-addr.arpa,other.example.org
	--ptr-record=7.5.0.127.in-addr.arpa,right.example.org
	--host-record=other.example.org,127.0.5.3
	--host-record=right.example.org,127.0.5.3
	--host-record=right.example.org,127.0.5.7
	--ptr-record=6.5.0.127.in-addr.arpa,evil_name.example.org
	--ptr-record=5.5.0.127.in-addr.arpa,127.0.5.5
	--ptr-record=9.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa,six.example.org
	--host-record=six.example.org,2001:db8::9
)

# dns_server [OPTION...] - dnsmasq with that zone: DNSCACHEIP
dns_server() {
	start_server dnsmasq --conf-file=/dev/null --no-resolv --no-hosts \
	    --keep-in-foreground --user="$(id -un)" --pid-file= \
	    --listen-address=127.0.0.1 --bind-interfaces \
	    --port="$(free_port)" "${ZONE[@]}" "$@"
	# shellcheck disable=SC2034,SC2153 # for the tests; from start_server
	DNSCACHEIP=127.0.0.1:$PORT
}

# mute_dns_server - it hears, and never answers: DNSCACHEIP
mute_dns_server() {
	local port

	port=$(free_port)
	start socat -u "UDP-RECV:$port,bind=127.0.0.1" "OPEN:$T/queries,creat"
	wait_for grep -q "$(printf ':%04X ' "$port")" /proc/net/udp
	# shellcheck disable=SC2034 # for the tests
	DNSCACHEIP=127.0.0.1:$port
}

# oident_daemon ADDRESS - Debian's oidentd at ADDRESS
oident_daemon() {
	local oidentd=$PEERS/oidentd/usr/sbin/oidentd

	[ -x "$oidentd" ] || skip "oidentd: not unpacked"
	start_server "$oidentd" --foreground --nosyslog --address "$1" \
	    --user nobody --group nogroup \
	    --config "$PEERS/oidentd/etc/oidentd.conf"
}

# false_ident ADDRESS SCRIPT - a daemon that is a shell script: $query is what
# it was asked
false_ident() {
	printf '#!/bin/bash\nIFS= read -r query\nquery=${query%%$%s}\n%s\n' \
	    "'\\r'" "$2" >"$T/ident"
	chmod 755 "$T/ident"
	start_server socat "TCP-LISTEN:113,bind=$1,reuseaddr,fork" \
	    "EXEC:$T/ident"
}
