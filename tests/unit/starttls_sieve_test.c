/* SPDX-License-Identifier: ISC */
/*
 * starttls_sieve_test.c - ManageSieve before TLS.
 */
#include "talker.h"

#include "protocols.h"

#define OFFER                                                                  \
	"\"IMPLEMENTATION\" \"tls.test ManageSieve\"\r\n"                      \
	"\"SIEVE\" \"\"\r\n\"SASL\" \"\"\r\n\"STARTTLS\"\r\n"                  \
	"\"VERSION\" \"1.0\"\r\nOK\r\n"
#define APP_OFFER                                                              \
	"\"IMPLEMENTATION\" \"app\"\r\n\"SASL\" \"PLAIN LOGIN\"\r\n"           \
	"\"SIEVE\" {8}\r\nfileinto\r\n\"starttls\"\r\n\"VERSION\" \"1.0\"\r\n" \
	"OK \"ready\"\r\n"
#define APP_OFFER_TOLD                                                         \
	"\"IMPLEMENTATION\" \"app\"\r\n\"SASL\" \"\"\r\n"                      \
	"\"SIEVE\" {8}\r\nfileinto\r\n\"VERSION\" \"1.0\"\r\n"                 \
	"\"STARTTLS\"\r\nOK \"ready\"\r\n"
#define NOT_YET "NO (ENCRYPT-NEEDED) \"Say STARTTLS first\"\r\n"
#define SYNTAX "NO \"Syntax error\"\r\n"
#define NO_PARAMETER "NO \"No parameter here\"\r\n"
#define BYE "BYE \"Syntax error\"\r\n"

static struct talk *
greeted(bool required)
{
	struct talk *t = talk_begin(&protocol_sieve, required);

	if (required) {
		talk_hears(t, OFFER);
		return (t);
	}
	talk_app(t, APP_OFFER);
	talk_hears(t, APP_OFFER_TOLD);
	CHECK(!t->d.awaiting);
	return (t);
}

/* ----------------------------------------------------------- required mode */

TALK(what_may_be_said_before_tls_is_answered)
{
	struct talk *t = greeted(true);

	talk_peer(t, "CAPABILITY\r\n");
	talk_hears(t, OFFER);
	talk_peer(t, "capability all\r\n");
	talk_hears(t, NO_PARAMETER);
	talk_peer(t, "NOOP\r\n");
	talk_hears(t, "OK \"Done\"\r\n");
	talk_peer(t, "noop \"STARTTLS-SYNC-42\"\r\n");
	talk_hears(t, "OK (TAG \"STARTTLS-SYNC-42\") \"Done\"\r\n");
	talk_peer(t, "NOOP \"\"\r\n");
	talk_hears(t, "OK (TAG \"\") \"Done\"\r\n");
	talk_peer(t, "LOGOUT now\r\n");
	talk_hears(t, NO_PARAMETER);
	talk_peer(t, "LOGOUT\r\n");
	talk_hears(t, "OK \"Bye\"\r\n");
	talk_state(t, DIALOG_ENDS);
}

#define NO_TAG "NO \"A short quoted string, or nothing\"\r\n"

TALK(a_tag_comes_back_if_it_is_one)
{
	struct talk *t = greeted(true);

	talk_peer(t, "NOOP tag\r\n");
	talk_hears(t, NO_TAG);
	talk_peer(t, "NOOP \"a\" \"b\"\r\n");
	talk_hears(t, NO_TAG);
	talk_peer(t, "NOOP \"a\\\"b\"\r\n");
	talk_hears(t, NO_TAG);
	talk_peer(t, "NOOP \"\xc3\xa9\"\r\n");
	talk_hears(t, NO_TAG);
	talk_peer(t, "NOOP \"a\tb\"\r\n");
	talk_hears(t, NO_TAG);
	talk_peer(t,
	    "NOOP \"0123456789012345678901234567890123456789"
	    "01234567890123456789012\"\r\n");
	talk_hears(t, NO_TAG);
}

TALK(all_else_has_to_wait_for_tls)
{
	struct talk *t = greeted(true);

	talk_peer(t, "AUTHENTICATE \"PLAIN\" \"AG1lAHdvcmQ=\"\r\n");
	talk_hears(t, NOT_YET);
	CHECK(t->d.warned);
	talk_peer(t, "LISTSCRIPTS\r\nHAVESPACE \"a\" 10\r\nUNAUTHENTICATE\r\n");
	talk_hears(t, NOT_YET NOT_YET NOT_YET);
	talk_state(t, DIALOG_WAITS);
}

TALK(a_refused_literal_is_not_read)
{
	struct talk *t = greeted(true);

	talk_peer(t, "AUTHENTICATE \"PLAIN\" {10+}\r\nSTARTTLS\r\n\r\n");
	talk_hears(t, NOT_YET);
	talk_peer(t, "PUTSCRIPT {1+}\r\na {8+}\r\nLOGOUT\r\n\r\nNOOP\r\n");
	talk_hears(t, NOT_YET "OK \"Done\"\r\n");
	talk_peer(t, "STARTTLS {0+}\r\n\r\n");
	talk_hears(t, NOT_YET);
	talk_state(t, DIALOG_WAITS);
	talk_peer(t, "PUTSCRIPT \"a\" {65537+}\r\n");
	talk_hears(t, "BYE \"Too much without TLS\"\r\n");
	talk_state(t, DIALOG_ENDS);
}

TALK(literals_count_among_what_may_be_said)
{
	struct talk *t = greeted(true);

	talk_peer(t, "PUTSCRIPT \"a\" {65530+}\r\n");
	CHECK(t->d.drop == 65530);
	CHECK(t->d.bytes > DIALOG_BYTES_MAX - 6);
}

/* ------------------------------------------------------------------- both */

static void
begins_tls(bool required)
{
	struct talk *t = greeted(required);

	talk_peer(t, "STARTTLS\r\n");
	talk_upgrades(t);
	talk_hears(t, "OK \"Begin TLS\"\r\n");
	t = greeted(required);
	talk_peer(t, "StartTls \t\r\n");
	talk_upgrades(t);
	t = greeted(required);
	talk_peer(t, "STARTTLS \"please\"\r\n");
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
	talk_peer(t, " AUTHENTICATE \"PLAIN\"\r\n");
	talk_hears(t, SYNTAX);
	talk_peer(t, "AUTHENTICATE\"PLAIN\"\r\n");
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

#define ENDS(required, command)                                                \
	do {                                                                   \
		struct talk *t_ = greeted(required);                           \
		talk_peer(t_, command);                                        \
		talk_hears(t_, BYE);                                           \
		talk_state(t_, DIALOG_ENDS);                                   \
		if (!(required))                                               \
			talk_app_hears(t_, "");                                \
	} while (0)

TALK(what_may_be_a_literal_or_not_is_the_end)
{
	ENDS(true, "PUTSCRIPT \"a\" {3}\r\n");
	ENDS(false, "PUTSCRIPT \"a\" {3}\r\n");
	ENDS(false, "PUTSCRIPT \"a\" {+}\r\n");
	ENDS(false, "PUTSCRIPT \"a\" {}\r\n");
	ENDS(false, "PUTSCRIPT \"a\"{3+}\r\n");
	ENDS(false, "PUTSCRIPT \"a\" {-3+}\r\n");
	ENDS(false, "PUTSCRIPT \"a\" {12345678901+}\r\n");
	ENDS(false, "PUTSCRIPT \"a {3+}\r\n");
	ENDS(false, "PUTSCRIPT \"a\\\" {3+}\r\n");
	ENDS(false, "NOOP \"a\r\n");
	ENDS(false, "PUTSCRIPT \"a\" 3+}\r\n");
}

TALK(what_cannot_go_on_is_told)
{
	struct talk *t = greeted(true);

	talk_refused(t, DIALOG_FAULT_BEHIND);
	talk_hears(t, "BYE \"STARTTLS must come last\"\r\n");
	talk_refused(t, DIALOG_FAULT_FAILED);
	talk_hears(t, "BYE (TRYLATER) \"No TLS now\"\r\n");
	talk_refused(t, DIALOG_FAULT_LIMIT);
	talk_hears(t, "BYE \"Too much without TLS\"\r\n");
	talk_refused(t, DIALOG_FAULT_LATE);
	talk_hears(t, "BYE \"Timeout\"\r\n");
	talk_refused(t, DIALOG_FAULT_LONG);
	talk_hears(t, "BYE \"Line too long\"\r\n");
}

/* ----------------------------------------------------------- optional mode */

TALK(starttls_is_added_whenever_the_application_tells_what_it_offers)
{
	struct talk *t = greeted(false);

	talk_peer(t, "CAPABILITY\r\n");
	talk_app_hears(t, "CAPABILITY\r\n");
	talk_app(t, APP_OFFER);
	talk_hears(t, APP_OFFER_TOLD);
	talk_passes(t, "CAPABILITY\r\n", "NO\r\n");
}

TALK(an_application_that_is_busy_says_so_itself)
{
	struct talk *t = talk_begin(&protocol_sieve, false);

	talk_app(t, "BYE \"Busy\"\r\n");
	talk_hears(t, "BYE \"Busy\"\r\n");
}

TALK(credentials_stay_out_of_the_clear)
{
	struct talk *t = greeted(false);

	talk_peer(t, "AUTHENTICATE \"PLAIN\" \"AG1lAHdvcmQ=\"\r\n");
	talk_hears(t, NOT_YET);
	talk_peer(t, "authenticate \"PLAIN\" {12+}\r\nAG1lAHdvcmQ=\r\n");
	talk_hears(t, NOT_YET);
	talk_peer(t, "AUTHENTICATE {5+}\r\nPLAIN {12+}\r\nAG1lAHdvcmQ=\r\n");
	talk_hears(t, NOT_YET);
	talk_app_hears(t, "");
	CHECK(t->d.warned);
	talk_passes(t, "LOGOUT\r\n", "OK\r\n");
}

/*
 * An application that says NO before it reads the literal would take it for
 * commands.
 */
TALK(a_literal_never_reaches_the_application)
{
	struct talk *t = greeted(false);

	talk_peer(t, "NOOP {22+}\r\nAUTHENTICATE \"PLAIN\"\r\n\r\n");
	talk_hears(t, NOT_YET);
	talk_peer(t, "PUTSCRIPT {8+}\r\nLOGOUT\r\n {0+}\r\n\r\n");
	talk_hears(t, NOT_YET);
	talk_app_hears(t, "");
	talk_passes(t, "RENAMESCRIPT \"{3+}\" \"\\\"{3+}\"\r\n", "OK\r\n");
	talk_peer(t, "PUTSCRIPT {1+}\r\na {2+}\r\nab\r\nSTARTTLS\r\n");
	talk_app_hears(t, "");
	talk_hears(t, NOT_YET);
	talk_state(t, DIALOG_UPGRADES);
}

TALK(half_a_command_cannot_be_taken_back)
{
	struct talk *t = greeted(false);

	talk_peer(t, "PUTSCRIPT \"a\" {2+}\r\nab\n");
	talk_hears(t, BYE);
	talk_state(t, DIALOG_ENDS);
	talk_app_hears(t, "");
}

TALK(answers_end_with_a_word)
{
	struct talk *t = greeted(false);

	talk_passes(t, "LISTSCRIPTS\r\n",
	    "\"OK\"\r\n\"b\" ACTIVE\r\n{4}\r\nOK\r\n ACTIVE\r\nok\r\n");
	talk_passes(t, "GETSCRIPT \"a\"\r\n",
	    "{12}\r\nOK\r\nNO\r\nOK\r\n\r\nOK\r\n");
	talk_passes(t, "GETSCRIPT \"b\"\r\n", "NO {6}\r\nno\r\nOK\r\n");
	talk_passes(t, "GETSCRIPT \"c\"\r\n", "NO {0}\r\n\r\n");
	talk_passes(t, "CHECKSCRIPT \"c\"\r\n", "OK (WARNINGS) \"{4}\"\r\n");
	talk_passes(t, "NOOP \"x\"\r\n", "OK (TAG {1}\r\nx) \"done\"\r\n");
	talk_passes(t, "NOOP\r\n", "OK (TAG {1}\r\nx) {2}\r\nOK\r\n");
}

/*
 * More than is held: it passes as it comes, whatever is in it.
 */
TALK(a_long_script_passes_as_it_comes)
{
	struct talk *t = greeted(false);
	int i;

	talk_peer(t, "GETSCRIPT \"a\"\r\n");
	talk_app_hears(t, "GETSCRIPT \"a\"\r\n");
	talk_app(t, "{10000}\r\n");
	talk_hears(t, "{10000}\r\n");
	for (i = 0; i < 1000; i++) {
		talk_app(t, "OK\r\nOK \r\n\r");
		talk_hears(t, "OK\r\nOK \r\n\r");
	}
	CHECK(t->d.awaiting);
	talk_app(t, "\r\n");
	CHECK(t->d.awaiting);
	talk_app(t, "OK {9000}\r\n");
	for (i = 0; i < 900; i++)
		talk_app(t, "OK\r\nOK \r\n\r");
	CHECK(t->d.awaiting);
	talk_app(t, "\r\n");
	CHECK(!t->d.awaiting);
}

TALK(a_line_without_end_is_the_application_s_end)
{
	struct talk *t = greeted(false);
	int i;

	for (i = 0; i < DIALOG_APP_LINE_MAX / 8; i++)
		talk_app(t, "xxxxxxxx");
	talk_state(t, DIALOG_ENDS);
}

TALK(one_command_at_a_time_is_forwarded)
{
	struct talk *t = greeted(false);

	talk_peer(t, "LISTSCRIPTS\r\nAUTHENTICATE \"PLAIN\"\r\nNOOP\r\n");
	talk_app_hears(t, "LISTSCRIPTS\r\n");
	talk_app(t, "\"a\"\r\n");
	talk_hears(t, "\"a\"\r\n");
	talk_app(t, "OK\r\n");
	talk_hears(t, "OK\r\n" NOT_YET);
	talk_app_hears(t, "NOOP\r\n");
}

TALK(what_nobody_asked_for_passes)
{
	struct talk *t = greeted(false);

	talk_app(t, "BYE \"Idle\"\r\n");
	talk_hears(t, "BYE \"Idle\"\r\n");
}

/* -------------------------------------------------------------- inside TLS */

TALK(capabilities_are_told_again_inside_tls)
{
	struct talk *t = greeted(true);

	talk_inside(t);
	talk_app(t, APP_OFFER);
	talk_hears(t, APP_OFFER);
	talk_peer(t, "AUTHENTICATE \"PLAIN\" {3}\r\n");
	talk_app_hears(t, "AUTHENTICATE \"PLAIN\" {3}\r\n");
}

static const struct check_case cases[] = {
	C(what_may_be_said_before_tls_is_answered),
	C(a_tag_comes_back_if_it_is_one),
	C(all_else_has_to_wait_for_tls),
	C(a_refused_literal_is_not_read),
	C(literals_count_among_what_may_be_said),
	C(starttls_is_answered_by_us),
	C(lines_that_are_none_go_nowhere),
	C(what_may_be_a_literal_or_not_is_the_end),
	C(what_cannot_go_on_is_told),
	C(starttls_is_added_whenever_the_application_tells_what_it_offers),
	C(an_application_that_is_busy_says_so_itself),
	C(credentials_stay_out_of_the_clear),
	C(a_literal_never_reaches_the_application),
	C(half_a_command_cannot_be_taken_back),
	C(answers_end_with_a_word),
	C(a_long_script_passes_as_it_comes),
	C(a_line_without_end_is_the_application_s_end),
	C(one_command_at_a_time_is_forwarded),
	C(what_nobody_asked_for_passes),
	C(capabilities_are_told_again_inside_tls),
	{ 0 },
};

RUN(cases)
