/* SPDX-License-Identifier: ISC */
/*
 * staple.h - the answer of a CA's OCSP responder, to be sent with a leaf.
 */
#ifndef SHIM_STAPLE_H
#define SHIM_STAPLE_H

#include <stddef.h>
#include <stdint.h>

struct complaint;
struct pair;

enum { STAPLE_MAX = 16384 };

struct staple {
	size_t len; /* 0: there is none */
	uint8_t der[STAPLE_MAX];
};

/*
 * Read the file of the pair's certificate with .ocsp behind its name.  If
 * there is none: 0, and an empty staple.  -1 with a complaint, and an empty
 * staple, if it is not for the leaf, not good, or not of today.
 */
int staple_read(struct staple *, const struct pair *, struct complaint *);

#endif
