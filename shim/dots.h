/* SPDX-License-Identifier: ISC */
/*
 * dots.h - what ends with a dot alone in a line: messages and lists.
 *
 * Runs in NET.  A message ends with CRLF.CRLF and nothing like it: who takes
 * LF.LF or LF.CRLF for it lets a second message be smuggled behind the back of
 * whoever checked the first.
 */
#ifndef SHIM_DOTS_H
#define SHIM_DOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dots {
	DOTS_LINE,   /* at a line's first byte; so a message begins */
	DOTS_DOT,    /* behind CRLF. */
	DOTS_DOT_CR, /* behind CRLF.CR */
	DOTS_CR,
	DOTS_TEXT,
	DOTS_END
};

/*
 * As much of a message as there is, to its end, and not more than
 * DOTS_PART_MAX bytes; how much that is.
 */
enum { DOTS_PART_MAX = 2048 };
size_t dots_part(enum dots *, const uint8_t *, size_t len);

/*
 * Is this line of the application's the last of its list?  To be known, a
 * bare LF is enough: what comes to us so goes to the peer so.
 */
bool dots_are_over(const uint8_t *line, size_t len);

#endif
