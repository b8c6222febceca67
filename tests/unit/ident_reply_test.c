/* SPDX-License-Identifier: ISC */
/*
 * ident_reply_test.c - replies of RFC 1413, good ones and others.
 */
#include "ident_reply.h"

#include "check.h"

static char info[NAMES_INFO_MAX + 1];

static bool
is_reply(const char *line, size_t len)
{
	static const struct ident_ports ports = { 6193, 23 };

	info[0] = '\0';
	return (ident_reply(info, line, len, ports));
}

#define GOOD(line, wanted)                                                     \
	do {                                                                   \
		CHECK(is_reply((line), sizeof(line) - 1));                     \
		CHECK_STR(info, (wanted));                                     \
	} while (0)

#define BAD(line)                                                              \
	do {                                                                   \
		CHECK(!is_reply((line), sizeof(line) - 1));                    \
		CHECK_STR(info, "");                                           \
	} while (0)

CASE(the_replies_of_the_rfc)
{
	GOOD("6193, 23 : USERID : UNIX : stjohns", "stjohns");
	GOOD("6193, 23 : USERID : UNIX,US-ASCII : stjohns", "stjohns");
	GOOD("6193,23:USERID:OTHER:X", "X");
	BAD("6193, 23 : ERROR : NO-USER");
	BAD("6193, 23 : ERROR : HIDDEN-USER");
}

CASE(blanks_are_no_part_of_the_user)
{
	GOOD("\t6193 ,\t23: USERID :UNIX:  joe the \tsecond \t",
	    "joe the \tsecond");
	BAD("6193, 23 : USERID : UNIX : \t ");
	BAD("6193, 23 : USERID : UNIX :");
}

CASE(colons_belong_to_the_user)
{
	GOOD("6193, 23 : USERID : UNIX : a:b : c", "a:b : c");
}

CASE(a_reply_about_another_connection_is_none)
{
	BAD("6194, 23 : USERID : UNIX : joe");
	BAD("6193, 24 : USERID : UNIX : joe");
	BAD("23, 6193 : USERID : UNIX : joe");
	/* 2^32 more */
	BAD("4294973489, 23 : USERID : UNIX : joe");
	BAD("-6193, 23 : USERID : UNIX : joe");
	BAD(", : USERID : UNIX : joe");
}

CASE(a_reply_of_no_form_is_none)
{
	static const char line[] = "6193, 23 : USERID : UNIX : j";
	size_t len;

	for (len = 0; len < sizeof(line) - 1; len++)
		CHECK(!is_reply(line, len));
	CHECK(is_reply(line, len));
	BAD("6193, 23 : userid : UNIX : joe");
	BAD("6193, 23 : USERIDS : UNIX : joe");
	BAD("6193, 23 : USERID : UNIX joe");
	BAD("6193 23 : USERID : UNIX : joe");
}

CASE(bytes_that_would_end_a_text_are_refused)
{
	BAD("6193, 23 : USERID : UNIX : joe\0root");
	BAD("6193, 23 : USERID : UNIX : joe\rroot");
	/* the environment escapes these */
	GOOD("6193, 23 : USERID : UNIX : \x1b[1m\xff", "\x1b[1m\xff");
}

CASE(a_user_has_no_more_than_512_bytes)
{
	char line[IDENT_LINE_MAX];
	int head = sprintf(line, "6193,23:USERID:UNIX:");

	memset(line + head, 'x', sizeof(line) - (size_t)head);
	CHECK(is_reply(line, (size_t)head + NAMES_INFO_MAX));
	CHECK(strlen(info) == NAMES_INFO_MAX);
	CHECK(!is_reply(line, (size_t)head + NAMES_INFO_MAX + 1));
}

static const struct check_case cases[] = { C(the_replies_of_the_rfc),
	C(blanks_are_no_part_of_the_user), C(colons_belong_to_the_user),
	C(a_reply_about_another_connection_is_none),
	C(a_reply_of_no_form_is_none),
	C(bytes_that_would_end_a_text_are_refused),
	C(a_user_has_no_more_than_512_bytes), { 0 } };

RUN(cases)
