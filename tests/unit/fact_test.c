/* SPDX-License-Identifier: ISC */
/*
 * fact_test.c - what NET may tell the application, byte by byte.
 */
#include "fact.h"

#include <stdint.h>
#include <string.h>

#include "check.h"

static const struct row {
	const char *variable, *alphabet;
	size_t cap;
} rows[FACT_COUNT] = {
#define FACT(id, variable, alphabet, cap)                                      \
	[FACT_##id] = { variable, #alphabet, cap },
#include "fact.def"
#undef FACT
};

#define LETTERS "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static const struct {
	const char *name, *bytes;
} alphabets[] = {
	{ "WORD", LETTERS "._-:" },
	{ "DIGITS", "0123456789" },
	{ "HEX", "0123456789abcdef" },
	{ "BASE64", LETTERS "+/=" },
};

static struct msg m;

/*
 * NULL if TEXT, which has all bytes but NUL.
 */
static const char *
bytes_of(int id)
{
	size_t i;

	for (i = 0; i < sizeof(alphabets) / sizeof(alphabets[0]); i++)
		if (strcmp(alphabets[i].name, rows[id].alphabet) == 0)
			return (alphabets[i].bytes);
	CHECK_STR(rows[id].alphabet, "TEXT");
	return (NULL);
}

static void
begin(uint8_t last)
{
	msg_begin(&m, MSG_FACTS);
	msg_put_u8(&m, last);
}

static void
add(int id, const char *text, size_t len)
{
	msg_put_u8(&m, (uint8_t)id);
	msg_put_block(&m, text, len);
}

static const char *
get_one(int id, const char *text, size_t len)
{
	struct facts f = { 0 };
	const char *why;
	bool last;

	begin(1);
	add(id, text, len);
	why = facts_get(&f, &m, &last);
	CHECK(why != NULL || strcmp(f.text[id], text) == 0);
	CHECK(why == NULL || f.text[id][0] == '\0');
	return (why);
}

CASE(what_is_put_is_got)
{
	struct facts f = { 0 }, got = { 0 };
	bool last = false;
	int id;

	for (id = 0; id < FACT_COUNT; id++)
		if (id != FACT_ALPN)
			memset(f.text[id], '1', rows[id].cap);
	facts_put(&m, &f);
	CHECK(!m.bad);
	CHECK(facts_get(&got, &m, &last) == NULL);
	CHECK(last);
	CHECK(memcmp(&f, &got, sizeof(f)) == 0);
}

CASE(every_fact_has_the_variable_of_its_row)
{
	int id;

	for (id = 0; id < FACT_COUNT; id++)
		CHECK_STR(fact_variable((enum fact_id)id), rows[id].variable);
}

CASE(every_byte_is_in_its_alphabet_or_refused)
{
	const char *bytes;
	char text[2] = "";
	int id, byte;

	for (id = 0; id < FACT_COUNT; id++)
		for (byte = 1; byte < 256; byte++) {
			bytes = bytes_of(id);
			text[0] = (char)byte;
			CHECK((get_one(id, text, 1) == NULL) ==
			    (bytes == NULL || strchr(bytes, byte) != NULL));
		}
}

CASE(every_fact_may_be_as_long_as_its_row_says)
{
	char text[FACT_MAX + 1] = "";
	int id;

	for (id = 0; id < FACT_COUNT; id++) {
		memset(text, '1', sizeof(text));
		CHECK(get_one(id, text, rows[id].cap + 1) != NULL);
		text[rows[id].cap] = '\0';
		CHECK(get_one(id, text, rows[id].cap) == NULL);
	}
}

CASE(a_NUL_or_nothing_is_no_fact)
{
	int id;

	for (id = 0; id < FACT_COUNT; id++) {
		CHECK(get_one(id, "1\0001", 3) != NULL);
		CHECK(get_one(id, "1", 2) != NULL);
		CHECK(get_one(id, "", 0) != NULL);
	}
}

CASE(an_unknown_fact_is_refused)
{
	int id;

	for (id = FACT_COUNT; id < 256; id++) {
		struct facts f = { 0 };
		bool last;

		begin(1);
		add(id, "1", 1);
		CHECK_STR(facts_get(&f, &m, &last), "no such fact");
	}
}

CASE(a_fact_comes_once_in_all_messages)
{
	struct facts f = { 0 };
	bool last;

	begin(0);
	add(FACT_SNI, "a", 1);
	CHECK(facts_get(&f, &m, &last) == NULL && !last);
	begin(1);
	add(FACT_SNI, "b", 1);
	CHECK_STR(facts_get(&f, &m, &last), "a fact is repeated");
	CHECK_STR(f.text[FACT_SNI], "a");
}

CASE(facts_cut_off_are_refused_but_between_two)
{
	struct facts f;
	size_t whole, len;
	bool last;

	begin(1);
	add(FACT_SNI, "name", 4);
	add(FACT_CIPHER, "cipher", 6);
	whole = m.len;
	for (len = 0; len <= whole; len++) {
		memset(&f, 0, sizeof(f));
		m.len = len;
		m.at = 0;
		m.bad = false;
		CHECK((facts_get(&f, &m, &last) == NULL) ==
		    (len == 1 || len == 1 + 3 + 4 || len == whole));
	}
}

static const struct check_case cases[] = { C(what_is_put_is_got),
	C(every_fact_has_the_variable_of_its_row),
	C(every_byte_is_in_its_alphabet_or_refused),
	C(every_fact_may_be_as_long_as_its_row_says),
	C(a_NUL_or_nothing_is_no_fact), C(an_unknown_fact_is_refused),
	C(a_fact_comes_once_in_all_messages),
	C(facts_cut_off_are_refused_but_between_two), { 0 } };
RUN(cases)
