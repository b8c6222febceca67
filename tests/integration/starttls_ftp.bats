#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# starttls_ftp.bats - FTP that begins in clear: real clients, vsftpd.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

# vsftpd - anonymous FTP for this test, on a port of its own: VSFTPD.  Its fd 0
# would have to be a TCP socket, so socat stands before it.
vsftpd() {
	local program=$PEERS/vsftpd/usr/sbin/vsftpd owner
	local -a as=()

	program=$(command -v /usr/sbin/vsftpd || echo "$program")
	need "$program" socat
	owner=$(as_nobody id -un)
	mkdir -m 755 "$T/empty" "$T/files"
	echo 'over a clear data connection' >"$T/files/file"
	VSFTPD=$(free_port)
	cat >"$T/vsftpd.conf" <<-EOF
	listen=YES
	listen_address=127.0.0.1
	listen_port=$VSFTPD
	background=NO
	run_as_launching_user=YES
	anonymous_enable=YES
	anon_root=$T/files
	ftp_username=$owner
	secure_chroot_dir=$T/empty
	seccomp_sandbox=NO
	xferlog_enable=NO
	EOF
	chmod 644 "$T/vsftpd.conf"
	if [ "$(id -u)" -eq 0 ]; then
		# it takes nobody else's
		chown "$owner" "$T/vsftpd.conf"
		as=(setpriv "--reuid=$owner" --regid=nogroup --clear-groups --)
	fi
	start "${as[@]}" "$program" "$T/vsftpd.conf"
	wait_for is_open "$VSFTPD"
}

is_open() {
	(exec 5<>"/dev/tcp/127.0.0.1/$1") 2>"$T/refused"
}

# ftp MODE - vsftpd behind --starttls ftp
ftp() {
	vsftpd
	serve "${CERT[@]}" --verbose --local-name tls.test --starttls ftp \
	    --starttls-mode "$1" -- socat - "TCP:127.0.0.1:$VSFTPD"
}

# toy MODE - an application that lets anyone in, and writes to $APP_DIR/heard
# what it hears
toy() {
	app_dir
	cat >"$T/toy" <<-'EOF'
	echo "$$ begins" >>"$1/heard"
	user=nobody
	printf '220 toy\r\n'
	while IFS=$' \r' read -r verb rest; do
		echo "$verb $rest" >>"$1/heard"
		[ "$verb" != USER ] || user=$rest
		printf '200 I know %s\r\n' "$user"
	done
	EOF
	serve "${CERT[@]}" --local-name tls.test --starttls ftp \
	    --starttls-mode "$1" -- bash "$T/toy" "$APP_DIR"
}

clear_talk() {
	timeout 60 "$SHIM_TREE/tests/lib/starttls-talk" "$PORT" "$PKI/ca.pem" \
	    "$@" 3>&-
}

# ------------------------------------------------------------- real clients

openssl_ftp() {
	ftp "$1"
	run s_client -starttls ftp < <(
		printf '%s\r\n' 'USER anonymous' 'PASS x@y' 'PBSZ 0' 'PROT P' \
		    'CCC' 'AUTH TLS' 'PWD' 'QUIT')
	printf '%s\n' "$output"
	[ "$(grep -oE '^[0-9]{3} ' <<<"$output" | tail -n 8 | tr -d '\n')" = \
	    '331 230 200 536 533 503 257 221 ' ]
	[ "$(summary end)" = clean ]
}

@test "openssl reaches vsftpd where TLS is required" {
	openssl_ftp required
}

@test "openssl reaches vsftpd where TLS is optional" {
	openssl_ftp optional
}

curl_ftp() {
	ftp "$1"
	run curl -sS --ftp-ssl-control --cacert "$PKI/ca.pem" --disable-epsv \
	    --connect-to "localhost:21:127.0.0.1:$PORT" ftp://localhost/file
	[ "$output" = 'over a clear data connection' ]
	run curl -sS "ftp://127.0.0.1:$PORT/file"
	# CURLE_LOGIN_DENIED
	[ "$status" -eq 67 ]
	logged 'clear text: ftp: credentials before TLS refused'
}

@test "curl gets a file where TLS is required, and none without" {
	curl_ftp required
}

@test "curl gets a file where TLS is optional, and none without" {
	curl_ftp optional
}

python_ftp() {
	ftp "$1"
	run python3 - "$PORT" "$PKI/ca.pem" <<-'EOF'
	import ftplib, ssl, sys
	context = ssl.create_default_context(cafile=sys.argv[2])
	context.check_hostname = False
	ftp = ftplib.FTP_TLS(context=context)
	ftp.connect("127.0.0.1", int(sys.argv[1]))
	print("AUTH TLS" in ftp.sendcmd("FEAT"))
	try:
	    ftplib.FTP.login(ftp)
	except ftplib.error_perm as error:
	    print(error)
	print(ftp.auth())
	print("AUTH" in ftp.sendcmd("FEAT"))
	print(ftp.login()[:3])
	print(ftp.sendcmd("PBSZ 0"))
	print(ftp.prot_c())
	print(*ftp.nlst())
	try:
	    ftp.prot_p()
	except ftplib.error_perm as error:
	    print(error)
	print(ftp.quit()[:3])
	EOF
	printf '%s\n' "$output"
	[ "$output" = "True
530 AUTH TLS first
234 Begin TLS now
False
230
200 PBSZ=0
200 Data connections are clear
file
536 Data connections are clear: PROT C
221" ]
}

@test "python's ftplib begins TLS where it is required" {
	python_ftp required
}

@test "python's ftplib begins TLS where it is optional" {
	python_ftp optional
}

# by_nobody MODE - everything as a user without any right
by_nobody() {
	vsftpd
	STARTER=tcpserver serve_as_nobody --starttls ftp --starttls-mode "$1" \
	    -- socat - "TCP:127.0.0.1:$VSFTPD"
	run ask QUIT -starttls ftp -crlf
	[[ $output == *'221 Goodbye.'* ]]
}

@test "an ordinary user can require TLS for FTP" {
	by_nobody required
}

@test "an ordinary user can leave TLS for FTP to the client" {
	by_nobody optional
}

# --------------------------------------------------------- the conversation

@test "no FTP server runs before TLS where TLS is required" {
	toy required
	clear_talk 'hear=220 tls.test ready' 'say=USER joe' \
	    'hear=530 AUTH TLS first' 'say=QUIT' \
	    'hear=221 tls.test closes the connection' end
	[ "$(summary stage)" = clear ]
	[ ! -e "$APP_DIR/heard" ]
}

@test "a user that was named in clear is unknown inside TLS" {
	toy optional
	clear_talk 'hear=220 toy' 'say=NOOP' 'hear=200 I know nobody' \
	    'say=USER joe' 'hear=530 AUTH TLS first' \
	    'say=AUTH TLS' 'hear=234 Begin TLS now' tls \
	    'say=NOOP' 'hear=200 I know nobody' \
	    'say=USER ann' 'hear=200 I know ann' close
	summary
	[ "$(sort -u "$APP_DIR/heard" | grep -c begins)" -eq 2 ]
	run ! grep -q joe "$APP_DIR/heard"
}

# behind GREETING - commands in the same segment as AUTH
behind() {
	clear_talk "hear=$1" \
	    "raw=$(printf 'AUTH TLS\r\nUSER joe\r\n' | od -An -v -tx1 |
		tr -d ' \n')" \
	    'hear=503 Something stands behind AUTH' end
	logged 'bytes behind the command that TLS begins with: refused'
}

@test "what stands behind AUTH refuses it where TLS is required" {
	toy required
	behind '220 tls.test ready'
	[ ! -e "$APP_DIR/heard" ]
}

@test "what stands behind AUTH refuses it where TLS is optional" {
	toy optional
	behind '220 toy'
	[ "$(wc -l <"$APP_DIR/heard")" -eq 1 ]
}

@test "an FTP server that is busy says so inside TLS" {
	serve "${CERT[@]}" --local-name tls.test --starttls ftp -- \
	    printf '421 busy\r\n'
	clear_talk 'hear=220 tls.test ready' 'say=AUTH TLS' \
	    'hear=234 Begin TLS now' tls 'hear=421 busy' end
}
