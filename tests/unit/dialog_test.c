/* SPDX-License-Identifier: ISC */
/*
 * dialog_test.c - the conversation before TLS, whatever its protocol: its end
 * while somebody does not read.
 */
#include "protocols.h"
#include "talker.h"

/*
 * The peer does not read: what it is to hear fills its queue, but for less
 * than an answer may need.
 */
enum { LITTLE_ROOM = 1024 };

static void
peer_stops_reading(struct talk *t)
{
	while (buf_room(&t->to_peer) > LITTLE_ROOM)
		CHECK(buf_put(&t->to_peer, "0123456789abcdef", 16) == 16);
}

static void
peer_reads_again(struct talk *t)
{
	buf_taken(&t->to_peer, t->to_peer.len);
	t->state = dialog_run(&t->d);
}

static struct talk *
greeted(const struct protocol *protocol)
{
	struct talk *t = talk_begin(protocol, false);

	if (protocol == &protocol_pop3)
		talk_app(t, "+OK\r\n");
	else
		talk_app(t, "220 app.test ESMTP\r\n");
	buf_taken(&t->to_peer, t->to_peer.len);
	return (t);
}

TALK(an_answer_is_looked_at_though_the_application_has_ended)
{
	struct talk *t = greeted(&protocol_smtp);

	talk_peer(t, "EHLO x\r\n");
	peer_stops_reading(t);
	talk_app(t, "250-app.test\r\n250 AUTH PLAIN\r\n");
	dialog_app_ended(&t->d);
	peer_reads_again(t);
	talk_hears(t, "250-app.test\r\n250 STARTTLS\r\n");
}

TALK(half_a_line_of_an_application_that_has_ended_passes)
{
	struct talk *t = greeted(&protocol_smtp);

	talk_peer(t, "EHLO x\r\n");
	talk_app(t, "421 no");
	dialog_app_ended(&t->d);
	talk_hears(t, "421 no");
}

TALK(a_command_is_heard_though_the_peer_has_ended)
{
	struct talk *t = greeted(&protocol_pop3);

	peer_stops_reading(t);
	talk_peer(t, "NOOP\r\n");
	dialog_peer_ended(&t->d);
	peer_reads_again(t);
	talk_app_hears(t, "NOOP\r\n");
}

TALK(half_a_command_of_a_peer_that_has_ended_is_dropped)
{
	struct talk *t = greeted(&protocol_pop3);

	talk_peer(t, "NOOP");
	dialog_peer_ended(&t->d);
	talk_app_hears(t, "");
	CHECK(t->from_peer.len == 0);
}

TALK(half_a_greeting_of_an_application_that_has_ended_passes)
{
	struct talk *t = greeted(&protocol_ftp);

	talk_inside(t);
	talk_app(t, "220-Not\r\n");
	talk_hears(t, "");
	dialog_app_ended(&t->d);
	talk_hears(t, "220-Not\r\n");
}

static const struct check_case cases[] = {
	C(an_answer_is_looked_at_though_the_application_has_ended),
	C(half_a_line_of_an_application_that_has_ended_passes),
	C(a_command_is_heard_though_the_peer_has_ended),
	C(half_a_command_of_a_peer_that_has_ended_is_dropped),
	C(half_a_greeting_of_an_application_that_has_ended_passes),
	{ 0 },
};

RUN(cases)
