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
 * A word between blanks; len 0: there is none.
 */
struct imap_word {
	const uint8_t *bytes;
	size_t len;
};

struct imap_literal {
	bool there;
	bool synchronizing; /* the client waits for the server's "+" */
	size_t len;	    /* SIZE_MAX: more than ten digits */
};

/*
 * The next word from *at on, which is moved behind it, but never beyond end.
 */
struct imap_word imap_word(const uint8_t **at, const uint8_t *end);

/*
 * Is it this text, or does it begin with it, in upper or lower case?
 */
bool imap_word_is(struct imap_word, const char *text);
bool imap_word_begins(struct imap_word, const char *text);

/*
 * May it be a tag, or the name of a command?  At most IMAP_NAME_MAX bytes of
 * the alphabet that RFC 9051 gives a tag: no control character is in it, which
 * an application might take for a blank.
 */
enum { IMAP_NAME_MAX = 64 };
bool imap_is_name(struct imap_word);

/*
 * The literal that a line announces at its end: {12}, {12+} (RFC 7888), ~{12}
 * (RFC 3516).
 */
struct imap_literal imap_literal(const uint8_t *line, size_t len);

#endif
