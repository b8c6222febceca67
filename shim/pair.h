/* SPDX-License-Identifier: ISC */
/*
 * pair.h - a certificate with its chain, and the private key to it.
 *
 * Only the KEEPER ever has one.
 */
#ifndef SHIM_PAIR_H
#define SHIM_PAIR_H

#include <stddef.h>

struct x509_st;
struct evp_pkey_st;

enum { PAIR_CHAIN_MAX = 16, PAIR_FILE_MAX = 1024 * 1024 };

struct pair {
	struct x509_st *leaf;
	struct evp_pkey_st *key; /* NULL after pair_wipe_key */
	size_t chain_len;	 /* certificates, the leaf included */
	struct {
		unsigned char *der;
		size_t len;
	} chain[PAIR_CHAIN_MAX];
};

struct pair_files {
	const char *cert;
	const char *key;   /* NULL: in the certificate's */
	const char *chain; /* NULL: none but what is in the certificate's */
};

/*
 * Read a pair with the rights of SSL_USER.  Ends the process with EXIT_USAGE
 * and one line that names the file for anything that keeps the pair from
 * being used; warns of a certificate that is not valid now and of a key that
 * everybody may read.
 */
void pair_read(struct pair *, const struct pair_files *);

/*
 * Forget the private key: its numbers, and every copy that was made on the
 * way, are overwritten.
 */
void pair_wipe_key(struct pair *);

#endif
