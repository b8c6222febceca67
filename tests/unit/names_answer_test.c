/* SPDX-License-Identifier: ISC */
/*
 * names_answer_test.c - what the KEEPER takes from tlsshim-names, and what not.
 */
#include "check.h"
#include "names_answer.h"

static struct names names;

static const char *
read_text(const char *text)
{
	return (names_read(&names, text, strlen(text)));
}

/*
 * Refused, and nothing of it is left.
 */
static bool
is_refused(const char *text, size_t len)
{
	static const struct names none;
	const char *why = names_read(&names, text, len);

	return (why != NULL && memcmp(&names, &none, sizeof(none)) == 0);
}

CASE(what_is_written_is_read)
{
	static const struct names all = { .host = "client.example.org",
		.confirmed = true,
		.local = "server.example.org",
		.info = "joe = \x01\xff",
		.trouble = "this host's" };
	char answer[NAMES_ANSWER_MAX];
	size_t len = names_write(answer, &all);

	CHECK(names_read(&names, answer, len) == NULL);
	CHECK(memcmp(&names, &all, sizeof(all)) == 0);
}

CASE(the_longest_names_fit)
{
	struct names all = { .confirmed = true };
	char answer[NAMES_ANSWER_MAX];
	size_t i;

	memset(all.host, 'a', SERVER_NAME_MAX);
	for (i = 60; i < SERVER_NAME_MAX; i += 60)
		all.host[i] = '.';
	memcpy(all.local, all.host, sizeof(all.local));
	memset(all.info, ' ', NAMES_INFO_MAX);
	memset(all.trouble, 't', NAMES_TROUBLE_MAX);
	CHECK(names_read(&names, answer, names_write(answer, &all)) == NULL);
	CHECK(memcmp(&names, &all, sizeof(all)) == 0);
}

CASE(nobody_has_a_name)
{
	CHECK(read_text("end\n") == NULL);
	CHECK_STR(names.host, "");
	CHECK_STR(names.info, "");
}

CASE(half_an_answer_is_none)
{
	static const char text[] = "host=a.example\nconfirmed=yes\nend\n";
	size_t len;

	for (len = 0; len < sizeof(text) - 1; len++)
		CHECK(is_refused(text, len));
	CHECK(read_text(text) == NULL);
	CHECK(names.confirmed);
}

CASE(two_answers_are_none)
{
	static const char *const texts[] = {
		"end\nend\n",
		"host=a.example\nend\nhost=b.example\nend\n",
		"host=a.example\nhost=b.example\nend\n",
		"local=a.example\nlocal=a.example\nend\n",
		"info=a\ninfo=b\nend\n",
		"host=a.example\nconfirmed=yes\nconfirmed=yes\nend\n",
		"host=a.example\nend\n ",
	};
	size_t i;

	for (i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
		CHECK(is_refused(texts[i], strlen(texts[i])));
}

CASE(a_name_that_is_none_is_refused)
{
	static const char *const hosts[] = { "", ".", "a..b", ".example.org",
		"Client.example.org", "client.example.org.", "a b", "a=b",
		"joe@example.org", "a/b", "../etc", "*.example.org",
		"192.0.2.1", "127.1", "a\tb", "a\x01", "a\xc3\xa4", "a\r" };
	char text[512];
	size_t i;

	for (i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		snprintf(text, sizeof(text), "host=%s\nend\n", hosts[i]);
		CHECK(is_refused(text, strlen(text)));
		snprintf(text, sizeof(text), "local=%s\nend\n", hosts[i]);
		CHECK(is_refused(text, strlen(text)));
	}
	CHECK(is_refused("host=a\0b\nend\n", 13));
}

CASE(a_name_that_is_too_long_is_refused)
{
	char text[512] = "host=";
	size_t i;

	for (i = 0; i < SERVER_NAME_MAX + 1; i++)
		text[5 + i] = i % 50 == 49 ? '.' : 'a';
	strcpy(text + 5 + i, "\nend\n");
	CHECK(is_refused(text, strlen(text)));
	memmove(text + 5, text + 6, strlen(text + 5));
	CHECK(read_text(text) == NULL);
}

CASE(an_ident_answer_has_its_limits)
{
	char text[NAMES_INFO_MAX + 32] = "info=";

	memset(text + 5, 'x', NAMES_INFO_MAX + 1);
	strcpy(text + 5 + NAMES_INFO_MAX + 1, "\nend\n");
	CHECK(is_refused(text, strlen(text)));
	strcpy(text + 5 + NAMES_INFO_MAX, "\nend\n");
	CHECK(read_text(text) == NULL);
	CHECK(is_refused("info=\nend\n", 10));
	CHECK(is_refused("info=a\0b\nend\n", 13));
	CHECK(is_refused("info=a\r\nend\n", 12));
}

CASE(confirmed_is_said_of_a_name)
{
	CHECK(is_refused("confirmed=yes\nend\n", 18));
	CHECK(is_refused("confirmed=yes\nhost=a.example\nend\n", 33));
	CHECK(is_refused("host=a.example\nconfirmed=no\nend\n", 32));
	CHECK(is_refused("host=a.example\nconfirmed=\nend\n", 30));
}

CASE(an_unknown_key_is_refused)
{
	CHECK(is_refused("hosts=a.example\nend\n", 20));
	CHECK(is_refused("=a.example\nend\n", 15));
	CHECK(is_refused("a.example\nend\n", 14));
	CHECK(is_refused("\nend\n", 5));
}

static const struct check_case cases[] = { C(what_is_written_is_read),
	C(the_longest_names_fit), C(nobody_has_a_name),
	C(half_an_answer_is_none), C(two_answers_are_none),
	C(a_name_that_is_none_is_refused),
	C(a_name_that_is_too_long_is_refused),
	C(an_ident_answer_has_its_limits), C(confirmed_is_said_of_a_name),
	C(an_unknown_key_is_refused), { 0 } };

RUN(cases)
