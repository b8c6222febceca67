/* SPDX-License-Identifier: ISC */
/*
 * starttls.c - who speaks before TLS begins.
 *
 * Runs in:  every process.
 * Trusts:   starttls.def.
 */
#include "starttls.h"

#include <stdio.h>
#include <string.h>

static const struct starttls_row {
	const char *word;
	enum starttls_kind kind;
} rows[STARTTLS_COUNT] = {
#define STARTTLS(id, word, kind, protocol)                                     \
	[STARTTLS_##id] = { word, STARTTLS_##kind },
#include "starttls.def"
#undef STARTTLS
};

enum starttls_kind
starttls_kind(enum starttls s)
{
	return (rows[s].kind);
}

const char *
starttls_word(enum starttls s)
{
	return (rows[s].word);
}

enum starttls
starttls_find(const char *word)
{
	int i = 0;

	while (i < STARTTLS_COUNT && strcmp(rows[i].word, word) != 0)
		i++;
	return ((enum starttls)i);
}

const char *
starttls_words(char text[STARTTLS_WORDS_MAX])
{
	size_t len = 0;
	int i;

	for (i = 0; i < STARTTLS_COUNT && len < STARTTLS_WORDS_MAX; i++)
		len += (size_t)snprintf(text + len, STARTTLS_WORDS_MAX - len,
		    "%s%s", i == 0 ? "" : ", ", rows[i].word);
	return (text);
}
