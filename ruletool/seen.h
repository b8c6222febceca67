/* SPDX-License-Identifier: ISC */
/*
 * seen.h - which line has a key first.
 */
#ifndef RULETOOL_SEEN_H
#define RULETOOL_SEEN_H

#include <stddef.h>
#include <stdint.h>

struct seen_slot;

struct seen {
	struct seen_slot *slots;
	size_t count, room; /* of slots; room a power of two, or 0 */
	char *bytes;	    /* the keys, one behind the other */
	size_t len, size;
};

/*
 * The line that has the key; 0: none has.
 */
size_t seen_line(const struct seen *, const char *key, size_t len);

/*
 * Note a key that no line has yet.  0, or -1 with errno set.
 */
int seen_add(struct seen *, const char *key, size_t len, size_t line);

void seen_free(struct seen *);

#endif
