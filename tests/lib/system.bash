# SPDX-License-Identifier: ISC
# system.bash - the shipped units under a real systemd, for tests/system.
#
#	load ../lib/common
#	load ../lib/system
#	setup_file() { rig_start; }
#	teardown_file() { rig_stop; }
#	setup() { rig_fresh; }
#
# The rig (rig-ns.sh) is booted once a file; what `make install` installs is
# copied into it, below /usr/local.  Its network is reached by net, its other
# namespaces by rig.
# shellcheck shell=bash
# shellcheck disable=SC2154 # PKI, T and others are set by common.bash

# rig COMMAND... - inside, as its root
rig() {
	"$SHIM_TREE/tests/lib/rig-ns.sh" exec "$@" 3>&-
}

# net COMMAND... - the machine's own files, the rig's network
net() {
	"$SHIM_TREE/tests/lib/rig-ns.sh" netexec "$@" 3>&-
}

rig_start() {
	need_root
	RIG_DIR=$(mktemp -d "$BATS_FILE_TMPDIR/XXXXXXXX")
	export RIG_DIR RIG_BIND="$SHIM_TREE $STAGE"
	"$SHIM_TREE/tests/lib/rig-ns.sh" start 3>&- 4>&-
	rig_install
	rig_configure
}

rig_stop() {
	[ -z "${RIG_DIR:-}" ] || "$SHIM_TREE/tests/lib/rig-ns.sh" stop
}

# What a person does: make install, systemd-sysusers, systemd-tmpfiles
rig_install() {
	local installed=$BATS_FILE_TMPDIR/installed

	# the tests are of what was built before they began
	env -u MAKEFLAGS -u MAKELEVEL make -s -C "$SHIM_TREE" -o all install \
	    BUILD="$BUILD" PREFIX=/usr/local DESTDIR="$installed" 3>&-
	rig cp -a "$installed/usr/local/." /usr/local/
	# the machine may have them already, made another way
	rig sh -c 'for name in tlsshim tlsshim-net smtps; do
	    userdel "$name"; done 2>/dev/null' || :
	rig systemd-sysusers
	rig systemd-tmpfiles --create tlsshim.conf
}

# A certificate as the units expect it, an account that has mail, a rule for
# mail that comes
rig_configure() {
	rig bash -es "$PKI" "$SHIM_TREE" <<-'EOF'
	install -m 644 "$1/p256.pem" /etc/tlsshim/cert.pem
	install -g tlsshim -m 640 "$1/p256.key" /etc/tlsshim/key.pem
	install -m 644 "$2/units/examples/smtps.mailrules" /etc/tlsshim/
	useradd --create-home ann
	echo ann:secret | chpasswd
	printf '%s\n' 'From bob Mon Jan  1 00:00:00 2024' \
	    'Subject: to read' '' 'by ann alone' '' >/var/mail/ann
	chown ann:mail /var/mail/ann
	mkdir -p /home/ann/Maildir/new /home/ann/Maildir/cur \
	    /home/ann/Maildir/tmp
	printf '%s\n' 'Subject: to read' '' 'by ann alone' \
	    >/home/ann/Maildir/new/1.letter
	chown -R ann:ann /home/ann/Maildir
	systemctl daemon-reload
	EOF
}

# rig_fresh - begin a test: no unit and no drop-in of an earlier one; $CURSOR,
# where the journal stands
rig_fresh() {
	T=$BATS_TEST_TMPDIR
	DROP_INS=0
	rig bash -e <<-'EOF'
	for name in smtps imaps pop3s tls-app submission pop3; do
		systemctl stop "$name.socket" "$name@*.service" || :
	done 2>/dev/null
	cd /run/systemd/system
	rm -rf ./*.service ./*.socket ./*.d
	systemctl daemon-reload
	EOF
	rig journalctl --sync
	CURSOR=$(rig journalctl -n 1 --show-cursor | sed -n 's/^-- cursor: //p')
	[ -n "$CURSOR" ]
}

# drop_in UNIT [FILE] - a drop-in for UNIT, from FILE or standard input, the
# last of all if it is the latter
drop_in() {
	local dir=/run/systemd/system/$1.d name=zz$((++DROP_INS)).conf

	[ $# -eq 1 ] || name=${2##*/}
	rig mkdir -p "$dir"
	rig tee "$dir/$name" <"${2:-/dev/stdin}" >"$T/drop-in"
	rig systemctl daemon-reload
}

# application PROGRAM... - the tls-app pattern, started on port 443 with this
# program (as it stands in ExecStart=) in place of its own: PORT
application() {
	rig cp "$SHIM_TREE/units/examples/tls-app.socket" \
	    "$SHIM_TREE/units/examples/tls-app@.service" /run/systemd/system/
	drop_in tls-app@.service <<-EOF
	[Service]
	ExecStart=
	ExecStart=tlsshim --user www-data $*
	EOF
	serve_unit tls-app 443
}

# serve_example NAME PORT - the units of units/examples by that name
serve_example() {
	rig cp "$SHIM_TREE/units/examples/$1.socket" \
	    "$SHIM_TREE/units/examples/$1@.service" /run/systemd/system/
	rig systemctl daemon-reload
	serve_unit "$1" "$2"
}

# serve_unit NAME PORT - start its socket
serve_unit() {
	rig systemctl start "$1.socket"
	PORT=$2
}

# rig_ask TEXT [s_client option ...] - as ask, in the rig's network
rig_ask() {
	local text=$1

	shift
	printf '%s\n' "$text" | rig_client "$@"
}

# rig_client OPTION... - s_client of common.bash, in the rig's network
rig_client() {
	local address=${ADDR:-127.0.0.1}

	case $address in *:*) address="[$address]" ;; esac
	net timeout 20 openssl s_client -quiet -verify_quiet \
	    -connect "$address:$PORT" -CAfile "$PKI/ca.pem" \
	    -verify_return_error -verify_hostname localhost \
	    -servername localhost "$@" 2>>"$T/client.log"
}

# dialog [s_client option ...] - a scripted talk through TLS: standard input
# has lines "> TEXT", which are sent, and "< REGEX", which wait for a line like
# that.  Fails when one does not come, or the client does not end well.
dialog() {
	local direction text line pid in out

	coproc CLIENT { rig_client -crlf "$@"; }
	pid=$CLIENT_PID
	# bash closes its own as soon as the client ends
	exec {in}>&"${CLIENT[1]}" {out}<&"${CLIENT[0]}"
	while read -r direction text; do
		case $direction in
		'>') printf '%s\n' "$text" >&"$in" ;;
		'<')
			line=
			until [[ $line =~ $text ]]; do
				if ! read -rt 15 line <&"$out"; then
					echo "did not come: $text"
					cat "$T/client.log"
					return 1
				fi
				line=${line%$'\r'}
				echo "$line"
			done
			;;
		esac
	done
	exec {in}>&- {out}<&-
	wait "$pid"
}

# raw_bytes - connect without TLS and send standard input: how many bytes come
raw_bytes() {
	net timeout 20 socat -t 10 - "TCP:127.0.0.1:$PORT" | wc -c
}

# journal [journalctl option ...] - what came since the test began
journal() {
	rig journalctl --sync
	rig journalctl --quiet --no-pager --after-cursor="$CURSOR" "$@"
}

# journal_has REGEX - a line like that came since the test began: waits for it
journal_has() {
	wait_for journal_greps "$1" || { journal; return 1; }
}

journal_greps() {
	journal -o cat | grep -aEq -- "$1"
}

# fields KEY - the values of a journal field, a line each entry that has it
fields() {
	journal -o export | sed -n "s/^$1=//p"
}

has_field() {
	[ -n "$(fields "$1")" ]
}

# field KEY - the field of the first summary; waits for it
field() {
	wait_for has_field TLSSHIM_END || { journal; return 1; }
	fields "$1" | head -n 1
}

# instances NAME - its units that exist still
instances() {
	rig systemctl list-units --all --plain --no-legend "$1@*.service"
}

no_instances() {
	[ -z "$(instances "$1")" ]
}

# processes NAME - the pids below its slice
processes() {
	rig find "/sys/fs/cgroup/system.slice/system-${1//-/\\x2d}.slice" \
	    -name cgroup.procs -exec cat {} + 2>/dev/null
}

# nothing_remains NAME - no unit, no process: waits for it
nothing_remains() {
	wait_for no_instances "$1" || { instances "$1"; return 1; }
	[ -z "$(processes "$1")" ]
}
