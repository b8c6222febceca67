/* SPDX-License-Identifier: ISC */
/*
 * pair.h - a certificate with its chain, and the private key to it.
 *
 * Only the KEEPER ever has one.
 */
#ifndef SHIM_PAIR_H
#define SHIM_PAIR_H

#include <stddef.h>

struct complaint;
struct evp_pkey_st;
struct x509_st;

enum { PAIRS_MAX = 8, PAIR_CHAIN_MAX = 16 };

/*
 * The names live as long as the pair that is read from them.
 */
struct pair_files {
	const char *cert;
	const char *key;   /* NULL: in the certificate's */
	const char *chain; /* NULL: none but what is in the certificate's */
};

struct pair {
	struct pair_files files;
	struct x509_st *leaf;
	struct evp_pkey_st *key; /* between pair_read_key and pair_wipe_key */
	/* the leaf, and each that issued the one before it, less the root */
	size_t chain_len;
	struct {
		unsigned char *der;
		size_t len;
	} chain[PAIR_CHAIN_MAX];
};

/*
 * Read the certificates with the rights of SSL_USER, PEM or DER, in whatever
 * order.  -1 with a complaint that names the file for anything that keeps the
 * pair from being used; warns of a leaf that is not valid now, and of
 * certificates that have no place in the chain.
 */
int pair_read(struct pair *, const struct pair_files *, struct complaint *);

/*
 * Read the private key, which must be the certificate's.  -1 with a
 * complaint; warns of a key that everybody may read.
 */
int pair_read_key(struct pair *, struct complaint *);

/*
 * Forget the private key: its numbers, and every copy that was made on the
 * way, are overwritten.
 */
void pair_wipe_key(struct pair *);

/*
 * Free all of it, the key wiped.
 */
void pair_free(struct pair *);

#endif
