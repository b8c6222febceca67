#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# UCSPI-TLS: the application has the connection, and says when TLS begins.

load ../lib/common
load ../lib/talk

setup() {
	fresh
	app_dir
	REPORT=$APP_DIR/report
}

teardown() { leave_nothing; }

# serve_app [OPTION...] -- STEP... - steps of ucspi-app
serve_app() {
	local -a options=()

	while [ "$1" != -- ]; do
		options+=("$1")
		shift
	done
	shift
	serve -n "${CERT[@]}" "${options[@]}" -- "$STAGE/bin/ucspi-app" \
	    "$REPORT" "$@"
}

# client STEP...
client() {
	timeout 60 "$BATS_TEST_DIRNAME/../lib/starttls-talk" "$PORT" \
	    "$PKI/ca.pem" "$@" 3>&-
}

# the conversation before TLS, of both
IN_CLEAR=(say=hello want=starttls say=go)
CLIENT_IN_CLEAR=(hear=hello say=starttls hear=go)

reports() {
	wait_for grep -qxF -- "$1" "$REPORT"
}

@test "y: TLS begins, and nothing is answered" {
	serve_app -- "${IN_CLEAR[@]}" ctl=y list switch echo
	client "${CLIENT_IN_CLEAR[@]}" tls say=ping hear=ping close
	[ "$(summary stage)" = app ]
	[ "$(summary app)" = 0 ]
	[ "$(summary in)" = 6 ]
	[ "$(cat "$REPORT")" = "$(printf 'ctl 1 -\nlist 0 -')" ]
}

@test "Y: TLS begins, and the variables are told" {
	serve_app -- "${IN_CLEAR[@]}" ctl=Y list switch echo
	client "${CLIENT_IN_CLEAR[@]}" version=1.2 tls say=ping hear=ping close
	[ "$(summary end)" = truncated ]
	reports SSL_PROTOCOL=TLSv1.2
	reports SSL_TLS_SNI=localhost
	reports SSL_CLIENT_VERIFY=NONE
	reports 'list 0 -'
}
