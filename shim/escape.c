/* SPDX-License-Identifier: ISC */
/*
 * escape.c - text of anybody's, made fit for a log, in a room of fixed size.
 *
 * Runs in:  every process.
 * Trusts:   nothing in the text.
 * Refuses:  to write a control character, or past the end.
 */
#include "escape.h"

#include <stdint.h>
#include <string.h>

static bool
is_plain(enum escape how, unsigned char c)
{
	if (c < 0x20 || c > 0x7e || c == '\\')
		return (false);
	return (how != ESCAPE_VALUE || (c != ' ' && c != '"' && c != '='));
}

/*
 * One byte as it will stand in the log; the number of bytes that takes.
 * JSON has no way to say "this byte" (\u00HH is a character), so there the
 * escape of the plain formats is the text, and its backslash is doubled.
 */
static size_t
escape_byte(char unit[5], enum escape how, unsigned char c)
{
	static const char hex[] = "0123456789abcdef";
	size_t n = 0;

	if (is_plain(how, c)) {
		if (how == ESCAPE_JSON && c == '"')
			unit[n++] = '\\';
		unit[n++] = (char)c;
		return (n);
	}
	if (how == ESCAPE_JSON)
		unit[n++] = '\\';
	unit[n++] = '\\';
	unit[n++] = 'x';
	unit[n++] = hex[c >> 4];
	unit[n++] = hex[c & 15];
	return (n);
}

void
text_start(struct text *t, char *room, size_t size)
{
	t->at = room;
	t->end = room + size;
	t->cut = false;
}

void
text_bytes(struct text *t, const char *bytes, size_t len)
{
	if (t->cut || len > (size_t)(t->end - t->at)) {
		t->cut = true;
		return;
	}
	memcpy(t->at, bytes, len);
	t->at += len;
}

void
text_add(struct text *t, const char *ours)
{
	text_bytes(t, ours, strlen(ours));
}

void
text_escape(struct text *t, enum escape how, const char *theirs)
{
	text_escape_most(t, how, theirs, SIZE_MAX);
}

void
text_escape_most(struct text *t, enum escape how, const char *theirs,
    size_t most)
{
	size_t room = (size_t)(t->end - t->at), len;
	const bool own = most <= room; /* a limit of its own, not the room's */
	char *limit = t->at + (own ? most : room);
	char *dots = t->at; /* the last place where "..." still fits */
	char unit[5];

	for (; *theirs != '\0' && !t->cut; theirs++) {
		len = escape_byte(unit, how, (unsigned char)*theirs);
		if (own && len > (size_t)(limit - t->at)) {
			t->at = dots;
			text_add(t, "...");
			return;
		}
		text_bytes(t, unit, len);
		if (limit - t->at >= 3)
			dots = t->at;
	}
}
