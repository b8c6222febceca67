#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# fetch-ocsp with openssl's responder, and with one that says what it is told.

load ../lib/common

setup() {
	fresh
	# nothing that the machine has set may send loopback to a proxy
	unset http_proxy HTTP_PROXY
	FETCH=$SHIM_TREE/scripts/fetch-ocsp
	mkdir "$T/etc"
	CERT=$T/etc/site.pem
	PORT=$(free_port)
	: >"$T/index"
}

teardown() { leave_nothing; }

# issue NAME URI [CA [EXTENSION]] - $T/NAME.pem and .key, serial $SERIAL
issue() {
	SERIAL=$(openssl rand -hex 8 | sed 's/^./1/' | tr a-f A-F)
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
	    -keyout "$T/$1.key" -out "$T/$1.pem" -days 7 -subj "/CN=$1 $SERIAL" \
	    -CA "${3:-$PKI/ca}.pem" -CAkey "${3:-$PKI/ca}.key" \
	    -set_serial "0x$SERIAL" -addext "${4:-keyUsage=digitalSignature}" \
	    -addext 'basicConstraints=critical,CA:FALSE' \
	    ${2:+-addext "authorityInfoAccess=OCSP;URI:$2"} 2>"$T/noise"
	printf 'V\t301231235959Z\t\t%s\tunknown\t/CN=%s\n' "$SERIAL" "$1 $SERIAL" \
	    >>"$T/index"
}

# site - $CERT: leaf, issuer and key, of a responder that is on $PORT
site() {
	issue site "http://127.0.0.1:$PORT/"
	cat "$T/site.pem" "$PKI/ca.pem" "$T/site.key" >"$CERT"
}

# responder [CA [SIGNER]] - openssl's, on $PORT; SIGNER's certificate says so
responder() {
	start openssl ocsp -port "$PORT" -index "$T/index" \
	    -CA "${1:-$PKI/ca}.pem" -rsigner "${2:-${1:-$PKI/ca}}.pem" \
	    -rkey "${2:-${1:-$PKI/ca}}.key" -ndays 1
	wait_for listening_port "$STARTER_PID"
}

# canned FILE [STATUS] - a responder that says FILE to whoever asks, and
# writes down the uid of him who did
canned() {
	start python3 -c '
import http.server, sys
class Canned(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        mine = "0100007F:%04X" % self.client_address[1]
        with open("/proc/net/tcp") as table:
            uid = [l.split()[7] for l in table if l.split()[1] == mine]
        with open(sys.argv[4], "w") as out:
            out.write(uid[0] if uid else "?")
        self.send_response(int(sys.argv[3]), "\x1b[31mred")
        self.send_header("Content-Type", "application/ocsp-response")
        self.end_headers()
        self.wfile.write(open(sys.argv[2], "rb").read())
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Canned).serve_forever()
' "$PORT" "$1" "${2:-200}" "$T/uid"
	wait_for listening_port "$STARTER_PID"
}

# good STAPLE - openssl says so of it
good() {
	openssl ocsp -respin "$1" -issuer "$PKI/ca.pem" -cert "$T/site.pem" \
	    -CAfile "$PKI/ca.pem" -no_nonce 2>"$T/noise" |
	    grep -qx "$T/site.pem: good"
}

# faults REGEX [fetch-ocsp argument ...] - one line like that, status 1
faults() {
	local wanted=$1

	shift
	[ $# -gt 0 ] || set -- "$CERT"
	run "$FETCH" --timeout 3 "$@"
	echo "$output"
	[ "$status" -eq 1 ]
	[ "${#lines[@]}" -eq 1 ]
	[[ $output =~ $wanted ]]
	[ -z "$(tr -d '\n[:print:]' <<<"$output")" ]
}

# keeps COMMAND... - the staple is what it was before
keeps() {
	local before

	before=$(sha256sum "$CERT.ocsp")
	"$@"
	[ "$(sha256sum "$CERT.ocsp")" = "$before" ]
}

@test "a good answer becomes the staple, readable by all" {
	site
	responder
	run "$FETCH" "$CERT"
	[ "$status" -eq 0 ] && [ -z "$output" ]
	good "$CERT.ocsp"
	[ "$(stat -c %a "$CERT.ocsp")" = 644 ]
	[ "$(find "$T/etc" -type f | wc -l)" -eq 2 ]
}

@test "who asks the network is not root" {
	need_root
	site
	canned /dev/null
	faults 'site.pem: http://127.0.0.1:[0-9]+/: no answer: '
	[ "$(cat "$T/uid")" -eq "$(id -u tlsshim-net)" ]
}

@test "a newer answer replaces the staple, an older one does not" {
	site
	responder
	"$FETCH" "$CERT"
	cp "$CERT.ocsp" "$T/older"
	newer() { "$FETCH" "$CERT" && ! cmp -s "$CERT.ocsp" "$T/older"; }
	wait_for newer
	good "$CERT.ocsp"
	stop
	canned "$T/older"
	keeps "$FETCH" "$CERT"
}

@test "a staple of another certificate, or of nobody, is replaced" {
	site
	responder
	echo rubbish >"$CERT.ocsp"
	"$FETCH" "$CERT"
	good "$CERT.ocsp"
	cp "$CERT.ocsp" "$T/theirs"
	site
	stop
	responder
	run ! good "$T/theirs"
	"$FETCH" "$CERT"
	good "$CERT.ocsp"
}

@test "an answer that is not to be believed changes nothing" {
	local file

	site
	responder
	"$FETCH" "$CERT"
	stop
	cp "$CERT.ocsp" "$T/kept"
	# a bit of the signature
	python3 - "$T/kept" "$T/forged" <<-'END'
	import sys
	answer = bytearray(open(sys.argv[1], "rb").read())
	at = answer.index(bytes.fromhex("06082a8648ce3d040302")) + 40
	answer[at] ^= 1
	open(sys.argv[2], "wb").write(answer)
	END
	head -c 300 "$T/kept" >"$T/short"
	head -c 300000 /dev/zero >"$T/long"
	for file in forged short long; do
		canned "$T/$file"
		keeps faults 'site.pem: http://127.0.0.1:[0-9]+/: .*: the staple is left as it was'
		stop
	done
	canned "$T/kept" 404
	keeps faults 'no answer: '
	[[ $output != *red* ]]
}

@test "an answer about another certificate changes nothing" {
	site
	responder
	"$FETCH" "$CERT"
	cp "$CERT.ocsp" "$T/theirs"
	site
	rm "$CERT.ocsp"
	stop
	canned "$T/theirs"
	faults 'not about this certificate'
	[ ! -e "$CERT.ocsp" ]
}

@test "another CA's answer is not believed, a delegate's is" {
	site
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -noenc \
	    -keyout "$T/other.key" -out "$T/other.pem" -days 7 \
	    -subj '/CN=other' 2>"$T/noise"
	issue delegate '' "$PKI/ca" extendedKeyUsage=OCSPSigning
	issue imposter ''
	responder "$PKI/ca" "$T/other"
	faults "not signed by the certificate's issuer"
	stop
	responder "$PKI/ca" "$T/imposter"
	faults "not signed by the certificate's issuer"
	stop
	[ ! -e "$CERT.ocsp" ]
	responder "$PKI/ca" "$T/delegate"
	"$FETCH" "$CERT"
	good "$CERT.ocsp"
}

@test "a revoked certificate loses its staple, and that is told" {
	site
	responder
	"$FETCH" "$CERT"
	stop
	sed -i 's/^V\(\t[^\t]*\)\t/R\1\t240101000000Z/' "$T/index"
	responder
	faults 'site.pem: .*: the certificate is revoked'
	[ ! -e "$CERT.ocsp" ]
}

@test "an unknown certificate, and one that must be asked later, have no staple" {
	site
	: >"$T/index"
	responder
	faults 'site.pem: http://127.0.0.1:[0-9]+/: unknown'
	stop
	printf '\x30\x03\x0a\x01\x03' >"$T/later"
	canned "$T/later"
	faults 'trylater \(3\)'
	[ ! -e "$CERT.ocsp" ]
}

@test "a responder that is not there, or says nothing, leaves the staple" {
	site
	responder
	"$FETCH" "$CERT"
	stop
	keeps faults 'site.pem: http://127.0.0.1:[0-9]+/: no answer'
	start python3 -c 'import socket, sys, time
s = socket.create_server(("127.0.0.1", int(sys.argv[1])))
c, _ = s.accept()
c.recv(65536)
s.accept()' "$PORT"
	wait_for listening_port "$STARTER_PID"
	keeps faults 'site.pem: http://127.0.0.1:[0-9]+/: no answer'
}

@test "what is no plain http address is not asked" {
	local uri

	canned /dev/null
	for uri in "https://127.0.0.1:$PORT/" "http://user@127.0.0.1:$PORT/" \
	    "ftp://127.0.0.1:$PORT/" "-respout" "http://-127.0.0.1:$PORT/" \
	    "http://127.0.0.1:$PORT/\`touch\${IFS}$T/ran\`" "http://" \
	    "http://127.0.0.1:$PORT/ -respout $T/ran" "file:///etc/passwd" \
	    "http://127.0.0.1:$PORT/"$'\x1b[31m' "http://127.0.0.1:123456/"; do
		printf '%s\n' '[v]' 'basicConstraints=critical,CA:FALSE' \
		    'authorityInfoAccess=@a' '[a]' \
		    "OCSP;URI=${uri/\$/\\$}" >"$T/extensions"
		openssl req -new -key "$PKI/p256.key" -subj /CN=hostile |
		    openssl x509 -req -CA "$PKI/ca.pem" -CAkey "$PKI/ca.key" \
		        -set_serial 7 -extfile "$T/extensions" \
		        -extensions v 2>"$T/noise" >"$CERT"
		cat "$PKI/ca.pem" >>"$CERT"
		faults 'site.pem: .*: not an http address that is asked'
	done
	[ ! -e "$T/ran" ] && [ ! -e "$T/uid" ]
}

@test "the issuer is looked for in the file, beside it, and where we are told" {
	site
	responder
	cp "$T/site.pem" "$CERT"
	faults 'site.pem: its issuer is not in it: add the chain'
	"$FETCH" --issuer "$PKI/chain.pem" --issuer "$PKI/ca.pem" "$CERT"
	good "$CERT.ocsp"
	rm "$CERT.ocsp"
	cp "$PKI/ca.pem" "$T/etc/chain.pem"
	"$FETCH" "$CERT"
	good "$CERT.ocsp"
	# in the order of UCSPI-SSL, and DER
	rm "$CERT.ocsp" "$T/etc/chain.pem"
	cat "$PKI/ca.pem" "$T/site.pem" >"$CERT"
	"$FETCH" "$CERT"
	good "$CERT.ocsp"
	rm "$CERT.ocsp"
	openssl x509 -in "$T/site.pem" -outform DER -out "$CERT"
	"$FETCH" --issuer "$PKI/ca.pem" "$CERT"
	good "$CERT.ocsp"
}

@test "a directory's certificates get their staples, all the rest is passed over" {
	site
	mkdir "$T/etc/.site.1" "$T/etc/old.example"
	cat "$CERT" >"$T/etc/.site.1/fullchain.pem"
	ln -s .site.1 "$T/etc/site.example"
	ln -s site.example "$T/etc/www.site.example"
	cp "$T/site.pem" "$T/etc/old.example/cert.pem"
	cp "$PKI/ca.pem" "$T/etc/old.example/chain.pem"
	cp "$PKI/ca.pem" "$PKI/p256.pem" "$T/etc/"
	cp "$T/site.key" "$T/etc/key.pem"
	ln -s nowhere "$T/etc/dangling.pem"
	responder
	run "$FETCH" "$T/etc"
	[ "$status" -eq 0 ] && [ -z "$output" ]
	find "$T/etc" -name '*.ocsp' -printf '%P\n' | sort >"$T/staples"
	diff - "$T/staples" <<-'END'
	.site.1/fullchain.pem.ocsp
	old.example/cert.pem.ocsp
	site.pem.ocsp
	END
	good "$T/etc/site.example/fullchain.pem.ocsp"
}

@test "a certificate that is swapped while it is asked about keeps its staple apart" {
	site
	mkdir "$T/etc/.site.1" "$T/etc/.site.2" "$T/bin"
	mv "$CERT" "$T/etc/.site.1/fullchain.pem"
	cp "$PKI/p256.pem" "$T/etc/.site.2/fullchain.pem"
	ln -s .site.1 "$T/etc/site.example"
	responder
	cat >"$T/bin/openssl" <<-END
	#!/bin/sh
	ln -sfn .site.2 "$T/etc/site.example"
	exec "$(command -v openssl)" "\$@"
	END
	chmod 755 "$T/bin/openssl"
	PATH=$T/bin:$PATH "$FETCH" "$T/etc/site.example/fullchain.pem"
	good "$T/etc/.site.1/fullchain.pem.ocsp"
	[ ! -e "$T/etc/.site.2/fullchain.pem.ocsp" ]
}

@test "one fault does not keep the others from their staples" {
	site
	issue none "http://127.0.0.1:1/"
	cat "$T/none.pem" "$PKI/ca.pem" >"$T/etc/a.pem"
	issue site "http://127.0.0.1:$PORT/"
	cat "$T/site.pem" "$PKI/ca.pem" >"$CERT"
	responder
	faults 'a.pem: ' "$T/etc/a.pem" "$CERT"
	good "$CERT.ocsp"
	faults 'nosuch: cannot be read' "$T/nosuch" "$CERT"
	faults 'key: no server.s certificate in it' "$T/site.key"
	chmod 777 "$T/etc"
	faults 'etc: others may write there' "$CERT"
}

@test "a command line that is wrong is told" {
	for arguments in '' '--timeout 0 x' '--nosuch' '--issuer'; do
		# shellcheck disable=SC2086 # several
		run "$FETCH" $arguments
		[ "$status" -eq 100 ]
		[ "${#lines[@]}" -eq 1 ]
	done
}
