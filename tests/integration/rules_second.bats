#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# The second look-up: rules by what the handshake proved, and what they may
# say.

load ../lib/common
load ../lib/talk
load ../lib/clients
load ../lib/rules
load ../lib/ucspi

setup_file() {
	export ODD=$BATS_FILE_TMPDIR/odd
	mkdir "$ODD"
	"$SHIM_TREE/tests/lib/make-odd-certs" "$ODD" "$STAGE/clients"
	[ "$(id -u)" -ne 0 ] ||
	    useradd -M -d /home/of-rule -s /bin/bash -G games shimtest-rule
}

teardown_file() {
	[ "$(id -u)" -ne 0 ] || userdel shimtest-rule
}

setup() {
	fresh
	report_dir
}

teardown() { leave_nothing; }

# ------------------------------------------------------------- connections

# serve_rules [option ...] - it tells which rule was hit
serve_rules() {
	: >"$LOG"
	CONNECTIONS=0
	serve "${CERT[@]}" --rules "$T/rules.cdb" --client-cert optional \
	    "${TRUST[@]}" --alpn imap,pop3 "$@" -- \
	    sh -c 'read line; echo "HIT=$HIT"; env | grep ^TLSSHIM_[UP]'
}

# odd NAME - s_client's options to show this one of make-odd-certs, in SHOW
odd() {
	SHOW=(-cert "$ODD/$1.pem" -key "$CLIENTS/client.key")
}

# hits KEY [s_client option ...] - the client that SHOW is lands at this rule;
# none: at none
hits() {
	local key=$1

	shift
	[ "$key" != none ] || key=
	CONNECTIONS=$((CONNECTIONS + 1))
	run ask hello "${SHOW[@]}" "$@"
	echo "$output, wanted $key"
	[ "$output" = "HIT=$key" ] || return 1
	[ "$(summary -n "$CONNECTIONS" rule)" = "$(escaped "$key")" ] ||
	    return 1
	[ "$(summary -n "$CONNECTIONS" end)" = clean ]
}

# denied KEY [s_client option ...] - that client is turned away by it
denied() {
	local key=$1

	shift
	CONNECTIONS=$((CONNECTIONS + 1))
	run ask hello "${SHOW[@]}" "$@"
	[ "$output" = '' ] || return 1
	summary -n "$CONNECTIONS"
	[[ $(summary -n "$CONNECTIONS") == *" rule=$(escaped "$key") "*' '\
'stage=rules end=denied app=none' ]]
}

# escaped KEY - as the summary line has it
escaped() {
	sed 's/\\/\\x5c/g; s/=/\\x3d/g; s/ /\\x20/g; s/"/\\x22/g' <<<"$1"
}

# rules_for KEY ... - a rule for each, which tells it
rules_for() {
	local -a all=()
	local key

	for key; do
		all+=("$key" "+HIT=${key//\\/\\\\}\\0")
	done
	rules "${all[@]}"
}

# ticket_keys - a fresh one, in $T/keys
ticket_keys() {
	openssl rand -hex 32 >"$T/keys"
	chmod 640 "$T/keys"
	[ "$(id -u)" -ne 0 ] || ! getent group tlsshim >/dev/null ||
	    chgrp tlsshim "$T/keys"
}

hash_of() {
	openssl dgst -sha256 -r | cut -d' ' -f1
}

cert_key() {
	echo "cert=sha256:$(openssl x509 -in "$1" -outform DER | hash_of)"
}

spki_key() {
	echo "spki=sha256:$(openssl x509 -in "$1" -noout -pubkey |
	    openssl pkey -pubin -outform DER | hash_of)"
}

# --------------------------------------------------------------------- keys

ISSUER='issuer=CN=test client CA,O=tlsshim tests'

@test "every kind of key is found, in its order, by TLS 1.2 and 1.3" {
	local version
	local -a keys

	odd rich
	keys=("$(cert_key "$ODD/rich.pem")" "$(spki_key "$ODD/rich.pem")"
	    san=email:one@example.org san=email:two@example.org
	    san=dns:one.example.org san=dns:two.example.org
	    san=uri:spiffe://example.org/one san=uri:https://example.org/two
	    san=ip:192.0.2.1 san=ip:2001:db8::1 'cn=CN one' 'cn=CN two'
	    "$ISSUER" sni=localhost alpn=pop3)
	rules_for "${keys[@]}"
	serve_rules
	while [ "${#keys[@]}" -gt 0 ]; do
		rules_for "${keys[@]}"
		for version in -tls1_2 -tls1_3; do
			hits "${keys[0]}" "$version" -alpn pop3
		done
		keys=("${keys[@]:1}")
	done
	rules_for alpn=imap sni=other.example.org cn=one
	hits none -alpn pop3
	[ "$CONNECTIONS" -eq 31 ]
}

@test "DNS names, server names and the domains of addresses match in any case" {
	rules_for san=dns:client.example.org
	serve_rules
	show host
	hits san=dns:client.example.org
	rules_for sni=localhost
	hits sni=localhost -servername LocalHost
	# in the rule it is for its compiler to write them so
	rules_for san=dns:Client.example.org
	hits none
	rules_for san=email:Host@localhost
	hits none
	rules_for san=email:host@localhost
	hits san=email:host@localhost
}

@test "names count where the certificate verified, and only there" {
	# all keys there are one: no rule for that here
	local -a all=(cn=self-signed san=email:self-signed@localhost
	    cn=wrong-ca san=email:wrong-ca@localhost cn=good
	    "issuer=CN=self-signed,O=tlsshim tests"
	    "issuer=CN=somebody else's CA,O=tlsshim tests"
	    "$(cert_key "$CLIENTS/self-signed.pem")"
	    "$(cert_key "$CLIENTS/wrong-ca.pem")")

	rules_for "${all[@]}"
	serve_rules --client-cert optional-no-ca
	show self-signed
	hits none
	show wrong-ca
	hits none
	show none
	hits none
	rules_for "${all[@]}" sni=localhost
	show self-signed
	hits sni=localhost
	show good
	hits cn=good
}

@test "the first hit decides, and the catch-all is for addresses" {
	rules cn=good "$ALLOW" sni=localhost "$DENY" '' '+HIT=all\0'
	serve_rules
	show good
	run ask hello "${SHOW[@]}"
	[ "$output" = HIT=all ]
	[ "$(summary rule)" = 'cn\x3dgood' ]
	CONNECTIONS=1
	show none
	denied sni=localhost
	# who asks for no name is not proved to ask for it
	run --separate-stderr timeout 20 openssl s_client -quiet \
	    -connect "127.0.0.1:$PORT" -noservername <<<hello
	[ "$output" = HIT=all ]
	[ "$(summary -n 3 rule)" = : ]
}

@test "a resumed session is asked about again" {
	local version

	ticket_keys
	show good
	for version in -tls1_2 -tls1_3; do
		rules_for cn=good
		serve_rules --ticket-keys "$T/keys"
		hits cn=good "$version" -sess_out "$T/session"
		hits cn=good "$version" -sess_in "$T/session"
		[ "$(summary -n 2 resumed)" = 1 ]
		rules cn=good "$DENY"
		denied cn=good "$version" -sess_in "$T/session"
		[ "$(summary -n 3 resumed)" = 1 ]
		stop
	done
}

# --------------------------------------------------------------- collisions

# What else could be meant by the names in these certificates: the rules of a
# server that lets in the boss, and addresses
OTHERS=(127.0.0.2 127.1. 10.0.0.0/8 '=' '=.example.org' :allow : 'x,=' 'sni='
    'alpn=' 'san=uri:' 'san=dns:' 'cn=' 'cn=boss' 'san=email:boss@localhost'
    'san=dns:boss.localhost' 'san=uri:boss:' 'sni=localhost.evil' 'cn=boss.evil'
    'cn=boss\00.evil' 'cn=boss\x00.evil' 'cn=\00')

@test "a name that looks like another rule's key is none" {
	local name

	rules_for "${OTHERS[@]}"
	serve_rules
	for name in key-equals key-sni key-colon key-nul key-nul-alone \
	    key-long; do
		odd "$name"
		hits none
		[ "$(summary -n "$CONNECTIONS" client)" = ok ]
	done
	# but its own
	rules_for cn=x,= cn=sni=localhost 'cn=127.0.0.1:allow,HIT=x'
	odd key-equals
	hits cn=x,=
	odd key-sni
	hits cn=sni=localhost
	odd key-colon
	hits 'cn=127.0.0.1:allow,HIT=x'
}

@test "the issuer is written as the program sees it" {
	show good
	rules_for "$ISSUER" 'issuer=/O=tlsshim tests/CN=test client CA'
	serve_rules
	hits "$ISSUER"
	stop
	serve_rules --env-format ucspi-ssl
	hits 'issuer=/O=tlsshim tests/CN=test client CA'
}

# ------------------------------------------------------------------- denial

@test "whom a rule denies hears access_denied by TLS 1.3" {
	rules sni=localhost "$DENY"
	ticket_keys
	SHOW=()
	serve_rules
	denied sni=localhost -tls1_3
	grep -F 'tlsv1 alert access denied' "$T/client.log"
	exits_with 97
	stop
	# the alert is no ticket, where there are tickets
	: >"$T/client.log"
	serve_rules --ticket-keys "$T/keys"
	denied sni=localhost -tls1_3
	grep -F 'tlsv1 alert access denied' "$T/client.log"
}

@test "gnutls-cli hears it, too" {
	need gnutls-cli
	rules sni=localhost "$DENY"
	serve_rules
	run timeout 20 gnutls-cli --x509cafile="$PKI/ca.pem" \
	    --verify-hostname=localhost --sni-hostname=localhost \
	    --priority=NORMAL:-VERS-ALL:+VERS-TLS1.3 \
	    -p "$PORT" 127.0.0.1 <<<hello
	echo "$output"
	[ "$status" -ne 0 ]
	[[ $output == *'[49]: Access was denied'* ]]
}

@test "up to TLS 1.2 there is close_notify, and nothing else" {
	rules sni=localhost "$DENY"
	SHOW=()
	serve_rules
	denied sni=localhost -tls1_2
	run ! grep -i alert "$T/client.log"
	exits_with 97
	TALK=(-v 1.2)
	talk end=notify
}

@test "whom rules by address deny does not get as far as the second look-up" {
	rules '' "$DENY" cn=good "$ALLOW"
	serve_rules
	show good
	run ask hello "${SHOW[@]}"
	[ "$output" = '' ]
	[[ $(summary) == *' rule=: '*' stage=rules end=denied app=none' ]]
	[ "$(summary tls)" = '' ]
	# nor does --default let it, or keep it
	rules cn=good "$ALLOW"
	stop
	serve_rules --default deny
	run ask hello "${SHOW[@]}"
	[ "$output" = '' ]
	rules 127. "$ALLOW"
	run ask hello
	[ "$output" = HIT= ]
}

# between COMMAND... - run it when the first look-up is over, and the client
# waits to shake hands
between() {
	rules '' "$ALLOW"
	serve_app --rules "$T/rules.cdb" -- "${IN_CLEAR[@]}" \
	    ctl=Z list exit=0
	client_on hear=hello "await=$T/go" say=starttls hear=go tls say=ping \
	    hear=ping close
	early_app
	"$@"
	let_go
}

@test "a file that breaks between the look-ups lets nobody in" {
	between truncate -s 100 "$T/rules.cdb"
	! wait "$CLIENT" || return 1
	logged "rules: $T/rules.cdb: not a cdb, or cut short"
	reports '!error'
	[ "$(summary end)" = error ]
	[ "$(summary tls)" = TLSv1.3 ]
}

@test "a file that goes between the look-ups lets nobody in without -X" {
	between rm "$T/rules.cdb"
	! wait "$CLIENT" || return 1
	logged "rules: $T/rules.cdb: does not exist"
	[ "$(summary end)" = error ]
	[ "$(summary tls)" = TLSv1.3 ]
	stop
	rm "$REPORT"
	rules '' "$ALLOW"
	serve_app --rules "$T/rules.cdb" -X -- "${IN_CLEAR[@]}" ctl=y switch \
	    echo
	client_on hear=hello "await=$T/go" say=starttls hear=go tls say=ping \
	    hear=ping close
	early_app
	rm "$T/rules.cdb"
	let_go
	wait "$CLIENT"
}

# -------------------------------------------------------------- environment

@test "the environment: TCP, the first rule, TLS, the second rule" {
	rules '' '+TCPLOCALHOST=first\0+A=first\0+B=first\0+SSL_CIPHER=mine\0' \
	    cn=good '+B=second\0+TCPREMOTEHOST=second\0+SSL_CLIENT_S_DN_CN=root\0+HTTPS=no\0+TLSSHIM_ID=0\0'
	serve "${CERT[@]}" --rules "$T/rules.cdb" --client-cert require \
	    "${TRUST[@]}" -- env
	show good
	run ask hello "${SHOW[@]}"
	grep -x A=first <<<"$output"
	grep -x B=second <<<"$output"
	grep -x TCPLOCALHOST=first <<<"$output"
	grep -x TCPREMOTEHOST=second <<<"$output"
	grep -x SSL_CLIENT_S_DN_CN=good <<<"$output"
	grep -x HTTPS=on <<<"$output"
	run ! grep -E '^(SSL_CIPHER=mine|TLSSHIM_ID=0)$' <<<"$output"
	logged 'rules: cn=good: SSL_CLIENT_S_DN_CN: a rule cannot set it'
	logged 'rules: cn=good: TLSSHIM_ID: a rule cannot set it'
}

@test "what configures TLS comes too late in a rule of the second look-up" {
	local name

	SHOW=()
	rules sni=localhost "$ALLOW"
	serve_rules
	for name in CERTFILE CCAVERIFY CIPHERS SSL_USER STARTTLS_MODE; do
		rules sni=localhost "+$name=x\\0"
		denied sni=localhost
		logged "rules: sni=localhost: $name: counts before the \
handshake only: put it into a rule by address: denied"
		# but --check says so before
		shim -100 --check "${AS[@]}" "${CERT[@]}" \
		    --rules "$T/rules.cdb"
		[[ $output == *"rules: sni=localhost: $name: counts before"* ]]
	done
}

@test "a limit that one process cannot keep is not passed on" {
	local key

	for key in '' sni=localhost; do
		rules "$key" '+MAXCONIP=1\0+A=b\0'
		serve "${CERT[@]}" --rules "$T/rules.cdb" -- env
		run ask hello
		grep -x A=b <<<"$output"
		run ! grep MAXCONIP <<<"$output"
		logged "rules: $key: MAXCONIP: not kept: "
		shim --check "${AS[@]}" "${CERT[@]}" --rules "$T/rules.cdb"
		[[ $output == *': MAXCONIP: not kept: '* ]]
		stop
		: >"$LOG"
	done
}

# ------------------------------------------------------ program and account

@test "TLSSHIM_PROGRAM: another program, with the same arguments" {
	local key

	for key in '' cn=good; do
		rules "$key" '+TLSSHIM_PROGRAM=printf\0+A=b\0'
		serve "${CERT[@]}" --rules "$T/rules.cdb" --client-cert \
		    optional "${TRUST[@]}" -- echo '%s-%s\n' one two
		show good
		run ask hello "${SHOW[@]}"
		[ "$output" = one-two ]
		[ -n "$key" ] || key=none
		show none
		run ask hello
		[ "$key" = none ] || [ "$output" = '%s-%s\n one two' ]
		stop
	done
	# the second look-up has the last word
	rules '' '+TLSSHIM_PROGRAM=false\0' cn=good '+TLSSHIM_PROGRAM=echo\0'
	serve "${CERT[@]}" --rules "$T/rules.cdb" --client-cert require \
	    "${TRUST[@]}" -- cat hello
	show good
	run ask x "${SHOW[@]}"
	[ "$output" = hello ]
}

@test "a TLSSHIM_PROGRAM that is empty denies, one that is not there is told" {
	rules sni=localhost '+TLSSHIM_PROGRAM=\0'
	serve_rules
	SHOW=()
	denied sni=localhost
	logged 'rules: sni=localhost: TLSSHIM_PROGRAM: empty'
	rules sni=localhost '+TLSSHIM_PROGRAM=/nonexistent/program\0'
	run ask hello
	[ "$output" = '' ]
	logged 'program: /nonexistent/program: No such file'
	[[ $(summary -n 2) == *' stage=app end=error app=none' ]]
}

# who_am_i [option ...] - a program that tells
who_am_i() {
	serve "${CERT[@]}" --rules "$T/rules.cdb" --client-cert optional \
	    "${TRUST[@]}" "$@" -- sh -c 'read line
	    echo "$(id -un) $(id -Gn) $HOME $SHELL $USER $LOGNAME $A"
	    grep -E "^Uid" /proc/self/status; env | grep ^TLSSHIM_U'
}

@test "TLSSHIM_USER: the account, by rules of either look-up" {
	local key uid

	need_root
	uid=$(id -u shimtest-rule)
	show good
	for key in '' cn=good; do
		rules "$key" '+TLSSHIM_USER=shimtest-rule\0+HOME=/else\0+A=b\0'
		who_am_i
		run ask hello "${SHOW[@]}"
		echo "$output"
		[ "${lines[0]}" = "shimtest-rule shimtest-rule games /else\
 /bin/bash shimtest-rule shimtest-rule b" ]
		[ "${lines[1]}" = "Uid:	$uid	$uid	$uid	$uid" ]
		[ "${#lines[@]}" -eq 2 ]
		stop
	done
	# by number
	rules cn=good "+TLSSHIM_USER=$uid\\0"
	who_am_i
	run ask hello "${SHOW[@]}"
	[ "${lines[1]}" = "Uid:	$uid	$uid	$uid	$uid" ]
	# whom it is not for
	run ask hello
	[[ $output == "tlsshim-app "* ]]
}

@test "TLSSHIM_USER beats --user-from, and needs no --user" {
	need_root
	show good
	rules 127. '+TLSSHIM_USER=shimtest-rule\0'
	AS=()
	who_am_i --user-from cert:cn
	run ask hello "${SHOW[@]}"
	[[ $output == "shimtest-rule "* ]]
	stop
	rules cn=good '+TLSSHIM_USER=shimtest-rule\0'
	who_am_i --user-from cert:cn
	run ask hello "${SHOW[@]}"
	[[ $output == "shimtest-rule "* ]]
	# "host" is no account
	show host
	run ask hello "${SHOW[@]}"
	[ "$output" = '' ]
	[[ $(summary -n 3) == *' stage=app end=denied app=none' ]]
}

@test "an account that cannot be had denies" {
	local name

	need_root
	SHOW=()
	rules sni=localhost "$ALLOW"
	serve_rules
	for name in shimtest-nobody-at-all root 0 '' \
	    "$(id -un tlsshim-net 2>/dev/null || echo 0)"; do
		rules sni=localhost "+TLSSHIM_USER=$name\\0"
		denied sni=localhost
		logged "rules: sni=localhost: TLSSHIM_USER: $name: .*: denied"
	done
	# and before the handshake
	rules '' '+TLSSHIM_USER=root\0'
	run ask hello
	[ "$output" = '' ]
	[[ $(summary -n 6) == *' rule=: '*' stage=rules end=denied app=none' ]]
	shim -100 --check "${AS[@]}" "${CERT[@]}" --rules "$T/rules.cdb"
	[[ $output == *'TLSSHIM_USER: root: is uid 0: name another account, or'* ]]
	stop
	serve_rules --allow-root
	run ask hello
	[ "$output" = HIT= ]
}

@test "without root only the own account can be had" {
	local name
	local -a nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups
	    --)

	[ "$(id -u)" -eq 0 ] || nobody=()
	cp "$PKI/both.pem" "$APP_DIR/both.pem"
	chmod 644 "$APP_DIR/both.pem"
	rules sni=localhost '+TLSSHIM_USER=daemon\0'
	serve_program "${nobody[@]}" "$SHIM" --cert "$APP_DIR/both.pem" \
	    --rules "$T/rules.cdb" -- id -un
	run ask hello
	[ "$output" = '' ]
	logged 'TLSSHIM_USER: daemon: not started as root, so the program'
	name=$("${nobody[@]}" id -un)
	rules sni=localhost "+TLSSHIM_USER=$name\\0"
	run ask hello
	[ "$output" = "$name" ]
}

# ------------------------------------- programs that run before TLS does

@test "an application that runs already is told of the denial, and nothing else" {
	rules sni=localhost "$DENY"
	serve_app --rules "$T/rules.cdb" -- "${IN_CLEAR[@]}" ctl=Z list exit=0
	run client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping
	[ "$status" -ne 0 ]
	reports '!denied'
	[ "$(summary end)" = denied ]
	[ "$(summary stage)" = rules ]
}

@test "an application that runs already is told what the second rule sets" {
	rules sni=localhost '+A=second\0+SSL_CIPHER=mine\0'
	serve_app --rules "$T/rules.cdb" -- "${IN_CLEAR[@]}" ctl=Y list \
	    switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
	reports A=second
	run ! grep -x SSL_CIPHER=mine "$REPORT"
	[ "$(summary rule)" = 'sni\x3dlocalhost' ]
}

@test "an application that runs already cannot become another: denied" {
	local name

	for name in TLSSHIM_PROGRAM=cat TLSSHIM_USER=daemon; do
		rules sni=localhost "+$name\\0"
		serve_app --rules "$T/rules.cdb" -- "${IN_CLEAR[@]}" ctl=Z \
		    list exit=0
		run client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping
		[ "$status" -ne 0 ]
		logged "rules: sni=localhost: ${name%=*}: the program runs \
already: put it into a rule by address: denied"
		shim -100 --check "${AS[@]}" -n "${CERT[@]}" \
		    --rules "$T/rules.cdb"
		[[ $output == *"${name%=*}: the program runs already"* ]]
		stop
	done
	# by address it is in time
	rules '' "+TLSSHIM_PROGRAM=$STAGE/bin/ucspi-app\\0"
	serve -n "${CERT[@]}" --rules "$T/rules.cdb" -- false "$REPORT" \
	    "${IN_CLEAR[@]}" ctl=y switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
}

@test "tlswrapper's application reads the end when its client is denied" {
	rules sni=localhost "$DENY"
	serve --starttls tlswrapper "${CERT[@]}" --rules "$T/rules.cdb" -- \
	    sh -c 'echo hello; read a; echo go; printf "\0" >&5
	    head -c 1 <&6 >/dev/null; exec 5>&- 6<&-; cat >"$0.read"
	    echo over >"$0"' "$REPORT"
	run client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping
	[ "$status" -ne 0 ]
	reports over
	[ ! -s "$REPORT.read" ]
	[ "$(summary end)" = denied ]
}

@test "a program that knows nothing of STARTTLS is not started for the denied" {
	rules sni=localhost "$DENY"
	serve --starttls smtp "${CERT[@]}" --rules "$T/rules.cdb" -- \
	    sh -c 'echo started >"$0"' "$REPORT"
	run s_client -starttls smtp </dev/null
	grep -F 'tlsv1 alert access denied' "$T/client.log"
	[[ $(summary) == *' stage=rules end=denied app=none' ]]
	[ ! -e "$REPORT" ]
}
