/* SPDX-License-Identifier: ISC */
/*
 * sign.c - what may be signed, and signing it.
 *
 * Runs in:  KEEPER.
 * Trusts:   nothing in the bytes: NET may have been taken over.
 * Refuses:  all that is not a server's CertificateVerify (TLS 1.3) or
 *           ServerKeyExchange (TLS 1.2 and earlier).  A client's
 *           CertificateVerify, a bare digest or a certificate has neither
 *           form.
 */
#include "sign.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rsa.h>
#include <openssl/ssl.h>
#include <string.h>

#include "policy.h"
#include "scheme.h"

enum {
	BLANKS = 64,
	RANDOMS = 64,	  /* client's and server's, 32 bytes each */
	NAMED_CURVE = 3,  /* RFC 8422, 5.4 */
	SECP521R1 = 25,	  /* the last curve that has a form of point */
	UNCOMPRESSED = 4, /* and the only form: RFC 8422, 5.1.2 */
	DH_GENERATOR = 2  /* of all groups that we know */
};

static bool
is_on_curve(const struct evp_pkey_st *key, const struct scheme *scheme)
{
	char group[64];
	size_t n;

	return (scheme->curve == NULL ||
	    (EVP_PKEY_get_group_name(key, group, sizeof(group), &n) == 1 &&
		strcmp(group, scheme->curve) == 0));
}

/*
 * A key of kind RSA-PSS may be bound to one digest: RFC 4055, 3.3.
 */
static bool
takes_digest(const struct evp_pkey_st *key, const struct scheme *scheme)
{
	char only[32];

	if (EVP_PKEY_is_a(key, "RSA-PSS") != 1 ||
	    EVP_PKEY_get_utf8_string_param(key,
		OSSL_PKEY_PARAM_MANDATORY_DIGEST, only, sizeof(only),
		NULL) != 1)
		return (true);
	/* each digest has several names */
	return (scheme_of("RSA-PSS", only, true) == scheme->code);
}

bool
sign_fits(const struct evp_pkey_st *key, uint16_t code, bool tls13)
{
	const struct scheme *scheme = scheme_find(code);

	return (scheme != NULL && EVP_PKEY_is_a(key, scheme->key_type) == 1 &&
	    takes_digest(key, scheme) &&
	    (!tls13 ||
		(scheme->when == SCHEME_ALWAYS && is_on_curve(key, scheme))));
}

/* --------------------------------------------------------- what may be */

static bool
is_blanks(const uint8_t *bytes, size_t len)
{
	size_t i;

	for (i = 0; i < BLANKS; i++)
		if (len < BLANKS || bytes[i] != ' ')
			return (false);
	return (true);
}

/*
 * RFC 8446, 4.4.3: 64 blanks, the context string with its zero byte, the
 * hash of the transcript: the cipher suite's, SHA-256 or SHA-384.
 */
static const char *
refuse_certificate_verify(const struct evp_pkey_st *key,
    const struct scheme *scheme, const uint8_t *bytes, size_t len)
{
	static const char context[] = "TLS 1.3, server CertificateVerify";

	if (len < BLANKS + sizeof(context) ||
	    memcmp(bytes + BLANKS, context, sizeof(context)) != 0)
		return ("not the context of a TLS 1.3 server");
	len -= BLANKS + sizeof(context);
	if (len != 32 && len != 48)
		return ("not a transcript hash of TLS 1.3");
	if (scheme->when != SCHEME_ALWAYS)
		return ("a scheme that TLS 1.3 does not have");
	if (!is_on_curve(key, scheme))
		return ("a scheme of another curve");
	return (NULL);
}

struct reader {
	const uint8_t *at;
	size_t left;
};

/*
 * A length of `width` bytes and what it counts; 0 when cut off or empty.
 */
static size_t
read_vector(struct reader *r, size_t width)
{
	size_t n = 0, i;

	if (r->left < width)
		return (0);
	for (i = 0; i < width; i++)
		n = n << 8 | r->at[i];
	if (r->left - width < n)
		return (0);
	r->at += width + n;
	r->left -= width + n;
	return (n);
}

/*
 * The length of a point: RFC 8422, 5.4.1 and 5.4 (uncompressed).
 */
static size_t
point_length(unsigned int curve)
{
	switch (curve) {
	case 23: /* secp256r1 */
		return (1 + 2 * 32);
	case 24: /* secp384r1 */
		return (1 + 2 * 48);
	case SECP521R1:
		return (1 + 2 * 66);
	case 29: /* x25519 */
		return (32);
	case 30: /* x448 */
		return (56);
	default:
		return (0);
	}
}

static bool
is_ecdhe(const uint8_t *bytes, size_t len)
{
	struct reader r;
	unsigned int curve;
	size_t n;

	if (len < 5 || bytes[0] != NAMED_CURVE)
		return (false);
	r = (struct reader){ bytes + 3, len - 3 };
	curve = (unsigned int)bytes[1] << 8 | bytes[2];
	n = point_length(curve);
	return (n != 0 && read_vector(&r, 1) == n && r.left == 0 &&
	    (curve > SECP521R1 || bytes[4] == UNCOMPRESSED));
}

static bool
is_prime_of(const char *name, const uint8_t *p, size_t len)
{
	OSSL_PARAM params[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME,
		    (void *)(uintptr_t)name, strlen(name)),
		OSSL_PARAM_END
	};
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "DH", NULL);
	uint8_t bytes[DH_PRIME_MAX];
	EVP_PKEY *group = NULL;
	BIGNUM *prime = NULL;
	bool same;

	same = ctx != NULL && EVP_PKEY_fromdata_init(ctx) == 1 &&
	    EVP_PKEY_fromdata(ctx, &group, EVP_PKEY_KEY_PARAMETERS, params) ==
		1 &&
	    EVP_PKEY_get_bn_param(group, OSSL_PKEY_PARAM_FFC_P, &prime) == 1 &&
	    BN_bn2binpad(prime, bytes, (int)len) == (int)len &&
	    memcmp(bytes, p, len) == 0;
	BN_free(prime);
	EVP_PKEY_free(group);
	EVP_PKEY_CTX_free(ctx);
	return (same);
}

/*
 * Were any prime taken, its bytes and the lengths could be laid into other
 * signed data, a client's handshake for one (RFC 5246, 7.4.8): only those
 * that servers use, with their generator.  RFC 7919; RFC 3526, which
 * OpenSSL's automatic choice takes.
 */
static bool
is_known_group(const uint8_t *p, size_t len)
{
	static const char *const names[] = { "modp_2048", "modp_3072",
		"modp_4096", "modp_6144", "modp_8192", "ffdhe2048", "ffdhe3072",
		"ffdhe4096", "ffdhe6144", "ffdhe8192" };
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is_prime_of(names[i], p, len))
			return (true);
	return (false);
}

/*
 * Prime and generator as they were configured count as known.
 */
static bool
is_own_group(const struct policy *policy, const uint8_t *bytes, size_t len)
{
	return (len != 0 && policy->dh.len == len &&
	    memcmp(policy->dh.bytes, bytes, len) == 0);
}

static bool
is_dhe(const struct policy *policy, const uint8_t *bytes, size_t len)
{
	struct reader r = { bytes, len };
	size_t p, g, ys;

	p = read_vector(&r, 2);
	g = read_vector(&r, 2);
	ys = read_vector(&r, 2);
	if (p < DH_PRIME_MIN || p > DH_PRIME_MAX || g == 0 || g > p ||
	    ys == 0 || ys > p || r.left != 0)
		return (false);
	return (is_own_group(policy, bytes, 2 + p + 2 + g) ||
	    (g == 1 && bytes[2 + p + 2] == DH_GENERATOR &&
		is_known_group(bytes + 2, p)));
}

static const char *
refuse_server_key_exchange(const struct policy *policy, const uint8_t *bytes,
    size_t len)
{
	if (len <= RANDOMS)
		return ("too short for a TLS handshake");
	bytes += RANDOMS;
	len -= RANDOMS;
	if (!is_ecdhe(bytes, len) && !is_dhe(policy, bytes, len))
		return ("neither ECDHE nor DHE parameters");
	return (NULL);
}

/*
 * MD5 and SHA-1 are for whom TLS 1.1 was asked for; --sigalgs does not speak
 * of them there.
 */
static bool
is_allowed(const struct policy *policy, const struct scheme *scheme)
{
	if (scheme->when == SCHEME_LEGACY)
		return (policy->min_version < TLS1_2_VERSION);
	return (policy->sigalgs.count == 0 ||
	    codes_has(&policy->sigalgs, scheme->code));
}

const char *
sign_refusal(const struct policy *policy, const struct evp_pkey_st *key,
    uint16_t code, const uint8_t *bytes, size_t len)
{
	const struct scheme *scheme = scheme_find(code);

	if (scheme == NULL || EVP_PKEY_is_a(key, scheme->key_type) != 1)
		return ("a scheme that the key does not have");
	if (!is_allowed(policy, scheme))
		return ("a scheme that the policy does not allow");
	/*
	 * NET could choose randoms that are blanks; such bytes are judged as
	 * TLS 1.3 only, so that the two forms cannot be confused.
	 */
	if (is_blanks(bytes, len))
		return (policy->max_version < TLS1_3_VERSION ?
			"TLS 1.3, which the policy does not allow" :
			refuse_certificate_verify(key, scheme, bytes, len));
	if (policy->min_version >= TLS1_3_VERSION)
		return ("TLS 1.2, which the policy does not allow");
	return (refuse_server_key_exchange(policy, bytes, len));
}

/* -------------------------------------------------------------- signing */

static bool
set_padding(EVP_PKEY_CTX *ctx, const struct scheme *scheme)
{
	if (!scheme->pss)
		return (true);
	return (EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_PSS_PADDING) > 0 &&
	    EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) > 0);
}

size_t
sign_bytes(struct evp_pkey_st *key, uint16_t code, const uint8_t *bytes,
    size_t len, uint8_t signature[SIGNATURE_MAX])
{
	const struct scheme *scheme = scheme_find(code);
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	EVP_PKEY_CTX *ctx; /* belongs to md */
	size_t n = SIGNATURE_MAX;

	if (scheme == NULL || md == NULL ||
	    EVP_DigestSignInit_ex(md, &ctx,
		scheme->digest[0] == '\0' ? NULL : scheme->digest, NULL, NULL,
		key, NULL) != 1 ||
	    !set_padding(ctx, scheme) ||
	    EVP_DigestSign(md, signature, &n, bytes, len) != 1)
		n = 0;
	EVP_MD_CTX_free(md);
	return (n);
}
