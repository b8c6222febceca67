/* SPDX-License-Identifier: ISC */
/*
 * der_out.c - write DER (X.690), the last byte first.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   no length: what does not fit is not written.
 */
#include "der_out.h"

#include <string.h>

void
der_out_begin(struct der_out *o, uint8_t *bytes, size_t size)
{
	*o = (struct der_out){ .bytes = bytes, .size = size, .at = size };
}

void
der_out_bytes(struct der_out *o, const void *bytes, size_t len)
{
	o->full = o->full || len > o->at;
	if (o->full || len == 0)
		return;
	o->at -= len;
	memcpy(o->bytes + o->at, bytes, len);
}

static void
put_byte(struct der_out *o, size_t byte)
{
	uint8_t b = (uint8_t)byte;

	der_out_bytes(o, &b, 1);
}

void
der_out_wrap(struct der_out *o, unsigned int tag, size_t end)
{
	size_t len = end - o->at, left, bytes = 0;

	/* X.690, 8.1.3: in one byte, or in as many as it takes */
	if (len >= 0x80) {
		for (left = len; left > 0; left >>= 8, bytes++)
			put_byte(o, left & 0xff);
		put_byte(o, 0x80 | bytes);
	} else {
		put_byte(o, len);
	}
	put_byte(o, tag);
}

void
der_out_value(struct der_out *o, unsigned int tag, const void *bytes,
    size_t len)
{
	size_t end = o->at;

	der_out_bytes(o, bytes, len);
	der_out_wrap(o, tag, end);
}

void
der_out_uint(struct der_out *o, unsigned int tag, uint32_t number)
{
	size_t end = o->at;

	/* X.690, 8.3: the first bit is the sign */
	for (; number >= 0x80; number >>= 8)
		put_byte(o, number & 0xff);
	put_byte(o, number);
	der_out_wrap(o, tag, end);
}

struct der
der_out_all(const struct der_out *o)
{
	if (o->full)
		return ((struct der){ NULL, 0 });
	return ((struct der){ o->bytes + o->at, o->size - o->at });
}
