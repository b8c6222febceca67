/* SPDX-License-Identifier: ISC */
/*
 * pem.c - the blocks of a PEM file (RFC 7468), one after the other.
 *
 * Runs in:  KEEPER.
 * Trusts:   OpenSSL to decode a block.
 * Refuses:  a block without its end: the rest of the file would be lost
 *           without a word.
 */
#include "pem.h"

#include <openssl/crypto.h>
#include <openssl/pem.h>
#include <stdio.h>
#include <string.h>

#include "file.h"

static const char begin[] = "-----BEGIN ", hyphens[] = "-----";

/*
 * A line that begins so; or right behind the last block, where files were
 * joined that do not end with a newline; or behind a byte order mark.
 */
static const char *
find_begin(const struct file *f, size_t at)
{
	const char *end = f->bytes + f->len, *from = f->bytes + at, *found;

	for (;; from = found + 1) {
		found = memmem(from, (size_t)(end - from), begin,
		    strlen(begin));
		if (found == NULL || found == f->bytes + at ||
		    found[-1] == '\n')
			return (found);
		if (found == f->bytes + 3 &&
		    memcmp(f->bytes, "\xef\xbb\xbf", 3) == 0)
			return (found);
	}
}

/*
 * Behind "-----END label-----"; NULL if there is none before the next block.
 */
static const char *
find_end(const struct pem_block *b, const char *end)
{
	char line[sizeof("-----END -----") + 64];
	const char *found;
	int len;

	len = snprintf(line, sizeof(line), "-----END %.*s-----",
	    (int)b->label_len, b->label);
	if (len < 0 || (size_t)len >= sizeof(line))
		return (NULL);
	found = memmem(b->label, (size_t)(end - b->label), line, (size_t)len);
	if (found == NULL ||
	    memmem(b->label, (size_t)(found - b->label), begin,
		strlen(begin)) != NULL)
		return (NULL);
	return (found + len);
}

enum pem_result
pem_next(const struct file *f, size_t *at, struct pem_block *b)
{
	const char *end = f->bytes + f->len, *behind;

	b->text = find_begin(f, *at);
	if (b->text == NULL)
		return (PEM_END);
	b->label = b->text + strlen(begin);
	behind = memmem(b->label, (size_t)(end - b->label), hyphens,
	    strlen(hyphens));
	if (behind == NULL)
		return (PEM_CUT_OFF);
	b->label_len = (size_t)(behind - b->label);
	behind = find_end(b, end);
	if (behind == NULL)
		return (PEM_CUT_OFF);
	b->len = (size_t)(behind - b->text);
	*at = (size_t)(behind - f->bytes);
	return (PEM_BLOCK);
}

bool
pem_is(const struct pem_block *b, const char *label)
{
	return (b->label_len == strlen(label) &&
	    memcmp(b->label, label, b->label_len) == 0);
}

bool
pem_is_certificate(const struct pem_block *b)
{
	return (pem_is(b, PEM_STRING_X509) || pem_is(b, PEM_STRING_X509_OLD));
}

bool
pem_is_key(const struct pem_block *b)
{
	static const char suffix[] = "PRIVATE KEY";
	size_t len = strlen(suffix);

	return (b->label_len >= len &&
	    memcmp(b->label + b->label_len - len, suffix, len) == 0);
}

int
pem_decode(struct pem_content *content, const struct pem_block *b)
{
	BIO *in = BIO_new_mem_buf(b->text, (int)b->len);
	long len = 0;
	int read = 0;

	memset(content, 0, sizeof(*content));
	if (in != NULL)
		read = PEM_read_bio(in, &content->label, &content->header,
		    &content->der, &len);
	BIO_free(in);
	content->len = (size_t)len;
	if (read == 1)
		return (0);
	/* OpenSSL before 3.0.8 leaves what it has freed (CVE-2022-4450) */
	memset(content, 0, sizeof(*content));
	return (-1);
}

void
pem_free(struct pem_content *content)
{
	OPENSSL_clear_free(content->der, content->len);
	OPENSSL_free(content->header);
	OPENSSL_free(content->label);
	memset(content, 0, sizeof(*content));
}
