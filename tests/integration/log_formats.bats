#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
# What is said arrives, in each format, where it was sent.  log-probe says one
# message and one summary under a filter that kills at any call log.h does not
# promise; log-receiver is journald and /dev/log, in namespaces of its own.

# the probe forbids itself what a sanitizer needs
# bats file_tags=jail
load ../lib/common

setup() {
	fresh
	say=("$STAGE/bin/log-probe")
}

teardown() { leave_nothing; }

# said FD2 STATE FORMAT [MESSAGE [SNI]] - say it; what arrived is in $T/said
said() {
	local own=-rm

	# root needs no user namespace, which a chroot would not give him
	[ "$(id -u)" -ne 0 ] || own=-m
	unshare "$own" "$SHIM_TREE/tests/lib/log-receiver" "$1" "$2" \
	    "${say[@]}" "$3" "${4:-what}" "${5:-mail.example.org}" >"$T/said"
	cat "$T/said"
}

# holds EXPRESSION - Python's view of what arrived
holds() {
	python3 -c '
import json, sys
said = json.load(open(sys.argv[1]))
globals().update(said)
sys.exit(not eval(sys.argv[2]))' "$T/said" "$1"
}

@test "key=value goes to fd 2 by itself" {
	said pipe ready auto
	holds 'status == 0 and journal == syslog == []'
	holds 'fd2 == "tlsshim: id=0123456789abcdef: what: " \
	    "No such file or directory\ntlsshim: id=0123456789abcdef " \
	    "sni=mail.example.org in=42 end=clean\n"'
}

@test "JSON is one strict object a line, whatever the bytes" {
	local every
	every=$(printf '%b' "$(printf '\\x%02x' {1..255})")
	said pipe ready json "$every" "$every"
	holds 'status == 0 and fd2.count("\n") == 2'
	holds 'fd2.isascii() and fd2.replace("\n", "").isprintable()'
	holds '[sorted(json.loads(l)) for l in fd2.splitlines()] == \
	    [["id", "level", "message"], ["end", "id", "in", "level", "sni"]]'
	holds '"\\x0a" in json.loads(fd2.splitlines()[0])["message"]'
	holds 'json.loads(fd2.splitlines()[1])["in"] == 42'
}

@test "JSON stays an object when the line is too long" {
	said pipe ready json "$(printf '\\"%.0s' {1..4000})" "$(printf '\\"%.0s' {1..900})"
	holds 'all(len(l) < 4096 for l in fd2.splitlines())'
	holds 'json.loads(fd2.splitlines()[0])["message"].endswith("...")'
	holds 'json.loads(fd2.splitlines()[1])["sni"].endswith("...")'
	holds 'json.loads(fd2.splitlines()[1])["end"] == "clean"'
}

@test "the journal gets fields, and a newline makes no field" {
	said pipe ready journal $'what\nPRIORITY=0' $'a\nTLSSHIM_END=b'
	holds 'status == 0 and fd2 == "" and syslog == []'
	holds 'journal[0] == ["PRIORITY=4", "SYSLOG_IDENTIFIER=tlsshim",
	    "MESSAGE=tlsshim: id=0123456789abcdef: what\\x0aPRIORITY=0: "
	    "No such file or directory", "TLSSHIM_ID=0123456789abcdef"]'
	holds 'journal[1] == ["PRIORITY=5", "SYSLOG_IDENTIFIER=tlsshim",
	    "MESSAGE=tlsshim: id=0123456789abcdef "
	    "sni=a\\x0aTLSSHIM_END\\x3db in=42 end=clean",
	    "TLSSHIM_ID=0123456789abcdef", "TLSSHIM_SNI=a\\x0aTLSSHIM_END=b",
	    "TLSSHIM_IN=42", "TLSSHIM_END=clean"]'
}

@test "syslog gets facility, level, tag and pid" {
	said pipe ready syslog
	holds 'status == 0 and fd2 == "" and journal == []'
	holds '__import__("re").fullmatch(r"<28>tlsshim\[\d+\]: "
	    r"id=0123456789abcdef: what: No such file or directory", syslog[0])'
	holds '__import__("re").fullmatch(r"<29>tlsshim\[\d+\]: "
	    r"id=0123456789abcdef sni=mail.example.org in=42 end=clean",
	    syslog[1])'
}

@test "where fd 2 is the connection the peer hears nothing, syslog all" {
	local format
	for format in auto kv json syslog; do
		said connection ready "$format"
		holds 'status == 0 and peer == "" and len(syslog) == 2'
	done
}

@test "where fd 2 is the connection and systemd the starter, the journal hears it" {
	AS_SYSTEMD=yes said connection ready auto
	holds 'status == 0 and peer == "" and syslog == []'
	holds 'len(journal) == 2'
}

@test "without a receiver fd 2 is used, where it may be" {
	local format
	for format in journal syslog; do
		said pipe absent "$format"
		holds 'status == 0 and fd2.count("tlsshim: id=") == 2'
		said connection absent "$format"
		holds 'status == 0 and peer == ""'
	done
}

@test "a receiver that does not keep up costs messages, not the connection" {
	local format
	for format in journal syslog; do
		said pipe full "$format"
		holds 'status == 0 and fd2 == "" and journal == syslog == []'
	done
}
