#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Claim: an application that runs before TLS does changes nothing of what the
# processes may do and know: the key is with neither it nor the network
# process, which keeps its hands off the connection until it is asked.
#
# Looked at from outside, in connections that wait in clear or under TLS.

load ../lib/common
load ../lib/talk
load ../lib/ucspi

setup() {
	fresh
	report_dir
	mkfifo "$T/go" "$APP_DIR/go"
	chmod 666 "$APP_DIR/go"
}

teardown() {
	# shellcheck disable=SC2086 # perhaps none
	[ -n "$BATS_TEST_COMPLETED" ] || kill ${CLIENT:-} ${APP:-} || :
	leave_nothing
}

# of PID NAME - what /proc/PID/status says
of() {
	sed -n "s/^$2:[[:space:]]*//p" "/proc/$1/status" | tr '\t' ' ' |
	    sed 's/ *$//'
}

four() {
	echo "$1 $1 $1 $1"
}

# in_clear - a connection whose application waits in clear, until
# app_goes_on; it goes on to TLS, and echoes
in_clear() {
	serve_app -- say=hello "await=$APP_DIR/go" options want=starttls \
	    say=go ctl=Y list options fds switch echo
	client_on hear=hello say=starttls "tell=$T/said" hear=go tls say=ping \
	    hear=ping "tell=$T/under-tls" "await=$T/go" close
	wait_for test -e "$T/said"
	early_app
}

app_goes_on() {
	echo >"$APP_DIR/go"
}

under_tls() {
	app_goes_on
	wait_for test -e "$T/under-tls"
}

client_ends() {
	let_go
	wait "$CLIENT"
	[ "$(summary app)" = 0 ]
}

# secret PID... - status 1: some of the key is there, and where
secret() {
	"$STAGE/bin/find-secret" "$PKI/p256.key" "$@"
}

keeper_has_key() {
	run -1 secret "$KEEPER"
}

# ------------------------------------------------------------------ the key

@test "before TLS the key is in the keeper, not in the network process nor in the program that speaks in clear" {
	need_root # to read another process's memory
	in_clear
	wait_for keeper_has_key
	secret "$NET" "$APP"
	under_tls
	client_ends
}

@test "when TLS has begun the key is in no process any more" {
	need_root
	in_clear
	under_tls
	secret "$NET" "$KEEPER" "$APP"
	client_ends
}

@test "a key among systemd's credentials is in no process any more, and root is given up then" {
	need_root
	mkdir -m 700 "$T/credentials"
	install -m 400 "$PKI/p256.key" "$T/credentials/key"
	SERVE_ENV=("CREDENTIALS_DIRECTORY=$T/credentials")
	CERT=(--cert "$PKI/p256.pem" --key "$T/credentials/key")
	in_clear
	wait_for keeper_has_key
	secret "$NET" "$APP"
	run ! grep -z CREDENTIALS_DIRECTORY "/proc/$APP/environ"
	under_tls
	wait_for no_root "$KEEPER"
	secret "$NET" "$KEEPER" "$APP"
	client_ends
}

# --------------------------------------------------------------- the keeper

no_root() {
	[ "$(of "$1" Uid)" = "$(four "$(id -u tlsshim)")" ]
}

@test "the keeper is root no more when the program that speaks in clear has started" {
	local set

	need_root
	in_clear
	wait_for no_root "$KEEPER"
	for set in CapInh CapPrm CapEff CapAmb; do
		[ "$(of "$KEEPER" "$set")" = 0000000000000000 ]
	done
	under_tls
	client_ends
}

# has_connection PID - one of its descriptors is the connection
has_connection() {
	local hex inode

	printf -v hex ':%04X$' "$PORT"
	inode=$(awk -v port="$hex" '$2 ~ port && $4 == "01" { print $10 }' \
	    /proc/net/tcp)
	[ -n "$inode" ] || return 2
	find "/proc/$1/fd" -lname "socket:\[$inode\]" | grep -q .
}

@test "the keeper gives the connection away and does not keep it" {
	need_root # to see another process's descriptors
	in_clear
	has_connection "$NET"
	has_connection "$APP"
	wait_for keeper_without_connection
	under_tls
	client_ends
}

keeper_without_connection() {
	run has_connection "$KEEPER"
	[ "$status" -eq 1 ]
}

@test "neither the program's account nor the network's looks into a keeper that stays" {
	local who

	need_root
	in_clear
	wait_for keeper_has_key
	for who in tlsshim-app tlsshim-net; do
		run ! setpriv --reuid="$who" --regid="$who" --clear-groups -- \
		    cat "/proc/$KEEPER/environ"
		run ! setpriv --reuid="$who" --regid="$who" --clear-groups -- \
		    head -c 1 "/proc/$KEEPER/mem"
	done
	[ "$(stat -c %u "/proc/$KEEPER/mem")" -eq 0 ]
	under_tls
	client_ends
}

@test "a network process that is killed before TLS leaves nothing, and the program sees the end" {
	serve_app -- say=hello list read tell=over
	client_on hear=hello "await=$T/go" close
	early_app
	kill -KILL "$NET"
	wait_for gone "$KEEPER"
	wait_for gone "$APP"
	reports 'list 0 -'
	reports 'read 0 -'
	reports over
	let_go
	wait "$CLIENT"
}

# ------------------------------------------------------------ the connection

@test "not a byte of the connection is read before the program asks for TLS" {
	serve_app -- say=hello "await=$APP_DIR/go" want=one want=two \
	    want=starttls say=go ctl=y switch echo
	# a ClientHello among them is for the program as well
	client_on hear=hello say=one say=two "tell=$T/said" say=starttls \
	    hear=go tls say=ping hear=ping close
	wait_for test -e "$T/said"
	early_app
	# LF and CR of each
	wait_for unread $((5 + 5 + 10))
	run ! timeout 1 tail --pid="$NET" -f /dev/null
	unread $((5 + 5 + 10))
	app_goes_on
	wait "$CLIENT"
	[ "$(summary app)" = 0 ]
}

@test "no flag or option of the connection is changed, neither before TLS nor then" {
	in_clear
	under_tls
	client_ends
	[ "$(grep -c 'nodelay 0 nonblock 0' "$REPORT")" = 2 ]
}

# ----------------------------------------------------------- the application

@test "the program that speaks in clear has its six descriptors and no other" {
	serve_program sh -c 'exec "$@" 7</dev/null 8</dev/null 99</dev/null' - \
	    "$SHIM" "${AS[@]}" -n "${CERT[@]}" -- "$STAGE/bin/ucspi-app" \
	    "$REPORT" say=hello fds
	client hear=hello end
	[ "$(cat "$REPORT")" = "$(printf 'fd %d -\n' 0 1 2 3 4 5)" ]
}

# bats test_tags=jail
@test "the program that speaks in clear has its account, and no limit, filter or signal of ours" {
	ulimit -Sn 777
	in_clear
	if [ "$(id -u)" -eq 0 ]; then
		[ "$(of "$APP" Uid)" = "$(four "$(id -u tlsshim-app)")" ]
		[ "$(of "$APP" Gid)" = "$(four "$(id -g tlsshim-app)")" ]
		[ "$(of "$APP" Groups)" = "$(id -G tlsshim-app)" ]
		[ "$(of "$APP" CapPrm)" = 0000000000000000 ]
	fi
	[ "$(of "$APP" Seccomp)" = 0 ]
	[ "$(of "$APP" NoNewPrivs)" = 0 ]
	[ "$(of "$APP" SigBlk)" = 0000000000000000 ]
	diff "/proc/$STARTER_PID/limits" "/proc/$APP/limits"
	under_tls
	client_ends
}

# bats test_tags=jail
@test "the network process is jailed while the program speaks in clear" {
	need_root
	in_clear
	wait_for filtered
	[ "$(of "$NET" Uid)" = "$(four "$(id -u tlsshim-net)")" ]
	[ "$(of "$NET" NoNewPrivs)" = 1 ]
	[ "$(of "$NET" CapPrm)" = 0000000000000000 ]
	[ "$(find "/proc/$NET/fd" -type l | wc -l)" = 5 ]
	under_tls
	client_ends
}

filtered() {
	[ "$(of "$NET" Seccomp)" = 2 ]
}
