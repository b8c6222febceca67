#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Bad input of every kind: what is said, and the status.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

# says TEXT - a message of the log is exactly this; waits for it
says() {
	wait_for is_said "$1" || { cat "$LOG"; return 1; }
}

is_said() {
	sed 's/^tlsshim: \(id=[0-9a-f]*: \)\{0,1\}//' "$LOG" | grep -aFxq -- "$1"
}

# stderr_says TEXT - after shim: it said this and nothing else
stderr_says() {
	[ "$stderr" = "tlsshim: $1" ]
}

# peer_gets COUNT - connect, say nothing: so many bytes come before the end
peer_gets() {
	[ "$(timeout 20 socat -u "TCP:127.0.0.1:$PORT" STDOUT 3>&- | wc -c)" \
	    -eq "$1" ]
}

# refuses STATUS TEXT ARG... - with these arguments a connection is closed
# without a byte, with this status, and TEXT is why
refuses() {
	local status=$1 text=$2

	shift 2
	: >"$LOG"
	serve "$@"
	peer_gets 0
	says "$text"
	exits_with "$status"
	stop
}

# copy FILE - into $T, readable for those who may read keys
copy() {
	cp -p "$PKI/$1" "$T/"
}

@test "a log that takes nothing changes nothing" {
	# nobody reads the pipe any more
	mkfifo "$T/pipe"
	# shellcheck disable=SC2016 # for that shell
	run -100 env --default-signal=PIPE bash -c 'exec 8<>"$1" 9>"$1" 8>&-
	    exec "$0" --nonsense 2>&9' "$SHIM" "$T/pipe"
	# shellcheck disable=SC2016
	run -100 bash -c 'ulimit -f 0; exec "$0" --nonsense 2>"$1"' \
	    "$SHIM" "$T/full"
	[ ! -s "$T/full" ]
}

# ------------------------------------------------- certificates and keys

@test "a certificate that cannot be read" {
	refuses 100 "certificate: none: name one with --cert, CERTFILE or --cert-dir" -- cat
	refuses 100 "certificate: $T/none: No such file or directory" \
	    --cert "$T/none" -- cat
	refuses 100 "certificate: $T: Is a directory" --cert "$T" -- cat
	copy p256.pem
	chmod 0 "$T/p256.pem"
	refuses 100 "certificate: $T/p256.pem: Permission denied" \
	    --cert "$T/p256.pem" -- cat
	mkfifo "$T/fifo"
	chmod 644 "$T/fifo"
	refuses 100 "certificate: $T/fifo: not a regular file" \
	    --cert "$T/fifo" -- cat
}

@test "a certificate that is none" {
	: >"$T/empty"
	refuses 100 "certificate: $T/empty: no certificate in it" \
	    --cert "$T/empty" -- cat
	head -c 5000 /dev/urandom >"$T/noise"
	refuses 100 "certificate: $T/noise: no certificate in it" \
	    --cert "$T/noise" -- cat
	openssl x509 -in "$PKI/p256.pem" -outform DER -out "$T/der"
	chmod 644 "$T/der"
	{ cat "$T/der"; echo more; } >"$T/more"
	refuses 100 "certificate: $T/more: damaged" --cert "$T/more" -- cat
	head -c -1 "$T/der" >"$T/short"
	refuses 100 "certificate: $T/short: no certificate in it" \
	    --cert "$T/short" -- cat
	{ head -n 5 "$PKI/int.pem"; cat "$PKI/p256.pem"; } >"$T/half"
	refuses 100 "certificate: $T/half: cut off" --cert "$T/half" -- cat
	sed '3s/./\x00/' "$PKI/p256.pem" >"$T/nul"
	refuses 100 "certificate: $T/nul: damaged" --cert "$T/nul" -- cat
	openssl pkcs12 -export -in "$PKI/p256.pem" -inkey "$PKI/p256.key" \
	    -passout pass:secret -out "$T/p12"
	chmod 644 "$T/p12"
	refuses 100 "certificate: $T/p12: is PKCS #12: make PEM of it with openssl pkcs12" \
	    --cert "$T/p12" -- cat
	printf '0\202\377\377' >"$T/der"
	refuses 100 "certificate: $T/der: no certificate in it" \
	    --cert "$T/der" -- cat
	sed '2s/.*/AAAA/' "$PKI/p256.pem" >"$T/damaged"
	refuses 100 "certificate: $T/damaged: damaged" --cert "$T/damaged" -- cat
	head -n 5 "$PKI/p256.pem" >"$T/cut"
	refuses 100 "certificate: $T/cut: cut off" \
	    --cert "$T/cut" -- cat
	truncate -s 2M "$T/large"
	refuses 100 "certificate: $T/large: larger than 1048576 bytes" \
	    --cert "$T/large" -- cat
}

@test "a key that cannot be used" {
	local cert=(--cert "$PKI/p256.pem")

	refuses 100 "key: $PKI/p256.pem: no private key in it" \
	    "${cert[@]}" -- cat
	refuses 100 "key: $T/none: No such file or directory" \
	    "${cert[@]}" --key "$T/none" -- cat
	copy p256.key
	chmod 0 "$T/p256.key"
	refuses 100 "key: $T/p256.key: Permission denied" \
	    "${cert[@]}" --key "$T/p256.key" -- cat
	: >"$T/empty"
	refuses 100 "key: $T/empty: no private key in it" \
	    "${cert[@]}" --key "$T/empty" -- cat
	refuses 100 "key: $PKI/p384.key: does not belong to certificate $PKI/p256.pem" \
	    "${cert[@]}" --key "$PKI/p384.key" -- cat
	refuses 100 "key: $PKI/rsa.key: does not belong to certificate $PKI/p256.pem" \
	    "${cert[@]}" --key "$PKI/rsa.key" -- cat
	sed '2s/.*/AAAA/' "$PKI/p256.key" >"$T/damaged"
	refuses 100 "key: $T/damaged: damaged, or of an unknown kind" \
	    "${cert[@]}" --key "$T/damaged" -- cat
	openssl genpkey -algorithm ED448 -out "$T/ed448"
	chmod 644 "$T/ed448"
	refuses 100 "key: $T/ed448: damaged, or of an unknown kind" \
	    "${cert[@]}" --key "$T/ed448" -- cat
	openssl pkey -in "$PKI/p256.key" -aes128 -passout pass:secret \
	    -out "$T/encrypted"
	chmod 644 "$T/encrypted"
	refuses 100 "key: $T/encrypted: encrypted: password: none: give its file with --key-password-fd" \
	    "${cert[@]}" --key "$T/encrypted" -- cat
	cat "$PKI/p256.key" "$PKI/p384.key" >"$T/two"
	chmod 644 "$T/two"
	refuses 100 "key: $T/two: more than one private key in it: leave the one that is meant" \
	    "${cert[@]}" --key "$T/two" -- cat
	head -n 3 "$PKI/p256.key" >"$T/cut"
	chmod 644 "$T/cut"
	refuses 100 "key: $T/cut: cut off" "${cert[@]}" --key "$T/cut" -- cat
	refuses 100 "key: $T: Is a directory" "${cert[@]}" --key "$T" -- cat
	mkfifo "$T/fifo"
	chmod 644 "$T/fifo"
	refuses 100 "key: $T/fifo: not a regular file" \
	    "${cert[@]}" --key "$T/fifo" -- cat
	truncate -s 1048577 "$T/large"
	refuses 100 "key: $T/large: larger than 1048576 bytes" \
	    "${cert[@]}" --key "$T/large" -- cat
}

# pair NAME GENPKEY-OPTION... - a self-signed pair of another kind of key
pair() {
	local name=$T/$1

	shift
	openssl genpkey -quiet "$@" -out "$name.key"
	openssl req -x509 -new -key "$name.key" -days 1 -subj /CN=localhost \
	    -out "$name.pem"
	chmod 644 "$name".*
}

@test "a key that no client would take" {
	pair k1 -algorithm EC -pkeyopt ec_paramgen_curve:secp256k1
	refuses 100 "key: $T/k1.key: on curve secp256k1: want P-256, P-384 or P-521" \
	    --cert "$T/k1.pem" --key "$T/k1.key" -- cat
	pair short -algorithm RSA -pkeyopt rsa_keygen_bits:1024
	refuses 100 "key: $T/short.key: RSA of 1024 bits: want 2048 to 8192" \
	    --cert "$T/short.pem" --key "$T/short.key" -- cat
	# of five primes it is made in a moment
	pair long -algorithm RSA -pkeyopt rsa_keygen_bits:8208 \
	    -pkeyopt rsa_keygen_primes:5
	refuses 100 "key: $T/long.key: RSA of 8208 bits: want 2048 to 8192" \
	    --cert "$T/long.pem" --key "$T/long.key" -- cat
}

@test "a chain that cannot be used" {
	refuses 100 "chain: $T/none: No such file or directory" \
	    "${CERT[@]}" --chain "$T/none" -- cat
	copy int.pem
	chmod 0 "$T/int.pem"
	refuses 100 "chain: $T/int.pem: Permission denied" \
	    "${CERT[@]}" --chain "$T/int.pem" -- cat
	refuses 100 "chain: $PKI/p256.key: no certificate in it" \
	    "${CERT[@]}" --chain "$PKI/p256.key" -- cat
	{ cat "$PKI/int.pem"; head -n 5 "$PKI/ca.pem"; } >"$T/cut"
	refuses 100 "chain: $T/cut: cut off" \
	    "${CERT[@]}" --chain "$T/cut" -- cat
	for _ in {1..64}; do cat "$PKI/int.pem"; done >"$T/many"
	refuses 100 "chain: $T/many: more than 64 certificates" \
	    "${CERT[@]}" --chain "$T/many" -- cat
}

@test "a key that everybody may read is used, with a warning" {
	copy p256.key
	chmod 644 "$T/p256.key"
	serve --cert "$PKI/p256.pem" --key "$T/p256.key" -- head -n 1
	[ "$(ask hello)" = hello ]
	says "key: $T/p256.key: everybody on this host may read it: chmod o-r"
	exits_with 0
}

# signed_for FROM TO - $T/old.pem is valid from then to then (YYYYMMDD)
signed_for() {
	: >"$T/index"
	echo 01 >"$T/serial"
	printf '%s\n' '[ca]' 'default_ca = here' '[here]' "database = $T/index" \
	    "new_certs_dir = $T" "serial = $T/serial" 'default_md = sha256' \
	    'policy = any' '[any]' 'commonName = supplied' >"$T/ca.conf"
	openssl req -new -key "$PKI/p256.key" -subj /CN=localhost -out "$T/request"
	openssl ca -config "$T/ca.conf" -batch -notext -cert "$PKI/ca.pem" \
	    -keyfile "$PKI/ca.key" -startdate "${1}000000Z" \
	    -enddate "${2}000000Z" -in "$T/request" -out "$T/old.pem"
	chmod 644 "$T/old.pem"
}

@test "a certificate that is out of date is used, with a warning" {
	signed_for 20200101 20200201
	serve --cert "$T/old.pem" --key "$PKI/p256.key" -- cat
	! ask hello || return 1
	says "certificate: $T/old.pem: expired"
	[ "$(summary end)" = alert-received:certificate_expired ]
}

@test "a certificate that is not valid yet is used, with a warning" {
	signed_for 20700101 20700201
	serve --cert "$T/old.pem" --key "$PKI/p256.key" -- cat
	! ask hello || return 1
	says "certificate: $T/old.pem: not yet valid"
	[ "$(summary stage)" = handshake ]
}

@test "a certificate in good order says nothing" {
	serve -V "${CERT[@]}" -- head -n 1
	[ "$(ask hello)" = hello ]
	[ "$(summary end)" = clean ]
	! grep -E 'certificate: |key: ' "$LOG" || return 1
}

# --------------------------------------------------------------- accounts

@test "accounts that cannot be" {
	need_root
	AS=()
	refuses 100 "--user: missing: started as root, the program needs an account to run as" \
	    "${CERT[@]}" -- cat
	refuses 100 "--user: nosuch: no such account" \
	    --user nosuch "${CERT[@]}" -- cat
	refuses 100 "--user: root: is uid 0: name another account, or add --allow-root" \
	    --user root "${CERT[@]}" -- cat
	refuses 100 "--user: 0: is uid 0: name another account, or add --allow-root" \
	    --user 0 "${CERT[@]}" -- cat
	refuses 100 "--group: nosuch: no such group" \
	    --user nobody --group nosuch "${CERT[@]}" -- cat
	refuses 100 "--group: root: is gid 0: name another group, or add --allow-root" \
	    --user nobody --group root "${CERT[@]}" -- cat
	refuses 100 "--tls-user: nosuch: no such account" \
	    --user nobody --tls-user nosuch "${CERT[@]}" -- cat
	refuses 100 "--net-user: nosuch: no such account" \
	    --user nobody --net-user nosuch "${CERT[@]}" -- cat
	refuses 100 "--net-user: root: root cannot be the account that talks to the network" \
	    --user nobody --net-user root "${CERT[@]}" -- cat
	refuses 100 "--net-user: uid $(id -u nobody): is also the account of the program; it must be its own" \
	    --user nobody --net-user nobody "${CERT[@]}" -- cat
	refuses 100 "-U: UID: not in the environment" -U "${CERT[@]}" -- cat
}

@test "--allow-root allows root" {
	need_root
	AS=(--user root --allow-root)
	serve "${CERT[@]}" -- id -u
	[ "$(ask hello)" = 0 ]
}

# ------------------------------------------------------------------ rules

# rules LINE... - $T/rules.cdb
rules() {
	need tcprules
	printf '%s\n' "$@" | tcprules "$T/rules.cdb" "$T/rules.tmp"
	chmod 644 "$T/rules.cdb"
}

@test "a cdb that cannot be trusted lets nobody in" {
	local good=$T/rules.cdb

	rules ':allow'
	cp "$good" "$T/unreadable.cdb"
	chmod 0 "$T/unreadable.cdb"
	refuses 111 "rules: $T/unreadable.cdb: Permission denied" \
	    --rules "$T/unreadable.cdb" "${CERT[@]}" -- cat
	# -X is for a file that does not exist, and only that
	refuses 111 "rules: $T/unreadable.cdb: Permission denied" \
	    -X --rules "$T/unreadable.cdb" "${CERT[@]}" -- cat
	ln -s nowhere "$T/link.cdb"
	refuses 111 "rules: $T/link.cdb: No such file or directory" \
	    -X --rules "$T/link.cdb" "${CERT[@]}" -- cat
	: >"$T/empty.cdb"
	refuses 111 "rules: $T/empty.cdb: not a cdb, or cut short" \
	    --rules "$T/empty.cdb" "${CERT[@]}" -- cat
	head -c 2049 "$good" >"$T/cut.cdb"
	refuses 111 "rules: $T/cut.cdb: not a cdb, or cut short" \
	    --rules "$T/cut.cdb" "${CERT[@]}" -- cat
	head -c 4096 /dev/urandom >"$T/noise.cdb"
	serve -X --rules "$T/noise.cdb" "${CERT[@]}" -- cat
	peer_gets 0
	logged "rules: $T/noise.cdb: "
}

@test "a cdb that is not there lets nobody in, but with -X" {
	refuses 111 "rules: $T/none.cdb: does not exist (-X lets peers in without it)" \
	    --rules "$T/none.cdb" "${CERT[@]}" -- cat
	serve -X --rules "$T/none.cdb" "${CERT[@]}" -- head -n 1
	[ "$(ask hello)" = hello ]
}

@test "a peer that a rule denies gets no byte" {
	rules '127.0.0.1:deny' ':allow'
	serve --rules "$T/rules.cdb" "${CERT[@]}" -- cat
	peer_gets 0
	[ "$(summary end)" = denied ]
	[ "$(summary stage)" = rules ]
	[ "$(summary rule)" = 127.0.0.1 ]
	[ "$(summary app)" = none ]
	exits_with 97
}

@test "a denied peer that has spoken already gets no byte either" {
	rules ':deny'
	serve --rules "$T/rules.cdb" "${CERT[@]}" -- cat
	! ask hello || return 1
	! grep -a 'alert' "$T/client.log" || return 1
	exits_with 97
}

@test "--default deny: who is in no rule is denied" {
	rules '10.:allow'
	serve --default deny --rules "$T/rules.cdb" "${CERT[@]}" -- cat
	peer_gets 0
	[ "$(summary end)" = denied ]
	[ -z "$(summary rule)" ]
	exits_with 97
	stop
	: >"$LOG"
	serve --default deny "${CERT[@]}" -- cat
	peer_gets 0
	exits_with 97
}

# serve_as_unit ARG... - as systemd starts it: its pid in SYSTEMD_EXEC_PID
serve_as_unit() {
	STARTER=activate-inetd serve_program sh -c \
	    'SYSTEMD_EXEC_PID=$$ exec "$@"' - "$SHIM" "${AS[@]}" "$@"
}

@test "under systemd what the peer caused is no failure of the unit" {
	rules ':deny'
	serve_as_unit --rules "$T/rules.cdb" "${CERT[@]}" -- cat
	peer_gets 0
	[ "$(summary end)" = denied ]
	exits_with 0
	stop

	: >"$LOG"
	serve_as_unit "${CERT[@]}" -- cat
	! ask hello -tls1_1 -cipher DEFAULT@SECLEVEL=0 || return 1
	[ "$(summary end)" = alert-sent:protocol_version ]
	exits_with 0
	stop

	# what we or the administrator caused is
	: >"$LOG"
	serve_as_unit --cert "$T/none" -- cat
	peer_gets 0
	exits_with 100
	stop

	# and somebody else's SYSTEMD_EXEC_PID is nothing to us
	: >"$LOG"
	SERVE_ENV=(SYSTEMD_EXEC_PID=1)
	serve --rules "$T/rules.cdb" "${CERT[@]}" -- cat
	peer_gets 0
	exits_with 97
}

@test "a rule gives one client another certificate" {
	rules "127.0.0.2:allow,CERTFILE=\"$PKI/rsa.pem\",KEYFILE=\"$PKI/rsa.key\"" \
	    "127.0.0.3:allow,CERTFILE=\"$PKI/both.pem\"" ':allow'
	serve --rules "$T/rules.cdb" --cert "$PKI/ed25519.pem" \
	    --key "$PKI/ed25519.key" -- \
	    sh -c 'read line; echo "$SSL_SERVER_A_KEY $CERTFILE$KEYFILE"'
	[ "$(ask hello -bind 127.0.0.2:0)" = "rsaEncryption " ]
	[ "$(ask hello -bind 127.0.0.3:0)" = "id-ecPublicKey " ]
	[ "$(ask hello)" = "ED25519 " ]
	stop

	# of several pairs it cannot say whose key it has
	: >"$LOG"
	rules "127.0.0.2:allow,KEYFILE=\"$PKI/rsa.key\"" ':allow'
	serve --rules "$T/rules.cdb" --cert "$PKI/p256.pem" --key "$PKI/p256.key" \
	    --cert "$PKI/ed25519.pem" --key "$PKI/ed25519.key" -- cat
	! ask hello -bind 127.0.0.2:0 || return 1
	says "KEYFILE: of which of several pairs: set CERTFILE, too"
}

@test "a rule's certificate brings its own key" {
	rules "127.0.0.4:allow,CERTFILE=\"$PKI/rsa.pem\"" ':allow'
	serve --rules "$T/rules.cdb" "${CERT[@]}" -- cat
	# its own key, not another certificate's
	! ask hello -bind 127.0.0.4:0 || return 1
	says "key: $PKI/rsa.pem: no private key in it"
}

@test "a rule sets variables, but none that only a handshake may" {
	rules '127.:allow,GREETING="hi",SSL_CLIENT_VERIFY="SUCCESS",HTTPS="no",SSL_USER="root",TLSSHIM_ID="0"'
	serve --rules "$T/rules.cdb" "${CERT[@]}" -- sh -c 'read line; env'
	ask hello >"$T/seen"
	grep -qx GREETING=hi "$T/seen"
	grep -qx SSL_CLIENT_VERIFY=NONE "$T/seen"
	grep -qx HTTPS=on "$T/seen"
	! grep -E '^SSL_USER=' "$T/seen" || return 1
	says "rules: 127.: SSL_CLIENT_VERIFY: a rule cannot set it"
	says "rules: 127.: SSL_USER: a rule cannot set it"
	says "rules: 127.: HTTPS: a rule cannot set it"
	says "rules: 127.: TLSSHIM_ID: a rule cannot set it"
}

# -------------------------------------------------------------- program

@test "a program that cannot be started" {
	# every directory of it is everybody's to search
	SERVE_ENV=(PATH=/usr/bin:/bin)
	serve "${CERT[@]}" -- /nonexistent/program
	talk notify end=notify
	says "program: /nonexistent/program: No such file or directory"
	[ "$(summary app)" = none ]
	[ "$(summary end)" = error ]
	[ "$(summary stage)" = app ]
	exits_with 100
	stop

	: >"$LOG"
	: >"$T/text"
	serve "${CERT[@]}" -- "$T/text"
	talk notify end=notify
	says "program: $T/text: Permission denied"
	[ "$(summary app)" = none ]
	exits_with 100
	stop

	: >"$LOG"
	serve "${CERT[@]}" -- "$T"
	talk notify end=notify
	says "program: $T: Permission denied"
	exits_with 100
	stop

	: >"$LOG"
	serve "${CERT[@]}" -- no-such-program
	talk notify end=notify
	says "program: no-such-program: No such file or directory"
	exits_with 100
}

@test "a program that cannot be started, and was to speak before TLS" {
	local options

	for options in -n '--starttls tlswrapper' \
	    '--starttls smtp --starttls-mode optional'; do
		echo "$options"
		: >"$LOG"
		# shellcheck disable=SC2086 # two words and more
		serve "${CERT[@]}" $options -- /nonexistent/program
		timeout 20 "$SHIM_TREE/tests/lib/starttls-talk" "$PORT" \
		    "$PKI/ca.pem" end
		says "program: /nonexistent/program: No such file or directory"
		[ "$(summary stage)" = clear ]
		[ "$(summary end)" = error ]
		[ "$(summary app)" = none ]
		exits_with 100
		stop
	done
}

@test "no program" {
	shim -100 "${CERT[@]}"
	stderr_says "program: none: usage: tlsshim [options] [--] program [argument ...]"
	shim -100 "${CERT[@]}" --
	stderr_says "program: none: usage: tlsshim [options] [--] program [argument ...]"
	shim -100
	stderr_says "program: none: usage: tlsshim [options] [--] program [argument ...]"
}

# --------------------------------------------------------------- options

@test "options that are none" {
	shim -100 --bogus cat
	stderr_says "option: --bogus: unknown; tlsshim --help lists them"
	shim -100 -y cat
	stderr_says "option: -y: unknown; tlsshim --help lists them"
	shim -100 -vy cat
	stderr_says "option: -y: unknown; tlsshim --help lists them"
}

@test "a protocol of --starttls that is none, and a mode where there is no choice" {
	shim -100 --starttls xmpp cat
	[[ $stderr == *'tlsshim: --starttls: xmpp: want one of none, ucspi, '* ]]
	shim -100 --starttls '' cat
	[[ $stderr == *'tlsshim: --starttls: : want one of none, ucspi, '* ]]
	shim -100 --starttls-mode optional cat
	stderr_says "--starttls-mode: optional: with --starttls none there is no choice: leave it out"
	shim -100 -n --starttls-mode required cat
	stderr_says "--starttls-mode: required: with --starttls ucspi there is no choice: leave it out"
	shim -100 --starttls smtp --starttls-mode maybe cat
	stderr_says "--starttls-mode: maybe: want one of required|optional"
	STARTTLS_MODE=maybe shim -100 --starttls smtp cat
	stderr_says "--starttls-mode: maybe: want one of required|optional"
	shim -100 -n --user-from cert:cn cat
	stderr_says "--user-from: cert:cn: with --starttls ucspi the program runs before there is a certificate: name its account with --user"
}

@test "an abbreviated option is none" {
	shim -100 --handshake 3 cat
	stderr_says "option: --handshake: unknown; tlsshim --help lists them"
	shim -100 --verb cat
	stderr_says "option: --verb: unknown; tlsshim --help lists them"
	shim -100 --cer=x cat
	stderr_says "option: --cer=x: unknown; tlsshim --help lists them"
	shim -100 --c x cat
	stderr_says "option: --c: unknown; tlsshim --help lists them"
}

@test "an option without its argument, or with one it does not take" {
	shim -100 --cert
	stderr_says "option: --cert: needs an argument"
	shim -100 -x
	stderr_says "option: -x: needs an argument"
	shim -100 --quiet=very cat
	stderr_says "option: --quiet=very: takes no argument"
}

@test "values that are none" {
	local value option

	for value in 0 -1 1x '' ' 5' 1.5 99999999999999999999 2147484; do
		for option in handshake idle close; do
			shim -100 "--$option-timeout=$value" cat
			stderr_says "--$option-timeout: $value: not a number of seconds from 1 to 2147483"
		done
	done
	shim -100 --match first cat
	stderr_says "--match: first: want one of classic|longest"
	shim -100 --default maybe cat
	stderr_says "--default: maybe: want one of allow|deny"
	shim -100 --log xml cat
	stderr_says "--log: xml: want one of kv|json|journal|syslog|auto"
	shim -100 --env-format apache cat
	stderr_says "--env-format: apache: want one of mod_ssl|ucspi-ssl"
	shim -100 --export tcp,all cat
	stderr_says "--export: all: want a list of tcp, tls, certs"
}

# ------------------------------------------------------- no connection

@test "on a terminal it says how it is started" {
	need script
	run timeout 20 script -qec "$SHIM ${CERT[*]} cat" /dev/null </dev/null
	echo "$output"
	[ "$status" -eq 100 ]
	[[ $output == *"tlsshim: standard input: is a terminal: tlsshim is started with a connection, by systemd, inetd or tcpserver; to try it: systemd-socket-activate -l "* ]]
}

# on KIND STATUS - started on a socket of this kind it ends with STATUS
on() {
	run --separate-stderr timeout 20 "$SHIM_TREE/tests/lib/on-socket" "$1" \
	    "$SHIM" "${AS[@]}" "${CERT[@]}" cat 3>&-
	echo "$1: $status: $stderr"
	[ "$status" -eq "$2" ]
}

@test "without a connection it says what it got" {
	run -100 --separate-stderr "$SHIM" "${CERT[@]}" cat </dev/null
	stderr_says "standard input: is not a connection: a systemd unit has Accept=yes in its socket, inetd.conf has stream and nowait"
	# (run itself would take a closed one for its own)
	run -100 --separate-stderr sh -c 'exec "$@" <&-' - \
	    "$SHIM" "${CERT[@]}" cat
	stderr_says "standard input: is not a connection: a systemd unit has Accept=yes in its socket, inetd.conf has stream and nowait"
	run -100 --separate-stderr "$SHIM" "${CERT[@]}" cat <"$PKI/ca.pem"
	stderr_says "standard input: is a file, not a connection"
	run -100 --separate-stderr "$SHIM" "${CERT[@]}" cat < <(echo hello)
	stderr_says "standard input: is a pipe, not a connection"
	on listening 100
	stderr_says "standard input: is a listening socket: set Accept=yes in the socket unit, or nowait in inetd.conf"
	on datagram 100
	stderr_says "standard input: is a datagram socket: want a stream: ListenStream= in the socket unit, stream in inetd.conf"
	on seqpacket 100
}

@test "a listening socket from systemd is refused" {
	STARTER=activate
	start systemd-socket-activate --setenv="SHIM_TEST_MARK=$T" \
	    --listen="127.0.0.1:$(free_port)" "$SHIM" "${CERT[@]}" -- cat
	wait_for listens_or_died "$STARTER_PID"
	PORT=$(listening_port "$STARTER_PID")
	peer_gets 0
	says "fd 3 (LISTEN_FDS): is a listening socket: set Accept=yes in the socket unit, or nowait in inetd.conf"
}

@test "more than one socket from systemd is refused" {
	run -100 --separate-stderr sh -c \
	    'LISTEN_PID=$$ LISTEN_FDS=2 exec "$@"' - "$SHIM" "${CERT[@]}" cat
	stderr_says "LISTEN_FDS: 2: want one connection a process: set Accept=yes, and a socket unit for each service"
}

@test "a peer that is gone before we start" {
	on gone 98
	[ -z "$stderr" ]
}

# ------------------------------------------------------------- hostile bytes

# send FILE - to the server as it is, and wait for the end: $T/answer
send() {
	timeout 20 socat -t 20 - "TCP:127.0.0.1:$PORT" <"$1" >"$T/answer" \
	    2>>"$T/client.log" 3>&- || :
}

# is_probe KIND FILE - who sends this is a KIND of scanner: told at -V only
is_probe() {
	: >"$LOG"
	serve "${CERT[@]}" -- cat
	send "$2"
	exits_with 98
	stop
	[ -z "$(summaries)" ]
	[ "$(grep -c '^tlsshim:' "$LOG")" = 0 ]

	serve -V "${CERT[@]}" -- cat
	send "$2"
	[ "$(summary end)" = "probe:$1" ]
	[ "$(summary stage)" = handshake ]
	[ "$(summary app)" = none ]
	exits_with 98
	stop
}

@test "64 KiB of random bytes" {
	head -c 65536 /dev/zero | openssl enc -aes-128-ctr -nosalt \
	    -K 000102030405060708090a0b0c0d0e0f \
	    -iv 00000000000000000000000000000000 >"$T/noise"
	is_probe garbage "$T/noise"
}

@test "plain HTTP" {
	printf 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n' >"$T/request"
	is_probe http "$T/request"
	printf 'CONNECT a:1 HTTP/1.1\r\n\r\n' >"$T/request"
	is_probe http "$T/request"
}

@test "another protocol in clear text" {
	printf 'EHLO client\r\n' >"$T/request"
	is_probe text "$T/request"
}

@test "a ClientHello of SSLv2" {
	# RFC 6101, E: length, type, 0.2, 9 bytes of ciphers, no id, 16 random
	printf '\200\042\001\000\002\000\011\000\000\000\020' >"$T/hello"
	printf '\001\000\200\002\000\200\003\000\200' >>"$T/hello"
	printf '0123456789abcdef' >>"$T/hello"
	is_probe sslv2 "$T/hello"
}

@test "a peer that goes without a byte" {
	: >"$T/nothing"
	is_probe eof "$T/nothing"
}

@test "random bytes behind the head of a record" {
	local head text

	serve "${CERT[@]}" -- cat
	for head in '\x16\x03\x01\x01\x00' '\x16\x03\x01\xff\xff' \
	    '\x16\x03\x03\x00\x00' '\x16\x03\x01\x00\x04\x01\xff\xff\xff'; do
		{
			printf %b "$head"
			head -c 65536 /dev/zero | openssl enc -aes-128-ctr \
			    -nosalt -K 000102030405060708090a0b0c0d0e0f \
			    -iv 00000000000000000000000000000000
		} >"$T/noise"
		send "$T/noise"
	done
	wait_for has_summaries 4
	[ "$(summaries | grep -c ' stage=handshake end=alert-sent:[a-z_]* app=none$')" = 4 ]
	exits_with 98
}

@test "a ClientHello that is cut off" {
	printf '\026\003\001\001\000\001\000\000\374\003\003' >"$T/hello"
	serve "${CERT[@]}" -- cat
	send "$T/hello"
	[ "$(summary end)" = truncated ]
	[ "$(summary stage)" = handshake ]
	exits_with 98
}

@test "TLS 1.1 is refused" {
	serve "${CERT[@]}" -- cat
	! ask hello -tls1_1 -cipher DEFAULT@SECLEVEL=0 || return 1
	[ "$(summary end)" = alert-sent:protocol_version ]
	exits_with 98
}

@test "a peer that says nothing is waited for only so long" {
	serve --handshake-timeout 1 "${CERT[@]}" -- cat
	peer_gets 0
	[ "$(summary end)" = timeout ]
	[ "$(summary stage)" = handshake ]
	[ "$(summary secs)" = 1 ]
	exits_with 98
}

@test "a peer that says a byte now and then is not waited for longer" {
	serve --handshake-timeout 1 "${CERT[@]}" -- cat
	timeout 20 python3 - "$PORT" <<-'EOF'
	import socket, ssl, sys, time
	out = ssl.MemoryBIO()
	tls = ssl.create_default_context().wrap_bio(
	    ssl.MemoryBIO(), out, server_hostname="localhost")
	try:
	    tls.do_handshake()
	except ssl.SSLWantReadError:
	    pass
	s = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
	began = time.monotonic()
	try:
	    for byte in out.read():
	        s.send(bytes([byte]))
	        time.sleep(0.1)
	except OSError:
	    pass
	assert time.monotonic() - began < 5, "it waited"
	EOF
	[ "$(summary end)" = timeout ]
	[ "$(summary secs)" = 1 ]
	exits_with 98
}

@test "a peer that goes on sending after our alert is not waited for" {
	serve -V "${CERT[@]}" -- cat
	timeout 30 sh -c 'cat /dev/zero >&5' 5<>"/dev/tcp/127.0.0.1/$PORT" 3>&- &
	[ "$(summary end)" = probe:garbage ]
	exits_with 98
	! wait $! || return 1
}

@test "KEEPER goes with NET when the peer does" {
	serve "${CERT[@]}" -- cat
	exec 5<>"/dev/tcp/127.0.0.1/$PORT"
	wait_for inner_is tlsshim
	exec 5>&-
	exits_with 98
	wait_for no_children
}

# ------------------------------------------------------------------ the log

# log_is_plain - lines of printable ASCII, each begun by us or the starter
log_is_plain() {
	! LC_ALL=C grep -aP '[^\x20-\x7e]' "$LOG" || return 1
	! grep -a '^evil' "$LOG" || return 1
}

@test "a server name that is none comes neither into the log nor to the application" {
	local name

	serve -V "${CERT[@]}" -- sh -c 'read line; env'
	for name in $'a\nevil' $'\e[31mred' $'caf\303\251' 'a b' 'x=y' '../etc' \
	    "$(printf '%0243d' 0).com.com.com" '.leading' 'two..dots' '"'; do
		openssl s_client -quiet -connect "127.0.0.1:$PORT" \
		    -servername "$name" <<<hello >"$T/seen" 2>>"$T/client.log"
		grep -qx HTTPS=on "$T/seen"
		! grep -E '^(evil|SSL_TLS_SNI)' "$T/seen" || return 1
	done
	wait_for has_summaries 10
	! summaries | grep 'sni=' || return 1
	log_is_plain
}

@test "a server name is told in lower case" {
	serve "${CERT[@]}" -- sh -c 'read line; echo "$SSL_TLS_SNI"'
	[ "$(ask hello -servername LocalHost)" = localhost ]
	[ "$(summary sni)" = localhost ]
}

@test "what the administrator wrote is escaped in the log as well" {
	# (systemd-socket-activate tells it all as it is)
	STARTER=tcpserver serve "${CERT[@]}" -- $'/no\nevil\e program'
	talk notify end=notify
	says 'program: /no\x0aevil\x1b program: No such file or directory'
	log_is_plain
}

@test "application protocols of any bytes do no harm" {
	serve -V "${CERT[@]}" -- sh -c 'read line; env'
	timeout 20 python3 - "$PORT" <<-'EOF' >"$T/seen"
	import socket, ssl, sys
	context = ssl._create_unverified_context()
	context.set_alpn_protocols(["a\nevil=1", "\x1b[31m", "http/1.1"])
	tls = context.wrap_socket(
	    socket.create_connection(("127.0.0.1", int(sys.argv[1]))))
	tls.sendall(b"hello\n")
	print(tls.makefile().read())
	EOF
	grep -qx HTTPS=on "$T/seen"
	! grep -E '^(evil|SSL_ALPN)' "$T/seen" || return 1
	[ "$(summary app)" = 0 ]
	log_is_plain
}
