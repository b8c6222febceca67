/* SPDX-License-Identifier: ISC */
/*
 * dhparam.c - a group for Diffie-Hellman of the administrator's own.
 *
 * Runs in:  KEEPER (read) and NET (key).
 * Trusts:   the administrator that the prime is one: to prove it would take
 *           longer than a connection.
 */
#include "dhparam.h"

#include <openssl/asn1.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <string.h>

#include "complaint.h"
#include "file.h"
#include "pem.h"

enum { FILE_MAX = 16384 };

/* ------------------------------------------------------------------ group */

static bool
put_number(struct dh_group *g, const ASN1_TYPE *number)
{
	BIGNUM *n = number->type != V_ASN1_INTEGER ?
	    NULL :
	    ASN1_INTEGER_to_BN(number->value.integer, NULL);
	size_t len = n == NULL ? 0 : (size_t)BN_num_bytes(n);
	bool fits = len > 0 && len <= DH_PRIME_MAX && BN_is_negative(n) == 0;

	if (fits) {
		g->bytes[g->len++] = (uint8_t)(len >> 8);
		g->bytes[g->len++] = (uint8_t)len;
		BN_bn2bin(n, g->bytes + g->len);
		g->len += len;
	}
	BN_free(n);
	return (fits);
}

/*
 * PKCS #3, 9, and RFC 3279, 2.3.3: a sequence that begins with the prime and
 * the generator.
 */
static bool
parse(struct dh_group *g, const unsigned char *der, long len)
{
	ASN1_SEQUENCE_ANY *numbers = d2i_ASN1_SEQUENCE_ANY(NULL, &der, len);
	bool good;

	good = numbers != NULL && sk_ASN1_TYPE_num(numbers) >= 2 &&
	    put_number(g, sk_ASN1_TYPE_value(numbers, 0)) &&
	    put_number(g, sk_ASN1_TYPE_value(numbers, 1));
	sk_ASN1_TYPE_pop_free(numbers, ASN1_TYPE_free);
	return (good);
}

/*
 * Where a number lies: 0 the prime, 1 the generator.
 */
static const uint8_t *
number(const struct dh_group *g, int which, size_t *len)
{
	const uint8_t *at = g->bytes;

	*len = (size_t)(at[0] << 8 | at[1]);
	if (which == 0)
		return (at + 2);
	at += 2 + *len;
	*len = (size_t)(at[0] << 8 | at[1]);
	return (at + 2);
}

bool
dhparam_whole(const struct dh_group *g)
{
	size_t at = 0, len;
	int i;

	for (i = 0; i < 2 && g->len != 0; i++) {
		if (g->len - at < 2)
			return (false);
		len = (size_t)(g->bytes[at] << 8 | g->bytes[at + 1]);
		if (len == 0 || len > DH_PRIME_MAX || g->len - at - 2 < len)
			return (false);
		at += 2 + len;
	}
	return (at == g->len);
}

/*
 * What needs no proof of primality: an odd prime, a generator that is neither
 * 0, 1 nor -1.
 */
static bool
is_sane(const struct dh_group *group)
{
	size_t p_len, g_len;
	const uint8_t *p = number(group, 0, &p_len);
	const uint8_t *g = number(group, 1, &g_len);

	if ((p[p_len - 1] & 1) == 0 || g_len > p_len ||
	    (g_len == 1 && g[0] <= 1))
		return (false);
	/* below p - 1, whose last byte alone differs from p's */
	return (g_len < p_len || memcmp(g, p, p_len - 1) < 0 ||
	    (memcmp(g, p, p_len - 1) == 0 && g[g_len - 1] < p[p_len - 1] - 1));
}

static int
judge(const struct dh_group *g, const char *path, struct complaint *c)
{
	size_t len;
	const uint8_t *p = number(g, 0, &len);
	int bits = (int)len * 8;
	uint8_t first = p[0];

	for (; first < 0x80; first = (uint8_t)(first << 1))
		bits--;
	if (bits < DH_PRIME_MIN * 8 || bits > DH_PRIME_MAX * 8)
		return (complain(c,
		    "--dhparam: %s: a prime of %d bits: want %d to %d", path,
		    bits, DH_PRIME_MIN * 8, DH_PRIME_MAX * 8));
	if (!is_sane(g))
		return (complain(c,
		    "--dhparam: %s: an even prime, or a generator that is none",
		    path));
	return (0);
}

static int
parse_block(struct dh_group *g, const struct pem_block *b, const char *path,
    struct complaint *c)
{
	struct pem_content content;
	bool parsed;

	parsed = pem_decode(&content, b) == 0 &&
	    parse(g, content.der, (long)content.len);
	pem_free(&content);
	if (parsed)
		return (judge(g, path, c));
	return (complain(c, "--dhparam: %s: damaged, or longer than %d bits",
	    path, DH_PRIME_MAX * 8));
}

/*
 * The first of the kind counts.
 */
static int
parse_file(struct dh_group *g, const struct file *f, struct complaint *c)
{
	struct pem_block b;
	size_t at = 0;

	while (pem_next(f, &at, &b) == PEM_BLOCK)
		if (pem_is(&b, PEM_STRING_DHPARAMS) ||
		    pem_is(&b, PEM_STRING_DHXPARAMS))
			return (parse_block(g, &b, f->path, c));
	return (complain(c,
	    "--dhparam: %s: no DH PARAMETERS in it: make them with openssl "
	    "dhparam 2048",
	    f->path));
}

int
dhparam_read(struct dh_group *g, const char *path, struct complaint *c)
{
	struct file f;
	int result = file_read(&f, "--dhparam", path, FILE_MAX, c);

	g->len = 0;
	if (result == 0)
		result = parse_file(g, &f, c);
	file_wipe(&f);
	return (result);
}

/* ---------------------------------------------------------------- for TLS */

static OSSL_PARAM *
parameters(const struct dh_group *group)
{
	OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
	OSSL_PARAM *params = NULL;
	size_t p_len, g_len;
	const uint8_t *p = number(group, 0, &p_len);
	const uint8_t *g = number(group, 1, &g_len);
	BIGNUM *prime = BN_bin2bn(p, (int)p_len, NULL);
	BIGNUM *generator = BN_bin2bn(g, (int)g_len, NULL);

	if (build != NULL && prime != NULL && generator != NULL &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_P, prime) == 1 &&
	    OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_FFC_G, generator) ==
		1)
		params = OSSL_PARAM_BLD_to_param(build);
	BN_free(prime);
	BN_free(generator);
	OSSL_PARAM_BLD_free(build);
	return (params);
}

EVP_PKEY *
dhparam_key(const struct dh_group *g)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	OSSL_PARAM *params = parameters(g);
	EVP_PKEY *key = NULL;

	if (ctx == NULL || params == NULL || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEY_PARAMETERS, params) != 1)
		key = NULL;
	OSSL_PARAM_free(params);
	EVP_PKEY_CTX_free(ctx);
	return (key);
}
