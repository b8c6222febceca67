# SPDX-License-Identifier: ISC
# files.sh - what the installed scripts share: files that are whole or absent.
#
# A file is made beside its place under another name, gets owner, group and
# mode before its first byte, is on the disk before it is renamed, and has
# always been either the old one or the new one.  POSIX sh; of GNU coreutils
# only mktemp, `sync FILE` and `mv -T`.
# shellcheck shell=sh
# shellcheck disable=SC2034 # GROUP is set by who includes this

PROGRAM=${0##*/}
GROUP=tlsshim
TEMPORARY=
WORK=

# a name from elsewhere stays on its line
say() {
	printf '%s: %s' "$PROGRAM" "$*" | tr '\000-\037\177' '?' >&2
	echo >&2
}

die() {
	say "$@"
	exit 1
}

misused() {
	say "$@"
	exit 100
}

# need_value OPTION COUNT - an option that wants a value has one
need_value() {
	[ "$2" -ge 2 ] || misused "$1: wants a value"
}

# remove_temporary - what an end in the middle would leave
remove_temporary() {
	rm -rf ${TEMPORARY:+"$TEMPORARY"} ${WORK:+"$WORK"}
}

trap remove_temporary EXIT
trap 'exit 129' HUP
trap 'exit 130' INT
trap 'exit 143' TERM

# need_group - GROUP exists, where we may give files to it
need_group() {
	[ "$(id -u)" -ne 0 ] || getent group "$GROUP" >/dev/null ||
	    die "group $GROUP: no such group: make it by systemd-sysusers, or name another with --group"
}

# need_own_directory DIR - nobody else may put files there: he could put a
# link of his where we are about to write
need_own_directory() {
	[ -d "$1" ] || die "$1: no such directory: make it first"
	case $(stat -L -c %u "$1") in
	0 | "$(id -u)") ;;
	*) die "$1: is $(stat -L -c %U "$1")'s, who may write there: chown root $1" ;;
	esac
	[ -z "$(find -L "$1" -maxdepth 0 -perm /022)" ] ||
	    die "$1: others may write there: chmod go-w $1"
}

# one_at_a_time FILE - hold the lock FILE until we end
one_at_a_time() {
	umask 077
	exec 9>>"$1"
	flock -w 30 9 || die "$1: locked: another $PROGRAM has run for 30 seconds"
}

# for_the_group MODE PATH - ours, and GROUP's; without root we have none to
# give it to
for_the_group() {
	[ "$(id -u)" -ne 0 ] || chown "root:$GROUP" "$2"
	chmod "$1" "$2"
}

# replace OLD NEW - NEW takes OLD's name, for good when this returns
replace() {
	sync "$2"
	mv -fT "$2" "$1"
	sync "$(dirname "$1")"
}
