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

#include "complaint.h"
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

static int
read_bytes(struct file *f, int fd, struct complaint *c)
{
	size_t size = f->len;
	ssize_t n = 1;

	f->bytes = malloc(size + 1);
	if (f->bytes == NULL)
		return (complain_errno(c, "%s: %s", f->what, f->path));
	for (f->len = 0; f->len < size && n > 0; f->len += (size_t)n) {
		n = read(fd, f->bytes + f->len, size - f->len);
		if (n == -1)
			return (complain_errno(c, "%s: %s", f->what, f->path));
	}
	return (0);
}

static int
file_read(struct file *f, const char *what, const char *path,
    struct complaint *c)
{
	struct stat st;
	int fd = rights_open(path), result;

	*f = (struct file){ .what = what, .path = path };
	if (fd == -1 && errno == EINVAL)
		return (complain(c, "%s: %s: not a regular file", what, path));
	if (fd == -1)
		return (complain_errno(c, "%s: %s", what, path));
	if (fstat(fd, &st) == -1) {
		result = complain_errno(c, "%s: %s", what, path);
	} else if (st.st_size > PAIR_FILE_MAX) {
		result = complain(c, "%s: %s: larger than %d bytes", what, path,
		    PAIR_FILE_MAX);
	} else {
		f->mode = st.st_mode;
		f->len = (size_t)st.st_size;
		result = read_bytes(f, fd, c);
	}
	close(fd);
	return (result);
}

static void
file_wipe(struct file *f)
{
	if (f->bytes != NULL)
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
 * Append the file's certificates to the chain; there must be one at least.
 */
static int
chain_add(struct pair *p, const struct file *f, struct complaint *c)
{
	BIO *in = open_blocks(f);
	struct block b;
	size_t before = p->chain_len;
	bool full = false;

	while (!full && block_next(in, &b)) {
		if (is_certificate(&b)) {
			full = p->chain_len == PAIR_CHAIN_MAX;
			if (!full) {
				p->chain[p->chain_len].der = b.der;
				p->chain[p->chain_len++].len = (size_t)b.len;
				b.der = NULL;
			}
		}
		block_free(&b);
	}
	BIO_free(in);
	if (full)
		return (complain(c, "%s: %s: more than %d certificates",
		    f->what, f->path, PAIR_CHAIN_MAX));
	if (p->chain_len == before)
		return (complain(c,
		    "%s: %s: no certificate in it (PEM is wanted)", f->what,
		    f->path));
	return (0);
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
read_leaf(struct pair *p, const struct file *f, struct complaint *c)
{
	const unsigned char *der;

	if (chain_add(p, f, c) == -1)
		return (-1);
	der = p->chain[0].der;
	p->leaf = d2i_X509(NULL, &der, (long)p->chain[0].len);
	if (p->leaf == NULL)
		return (complain(c, "certificate: %s: damaged", f->path));
	warn_of_dates(p);
	return (0);
}

/* ------------------------------------------------------------------ keys */

static int
parse_key(struct pair *p, const struct block *b, const struct file *f,
    struct complaint *c)
{
	const unsigned char *der = b->der;

	if (b->header[0] != '\0' || strstr(b->name, "ENCRYPTED") != NULL)
		return (complain(c,
		    "key: %s: encrypted: write it in clear with openssl pkey",
		    f->path));
	p->key = d2i_AutoPrivateKey(NULL, &der, b->len);
	if (p->key == NULL)
		return (complain(c, "key: %s: damaged, or of an unknown kind",
		    f->path));
	return (0);
}

static int
check_rsa(const EVP_PKEY *key, const struct file *f, struct complaint *c)
{
	int bits = EVP_PKEY_get_bits(key);

	if (bits >= RSA_BITS_MIN && EVP_PKEY_get_size(key) <= SIGNATURE_MAX)
		return (0);
	return (complain(c, "key: %s: RSA of %d bits: want %d to %d", f->path,
	    bits, RSA_BITS_MIN, SIGNATURE_MAX * 8));
}

static int
check_curve(const EVP_PKEY *key, const struct file *f, struct complaint *c)
{
	char curve[64] = "";
	size_t len;

	EVP_PKEY_get_group_name(key, curve, sizeof(curve), &len);
	if (strcmp(curve, "prime256v1") == 0 ||
	    strcmp(curve, "secp384r1") == 0 || strcmp(curve, "secp521r1") == 0)
		return (0);
	return (complain(c, "key: %s: on curve %s: want P-256, P-384 or P-521",
	    f->path, curve));
}

/*
 * On another curve there is no scheme of TLS 1.3, and OpenSSL takes no
 * shorter RSA key; said here, it is not told as every peer's fault.
 */
static int
check_kind(const EVP_PKEY *key, const struct file *f, struct complaint *c)
{
	if (EVP_PKEY_is_a(key, "RSA") == 1)
		return (check_rsa(key, f, c));
	if (EVP_PKEY_is_a(key, "EC") == 1)
		return (check_curve(key, f, c));
	if (EVP_PKEY_is_a(key, "ED25519") == 1)
		return (0);
	return (complain(c, "key: %s: neither RSA, ECDSA nor Ed25519",
	    f->path));
}

static int
read_key(struct pair *p, const struct file *f, struct complaint *c)
{
	BIO *in = open_blocks(f);
	struct block b;
	int result = 0;

	while (result == 0 && p->key == NULL && block_next(in, &b)) {
		if (is_key(&b))
			result = parse_key(p, &b, f, c);
		block_free(&b);
	}
	BIO_free(in);
	if (result == -1)
		return (-1);
	if (p->key == NULL)
		return (complain(c,
		    "key: %s: no private key in it (PEM is wanted)", f->path));
	return (check_kind(p->key, f, c));
}

/* ------------------------------------------------------------------ pair */

/*
 * A file may have the key as well: its bytes are overwritten, and OpenSSL's
 * copies of them.
 */
static int
add_file(struct pair *p, const char *what, const char *path,
    int add(struct pair *, const struct file *, struct complaint *),
    struct complaint *c)
{
	struct file f;
	int result = file_read(&f, what, path, c);

	if (result == 0)
		result = add(p, &f, c);
	file_wipe(&f);
	return (result);
}

int
pair_read(struct pair *p, const struct pair_files *files, struct complaint *c)
{
	memset(p, 0, sizeof(*p));
	p->files = *files;
	wipe_freed(true);
	if (add_file(p, "certificate", files->cert, read_leaf, c) == -1)
		return (-1);
	if (files->chain != NULL)
		return (add_file(p, "chain", files->chain, chain_add, c));
	return (0);
}

static int
read_key_that_fits(struct pair *p, const struct file *f, struct complaint *c)
{
	if (read_key(p, f, c) == -1)
		return (-1);
	if (X509_check_private_key(p->leaf, p->key) != 1)
		return (complain(c,
		    "key: %s: does not belong to certificate "
		    "%s",
		    f->path, p->files.cert));
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

	return (add_file(p, "key", path, read_key_that_fits, c));
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

	pair_wipe_key(p);
	X509_free(p->leaf);
	for (i = 0; i < p->chain_len; i++)
		OPENSSL_free(p->chain[i].der);
	memset(p, 0, sizeof(*p));
}
