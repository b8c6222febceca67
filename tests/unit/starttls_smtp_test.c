/* SPDX-License-Identifier: ISC */
/*
 * starttls_smtp_test.c - SMTP and LMTP before TLS.
 */
#include "talker.h"

#include "protocols.h"

#define OFFER                                                                  \
	"250-tls.test\r\n250-PIPELINING\r\n250-ENHANCEDSTATUSCODES\r\n"        \
	"250 STARTTLS\r\n"
#define NOT_YET "530 5.7.0 Must issue a STARTTLS command first\r\n"
#define SYNTAX "500 5.5.2 Syntax error\r\n"
#define NO_PARAMETER "501 5.5.4 No parameter is allowed\r\n"

/*
 * Greeted, by us or by the application.
 */
static struct talk *
greeted(const struct protocol *protocol, bool required)
{
	struct talk *t = talk_begin(protocol, required);

	if (!required)
		talk_app(t, "220 app.test ESMTP\r\n");
	CHECK(t->to_peer.len > 0);
	talk_queue_empty(&t->to_peer);
	return (t);
}

/* ----------------------------------------------------------- required mode */

TALK(we_greet_when_there_is_no_application)
{
	struct talk *t = talk_begin(&protocol_smtp, true);

	talk_hears(t, "220 tls.test ESMTP\r\n");
	t = talk_begin(&protocol_lmtp, true);
	talk_hears(t, "220 tls.test LMTP\r\n");
}

TALK(what_may_be_said_before_tls_is_answered)
{
	struct talk *t = greeted(&protocol_smtp, true);

	talk_peer(t, "EHLO client.test\r\n");
	talk_hears(t, OFFER);
	talk_peer(t, "HELO client.test\r\n");
	talk_hears(t, "250 tls.test\r\n");
	talk_peer(t, "NOOP whatever\r\n");
	talk_hears(t, "250 2.0.0 Ok\r\n");
	talk_peer(t, "RSET\r\n");
	talk_hears(t, "250 2.0.0 Ok\r\n");
	talk_peer(t, "HELP me\r\n");
	talk_hears(t, "214 2.0.0 STARTTLS comes first\r\n");
	talk_peer(t, "QUIT\r\n");
	talk_hears(t, "221 2.0.0 tls.test Bye\r\n");
	talk_state(t, DIALOG_ENDS);
}

TALK(all_else_has_to_wait_for_tls)
{
	struct talk *t = greeted(&protocol_smtp, true);

	talk_peer(t, "MAIL FROM:<a@b.test>\r\n");
	talk_hears(t, NOT_YET);
	talk_peer(t, "RCPT TO:<a@b.test>\r\nDATA\r\n");
	talk_hears(t, NOT_YET NOT_YET);
	talk_peer(t, "BDAT 10 LAST\r\n");
	talk_hears(t, NOT_YET);
	talk_peer(t, "VRFY root\r\n");
	talk_hears(t, NOT_YET);
	talk_peer(t, "LHLO client.test\r\n");
	talk_hears(t, NOT_YET);
	talk_peer(t, "STARTTLSX\r\n");
	talk_hears(t, NOT_YET);
	talk_peer(t, "AUTH PLAIN AHRlc3QAMTIzNA==\r\n");
	talk_hears(t, NOT_YET);
	CHECK(t->d.warned);
	talk_state(t, DIALOG_WAITS);
}

TALK(a_command_is_heard_in_any_case_and_with_blanks_behind)
{
	struct talk *t = greeted(&protocol_smtp, true);

	talk_peer(t, "ehlo client.test\r\n");
	talk_hears(t, OFFER);
	talk_peer(t, "StartTLS \t\r\n");
	talk_upgrades(t);
	talk_hears(t, "220 2.0.0 Ready to start TLS\r\n");
}

TALK(a_wrong_number_of_parameters_is_501)
{
	struct talk *t = greeted(&protocol_smtp, true);

	talk_peer(t, "STARTTLS now\r\n");
	talk_hears(t, NO_PARAMETER);
	talk_state(t, DIALOG_WAITS);
	talk_peer(t, "RSET x\r\nQUIT x\r\n");
	talk_hears(t, NO_PARAMETER NO_PARAMETER);
	talk_peer(t, "EHLO\r\nHELO \r\n");
	talk_hears(t,
	    "501 5.5.4 A parameter is missing\r\n"
	    "501 5.5.4 A parameter is missing\r\n");
}

TALK(lmtp_says_lhlo_and_nothing_else)
{
	struct talk *t = greeted(&protocol_lmtp, true);

	talk_peer(t, "LHLO client.test\r\n");
	talk_hears(t, OFFER);
	talk_peer(t, "EHLO client.test\r\n");
	talk_hears(t, "500 5.5.1 This is LMTP: LHLO\r\n");
	talk_peer(t, "HELO client.test\r\n");
	talk_hears(t, "500 5.5.1 This is LMTP: LHLO\r\n");
	talk_peer(t, "MAIL FROM:<>\r\n");
	talk_hears(t, NOT_YET);
	talk_peer(t, "starttls\r\n");
	talk_upgrades(t);
}

TALK(what_is_behind_the_command_stays_where_it_is)
{
	struct talk *t = greeted(&protocol_smtp, true);

	talk_peer(t, "STARTTLS\r\nMAIL FROM:<evil@b.test>\r\n");
	talk_state(t, DIALOG_UPGRADES);
	CHECK(t->from_peer.len == strlen("MAIL FROM:<evil@b.test>\r\n"));
	talk_hears(t, "");
	talk_refused(t, DIALOG_FAULT_BEHIND);
	talk_hears(t, "503 5.5.1 STARTTLS has to come last\r\n");
}

TALK(every_reason_to_end_has_its_code)
{
	struct talk *t = greeted(&protocol_smtp, true);

	talk_refused(t, DIALOG_FAULT_FAILED);
	talk_hears(t, "454 4.7.0 TLS not available now\r\n");
	talk_refused(t, DIALOG_FAULT_LATE);
	talk_hears(t, "421 4.4.2 tls.test Timeout\r\n");
	talk_refused(t, DIALOG_FAULT_LIMIT);
	talk_hears(t, "421 4.7.0 tls.test Too much before TLS\r\n");
}

/* ------------------------------------------------------- what is no command */

static void
odd_lines_are_refused(bool required)
{
	struct talk *t = greeted(&protocol_smtp, required);

	talk_peer(t, "STARTTLS\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "STARTTLS\r\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "NOOP\rSTARTTLS\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "STARTTLS\0\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "NOOP \0\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, " AUTH PLAIN AHRlc3QAMTIzNA==\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "AUTH: PLAIN AHRlc3QAMTIzNA==\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "DATA\x0b\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "\x16\x03\x01\n");
	talk_hears(t, SYNTAX);
	talk_state(t, DIALOG_WAITS);
	talk_app_hears(t, "");
	talk_peer(t, "STARTTLS\r\n");
	talk_upgrades(t);
}

TALK(lines_that_may_be_read_otherwise_are_refused)
{
	odd_lines_are_refused(true);
	odd_lines_are_refused(false);
}

static void
long_lines_end_it(bool required)
{
	struct talk *t = greeted(&protocol_smtp, required);
	char line[DIALOG_LINE_MAX];

	memset(line, 'A', sizeof(line));
	talk_bytes(t, &t->from_peer, line, sizeof(line) - 1);
	talk_state(t, DIALOG_WAITS);
	talk_bytes(t, &t->from_peer, line, 1);
	talk_hears(t, "500 5.5.2 Line too long\r\n");
	talk_app_hears(t, "");
	talk_state(t, DIALOG_ENDS);
}

TALK(a_line_too_long_ends_it)
{
	long_lines_end_it(true);
	long_lines_end_it(false);
}

TALK(a_hundred_commands_are_enough)
{
	struct talk *t = greeted(&protocol_smtp, true);
	int i;

	for (i = 0; i < DIALOG_UNITS_MAX; i++)
		talk_peer(t, "NOOP\r\n");
	talk_state(t, DIALOG_WAITS);
	talk_queue_empty(&t->to_peer);
	talk_peer(t, "NOOP\r\n");
	talk_hears(t, "421 4.7.0 tls.test Too much before TLS\r\n");
	talk_state(t, DIALOG_ENDS);
}

/* ----------------------------------------------------------- optional mode */

TALK(the_application_greets_and_nothing_overtakes_it)
{
	struct talk *t = talk_begin(&protocol_smtp, false);

	talk_peer(t, "EHLO client.test\r\n");
	talk_app_hears(t, "");
	talk_app(t, "220-app.test\r\n220 ESMTP\r\n");
	talk_hears(t, "220-app.test\r\n220 ESMTP\r\n");
	talk_app_hears(t, "EHLO client.test\r\n");
}

TALK(starttls_is_added_to_what_is_offered)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_peer(t, "EHLO client.test\r\n");
	talk_app_hears(t, "EHLO client.test\r\n");
	talk_app(t, "250-app.test\r\n250-SIZE 100\r\n250 8BITMIME\r\n");
	talk_hears(t,
	    "250-app.test\r\n250-SIZE 100\r\n250-8BITMIME\r\n"
	    "250 STARTTLS\r\n");
	t = greeted(&protocol_lmtp, false);
	talk_peer(t, "LHLO client.test\r\n");
	talk_app(t, "250-app.test\r\n250 PIPELINING\r\n");
	talk_hears(t, "250-app.test\r\n250-PIPELINING\r\n250 STARTTLS\r\n");
}

TALK(an_offer_of_one_line_becomes_one_of_two)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_peer(t, "EHLO client.test\r\n");
	talk_app(t, "250 app.test\r\n");
	talk_hears(t, "250-app.test\r\n250 STARTTLS\r\n");
	talk_peer(t, "EHLO client.test\r\n");
	talk_app(t, "250\r\n");
	talk_hears(t, "250-\r\n250 STARTTLS\r\n");
}

TALK(an_offer_of_starttls_or_auth_by_the_application_is_not_told)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_peer(t, "EHLO client.test\r\n");
	talk_app(t,
	    "250-auth.test\r\n250-AUTH PLAIN LOGIN\r\n"
	    "250-STARTTLS\r\n250-auth=LOGIN\r\n250-AUTHX\r\n"
	    "250 starttls\r\n");
	talk_hears(t, "250-auth.test\r\n250-AUTHX\r\n250 STARTTLS\r\n");
	talk_peer(t, "EHLO client.test\r\n");
	talk_app(t, "250-STARTTLS\r\n250 AUTH PLAIN\r\n");
	talk_hears(t, "250-STARTTLS\r\n250 STARTTLS\r\n");
}

TALK(helo_offers_nothing_and_a_refused_ehlo_neither)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_passes(t, "HELO client.test\r\n", "250 app.test\r\n");
	talk_passes(t, "EHLO client.test\r\n", "502 5.5.1 What?\r\n");
	talk_passes(t, "EHLO client.test\r\n", "421 Closing\r\n");
}

TALK(credentials_are_refused_in_clear_text)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_peer(t, "AUTH PLAIN AHRlc3QAMTIzNA==\r\n");
	talk_hears(t, "538 5.7.11 STARTTLS comes before AUTH\r\n");
	talk_peer(t, "auth login\r\n");
	talk_hears(t, "538 5.7.11 STARTTLS comes before AUTH\r\n");
	talk_app_hears(t, "");
	CHECK(t->d.warned);
}

TALK(one_command_at_a_time_and_answers_in_their_order)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_peer(t, "MAIL FROM:<a@b.test>\r\nAUTH PLAIN\r\nRSET\r\n");
	talk_app_hears(t, "MAIL FROM:<a@b.test>\r\n");
	talk_hears(t, "");
	talk_app(t, "250-2.1.0\r\n250 Ok\r\n");
	talk_hears(t,
	    "250-2.1.0\r\n250 Ok\r\n"
	    "538 5.7.11 STARTTLS comes before AUTH\r\n");
	talk_app_hears(t, "RSET\r\n");
}

TALK(starttls_is_ours_to_answer)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_peer(t, "STARTTLS x\r\n");
	talk_hears(t, NO_PARAMETER);
	talk_peer(t, "starttls\r\n");
	talk_app_hears(t, "");
	talk_upgrades(t);
	talk_hears(t, "220 2.0.0 Ready to start TLS\r\n");
}

/* ---------------------------------------------------------------- messages */

TALK(a_message_passes_as_it_is_and_is_not_listened_to)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_passes(t, "DATA\r\n", "354 Go on\r\n");
	talk_peer(t,
	    "STARTTLS\r\nAUTH PLAIN\r\n\n.\nLF.LF\n.\r\nLF.CRLF\r\n.\n"
	    "\r.\r\r\n.\rNUL\0\0\xff\r\n..\r\n. \r\n.\r\n");
	talk_app_hears(t,
	    "STARTTLS\r\nAUTH PLAIN\r\n\n.\nLF.LF\n.\r\nLF.CRLF\r\n.\n"
	    "\r.\r\r\n.\rNUL\0\0\xff\r\n..\r\n. \r\n.\r\n");
	talk_hears(t, "");
	talk_app(t, "250 Ok\r\n");
	talk_hears(t, "250 Ok\r\n");
	talk_peer(t, "STARTTLS\r\n");
	talk_upgrades(t);
}

TALK(what_follows_a_message_waits_for_its_answer)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_passes(t, "data\r\n", "354 Go on\r\n");
	talk_peer(t, "\r\n.\r\nAUTH PLAIN\r\nQUIT\r\n");
	talk_app_hears(t, "\r\n.\r\n");
	talk_app(t, "550 No\r\n");
	talk_hears(t, "550 No\r\n538 5.7.11 STARTTLS comes before AUTH\r\n");
	talk_app_hears(t, "QUIT\r\n");
}

TALK(a_dot_at_once_ends_a_message)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_passes(t, "DATA\r\n", "354 Go on\r\n");
	talk_passes(t, ".\r\n", "250 Ok\r\n");
	talk_peer(t, "STARTTLS\r\n");
	talk_upgrades(t);
}

TALK(without_354_there_is_no_message)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_passes(t, "DATA\r\n", "503 No recipient\r\n");
	talk_peer(t, "STARTTLS\r\n");
	talk_upgrades(t);
}

TALK(lmtp_answers_for_every_recipient)
{
	struct talk *t = greeted(&protocol_lmtp, false);

	talk_passes(t, "MAIL FROM:<>\r\n", "250 Ok\r\n");
	talk_passes(t, "RCPT TO:<a>\r\n", "250 Ok\r\n");
	talk_passes(t, "RCPT TO:<b>\r\n", "550 No\r\n");
	talk_passes(t, "RCPT TO:<c>\r\n", "251 Ok\r\n");
	talk_passes(t, "DATA\r\n", "354 Go on\r\n");
	talk_peer(t, "x\r\n.\r\nAUTH PLAIN\r\n");
	talk_app_hears(t, "x\r\n.\r\n");
	talk_app(t, "250-2.0.0\r\n250 a\r\n");
	talk_hears(t, "250-2.0.0\r\n250 a\r\n");
	talk_app(t, "452 c\r\n");
	talk_hears(t, "452 c\r\n538 5.7.11 STARTTLS comes before AUTH\r\n");
	/* and they are no recipients of the next one */
	talk_passes(t, "RCPT TO:<a>\r\n", "250 Ok\r\n");
	talk_passes(t, "RSET\r\n", "250 Ok\r\n");
	talk_passes(t, "RCPT TO:<b>\r\n", "250 Ok\r\n");
	talk_passes(t, "DATA\r\n", "354 Go on\r\n");
	talk_passes(t, ".\r\n", "250 b\r\n");
	talk_peer(t, "STARTTLS\r\n");
	talk_upgrades(t);
}

static struct talk *
chunking(const struct protocol *protocol)
{
	struct talk *t = greeted(protocol, false);

	talk_peer(t, "LHLO client.test\r\n");
	talk_app_hears(t, "LHLO client.test\r\n");
	talk_app(t, "250-app.test\r\n250 chunking\r\n");
	talk_hears(t, "250-app.test\r\n250-chunking\r\n250 STARTTLS\r\n");
	return (t);
}

TALK(chunks_pass_by_their_size)
{
	struct talk *t = chunking(&protocol_smtp);

	talk_peer(t, "BDAT 23\r\nSTARTTLS\r\n\r\n.\r\nQUIT\0\r\n\nRSET\r\n");
	talk_app_hears(t, "BDAT 23\r\nSTARTTLS\r\n\r\n.\r\nQUIT\0\r\n\n");
	talk_hears(t, "");
	talk_app(t, "250 Ok\r\n");
	talk_hears(t, "250 Ok\r\n");
	talk_app_hears(t, "RSET\r\n");
	talk_app(t, "250 Ok\r\n");
	talk_hears(t, "250 Ok\r\n");
	talk_passes(t, "bdat 10  last\r\nSTARTTLS\r\n", "250 Ok\r\n");
	talk_passes(t, "BDAT 0 LAST\r\n", "503 No\r\n");
	/* an answer that does not wait for the chunk */
	talk_peer(t, "BDAT 10\r\n");
	talk_app(t, "503 No\r\n");
	talk_hears(t, "503 No\r\n");
	talk_peer(t, "STARTTLS\r\nSTARTTLS\r\n");
	talk_app_hears(t, "BDAT 10\r\nSTARTTLS\r\n");
	talk_upgrades(t);
}

TALK(what_was_offered_counts_until_the_next_hello)
{
	struct talk *t = chunking(&protocol_smtp);

	talk_passes(t, "HELO x\r\n", "250 Ok\r\n");
	talk_peer(t, "BDAT 12\r\nAUTH PLAIN\r\n");
	talk_hears(t, "503 5.5.1 BDAT was not offered\r\n");
	talk_app_hears(t, "");
	talk_state(t, DIALOG_ENDS);
}

TALK(lmtp_answers_the_last_chunk_for_every_recipient)
{
	struct talk *t = chunking(&protocol_lmtp);

	talk_passes(t, "MAIL FROM:<>\r\n", "250 Ok\r\n");
	talk_passes(t, "RCPT TO:<a>\r\n", "250 Ok\r\n");
	talk_passes(t, "RCPT TO:<b>\r\n", "250 Ok\r\n");
	talk_passes(t, "BDAT 2\r\nab", "250 Ok\r\n");
	talk_passes(t, "BDAT 2 LAST\r\ncd", "250 a\r\n250 b\r\n");
	talk_passes(t, "RCPT TO:<a>\r\n", "250 Ok\r\n");
	talk_passes(t, "RCPT TO:<b>\r\n", "250 Ok\r\n");
	talk_passes(t, "BDAT 2\r\nab", "452 No\r\n");
	talk_passes(t, "BDAT 2 LAST\r\ncd", "503 No\r\n");
	talk_peer(t, "STARTTLS\r\n");
	talk_upgrades(t);
}

TALK(chunks_of_an_unknown_size_end_it)
{
	static const char *const wrong[] = { "BDAT\r\n", "BDAT x\r\n",
		"BDAT -1\r\n", "BDAT 10LAST\r\n", "BDAT 10 LASTS\r\n",
		"BDAT 10 FIRST\r\n", "BDAT 10 LAST 1\r\n", "BDAT 10 11\r\n",
		"BDAT 1000000000000000000\r\n" };
	struct talk *t = greeted(&protocol_smtp, false);
	size_t i;

	talk_peer(t, "BDAT 10\r\n");
	talk_hears(t, "503 5.5.1 BDAT was not offered\r\n");
	talk_state(t, DIALOG_ENDS);
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		t = chunking(&protocol_smtp);
		talk_bytes(t, &t->from_peer, wrong[i], strlen(wrong[i]));
		talk_hears(t, "501 5.5.4 BDAT takes a size, and LAST\r\n");
		talk_app_hears(t, "");
		talk_state(t, DIALOG_ENDS);
	}
}

TALK(what_is_no_answer_passes)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_passes(t, "NOOP\r\n", "not an answer\r\n25\r\n250x\r\n250 Ok\r\n");
}

/*
 * LF.LF ends the message, for this application.
 */
TALK(an_answer_that_nobody_awaits_is_the_last)
{
	struct talk *t = greeted(&protocol_smtp, false);

	talk_app(t, "421-Time\r\n421 out\r\n");
	talk_hears(t, "421-Time\r\n421 out\r\n");
	talk_state(t, DIALOG_ENDS);
	t = greeted(&protocol_smtp, false);
	talk_passes(t, "DATA\r\n", "354 Go on\r\n");
	talk_peer(t, "x\n.\nAUTH PLAIN x\n");
	talk_app(t, "250 Ok\r\n");
	talk_hears(t, "250 Ok\r\n");
	talk_state(t, DIALOG_ENDS);
	t = greeted(&protocol_smtp, false);
	talk_passes(t, "DATA\r\n", "354 Go on\r\n");
	talk_peer(t, "x\n.\nAUTH PLAIN x\n\r\n.\r\n");
	talk_app(t, "250 Ok\r\n");
	talk_hears(t, "250 Ok\r\n");
	talk_app(t, "235 Yes\r\n");
	talk_hears(t, "235 Yes\r\n");
	talk_state(t, DIALOG_ENDS);
}

/* -------------------------------------------------------------- inside TLS */

TALK(a_second_greeting_is_not_told)
{
	struct talk *t = greeted(&protocol_smtp, true);

	talk_inside(t);
	talk_peer(t, "EHLO client.test\r\n");
	talk_app_hears(t, "");
	talk_app(t, "220-app.test\r\n220-220 x\r\n220 ESMTP\r\n250 more\r\n");
	talk_hears(t, "250 more\r\n");
	talk_app_hears(t, "EHLO client.test\r\n");
	CHECK(dialog_is_over(&t->d));
	/* whatever is said now passes, STARTTLS as well */
	talk_peer(t, "STARTTLS\r\n\n.\n\0AUTH PLAIN\r\n");
	talk_app_hears(t, "STARTTLS\r\n\n.\n\0AUTH PLAIN\r\n");
	talk_app(t, "250-AUTH PLAIN\r\n\0");
	talk_hears(t, "250-AUTH PLAIN\r\n\0");
}

TALK(a_refusing_greeting_is_told)
{
	struct talk *t = greeted(&protocol_smtp, true);

	talk_inside(t);
	talk_app(t, "554 No service\r\n");
	talk_hears(t, "554 No service\r\n");
	talk_inside(t);
	talk_app(t, "220-app.test\r\n421 Too busy\r\n");
	talk_hears(t, "220-app.test\r\n421 Too busy\r\n");
	talk_inside(t);
	talk_app(t, "2200 x\r\n");
	talk_hears(t, "2200 x\r\n");
}

static const struct check_case cases[] = {
	C(we_greet_when_there_is_no_application),
	C(what_may_be_said_before_tls_is_answered),
	C(all_else_has_to_wait_for_tls),
	C(a_command_is_heard_in_any_case_and_with_blanks_behind),
	C(a_wrong_number_of_parameters_is_501),
	C(lmtp_says_lhlo_and_nothing_else),
	C(what_is_behind_the_command_stays_where_it_is),
	C(every_reason_to_end_has_its_code),
	C(lines_that_may_be_read_otherwise_are_refused),
	C(a_line_too_long_ends_it), C(a_hundred_commands_are_enough),
	C(the_application_greets_and_nothing_overtakes_it),
	C(starttls_is_added_to_what_is_offered),
	C(an_offer_of_one_line_becomes_one_of_two),
	C(an_offer_of_starttls_or_auth_by_the_application_is_not_told),
	C(helo_offers_nothing_and_a_refused_ehlo_neither),
	C(credentials_are_refused_in_clear_text),
	C(one_command_at_a_time_and_answers_in_their_order),
	C(starttls_is_ours_to_answer),
	C(a_message_passes_as_it_is_and_is_not_listened_to),
	C(what_follows_a_message_waits_for_its_answer),
	C(a_dot_at_once_ends_a_message), C(without_354_there_is_no_message),
	C(lmtp_answers_for_every_recipient), C(chunks_pass_by_their_size),
	C(what_was_offered_counts_until_the_next_hello),
	C(lmtp_answers_the_last_chunk_for_every_recipient),
	C(chunks_of_an_unknown_size_end_it), C(what_is_no_answer_passes),
	C(an_answer_that_nobody_awaits_is_the_last),
	C(a_second_greeting_is_not_told), C(a_refusing_greeting_is_told), { 0 }
};

RUN(cases)
