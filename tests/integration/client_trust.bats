#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What client certificates are verified by: CAs, CRLs, depth, host names; and
# what clients are told of it.

load ../lib/common
load ../lib/talk
load ../lib/clients

setup() { fresh; }
teardown() { leave_nothing; }

# serve_require [option ...] - a certificate is required; a new log
serve_require() {
	[ "${#STARTER_PIDS[@]}" -eq 0 ] || stop
	: >"$LOG"
	CONNECTIONS=0
	serve "${CERT[@]}" --client-cert require "$@" -- \
	    sh -c 'read line; exec env -0'
}

# takes NAME... - each is let in, as verified
takes() {
	local name

	for name; do
		CONNECTIONS=$((CONNECTIONS + 1))
		echo "takes $name"
		ask_as "$name"
		[ "$(told SSL_CLIENT_VERIFY)" = SUCCESS ]
		[ "$(summary -n "$CONNECTIONS" client)" = ok ]
	done
}

# refuses ALERT REASON NAME... - each is not, and that is why
refuses() {
	local alert=$1 reason=$2 name

	shift 2
	for name; do
		CONNECTIONS=$((CONNECTIONS + 1))
		! ask_as "$name" || return 1
		echo "refuses $name: $(summary -n "$CONNECTIONS")"
		[ "$(summary -n "$CONNECTIONS" end)" = "alert-sent:$alert" ]
		[ "$(client_key -n "$CONNECTIONS")" = "failed:$reason" ]
	done
}

# join FILE... - $T/joined, of several PEM files
join() {
	cat "$@" >"$T/joined"
}

# -------------------------------------------------------------------- CRLs

NO_CRL='unable to get certificate CRL'

@test "a revoked certificate is refused as soon as a CRL has it" {
	local crl=$CLIENTS/crl

	serve_require "${TRUST[@]}" --crl "$crl/empty.pem"
	takes good revoked
	serve_require "${TRUST[@]}" --crl "$crl/fresh.pem"
	takes good
	refuses certificate_revoked 'certificate revoked' revoked
}

@test "the CRL is read anew for each connection" {
	cp "$CLIENTS/crl/empty.pem" "$T/crl"
	serve_require "${TRUST[@]}" --crl "$T/crl"
	takes revoked
	cp "$CLIENTS/crl/fresh.pem" "$T/crl"
	refuses certificate_revoked 'certificate revoked' revoked
}

@test "a CRL that is missing, stale, early or forged refuses every client" {
	local crl=$CLIENTS/crl

	serve_require "${TRUST[@]}" --crl "$crl/of-int1.pem"
	refuses unknown_ca "$NO_CRL" good
	serve_require "${TRUST[@]}" --crl "$crl/stale.pem"
	refuses certificate_expired 'CRL has expired' good revoked
	serve_require "${TRUST[@]}" --crl "$crl/early.pem"
	refuses bad_certificate 'CRL is not yet valid' good
	serve_require "${TRUST[@]}" --crl "$crl/forged.pem"
	refuses decrypt_error 'CRL signature failure' good
}

@test "every CA of a chain needs its CRL" {
	local crl=$CLIENTS/crl

	serve_require "${TRUST[@]}" --crl "$CLIENTS/crls.pem"
	takes good deep1 deep3
	refuses certificate_revoked 'certificate revoked' revoked-deep1

	serve_require "${TRUST[@]}" --crl "$crl/fresh.pem"
	takes good
	refuses unknown_ca "$NO_CRL" deep1
	join "$crl/fresh.pem" "$crl/of-int1-stale.pem"
	serve_require "${TRUST[@]}" --crl "$T/joined"
	takes good
	refuses certificate_expired 'CRL has expired' deep1
	# the intermediate itself is revoked
	join "$crl/int1.pem" "$crl/of-int1.pem"
	serve_require "${TRUST[@]}" --crl "$T/joined"
	takes good
	refuses certificate_revoked 'certificate revoked' deep1
}

@test "CRLs in a hashed directory" {
	serve_require "${TRUST[@]}" --crl "$CLIENTS/crl-dir"
	takes good deep1 deep3
	refuses certificate_revoked 'certificate revoked' revoked revoked-deep1
	stop

	# a hash for each CRL of one CA: here the newer one has it
	mkdir "$T/crls"
	cp "$CLIENTS/crl/of-int1.pem" "$T/crls/"
	openssl rehash "$T/crls"
	serve_require "${TRUST[@]}" --crl "$T/crls"
	refuses unknown_ca "$NO_CRL" good deep1
	cp "$CLIENTS/crl/fresh.pem" "$T/crls/"
	openssl rehash "$T/crls"
	takes good deep1
	refuses certificate_revoked 'certificate revoked' revoked
}

@test "of two CRLs the fresh one counts, whatever its place" {
	local crl=$CLIENTS/crl

	join "$crl/stale.pem" "$crl/fresh.pem"
	serve_require "${TRUST[@]}" --crl "$T/joined"
	takes good
	refuses certificate_revoked 'certificate revoked' revoked
	mkdir "$T/crls"
	cp "$crl/stale.pem" "$T/crls/0.pem"
	cp "$crl/fresh.pem" "$T/crls/1.pem"
	openssl rehash "$T/crls"
	serve_require "${TRUST[@]}" --crl "$T/crls"
	takes good
	refuses certificate_revoked 'certificate revoked' revoked
}

@test "a CRL of 100,000 serial numbers" {
	python3 -B - "$SHIM_TREE/tests/lib" "$CLIENTS" "$T/crl" <<-'EOF'
	import sys
	sys.path.insert(0, sys.argv[1])
	from certs import Authority, Key, name
	with open(sys.argv[2] + "/ca.key", "rb") as file:
	    key = Key(file.read())
	ca = Authority(name(("O", "tlsshim tests"), ("CN", "test client CA")),
	               key=key)
	with open(sys.argv[3], "w") as file:
	    file.write(ca.crl(0x0BAD, *range(1 << 40, (1 << 40) + 100000)))
	EOF
	serve_require "${TRUST[@]}" --crl "$T/crl"
	takes good
	refuses certificate_revoked 'certificate revoked' revoked
}

# ------------------------------------------------------------------- depth

TOO_LONG='certificate chain too long'

@test "--verify-depth is the last position of a chain, as of mod_ssl" {
	serve_require "${TRUST[@]}"
	takes good deep1 deep2 deep3
	refuses unknown_ca "$TOO_LONG" deep4 deep5
	serve_require "${TRUST[@]}" --verify-depth 1
	takes good
	refuses unknown_ca "$TOO_LONG" deep1 deep2
	serve_require "${TRUST[@]}" --verify-depth 2
	takes good deep1
	refuses unknown_ca "$TOO_LONG" deep2
	serve_require "${TRUST[@]}" --verify-depth 7
	takes deep5 deep6
	SERVE_ENV=(VERIFYDEPTH=1)
	serve_require "${TRUST[@]}"
	takes good
	refuses unknown_ca "$TOO_LONG" deep1
}

@test "--verify-depth 0: a self-signed certificate that is trusted itself" {
	serve_require --ca "$CLIENTS/self-signed.pem" --verify-depth 0
	takes self-signed
	serve_require "${TRUST[@]}" --verify-depth 0
	refuses unknown_ca "$TOO_LONG" good
}

# --------------------------------------------------------------------- CAs

# tells_names [NAME...] - these and no others are the CA names that a client is
# told; it shows no certificate
tells_names() {
	CONNECTIONS=$((CONNECTIONS + 1))
	names_sent >"$T/names"
	printf '%s\n' "$@" | sed '/^$/d' | diff - "$T/names"
}

names_sent() {
	timeout 20 openssl s_client -connect "127.0.0.1:$PORT" \
	    -nameopt RFC2253 </dev/null 2>/dev/null 3>&- | sed -n '/^Acceptable client certificate CA names/,$p' |
	    grep -E '^CN=.*,O=tlsshim tests$' || :
}

OURS='CN=test client CA,O=tlsshim tests'
OTHER="CN=somebody else's CA,O=tlsshim tests"

@test "--ca: clients are told its names, in their order" {
	serve_require "${TRUST[@]}"
	tells_names "$OURS"
	join "$CLIENTS/wrong.pem" "$CLIENTS/ca.pem"
	serve_require --ca "$T/joined"
	tells_names "$OTHER" "$OURS"
	takes good wrong-ca
}

@test "--client-ca: clients are told other names than of those trusted" {
	serve_require "${TRUST[@]}" --client-ca "$CLIENTS/wrong.pem"
	tells_names "$OTHER"
	takes good
	refuses unknown_ca 'unable to get local issuer certificate' wrong-ca
	# alone it is both
	serve_require --client-ca "$CLIENTS/ca.pem"
	tells_names "$OURS"
	takes good
	refuses unknown_ca 'unable to get local issuer certificate' wrong-ca
}

@test "two CAs of one name, as when one gets a new key" {
	join "$CLIENTS/twin.pem" "$CLIENTS/ca.pem"
	serve_require --ca "$T/joined"
	takes good deep1 by-twin
	mkdir "$T/cas"
	cp "$CLIENTS/twin.pem" "$CLIENTS/ca.pem" "$T/cas/"
	openssl rehash "$T/cas"
	serve_require --ca-dir "$T/cas"
	takes good deep1 by-twin
}

@test "an intermediate alone is nobody to trust" {
	serve_require --ca "$CLIENTS/int1.pem"
	refuses unknown_ca 'unable to get issuer certificate' deep1
}

@test "a hashed directory of CAs, named by no name" {
	serve_require --ca-dir "$CLIENTS/ca-dir"
	tells_names
	takes good deep1
	refuses unknown_ca 'unable to get local issuer certificate' wrong-ca
	SERVE_ENV=("CADIR=$CLIENTS/ca-dir" "CCAFILE=$CLIENTS/ca.pem")
	serve_require
	tells_names "$OURS"
	takes good
}

@test "a directory of 1000 CAs costs no more than one of 1" {
	local one many

	mkdir "$T/cas"
	python3 -B - "$SHIM_TREE/tests/lib" "$T/cas" <<-'EOF'
	import sys
	sys.path.insert(0, sys.argv[1])
	from certs import Authority, Scribble, name
	key = Scribble()
	for number in range(999):
	    with open(f"{sys.argv[2]}/{number}.pem", "w") as file:
	        file.write(Authority(name(("CN", f"CA {number}")), key=key).pem)
	EOF
	cp "$CLIENTS/ca.pem" "$T/cas/"
	openssl rehash "$T/cas"
	[ "$(find "$T/cas" -name '*.0' | wc -l)" -ge 990 ]
	serve_require --ca-dir "$CLIENTS/ca-dir"
	takes good good good good good
	one=$(cpu_ms)
	serve_require --ca-dir "$T/cas"
	takes good good good good good
	many=$(cpu_ms)
	echo "1: $one ms, 1000: $many ms"
	awk -v one="$one" -v many="$many" \
	    'BEGIN { exit !(many <= one * 1.5 + 20) }'
}

# cannot_serve TEXT [option ...] - a connection ends without a byte, by 100, and
# TEXT is why
cannot_serve() {
	local text=$1

	shift
	serve_require "$@"
	echo "cannot serve: $text"
	[ "$(timeout 20 socat -u "TCP:127.0.0.1:$PORT" STDOUT 3>&- | wc -c)" \
	    -eq 0 ]
	exits_with 100
	grep -aFq -- ": $text" "$LOG"
}

@test "CAs and CRLs that cannot be used" {
	cannot_serve "client certificate: require: no CA to verify it by: name one with --ca, --ca-dir or --client-ca"
	cannot_serve "CA: $T/none: No such file or directory" --ca "$T/none"
	cannot_serve "CA: $CLIENTS/client.key: no certificate in it (PEM or DER is wanted)" \
	    --ca "$CLIENTS/client.key"
	cannot_serve "CA directory: $CLIENTS/ca.pem: not a directory" \
	    --ca-dir "$CLIENTS/ca.pem"
	cannot_serve "client CA: $T/none: No such file or directory" \
	    "${TRUST[@]}" --client-ca "$T/none"
	cannot_serve "CRL: $T/none: No such file or directory" \
	    "${TRUST[@]}" --crl "$T/none"
	cannot_serve "CRL: $CLIENTS/ca.pem: no CRL in it (PEM or DER is wanted)" \
	    "${TRUST[@]}" --crl "$CLIENTS/ca.pem"
	sed '2s/.*/AAAA/' "$CLIENTS/ca.pem" >"$T/damaged"
	cannot_serve "CA: $T/damaged: damaged" --ca "$T/damaged"
	cannot_serve "--verify-depth: -1: not a number from 0 to 100" \
	    "${TRUST[@]}" --verify-depth -1
}

@test "CAs and CRLs in DER" {
	openssl x509 -in "$CLIENTS/ca.pem" -outform DER -out "$T/ca"
	openssl crl -in "$CLIENTS/crl/fresh.pem" -outform DER -out "$T/crl"
	serve_require --ca "$T/ca" --crl "$T/crl"
	takes good
	refuses certificate_revoked 'certificate revoked' revoked
}

# chain_of KIND - $T/odd.pem and .chain for client.key: "circle", whose two CAs
# vouch for each other, or "long", with 80 intermediates up to ca.pem
chain_of() {
	python3 -B - "$SHIM_TREE/tests/lib" "$CLIENTS" "$T" "$1" <<-'EOF'
	import sys
	sys.path.insert(0, sys.argv[1])
	from certs import Authority, Key, name, pem
	def read(path):
	    with open(path, "rb") as file:
	        return file.read()
	ca = Authority(name(("O", "tlsshim tests"), ("CN", "test client CA")),
	               key=Key(read(sys.argv[2] + "/ca.key")))
	client = Key(read(sys.argv[2] + "/client.key"))
	chain, key = [], Key()
	if sys.argv[4] == "long":
	    for number in range(80):
	        chain.insert(0, Authority(name(("CN", f"CA {number}")),
	                                  (chain or [ca])[0], key=key))
	else:
	    one, two = [Authority(name(("CN", which))) for which in ("1", "2")]
	    chain = [Authority(one.subject, two, key=one.key),
	             Authority(two.subject, one, key=two.key)]
	with open(sys.argv[3] + "/odd.pem", "w") as file:
	    file.write(pem("CERTIFICATE", chain[0].issue(name(("CN", "odd")),
	                                                 client)))
	with open(sys.argv[3] + "/odd.chain", "w") as file:
	    file.write("".join(above.pem for above in chain))
	EOF
	cp "$CLIENTS/client.key" "$T/"
}

@test "a chain that goes in circles, or on and on, comes to an end" {
	chain_of circle
	serve_require --ca-dir "$CLIENTS/ca-dir" --crl "$CLIENTS/crl-dir" \
	    --verify-depth 100
	CLIENTS=$T refuses unknown_ca 'unable to get local issuer certificate' odd
	chain_of long
	CLIENTS=$T refuses unknown_ca 'unable to get local issuer certificate' odd
	# said once, though the client chose to ask on
	[ "$(grep -c 'its chain asks for more than 64 CAs and CRLs$' "$LOG")" \
	    -eq 1 ]
	serve_require --ca-dir "$CLIENTS/ca-dir"
	CLIENTS=$T refuses unknown_ca "$TOO_LONG" odd
}

@test "certificates that have nothing to do with it do no harm" {
	chain_of long
	serve "${CERT[@]}" --client-cert require "${TRUST[@]}" \
	    --export tcp,tls,certs -- sh -c 'read line; exec env -0'
	ask_as good -cert_chain "$T/odd.chain"
	[ "$(told SSL_CLIENT_VERIFY)" = SUCCESS ]
	[ "$(told SSL_CLIENT_S_DN_CN)" = good ]
	told SSL_CLIENT_CERT_CHAIN_0
	# of 80
	[ "$(names_like CERT_CHAIN_ | wc -l)" -le 63 ]
	[ "$(grep -c 'the rest is left out$' "$LOG")" -eq 1 ]
}

# rules LINE... - $T/rules.cdb
rules() {
	need tcprules
	printf '%s\n' "$@" | tcprules "$T/rules.cdb" "$T/rules.tmp"
	chmod 644 "$T/rules.cdb"
}

@test "a rule decides who is asked, and by whose names" {
	rules '127.0.0.2:allow,CCAFILE="-"' \
	    "127.0.0.3:allow,CCAFILE=\"$CLIENTS/wrong.pem\"" \
	    "127.0.0.4:allow,CAFILE=\"$CLIENTS/wrong.pem\"" ':allow'
	serve_require "${TRUST[@]}" --rules "$T/rules.cdb"
	takes good
	# sslserver's way to ask for none
	CONNECTIONS=2
	ask_as good -bind 127.0.0.2:0
	[ "$(told SSL_CLIENT_VERIFY)" = NONE ]
	[ "$(summary -n 2 client)" = none ]
	CONNECTIONS=3
	ask_as good -bind 127.0.0.3:0
	[ "$(told SSL_CLIENT_VERIFY)" = SUCCESS ]
	! ask_as good -bind 127.0.0.4:0 || return 1
	ask_as wrong-ca -bind 127.0.0.4:0
	[ "$(told SSL_CLIENT_S_DN_CN)" = wrong-ca ]
	# none of it is the application's
	[ -z "$(names_like '^(CCAFILE|CAFILE)$')" ]
}

@test "CCAVERIFY in a rule requires a certificate" {
	rules '127.0.0.2:allow,CCAVERIFY="1"' ':allow'
	serve "${CERT[@]}" "${TRUST[@]}" --rules "$T/rules.cdb" -- \
	    sh -c 'read line; exec env -0'
	ask_as none
	[ "$(told SSL_CLIENT_VERIFY)" = NONE ]
	! ask_as none -bind 127.0.0.2:0 || return 1
	[ "$(summary -n 2 end)" = alert-sent:certificate_required ]
	ask_as good -bind 127.0.0.2:0
	[ "$(told SSL_CLIENT_VERIFY)" = SUCCESS ]
	[ -z "$(names_like CCAVERIFY)" ]
}

# -------------------------------------------------------------- host names

# serve_for HOST - as a starter that looked up the peer's name; "-" found none
serve_for() {
	local host=$1

	[ "${#STARTER_PIDS[@]}" -eq 0 ] || stop
	: >"$LOG"
	CONNECTIONS=0
	STARTER=tcpserver serve_program sh -c '[ "$0" = - ] ||
	    export TCPREMOTEHOST="$0"; exec "$@"' "$host" "$SHIM" "${AS[@]}" \
	    "${CERT[@]}" "${TRUST[@]}" -z -- sh -c 'read line; exec env -0'
}

@test "-z: the certificate is for the peer's host name" {
	need tcpserver
	serve_for client.example.org
	takes host wild
	refuses bad_certificate 'hostname mismatch' good
	! ask_as none || return 1
	[ "$(summary -n 4 end)" = alert-sent:certificate_required ]
	serve_for CLIENT.Example.Org
	takes host wild
	serve_for other.example.org
	takes wild
	refuses bad_certificate 'hostname mismatch' host
	serve_for client.example.org.evil.example
	refuses bad_certificate 'hostname mismatch' host wild
	# a dot first would be every host below it
	serve_for .example.org
	! ask_as host || return 1
	serve_for '*.example.org'
	! ask_as wild || return 1
}

@test "-z: a peer without a name is not let in, whatever it shows" {
	need tcpserver
	serve_for -
	! ask_as host || return 1
	! ask_as none || return 1
	[ "$(summary -n 2 app)" = none ]
	stop

	# nor one whom the starter named for another connection
	: >"$LOG"
	SERVE_ENV=(TCPREMOTEHOST=client.example.org TCPREMOTEIP=192.0.2.1
	    TCPREMOTEPORT=1)
	serve "${CERT[@]}" "${TRUST[@]}" -z -- sh -c 'read line; exec env -0'
	! ask_as host || return 1
	[ "$(summary app)" = none ]
}

@test "-z: a certificate without alternative names is for its CN's host" {
	need tcpserver
	serve_for client.example.org
	takes host-cn
}
