/* SPDX-License-Identifier: ISC */
/*
 * buf.h - a bounded queue of bytes, contiguous at both ends.
 *
 * A full buffer is what stops reading from its source: back-pressure is
 * nothing else.  An empty one starts at its first byte again, so that an
 * idle connection has touched few pages.
 */
#ifndef SHIM_BUF_H
#define SHIM_BUF_H

#include <stddef.h>
#include <stdint.h>

struct buf {
	uint8_t *bytes;
	size_t size; /* fixed when made */
	size_t head; /* first byte in use */
	size_t len;  /* bytes in use */
};

/*
 * Room for size bytes; untouched pages cost nothing.  Ends the process when
 * there is no memory.
 */
void buf_init(struct buf *, size_t size);

/*
 * Where to append, and how much fits there at once.
 */
uint8_t *buf_tail(struct buf *, size_t *room);
void buf_added(struct buf *, size_t n);

/*
 * Append what fits; the number of bytes taken.
 */
size_t buf_put(struct buf *, const void *, size_t n);

/*
 * The first byte; buf.len of them follow.
 */
const uint8_t *buf_head(const struct buf *);
void buf_taken(struct buf *, size_t n);

/*
 * How much could be appended.
 */
size_t buf_room(const struct buf *);

#endif
