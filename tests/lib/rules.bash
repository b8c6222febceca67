# SPDX-License-Identifier: ISC
# rules.bash - cdbs of rules with any key and any data, which tcprules would
# not write.  Load common first.
# shellcheck shell=bash
# shellcheck disable=SC2154 # T is set by common.bash

# what a rule may say, besides the setting "+NAME=VALUE\0"
# shellcheck disable=SC2034
DENY='D\0' ALLOW=

# record KEY DATA - as cdb(1) reads it; DATA with printf's escapes
record() {
	local LC_ALL=C len

	len=$(printf '%b' "$2" | wc -c)
	printf '+%d,%d:%s->' "${#1}" "$len" "$1"
	printf '%b\n' "$2"
}

# rules [KEY DATA] ... - make $T/rules.cdb of these
rules() {
	{
		while [ $# -gt 0 ]; do
			record "$1" "$2"
			shift 2
		done
		echo
	} >"$T/rules"
	cdb -c "$T/new.cdb" "$T/rules"
	chmod 644 "$T/new.cdb"
	mv "$T/new.cdb" "$T/rules.cdb"
}
