/* SPDX-License-Identifier: ISC */
/*
 * cert_dir.h - the pairs that a directory has for a server name.
 *
 * Looked up by name, never listed: so it does not matter how many others
 * there are.  Runs in the KEEPER.
 */
#ifndef SHIM_CERT_DIR_H
#define SHIM_CERT_DIR_H

#include <stdbool.h>
#include <stddef.h>

#include "pair.h"

struct complaint;

enum { CERT_DIR_PAIRS_MAX = 10 };

struct cert_dir {
	size_t count;
	struct pair_files pairs[CERT_DIR_PAIRS_MAX];
};

/*
 * What `dir` has for the name, else for the name with "*" as its first label;
 * count 0: nothing.  For each of the endings "", _ecdsa, _ecc, _ed25519 and
 * _rsa of NAME that is the file NAME.pem, the key in it, and the directory
 * NAME with the first of
 *
 *	fullchain.pem and privkey.pem	certbot
 *	fullchain.pem and key.pem
 *	fullchain.cer and NAME.key	acme.sh
 *	cert.pem and key.pem		and chain.pem if there is one
 *	cert.pem and privkey.pem	and chain.pem if there is one
 *
 * A NAME that is a link is followed once: the files of a pair are those of one
 * directory, whatever the link becomes while they are read.
 *
 * The name is one that server_name_copy made.  -1 with a complaint that names
 * the file: what may not be looked at, a directory NAME without any of these,
 * and a `dir` that is none.
 */
int cert_dir_find(struct cert_dir *, const char *dir, const char *name,
    struct complaint *);

/*
 * Is it one of the endings?  For check_dir.
 */
bool cert_dir_is_ending(const char *, size_t len);

/*
 * Is `dir` a directory at all?  0; -1 with a complaint.  Before there is a
 * name to find.
 */
int cert_dir_check(const char *dir, struct complaint *);

/*
 * Forget them and their names.
 */
void cert_dir_free(struct cert_dir *);

#endif
