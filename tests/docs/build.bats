#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# What the Makefile promises to people who package.

load ../lib/common

setup() { fresh; cd "$SHIM_TREE" || return 1; }
teardown() { leave_nothing; }

@test "flags of a packager come behind ours and replace none" {
	run make -n -W shim/exit.c BUILD="$T/build" CFLAGS=-O1 CPPFLAGS=-DTHEIRS \
	    LDFLAGS=-Wl,--theirs
	[ "$status" -eq 0 ]
	[[ $output == *-std=c11*' -O1 '*'-o '*/exit.o* ]]
	[[ $output == *-Ishim*-DTHEIRS*/exit.o* ]]
	[[ $output == *-z,relro*-Wl,--theirs*/tlsshim* ]]
}

@test "the program is hardened as far as the file shows" {
	run readelf -Wldh "$STAGE/bin/tlsshim"
	[[ $output == *'DYN (Position-Independent Executable'* ]]
	[[ $output == *GNU_RELRO* ]]
	[[ $output == *BIND_NOW* ]]
	[[ $output != *TEXTREL* ]]
	run ! grep -E 'GNU_STACK.*RWE' <<<"$output"
}

# loads PROGRAM LIBRARY... - these shared libraries and no other
loads() {
	run sh -c 'readelf -Wd "$1" | sed -n "s/.*NEEDED.*\[\([a-z]*\).*/\1/p" |
	    sort | paste -sd" "' - "$1"
	shift
	[ "$output" = "$*" ]
}

@test "the program loads libc, and OpenSSL where that is asked for" {
	# Debian 13's archives want more than OpenSSL
	case $(make -s --eval='told: ; @echo $(OPENSSL)' told) in
	static) loads "$STAGE/bin/tlsshim" libc ;;
	shared) loads "$STAGE/bin/tlsshim" libc libcrypto libssl ;;
	*) return 1 ;;
	esac
	# only the last step is another one
	cp -a "$BUILD" "$T/shared"
	rm "$T/shared/tlsshim"
	make -s BUILD="$T/shared" OPENSSL=shared "$T/shared/tlsshim"
	loads "$T/shared/tlsshim" libc libcrypto libssl
}

@test "only tlsshim-names loads c-ares" {
	loads "$STAGE/bin/tlsshim-names" libc libcares
	run readelf -Wldh "$STAGE/bin/tlsshim-names"
	[[ $output == *'DYN (Position-Independent Executable'* ]]
	[[ $output == *BIND_NOW* ]]
}

@test "install keeps to DESTDIR and PREFIX, uninstall leaves no file" {
	make -s install BUILD="$BUILD" DESTDIR="$T/root" PREFIX=/opt/shim
	[ -x "$T/root/opt/shim/bin/tlsshim" ]
	[ -x "$T/root/opt/shim/libexec/tlsshim/tlsshim-names" ]
	[ -f "$T/root/opt/shim/lib/systemd/system/smtps@.service" ]
	[ "$(ls "$T/root")" = opt ]
	[ "$(ls "$T/root/opt")" = shim ]
	grep -q '^ExecStart=/opt/shim/bin/tlsshim ' \
	    "$T/root/opt/shim/lib/systemd/system/smtps@.service"
	run ! grep -rE '@[a-z]+dir@' "$T/root"
	make -s uninstall DESTDIR="$T/root" PREFIX=/opt/shim
	[ -z "$(find "$T/root" ! -type d)" ]
}

@test "make help names every target that people call" {
	run make -s help
	for target in all check lint sanitize bench install uninstall help; do
		grep -q "^$target " <<<"$output"
	done
}
