/* SPDX-License-Identifier: ISC */
/*
 * seen.c - which line has a key first.
 *
 * Runs in:  tlsshim-rules, with the rights of whoever types it.
 * Trusts:   the lists not to be made so that their hashes collide: it costs
 *           their writer time.
 *
 * A hash table with open addressing, at most half full; keys lie in one
 * piece of memory, so a million of them are a few allocations.
 */
#include "seen.h"

#include <cdb.h>
#include <stdlib.h>
#include <string.h>

struct seen_slot {
	size_t at;   /* in bytes */
	size_t line; /* 0: the slot is free */
	uint32_t hash, len;
};

enum { ROOM_AT_FIRST = 1024, BYTES_AT_FIRST = 65536 };

/*
 * cdb's own hash puts most addresses of a list into neighbouring slots.
 */
static uint32_t
spread(const char *key, size_t len)
{
	return (cdb_hash(key, (unsigned int)len) * UINT32_C(0x9e3779b1));
}

static struct seen_slot *
find(const struct seen *s, uint32_t hash, const char *key, size_t len)
{
	size_t i = (hash ^ hash >> 15) & (s->room - 1);

	while (s->slots[i].line != 0 &&
	    (s->slots[i].hash != hash || s->slots[i].len != len ||
		memcmp(s->bytes + s->slots[i].at, key, len) != 0))
		i = (i + 1) & (s->room - 1);
	return (&s->slots[i]);
}

size_t
seen_line(const struct seen *s, const char *key, size_t len)
{
	if (s->room == 0)
		return (0);
	return (find(s, spread(key, len), key, len)->line);
}

static int
grow(struct seen *s)
{
	struct seen bigger = *s;
	const struct seen_slot *slot;

	bigger.room = s->room == 0 ? ROOM_AT_FIRST : 2 * s->room;
	bigger.slots = calloc(bigger.room, sizeof(*bigger.slots));
	if (bigger.slots == NULL)
		return (-1);
	for (slot = s->slots; slot < s->slots + s->room; slot++)
		if (slot->line != 0)
			*find(&bigger, slot->hash, s->bytes + slot->at,
			    slot->len) = *slot;
	free(s->slots);
	*s = bigger;
	return (0);
}

static int
keep_bytes(struct seen *s, const char *key, size_t len)
{
	size_t size = s->size == 0 ? BYTES_AT_FIRST : 2 * s->size;
	char *bytes;

	if (s->size - s->len < len || s->size == 0) {
		if ((bytes = realloc(s->bytes, size)) == NULL)
			return (-1);
		s->bytes = bytes;
		s->size = size;
	}
	memcpy(s->bytes + s->len, key, len);
	s->len += len;
	return (0);
}

int
seen_add(struct seen *s, const char *key, size_t len, size_t line)
{
	uint32_t hash = spread(key, len);

	if (2 * s->count >= s->room && grow(s) == -1)
		return (-1);
	if (keep_bytes(s, key, len) == -1)
		return (-1);
	*find(s, hash, key, len) = (struct seen_slot){ .at = s->len - len,
		.line = line,
		.hash = hash,
		.len = (uint32_t)len };
	s->count++;
	return (0);
}

void
seen_free(struct seen *s)
{
	free(s->slots);
	free(s->bytes);
	memset(s, 0, sizeof(*s));
}
