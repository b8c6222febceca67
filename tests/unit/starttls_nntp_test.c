/* SPDX-License-Identifier: ISC */
/*
 * starttls_nntp_test.c - NNTP before TLS.
 */
#include "talker.h"

#include "protocols.h"

#define NOT_YET "483 Say STARTTLS first\r\n"
#define SYNTAX "501 Syntax error\r\n"
#define NO_PARAMETER "501 No parameter here\r\n"
#define ARTICLE                                                                \
	"Subject: STARTTLS\r\n\r\nSTARTTLS\r\nAUTHINFO USER me\r\n..\r\n"      \
	"a\n.\nb\n.\r\nc\r\n.\nd\r\0\xff\r\n. \r\n.\r\n"

static struct talk *
greeted(bool required)
{
	struct talk *t = talk_begin(&protocol_nntp, required);

	if (!required) {
		talk_app(t, "201 app.test\r\n");
		talk_hears(t, "201 app.test\r\n");
	} else {
		talk_hears(t, "200 tls.test NNTP\r\n");
	}
	return (t);
}

/* ----------------------------------------------------------- required mode */

TALK(what_may_be_said_before_tls_is_answered)
{
	struct talk *t = greeted(true);

	talk_peer(t, "CAPABILITIES\r\n");
	talk_hears(t,
	    "101 Capabilities follow\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n");
	talk_peer(t, "capabilities AUTOUPDATE\r\n");
	talk_hears(t,
	    "101 Capabilities follow\r\nVERSION 2\r\nSTARTTLS\r\n.\r\n");
	talk_peer(t, "HELP\r\n");
	talk_hears(t,
	    "100 Help follows\r\nSay STARTTLS, then all else.\r\n.\r\n");
	talk_peer(t, "QUIT now\r\n");
	talk_hears(t, NO_PARAMETER);
	talk_peer(t, "QUIT\r\n");
	talk_hears(t, "205 Bye\r\n");
	talk_state(t, DIALOG_ENDS);
}

TALK(all_else_has_to_wait_for_tls)
{
	struct talk *t = greeted(true);

	talk_peer(t, "AUTHINFO USER me\r\nAUTHINFO PASS word\r\n");
	talk_hears(t, NOT_YET NOT_YET);
	CHECK(t->d.warned);
	talk_peer(t, "MODE READER\r\nPOST\r\nGROUP a.b\r\nDATE\r\n");
	talk_hears(t, NOT_YET NOT_YET NOT_YET NOT_YET);
	talk_state(t, DIALOG_WAITS);
}

/* ------------------------------------------------------------------- both */

static void
begins_tls(bool required)
{
	struct talk *t = greeted(required);

	talk_peer(t, "STARTTLS\r\n");
	talk_upgrades(t);
	talk_hears(t, "382 Begin TLS\r\n");
	t = greeted(required);
	talk_peer(t, "StartTls \t\r\n");
	talk_upgrades(t);
	t = greeted(required);
	talk_peer(t, "STARTTLS please\r\n");
	talk_hears(t, NO_PARAMETER);
	talk_state(t, DIALOG_WAITS);
}

TALK(starttls_is_answered_by_us)
{
	begins_tls(true);
	begins_tls(false);
}

static void
refuses_odd_lines(bool required)
{
	struct talk *t = greeted(required);

	talk_peer(t, "STARTTLS\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "START\rTLS\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "STARTTLS\0\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, " AUTHINFO USER me\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "AUTHINFO\fUSER me\r\n");
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
	talk_hears(t, "400 STARTTLS must come last\r\n");
	talk_refused(t, DIALOG_FAULT_FAILED);
	talk_hears(t, "580 TLS not available now\r\n");
	talk_refused(t, DIALOG_FAULT_LIMIT);
	talk_hears(t, "400 Too much without TLS\r\n");
	talk_refused(t, DIALOG_FAULT_LATE);
	talk_hears(t, "400 Timeout\r\n");
	talk_refused(t, DIALOG_FAULT_LONG);
	talk_hears(t, "400 Line too long\r\n");
}

/* ----------------------------------------------------------- optional mode */

TALK(starttls_is_added_to_what_the_application_offers)
{
	struct talk *t = greeted(false);

	talk_peer(t, "CAPABILITIES\r\n");
	talk_app_hears(t, "CAPABILITIES\r\n");
	talk_app(t,
	    "101 Mine\r\nVERSION 2\r\nREADER\r\nAUTHINFO USER SASL\r\n"
	    "SASL PLAIN\r\nCOMPRESS DEFLATE\r\nSTARTTLS\r\n"
	    "XFEATURE-COMPRESS GZIP\r\nPOST\r\n.\r\n");
	talk_hears(t,
	    "101 Mine\r\nVERSION 2\r\nREADER\r\nPOST\r\nSTARTTLS\r\n.\r\n");
	talk_passes(t, "CAPABILITIES\r\n", "500 What?\r\n");
}

TALK(credentials_and_compression_stay_out_of_the_clear)
{
	struct talk *t = greeted(false);

	talk_peer(t, "AUTHINFO USER me\r\nauthinfo pass word\r\n");
	talk_hears(t, NOT_YET NOT_YET);
	CHECK(t->d.warned);
	talk_peer(t, "COMPRESS DEFLATE\r\nXFEATURE COMPRESS GZIP\r\n");
	talk_hears(t, NOT_YET NOT_YET);
	talk_app_hears(t, "");
	talk_passes(t, "QUIT\r\n", "205 bye\r\n");
}

TALK(answers_have_as_many_lines_as_their_code_says)
{
	struct talk *t = greeted(false);

	talk_passes(t, "MODE READER\r\n", "200 yes\r\n");
	talk_passes(t, "HELP\r\n", "100 help\r\n200 no\r\n.\r\n");
	talk_passes(t, "LIST\r\n", "215 groups\r\na.b 1 1 y\r\n.\r\n");
	talk_passes(t, "GROUP a.b\r\n", "211 1 1 1 a.b\r\n");
	talk_passes(t, "LISTGROUP a.b\r\n", "211 1 1 1 a.b\r\n1\r\n.\r\n");
	talk_passes(t, "LISTGROUP x\r\n", "411 none\r\n");
	talk_passes(t, "ARTICLE 1\r\n",
	    "220 1 <a@b>\r\nA: b\r\n\r\n..\r\n.\r\n");
	talk_passes(t, "HEAD 1\r\n", "221 1 <a@b>\r\nA: b\r\n.\r\n");
	talk_passes(t, "BODY 1\r\n", "222 1 <a@b>\r\n340 body\r\n.\r\n");
	talk_passes(t, "STAT 1\r\n", "223 1 <a@b>\r\n");
	talk_passes(t, "OVER 1\r\n", "224 over\r\n1\ta\r\n.\r\n");
	talk_passes(t, "HDR A 1\r\n", "225 headers\r\n1 b\r\n.\r\n");
	talk_passes(t, "NEWNEWS * 20260101 0\r\n", "230 new\r\n.\r\n");
	talk_passes(t, "NEWGROUPS 20260101 0\r\n", "231 new\r\n.\r\n");
	talk_passes(t, "DATE\r\n", "111 20260101000000\r\n");
	talk_passes(t, "NEXT\r\n", "480 who are you?\r\n");
}

TALK(an_article_is_not_read)
{
	struct talk *t = greeted(false);

	talk_passes(t, "POST\r\n", "340 go on\r\n");
	talk_peer(t, ARTICLE);
	talk_app_hears(t, ARTICLE);
	CHECK(t->d.awaiting);
	talk_app(t, "240 posted\r\n");
	talk_hears(t, "240 posted\r\n");
	talk_passes(t, "POST\r\n", "440 no posting\r\n");
	talk_peer(t, "STARTTLS\r\n");
	talk_upgrades(t);
}

TALK(an_article_of_another_server_is_not_read)
{
	struct talk *t = greeted(false);

	talk_passes(t, "IHAVE <a@b>\r\n", "335 send it\r\n");
	talk_peer(t, ARTICLE);
	talk_app_hears(t, ARTICLE);
	talk_app(t, "235 got it\r\n");
	talk_hears(t, "235 got it\r\n");
	talk_passes(t, "IHAVE <a@b>\r\n", "435 no\r\n");
	talk_passes(t, "CHECK <a@b>\r\n", "238 <a@b>\r\n");
}

TALK(an_article_in_a_stream_is_not_read)
{
	struct talk *t = greeted(false);

	talk_passes(t, "MODE STREAM\r\n", "203 yes\r\n");
	talk_peer(t,
	    "TAKETHIS <a@b>\r\n" ARTICLE "TAKETHIS <b@b>\r\n.\r\n"
	    "STARTTLS\r\n");
	talk_app_hears(t, "TAKETHIS <a@b>\r\n" ARTICLE);
	talk_app(t, "239 <a@b>\r\n");
	talk_hears(t, "239 <a@b>\r\n");
	talk_app_hears(t, "TAKETHIS <b@b>\r\n.\r\n");
	talk_state(t, DIALOG_WAITS);
	talk_app(t, "439 <b@b>\r\n");
	talk_hears(t, "439 <b@b>\r\n");
	talk_state(t, DIALOG_UPGRADES);
}

TALK(an_article_that_would_be_commands_is_the_end)
{
	struct talk *t = greeted(false);

	talk_passes(t, "MODE STREAM\r\n", "501 no\r\n");
	talk_peer(t, "TAKETHIS <a@b>\r\nAUTHINFO USER me\r\n.\r\n");
	talk_hears(t, "400 TAKETHIS was not offered\r\n");
	talk_app_hears(t, "");
	talk_state(t, DIALOG_ENDS);
	t = greeted(false);
	talk_passes(t, "CAPABILITIES\r\n",
	    "101 Mine\r\nSTREAMING\r\nSTARTTLS\r\n.\r\n");
	CHECK(t->d.flag);
	t = greeted(false);
	talk_passes(t, "POST\r\n", "340 go on\r\n");
	talk_peer(t, "a\n.\nAUTHINFO USER me\r\n");
	talk_app(t, "240 posted\r\n");
	talk_hears(t, "240 posted\r\n");
	talk_state(t, DIALOG_ENDS);
}

TALK(one_command_at_a_time_is_forwarded)
{
	struct talk *t = greeted(false);

	talk_peer(t, "LIST\r\nAUTHINFO USER me\r\nDATE\r\n");
	talk_app_hears(t, "LIST\r\n");
	talk_app(t, "215 groups\r\n");
	talk_hears(t, "215 groups\r\n");
	talk_app(t, ".\r\n");
	talk_hears(t, ".\r\n" NOT_YET);
	talk_app_hears(t, "DATE\r\n");
}

TALK(what_nobody_asked_for_passes)
{
	struct talk *t = greeted(false);

	talk_app(t, "400 Idle\r\n");
	talk_hears(t, "400 Idle\r\n");
}

/* -------------------------------------------------------------- inside TLS */

TALK(the_second_greeting_is_not_told)
{
	struct talk *t = greeted(true);

	talk_inside(t);
	talk_peer(t, "DATE\r\n");
	talk_app_hears(t, "");
	talk_app(t, "200 app.test\r\n");
	talk_app_hears(t, "DATE\r\n");
	talk_inside(t);
	talk_app(t, "201 app.test\r\n");
	talk_hears(t, "");
}

TALK(a_refusal_inside_tls_is_told)
{
	struct talk *t = greeted(true);

	talk_inside(t);
	talk_app(t, "502 Go away\r\n");
	talk_hears(t, "502 Go away\r\n");
	talk_inside(t);
	talk_app(t, "400 Later\r\n");
	talk_hears(t, "400 Later\r\n");
}

static const struct check_case cases[] = {
	C(what_may_be_said_before_tls_is_answered),
	C(all_else_has_to_wait_for_tls),
	C(starttls_is_answered_by_us),
	C(lines_that_are_none_go_nowhere),
	C(what_cannot_go_on_is_told),
	C(starttls_is_added_to_what_the_application_offers),
	C(credentials_and_compression_stay_out_of_the_clear),
	C(answers_have_as_many_lines_as_their_code_says),
	C(an_article_is_not_read),
	C(an_article_of_another_server_is_not_read),
	C(an_article_in_a_stream_is_not_read),
	C(an_article_that_would_be_commands_is_the_end),
	C(one_command_at_a_time_is_forwarded),
	C(what_nobody_asked_for_passes),
	C(the_second_greeting_is_not_told),
	C(a_refusal_inside_tls_is_told),
	{ 0 },
};

RUN(cases)
