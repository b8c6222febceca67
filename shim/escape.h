/* SPDX-License-Identifier: ISC */
/*
 * escape.h - text of anybody's, made fit for a log, in a room of fixed size.
 *
 * A writer never goes past its room and never leaves half an escape: once
 * something does not fit, `cut` is set and nothing more is written.  The
 * result is ASCII without control characters, and not NUL-terminated.
 */
#ifndef SHIM_ESCAPE_H
#define SHIM_ESCAPE_H

#include <stdbool.h>
#include <stddef.h>

enum escape {
	ESCAPE_LINE,  /* \xHH: control characters, DEL, backslash, 0x80-0xff */
	ESCAPE_VALUE, /* and blank, '"' and '=': the value of key=value */
	ESCAPE_JSON   /* as ESCAPE_LINE, then as inside a JSON string */
};

struct text {
	char *at; /* one behind the last byte written */
	char *end;
	bool cut;
};

void text_start(struct text *, char *room, size_t size);

/*
 * Our own words: whole or, with `cut` set, not at all.
 */
void text_add(struct text *, const char *ours);
void text_bytes(struct text *, const char *bytes, size_t len);

/*
 * Somebody else's, as far as it fits.
 */
void text_escape(struct text *, enum escape, const char *theirs);

/*
 * The same in at most `most` bytes, the last three of them "..." if that
 * was too few.  `cut` is set only if the room itself did not suffice.
 */
void
text_escape_most(struct text *, enum escape, const char *theirs, size_t most);

#endif
