# SPDX-License-Identifier: ISC
# clients.bash - clients that show a certificate, for tests/integration; load
# common first.  What there is to show: make-client-pki.
# shellcheck shell=bash
# shellcheck disable=SC2154 # T, output and others are set by common.bash

CLIENTS=$STAGE/clients
# as a certificate of make-client-pki's CA is wanted
# shellcheck disable=SC2034
TRUST=(--ca "$CLIENTS/ca.pem")

# show NAME - s_client's options to show this certificate, in SHOW; "none"
# shows none
show() {
	SHOW=()
	[ "$1" != none ] || return 0
	SHOW=(-cert "$CLIENTS/$1.pem" -key "$CLIENTS/client.key")
	[ ! -e "$CLIENTS/$1.chain" ] ||
	    SHOW+=(-cert_chain "$CLIENTS/$1.chain")
}

# ask_as NAME [s_client option ...] - say $SAY (hello) with this certificate; what
# the application said is in $T/seen (NUL between variables, if it was `env
# -0`), what the client said in $T/client.log
ask_as() {
	local SHOW

	show "$1"
	shift
	: >"$T/client.log"
	ask "${SAY:-hello}" "${SHOW[@]}" "$@" >"$T/seen"
}

# mod_ssl MODE [directive ...] - start Apache (tests/lib/mod-ssl) with them:
# PORT
mod_ssl() {
	PATH=$PATH:/usr/sbin need apache2
	rm -rf "$T/apache"
	mkdir -m 755 "$T/apache"
	start_server "$SHIM_TREE/tests/lib/mod-ssl" "$T/apache" "$PKI" \
	    "$STAGE/clients" "$(free_port)" "$@"
}

# ask_mod_ssl NAME [s_client option ...] - ask_as, of Apache
ask_mod_ssl() {
	SAY=$'GET /env HTTP/1.0\r\nHost: localhost\r\n\r' ask_as "$@" || return 1
	sed -i '1,/^\r$/d' "$T/seen"
}

# told NAME - the variable in what `env -0` said; fails if it is not there
told() {
	grep -zq "^$1=" "$T/seen" || return 1
	grep -z "^$1=" "$T/seen" | tr -d '\0' | sed "1s/^$1=//"
}

# names_like REGEX - the names of variables that the application was told
names_like() {
	tr '\n\0' ' \n' <"$T/seen" | sed 's/=.*//' | grep -E -- "$1" | sort
}

# client_key [-n N] - client= of the summary, with blanks for its underscores
client_key() {
	summary "$@" client | tr _ ' '
}

# died_with STATUS - how many connections ended so
died_with() {
	grep -acE "Child [0-9]+ died with code $1\$" "$LOG"
}
