/* SPDX-License-Identifier: ISC */
/*
 * pair.c - read a certificate with its chain, and the key to it.
 *
 * Runs in:  KEEPER, with the rights of SSL_USER.
 * Trusts:   the administrator's files, after checking that they fit.
 */
#include "pair.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/stat.h>

#include "chain.h"
#include "complaint.h"
#include "file.h"
#include "library.h"
#include "log.h"
#include "pair_key.h"
#include "wipe.h"

enum { FILE_MAX = 1024 * 1024 };

/* ---------------------------------------------------------- certificates */

/*
 * A file may have the key as well: its bytes are overwritten.
 */
static int
add_file(struct chain *chain, const char *what, const char *path,
    struct complaint *c)
{
	struct file f;
	int result = file_read(&f, what, path, FILE_MAX, c);

	if (result == 0)
		result = chain_add(chain, &f, c);
	file_wipe(&f);
	return (result);
}

static int
read_chain(struct chain *chain, size_t *leaf, const struct pair_files *files,
    struct complaint *c)
{
	if (add_file(chain, "certificate", files->cert, c) == -1)
		return (-1);
	*leaf = chain_leaf(chain);
	if (files->chain == NULL)
		return (0);
	return (add_file(chain, "chain", files->chain, c));
}

static void
take_chain(struct pair *p, struct chain *chain, size_t leaf)
{
	size_t order[PAIR_CHAIN_MAX], i;

	p->chain_len = chain_sort(chain, leaf, order, PAIR_CHAIN_MAX);
	for (i = 0; i < p->chain_len; i++) {
		const struct der *der = &chain->found[order[i]].der;

		p->chain[i].der = (unsigned char *)(uintptr_t)der->at;
		p->chain[i].len = der->len;
	}
	chain_warn_of_strays(chain);
}

static void
warn_of_dates(const struct pair *p)
{
	const char *path = p->files.cert;

	if (X509_cmp_current_time(X509_get0_notAfter(p->leaf)) < 0)
		log_warnx("certificate: %s: expired", path);
	else if (X509_cmp_current_time(X509_get0_notBefore(p->leaf)) > 0)
		log_warnx("certificate: %s: not yet valid", path);
}

static int
read_leaf(struct pair *p, struct complaint *c)
{
	p->leaf = library_certificate(p->chain[0].der, p->chain[0].len);
	if (p->leaf == NULL)
		return (complain(c, "certificate: %s: damaged", p->files.cert));
	warn_of_dates(p);
	return (0);
}

int
pair_read(struct pair *p, const struct pair_files *files, struct complaint *c)
{
	struct chain chain = { 0 };
	bool wiping = wipe_freed(true);
	size_t leaf = 0;
	int result;

	memset(p, 0, sizeof(*p));
	p->files = *files;
	result = read_chain(&chain, &leaf, files, c);
	if (result == 0) {
		take_chain(p, &chain, leaf);
		result = read_leaf(p, c);
	}
	chain_free_rest(&chain);
	wipe_freed(wiping);
	return (result);
}

/* ------------------------------------------------------------------- key */

static int
take_key(struct pair *p, const struct file *f, struct complaint *c)
{
	p->key = pair_key_parse(f, c);
	if (p->key == NULL)
		return (-1);
	if (X509_check_private_key(p->leaf, p->key) != 1)
		return (complain(c,
		    "key: %s: does not belong to certificate %s", f->path,
		    p->files.cert));
	if ((f->mode & S_IROTH) != 0)
		log_warnx("key: %s: everybody on this host may read it: chmod "
			  "o-r",
		    f->path);
	return (0);
}

int
pair_read_key(struct pair *p, struct complaint *c)
{
	const char *path = p->files.key == NULL ? p->files.cert : p->files.key;
	struct file f;
	int result;

	wipe_freed(true);
	result = file_read(&f, "key", path, FILE_MAX, c);
	if (result == 0)
		result = take_key(p, &f, c);
	file_wipe(&f);
	if (result == -1)
		pair_wipe_key(p);
	return (result);
}

void
pair_wipe_key(struct pair *p)
{
	EVP_PKEY_free(p->key);
	p->key = NULL;
	wipe_freed(false);
}

void
pair_free(struct pair *p)
{
	size_t i;

	if (p->key != NULL)
		pair_wipe_key(p);
	X509_free(p->leaf);
	for (i = 0; i < p->chain_len; i++)
		OPENSSL_free(p->chain[i].der);
	memset(p, 0, sizeof(*p));
}
