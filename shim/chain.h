/* SPDX-License-Identifier: ISC */
/*
 * chain.h - certificates from files in any order, put in the one that is sent.
 */
#ifndef SHIM_CHAIN_H
#define SHIM_CHAIN_H

#include <stdbool.h>
#include <stddef.h>

#include "der.h"

struct complaint;
struct file;

enum { CHAIN_FOUND_MAX = 64 };

struct chain_certificate {
	struct der der; /* OpenSSL's to free */
	struct der_names names;
	const char *what, *path; /* the file it is from */
	bool sent;
};

struct chain {
	size_t count;
	struct chain_certificate found[CHAIN_FOUND_MAX];
};

/*
 * Add the certificates of a file, PEM or DER, told by its content.  -1 with
 * a complaint: none in it, one that is damaged, too many.
 */
int chain_add(struct chain *, const struct file *, struct complaint *);

/*
 * The leaf among what has been added so far: the first certificate that
 * issued no other.
 */
size_t chain_leaf(const struct chain *);

/*
 * From this leaf on, each certificate issued by the next, into order[]:
 * how many, at most `most`.  One that is its own issuer is not sent: a peer
 * that does not have it would not trust it.
 */
size_t chain_sort(struct chain *, size_t leaf, size_t order[], size_t most);

/*
 * Warn of certificates that belong to no place of the chain.  After
 * chain_sort.
 */
void chain_warn_of_strays(const struct chain *);

/*
 * Free all but those that are sent.
 */
void chain_free_rest(struct chain *);

#endif
