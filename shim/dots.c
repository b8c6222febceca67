/* SPDX-License-Identifier: ISC */
/*
 * dots.c - what ends with a dot alone in a line: messages and lists.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody.
 */
#include "dots.h"

static enum dots
step(enum dots state, uint8_t byte)
{
	if (state == DOTS_LINE && byte == '.')
		return (DOTS_DOT);
	if (state == DOTS_DOT && byte == '\r')
		return (DOTS_DOT_CR);
	if (state == DOTS_DOT_CR && byte == '\n')
		return (DOTS_END);
	if (state == DOTS_CR && byte == '\n')
		return (DOTS_LINE);
	return (byte == '\r' ? DOTS_CR : DOTS_TEXT);
}

size_t
dots_part(enum dots *state, const uint8_t *bytes, size_t len)
{
	size_t n = 0;

	while (n < len && n < DOTS_PART_MAX && *state != DOTS_END)
		*state = step(*state, bytes[n++]);
	return (n);
}

bool
dots_are_over(const uint8_t *line, size_t len)
{
	while (len > 0 && (line[len - 1] == '\r' || line[len - 1] == '\n'))
		len--;
	return (len == 1 && line[0] == '.');
}
