/* SPDX-License-Identifier: ISC */
/*
 * buf.c - a bounded queue of bytes.
 *
 * Runs in:  NET.
 * Trusts:   nobody: every count is bounded by the buffer's size.
 */
#include "buf.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

void
buf_init(struct buf *b, size_t size)
{
	b->bytes = malloc(size);
	if (b->bytes == NULL)
		fatal(EXIT_SYSTEM, "buffer: %zu bytes", size);
	b->size = size;
	b->head = b->len = 0;
}

uint8_t *
buf_tail(struct buf *b, size_t *room)
{
	/* moving is rare: only what a slow reader left behind */
	if (b->head > 0 && b->size - b->head - b->len < b->size / 2) {
		memmove(b->bytes, b->bytes + b->head, b->len);
		b->head = 0;
	}
	*room = b->size - b->head - b->len;
	return (b->bytes + b->head + b->len);
}

void
buf_added(struct buf *b, size_t n)
{
	b->len += n;
}

size_t
buf_put(struct buf *b, const void *from, size_t n)
{
	size_t room;
	uint8_t *to = buf_tail(b, &room);

	if (n > room)
		n = room;
	memcpy(to, from, n);
	b->len += n;
	return (n);
}

const uint8_t *
buf_head(const struct buf *b)
{
	return (b->bytes + b->head);
}

void
buf_taken(struct buf *b, size_t n)
{
	b->len -= n;
	b->head = b->len == 0 ? 0 : b->head + n;
}

size_t
buf_room(const struct buf *b)
{
	return (b->size - b->len);
}
