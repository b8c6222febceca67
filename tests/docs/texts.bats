#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# README.md, NEWS and docs/*.md against the tree.

load ../lib/common

setup() {
	fresh
	cd "$SHIM_TREE" || return 1
	# root may look into a tree that is somebody else's
	export GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=safe.directory \
	    GIT_CONFIG_VALUE_0='*'
}

teardown() { leave_nothing; }

# fenced N FILE - the N-th fenced block of a text
fenced() {
	awk -v wanted="$1" '/^```/ { inside = !inside; n += inside; next }
	    inside && n == wanted' "$2"
}

# in_order FILE... - every line of stdin is a line of the files, in order
in_order() {
	cat "$@" >"$T/all"
	awk 'NR == FNR { want[++n] = $0; next } $0 == want[i + 1] { i++ }
	    END { if (n == 0 || i < n) { print "not there: " want[i + 1]
		exit 1 } }' - "$T/all"
}

@test "the unit in README is taken from units/" {
	fenced 1 README.md | in_order units/examples/tls-app.socket
	fenced 2 README.md | in_order units/examples/tls-app@.service
}

# code TEXT FILE - the block of code that has TEXT in its first line
code() {
	awk -v text="$1" '/^    / { if (!on && !inside && index($0, text)) on = 1
		inside = 1; if (on) print substr($0, 5); next }
	    { inside = 0; if (on) exit }' "$2"
}

@test "the guide to STARTTLS has its lines from units/" {
	code 'tcpserver -HRDl0 -c 400 0 587' docs/starttls.md |
	    sed 's/^/    /' | in_order units/examples/submission.run
	code '110 stream tcp' docs/starttls.md |
	    in_order units/examples/inetd.conf
	code 'apt install mailfront cvm' docs/starttls.md |
	    grep -E 'install -g|printf|passwd$|systemctl' |
	    sed 's/^ */    /; s/ ann / NAME /' >"$T/guide"
	sed -n 's/^#\t */    /p' units/examples/submission.socket >"$T/unit"
	[ "$(wc -l <"$T/guide")" -ge 5 ]
	in_order "$T/unit" <"$T/guide"
}

@test "README has a line for each file, and no line for none" {
	local pattern file matched

	git ls-files --cached --others --exclude-standard |
	    while read -r file; do
		[ ! -f "$file" ] || echo "$file"
	    done >"$T/files"
	[ "$(wc -l <"$T/files")" -gt 100 ]
	fenced 3 README.md | awk 'NF { print $1 }' >"$T/patterns"
	while read -r pattern; do
		matched=
		while read -r file; do
			# shellcheck disable=SC2053 # a pattern
			[[ $file != $pattern ]] || {
				matched=1
				echo "$file" >>"$T/listed"
			}
		done <"$T/files"
		[ -n "$matched" ] || echo "$pattern" >>"$T/dead"
	done <"$T/patterns"
	if [ -e "$T/dead" ]; then
		echo "no such file:"
		cat "$T/dead"
		return 1
	fi
	echo "not in README:"
	sort "$T/files" >"$T/files.sorted"
	run sh -c "sort -u '$T/listed' | comm -13 - '$T/files.sorted'"
	echo "$output"
	[ -z "$output" ]
}

@test "every path and target that a text names exists" {
	local text path

	for text in README.md docs/*.md; do
		# links, from where the text is
		grep -oE '\]\([^)#:]*\)' "$text" | tr -d '()]' |
		while read -r path; do
			echo "$text: $path"
			[ -e "$(dirname "$text")/$path" ]
		done
		# commands and file names in backquotes
		grep -oE '(`|^    )(make [a-z-]+|(scripts|tests|units|shim|bench|tools)/[a-z0-9@./_-]+)' \
		    "$text" | tr -d '`' | sed 's/^ *//' |
		while read -r path; do
			echo "$text: $path"
			case $path in
			make\ *) grep -q "^${path#make }:" Makefile ;;
			*) [ -e "$path" ] ;;
			esac
		done
	done
}

# identifiers of the source that docs/*.md put in backquotes
@test "every source file that a text names exists" {
	local name

	grep -ohE '`[a-z0-9_]+\.(c|h|def)`' docs/*.md | tr -d '`' | sort -u \
	    >"$T/names"
	[ "$(wc -l <"$T/names")" -gt 5 ]
	while read -r name; do
		echo "$name"
		[ -e "shim/$name" ]
	done <"$T/names"
}

@test "design.md has every message as msg.def has it" {
	# name, from, phase, most, bytes
	sed -n 's/^MSG(//p' shim/msg.def | sed 's/).*//; s/ //g' |
	    awk -F, '{ print $1, $2, $4, $5, $6 }' >"$T/program"
	grep -E '^\| [A-Z_]+ \| (NET|KEEPER) ' docs/design.md |
	    awk -F'|' '{ gsub(/ /, "", $0); print $2, $3, $4, $5, $6 }' \
	    >"$T/manual"
	[ "$(wc -l <"$T/program")" -gt 5 ]
	diff "$T/program" "$T/manual"
}

@test "the first news are of this version" {
	run grep -m 1 -E '^[0-9]' NEWS
	[ "$output" = "$(cat VERSION)" ]
	run "$STAGE/bin/tlsshim" --version
	[ "${lines[0]}" = "tlsshim $(cat VERSION)" ]
	[[ ${lines[1]} == 'OpenSSL 3.'* ]]
}

# picture_is_of_its_text NAME
picture_is_of_its_text() {
	local word

	tr -d '\n' <"docs/$1.dot" | grep -oE '[^x]label="[^"]*"' |
	    sed 's/.*label="//; s/"$//; s/\\n/\n/g' >"$T/words"
	[ "$(wc -l <"$T/words")" -gt 15 ]
	sed -n 's/.*<text[^>]*>\(.*\)<\/text>.*/\1/p' "docs/$1.svg" |
	    sed 's/&#45;/-/g; s/&quot;/"/g; s/&amp;/\&/g' >"$T/shown"
	while read -r word; do
		echo "$word"
		grep -qF -- "$word" "$T/shown"
	done <"$T/words"
}

@test "a picture has the nodes and words of its text" {
	picture_is_of_its_text processes
	picture_is_of_its_text proxy
}

# rows of trust.md: file and name of a test
tests_of_trust() {
	grep -E '^\|.*\| `[a-z]+/[a-z_]+\.bats` \|' docs/trust.md |
	    sed -E 's/.*\| `([^`]*)` \| (.*) \|$/\1\t\2/'
}

@test "every test that trust.md names exists" {
	local file name

	tests_of_trust >"$T/rows"
	[ "$(wc -l <"$T/rows")" -gt 10 ]
	while IFS=$'\t' read -r file name; do
		grep -qFx "@test \"$name\" {" "tests/$file" ||
		    echo "$file: $name"
	done <"$T/rows" >"$T/missing"
	cat "$T/missing"
	[ ! -s "$T/missing" ]
}

@test "every file of tests/attack is in trust.md" {
	local file

	for file in tests/attack/*.bats; do
		echo "$file"
		tests_of_trust | grep -q "^attack/${file##*/}"$'\t'
	done
}
