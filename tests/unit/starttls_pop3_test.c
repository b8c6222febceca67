/* SPDX-License-Identifier: ISC */
/*
 * starttls_pop3_test.c - POP3 before TLS.
 */
#include "talker.h"

#include "protocols.h"

#define GREETING "+OK tls.test POP3\r\n"
#define OFFER "+OK Capabilities follow\r\nSTLS\r\n.\r\n"
#define NOT_YET "-ERR Say STLS first\r\n"
#define SYNTAX "-ERR Syntax error\r\n"
#define NO_PARAMETER "-ERR No parameter here\r\n"

static struct talk *
greeted(bool required)
{
	struct talk *t = talk_begin(&protocol_pop3, required);

	if (!required)
		talk_app(t, "+OK pop3 <1.2@app.test>\r\n");
	talk_hears(t, GREETING);
	return (t);
}

/* ----------------------------------------------------------- required mode */

TALK(what_may_be_said_before_tls_is_answered)
{
	struct talk *t = greeted(true);

	talk_peer(t, "CAPA\r\n");
	talk_hears(t, OFFER);
	talk_peer(t, "capa \r\n");
	talk_hears(t, OFFER);
	talk_peer(t, "CAPA all\r\n");
	talk_hears(t, NO_PARAMETER);
	talk_peer(t, "QUIT now\r\n");
	talk_hears(t, NO_PARAMETER);
	talk_peer(t, "QUIT\r\n");
	talk_hears(t, "+OK Bye\r\n");
	talk_state(t, DIALOG_ENDS);
}

TALK(all_else_has_to_wait_for_tls)
{
	struct talk *t = greeted(true);

	talk_peer(t, "USER me\r\nPASS word\r\n");
	talk_hears(t, NOT_YET NOT_YET);
	talk_peer(t, "APOP me c4c9334bac560ecc979e58001b3e22fb\r\n");
	talk_hears(t, NOT_YET);
	talk_peer(t, "AUTH\r\nAUTH PLAIN AG1lAHdvcmQ=\r\n");
	talk_hears(t, NOT_YET NOT_YET);
	talk_peer(t, "NOOP\r\nSTAT\r\nLIST\r\nRETR 1\r\nSTLSX\r\n");
	talk_hears(t, NOT_YET NOT_YET NOT_YET NOT_YET NOT_YET);
	talk_state(t, DIALOG_WAITS);
	CHECK(t->d.warned);
}

TALK(a_client_that_only_talks_is_sent_away)
{
	struct talk *t = greeted(true);
	int i;

	for (i = 0; i < DIALOG_UNITS_MAX; i++)
		talk_peer(t, "NOOP\r\n");
	talk_queue_empty(&t->to_peer);
	talk_peer(t, "NOOP\r\n");
	talk_hears(t, "-ERR Too much without TLS\r\n");
	talk_state(t, DIALOG_ENDS);
}

/* ------------------------------------------------------------------- both */

static void
begins_tls(bool required)
{
	struct talk *t = greeted(required);

	talk_peer(t, "STLS\r\n");
	talk_upgrades(t);
	talk_hears(t, "+OK Begin TLS\r\n");
	t = greeted(required);
	talk_peer(t, "stLS \t\r\n");
	talk_upgrades(t);
	t = greeted(required);
	talk_peer(t, "STLS please\r\n");
	talk_hears(t, NO_PARAMETER);
	talk_state(t, DIALOG_WAITS);
}

TALK(stls_is_answered_by_us)
{
	begins_tls(true);
	begins_tls(false);
}

static void
refuses_odd_lines(bool required)
{
	struct talk *t = greeted(required);

	talk_peer(t, "STLS\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "ST\rLS\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "STLS\r\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "STLS\0\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, " USER me\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "USER\vme\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "\r\n");
	talk_hears(t, SYNTAX);
	talk_state(t, DIALOG_WAITS);
	if (!required)
		talk_app_hears(t, "");
}

TALK(lines_that_are_none_go_nowhere)
{
	refuses_odd_lines(true);
	refuses_odd_lines(false);
}

TALK(what_cannot_go_on_is_told)
{
	struct talk *t = greeted(true);

	talk_refused(t, DIALOG_FAULT_BEHIND);
	talk_hears(t, "-ERR STLS must come last\r\n");
	talk_refused(t, DIALOG_FAULT_FAILED);
	talk_hears(t, "-ERR TLS not available now\r\n");
	talk_refused(t, DIALOG_FAULT_LATE);
	talk_hears(t, "-ERR Timeout\r\n");
	talk_refused(t, DIALOG_FAULT_LONG);
	talk_hears(t, "-ERR Line too long\r\n");
}

/* ----------------------------------------------------------- optional mode */

TALK(an_application_that_is_busy_says_so_itself)
{
	struct talk *t = talk_begin(&protocol_pop3, false);

	talk_app(t, "-ERR [SYS/TEMP] Busy\r\n");
	talk_hears(t, "-ERR [SYS/TEMP] Busy\r\n");
}

TALK(nothing_is_forwarded_before_the_greeting)
{
	struct talk *t = talk_begin(&protocol_pop3, false);

	talk_peer(t, "NOOP\r\n");
	talk_app_hears(t, "");
	talk_app(t, "+OK\r\n");
	talk_hears(t, GREETING);
	talk_app_hears(t, "NOOP\r\n");
}

TALK(stls_is_added_to_what_the_application_offers)
{
	struct talk *t = greeted(false);

	talk_peer(t, "CAPA\r\n");
	talk_app_hears(t, "CAPA\r\n");
	talk_app(t,
	    "+OK Mine\r\nTOP\r\nUSER\r\nSASL PLAIN LOGIN\r\nUIDL\r\n"
	    "USERS 3\r\n.\r\n");
	talk_hears(t, "+OK Mine\r\nTOP\r\nUIDL\r\nUSERS 3\r\nSTLS\r\n.\r\n");
	talk_peer(t, "Capa\r\n");
	talk_app_hears(t, "Capa\r\n");
	talk_app(t, "+OK\r\nstls\r\nTOP\r\n.\r\n");
	talk_hears(t, "+OK\r\nTOP\r\nSTLS\r\n.\r\n");
	talk_peer(t, "CAPA\r\n");
	talk_app_hears(t, "CAPA\r\n");
	talk_app(t, "+OK\r\n.\r\n");
	talk_hears(t, "+OK\r\nSTLS\r\n.\r\n");
}

TALK(stls_is_offered_for_who_does_not_know_capa)
{
	struct talk *t = greeted(false);

	talk_peer(t, "CAPA\r\n");
	talk_app_hears(t, "CAPA\r\n");
	talk_app(t, "-ERR what?\r\n");
	talk_hears(t, OFFER);
	talk_passes(t, "NOOP\r\n", "-ERR what?\r\n");
}

TALK(credentials_stay_out_of_the_clear)
{
	struct talk *t = greeted(false);

	talk_peer(t,
	    "USER me\r\nuser me\r\nPASS word\r\nAPOP me 00\r\nAUTH\r\n"
	    "AUTH PLAIN AG1lAHdvcmQ=\r\n");
	talk_hears(t, NOT_YET NOT_YET NOT_YET NOT_YET NOT_YET NOT_YET);
	talk_app_hears(t, "");
	CHECK(t->d.warned);
	talk_passes(t, "QUIT\r\n", "+OK bye\r\n");
}

TALK(answers_have_as_many_lines_as_the_command_says)
{
	struct talk *t = greeted(false);

	talk_passes(t, "LIST\r\n", "+OK\r\n1 20\r\n.\r\n");
	talk_passes(t, "LIST 1\r\n", "+OK 1 20\r\n");
	talk_passes(t, "UIDL\r\n", "+OK\r\n1 abc\r\n.\r\n");
	talk_passes(t, "UIDL 1\r\n", "+OK 1 abc\r\n");
	talk_passes(t, "LIST \r\n", "+OK\r\n.\r\n");
	talk_passes(t, "RETR 1\r\n",
	    "+OK\r\nSubject: +OK\r\n\r\n..\r\n-ERR\r\n.\r\n");
	talk_passes(t, "TOP 1 0\r\n", "+OK\n\n.\n");
	talk_passes(t, "RETR 9\r\n", "-ERR no such message\r\n");
	talk_passes(t, "STAT\r\n", "+OK 1 20\r\n");
	talk_passes(t, "LANG\r\n", "+OK\r\nen English\r\n.\r\n");
	talk_passes(t, "XTND x\r\n", "+OK\r\n");
}

TALK(one_command_at_a_time_is_forwarded)
{
	struct talk *t = greeted(false);

	talk_peer(t, "RETR 1\r\nUSER me\r\nSTLS\r\n");
	talk_app_hears(t, "RETR 1\r\n");
	talk_app(t, "+OK\r\nSTLS\r\n");
	talk_state(t, DIALOG_WAITS);
	talk_hears(t, "+OK\r\nSTLS\r\n");
	talk_app(t, ".\r\n");
	talk_state(t, DIALOG_UPGRADES);
	talk_hears(t, ".\r\n" NOT_YET);
	talk_app_hears(t, "");
}

TALK(a_line_longer_than_we_look_at_is_no_end)
{
	struct talk *t = greeted(false);
	int i;

	talk_peer(t, "RETR 1\r\n");
	talk_app_hears(t, "RETR 1\r\n");
	talk_app(t, "+OK\r\n");
	for (i = 0; i < DIALOG_APP_LINE_MAX; i++)
		talk_app(t, "x");
	talk_app(t, ".\r\n");
	CHECK(t->d.awaiting);
	talk_app(t, ".\r\n");
	CHECK(!t->d.awaiting);
}

TALK(what_nobody_asked_for_passes)
{
	struct talk *t = greeted(false);

	talk_app(t, "-ERR Autologout\r\n");
	talk_hears(t, "-ERR Autologout\r\n");
}

/* -------------------------------------------------------------- inside TLS */

TALK(the_second_greeting_is_not_told)
{
	struct talk *t = greeted(true);

	talk_inside(t);
	talk_peer(t, "USER me\r\n");
	talk_app_hears(t, "");
	talk_app(t, "+OK pop3 <1.3@app.test>\r\n");
	talk_hears(t, "");
	talk_app_hears(t, "USER me\r\n");
	talk_app(t, "+OK\r\n");
	talk_hears(t, "+OK\r\n");
	talk_peer(t, "STLS\n");
	talk_app_hears(t, "STLS\n");
}

TALK(a_refusal_inside_tls_is_told)
{
	struct talk *t = greeted(true);

	talk_inside(t);
	talk_app(t, "-ERR Busy\r\n");
	talk_hears(t, "-ERR Busy\r\n");
}

static const struct check_case cases[] = {
	C(what_may_be_said_before_tls_is_answered),
	C(all_else_has_to_wait_for_tls),
	C(a_client_that_only_talks_is_sent_away),
	C(stls_is_answered_by_us),
	C(lines_that_are_none_go_nowhere),
	C(what_cannot_go_on_is_told),
	C(an_application_that_is_busy_says_so_itself),
	C(nothing_is_forwarded_before_the_greeting),
	C(stls_is_added_to_what_the_application_offers),
	C(stls_is_offered_for_who_does_not_know_capa),
	C(credentials_stay_out_of_the_clear),
	C(answers_have_as_many_lines_as_the_command_says),
	C(one_command_at_a_time_is_forwarded),
	C(a_line_longer_than_we_look_at_is_no_end),
	C(what_nobody_asked_for_passes),
	C(the_second_greeting_is_not_told),
	C(a_refusal_inside_tls_is_told),
	{ 0 },
};

RUN(cases)
