#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# starttls_nntp.bats - NNTP that begins in clear: openssl, python's nntplib, sn,
# and an application that takes anybody.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

NOT_YET='483 Say STARTTLS first'
BEGIN='382 Begin TLS'
OURS='200 tls.test NNTP'

serve_here() {
	serve "${CERT[@]}" "$@"
}

# toy MODE [serve_as_nobody] - writes to $APP_DIR/heard what it hears, articles as well
toy() {
	app_dir
	cat >"$T/toy" <<-'EOF'
	echo "$$ begins" >>"$1/heard"
	user=nobody
	printf '201 toy\r\n'
	while IFS=$' \r' read -r verb rest; do
		echo "$verb $rest" >>"$1/heard"
		[ "$posting" != yes ] || [ "$verb" = . ] || continue
		posting=no
		case ${verb^^} in
		AUTHINFO) user=joe; printf '281 yes\r\n' ;;
		CAPABILITIES)
			printf '101 mine\r\nVERSION 2\r\nREADER\r\n'
			printf 'AUTHINFO USER\r\nPOST\r\n.\r\n' ;;
		POST) posting=yes; printf '340 go on\r\n' ;;
		.) printf '240 posted\r\n' ;;
		QUIT) printf '205 bye\r\n'; exit ;;
		DATE) printf '111 %s\r\n' "$user" ;;
		esac
	done
	EOF
	"${2:-serve_here}" --verbose --local-name tls.test --starttls nntp \
	    --starttls-mode "$1" -- bash "$T/toy" "$APP_DIR"
}

# sn MODE - the news server of sn, unpacked, without news; its account and group
# have to own the spool
sn() {
	local program=$PEERS/sn/usr/sbin/snntpd.bin

	need "$program"
	app_dir
	mkdir "$APP_DIR/spool"
	[ "$(id -u)" -ne 0 ] || chown tlsshim-app: "$APP_DIR/spool"
	SERVE_ENV=("SNROOT=$APP_DIR/spool")
	serve_here --local-name tls.test --starttls nntp \
	    --starttls-mode "$1" -- "$program"
}

clear_talk() {
	timeout 60 "$SHIM_TREE/tests/lib/starttls-talk" "$PORT" "$PKI/ca.pem" \
	    "$@" 3>&-
}

# openssl_begins MODE [serve_as_nobody]
openssl_begins() {
	toy "$@"
	run s_client -starttls nntp <<<$'CAPABILITIES\r\nQUIT\r'
	printf '%s\n' "$output"
	[[ $output == *READER*AUTHINFO*'205 bye'* && $output != *STARTTLS* ]]
	[ "$(summary end)" = clean ]
}

@test "openssl reaches a news server where TLS is required" {
	openssl_begins required
}

@test "openssl reaches a news server where TLS is optional" {
	openssl_begins optional
}

@test "an ordinary user can require TLS" {
	openssl_begins required serve_as_nobody
}

@test "an ordinary user can leave it to the client" {
	openssl_begins optional serve_as_nobody
}

# sn_hears MODE - it is older than CAPABILITIES
sn_hears() {
	sn "$1"
	run s_client -starttls nntp <<<$'CAPABILITIES\r\nMODE READER\r\nLIST\r\nQUIT\r'
	printf '%s\n' "$output"
	[[ $output == *"500 "*"201 Hi, "*"215 "*"205 bye"* ]]
	[ "$(summary app)" = 0 ]
}

@test "openssl reaches sn where TLS is required" {
	sn_hears required
}

@test "openssl reaches sn where TLS is optional" {
	sn_hears optional
	clear_talk "hear=201 Hi, you can't post (sn version 0.3.8)" \
	    'say=LIST' 'hear=215 list follows' hear=. \
	    'say=AUTHINFO USER ann' "hear=$NOT_YET" 'say=QUIT' \
	    'hear=205 bye' end
	[ "$(summary -n 2 stage)" = clear ]
}

# python_begins MODE - nntplib, which python 3.13 has no more
python_begins() {
	python3 -W ignore -c 'import nntplib' || skip "no nntplib here"
	toy "$1"
	run python3 -W ignore - "$PORT" "$PKI/ca.pem" <<-'EOF'
	import nntplib, ssl, sys
	news = nntplib.NNTP("127.0.0.1", int(sys.argv[1]), timeout=20)
	context = ssl.create_default_context(cafile=sys.argv[2])
	context.check_hostname = False
	print("clear", *sorted(news.getcapabilities()))
	try:
	    news.login("joe", "secret")
	except nntplib.NNTPError as error:
	    print("clear", error)
	news.starttls(context)
	print("tls", *sorted(news.getcapabilities()))
	news.login("joe", "secret")
	print("tls", news.quit())
	EOF
	printf '%s\n' "$output"
	[[ ${lines[0]} == clear*STARTTLS* && ${lines[0]} != *AUTHINFO* ]]
	[[ ${lines[1]} == "clear $NOT_YET" ]]
	[[ ${lines[2]} == tls*AUTHINFO* && ${lines[2]} != *STARTTLS* ]]
	[[ ${lines[3]} == 'tls 205 bye' ]]
	logged 'clear text: nntp: credentials before TLS refused'
}

@test "python's nntplib begins TLS where it is required" {
	python_begins required
}

@test "python's nntplib begins TLS where it is optional" {
	python_begins optional
}

@test "no application runs before TLS where TLS is required" {
	toy required
	clear_talk "hear=$OURS" 'say=MODE READER' "hear=$NOT_YET" \
	    'say=POST' "hear=$NOT_YET" 'say=QUIT' 'hear=205 Bye' end
	[ "$(summary stage)" = clear ]
	[ ! -e "$APP_DIR/heard" ]
}

@test "nothing that was said in clear is known inside TLS" {
	toy optional
	clear_talk 'hear=201 toy' 'say=POST' 'hear=340 go on' \
	    'say=STARTTLS' 'say=AUTHINFO USER joe' 'say=.' 'hear=240 posted' \
	    'say=AUTHINFO USER ann' "hear=$NOT_YET" 'say=DATE' \
	    'hear=111 nobody' 'say=STARTTLS' "hear=$BEGIN" tls \
	    'say=DATE' 'hear=111 nobody' 'say=QUIT' 'hear=205 bye' end
	[ "$(sort -u "$APP_DIR/heard" | grep -c begins)" -eq 2 ]
	run ! grep -q ann "$APP_DIR/heard"
}

# behind MODE GREETING - a command in the same segment as STARTTLS
behind() {
	toy "$1"
	clear_talk "hear=$2" "raw=$(printf 'STARTTLS\r\nDATE\r\n' |
	    od -An -v -tx1 | tr -d ' \n')" \
	    'hear=400 STARTTLS must come last' end
	logged 'bytes behind the command that TLS begins with: refused'
	run ! grep -q DATE "$APP_DIR/heard"
}

@test "what stands behind STARTTLS refuses it where TLS is required" {
	behind required "$OURS"
}

@test "what stands behind STARTTLS refuses it where TLS is optional" {
	behind optional '201 toy'
}

@test "an application that refuses is heard inside TLS" {
	serve "${CERT[@]}" --local-name tls.test --starttls nntp -- \
	    printf '400 busy\r\n'
	clear_talk "hear=$OURS" 'say=STARTTLS' "hear=$BEGIN" tls \
	    'hear=400 busy' end
}
