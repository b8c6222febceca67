#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# tlsshim(8) against the tables that the program is made of, both ways.

load ../lib/common

setup() {
	fresh
	cd "$SHIM_TREE" || return 1
	PAGE=docs/tlsshim.8
}

teardown() { leave_nothing; }

# section NAME - the source of a section of the page
section() {
	awk -v name=".Sh $1" '/^\.Sh /{ on = $0 == name } on' "$PAGE"
}

# subsection NAME
subsection() {
	awk -v name=".Ss $1" '/^\.S[hs] /{ on = $0 == name } on' "$PAGE"
}

# table FILE MACRO... - a .def as lines: the macro's name, then its arguments
# with a tab before each, less their quotes
table() {
	local macro

	for macro in "${@:2}"; do
		printf '#define %s(...) >%s(__VA_ARGS__)\n' "$macro" "@$macro"
	done | cat - "shim/$1" | cc -E -P - | tr -d '\n' | tr '>' '\n' |
	    sed -n 's/^@\([A-Z]*\)(\(.*\)).*/\1, \2/p' |
	    sed -E ':a; s/^(([^"]*"[^"]*")*[^"]*), */\1\t/; ta' | tr -d '"'
}

# same_lines WHAT ONE OTHER - the files have the same lines, in any order
same_lines() {
	sort -u "$2" >"$2.sorted"
	sort -u "$3" >"$3.sorted"
	[ "$(wc -l <"$2.sorted")" -gt 3 ]
	echo "$1: < program  > manual"
	diff "$2.sorted" "$3.sorted"
}

# the options as --help prints them, what stands for a value in lower case,
# and the letters that only the manual has a line for
program_options() {
	"$STAGE/bin/tlsshim" --help |
	    awk '/^  -e, -s/ { exit }
		/^  -/ { if ($NF !~ /^-/) $NF = tolower($NF)
			sub(/^ */, ""); print }'
	table options.def OPT LETTER |
	    awk -F'\t' '$1 == "LETTER" && $4 != "NULL" && $4 != "yes" {
		gsub(/\047/, "", $2); print "-" $2 }'
}

manual_options() {
	mandoc -Tascii -O width=200 "$PAGE" | col -bx |
	    sed -n '/^OPTIONS/,/^RULES/s/^     \(-.*\)/\1/p' |
	    sed -E 's/  +.*//; s/ \| /|/g'
}

# item NAME - the source of what the page says of --NAME
item() {
	section OPTIONS | awk -v name="$1" '/^\.(It|El)/{
		on = $0 ~ " Fl -" name "( |$)" } on'
}

@test "every option is in the manual, and no other is" {
	program_options >"$T/program"
	manual_options >"$T/manual"
	same_lines options "$T/program" "$T/manual"
}

@test "--help lists every row of options.def, with its default and variables" {
	local kind id name variables argument default help text

	text=$("$STAGE/bin/tlsshim" --help)
	table options.def OPT LETTER | grep '^OPT' >"$T/rows"
	[ "$(wc -l <"$T/rows")" -gt 20 ]
	while IFS=$'\t' read -r kind id name variables argument default help; do
		echo "$kind $id"
		[ "$default" = NULL ] || help+=" ($default)"
		[ "$variables" = NULL ] || help+=" [$variables]"
		[ "$argument" = NULL ] || name+=" $argument"
		[ "$name" = NULL ] || grep -qE -- "^  (-., )*--$name\$" <<<"$text"
		grep -qFx -- "        $help" <<<"$text"
	done <"$T/rows"
}

@test "the manual tells every option's variables and default" {
	local id name variables argument default word

	while IFS=$'\t' read -r _ id name variables argument default _; do
		[ "$name" != NULL ] || continue
		echo "--$name"
		item "$name" >"$T/item"
		[ -s "$T/item" ]
		for word in ${variables//NULL/}; do
			grep -qE "^\.Ev $word( |\$)" "$T/item"
			subsection 'Variables that configure' |
			    grep -qE "^\.Ev $word( |\$)"
		done
		[ "$default" = NULL ] || grep -qwF -- "$default" "$T/item"
	done < <(table options.def OPT LETTER | grep '^OPT')
}

@test "no option's item names a variable that does not stand for it" {
	table options.def OPT LETTER |
	    awk -F'\t' '$1 == "OPT" && $4 != "NULL" { print $4 }' |
	    tr ' ' '\n' >"$T/program"
	subsection 'Variables that configure' |
	    sed '/^Besides/,$d' | sed -n 's/^\.Ev \([A-Z_]*\).*/\1/p' \
	    >"$T/manual"
	same_lines variables "$T/program" "$T/manual"
}

@test "every word of --starttls is in the manual, and no other" {
	table starttls.def STARTTLS | cut -f3 >"$T/program"
	section STARTTLS | awk '/^\.Bl/ { depth++ } /^\.El/ { depth-- }
	    depth == 1 && /^\.It Cm / { print $3 }' >"$T/manual"
	same_lines words "$T/program" "$T/manual"
}

@test "every variable of env.def is in the manual under its set, and no other" {
	local set

	[ "$(table env.def ENV FAMILY | wc -l)" -gt 70 ]
	for set in tcp tls certs ucspi; do
		table env.def ENV FAMILY | awk -F'\t' -v set="${set^^}" '
		    $1 == "ENV" && $3 == set { print $2 }
		    $1 == "FAMILY" && $4 == set { print $2 $3 }' |
		    sort >"$T/program"
		subsection "Set $set" |
		    sed -n 's/^\.It Ev //p' | sed 's/ Ns Ar //' |
		    sort >"$T/manual"
		echo "set $set: < program  > manual"
		diff "$T/program" "$T/manual"
	done
}

@test "every status of exit.def is in the manual, and no other" {
	table exit.def EXIT | cut -f3 >"$T/program"
	section 'EXIT STATUS' | sed -n 's/^\.It //p' >"$T/manual"
	same_lines 'exit status' "$T/program" "$T/manual"
}

@test "the manual tells which statuses become 0 under systemd" {
	local low high

	table exit.def EXIT | awk -F'\t' '$4 == "true" { print $3 }' |
	    sort -n >"$T/remote"
	low=$(head -n 1 "$T/remote")
	high=$(tail -n 1 "$T/remote")
	[ "$(wc -l <"$T/remote")" -eq $((high - low + 1)) ]
	section 'EXIT STATUS' | grep -q "^$low to $high become 0"
}

@test "every key of the summary line is in the manual, in its order" {
	table summary.def SUMMARY | cut -f2 >"$T/program"
	section LOG | sed -n '/^\.Bl -tag -width "handshake_ms"/,$p' |
	    awk '/^\.Bl/ { depth++ } /^\.El/ { depth-- }
		depth == 1 && /^\.It Cm / { sub(/^\.It Cm /, ""); print }' |
	    tr -d ' ' | tr ',' '\n' >"$T/manual"
	[ "$(wc -l <"$T/program")" -gt 10 ]
	diff "$T/program" "$T/manual"
}

# values KEY - what the manual lists as values of a key of the summary line
values() {
	section LOG | awk -v key=".It Cm $1" '
	    /^\.Bl/ { depth++ } /^\.El/ { depth-- }
	    depth == 1 && /^\.It/ { on = $0 == key }
	    on && depth == 2 && /^\.It Cm / { print $3 }' | sed 's/\\&//'
}

@test "every way to end and every stage is in the manual, and no other" {
	sed -n 's/.*\[ENDING_[A-Z_]*\] = "\([^"][^"]*\)".*/\1/p' \
	    shim/ending.c >"$T/program"
	values end >"$T/manual"
	same_lines end "$T/program" "$T/manual"
	sed -n 's/.*->stage = "\([a-z]*\)".*/\1/p' shim/net*.c >"$T/program"
	values stage >"$T/manual"
	same_lines stage "$T/program" "$T/manual"
}

@test "every kind of probe is in the manual" {
	local kind

	sed -n '/^ending_probe/,/^}/s/.*"\([a-z0-9]*\)".*/\1/p' shim/ending.c |
	    grep . >"$T/kinds"
	echo text >>"$T/kinds"
	[ "$(wc -l <"$T/kinds")" -gt 3 ]
	while read -r kind; do
		echo "$kind"
		section LOG | grep -qE "^\.Pq Cm $kind( |\$)"
	done <"$T/kinds"
}

@test "every log format is in the manual" {
	table options.def OPT LETTER |
	    awk -F'\t' '$3 == "log" { print $5 }' | tr '|' '\n' >"$T/program"
	section LOG | sed -n '/-width "journal"/,/^\.El/s/^\.It Cm //p' \
	    >"$T/manual"
	same_lines formats "$T/program" "$T/manual"
}

@test "every message of the manual is one that the program has" {
	local message part theirs='FILE|NAME|NUMBER|KEY|RIGHT|REASON|SUBJECT'

	theirs+='|Permission denied|Operation not permitted|Invalid argument'
	theirs+='|Read-only file system|No such file or directory'
	cat shim/*.c | tr '\n\t' '  ' | sed 's/" *"//g' >"$T/source"
	section DIAGNOSTICS | sed -n 's/^\.It "\(.*\)"$/\1/p' >"$T/messages"
	[ "$(wc -l <"$T/messages")" -gt 20 ]
	while read -r message; do
		# what stands between names, numbers and the system's words
		sed -E "s/\\b($theirs)\\b|\.\.\./\n/g; s/: /\n/g" \
		    <<<"$message" | sed 's/^[ :;]*//; s/[ :]*$//' | grep . |
		while read -r part; do
			echo "$message: $part"
			grep -qF -- "$part" "$T/source"
		done
	done <"$T/messages"
}

# example TEXT - the lines of the first literal display behind TEXT
example() {
	section EXAMPLES | awk -v text="$1" 'index($0, text) { on = 1 }
	    on && /^\.Ed/ { exit } shown { print } on && /^\.Bd/ { shown = 1 }' |
	    sed 's/\\e$/\\/'
}

# in_order FILE - every line of stdin is a line of FILE, in the same order
in_order() {
	awk 'NR == FNR { want[++n] = $0; next } $0 == want[i + 1] { i++ }
	    END { if (n == 0 || i < n) { print FILENAME ": " want[i + 1]
		exit 1 } }' - "$1"
}

@test "the examples are taken from units/" {
	example NAME.socket | in_order units/examples/tls-app.socket
	example NAME@.service | in_order units/examples/tls-app@.service
	example 'speaks UCSPI-TLS' |
	    in_order units/examples/submission@.service
	example 'knows nothing of TLS' | in_order units/examples/pop3@.service
	example inetd.conf | in_order units/examples/inetd.conf
	example tcpserver | in_order units/examples/smtps.run
}

@test "the example for anybody works as it is typed" {
	local line port
	local -a nobody=(setpriv --reuid=nobody --regid=nogroup --clear-groups)

	[ "$(id -u)" -eq 0 ] || nobody=()
	line=$(example 'as anybody')
	[[ $line == 'systemd-socket-activate --accept -l 127.0.0.1:4650 tlsshim '* ]]
	port=$(free_port)
	line=${line/4650/$port}
	cp "$PKI/both.pem" "$T/both.pem"
	chmod 644 "$T/both.pem"
	cd "$T"
	# shellcheck disable=SC2086 # its words
	PATH=$T:$PATH start_server "${nobody[@]}" $line
	[ "$PORT" = "$port" ]
	run ask ''
	[[ $output == *SSL_PROTOCOL=TLSv1* ]]
}

@test "the filter for fail2ban finds the peer of a failed handshake" {
	local filter

	filter=$(section LOG | sed -n 's/^failregex = //p' | sed 's/\\e/\\/g')
	[ -n "$filter" ]
	cat >"$T/lines" <<-'END'
		tlsshim: id=0123456789abcdef peer=192.0.2.7:50000 local=192.0.2.1:465 secs=0 stage=handshake end=alert-sent:protocol_version app=none
		tlsshim[17]: id=0123456789abcdef peer=[2001:db8::7]:50000 local=[2001:db8::1]:465 secs=26 stage=handshake end=timeout app=none
		tlsshim: id=0123456789abcdef peer=192.0.2.8:50000 local=192.0.2.1:465 secs=0 stage=handshake end=error app=none
		tlsshim: id=0123456789abcdef peer=192.0.2.9:50000 local=192.0.2.1:465 tls=TLSv1.3 secs=0 stage=done end=clean app=0
	END
	run python3 - "$filter" "$T/lines" <<-'END'
		import re, sys
		# as fail2ban's <ADDR>, in short
		filter = re.compile(sys.argv[1].replace("<ADDR>", "(?P<ip>[0-9a-fA-F.:]+)"))
		for line in open(sys.argv[2]):
		    found = filter.search(line)
		    if found:
		        print(found["ip"])
	END
	[ "$output" = "$(printf '192.0.2.7\n2001:db8::7')" ]
}
