/* SPDX-License-Identifier: ISC */
/*
 * der_out.h - write DER (X.690), the last byte first.
 *
 * So every length is known when it is due: what a value has inside is written
 * before its tag.
 *
 *	der_out_begin(&o, bytes, sizeof(bytes));
 *	end = o.at;
 *	der_out_value(&o, DER_OCTET_STRING, "second", 6);
 *	der_out_uint(&o, DER_INTEGER, 1);
 *	der_out_wrap(&o, DER_SEQUENCE, end);
 */
#ifndef SHIM_DER_OUT_H
#define SHIM_DER_OUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "der.h"

struct der_out {
	uint8_t *bytes;
	size_t size;
	size_t at; /* the first byte in use; from there to the end */
	bool full; /* something did not fit: none of it is of use */
};

void der_out_begin(struct der_out *, uint8_t *bytes, size_t size);

/* before all that is there: as it is; as a value; as the least INTEGER form */
void der_out_bytes(struct der_out *, const void *, size_t);
void der_out_value(struct der_out *, unsigned int tag, const void *, size_t);
void der_out_uint(struct der_out *, unsigned int tag, uint32_t);

/*
 * Make one value of all from here to `end`, an earlier `at`.
 */
void der_out_wrap(struct der_out *, unsigned int tag, size_t end);

/*
 * What was written; nothing if it did not fit.
 */
struct der der_out_all(const struct der_out *);

#endif
