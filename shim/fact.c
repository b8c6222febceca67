/* SPDX-License-Identifier: ISC */
/*
 * fact.c - what the handshake proved, checked field by field.
 *
 * Runs in:  NET (put) and KEEPER (get).
 * Trusts:   nothing NET says beyond what fact.def allows to be said.
 */
#include "fact.h"

#include <string.h>

enum alphabet { WORD, TEXT, DIGITS, HEX, BASE64 };

static const struct fact_row {
	const char *variable;
	enum alphabet alphabet;
	size_t cap;
} rows[FACT_COUNT] = {
#define FACT(id, variable, alphabet, cap)                                      \
	[FACT_##id] = { variable, alphabet, cap },
#include "fact.def"
#undef FACT
};

#define FACT(id, variable, alphabet, cap)                                      \
	_Static_assert((cap) < FACT_MAX, #id " is longer than a fact");
#include "fact.def"
#undef FACT

const char *
fact_variable(enum fact_id id)
{
	return (rows[id].variable);
}

static bool
consists_of(enum alphabet alphabet, const char *text)
{
#define ALNUM "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
	const char *only = NULL;

	switch (alphabet) {
	case WORD:
		only = ALNUM "._-:";
		break;
	case DIGITS:
		only = "0123456789";
		break;
	case HEX:
		only = "0123456789abcdef";
		break;
	case BASE64:
		only = ALNUM "+/=";
		break;
	case TEXT:
		/* escaped where it becomes a variable (env.h) */
		return (true);
	}
#undef ALNUM
	return (text[strspn(text, only)] == '\0');
}

void
facts_put(struct msg *m, const struct facts *f)
{
	int id;

	msg_begin(m, MSG_FACTS);
	msg_put_u8(m, true);
	for (id = 0; id < FACT_COUNT; id++) {
		if (f->text[id][0] == '\0')
			continue;
		msg_put_u8(m, (uint8_t)id);
		msg_put_string(m, f->text[id]);
	}
}

static const char *
get_one(struct facts *f, struct msg *m)
{
	char text[FACT_MAX];
	uint8_t id = msg_get_u8(m);

	if (id >= FACT_COUNT)
		return ("no such fact");
	msg_get_string(m, text, rows[id].cap + 1);
	if (m->bad)
		return ("a fact is cut off, too long, or contains a NUL");
	/* an empty one would not count as there, and could come again */
	if (text[0] == '\0')
		return ("a fact is empty");
	if (f->text[id][0] != '\0')
		return ("a fact is repeated");
	if (!consists_of(rows[id].alphabet, text))
		return ("a fact has bytes that it cannot have");
	strcpy(f->text[id], text);
	return (NULL);
}

const char *
facts_get(struct facts *f, struct msg *m, bool *last)
{
	const char *why = NULL;

	*last = msg_get_u8(m) != 0;
	if (m->bad)
		return ("cut off");
	while (why == NULL && !msg_complete(m))
		why = get_one(f, m);
	return (why);
}
