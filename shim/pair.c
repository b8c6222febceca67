/* SPDX-License-Identifier: ISC */
/*
 * pair.c - read a certificate, its chain and its key.
 *
 * Runs in:  KEEPER, with the rights of SSL_USER.
 * Trusts:   the administrator's files, after checking that they fit.
 */
#include "pair.h"

#include <errno.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "log.h"
#include "rights.h"
#include "sign.h"
#include "wipe.h"

enum { RSA_BITS_MIN = 2048 };

struct file {
	const char *what, *path; /* for messages */
	char *bytes;
	size_t len;
	mode_t mode;
};

/* ---------------------------------------------------------------- files */

static void
file_read(struct file *f, const char *what, const char *path)
{
	struct stat st;
	ssize_t n = 0;
	int fd = rights_open(path);

	*f = (struct file){ .what = what, .path = path };
	if (fd == -1 && errno == EINVAL)
		fatalx(EXIT_USAGE, "%s: %s: not a regular file", what, path);
	if (fd == -1 || fstat(fd, &st) == -1)
		fatal(EXIT_USAGE, "%s: %s", what, path);
	if (st.st_size > PAIR_FILE_MAX)
		fatalx(EXIT_USAGE, "%s: %s: larger than %d bytes", what, path,
		    PAIR_FILE_MAX);
	f->mode = st.st_mode;
	f->bytes = malloc((size_t)st.st_size + 1);
	if (f->bytes == NULL)
		fatal(EXIT_SYSTEM, "%s: %s", what, path);
	while (f->len < (size_t)st.st_size) {
		n = read(fd, f->bytes + f->len, (size_t)st.st_size - f->len);
		if (n <= 0)
			break;
		f->len += (size_t)n;
	}
	if (n == -1)
		fatal(EXIT_USAGE, "%s: %s", what, path);
	close(fd);
}

static void
file_wipe(struct file *f)
{
	OPENSSL_cleanse(f->bytes, f->len);
	free(f->bytes);
	f->bytes = NULL;
}

/* ------------------------------------------------------------ PEM blocks */

struct block {
	char *name, *header;
	unsigned char *der;
	long len;
};

static bool
block_next(BIO *in, struct block *b)
{
	return (PEM_read_bio(in, &b->name, &b->header, &b->der, &b->len) == 1);
}

/* both may be secret */
static void
block_free(struct block *b)
{
	OPENSSL_clear_free(b->der, (size_t)b->len);
	OPENSSL_free(b->header);
	OPENSSL_free(b->name);
}

static bool
is_certificate(const struct block *b)
{
	return (strcmp(b->name, PEM_STRING_X509) == 0 ||
	    strcmp(b->name, PEM_STRING_X509_OLD) == 0);
}

static bool
is_key(const struct block *b)
{
	size_t len = strlen(b->name), suffix = strlen("PRIVATE KEY");

	return (len >= suffix &&
	    strcmp(b->name + len - suffix, "PRIVATE KEY") == 0);
}

static BIO *
open_blocks(const struct file *f)
{
	BIO *in = BIO_new_mem_buf(f->bytes, (int)f->len);

	if (in == NULL)
		fatalx(EXIT_SYSTEM, "%s: %s: no memory", f->what, f->path);
	return (in);
}

/* ---------------------------------------------------------- certificates */

/*
 * Append the file's certificates to the chain; the number found.
 */
static size_t
chain_add(struct pair *p, const struct file *f)
{
	BIO *in = open_blocks(f);
	struct block b;
	size_t found = 0;

	while (block_next(in, &b)) {
		if (is_certificate(&b)) {
			if (p->chain_len == PAIR_CHAIN_MAX)
				fatalx(EXIT_USAGE,
				    "%s: %s: more than %d "
				    "certificates",
				    f->what, f->path, PAIR_CHAIN_MAX);
			p->chain[p->chain_len].der = b.der;
			p->chain[p->chain_len++].len = (size_t)b.len;
			b.der = NULL;
			found++;
		}
		block_free(&b);
	}
	BIO_free(in);
	return (found);
}

static void
warn_of_dates(const struct pair *p, const char *path)
{
	if (X509_cmp_current_time(X509_get0_notAfter(p->leaf)) < 0)
		log_warnx("certificate: %s: expired", path);
	else if (X509_cmp_current_time(X509_get0_notBefore(p->leaf)) > 0)
		log_warnx("certificate: %s: not yet valid", path);
}

static void
read_leaf(struct pair *p, const struct file *f)
{
	const unsigned char *der;

	if (chain_add(p, f) == 0)
		fatalx(EXIT_USAGE,
		    "certificate: %s: no certificate in it (PEM "
		    "is wanted)",
		    f->path);
	der = p->chain[0].der;
	p->leaf = d2i_X509(NULL, &der, (long)p->chain[0].len);
	if (p->leaf == NULL)
		fatalx(EXIT_USAGE, "certificate: %s: damaged", f->path);
}

/* ------------------------------------------------------------------ keys */

static EVP_PKEY *
parse_key(const struct block *b, const struct file *f)
{
	const unsigned char *der = b->der;
	EVP_PKEY *key;

	if (b->header[0] != '\0' || strstr(b->name, "ENCRYPTED") != NULL)
		fatalx(EXIT_USAGE,
		    "key: %s: encrypted: write it in clear with "
		    "openssl pkey",
		    f->path);
	key = d2i_AutoPrivateKey(NULL, &der, b->len);
	if (key == NULL)
		fatalx(EXIT_USAGE, "key: %s: damaged, or of an unknown kind",
		    f->path);
	return (key);
}

/*
 * On another curve there is no scheme of TLS 1.3, and OpenSSL takes no
 * shorter RSA key; said here, it is not told as every peer's fault.
 */
static void
check_kind(const EVP_PKEY *key, const struct file *f)
{
	char curve[64] = "";
	size_t len;

	if (EVP_PKEY_is_a(key, "RSA") == 1) {
		if (EVP_PKEY_get_bits(key) < RSA_BITS_MIN ||
		    EVP_PKEY_get_size(key) > SIGNATURE_MAX)
			fatalx(EXIT_USAGE,
			    "key: %s: RSA of %d bits: want %d to %d", f->path,
			    EVP_PKEY_get_bits(key), RSA_BITS_MIN,
			    SIGNATURE_MAX * 8);
	} else if (EVP_PKEY_is_a(key, "EC") == 1) {
		EVP_PKEY_get_group_name(key, curve, sizeof(curve), &len);
		if (strcmp(curve, "prime256v1") != 0 &&
		    strcmp(curve, "secp384r1") != 0 &&
		    strcmp(curve, "secp521r1") != 0)
			fatalx(EXIT_USAGE,
			    "key: %s: on curve %s: want P-256, "
			    "P-384 or P-521",
			    f->path, curve);
	} else if (EVP_PKEY_is_a(key, "ED25519") != 1) {
		fatalx(EXIT_USAGE, "key: %s: neither RSA, ECDSA nor Ed25519",
		    f->path);
	}
}

static void
read_key(struct pair *p, const struct file *f)
{
	BIO *in = open_blocks(f);
	struct block b;

	while (p->key == NULL && block_next(in, &b)) {
		if (is_key(&b))
			p->key = parse_key(&b, f);
		block_free(&b);
	}
	BIO_free(in);
	if (p->key == NULL)
		fatalx(EXIT_USAGE,
		    "key: %s: no private key in it (PEM is "
		    "wanted)",
		    f->path);
	check_kind(p->key, f);
	if ((f->mode & S_IROTH) != 0)
		log_warnx("key: %s: everybody on this host may read it: chmod "
			  "o-r",
		    f->path);
}

/* ------------------------------------------------------------------ pair */

void
pair_read(struct pair *p, const struct pair_files *files)
{
	const char *key_path = files->key == NULL ? files->cert : files->key;
	struct file cert, key, chain;

	memset(p, 0, sizeof(*p));
	wipe_freed(true);
	file_read(&cert, "certificate", files->cert);
	read_leaf(p, &cert);
	if (strcmp(key_path, files->cert) == 0) {
		read_key(p, &cert);
	} else {
		file_read(&key, "key", key_path);
		read_key(p, &key);
		file_wipe(&key);
	}
	file_wipe(&cert);
	if (files->chain != NULL) {
		file_read(&chain, "chain", files->chain);
		if (chain_add(p, &chain) == 0)
			fatalx(EXIT_USAGE,
			    "chain: %s: no certificate in it "
			    "(PEM is wanted)",
			    files->chain);
		/* it may be the file that has the key as well */
		file_wipe(&chain);
	}
	if (X509_check_private_key(p->leaf, p->key) != 1)
		fatalx(EXIT_USAGE, "key: %s: does not belong to certificate %s",
		    key_path, files->cert);
	warn_of_dates(p, files->cert);
}

void
pair_wipe_key(struct pair *p)
{
	EVP_PKEY_free(p->key);
	p->key = NULL;
	wipe_freed(false);
}
