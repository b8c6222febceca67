/* SPDX-License-Identifier: ISC */
/*
 * ticket_keys.c - the master keys that session tickets are sealed under.
 *
 * Runs in:  KEEPER, with the rights of SSL_USER.
 * Trusts:   the administrator's file, once others cannot have read it.
 * Refuses:  a file that is not wholly keys: with half of them read, tickets
 *           of another machine would be lost without a word.
 */
#include "ticket_keys.h"

#include <errno.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <string.h>
#include <sys/stat.h>

#include "complaint.h"
#include "file.h"
#include "wipe.h"

enum { FILE_MAX = 8192, ID_LEN = 4 };

static const char mend[] = "write it anew with rotate-ticket-keys";

/* ---------------------------------------------------------------- the file */

static int
digit(char c)
{
	if (c >= '0' && c <= '9')
		return (c - '0');
	if (c >= 'a' && c <= 'f')
		return (c - 'a' + 10);
	if (c >= 'A' && c <= 'F')
		return (c - 'A' + 10);
	return (-1);
}

static bool
is_blank(char c)
{
	return (c == ' ' || c == '\t' || c == '\r');
}

static bool
parse_key(uint8_t key[TICKET_MASTER_LEN], const char *text, size_t len)
{
	int high, low;
	size_t i;

	if (len != (size_t)2 * TICKET_MASTER_LEN)
		return (false);
	for (i = 0; i < TICKET_MASTER_LEN; i++) {
		high = digit(text[2 * i]);
		low = digit(text[2 * i + 1]);
		if (high == -1 || low == -1)
			return (false);
		key[i] = (uint8_t)(high << 4 | low);
	}
	return (true);
}

/*
 * The line's length without its comment and the blanks around it.
 */
static size_t
trim(const char **line, size_t len)
{
	const char *comment = memchr(*line, '#', len);

	if (comment != NULL)
		len = (size_t)(comment - *line);
	while (len > 0 && is_blank((*line)[len - 1]))
		len--;
	for (; len > 0 && is_blank(**line); len--)
		(*line)++;
	return (len);
}

static int
parse_line(struct ticket_keys *k, const char *path, const char *line,
    size_t len, struct complaint *c)
{
	len = trim(&line, len);
	if (len == 0)
		return (0);
	if (k->count == TICKET_KEYS_MAX)
		return (complain(c,
		    "ticket keys: %s: more than %d keys: take the last ones "
		    "out",
		    path, TICKET_KEYS_MAX));
	if (!parse_key(k->master[k->count], line, len))
		/* never the line itself: most of a key may be in it */
		return (complain(c,
		    "ticket keys: %s: key %zu: not 64 hexadecimal digits: %s",
		    path, k->count + 1, mend));
	k->count++;
	return (0);
}

static int
parse(struct ticket_keys *k, const struct file *f, struct complaint *c)
{
	const char *text = f->bytes, *end = text + f->len, *newline;
	size_t n;

	for (; text < end; text += n + 1) {
		newline = memchr(text, '\n', (size_t)(end - text));
		n = (size_t)((newline == NULL ? end : newline) - text);
		if (parse_line(k, f->path, text, n, c) == -1)
			return (-1);
	}
	if (k->count == 0)
		return (complain(c, "ticket keys: %s: no key in it: %s",
		    f->path, mend));
	return (0);
}

static int
check_mode(const struct file *f, struct complaint *c)
{
	if ((f->mode & S_IRWXO) == 0)
		return (0);
	return (complain(c,
	    "ticket keys: %s: everybody on this host has rights to it (mode "
	    "%04o): chmod o= and %s",
	    f->path, (unsigned int)f->mode & 07777, mend));
}

/*
 * rotate-ticket-keys renames a whole file into its place, so what is there is
 * there at once.
 */
int
ticket_keys_read(struct ticket_keys *k, const char *path, struct complaint *c)
{
	struct file f;
	int result = file_read(&f, "ticket keys", path, FILE_MAX, c);

	k->count = 0;
	if (result == -1 && errno == EACCES)
		complain(c,
		    "ticket keys: %s: the account of --tls-user may not read "
		    "it: chgrp and chmod g+r",
		    path);
	if (result == 0)
		result = check_mode(&f, c);
	if (result == 0)
		result = parse(k, &f, c);
	file_wipe(&f);
	if (result == -1)
		ticket_keys_wipe(k);
	return (result);
}

/* -------------------------------------------------------------- one ticket */

/*
 * By the id a ticket's master key is found again, in any place of the file.
 */
static bool
make_id(const uint8_t master[TICKET_MASTER_LEN], uint8_t id[ID_LEN])
{
	static const char label[] = "tlsshim ticket key";
	uint8_t bytes[sizeof(label) - 1 + TICKET_MASTER_LEN];
	unsigned char hash[EVP_MAX_MD_SIZE];
	bool made;

	memcpy(bytes, label, sizeof(label) - 1);
	memcpy(bytes + sizeof(label) - 1, master, TICKET_MASTER_LEN);
	made = EVP_Digest(bytes, sizeof(bytes), hash, NULL, EVP_sha256(),
		   NULL) == 1;
	OPENSSL_cleanse(bytes, sizeof(bytes));
	memcpy(id, hash, ID_LEN);
	return (made);
}

static bool
hkdf(EVP_KDF_CTX *ctx, const uint8_t master[TICKET_MASTER_LEN], uint8_t *info,
    size_t info_len, uint8_t keys[TICKET_CIPHER_LEN + TICKET_MAC_LEN])
{
	static char digest[] = "SHA2-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_KDF_PARAM_DIGEST, digest,
		    sizeof(digest) - 1),
		OSSL_PARAM_octet_string(OSSL_KDF_PARAM_KEY, (void *)master,
		    TICKET_MASTER_LEN),
		OSSL_PARAM_octet_string(OSSL_KDF_PARAM_INFO, info, info_len),
		OSSL_PARAM_END,
	};

	return (EVP_KDF_derive(ctx, keys, TICKET_CIPHER_LEN + TICKET_MAC_LEN,
		    params) == 1);
}

/*
 * RFC 5869 with the name in `info`: from one ticket's keys nothing follows
 * for another's.
 */
static bool
derive(const uint8_t master[TICKET_MASTER_LEN], struct ticket_key *key)
{
	static const char label[] = "tlsshim ticket";
	uint8_t info[sizeof(label) - 1 + TICKET_NAME_LEN];
	uint8_t keys[TICKET_CIPHER_LEN + TICKET_MAC_LEN];
	EVP_KDF *kdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(kdf);
	bool derived;

	/* until ticket_keys_wipe: the signature's end switches it off */
	wipe_freed(true);
	memcpy(info, label, sizeof(label) - 1);
	memcpy(info + sizeof(label) - 1, key->name, TICKET_NAME_LEN);
	derived = ctx != NULL && hkdf(ctx, master, info, sizeof(info), keys);
	if (derived) {
		memcpy(key->cipher, keys, TICKET_CIPHER_LEN);
		memcpy(key->mac, keys + TICKET_CIPHER_LEN, TICKET_MAC_LEN);
		OPENSSL_cleanse(keys, sizeof(keys));
	}
	EVP_KDF_CTX_free(ctx);
	EVP_KDF_free(kdf);
	return (derived);
}

enum ticket_answer
ticket_keys_seal(const struct ticket_keys *k, struct ticket_key *key)
{
	if (k->count == 0 || !make_id(k->master[0], key->name) ||
	    RAND_bytes(key->name + ID_LEN, TICKET_NAME_LEN - ID_LEN) != 1 ||
	    !derive(k->master[0], key))
		return (TICKET_UNKNOWN);
	return (TICKET_GOOD);
}

enum ticket_answer
ticket_keys_open(const struct ticket_keys *k, struct ticket_key *key)
{
	uint8_t id[ID_LEN];
	size_t i;

	for (i = 0; i < k->count; i++)
		if (make_id(k->master[i], id) &&
		    memcmp(id, key->name, ID_LEN) == 0)
			break;
	if (i == k->count || !derive(k->master[i], key))
		return (TICKET_UNKNOWN);
	return (i == 0 ? TICKET_GOOD : TICKET_RENEW);
}

void
ticket_keys_wipe(struct ticket_keys *k)
{
	OPENSSL_cleanse(k, sizeof(*k));
	wipe_freed(false);
}
