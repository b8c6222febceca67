/* SPDX-License-Identifier: ISC */
/*
 * imap_line.h - words and literals in a line of IMAP (RFC 9051).
 *
 * Runs in NET, inside the jail.
 */
#ifndef SHIM_IMAP_LINE_H
#define SHIM_IMAP_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * A word between blanks: no bytes of it if there is none.
 */
struct imap_word {
	const uint8_t *bytes;
	size_t len;
};

struct imap_literal {
	bool there;
	bool waits; /* for a "+" of the server's */
	size_t len; /* SIZE_MAX: of more digits than anyone needs */
};

/*
 * The length of a line without its end.
 */
size_t imap_text_len(const uint8_t *line, size_t len);

/*
 * The word at *at, which is behind it then, and never beyond end.
 */
struct imap_word imap_word(const uint8_t **at, const uint8_t *end);

/*
 * Whatever the case.
 */
bool imap_word_is(struct imap_word, const char *text);
bool imap_word_begins(struct imap_word, const char *text);

/*
 * May it be a tag, or a command's name?  They have no other letters, and not
 * more than 64.  What an application may take for a blank is none of them.
 */
bool imap_is_name(struct imap_word);

/*
 * What stands at a line's end: {12}, {12+} (RFC 7888), ~{12} (RFC 3516).
 */
struct imap_literal imap_literal(const uint8_t *line, size_t len);

#endif
