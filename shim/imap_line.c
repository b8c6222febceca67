/* SPDX-License-Identifier: ISC */
/*
 * imap_line.c - words and literals in a line of IMAP.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody: a line is read within its length.
 */
#include "imap_line.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "dialog.h"

enum { DIGITS_MAX = 10 };

struct imap_word
imap_word(const uint8_t **at, const uint8_t *end)
{
	struct imap_word w;

	while (*at < end && **at == ' ')
		(*at)++;
	w.bytes = *at;
	while (*at < end && **at != ' ')
		(*at)++;
	w.len = (size_t)(*at - w.bytes);
	return (w);
}

bool
imap_word_is(struct imap_word w, const char *text)
{
	return (w.len == strlen(text) &&
	    strncasecmp((const char *)w.bytes, text, w.len) == 0);
}

bool
imap_word_begins(struct imap_word w, const char *text)
{
	return (w.len >= strlen(text) &&
	    strncasecmp((const char *)w.bytes, text, strlen(text)) == 0);
}

struct imap_literal
imap_literal(const uint8_t *line, size_t len)
{
	struct imap_literal l = { .synchronizing = true };
	size_t at = dialog_text_len(line, len), end;

	if (at == 0 || line[--at] != '}')
		return (l);
	if (at > 0 && line[at - 1] == '+') {
		l.synchronizing = false;
		at--;
	}
	end = at;
	while (at > 0 && line[at - 1] >= '0' && line[at - 1] <= '9')
		at--;
	if (at == end || at == 0 || line[at - 1] != '{')
		return (l);
	l.there = true;
	l.len = end - at > DIGITS_MAX ?
	    SIZE_MAX :
	    strtoul((const char *)line + at, NULL, 10);
	return (l);
}

/*
 * tag = 1*<any ASTRING-CHAR except "+"> (RFC 9051, 9).
 */
bool
imap_is_name(struct imap_word w)
{
	size_t i;

	if (w.len == 0 || w.len > IMAP_NAME_MAX)
		return (false);
	for (i = 0; i < w.len; i++)
		if (w.bytes[i] <= ' ' || w.bytes[i] >= 0x7f ||
		    strchr("(){%*\"\\+", w.bytes[i]) != NULL)
			return (false);
	return (true);
}
