# SPDX-License-Identifier: ISC
# lib.sh - what test and demo share: packages and accounts.  POSIX sh.
# shellcheck shell=sh

say() {
	printf '%s\n' "$*" >&2
}

die() {
	say "${0##*/}: $*"
	exit 1
}

# packages GROUP... - the packages of these groups, a line each
packages() {
	for group; do
		sed -n "s/^$group	//p" scripts/packages
	done | tr ' ' '\n' | sort -u
}

# as_root COMMAND... - run it as root: as we are, or by sudo without asking
as_root() {
	if [ "$(id -u)" -eq 0 ]; then
		"$@"
	elif sudo -n true 2>/dev/null; then
		sudo -n "$@"
	else
		die "root: needed for: $*"
	fi
}

# apt ARG... - what it says goes to build/apt.log, unless it fails
apt() {
	mkdir -p build
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq \
	    -o Dpkg::Use-Pty=0 "$@" >>build/apt.log 2>&1 || {
		tail -n 20 build/apt.log >&2
		return 1
	}
}

missing() {
	packages "$@" | while read -r package; do
		dpkg-query -W -f '${db:Status-Status}\n' "$package" 2>/dev/null |
		    grep -qx installed || echo "$package"
	done
}

# install_packages GROUP... - what of these groups is not there yet
install_packages() {
	command -v dpkg-query >/dev/null || {
		say "not Debian: install by hand: $(packages "$@" | tr '\n' ' ')"
		return 0
	}
	absent=$(missing "$@" | tr '\n' ' ')
	[ -n "$absent" ] || return 0
	say "installing: $absent"
	# shellcheck disable=SC2086
	apt install --no-install-recommends $absent || {
		say 'once more, with new lists of packages'
		apt update
		apt install --no-install-recommends $absent
	}
}

# unpack_peers DIR - what conflicts as packages: their files only
unpack_peers() {
	mkdir -p "$1"
	for package in $(packages peers); do
		[ ! -d "$1/$package" ] || continue
		say "unpacking: $package"
		download "$1" "$package" || { apt update; download "$1" "$package"; }
		dpkg-deb -x "$1/$package"_*.deb "$1/$package"
		rm "$1/$package"_*.deb
	done
}

download() {
	(cd "$1" && apt-get -qq -o APT::Sandbox::User=root download "$2" 2>&1)
}

# make_accounts - what a test run as root needs: the accounts of
# units/tlsshim.sysusers (tlsshim reads keys, tlsshim-net meets the network)
# and tlsshim-app, which stands for an application's.  They stay.
make_accounts() {
	for account in tlsshim tlsshim-net tlsshim-app; do
		getent passwd "$account" >/dev/null ||
		    as_root useradd --system --user-group --no-create-home \
		        --home-dir /nonexistent --shell /usr/sbin/nologin \
		        "$account"
	done
}
