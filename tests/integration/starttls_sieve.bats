#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# starttls_sieve.bats - ManageSieve that begins in clear: openssl, and an
# application that takes anybody.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

NOT_YET='NO (ENCRYPT-NEEDED) "Say STARTTLS first"'
BEGIN='OK "Begin TLS"'
# what is heard before TLS, in the two modes, and inside
OURS=('hear="IMPLEMENTATION" "tls.test ManageSieve"' 'hear="SIEVE" ""'
    'hear="SASL" ""' 'hear="STARTTLS"' 'hear="VERSION" "1.0"' 'hear=OK')
ADDED=('hear="SASL" ""' 'hear="VERSION" "1.0"' 'hear="STARTTLS"' 'hear=OK')
THEIRS=('hear="SASL" "PLAIN"' 'hear="VERSION" "1.0"' 'hear=OK')

serve_here() {
	serve "${CERT[@]}" "$@"
}

# toy MODE [serve_as_nobody] - writes to $APP_DIR/heard what it hears
toy() {
	app_dir
	cat >"$T/toy" <<-'EOF'
	echo "$$ begins" >>"$1/heard"
	user=nobody
	offer='"SASL" "PLAIN"\r\n"VERSION" "1.0"\r\nOK\r\n'
	printf "$offer"
	while IFS=$' \r' read -r verb rest; do
		echo "$verb $rest" >>"$1/heard"
		case $verb in
		AUTHENTICATE) user=joe; printf 'OK\r\n' ;;
		CAPABILITY) printf "$offer" ;;
		GETSCRIPT) printf '{4}\r\nOK\r\n\r\nOK\r\n' ;;
		LOGOUT) printf 'OK "bye"\r\n'; exit ;;
		*) printf 'OK "%s"\r\n' "$user" ;;
		esac
	done
	EOF
	"${2:-serve_here}" --verbose --local-name tls.test --starttls sieve \
	    --starttls-mode "$1" -- bash "$T/toy" "$APP_DIR"
}

clear_talk() {
	timeout 60 "$SHIM_TREE/tests/lib/starttls-talk" "$PORT" "$PKI/ca.pem" \
	    "$@" 3>&-
}

# openssl_begins MODE [serve_as_nobody]
openssl_begins() {
	toy "$@"
	run s_client -starttls sieve <<<$'CAPABILITY\r\nLOGOUT\r'
	printf '%s\n' "$output"
	[[ $output == *'"SASL" "PLAIN"'*'OK "bye"'* && $output != *STARTTLS* ]]
	[ "$(summary end)" = clean ]
}

@test "openssl reaches a sieve server where TLS is required" {
	openssl_begins required
}

@test "openssl reaches a sieve server where TLS is optional" {
	openssl_begins optional
}

@test "an ordinary user can require TLS" {
	openssl_begins required serve_as_nobody
}

@test "an ordinary user can leave it to the client" {
	openssl_begins optional serve_as_nobody
}

@test "no application runs before TLS where TLS is required" {
	toy required
	clear_talk "${OURS[@]}" 'say=CAPABILITY' "${OURS[@]}" \
	    'say=NOOP "SYNC-42"' 'hear=OK (TAG "SYNC-42") "Done"' \
	    'say=AUTHENTICATE "PLAIN" {8+}' 'say=LOGOUT' 'say=' \
	    "hear=$NOT_YET" 'say=LOGOUT' 'hear=OK "Bye"' end
	[ "$(summary stage)" = clear ]
	[ ! -e "$APP_DIR/heard" ]
}

@test "capabilities are told again inside TLS where it is required" {
	toy required
	clear_talk "${OURS[@]}" 'say=STARTTLS' "hear=$BEGIN" tls \
	    "${THEIRS[@]}" 'say=AUTHENTICATE "PLAIN" "x"' 'hear=OK' \
	    'say=NOOP' 'hear=OK "joe"' close
}

@test "nothing that was said in clear is known inside TLS" {
	toy optional
	clear_talk "${ADDED[@]}" 'say=CAPABILITY' "${ADDED[@]}" \
	    'say=GETSCRIPT "a"' 'hear={4}' 'hear=OK' hear= 'hear=OK' \
	    'say=AUTHENTICATE "PLAIN" "x"' "hear=$NOT_YET" \
	    'say=NOOP' 'hear=OK "nobody"' \
	    'say=STARTTLS' "hear=$BEGIN" tls "${THEIRS[@]}" \
	    'say=NOOP' 'hear=OK "nobody"' close
	summary
	[ "$(sort -u "$APP_DIR/heard" | grep -c begins)" -eq 2 ]
	run ! grep -q AUTHENTICATE "$APP_DIR/heard"
	logged 'clear text: sieve: credentials before TLS refused'
}

# behind MODE FIRST... - a command in the same segment as STARTTLS
behind() {
	toy "$1"
	shift
	clear_talk "$@" "raw=$(printf 'STARTTLS\r\nNOOP\r\n' |
	    od -An -v -tx1 | tr -d ' \n')" \
	    'hear=BYE "STARTTLS must come last"' end
	logged 'bytes behind the command that TLS begins with: refused'
	run ! grep -q NOOP "$APP_DIR/heard"
}

@test "what stands behind STARTTLS refuses it where TLS is required" {
	behind required "${OURS[@]}"
}

@test "what stands behind STARTTLS refuses it where TLS is optional" {
	behind optional "${ADDED[@]}"
}

@test "an application that refuses is heard inside TLS" {
	serve "${CERT[@]}" --local-name tls.test --starttls sieve -- \
	    printf 'BYE "busy"\r\n'
	clear_talk "${OURS[@]}" 'say=STARTTLS' "hear=$BEGIN" tls \
	    'hear=BYE "busy"' end
}
