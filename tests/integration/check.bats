#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# --check: every fault by its name, with its mend; nothing else.

load ../lib/common
load ../lib/clients

setup() { fresh; }
teardown() { leave_nothing; }

# check STATUS ARG... - run it, as the accounts of these tests have it
check() {
	local want=$1

	shift
	shim "-$want" "${AS[@]}" --check "$@"
}

# tells TEXT - a line of the report is exactly this, blanks aside
tells() {
	printf '%s\n' "$output" | tr -s ' ' | grep -aFxq -- " $1"
}

# self NAME DAYS OPENSSL-REQ-OPTION... - a self-signed pair
self() {
	local name=$T/$1 days=$2

	shift 2
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$name.key" -out "$name.pem" -days "$days" \
	    -subj /CN=localhost "$@" 2>/dev/null
	chmod 644 "$name.key"
}

# dated NAME FROM TO - a self-signed pair, valid between two days from now
dated() {
	local name=$T/$1

	[ -e "$name.key" ] || self "$1" 1
	mkdir -p "$T/ca"
	: >"$T/ca/index"
	echo 01 >"$T/ca/serial"
	printf '%s\n' '[ca]' 'default_ca=c' '[c]' "database=$T/ca/index" \
	    "serial=$T/ca/serial" \
	    "new_certs_dir=$T/ca" 'default_md=sha256' 'policy=p' \
	    'x509_extensions=e' '[p]' 'CN=supplied' '[e]' \
	    'subjectAltName=DNS:localhost' >"$T/ca/conf"
	openssl req -new -key "$name.key" -subj /CN=localhost -out "$T/ca/req"
	openssl ca -batch -notext -config "$T/ca/conf" -selfsign \
	    -keyfile "$name.key" -in "$T/ca/req" -out "$name.pem" \
	    -startdate "$(date -u -d "$2 days" +%Y%m%d%H%M%SZ)" \
	    -enddate "$(date -u -d "$3 days" +%Y%m%d%H%M%SZ)" 2>/dev/null
}

spki() {
	openssl x509 -in "$1" -noout -pubkey | openssl pkey -pubin -outform DER |
	    openssl dgst -sha256 -r | cut -d' ' -f1
}

@test "what is right is told: names, key, chain, end, TLSA records" {
	check 0 --cert "$PKI/chain.pem" --key "$PKI/chain.key"
	[ "${lines[-1]}" = ok ]
	[[ $output == *"certificate $PKI/chain.pem"* ]]
	tells 'name localhost'
	tells 'key EC prime256v1'
	tells 'chain CN=test intermediate,O=tlsshim tests'
	tells "TLSA 3 1 1 $(spki "$PKI/chain.pem")"
	tells "TLSA 2 1 1 $(spki "$PKI/int.pem")"
	[[ $output != *fault* ]]
	[[ $output != *warning*expires* ]]
}

@test "a report for machines is JSON and says the same" {
	check 0 --json --cert "$PKI/chain.pem" --key "$PKI/chain.key"
	printf '%s' "$output" | python3 -c '
import json, sys
report = json.load(sys.stdin)
assert report["ok"] is True
pair = [s for s in report["sections"] if s["kind"] == "certificate"][0]
assert pair["name"] == ["localhost"], pair
assert pair["TLSA"][0] == "3 1 1 " + sys.argv[1], pair
' "$(spki "$PKI/chain.pem")"
	check 100 --json --cert "$T/none"
	printf '%s' "$output" | python3 -c '
import json, sys
report = json.load(sys.stdin)
assert report["ok"] is False
assert any("fault" in s for s in report["sections"])'
}

@test "it goes on behind a fault" {
	check 100 --cert "$T/none.pem" --cert "$PKI/p256.pem" \
	    --key "$PKI/p384.key" --cert "$PKI/rsa.pem" --key "$PKI/rsa.key"
	tells "fault certificate: $T/none.pem: No such file or directory"
	tells "fault key: $PKI/p384.key: does not belong to certificate $PKI/p256.pem"
	tells 'key RSA, 2048 bits'
	[ "${lines[-1]}" = 'not ok' ]
}

@test "the directory that denies access is named, with account and mend" {
	need_root
	mkdir -m 700 "$T/private" "$T/private/deep"
	cp "$PKI/p256.key" "$T/private/deep/key"
	check 100 --cert "$PKI/p256.pem" --key "$T/private/deep/key"
	tells "fault key: $T/private/deep/key: Permission denied: $T/private\
 (root:root, mode 0700) does not let account tlsshim through:\
 setfacl -m u:tlsshim:x $T/private"
	# by a symbolic link as well: that is how certbot lays them out
	ln -s "$T/private/deep/key" "$T/link"
	check 100 --cert "$PKI/p256.pem" --key "$T/link"
	[[ $output == *": $T/private (root:root, mode 0700) "* ]]
	# and the mend mends it
	chgrp tlsshim "$T/private" "$T/private/deep" "$T/private/deep/key"
	chmod 750 "$T/private" "$T/private/deep"
	check 0 --cert "$PKI/p256.pem" --key "$T/link"
}

@test "where a group may read it, joining the group is the mend" {
	need_root
	mkdir -m 710 "$T/private"
	chgrp daemon "$T/private"
	check 100 --cert "$PKI/p256.pem" --key "$T/private/key"
	[[ $output == *'does not let account tlsshim through: usermod -aG daemon tlsshim' ||
	    $output == *'does not let account tlsshim through: usermod -aG daemon tlsshim'$'\n'* ]]
}

@test "without root the reader is told, and his rights count" {
	run --separate-stderr as_nobody "$SHIM" --check \
	    --cert "$PKI/p256.pem" --key "$PKI/p256.key"
	if [ "$(id -u)" -eq 0 ]; then
		[ "$status" -eq 100 ]
		tells "fault key: $PKI/p256.key: Permission denied: $PKI/p256.key\
 (root:tlsshim, mode 0640) does not let account nobody read it:\
 usermod -aG tlsshim nobody"
	else
		[ "$status" -eq 0 ]
	fi
	[[ $output == *'started without root'* ]]
}

@test "a certificate that expires soon is a warning, one that is expired a fault" {
	self soon 5 -addext subjectAltName=DNS:localhost
	check 0 --cert "$T/soon.pem" --key "$T/soon.key"
	[[ $output != *fault* ]]
	# five days of five: nothing to renew yet
	[[ $output != *'expires in'* ]]
	dated late -80 9
	check 0 --cert "$T/late.pem" --key "$T/late.key"
	[[ $output =~ 'warning '.*'expires in '[89]' days' ]]
	dated over -80 -1
	check 100 --cert "$T/over.pem" --key "$T/over.key"
	[[ $output =~ 'fault '.*'expired on ' ]]
	dated early 2 9
	check 100 --cert "$T/early.pem" --key "$T/early.key"
	[[ $output =~ 'fault '.*'not valid before ' ]]
}

@test "a certificate without a host name, and one that is not for servers" {
	self nameless 30
	check 0 --cert "$T/nameless.pem" --key "$T/nameless.key"
	[[ $output == *'warning '*'no host name in its subjectAltName'* ]]
	self client 30 -addext subjectAltName=DNS:localhost \
	    -addext extendedKeyUsage=clientAuth
	check 100 --cert "$T/client.pem" --key "$T/client.key"
	[[ $output == *'fault '*'not for a TLS server (extendedKeyUsage)'* ]]
}

@test "a chain that ends too early says where the rest is to be had" {
	self ca 30 -addext basicConstraints=critical,CA:TRUE
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -keyout "$T/leaf.key" -subj /CN=leaf 2>/dev/null |
	    openssl x509 -req -CA "$T/ca.pem" -CAkey "$T/ca.key" -days 30 \
	        -extfile <(printf '%s\n' subjectAltName=DNS:localhost \
	            'authorityInfoAccess=caIssuers;URI:http://ca.test/int.crt') \
	        -out "$T/leaf.pem" 2>/dev/null
	chmod 644 "$T/leaf.key"
	check 0 --cert "$T/leaf.pem" --key "$T/leaf.key"
	[[ $output == *"warning "*"chain: $T/leaf.pem: ends before CN=localhost, which this host does not know"*": http://ca.test/int.crt"* ]]
}

@test "a certificate that is signed with SHA-1, and a short key" {
	self sha1 30 -sha1 -addext subjectAltName=DNS:localhost
	check 100 --cert "$T/sha1.pem" --key "$T/sha1.key"
	[[ $output == *'fault '*'signed with SHA1: clients refuse it'* ]]
	openssl req -x509 -newkey rsa:1024 -nodes -keyout "$T/short.key" \
	    -out "$T/short.pem" -subj /CN=localhost 2>/dev/null
	chmod 644 "$T/short.key"
	check 100 --cert "$T/short.pem" --key "$T/short.key"
	[[ $output == *'fault '*'RSA of 1024 bits: want 2048 to 8192'* ]]
}

@test "rules: absent, broken, of no use, and what they name" {
	check 100 "${CERT[@]}" --rules "$T/none.cdb"
	[[ $output == *'fault '*"rules: $T/none.cdb: does not exist"* ]]
	check 0 "${CERT[@]}" --rules "$T/none.cdb" -X
	echo nonsense >"$T/bad.cdb"
	check 100 "${CERT[@]}" --rules "$T/bad.cdb"
	[[ $output == *'fault '*"rules: $T/bad.cdb: not a cdb, or cut short: make it again"* ]]
	tcprules "$T/good.cdb" "$T/tmp" <<-EOF
	127.:allow,CERTFILE="$T/absent.pem"
	10.:allow,SSL_USER="nobody"
	:deny
	EOF
	mkdir -m 755 "$T/sub"
	chmod 644 "$T/good.cdb"
	check 100 "${CERT[@]}" --rules "$T/good.cdb"
	[[ $output == *'rules '*' 3'* ]]
	tells "fault rules: 127.: certificate: $T/absent.pem: No such file or directory"
	[[ $output == *'certificate '*" 127.: $T/absent.pem"* ]]
	[[ $output == *'warning '*'rules: 10.: SSL_USER: a rule cannot set it'* ]]
	tcprules "$T/shut.cdb" "$T/tmp" <<<':deny'
	chmod 644 "$T/shut.cdb"
	check 0 "${CERT[@]}" --rules "$T/shut.cdb" --default deny
	[[ $output == *'warning '*'no rule lets anybody in'* ]]
}

# rule SETTINGS - the cdb of one
rule() {
	tcprules "$T/one.cdb" "$T/tmp" <<<"127.:allow,$1"
	chmod 644 "$T/one.cdb"
}

@test "what each rule sets is judged as its connections would" {
	local -a bad=('TLS_SNI="bogus"' 'STARTTLS_MODE="maybe"' 'TLS_MIN="9"'
	    "KEYFILE=\"$PKI/rsa.key\"" 'CCAVERIFY="1"' 'CERTFILE=""'
	    "CERTDIR=\"$T/none\"" "DHFILE=\"$T/none\"" 'CIPHERS="AES128-SHA"'
	    "CERTFILE=\"$PKI/p256.pem\",KEYFILE=\"$PKI/rsa.key\""
	    "TLS_TICKETKEYS=\"$T/none\""
	    "CCAVERIFY=\"1\",CAFILE=\"$T/none\"")
	local settings

	for settings in "${bad[@]}"; do
		rule "$settings"
		check 100 "${CERT[@]}" --rules "$T/one.cdb"
		[[ $output == *'  fault '*'rules: 127.: '* ]]
		# the report goes on
		[ "${lines[-1]}" = 'not ok' ]
	done
	# whose, of two?
	rule "KEYFILE=\"$PKI/p256.key\""
	check 0 "${CERT[@]}" --rules "$T/one.cdb"
	check 100 "${CERT[@]}" --cert "$PKI/rsa.pem" --key "$PKI/rsa.key" \
	    --rules "$T/one.cdb"
	tells 'fault rules: 127.: KEYFILE: of which of several pairs: set CERTFILE, too'
	rule 'TCPLOCALHOST="x",SSL_PROTOCOL="x"'
	check 0 "${CERT[@]}" --rules "$T/one.cdb"
	[[ $output == *'warning '*'rules: 127.: SSL_PROTOCOL: a rule cannot set it'* ]]
	rule "CCAVERIFY=\"1\",CAFILE=\"$CLIENTS/ca.pem\",TLS_MIN=\"1.3\""
	check 0 "${CERT[@]}" --rules "$T/one.cdb"
}

@test "what only rules say is enough, unless somebody matches none" {
	rule "CERTFILE=\"$PKI/p256.pem\",KEYFILE=\"$PKI/p256.key\""
	check 0 --rules "$T/one.cdb" --default deny
	check 100 --rules "$T/one.cdb"
	tells 'fault rules: whom none matches: certificate: none'
	rule "CCAVERIFY=\"1\",CAFILE=\"$CLIENTS/ca.pem\""
	check 0 "${CERT[@]}" --user-from cert:cn --rules "$T/one.cdb" \
	    --default deny
	check 100 "${CERT[@]}" --user-from cert:cn --rules "$T/one.cdb"
	[[ $output == *'  fault '*'rules: whom none matches: --user-from: cert:cn: '* ]]
	check 100 "${CERT[@]}" --user-from cert:cn
	[[ $output == *'  fault '*'--user-from: cert:cn: clients are asked for no'* ]]
}

@test "a credential of systemd is read as root, as connections read it" {
	need_root
	mkdir -m 700 "$T/credentials"
	cp "$PKI/p256".* "$T/credentials"
	export CREDENTIALS_DIRECTORY=$T/credentials
	check 0 --cert "$T/credentials/p256.pem" --key "$T/credentials/p256.key"
	check 100 --cert "$T/credentials/none" --key "$T/credentials/p256.key"
	tells "fault certificate: $T/credentials/none: No such file or directory"
}

@test "every name of a directory, whether its certificate covers it" {
	mkdir "$T/dir" "$T/dir/localhost_rsa"
	cat "$PKI/p256.pem" "$PKI/p256.key" >"$T/dir/localhost.pem"
	cp "$PKI/rsa.pem" "$T/dir/localhost_rsa/fullchain.pem"
	cp "$PKI/rsa.key" "$T/dir/localhost_rsa/privkey.pem"
	chmod -R a+rX "$T/dir"
	check 0 --cert-dir "$T/dir"
	[ "$(grep -c '^certificate ' <<<"$output")" -eq 2 ]
	cp "$T/dir/localhost.pem" "$T/dir/example.org.pem"
	cp "$T/dir/localhost.pem" "$T/dir/*.example.org.pem"
	mkdir "$T/dir/empty.example.org"
	: >"$T/dir/Upper.pem"
	check 100 --cert-dir "$T/dir"
	[[ $output == *"fault "*"certificate: $T/dir/example.org.pem: does not cover example.org,"* ]]
	[[ $output == *"does not cover *.example.org,"* ]]
	[[ $output == *"fault "*"certificate: $T/dir/empty.example.org: nothing to use in it"* ]]
	[[ $output == *"warning "*"--cert-dir: $T/dir/Upper.pem: not a server name in lower case"* ]]
	rm -r "$T/dir"/*example*
	cp "$T/dir/localhost_rsa/privkey.pem" "$T/dir/localhost"
	cp "$T/dir/localhost.pem" "$T/dir/localhost_p256.pem"
	check 0 --cert-dir "$T/dir"
	tells "warning --cert-dir: $T/dir/localhost: never looked for: neither NAME.pem nor a directory"
	tells "warning --cert-dir: $T/dir/localhost_p256.pem: never looked for: want _ecdsa, _ecc, _ed25519 or _rsa behind the name"
	ln -s nowhere "$T/dir/lost.example.org"
	check 100 --cert-dir "$T/dir"
	tells "fault certificate: $T/dir/lost.example.org: No such file or directory"
	check 100 --cert-dir "$T/none"
	[[ $output == *"fault "*"--cert-dir: $T/none: No such file or directory"* ]]
}

@test "ticket keys: how many, and what is wrong with them" {
	openssl rand -hex 32 >"$T/keys"
	[ "$(id -u)" -ne 0 ] || chgrp tlsshim "$T/keys"
	chmod 640 "$T/keys"
	check 0 "${CERT[@]}" --ticket-keys "$T/keys"
	tells 'keys 1'
	openssl rand -hex 32 >>"$T/keys"
	check 0 "${CERT[@]}" --ticket-keys "$T/keys"
	tells 'keys 2'
	chmod 644 "$T/keys"
	check 100 "${CERT[@]}" --ticket-keys "$T/keys"
	[[ $output == *"fault "*"$T/keys"* ]]
	check 0 "${CERT[@]}" --ticket-keys "$T/keys" --no-tickets
}

@test "the policy is told as it comes out, and what is wrong with it" {
	check 0 "${CERT[@]}" --policy modern --alpn imap,pop3 --groups P-256
	tells 'versions 1.3 to 1.3'
	tells 'ciphersuite TLS_AES_128_GCM_SHA256'
	tells 'group secp256r1'
	tells 'alpn imap'
	tells 'alpn pop3'
	[[ $output != *' cipher '* ]]
	check 0 "${CERT[@]}" --min-version 1.0
	[[ $output == *'warning '*'--min-version: 1.0: deprecated'* ]]
	tells 'sigalg rsa_pkcs1_md5_sha1'
	check 100 "${CERT[@]}" --ciphers AES128-SHA
	[[ $output == *'fault '*'--ciphers: AES128-SHA: '* ]]
	# and the rest is judged all the same
	tells 'name localhost'
}

@test "what is spoken before TLS is told, and its mode where there is one" {
	check 0 "${CERT[@]}"
	tells 'starttls none'
	[[ $output != *starttls-mode* ]]
	# a mode in the environment may be another service's
	STARTTLS_MODE=optional check 0 -n "${CERT[@]}"
	tells 'starttls ucspi'
	[[ $output != *starttls-mode* ]]
	check 0 --starttls smtp "${CERT[@]}"
	tells 'starttls smtp'
	tells 'starttls-mode required'
	STARTTLS_MODE=optional check 0 --starttls smtp --json "${CERT[@]}"
	printf '%s' "$output" | python3 -c '
import json, sys
report = json.load(sys.stdin)
policy = [s for s in report["sections"] if s["kind"] == "policy"][0]
assert policy["starttls"] == ["smtp"], policy
assert policy["starttls-mode"] == ["optional"], policy'
}

@test "a policy that leaves nothing for a key is told" {
	local suite=ECDHE-ECDSA-AES128-GCM-SHA256
	local -a rsa=(--cert "$PKI/rsa.pem" --key "$PKI/rsa.key")

	check 100 "${CERT[@]}" --sigalgs ed25519
	[[ $output == *'  fault '*"$PKI/p256.pem: no client is served with it"* ]]
	check 100 "${rsa[@]}" --ciphers "$suite" --max-version 1.2
	check 100 "${rsa[@]}" --sigalgs rsa_pkcs1_sha256 --policy modern
	check 100 "${CERT[@]}" --ciphers "$suite:@SECLEVEL=5"
	[[ $output == *'  fault '*'number 1 of the chain: OpenSSL does not take it at security level 5'* ]]
	# beside another it may be
	check 0 "${CERT[@]}" "${rsa[@]}" --sigalgs ecdsa_secp256r1_sha256
	[[ $output == *'  warning '*"$PKI/rsa.pem: no client is served with it"* ]]
	check 0 "${CERT[@]}" --ciphers "$suite" --max-version 1.2
	check 0 "${rsa[@]}" --policy old --max-version 1.1
	check 0 "${rsa[@]}" --sigalgs rsa_pkcs1_sha256
}

@test "a certificate that wants a staple, and has none" {
	self must 30 -addext subjectAltName=DNS:localhost \
	    -addext tlsfeature=status_request
	check 0 --cert "$T/must.pem" --key "$T/must.key"
	[[ $output == *'warning '*'asks clients to want a staple'* ]]
	echo nonsense >"$T/must.pem.ocsp"
	check 0 --cert "$T/must.pem" --key "$T/must.key"
	[[ $output == *"warning "*"$T/must.pem.ocsp"* ]]
}

@test "clients: CAs that are not there, CRLs that are missing or out of date" {
	local ca=(--client-cert require --ca "$CLIENTS/ca.pem")

	check 0 "${CERT[@]}" "${ca[@]}"
	[[ $output == *'clients require'* ]]
	[ "$(grep -c '^  CA ' <<<"$output")" -eq 1 ]
	check 0 "${CERT[@]}" "${ca[@]}" --crl "$CLIENTS/crls.pem"
	[[ $output == *'  CRL '* ]]
	check 0 "${CERT[@]}" "${ca[@]}" --crl "$CLIENTS/crl-dir"
	[[ $output == *'  CRL '* ]]
	check 100 "${CERT[@]}" "${ca[@]}" --crl "$CLIENTS/crl/stale.pem"
	[[ $output == *'fault '*'out of date: all its clients are refused'* ]]
	check 100 "${CERT[@]}" "${ca[@]}" --crl "$CLIENTS/crl/of-int1.pem"
	[[ $output == *"fault "*"CRL: $CLIENTS/crl/of-int1.pem: none of "* ]]
	check 100 "${CERT[@]}" --client-cert require --ca "$T/none"
	[[ $output == *"fault "*"CA: $T/none: No such file or directory"* ]]
	check 100 "${CERT[@]}" --client-cert require
	[[ $output == *'fault '* ]]
	check 0 "${CERT[@]}" --client-cert require --ca "$PKI/p256.pem"
	[[ $output == *'warning '*"not a CA's certificate"* ]]
}

@test "text of a certificate cannot forge a line of the report" {
	self forged 30 -subj $'/CN=x\n  fault        forged' \
	    -addext subjectAltName=DNS:localhost
	check 0 --cert "$T/forged.pem" --key "$T/forged.key"
	[ "$(grep -c '^ *fault' <<<"$output")" -eq 0 ]
}

@test "--json without --check, and no certificate at all" {
	shim -100 "${AS[@]}" --json "${CERT[@]}" -- true
	[ "$stderr" = 'tlsshim: --json: only with --check' ]
	check 100
	[[ $output == *'fault '*'certificate: none: name one with --cert, CERTFILE or --cert-dir'* ]]
}

@test "CAs and CRLs that nobody's certificate is verified by are told of" {
	check 0 "${CERT[@]}" --ca "$CLIENTS/ca.pem" --crl "$CLIENTS/crls.pem"
	tells 'warning --ca: not used: clients are asked for no certificate: add --client-cert'
	tells 'warning --crl: not used: clients are asked for no certificate: add --client-cert'
	check 0 "${CERT[@]}" --ca "$CLIENTS/ca.pem" --client-ca -
	[[ $output != *'not used'* ]]
	# a rule may ask
	check 0 "${CERT[@]}" --ca "$CLIENTS/ca.pem" --rules "$T/none" -X
	[[ $output != *'not used'* ]]
}
