/* SPDX-License-Identifier: ISC */
/*
 * starttls_imap_test.c - IMAP before TLS, in both modes.
 */
#include "protocols.h"
#include "talker.h"

#define GREETING                                                               \
	"* OK [CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED] tls.test ready\r\n"
#define BAD " BAD Not a command, or not with these arguments\r\n"
#define NO " NO [PRIVACYREQUIRED] STARTTLS first\r\n"
#define NO_LOGIN " NO [PRIVACYREQUIRED] Not without TLS: STARTTLS first\r\n"
#define NAME_64                                                                \
	"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

static struct talk *
required(void)
{
	struct talk *t = talk_begin(&protocol_imap, true);

	talk_hears(t, GREETING);
	return (t);
}

/*
 * The application has greeted.
 */
static struct talk *
optional(void)
{
	struct talk *t = talk_begin(&protocol_imap, false);

	talk_app(t, "* OK ready\r\n");
	talk_hears(t, "* OK ready\r\n");
	return (t);
}

/* ---------------------------------------------------------------- required */

TALK(STARTTLS_is_answered_with_the_tag_of_the_client)
{
	struct talk *t = required();

	talk_peer(t, "a.1] StartTLS \r\n");
	talk_upgrades(t);
	talk_hears(t, "a.1] OK Begin TLS negotiation now\r\n");
}

TALK(harmless_commands_are_answered_before_TLS)
{
	struct talk *t = required();

	talk_peer(t, "1 CAPABILITY\r\n");
	talk_hears(t,
	    "* CAPABILITY IMAP4rev1 STARTTLS LOGINDISABLED\r\n"
	    "1 OK Done\r\n");
	talk_peer(t, "2 noop\r\n");
	talk_hears(t, "2 OK Done\r\n");
	talk_peer(t, "3 LOGOUT\r\n");
	talk_hears(t, "* BYE tls.test closes the connection\r\n3 OK Done\r\n");
	talk_state(t, DIALOG_ENDS);
}

TALK(everything_else_is_refused_before_TLS)
{
	struct talk *t = required();

	talk_peer(t, "1 LOGIN joe secret\r\n2 authenticate PLAIN AGEAYQ==\r\n");
	talk_hears(t, "1" NO_LOGIN "2" NO_LOGIN);
	talk_peer(t, "3 SELECT INBOX\r\n4 nonsense\r\n5 IDLE\r\n");
	talk_hears(t, "3" NO "4" NO "5" NO);
	talk_state(t, DIALOG_WAITS);
}

TALK(what_has_arguments_and_takes_none_is_BAD)
{
	struct talk *t = required();

	talk_peer(t, "1 STARTTLS now\r\n2 CAPABILITY x\r\n3 LOGOUT x\r\n");
	talk_hears(t, "1" BAD "2" BAD "3" BAD);
	talk_peer(t, "4 STARTTLS {3+}\r\nabc\r\n5 NOOP\r\n");
	talk_hears(t, "4" BAD "5 OK Done\r\n");
}

TALK(what_is_no_tag_is_never_repeated)
{
	struct talk *t = required();

	talk_peer(t, "STARTTLS\r\n");
	talk_hears(t, "STARTTLS" BAD);
	talk_peer(t, "\r\n STARTTLS\r\n a STARTTLS\r\n");
	talk_hears(t, "*" BAD "*" BAD "*" BAD);
	talk_peer(t, "* STARTTLS\r\n+ STARTTLS\r\na{1} STARTTLS\r\n");
	talk_hears(t, "*" BAD "*" BAD "*" BAD);
	talk_peer(t, "\"a\" STARTTLS\r\n\xe4 STARTTLS\r\na\x7f STARTTLS\r\n");
	talk_hears(t, "*" BAD "*" BAD "*" BAD);
	talk_peer(t, NAME_64 "a STARTTLS\r\n" NAME_64 " NOOP\r\n");
	talk_hears(t, "*" BAD NAME_64 " OK Done\r\n");
}

TALK(a_line_that_is_not_clean_is_no_command)
{
	struct talk *t = required();

	talk_peer(t, "1 STARTTLS\n2 STARTTLS\0\r\n3 STARTTLS\r\r\n");
	talk_hears(t, "1" BAD "2" BAD "3" BAD);
	talk_peer(t, "4\tSTARTTLS\r\n5 STARTTLS\t\r\n6 \"STARTTLS\"\r\n");
	talk_hears(t, "*" BAD "5" BAD "6" BAD);
	talk_state(t, DIALOG_WAITS);
}

TALK(a_literal_that_waits_is_not_invited)
{
	struct talk *t = required();

	talk_peer(t, "1 LOGIN {3}\r\n");
	talk_hears(t, "1" NO_LOGIN);
	talk_peer(t, "2 ID ({4294967296}\r\n3 NOOP\r\n");
	talk_hears(t, "2" NO "3 OK Done\r\n");
}

TALK(a_literal_that_does_not_wait_is_dropped)
{
	struct talk *t = required();

	talk_peer(t,
	    "1 LOGIN {14+}\r\n2 STARTTLS\r\n3 ~{3+}\r\n\r\n\n more\r\n"
	    "4 NOOP\r\n");
	talk_hears(t, "1" NO_LOGIN "4 OK Done\r\n");
	talk_peer(t, "5 LOGIN {0+}\r\n {1+}\r\nx\r\n6 LOGIN {1+}\r\nx {5}\r\n");
	talk_hears(t, "5" NO_LOGIN "6" NO_LOGIN);
	talk_peer(t, "( LOGIN {12+}\r\n7 STARTTLS\r\n\r\n8 NOOP\r\n");
	talk_hears(t, "*" BAD "8 OK Done\r\n");
}

TALK(a_literal_that_is_too_long_is_the_end)
{
	struct talk *t = required();

	talk_peer(t, "1 LOGIN {16385+}\r\n2 NOOP\r\n");
	talk_hears(t, "* BYE The literal is too long\r\n");
	talk_state(t, DIALOG_ENDS);
	t = required();
	talk_peer(t, "1 LOGIN {99999999999999999999+}\r\n");
	talk_hears(t, "* BYE The literal is too long\r\n");
	talk_state(t, DIALOG_ENDS);
}

TALK(what_only_looks_like_a_literal_is_none)
{
	struct talk *t = required();

	talk_peer(t, "1 x {+}\r\n2 x {3-}\r\n3 x 3+}\r\n4 x {3+} \r\n5 }\r\n");
	talk_hears(t, "1" NO "2" NO "3" NO "4" NO "5" NO);
}

TALK(every_fault_has_its_answer)
{
	struct talk *t = required();

	talk_refused(t, DIALOG_FAULT_LATE);
	talk_hears(t, "* BYE The time is over\r\n");
	talk_peer(t, "x STARTTLS\r\n");
	talk_state(t, DIALOG_UPGRADES);
	talk_refused(t, DIALOG_FAULT_BEHIND);
	talk_hears(t, "x BAD Something stands behind STARTTLS\r\n");
	talk_refused(t, DIALOG_FAULT_FAILED);
	talk_hears(t, "x NO [UNAVAILABLE] TLS cannot begin now\r\n");
}

/* ---------------------------------------------------------------- optional */

TALK(the_greeting_has_our_capabilities_and_no_login)
{
	struct talk *t = talk_begin(&protocol_imap, false);

	talk_peer(t, "1 STARTTLS\r\n");
	talk_state(t, DIALOG_WAITS);
	talk_app(t,
	    "* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN auth=login IDLE "
	    "literal+ LITERAL- STARTTLS LOGINDISABLED] [x] hi\r\n");
	talk_hears(t,
	    "* OK [CAPABILITY IMAP4rev1 IDLE STARTTLS "
	    "LOGINDISABLED] [x] hi\r\n");
	talk_upgrades(t);
	talk_hears(t, "1 OK Begin TLS negotiation now\r\n");
	talk_app_hears(t, "");
}

TALK(PREAUTH_never_reaches_the_peer)
{
	struct talk *t = talk_begin(&protocol_imap, false);

	talk_app(t, "* preauth Welcome joe\r\n* OK more\r\n");
	talk_hears(t, "* BYE The server is not set up for TLS\r\n");
	talk_state(t, DIALOG_ENDS);
}

TALK(a_refusing_greeting_is_passed_on)
{
	struct talk *t = talk_begin(&protocol_imap, false);

	talk_app(t, "* BYE busy\r\n");
	talk_hears(t, "* BYE busy\r\n");
}

TALK(capabilities_are_rewritten_wherever_they_are)
{
	struct talk *t = optional();

	talk_peer(t, "1 CAPABILITY\r\n");
	talk_app_hears(t, "1 CAPABILITY\r\n");
	talk_app(t,
	    "* CAPABILITY IMAP4rev1 AUTH=CRAM-MD5 UIDPLUS\r\n"
	    "1 ok [capability IMAP4rev1] AUTH=x\r\n");
	talk_hears(t,
	    "* CAPABILITY IMAP4rev1 UIDPLUS STARTTLS LOGINDISABLED"
	    "\r\n1 ok [capability IMAP4rev1 STARTTLS LOGINDISABLED] "
	    "AUTH=x\r\n");
	talk_peer(t, "2 NOOP\r\n");
	talk_app(t, "* OK [ALERT] AUTH=PLAIN\r\n2 NO\r\n");
	talk_hears(t, "* OK [ALERT] AUTH=PLAIN\r\n2 NO\r\n");
}

TALK(one_command_is_answered_before_the_next_is_heard)
{
	struct talk *t = optional();

	talk_peer(t, "1 NOOP\r\n2 LOGIN joe secret\r\n3 NOOP\r\n");
	talk_app_hears(t, "1 NOOP\r\n");
	talk_hears(t, "");
	talk_app(t, "* 5 EXISTS\r\n11 OK\r\n1 OK\r\n");
	talk_hears(t, "* 5 EXISTS\r\n11 OK\r\n1 OK\r\n2" NO_LOGIN);
	talk_app_hears(t, "3 NOOP\r\n");
	talk_app(t, "3 OK\r\n* 6 EXISTS\r\n");
	talk_hears(t, "3 OK\r\n* 6 EXISTS\r\n");
}

TALK(credentials_never_reach_the_application)
{
	struct talk *t = optional();

	talk_peer(t, "1 LOGIN {3}\r\n");
	talk_hears(t, "1" NO_LOGIN);
	talk_peer(t, "2 login {3+}\r\njoe {6+}\r\nsecret\r\n");
	talk_hears(t, "2" NO_LOGIN);
	talk_peer(t, "3 AUTHENTICATE PLAIN\r\n4  LOGIN joe secret\r\n");
	talk_hears(t, "3" NO_LOGIN "4" NO_LOGIN);
	talk_peer(t,
	    "5 LOGIN\tjoe secret\r\n6 \"LOGIN\" joe secret\r\n"
	    "7 NOOP\n8 NOOP\r9 LOGIN joe secret\r\n");
	talk_hears(t, "5" BAD "6" BAD "7" BAD "8" BAD);
	talk_app_hears(t, "");
}

TALK(a_line_without_its_end_goes_nowhere)
{
	struct talk *t = optional();

	talk_peer(t, "1 LOGIN joe secret");
	dialog_peer_ended(&t->d);
	talk_app_hears(t, "");
}

TALK(a_literal_goes_to_the_application_when_it_invites_it)
{
	struct talk *t = optional();

	talk_peer(t, "1 ID ({12}\r\n");
	talk_app_hears(t, "1 ID ({12}\r\n");
	talk_app(t, "* 1 EXISTS\r\n+ go on\r\n");
	talk_hears(t, "* 1 EXISTS\r\n+ go on\r\n");
	talk_peer(t, "2 STARTTLS\r\n {0}\r\n");
	talk_app_hears(t, "2 STARTTLS\r\n {0}\r\n");
	talk_app(t, "+\r\n");
	talk_hears(t, "+\r\n");
	talk_peer(t, ")\r\n3 LOGIN a b\r\n");
	talk_app_hears(t, ")\r\n");
	talk_app(t, "1 OK\r\n");
	talk_hears(t, "1 OK\r\n3" NO_LOGIN);
}

TALK(a_literal_that_is_not_invited_is_not_counted)
{
	struct talk *t = optional();

	talk_peer(t, "1 ID ({12}\r\n2 STARTTLS\r\n");
	talk_app_hears(t, "1 ID ({12}\r\n");
	talk_app(t, "1 BAD\r\n");
	talk_hears(t, "1 BAD\r\n");
	talk_upgrades(t);
}

/*
 * An application that says BAD before it reads the literal would take it for
 * commands.
 */
TALK(a_literal_that_does_not_wait_never_reaches_the_application)
{
	struct talk *t = optional();

	talk_peer(t,
	    "1 ID ({14+}\r\n2 LOGIN a b\r\n {12+}\r\n3 STARTTLS\r\n)"
	    "\r\n4 NOOP {0+}\r\n\r\n5 NOOP\r\n");
	talk_hears(t,
	    "1 BAD Not a command, or not with these arguments\r\n"
	    "4 BAD Not a command, or not with these arguments\r\n");
	talk_app_hears(t, "5 NOOP\r\n");
}

TALK(nor_does_one_behind_a_literal_that_was_invited)
{
	struct talk *t = optional();

	talk_peer(t, "1 ID ({1}\r\n");
	talk_app(t, "+ go\r\n");
	talk_hears(t, "+ go\r\n");
	talk_peer(t, "a {13+}\r\n2 LOGIN a b\r\n)\r\n");
	talk_hears(t, "* BYE Not a line, or an uninvited literal\r\n");
	talk_app_hears(t, "1 ID ({1}\r\na");
	talk_state(t, DIALOG_ENDS);
}

TALK(an_answer_before_the_literal_is_over_is_the_answer)
{
	struct talk *t = optional();

	talk_peer(t, "1 ID ({3}\r\n");
	talk_app(t, "+ go\r\n");
	talk_peer(t, "a");
	talk_app(t, "1 BAD\r\n");
	talk_peer(t, "bc)\r\n2 STARTTLS\r\n");
	talk_app_hears(t, "1 ID ({3}\r\nabc)\r\n");
	talk_hears(t, "+ go\r\n1 BAD\r\n");
	talk_upgrades(t);
}

TALK(a_literal_is_too_long_for_the_application_too)
{
	struct talk *t = optional();

	talk_peer(t, "1 APPEND x {16385}\r\n");
	talk_hears(t, "* BYE The literal is too long\r\n");
	talk_app_hears(t, "");
	talk_state(t, DIALOG_ENDS);
}

TALK(nothing_unclean_stands_behind_a_literal)
{
	struct talk *t = optional();

	talk_peer(t, "1 ID ({1}\r\n");
	talk_app(t, "+ go\r\n");
	talk_hears(t, "+ go\r\n");
	talk_peer(t, "a)\n2 LOGIN a b\r\n");
	talk_hears(t, "* BYE Not a line, or an uninvited literal\r\n");
	talk_app_hears(t, "1 ID ({1}\r\na");
	talk_state(t, DIALOG_ENDS);
}

TALK(a_continuation_is_no_command)
{
	struct talk *t = optional();

	talk_peer(t, "1 IDLE\r\n");
	talk_app(t, "+ idling\r\n* 2 EXISTS\r\n");
	talk_hears(t, "+ idling\r\n* 2 EXISTS\r\n");
	talk_app_hears(t, "1 IDLE\r\n");
	talk_peer(t, "2 STARTTLS\r\n");
	talk_app_hears(t, "2 STARTTLS\r\n");
	talk_app(t, "1 BAD\r\n");
	talk_hears(t, "1 BAD\r\n");
	talk_peer(t, "3 STARTTLS\r\n");
	talk_upgrades(t);
}

TALK(an_idle_that_the_application_ends_is_over)
{
	struct talk *t = optional();

	talk_peer(t, "1 IDLE\r\n");
	talk_app(t, "+ idling\r\n");
	talk_app(t, "1 OK enough\r\n");
	talk_hears(t, "+ idling\r\n1 OK enough\r\n");
	talk_peer(t, "2 STARTTLS\r\n");
	talk_upgrades(t);
	talk_app_hears(t, "1 IDLE\r\n");
}

TALK(a_literal_of_the_application_is_no_answer)
{
	struct talk *t = optional();

	talk_peer(t, "1 ID NIL\r\n2 LOGIN a b\r\n");
	talk_app(t, "* ID (\"a\" {6}\r\n1 OK\r\n \"b\" {3+}\r\n+\r\n)\r\n");
	talk_hears(t, "* ID (\"a\" {6}\r\n1 OK\r\n \"b\" {3+}\r\n+\r\n)\r\n");
	talk_app(t, "* OK text {6}\r\n1 OK {3}\r\n");
	talk_hears(t, "* OK text {6}\r\n1 OK {3}\r\n2" NO_LOGIN);
}

/* -------------------------------------------------------------- inside TLS */

TALK(the_greeting_of_the_fresh_application_is_swallowed)
{
	struct talk *t = required();

	talk_inside(t);
	talk_peer(t, "a STARTTLS\r\n");
	talk_app_hears(t, "");
	talk_app(t, "* OK [CAPABILITY IMAP4rev1] hi\r\n* OK more\r\n");
	talk_hears(t, "* OK more\r\n");
	talk_app_hears(t, "a STARTTLS\r\n");
	talk_peer(t, "a\nb\rc\0d");
	talk_app_hears(t, "a\nb\rc\0d");
}

TALK(a_BYE_of_the_fresh_application_is_passed_on)
{
	struct talk *t = required();

	talk_inside(t);
	talk_app(t, "* BYE busy\r\n");
	talk_hears(t, "* BYE busy\r\n");
}

TALK(PREAUTH_of_the_fresh_application_is_the_end)
{
	struct talk *t = required();

	talk_inside(t);
	talk_app(t, "* PREAUTH Welcome joe\r\n* 5 EXISTS\r\n");
	talk_hears(t, "* BYE The server is not set up for TLS\r\n");
	talk_state(t, DIALOG_ENDS);
}

static const struct check_case cases[] = {
	C(STARTTLS_is_answered_with_the_tag_of_the_client),
	C(harmless_commands_are_answered_before_TLS),
	C(everything_else_is_refused_before_TLS),
	C(what_has_arguments_and_takes_none_is_BAD),
	C(what_is_no_tag_is_never_repeated),
	C(a_line_that_is_not_clean_is_no_command),
	C(a_literal_that_waits_is_not_invited),
	C(a_literal_that_does_not_wait_is_dropped),
	C(a_literal_that_is_too_long_is_the_end),
	C(what_only_looks_like_a_literal_is_none),
	C(every_fault_has_its_answer),
	C(the_greeting_has_our_capabilities_and_no_login),
	C(PREAUTH_never_reaches_the_peer), C(a_refusing_greeting_is_passed_on),
	C(capabilities_are_rewritten_wherever_they_are),
	C(one_command_is_answered_before_the_next_is_heard),
	C(credentials_never_reach_the_application),
	C(a_line_without_its_end_goes_nowhere),
	C(a_literal_goes_to_the_application_when_it_invites_it),
	C(a_literal_that_is_not_invited_is_not_counted),
	C(a_literal_that_does_not_wait_never_reaches_the_application),
	C(nor_does_one_behind_a_literal_that_was_invited),
	C(an_answer_before_the_literal_is_over_is_the_answer),
	C(a_literal_is_too_long_for_the_application_too),
	C(nothing_unclean_stands_behind_a_literal),
	C(a_continuation_is_no_command),
	C(an_idle_that_the_application_ends_is_over),
	C(a_literal_of_the_application_is_no_answer),
	C(the_greeting_of_the_fresh_application_is_swallowed),
	C(a_BYE_of_the_fresh_application_is_passed_on),
	C(PREAUTH_of_the_fresh_application_is_the_end), { 0 }
};
RUN(cases)
