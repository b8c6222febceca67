# SPDX-License-Identifier: ISC
# daemons.bash - servers that listen, for applications that are socat; from
# $PEERS or, where they are installed, from there.  Load common first.
# shellcheck shell=bash
# shellcheck disable=SC2154 # PEERS, T and others are set by tests/run and common

# found PATH... - the first that is there, below $PEERS/PACKAGE or not: FOUND
found() {
	local package=$1 path

	shift
	for path in "${@/#/$PEERS/$package}" "$@"; do
		# a pattern, for a version's number
		for FOUND in $path; do
			[ ! -e "$FOUND" ] || return 0
		done
	done
	skip "$package: not there"
}

# slapd_on - an LDAP server with one entry to log in as: DAEMON_PORT
slapd_on() {
	local program schema

	found slapd /usr/sbin/slapd
	program=$FOUND
	found slapd /etc/ldap/schema/core.schema
	schema=$FOUND
	DAEMON_PORT=$(free_port)
	mkdir "$T/slapd"
	cat >"$T/slapd.conf" <<-END
	include $schema
	pidfile $T/slapd/pid
	database ldif
	directory $T/slapd
	suffix dc=test
	rootdn cn=admin,dc=test
	rootpw secret
	END
	# errors alone: -d keeps it from going away
	start env LD_LIBRARY_PATH="$PEERS/slapd/usr/lib/$(gcc -dumpmachine)" \
	    "$program" -d 0 -f "$T/slapd.conf" \
	    -h "ldap://127.0.0.1:$DAEMON_PORT/"
	wait_for listens_or_died "$STARTER_PID"
}

# make_cluster DIR - for setup_file: an empty cluster of databases, whose owner is ann
make_cluster() {
	found postgresql-15 '/usr/lib/postgresql/*/bin/initdb'
	chmod 755 "$BATS_RUN_TMPDIR" "$BATS_RUN_TMPDIR"/*/ "${1%/*}"
	mkdir -m 777 "$1"
	as_nobody "$FOUND" --no-locale -E UTF8 -N -A trust -U ann \
	    -D "$1/data" >"$1/log" 2>&1 || { cat "$1/log"; return 1; }
}

# postgres_on DIR - its server: DAEMON_PORT
postgres_on() {
	local -a nobody=()

	found postgresql-15 '/usr/lib/postgresql/*/bin/postgres'
	DAEMON_PORT=$(free_port)
	# by no function, which would be another process
	[ "$(id -u)" -ne 0 ] ||
	    nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups --)
	start "${nobody[@]}" "$FOUND" -D "$1/data" -p "$DAEMON_PORT" -F \
	    -c listen_addresses=127.0.0.1 -k "$1/data"
	wait_for listens_or_died "$STARTER_PID"
}

# forwarded - the application that stands for it
# shellcheck disable=SC2034
forwarded() {
	FORWARDED=(socat -t 1 - "TCP:127.0.0.1:$DAEMON_PORT")
}
