#!/usr/bin/env bats
# SPDX-License-Identifier: ISC
#
# Much at once, and many: nothing is lost, nothing fails, nothing stays.

load ../lib/common
load ../lib/talk

setup() { fresh; }
teardown() { leave_nothing; }

MIB256=$((256 * 1024 * 1024))

# noise - 256 MiB in which no block is like another
noise() {
	head -c "$MIB256" /dev/zero | openssl enc -aes-128-ctr -nosalt \
	    -K 000102030405060708090a0b0c0d0e0f \
	    -iv 00000000000000000000000000000000
}

# app_of_streams SLOW - an application that hashes what it reads and sends
# noise, both at once; reads slowly where SLOW is a time in seconds
app_of_streams() {
	app_dir
	cat >"$T/app-of-streams" <<-EOF
	#!/usr/bin/env python3
	import hashlib, os, threading, time
	def read():
	    md = hashlib.sha256()
	    while piece := os.read(0, 65536):
	        md.update(piece)
	        time.sleep($1)
	    with open("$APP_DIR/read", "w") as f:
	        print(md.hexdigest(), file=f)
	reader = threading.Thread(target=read)
	reader.start()
	with open("$T/noise", "rb") as f:
	    while piece := f.read(65536):
	        while piece:
	            piece = piece[os.write(1, piece):]
	os.close(1)
	reader.join()
	EOF
	chmod 755 "$T/app-of-streams"
	noise >"$T/noise"
}

# streams_fit - what each side sent is what the other got
streams_fit() {
	# which is there when the application has ended
	[ "$(summary in)" = "$MIB256" ]
	[ "$(sed -n 's/^sent=//p' "$T/talk")" = "$(cat "$APP_DIR/read")" ]
	[ "$(sed -n 's/^received=//p' "$T/talk")" = \
	    "$(sha256sum <"$T/noise" | cut -d' ' -f1)" ]
	[ "$(summary out)" = "$MIB256" ]
	[ "$(summary end)" = clean ]
	exits_with 0
}

@test "256 MiB each way at once arrive as they were sent" {
	local TALK

	for TALK in 1.3 1.2; do
		TALK=(-v "$TALK")
		rm -rf "$T/app"
		: >"$LOG"
		app_of_streams 0
		serve "${CERT[@]}" -- "$T/app-of-streams"
		talk "both=$MIB256" notify >"$T/talk"
		streams_fit
	done
}

@test "256 MiB each way at once arrive through a slow reader at either side" {
	app_of_streams 0.001
	serve "${CERT[@]}" -- "$T/app-of-streams"
	TALK=(-w 300)
	CLIENT_TIMEOUT=120 talk "both=$MIB256" notify >"$T/talk"
	streams_fit
}

@test "a million single bytes, each written alone, arrive in order" {
	serve "${CERT[@]}" -- dd bs=1 status=none
	talk singles=1000000 notify end=notify
	[ "$(summary in)" = 1000000 ]
	[ "$(summary out)" = 1000000 ]
	[ "$(summary end)" = clean ]
}

# all_were_clean COUNT - so many connections, each ended as it should
all_were_clean() {
	wait_for has_summaries "$1"
	[ "$(summaries | grep -c ' end=clean app=0$')" = "$1" ]
	[ "$(summaries | wc -l)" = "$1" ]
	wait_for no_children
}

# sockets PID - how many it has open
sockets() {
	find "/proc/$1/fd" -lname 'socket:*' | wc -l
}

@test "2,000 connections in a row: none fails, nothing stays" {
	local before

	serve "${CERT[@]}" -- cat
	before=$(sockets "$STARTER_PID")
	TALK=(-n 2000)
	CLIENT_TIMEOUT=200 talk say=hello hear=hello notify end=notify
	all_were_clean 2000
	[ "$(sockets "$STARTER_PID")" = "$before" ]
	# connections have names of their own
	[ "$(summaries | grep -o ' id=[^ ]*' | sort -u | wc -l)" = 2000 ]
}

@test "200 connections at once: none fails, nothing stays" {
	local STARTER

	TALK=(-n 200 -j 200)
	for STARTER in activate tcpserver; do
		: >"$LOG"
		serve "${CERT[@]}" -- cat
		talk say=hello hear=hello meet say=again hear=again \
		    echo=100000 meet notify end=notify
		all_were_clean 200
	done
}
