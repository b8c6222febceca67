/* SPDX-License-Identifier: ISC */
/*
 * starttls_ftp_test.c - FTP's control connection, in clear and inside TLS.
 */
#include "protocols.h"
#include "talker.h"

#define FIRST "530 AUTH TLS first\r\n"
#define OURS " AUTH TLS\r\n PBSZ\r\n PROT\r\n"

static struct talk *
required(void)
{
	struct talk *t = talk_begin(&protocol_ftp, true);

	talk_hears(t, "220 tls.test ready\r\n");
	return (t);
}

static struct talk *
optional(void)
{
	struct talk *t = talk_begin(&protocol_ftp, false);

	talk_app(t, "220 hi\r\n");
	talk_hears(t, "220 hi\r\n");
	return (t);
}

/*
 * Inside TLS; the application has greeted.
 */
static struct talk *
within(void)
{
	struct talk *t = required();

	talk_inside(t);
	talk_app(t, "220 hi\r\n");
	talk_hears(t, "");
	return (t);
}

/* ---------------------------------------------------------------- required */

TALK(AUTH_is_answered_with_234)
{
	struct talk *t = required();

	talk_peer(t, "auth tls-c \r\n");
	talk_upgrades(t);
	talk_hears(t, "234 Begin TLS now\r\n");
	t = required();
	talk_peer(t, "AUTH SSL\r\n");
	talk_upgrades(t);
	t = required();
	talk_peer(t, "AUTH TLS\r\n");
	talk_upgrades(t);
}

TALK(other_mechanisms_are_refused)
{
	struct talk *t = required();

	talk_peer(t, "AUTH GSSAPI\r\nAUTH TLS-P\r\nAUTH TLS now\r\nAUTH\r\n");
	talk_hears(t,
	    "504 Nothing but AUTH TLS\r\n"
	    "504 Nothing but AUTH TLS\r\n"
	    "504 Nothing but AUTH TLS\r\n"
	    "501 Which one? AUTH TLS\r\n");
	talk_state(t, DIALOG_WAITS);
}

TALK(harmless_commands_are_answered_before_TLS)
{
	struct talk *t = required();

	talk_peer(t, "FEAT\r\nSYST\r\nNOOP\r\n");
	talk_hears(t,
	    "211-Features:\r\n" OURS "211 End\r\n"
	    "215 UNIX Type: L8\r\n200 Done\r\n");
	talk_peer(t, "help\r\nQUIT\r\n");
	talk_hears(t,
	    "214 AUTH TLS begins TLS; everything else is inside\r\n"
	    "221 tls.test closes the connection\r\n");
	talk_state(t, DIALOG_ENDS);
}

TALK(everything_else_is_refused_before_TLS)
{
	struct talk *t = required();

	talk_peer(t, "USER joe\r\npass secret\r\nACCT x\r\nLIST\r\n\r\n");
	talk_hears(t, FIRST FIRST FIRST FIRST FIRST);
	talk_peer(t, "PBSZ 0\r\nPROT P\r\nADAT x\r\n");
	talk_hears(t,
	    "503 AUTH TLS first\r\n503 AUTH TLS first\r\n"
	    "503 AUTH TLS first\r\n");
}

TALK(a_line_that_is_not_clean_is_no_command)
{
	struct talk *t = required();

	talk_peer(t, "AUTH TLS\nAUTH TLS\0\r\nAUTH TLS\r\r\n");
	talk_hears(t,
	    "500 Not a command\r\n500 Not a command\r\n"
	    "500 Not a command\r\n");
}

TALK(telnet_before_a_command_is_none_of_it)
{
	struct talk *t = required();

	talk_peer(t,
	    "\xff\xf4\xff\xf2"
	    "ABOR\r\n\xff\xf4\xff"
	    "ABOR\r\n");
	talk_hears(t, FIRST FIRST);
	talk_peer(t, "\xff\xf1NOOP\r\n\xff\xfb\x01NOOP\r\n\xff\xf1\r\n");
	talk_hears(t, "200 Done\r\n200 Done\r\n" FIRST);
	talk_peer(t, "\xff\r\n\xff\xfb\r\n\xff\xff\xfe\r\n");
	talk_hears(t, FIRST FIRST FIRST);
}

TALK(every_fault_has_its_answer)
{
	struct talk *t = required();

	talk_refused(t, DIALOG_FAULT_BEHIND);
	talk_hears(t, "503 Something stands behind AUTH\r\n");
	talk_refused(t, DIALOG_FAULT_FAILED);
	talk_hears(t, "431 TLS cannot begin now\r\n");
	talk_refused(t, DIALOG_FAULT_LATE);
	talk_hears(t, "421 The time is over\r\n");
}

/* ---------------------------------------------------------------- optional */

TALK(the_greeting_is_awaited_to_its_end)
{
	struct talk *t = talk_begin(&protocol_ftp, false);

	talk_peer(t, "AUTH TLS\r\n");
	talk_app(t, "120 soon\r\n220-hello\r\n221 no\r\n220-\r\n220\r\n");
	talk_hears(t, "120 soon\r\n220-hello\r\n221 no\r\n220-\r\n220\r\n");
	talk_upgrades(t);
	talk_app_hears(t, "");
}

TALK(one_command_is_answered_before_the_next_is_heard)
{
	struct talk *t = optional();

	talk_peer(t, "SYST\r\nUSER joe\r\nNOOP\r\n");
	talk_app_hears(t, "SYST\r\n");
	talk_hears(t, "");
	talk_app(t, "150 wait\r\n215-UNIX\r\n 215 no\r\n215 end\r\n");
	talk_hears(t, "150 wait\r\n215-UNIX\r\n 215 no\r\n215 end\r\n" FIRST);
	talk_app_hears(t, "NOOP\r\n");
}

TALK(credentials_never_reach_the_application)
{
	struct talk *t = optional();

	talk_peer(t, "USER joe\r\nPASS secret\r\nuser\tjoe\r\nACCT\r\n");
	talk_hears(t, FIRST FIRST FIRST FIRST);
	talk_peer(t, " USER joe\r\n\xff\xf1USER joe\r\n\xff\xfbUSER joe\r\n");
	talk_hears(t, FIRST FIRST FIRST);
	talk_peer(t,
	    "US\xff\xf1"
	    "ER joe\r\nUSER\x0bjoe\r\nUSER\0joe\r\n");
	talk_hears(t, FIRST FIRST "500 Not a command\r\n");
	talk_peer(t, "NOOP\nUSER joe\r\nNOOP\rUSER joe\r\n");
	talk_hears(t, "500 Not a command\r\n" FIRST "500 Not a command\r\n");
	talk_app_hears(t, "");
}

TALK(FEAT_has_ours_and_no_other_of_their_names)
{
	struct talk *t = optional();

	talk_peer(t, "FEAT\r\n");
	talk_app_hears(t, "FEAT\r\n");
	talk_app(t,
	    "211-Features:\r\n EPRT\r\n AUTH SSL\r\n PBSZ\r\n UTF8\r\n"
	    "211-PROT\r\n211 End\r\n");
	talk_hears(t, "211-Features:\r\n EPRT\r\n UTF8\r\n" OURS "211 End\r\n");
	talk_peer(t, "HELP\r\n");
	talk_app(t, "214-\r\n AUTH SSL\r\n214 End\r\n");
	talk_hears(t, "214-\r\n AUTH SSL\r\n214 End\r\n");
}

TALK(FEAT_is_ours_where_the_application_has_none)
{
	struct talk *t = optional();

	talk_peer(t, "FEAT\r\n");
	talk_app(t, "211 none\r\n");
	talk_hears(t, "211-Features:\r\n" OURS "211 End\r\n");
	talk_peer(t, "FEAT\r\n");
	talk_app(t, "500 what?\r\n");
	talk_hears(t, "211-Features:\r\n" OURS "211 End\r\n");
	talk_peer(t, "FEAT\r\n");
	talk_app(t, "421 enough\r\n");
	talk_hears(t, "421 enough\r\n");
}

/* -------------------------------------------------------------- inside TLS */

TALK(the_greeting_of_the_fresh_application_is_swallowed)
{
	struct talk *t = required();

	talk_inside(t);
	talk_peer(t, "USER joe\r\n");
	talk_app(t,
	    "120 soon\r\n220-hello\r\n220-220\r\n 220 no\r\n220 hi\r\n");
	talk_hears(t, "");
	talk_app_hears(t, "USER joe\r\n");
	talk_app(t, "331 password\r\n");
	talk_hears(t, "331 password\r\n");
}

TALK(a_refusing_greeting_is_passed_on)
{
	struct talk *t = required();

	talk_inside(t);
	talk_app(t, "421 busy\r\n");
	talk_hears(t, "421 busy\r\n");
}

TALK(protection_is_answered_by_us)
{
	struct talk *t = within();

	talk_peer(t, "PROT C\r\nPBSZ\r\nPBSZ 0\r\npbsz 1000\r\nPROT C\r\n");
	talk_hears(t,
	    "503 PBSZ first\r\n501 How many? PBSZ 0\r\n"
	    "200 PBSZ=0\r\n200 PBSZ=0\r\n"
	    "200 Data connections are clear\r\n");
	talk_peer(t, "PROT P\r\nPROT s\r\nPROT E\r\nPROT X\r\n");
	talk_hears(t,
	    "536 Data connections are clear: PROT C\r\n"
	    "536 Data connections are clear: PROT C\r\n"
	    "536 Data connections are clear: PROT C\r\n"
	    "504 Nothing but PROT C\r\n");
	talk_app_hears(t, "");
}

TALK(nothing_leads_back_to_clear_text)
{
	struct talk *t = within();

	talk_peer(t, "AUTH TLS\r\nccc\r\nREIN\r\n");
	talk_hears(t,
	    "503 TLS has begun already\r\n"
	    "533 The control connection stays encrypted\r\n"
	    "502 Begin again with another connection\r\n");
	talk_app_hears(t, "");
	talk_state(t, DIALOG_WAITS);
}

TALK(our_answers_wait_for_those_that_are_owed)
{
	struct talk *t = within();

	talk_peer(t, "USER joe\r\nPASS x\r\nPBSZ 0\r\nPROT C\r\nPWD\r\n");
	talk_app_hears(t, "USER joe\r\nPASS x\r\n");
	talk_app(t, "331-a\r\n331 b\r\n");
	talk_hears(t, "331-a\r\n331 b\r\n");
	talk_app(t, "230 in\r\n");
	talk_hears(t,
	    "230 in\r\n200 PBSZ=0\r\n"
	    "200 Data connections are clear\r\n");
	talk_app_hears(t, "PWD\r\n");
}

TALK(a_transfer_can_be_ended)
{
	struct talk *t = within();

	talk_peer(t, "RETR x\r\n");
	talk_app(t, "150 now\r\n");
	talk_peer(t,
	    "\xff\xf4\xff\xf2"
	    "ABOR\r\n");
	talk_app_hears(t,
	    "RETR x\r\n\xff\xf4\xff\xf2"
	    "ABOR\r\n");
	talk_peer(t, "PBSZ 0\r\n");
	talk_app(t, "426 ended\r\n");
	talk_hears(t, "150 now\r\n426 ended\r\n");
	talk_app(t, "226 done\r\n");
	talk_hears(t, "226 done\r\n200 PBSZ=0\r\n");
}

TALK(everything_else_passes_as_it_is)
{
	struct talk *t = within();

	talk_peer(t, "STOR a\rb\0c\xff\xff\r\n\r\nNOOP\n");
	talk_app_hears(t, "STOR a\rb\0c\xff\xff\r\n\r\nNOOP\n");
	talk_app(t, "550 no\r\nnoise\n200 done\r\n421 idle\r\n");
	talk_hears(t, "550 no\r\nnoise\n200 done\r\n421 idle\r\n");
	talk_peer(t, "PBSZ 0\r\n");
	talk_hears(t, "200 PBSZ=0\r\n");
}

TALK(FEAT_inside_offers_no_AUTH)
{
	struct talk *t = within();

	talk_peer(t, "PWD\r\nFEAT\r\nPWD\r\n");
	talk_app_hears(t, "PWD\r\n");
	talk_app(t, "257 /\r\n");
	talk_app_hears(t, "FEAT\r\n");
	talk_app(t,
	    "211-Features:\r\n AUTH TLS\r\n PROT\r\n UTF8\r\n"
	    "211 End\r\n");
	talk_hears(t,
	    "257 /\r\n211-Features:\r\n UTF8\r\n PBSZ\r\n PROT\r\n"
	    "211 End\r\n");
	talk_app_hears(t, "PWD\r\n");
}

CASE(a_line_inside_may_be_as_long_as_a_path)
{
	static char line[16384];
	struct talk *t = within();

	memset(line, 'a', sizeof(line));
	memcpy(line + 8190, "\r\n", 2);
	talk_bytes(t, &t->from_peer, line, 8192);
	talk_got(&t->to_app, line, 8192, __LINE__);
	line[8190] = line[8191] = 'a';
	talk_bytes(t, &t->from_peer, line, 8192);
	talk_hears(t, "500 The line is too long\r\n");
	talk_state(t, DIALOG_ENDS);
}

static const struct check_case cases[] = { C(AUTH_is_answered_with_234),
	C(other_mechanisms_are_refused),
	C(harmless_commands_are_answered_before_TLS),
	C(everything_else_is_refused_before_TLS),
	C(a_line_that_is_not_clean_is_no_command),
	C(telnet_before_a_command_is_none_of_it), C(every_fault_has_its_answer),
	C(the_greeting_is_awaited_to_its_end),
	C(one_command_is_answered_before_the_next_is_heard),
	C(credentials_never_reach_the_application),
	C(FEAT_has_ours_and_no_other_of_their_names),
	C(FEAT_is_ours_where_the_application_has_none),
	C(the_greeting_of_the_fresh_application_is_swallowed),
	C(a_refusing_greeting_is_passed_on), C(protection_is_answered_by_us),
	C(nothing_leads_back_to_clear_text),
	C(our_answers_wait_for_those_that_are_owed), C(a_transfer_can_be_ended),
	C(everything_else_passes_as_it_is), C(FEAT_inside_offers_no_AUTH),
	C(a_line_inside_may_be_as_long_as_a_path), { 0 } };
RUN(cases)
