/* SPDX-License-Identifier: ISC */
/*
 * pem.h - the blocks of a PEM file (RFC 7468), one after the other.
 *
 * Finding a block is cheap; only one that is wanted is decoded.
 */
#ifndef SHIM_PEM_H
#define SHIM_PEM_H

#include <stdbool.h>
#include <stddef.h>

struct file;

/* where a block is */
struct pem_block {
	const char *label; /* between BEGIN and the hyphens; not terminated */
	size_t label_len;
	const char *text; /* from -----BEGIN to the end of the END line */
	size_t len;
};

/* what is in it; each is OpenSSL's to free */
struct pem_content {
	char *label, *header; /* of RFC 1421, "" where there is none */
	unsigned char *der;
	size_t len;
};

enum pem_result {
	PEM_BLOCK,
	PEM_END,    /* no further one */
	PEM_CUT_OFF /* one begins but does not end */
};

/*
 * The next block from *at on, which is moved behind it.  Anything between
 * blocks is passed over.
 */
enum pem_result pem_next(const struct file *, size_t *at, struct pem_block *);

bool pem_is(const struct pem_block *, const char *label);

bool pem_is_certificate(const struct pem_block *);

/* of any kind, encrypted or not */
bool pem_is_key(const struct pem_block *);

/*
 * Decode it: 0, or -1 if it is damaged.
 */
int pem_decode(struct pem_content *, const struct pem_block *);

/*
 * Overwrite and free it.
 */
void pem_free(struct pem_content *);

#endif
