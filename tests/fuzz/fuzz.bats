#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Each fuzzer over its corpus, and on from there for FUZZ_SECONDS (10).  Run by
# `make check-fuzz`; docs/fuzzing.md tells more.

load ../lib/common

setup() { fresh; }

# fuzz NAME - what it finds is kept below build/fuzz/found
fuzz() {
	local found=$SHIM_TREE/$BUILD/fuzz/found

	mkdir -p "$found" "$T/corpus"
	run timeout 600 "$SHIM_TREE/$BUILD/fuzz/fuzz/$1" -timeout=10 \
	    -max_total_time="${FUZZ_SECONDS:-10}" -verbosity=0 \
	    -print_final_stats=1 -artifact_prefix="$found/$1-" \
	    "$T/corpus" "$SHIM_TREE/fuzz/corpus/$1"
	printf '%s\n' "$output"
	[ "$status" -eq 0 ]
	# it did run, and on the corpus
	[[ $output =~ stat::number_of_executed_units:\ +([0-9]+) ]]
	[ "${BASH_REMATCH[1]}" -ge "$(find "$SHIM_TREE/fuzz/corpus/$1" \
	    -type f | wc -l)" ]
}

@test "rules_cdb: a damaged file of rules does no harm" {
	fuzz rules_cdb
}

@test "rules_source: lines of rules are compiled to what readers want" {
	fuzz rules_source
}

@test "proxy_header: a PROXY header is whole or none" {
	fuzz proxy_header
}

@test "ident_reply: an ident daemon's answer is a user id or none" {
	fuzz ident_reply
}

@test "names_answer: no name is told that could be none" {
	fuzz names_answer
}

@test "every fuzzer is run, and has a corpus" {
	local source name

	for source in "$SHIM_TREE"/fuzz/*.c; do
		name=$(basename "$source" .c)
		echo "$name"
		grep -qx "	fuzz $name" "$BATS_TEST_FILENAME"
		[ -d "$SHIM_TREE/fuzz/corpus/$name" ]
	done
}
