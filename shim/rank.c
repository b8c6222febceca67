/* SPDX-License-Identifier: ISC */
/*
 * rank.c - how well a pair suits a client.
 *
 * Runs in:  KEEPER.
 * Trusts:   the administrator's certificates.  The client's lists are code
 *           points and bytes to be compared; none of its DER is parsed.
 */
#include "rank.h"

#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "hello.h"
#include "pair.h"
#include "policy.h"
#include "sign.h"

/* a bit each, the first counts most; below them our preference */
enum {
	RANK_KEY = 1 << 19,
	RANK_NAME = 1 << 18,
	RANK_CHAIN = 1 << 17,
	RANK_AUTHORITY = 1 << 16,
	RANK_PREFERENCE = 0xffff, /* less the place in it */
	NOWHERE = RANK_PREFERENCE
};

/* ---------------------------------------------------------------- the key */

/*
 * RFC 8422, 5.1: a list that was sent covers the certificate's curve as well,
 * up to TLS 1.2; RFC 8446, 4.2.7 has taken that away.
 */
static bool
takes_curve(const struct hello *h, EVP_PKEY *key)
{
	char name[64];
	uint16_t code;
	size_t len;

	if (h->groups.count == 0 || EVP_PKEY_is_a(key, "EC") != 1)
		return (true);
	if (EVP_PKEY_get_group_name(key, name, sizeof(name), &len) != 1)
		return (false);
	code = group_code(name, len);
	return (code != 0 && hello_list_has(&h->groups, code));
}

/*
 * Up to TLS 1.2 the suite says what kind of key signs.
 */
static bool
takes_suite(const struct hello *h, const struct policy *policy, EVP_PKEY *key)
{
	bool rsa = EVP_PKEY_is_a(key, "RSA") == 1 ||
	    EVP_PKEY_is_a(key, "RSA-PSS") == 1;

	return (policy_suite_shared(policy, &h->suites,
	    rsa ? SUITE_RSA : SUITE_ECDSA));
}

/*
 * The place among our schemes, the best first, of the first one that key and
 * client have.
 */
static size_t
place_in_list(const struct hello *h, const struct codes *ours, EVP_PKEY *key,
    bool tls13)
{
	size_t i;

	for (i = 0; i < ours->count; i++)
		if (sign_fits(key, ours->code[i], tls13) &&
		    hello_list_has(&h->sigalgs, ours->code[i]))
			return (i);
	return (NOWHERE);
}

/*
 * Before TLS 1.3 a curve signs with any hash: a key whose own hash the client
 * does not have comes behind all that do.
 */
static size_t
place_of_key(const struct hello *h, const struct policy *policy, EVP_PKEY *key,
    bool tls13)
{
	struct codes ours;
	size_t place;

	ours.count = policy_schemes(policy, ours.code, CODES_MAX);
	place = place_in_list(h, &ours, key, true);
	if (place != NOWHERE || tls13)
		return (place);
	place = place_in_list(h, &ours, key, false);
	return (place == NOWHERE ? NOWHERE : CODES_MAX + place);
}

/*
 * Before TLS 1.2, and where its client sends no list (RFC 5246, 7.4.1.4.1),
 * the scheme goes without saying: SHA-1 with what was known by then.
 */
static size_t
place_without_list(EVP_PKEY *key)
{
	if (EVP_PKEY_is_a(key, "EC") == 1)
		return (0);
	return (EVP_PKEY_is_a(key, "RSA") == 1 ? 1 : NOWHERE);
}

static unsigned int
rank_key(const struct hello *h, const struct policy *policy, EVP_PKEY *key)
{
	uint16_t version = hello_version(h, policy->max_version);
	bool tls13 = version >= TLS1_3_VERSION;
	size_t place;

	if (version < TLS1_2_VERSION || h->sigalgs.count == 0)
		place = place_without_list(key);
	else
		place = place_of_key(h, policy, key, tls13);
	if (place == NOWHERE)
		return (0);
	if (!tls13 && (!takes_curve(h, key) || !takes_suite(h, policy, key)))
		return (0);
	return (RANK_KEY | (RANK_PREFERENCE - (unsigned int)place));
}

/* -------------------------------------------------------------- the chain */

/* RFC 8446, 4.2.3: what may stand for a certificate's signature */
static const struct signature {
	int key, digest;
	uint16_t schemes[2];
} signatures[] = {
	{ NID_rsaEncryption, NID_sha1, { 0x0201 } },
	{ NID_rsaEncryption, NID_sha256, { 0x0401 } },
	{ NID_rsaEncryption, NID_sha384, { 0x0501 } },
	{ NID_rsaEncryption, NID_sha512, { 0x0601 } },
	{ NID_rsassaPss, NID_sha256, { 0x0804, 0x0809 } },
	{ NID_rsassaPss, NID_sha384, { 0x0805, 0x080a } },
	{ NID_rsassaPss, NID_sha512, { 0x0806, 0x080b } },
	{ NID_X9_62_id_ecPublicKey, NID_sha1, { 0x0203 } },
	{ NID_X9_62_id_ecPublicKey, NID_sha256, { 0x0403 } },
	{ NID_X9_62_id_ecPublicKey, NID_sha384, { 0x0503 } },
	{ NID_X9_62_id_ecPublicKey, NID_sha512, { 0x0603 } },
	{ NID_ED25519, NID_undef, { 0x0807 } },
	{ NID_ED448, NID_undef, { 0x0808 } },
};

static bool
takes_signature(const struct hello_list *list, X509 *x)
{
	const struct signature *s;
	int digest, key;
	size_t i;

	if (X509_get_signature_info(x, &digest, &key, NULL, NULL) != 1)
		return (false);
	for (i = 0; i < sizeof(signatures) / sizeof(signatures[0]); i++) {
		s = &signatures[i];
		if (s->key == key && s->digest == digest)
			return (hello_list_has(list, s->schemes[0]) ||
			    (s->schemes[1] != 0 &&
				hello_list_has(list, s->schemes[1])));
	}
	return (false);
}

/*
 * Is the name, in DER, one of certificate_authorities (RFC 8446, 4.2.4)?
 */
static bool
is_listed(const struct hello *h, const unsigned char *name, size_t name_len)
{
	const uint8_t *at = h->ca_names, *end = at + h->ca_names_len;
	size_t len;

	while (end - at >= 2) {
		len = (size_t)(at[0] << 8 | at[1]);
		at += 2;
		if ((size_t)(end - at) < len)
			return (false);
		if (len == name_len && memcmp(at, name, len) == 0)
			return (true);
		at += len;
	}
	return (false);
}

static bool
is_by_authority(const struct hello *h, X509 *x)
{
	const unsigned char *der;
	size_t len;

	return (X509_NAME_get0_der(X509_get_issuer_name(x), &der, &len) == 1 &&
	    is_listed(h, der, len));
}

static bool
is_self_issued(const X509 *x)
{
	return (X509_NAME_cmp(X509_get_subject_name(x),
		    X509_get_issuer_name(x)) == 0);
}

/*
 * One certificate's part in the rank of its chain: of `rank` what remains.
 * Nobody verifies the signature of a trust anchor (RFC 8446, 4.4.2.2).
 */
static unsigned int
rank_link(unsigned int rank, const struct hello *h, X509 *x)
{
	const struct hello_list *list = h->sigalgs_cert.count != 0 ?
	    &h->sigalgs_cert :
	    &h->sigalgs;

	if (list->count != 0 && !is_self_issued(x) && !takes_signature(list, x))
		rank &= ~(unsigned int)RANK_CHAIN;
	if (is_by_authority(h, x))
		rank |= RANK_AUTHORITY;
	return (rank);
}

static unsigned int
rank_chain(const struct hello *h, const struct pair *p)
{
	unsigned int rank = rank_link(RANK_CHAIN, h, p->leaf);
	const unsigned char *der;
	size_t i;
	X509 *x;

	for (i = 1; i < p->chain_len; i++) {
		der = p->chain[i].der;
		x = d2i_X509(NULL, &der, (long)p->chain[i].len);
		if (x == NULL)
			return (0);
		rank = rank_link(rank, h, x);
		X509_free(x);
	}
	return (rank);
}

/* --------------------------------------------------------------- together */

bool
rank_covers(const struct pair *p, const char *name)
{
	return (X509_check_host(p->leaf, name, strlen(name),
		    X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS, NULL) == 1);
}

unsigned int
rank_pair(const struct pair *p, const struct hello *h,
    const struct policy *policy)
{
	EVP_PKEY *key = X509_get0_pubkey(p->leaf);
	unsigned int rank = rank_chain(h, p);

	if (key != NULL)
		rank |= rank_key(h, policy, key);
	if (h->server_name[0] != '\0' && rank_covers(p, h->server_name))
		rank |= RANK_NAME;
	return (rank);
}
