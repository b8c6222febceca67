#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# deploy-hook: a certificate and its key, swapped as one.

load ../lib/common

setup() {
	fresh
	unset RENEWED_LINEAGE RENEWED_DOMAINS CERT_KEY_PATH \
	    CERT_FULLCHAIN_PATH Le_Domain
	HOOK=$SHIM_TREE/scripts/deploy-hook
	CERTS=$T/certs
	mkdir -m 755 "$CERTS"
}

teardown() { leave_nothing; }

# issue DIR NAME,... [openssl option ...] - as certbot lays them out
issue() {
	local names=${2//,/,DNS:}

	mkdir -p "$T/$1"
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
	    -keyout "$T/$1/privkey.pem" -out "$T/$1/fullchain.pem" -days 7 \
	    -CA "$PKI/ca.pem" -CAkey "$PKI/ca.key" -subj "/CN=${2%%,*}" \
	    -set_serial "0x1$(openssl rand -hex 7)" \
	    -addext basicConstraints=critical,CA:FALSE \
	    -addext "subjectAltName=DNS:$names" "${@:3}" 2>"$T/noise"
	cat "$PKI/ca.pem" >>"$T/$1/fullchain.pem"
}

# deploy DIR NAME [option ...]
deploy() {
	"$HOOK" --dir "$CERTS" --name "$2" --key "$T/$1/privkey.pem" \
	    --fullchain "$T/$1/fullchain.pem" "${@:3}"
}

# has NAME DIR - what was issued in DIR is what NAME has
has() {
	cmp "$CERTS/$1/fullchain.pem" "$T/$2/fullchain.pem" &&
	    cmp "$CERTS/$1/privkey.pem" "$T/$2/privkey.pem"
}

everything() {
	find "$CERTS" ! -name .lock -printf '%P %l %m %i\n' | sort
}

# refused REGEX COMMAND... - one line like that, and nothing has changed
refused() {
	local wanted=$1 before

	shift
	before=$(everything)
	run "$@"
	echo "$output"
	[ "$status" -ne 0 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output =~ $wanted ]]
	diff <(cat <<<"$before") <(everything)
}

versions() {
	find "$CERTS" -mindepth 1 -type d | wc -l
}

@test "certbot's environment is all it takes" {
	issue live/example.org-0001 example.org,www.example.org
	RENEWED_LINEAGE=$T/live/example.org-0001 \
	    RENEWED_DOMAINS='example.org www.example.org' \
	    run "$HOOK" --dir "$CERTS"
	[ "$status" -eq 0 ] && [ -z "$output" ]
	has example.org live/example.org-0001
	[ ! -e "$CERTS/www.example.org" ]
	[ -L "$CERTS/example.org" ]
}

@test "certbot's lineage gives the name where it is one of the domains" {
	issue live/www.example.org example.org,www.example.org
	RENEWED_LINEAGE=$T/live/www.example.org \
	    RENEWED_DOMAINS='example.org www.example.org' \
	    "$HOOK" --dir "$CERTS"
	has www.example.org live/www.example.org
}

@test "acme.sh's environment is all it takes" {
	issue new example.org
	CERT_KEY_PATH=$T/new/privkey.pem Le_Domain=Example.ORG \
	    CERT_FULLCHAIN_PATH=$T/new/fullchain.pem "$HOOK" --dir "$CERTS"
	has example.org new
}

@test "the files are the group's, and nobody else's" {
	local entry

	issue new example.org
	deploy new example.org
	run find -L "$CERTS/example.org" -printf '%u:%g %m\n'
	if [ "$(id -u)" -eq 0 ]; then
		[ "$output" = $'root:tlsshim 750\nroot:tlsshim 640\nroot:tlsshim 640' ]
		deploy new example.org --group tlsshim-app
		[ "$(stat -Lc %G "$CERTS/example.org/privkey.pem")" = tlsshim-app ]
	else
		[ "$(sed 's/.* //' <<<"$output" | paste -sd' ')" = '750 640 640' ]
	fi
}

@test "the version before stays, and is gone after the next" {
	local first second

	issue one example.org
	issue two example.org
	deploy one example.org
	first=$(readlink "$CERTS/example.org")
	deploy two example.org
	has example.org two
	second=$(readlink "$CERTS/example.org")
	cmp "$CERTS/$first/privkey.pem" "$T/one/privkey.pem"
	[ "$(versions)" -eq 2 ]
	deploy one example.org
	[ ! -e "$CERTS/$first" ] && [ -e "$CERTS/$second" ]
	[ "$(versions)" -eq 2 ]
}

@test "what is another name's, or not ours, is not tidied" {
	issue one example.org,www.example.org
	mkdir "$CERTS/.example.org.mine" "$CERTS/.example.org.backup-abcdef"
	deploy one www.example.org
	deploy one example.org
	deploy one example.org
	deploy one example.org
	has www.example.org one
	[ -d "$CERTS/.example.org.mine" ]
	[ -d "$CERTS/.example.org.backup-abcdef" ]
	# a killed one's
	mkdir "$CERTS/.example.org.1700000000-abcdef"
	ln -s x "$CERTS/.new.abcdef"
	deploy one example.org
	[ ! -e "$CERTS/.example.org.1700000000-abcdef" ]
	[ ! -L "$CERTS/.new.abcdef" ]
}

@test "every name of the certificate leads to it, where that is asked" {
	cd "$CERTS"
	issue one example.org,www.example.org,*.example.org
	issue old www.example.org
	deploy old www.example.org
	deploy one example.org --every-name
	has example.org one
	has www.example.org one
	has '*.example.org' one
	[ "$(readlink "$CERTS/*.example.org")" = example.org ]
	issue two example.org,www.example.org,*.example.org
	deploy two example.org --every-name
	has www.example.org two
	issue wild '*.example.org'
	deploy wild '*.example.org'
	has '*.example.org' wild
	has example.org two
}

@test "what cannot be served is refused, and nothing is changed" {
	issue good example.org
	issue other example.org
	deploy good example.org
	cp "$T/other/privkey.pem" "$T/good/theirs.pem"
	refused 'theirs.pem: not the key of .*fullchain.pem: nothing is changed' \
	    deploy good example.org --key "$T/good/theirs.pem"
	refused 'good/fullchain.pem: not for example.net: name one' \
	    deploy good example.net
	refused 'good/fullchain.pem: not for \*.example.org' \
	    deploy good '*.example.org'
	refused 'privkey.pem: no certificate in PEM' \
	    deploy good example.org --fullchain "$T/good/privkey.pem"
	refused 'ca.pem: no private key in PEM' \
	    deploy good example.org --key "$PKI/ca.pem"
	openssl pkey -in "$T/good/privkey.pem" -aes128 -passout pass:x \
	    -out "$T/good/encrypted.pem"
	refused 'encrypted.pem: no private key in PEM, or an encrypted one' \
	    deploy good example.org --key "$T/good/encrypted.pem"
	refused 'nosuch: cannot be read' \
	    deploy good example.org --key "$T/nosuch"
	chmod 777 "$CERTS"
	refused 'certs: others may write there' deploy good example.org
	has example.org good
}

@test "somebody else's directory is refused" {
	need_root
	issue good example.org
	mkdir -p "$CERTS"
	chown nobody "$CERTS"
	refused 'certs: is nobody.s, who may write there: chown root' \
	    deploy good example.org
}

# selfsigned DIR WHEN - valid from WHEN on for 7 days
selfsigned() {
	mkdir "$T/$1"
	faketime "$2" openssl req -x509 -newkey ed25519 -noenc -days 7 \
	    -keyout "$T/$1/privkey.pem" -out "$T/$1/fullchain.pem" \
	    -subj /CN=example.org -addext subjectAltName=DNS:example.org \
	    2>"$T/noise"
}

@test "a certificate of another time is refused" {
	need faketime
	selfsigned later '+2 days'
	refused 'later/fullchain.pem: not valid yet' deploy later example.org
	selfsigned expired '-8 days'
	refused 'expired/fullchain.pem: has expired' deploy expired example.org
	selfsigned now '-1 day'
	deploy now example.org
	has example.org now
}

@test "a name that is none comes near no path" {
	local name

	issue good example.org
	for name in ../example.org . .. .example.org example..org /etc \
	    'example.org/x' $'a\nb' 'a b' '*' '*.' '**.org' 'a.*.org' _x \
	    -x x- "$(printf 'x%.0s' {1..64}).org" \
	    "$(printf 'x.%.0s' {1..127})org"; do
		refused 'no server name' deploy good "$name"
	done
	refused 'usage: ' deploy good ''
	refused 'usage: ' "$HOOK" --dir "$CERTS" --nosuch
	refused 'usage: ' "$HOOK" --dir "$CERTS"
	refused 'name: wants a value' "$HOOK" --name
}

@test "a directory that somebody made by hand is left alone" {
	issue good example.org
	mkdir "$CERTS/example.org"
	refused 'certs/example.org: not a link of ours: move it away' \
	    deploy good example.org
}

@test "in 50 swaps no reader meets a certificate with another's key" {
	local round pids

	issue a example.org
	issue b example.org
	deploy a example.org
	touch "$T/go"
	cat >"$T/reader" <<-'END'
	import os, sys
	link, one, two, go = sys.argv[1:]
	def read(name, at):
	    with open(os.open(name, os.O_RDONLY, dir_fd=at), "rb") as file:
	        return file.read()
	def pair(path):
	    at = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
	    try:
	        return read("fullchain.pem", at), read("privkey.pem", at)
	    finally:
	        os.close(at)
	known = {pair(one): 0, pair(two): 0}
	while os.path.exists(go):
	    known[pair(link)] += 1    # KeyError: mixed, or cut short
	print(min(known.values()))
	END
	for round in 1 2; do
		nice -n 19 python3 "$T/reader" "$CERTS/example.org" "$T/a" "$T/b" \
		    "$T/go" >"$T/reader.$round" 2>&1 &
		pids[round]=$!
	done
	for round in {1..25}; do
		deploy b example.org
		deploy a example.org
	done
	rm "$T/go"
	for round in 1 2; do
		wait "${pids[round]}" || { cat "$T/reader.$round"; return 1; }
		[ "$(cat "$T/reader.$round")" -gt 5 ]
	done
	[ "$(versions)" -eq 2 ]
}

@test "the next connection has the new certificate, the old one lives on" {
	local fifo=$T/fifo out=$T/out client serial

	issue one localhost
	issue two localhost
	deploy one localhost
	chmod 755 "$CERTS"
	serve --cert-dir "$CERTS" "${CERT[@]}" -- \
	    sh -c 'echo "$SSL_SERVER_M_SERIAL"; head -n 1'
	mkfifo "$fifo"
	s_client <"$fifo" >"$out" &
	client=$!
	exec 8>"$fifo"
	wait_for grep -q . "$out"
	deploy two localhost
	run ask ''
	serial=$(openssl x509 -in "$T/two/fullchain.pem" -noout -serial)
	[ "${lines[0]}" = "${serial#serial=}" ]
	echo 'still here' >&8
	wait_for grep -qx 'still here' "$out"
	exec 8>&-
	wait "$client"
	serial=$(openssl x509 -in "$T/one/fullchain.pem" -noout -serial)
	[ "$(head -n 1 "$out")" = "${serial#serial=}" ]
}

# an ACME server that believes everybody: $ACME, its address
acme_server() {
	local port management

	port=$(free_port)
	management=$(free_port)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
	    -keyout "$T/acme.key" -out "$T/acme.pem" -days 7 -subj /CN=acme \
	    -addext subjectAltName=IP:127.0.0.1 2>"$T/noise"
	cat >"$T/acme.json" <<-END
	{ "pebble": { "listenAddress": "127.0.0.1:$port",
	    "managementListenAddress": "127.0.0.1:$management",
	    "certificate": "$T/acme.pem", "privateKey": "$T/acme.key",
	    "httpPort": $(free_port), "tlsPort": $(free_port) } }
	END
	start env PEBBLE_VA_ALWAYS_VALID=1 PEBBLE_VA_NOSLEEP=1 \
	    PEBBLE_WFE_NONCEREJECT=0 pebble -config "$T/acme.json"
	wait_for grep -q 'ACME directory available' "$LOG"
	ACME=https://127.0.0.1:$port/dir
}

# the_certbot COMMAND ARG... - in directories of its own
the_certbot() {
	REQUESTS_CA_BUNDLE=$T/acme.pem timeout 60 certbot "$@" -n \
	    --server "$ACME" --config-dir "$T/le" --work-dir "$T/work" \
	    --logs-dir "$T/logs" >>"$LOG" 2>&1 3>&-
}

@test "certbot gets a certificate, renews it, and each time it is deployed" {
	local first

	need certbot pebble
	acme_server
	the_certbot certonly --standalone --http-01-port "$(free_port)" \
	    --agree-tos --register-unsafely-without-email \
	    -d example.org -d www.example.org \
	    --deploy-hook "$HOOK --dir $CERTS --every-name"
	has example.org le/live/example.org
	has www.example.org le/live/example.org
	first=$(readlink "$CERTS/example.org")
	the_certbot renew --force-renewal --no-random-sleep-on-renew
	has example.org le/live/example.org
	has www.example.org le/live/example.org
	[ "$(readlink "$CERTS/example.org")" != "$first" ]
	run ! cmp -s "$CERTS/$first/fullchain.pem" \
	    "$T/le/live/example.org/fullchain.pem"
}
