/* SPDX-License-Identifier: ISC */
/*
 * starttls.h - who speaks before TLS begins, and in which protocol.
 */
#ifndef SHIM_STARTTLS_H
#define SHIM_STARTTLS_H

#include <stddef.h>

enum starttls {
#define STARTTLS(id, word, kind, protocol) STARTTLS_##id,
#include "starttls.def"
#undef STARTTLS
	STARTTLS_COUNT
};

enum starttls_kind { STARTTLS_IMPLICIT, STARTTLS_AWARE, STARTTLS_UNAWARE };

enum starttls_kind starttls_kind(enum starttls);

/*
 * By the word of --starttls; STARTTLS_COUNT: there is none such.
 */
enum starttls starttls_find(const char *word);

const char *starttls_word(enum starttls);

/*
 * All words, a comma and a blank between them.  Returns text.
 */
enum { STARTTLS_WORDS_MAX = 160 };
const char *starttls_words(char text[STARTTLS_WORDS_MAX]);

#endif
