#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Which certificate a client gets: by the name it asks for, and by what it can
# verify.

load ../lib/common

setup_file() {
	export P=$BATS_FILE_TMPDIR/pki
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/
	mkdir -m 755 "$P"
	make_authority root-a p256 int-a
	make_authority root-b rsa int-b
	cat "$P/root-a.pem" "$P/root-b.pem" >"$P/roots.pem"
	make_leaf rsa rsa int-b localhost
	make_leaf p256 p256 int-a localhost
	make_leaf p384 p384 int-a localhost
	make_leaf ed25519 ed25519 int-a localhost
	make_leaf pss pss int-b localhost
	make_leaf one p256 int-a one.example
	make_leaf one-rsa rsa int-b one.example
	make_leaf two p384 int-a two.example '*.two.example'
}

setup() { fresh; }
teardown() { leave_nothing; }

# ------------------------------------------------------------ certificates

# new_key KIND - to standard output
new_key() {
	case $1 in
	pss) openssl genpkey -quiet -algorithm RSA-PSS \
	    -pkeyopt rsa_keygen_bits:2048 ;;
	pss384) openssl genpkey -quiet -algorithm RSA-PSS \
	    -pkeyopt rsa_keygen_bits:2048 -pkeyopt rsa_pss_keygen_md:sha384 \
	    -pkeyopt rsa_pss_keygen_mgf1_md:sha384 \
	    -pkeyopt rsa_pss_keygen_saltlen:48 ;;
	rsa) openssl genpkey -quiet -algorithm RSA -pkeyopt rsa_keygen_bits:2048 ;;
	ed25519) openssl genpkey -algorithm ED25519 ;;
	p*) openssl genpkey -algorithm EC -pkeyopt "ec_paramgen_curve:P-${1#p}" ;;
	esac
}

# hide FILE... - there are keys in them
hide() {
	chmod 640 "$@"
	[ "$(id -u)" -ne 0 ] || chgrp tlsshim "$@"
}

# issue NAME KIND ISSUER EXTENSION... - NAME.pem and NAME.key, CN=NAME
issue() {
	local name=$1 kind=$2 issuer=$3

	shift 3
	new_key "$kind" >"$P/$name.key"
	printf '%s\n' "$@" >"$P/$name.ext"
	openssl req -new -key "$P/$name.key" -subj "/O=tlsshim tests/CN=$name" |
	    openssl x509 -req -days 30 -CA "$P/$issuer.pem" \
	        -CAkey "$P/$issuer.key" -set_serial "0x$(openssl rand -hex 8)" \
	        -extfile "$P/$name.ext" -out "$P/$name.pem" 2>/dev/null
	hide "$P/$name.key"
}

# make_authority ROOT KIND INTERMEDIATE
make_authority() {
	new_key "$2" >"$P/$1.key"
	openssl req -x509 -new -key "$P/$1.key" -days 30 \
	    -subj "/O=tlsshim tests/CN=$1" \
	    -addext 'keyUsage=critical,keyCertSign' -out "$P/$1.pem"
	issue "$3" "$2" "$1" 'basicConstraints=critical,CA:TRUE'
}

# make_leaf NAME KIND ISSUER HOST... - NAME.pem with its intermediate in
# NAME.chain, all of it in NAME.full, with the key in NAME.all
make_leaf() {
	local name=$1 kind=$2 issuer=$3

	shift 3
	issue "$name" "$kind" "$issuer" \
	    "subjectAltName=$(printf 'DNS:%s,' "$@" | sed 's/,$//')" \
	    'keyUsage=critical,digitalSignature' 'extendedKeyUsage=serverAuth'
	cp "$P/$issuer.pem" "$P/$name.chain"
	cat "$P/$name.pem" "$P/$name.chain" >"$P/$name.full"
	cat "$P/$name.full" "$P/$name.key" >"$P/$name.all"
	hide "$P/$name.all"
}

# pairs NAME... - the options for these, in PAIRS
pairs() {
	local name

	PAIRS=()
	for name; do
		PAIRS+=(--cert "$P/$name.full" --key "$P/$name.key")
	done
}

# ----------------------------------------------------------------- clients

# serve_names ARG... - an application that tells whose certificate was shown
serve_names() {
	serve "$@" -- sh -c 'read line; echo "$SSL_SERVER_S_DN_CN"'
}

# shown [s_client option ...] - whose; its chain is verified by the client
shown() {
	ask hello -CAfile "$P/roots.pem" "$@"
}

# shown_nameless [s_client option ...] - without asking for a name
# shellcheck disable=SC2119,SC2120 # refused_by hands it some
shown_nameless() {
	timeout 20 openssl s_client -quiet -verify_quiet \
	    -connect "127.0.0.1:$PORT" -CAfile "$P/roots.pem" \
	    -verify_return_error -noservername "$@" 2>>"$T/client.log" 3>&- \
	    <<<hello
}

# shown_for NAME [s_client option ...] - whose, and it is valid for NAME
shown_for() {
	shown -servername "$1" -verify_hostname "$1" "${@:2}"
}

# refused_by ALERT CLIENT... - CLIENT is shown nothing, but this alert
refused_by() {
	local number

	number=$(summaries | wc -l)
	run "${@:2}"
	[ "$output" = '' ]
	[ "$(summary -n $((number + 1)) end)" = "alert-sent:$1" ]
}

# ---------------------------------------------------------------- the key

@test "a client of TLS 1.3 gets the key whose signatures it asks for" {
	pairs rsa p256 p384 ed25519
	serve_names "${PAIRS[@]}"
	[ "$(shown -tls1_3 -sigalgs RSA-PSS+SHA256:RSA+SHA256)" = rsa ]
	[ "$(shown -tls1_3 -sigalgs ECDSA+SHA256)" = p256 ]
	[ "$(shown -tls1_3 -sigalgs ECDSA+SHA384)" = p384 ]
	[ "$(shown -tls1_3 -sigalgs ed25519)" = ed25519 ]
}

@test "a client that asks for RSA-PSS with a key for it alone gets that" {
	local version

	pairs p256 rsa pss ed25519
	serve_names "${PAIRS[@]}"
	for version in -tls1_2 -tls1_3; do
		[ "$(shown "$version" \
		    -sigalgs rsa_pss_pss_sha256:RSA+SHA256)" = pss ]
		[ "$(shown "$version" \
		    -sigalgs rsa_pss_rsae_sha256:RSA+SHA256)" = rsa ]
	done
}

@test "a key that is bound to one hash is for who has that" {
	local version

	make_leaf pss384 pss384 int-b localhost
	pairs rsa pss384
	serve_names "${PAIRS[@]}"
	for version in -tls1_2 -tls1_3; do
		[ "$(shown "$version" -sigalgs \
		    rsa_pss_pss_sha384:rsa_pss_rsae_sha256:RSA+SHA256)" = pss384 ]
		[ "$(shown "$version" -sigalgs \
		    rsa_pss_pss_sha256:rsa_pss_rsae_sha256:RSA+SHA256)" = rsa ]
	done
}

@test "who can verify them all gets ECDSA with P-256, in whatever order they stand" {
	pairs rsa ed25519 p384 p256
	serve_names "${PAIRS[@]}"
	[ "$(shown -tls1_3)" = p256 ]
	[ "$(shown -tls1_2)" = p256 ]
	stop
	pairs p256 rsa ed25519
	serve_names "${PAIRS[@]}"
	[ "$(shown -tls1_3)" = p256 ]
}

@test "a client of TLS 1.2 gets a key for the cipher suites that it has" {
	pairs p256 rsa ed25519
	serve_names "${PAIRS[@]}"
	[ "$(shown -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256)" = rsa ]
	[ "$(shown -tls1_2 -cipher DHE-RSA-AES128-GCM-SHA256)" = rsa ]
	[ "$(shown -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256)" = p256 ]
	[ "$(shown -tls1_2 -cipher ECDHE-ECDSA-AES128-GCM-SHA256 \
	    -sigalgs ed25519)" = ed25519 ]
}

@test "a client of TLS 1.2 gets a key on a curve that it has" {
	pairs p256 p384
	serve_names "${PAIRS[@]}"
	[ "$(shown -tls1_2 -groups P-384)" = p384 ]
	stop
	pairs p256 ed25519 rsa
	serve_names "${PAIRS[@]}"
	[ "$(shown -tls1_2 -groups X25519)" = ed25519 ]
	[ "$(shown -tls1_2 -groups X25519 -sigalgs \
	    ECDSA+SHA256:RSA+SHA256)" = rsa ]
	# in TLS 1.3 the groups say nothing of certificates
	[ "$(shown -tls1_3 -groups X25519)" = p256 ]
}

@test "gnutls-cli is understood as well" {
	need gnutls-cli
	pairs p256 rsa ed25519
	serve_names "${PAIRS[@]}"
	gnutls() {
		timeout 20 gnutls-cli --x509cafile="$P/roots.pem" \
		    --verify-hostname=localhost --sni-hostname=localhost \
		    --priority="$1" --logfile="$T/gnutls.log" \
		    -p "$PORT" 127.0.0.1 <<<hello
	}
	[ "$(gnutls NORMAL:-VERS-ALL:+VERS-TLS1.3:-SIGN-ALL:+SIGN-RSA-PSS-RSAE-SHA256:+SIGN-RSA-SHA256)" = rsa ]
	[ "$(gnutls NORMAL:-VERS-ALL:+VERS-TLS1.3:-SIGN-ALL:+SIGN-EDDSA-ED25519:+SIGN-ECDSA-SHA256)" = ed25519 ]
	[ "$(gnutls NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-RSA)" = rsa ]
	[ "$(gnutls NORMAL:-VERS-ALL:+VERS-TLS1.2:-KX-ALL:+ECDHE-ECDSA)" = p256 ]
}

@test "whom no key suits gets the alert of the TLS library" {
	pairs p256 ed25519
	serve_names "${PAIRS[@]}"
	refused_by handshake_failure shown -tls1_3 -sigalgs RSA-PSS+SHA256
	refused_by handshake_failure shown -tls1_2 -cipher ECDHE-RSA-AES128-GCM-SHA256
}

@test "a client that names authorities gets a certificate of theirs" {
	make_leaf by-b p256 int-b localhost
	pairs p256 by-b
	serve_names "${PAIRS[@]}"
	[ "$(shown -tls1_3)" = p256 ]
	[ "$(shown -tls1_3 -requestCAfile "$P/root-b.pem")" = by-b ]
	[ "$(shown -tls1_3 -requestCAfile "$P/int-b.pem")" = by-b ]
	[ "$(shown -tls1_3 -requestCAfile "$P/root-a.pem")" = p256 ]
	[ "$(shown -tls1_3 -requestCAfile "$PKI/ca.pem")" = p256 ]
}

@test "each certificate is sent with its own chain, never with another's" {
	local kind sent

	pairs rsa p256
	serve_names "${PAIRS[@]}"
	for kind in 'RSA-PSS+SHA256:RSA+SHA256=rsa,int-b,' \
	    'ECDSA+SHA256=p256,int-a,'; do
		sent=$(timeout 20 openssl s_client -connect "127.0.0.1:$PORT" \
		    -sigalgs "${kind%=*}" -showcerts -servername localhost \
		    <<<hello 2>/dev/null | sed -n 's/^ *[0-9] s:.*CN = //p' |
		    tr '\n' ,)
		[ "$sent" = "${kind#*=}" ]
	done
}

# --------------------------------------------------------------- the name

# names DIR - a directory for --cert-dir, as $D
names() {
	D=$T/$1
	mkdir -m 755 "$D"
}

# put SOURCE FILE - a copy of it, with its rights, below $D
put() {
	mkdir -p "$D/$(dirname "$2")"
	cp -p "$P/$1" "$D/$2"
}

@test "--cert-dir has a file for a name, or a directory" {
	names certs
	put one.all one.example.pem
	put two.full two.example/fullchain.pem
	put two.key two.example/privkey.pem
	put rsa.pem localhost/cert.pem
	put rsa.key localhost/key.pem
	put rsa.chain localhost/chain.pem
	pairs p256
	serve_names --cert-dir "$D" "${PAIRS[@]}"
	[ "$(shown_for one.example)" = one ]
	[ "$(shown_for ONE.Example)" = one ]
	[ "$(shown_for two.example)" = two ]
	[ "$(shown_for localhost)" = rsa ]
	# what it does not have is --cert's
	[ "$(shown -servername three.example)" = p256 ]
	[ "$(shown_nameless)" = p256 ]
}

@test "--cert-dir: one trailing dot does not count" {
	names certs
	put one.all one.example.pem
	serve_names --cert-dir "$D"
	[ "$(shown_for one.example -servername one.example.)" = one ]
	[ "$(summary sni)" = one.example ]
}

@test "--cert-dir: CERTDIR stands for it, and a rule's replaces it" {
	names first
	put one.all one.example.pem
	names second
	put one-rsa.all one.example.pem
	printf '127.0.0.1:allow,CERTDIR="%s"\n' "$D" | tcprules "$T/cdb" "$T/tmp"
	SERVE_ENV=(CERTDIR="$T/first")
	serve_names
	[ "$(shown_for one.example)" = one ]
	stop
	serve_names -x "$T/cdb"
	[ "$(shown_for one.example)" = one-rsa ]
}

@test "--cert-dir: several algorithms for a name, each for whom it suits" {
	names certs
	put one.all one.example_ecdsa.pem
	put one-rsa.full one.example_rsa/fullchain.pem
	put one-rsa.key one.example_rsa/privkey.pem
	serve_names --cert-dir "$D"
	[ "$(shown_for one.example)" = one ]
	[ "$(shown_for one.example -tls1_2 \
	    -cipher ECDHE-RSA-AES128-GCM-SHA256)" = one-rsa ]
	[ "$(shown_for one.example -tls1_3 \
	    -sigalgs RSA-PSS+SHA256:RSA+SHA256)" = one-rsa ]
}

@test "--cert-dir: *.parent is for the names right below, after their own" {
	names certs
	put two.all '*.two.example.pem'
	put p256.all 'own.two.example.pem'
	pairs rsa
	serve_names --cert-dir "$D" "${PAIRS[@]}"
	[ "$(shown_for any.two.example)" = two ]
	[ "$(shown -servername own.two.example)" = p256 ]
	[ "$(shown -servername two.example)" = rsa ]
	[ "$(shown -servername a.b.two.example)" = rsa ]
}

# renewal: what certbot's live/ has are links to archive/
@test "--cert-dir can be certbot's live/, and what is renewed counts at once" {
	local name

	names live
	put one-rsa.full ../archive/one.example/fullchain1.pem
	put one-rsa.key ../archive/one.example/privkey1.pem
	put one.full ../archive/one.example/fullchain2.pem
	put one.key ../archive/one.example/privkey2.pem
	mkdir "$D/one.example"
	for name in fullchain privkey; do
		ln -s "../../archive/one.example/${name}1.pem" \
		    "$D/one.example/$name.pem"
	done
	echo 'what certbot writes here' >"$D/README"
	serve_names --cert-dir "$D"
	[ "$(shown_for one.example)" = one-rsa ]
	for name in fullchain privkey; do
		ln -sf "../../archive/one.example/${name}2.pem" \
		    "$D/one.example/$name.pem"
	done
	[ "$(shown_for one.example)" = one ]
}

@test "--cert-dir can be what acme.sh keeps, RSA and ECDSA" {
	names acme.sh
	put one-rsa.pem one.example/one.example.cer
	put one-rsa.chain one.example/ca.cer
	put one-rsa.full one.example/fullchain.cer
	put one-rsa.key one.example/one.example.key
	put one.full one.example_ecc/fullchain.cer
	put one.key one.example_ecc/one.example.key
	serve_names --cert-dir "$D"
	[ "$(shown_for one.example)" = one ]
	[ "$(shown_for one.example -tls1_2 \
	    -cipher ECDHE-RSA-AES128-GCM-SHA256)" = one-rsa ]
}

# refused_for NAME REGEX - no certificate at all, and the log says why
refused_for() {
	run shown -servername "$1"
	[ "$output" = '' ]
	logged "$2"
}

@test "what --cert-dir has and cannot be used is told, and no other is shown" {
	names certs
	pairs p256
	serve_names --cert-dir "$D" "${PAIRS[@]}"
	echo nothing >"$D/empty.example.pem"
	refused_for empty.example "certificate: $D/empty.example.pem: "
	ln -s nowhere "$D/link.example.pem"
	refused_for link.example "certificate: $D/link.example.pem: No such file"
	mkdir "$D/dir.example"
	refused_for dir.example "certificate: $D/dir.example: nothing to use in it"
	cp "$P/one.full" "$D/dir.example/fullchain.pem"
	refused_for dir.example "certificate: $D/dir.example: nothing to use in it"
	cp "$P/two.key" "$D/dir.example/privkey.pem"
	hide "$D/dir.example/privkey.pem"
	refused_for dir.example "key: $D/dir.example/privkey.pem: does not belong"
	mkfifo "$D/fifo.example.pem"
	refused_for fifo.example "certificate: $D/fifo.example.pem: not a regular"
	ln -s nowhere "$D/lost.example"
	refused_for lost.example "certificate: $D/lost.example: No such file"
}

@test "what --cert-dir has and SSL_USER may not read is told" {
	need_root
	names certs
	pairs p256
	serve_names --cert-dir "$D" "${PAIRS[@]}"
	install -m 600 "$P/one.all" "$D/file.example.pem"
	refused_for file.example "certificate: $D/file.example.pem: Permission denied"
	install -d -m 700 "$D/dir.example"
	refused_for dir.example "certificate: $D/dir.example/.*: Permission denied"
	# certbot's own directories are root's alone
	install -d -m 700 "$T/live" "$T/live/link.example"
	ln -s "$T/live/link.example" "$D/link.example"
	refused_for link.example "certificate: $D/link.example: Permission denied"
	chmod 700 "$D"
	refused_for other.example "--cert-dir: $D: Permission denied"
}

@test "a --cert-dir that does not exist is told" {
	pairs p256
	serve_names --cert-dir "$T/none" "${PAIRS[@]}"
	refused_for one.example "--cert-dir: $T/none: no such directory"
	# before a byte of the client is read, whatever it would ask for
	: >"$LOG"
	run shown_nameless
	logged "--cert-dir: $T/none: no such directory"
	[ "$(summary stage)" = rules ]
}

@test "names that would lead elsewhere never become a path" {
	local answer name

	names certs
	mkdir "$D/sub"
	put one.all outside.pem
	put one.all sub/inside.pem
	put one.all .pem
	put one.all ..pem
	put one.all 192.0.2.1.pem
	put one.all under_score.pem
	pairs p256
	serve_names --cert-dir "$D/sub" "${PAIRS[@]}"
	[ "$(shown_for one.example -servername inside)" = one ]
	for name in ../outside /etc/ssl . .. sub/inside 'in side' \
	    $'in\nside' under_score 192.0.2.1 -; do
		[ "$(shown -servername "$name")" = p256 ]
	done
	stop
	serve_names --cert-dir "$D" "${PAIRS[@]}"
	for name in sub/inside . .. under_score 192.0.2.1 inside.pem; do
		[ "$(shown -servername "$name")" = p256 ]
	done
	[ "$(summaries | grep -c ' sni=')" -eq 3 ]
}

# hello NAME-IN-PYTHON - a ClientHello with this name, however it is: the alert
# that comes back, or "goes-on"
hello() {
	timeout 20 python3 - "$PORT" "$1" <<-'EOF'
	import os, socket, struct, sys
	name = eval(sys.argv[2])
	def block(width, body):
	    return len(body).to_bytes(width, "big") + body
	def extension(number, body):
	    return struct.pack("!H", number) + block(2, body)
	names = block(2, b"\0" + block(2, name))
	extensions = extension(0, names) if len(names) < 0xffff else b""
	extensions += extension(43, block(1, b"\3\4"))
	extensions += extension(10, block(2, b"\0\x1d"))
	extensions += extension(13, block(2, b"\4\3"))
	extensions += extension(51, block(2, b"\0\x1d" + block(2, os.urandom(32))))
	body = b"\3\3" + os.urandom(32) + block(1, b"") + \
	    block(2, b"\x13\1") + block(1, b"\0") + block(2, extensions)
	message = b"\1" + block(3, body)
	wire = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
	try:
	    while message:
	        wire.sendall(b"\x16\3\1" + block(2, message[:16384]))
	        message = message[16384:]
	    got = wire.recv(7)
	except ConnectionError:
	    got = b""
	print(got[6] if got[:1] == b"\x15" else "goes-on" if got else "nothing")
	EOF
}

@test "names of any bytes and lengths are refused, or are none" {
	local answer name

	names certs
	mkdir "$D/sub"
	put one.all outside.pem
	pairs p256
	serve_names --cert-dir "$D/sub" "${PAIRS[@]}"
	while read -r answer name; do
		echo "$name: $answer"
		[ "$(hello "$name")" = "$answer" ]
	done <<-'EOF'
	goes-on b"localhost"
	goes-on b"a" * 63 + b".example"
	goes-on b"../outside"
	goes-on b"a" * 64 + b".example"
	goes-on b"a" * 254
	goes-on b"a." * 127 + b"b"
	goes-on b"\xff" * 255
	112 b"outside\0"
	112 b"..\0/outside"
	112 b"a" * 256
	112 b"../" * 5000
	112 b"a" * 65000
	EOF
	wait_for has_summaries 12
	[ "$(summaries | sed -n 's/.* sni=\([^ ]*\) .*/\1/p' | cut -c 1-9)" = \
	    $'localhost\naaaaaaaaa' ]
	run ! grep -aqF outside "$LOG"
}

# -------------------------------------------------------------------- --sni

@test "--sni any: the first certificate for whom nobody knows" {
	pairs p256 one
	serve_names "${PAIRS[@]}"
	[ "$(shown_for one.example)" = one ]
	[ "$(shown -servername other.example)" = p256 ]
	[ "$(shown_nameless)" = p256 ]
}

@test "--sni known: a name that no certificate is for is refused" {
	names certs
	put one.all one.example.pem
	pairs p256 two
	serve_names --sni known --cert-dir "$D" "${PAIRS[@]}"
	[ "$(shown_for one.example)" = one ]
	[ "$(shown_for localhost)" = p256 ]
	[ "$(shown_for www.two.example)" = two ]
	[ "$(shown_nameless)" = p256 ]
	wait_for has_summaries 4
	refused_by unrecognized_name shown -servername other.example
	refused_by unrecognized_name shown -servername other.example -tls1_2
	refused_by unrecognized_name shown -servername 127.0.0.1
	refused_by unrecognized_name shown -servername ../one.example
	# one alone is read before there is a name
	stop
	: >"$LOG"
	pairs p256
	serve_names --sni known "${PAIRS[@]}"
	[ "$(shown_for localhost)" = p256 ]
	wait_for has_summaries 1
	refused_by unrecognized_name shown -servername other.example
}

@test "--sni required: no name is refused too" {
	pairs p256
	serve_names --sni required "${PAIRS[@]}"
	[ "$(shown_for localhost)" = p256 ]
	wait_for has_summaries 1
	refused_by missing_extension shown_nameless -tls1_3
	refused_by handshake_failure shown_nameless -tls1_2
	refused_by unrecognized_name shown -servername other.example
}

@test "--cert-dir alone: who is not in it has nothing to get" {
	names certs
	put one.all one.example.pem
	serve_names --cert-dir "$D"
	[ "$(shown_for one.example)" = one ]
	wait_for has_summaries 1
	refused_by unrecognized_name shown -servername other.example
	refused_by missing_extension shown_nameless
}

@test "--sni: TLS_SNI stands for it, a rule's for its connection" {
	pairs p256
	printf '127.0.0.1:allow,TLS_SNI="any"\n' | tcprules "$T/cdb" "$T/tmp"
	printf '127.0.0.1:allow,TLS_SNI=""\n' | tcprules "$T/cdb0" "$T/tmp"
	printf '127.0.0.1:allow,TLS_SNI="some"\n' | tcprules "$T/cdb1" "$T/tmp"
	SERVE_ENV=(TLS_SNI=required)
	serve_names "${PAIRS[@]}"
	refused_by missing_extension shown_nameless
	stop
	serve_names -x "$T/cdb" "${PAIRS[@]}"
	[ "$(shown_nameless)" = p256 ]
	stop
	serve_names -x "$T/cdb0" "${PAIRS[@]}"
	[ "$(shown_nameless)" = p256 ]
	stop
	serve_names -x "$T/cdb1" "${PAIRS[@]}"
	[ -z "$(shown_nameless)" ]
	logged '--sni: some: want one of any\|known\|required'
	shim -100 --sni some "${PAIRS[@]}" true
	[[ $stderr == *'--sni: some: want one of any|known|required'* ]]
}

# -------------------------------------------------------------- what it costs

# calls DIR - what the keeper asks of the kernel for a connection
calls() {
	local pid

	STARTER=activate-inetd serve_program strace -f -qq -o "$T/calls" "$SHIM" "${AS[@]}" \
	    --cert-dir "$1" -- sh -c 'read line; echo "$SSL_SERVER_S_DN_CN"' >&2
	[ "$(shown_for one.example)" = one ]
	stop
	# the keeper looks for the file, and then is the program
	pid=$(awk '/one\.example\.pem/ { print $1; exit }' "$T/calls")
	awk -v pid="$pid" '$1 == pid && / execve\("\/.*\/sh"/ { exit }
	    $1 == pid && !/resumed>/ { sub(/\(.*/, ""); print $2 }' "$T/calls"
}

# by count, not by the clock
@test "10,000 names in the directory cost a connection no more than 10" {
	need strace
	names few
	put one.all one.example.pem
	touch "$D/name"{1..9}.example.pem
	names many
	put one.all one.example.pem
	(cd "$D" && seq -f 'name%.0f.example.pem' 9999 | xargs touch)
	calls "$T/few" >"$T/few.calls"
	calls "$T/many" >"$T/many.calls"
	[ "$(wc -l <"$T/few.calls")" -gt 30 ]
	diff "$T/few.calls" "$T/many.calls"
	run ! grep -q getdents "$T/many.calls"
}
