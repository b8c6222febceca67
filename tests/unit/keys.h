/* SPDX-License-Identifier: ISC */
/*
 * keys.h - a key of each kind, and a certificate to it, for unit tests.
 *
 * The library of the program has a part of OpenSSL only (library.h), and
 * making keys and certificates is none of it: so that is done in a context of
 * its own, and what came out is read back as the program reads it.
 */
#ifndef KEYS_H
#define KEYS_H

#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

#include "check.h"
#include "library.h"

struct pair_of_keys {
	EVP_PKEY *key;
	X509 *certificate;
};

static const struct key_kind {
	const char *name, *type, *group;
} key_kinds[] = {
	{ "RSA", "RSA", NULL },
	{ "P-256", "EC", "P-256" },
	{ "P-384", "EC", "P-384" },
	{ "P-521", "EC", "P-521" },
	{ "Ed25519", "ED25519", NULL },
	{ "RSA-PSS", "RSA-PSS", NULL },
};

enum { KEY_KINDS = sizeof(key_kinds) / sizeof(key_kinds[0]) };

/* EVP_PKEY_Q_keygen(3) does not know the kind */
static inline EVP_PKEY *
make_pss_key(OSSL_LIB_CTX *context)
{
	EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(context, "RSA-PSS",
	    NULL);
	EVP_PKEY *key = NULL;

	CHECK(ctx != NULL && EVP_PKEY_keygen_init(ctx) == 1);
	CHECK(EVP_PKEY_CTX_set_rsa_keygen_bits(ctx, 2048) == 1);
	CHECK(EVP_PKEY_generate(ctx, &key) == 1);
	EVP_PKEY_CTX_free(ctx);
	return (key);
}

static inline EVP_PKEY *
make_key(OSSL_LIB_CTX *context, const struct key_kind *kind)
{
	if (kind->group != NULL)
		return (EVP_PKEY_Q_keygen(context, NULL, kind->type,
		    kind->group));
	if (strcmp(kind->type, "RSA-PSS") == 0)
		return (make_pss_key(context));
	if (strcmp(kind->type, "RSA") == 0)
		return (EVP_PKEY_Q_keygen(context, NULL, kind->type,
		    (size_t)2048));
	return (EVP_PKEY_Q_keygen(context, NULL, kind->type));
}

/* a signature's digest is in the key for EdDSA */
static inline int
sign_certificate(X509 *x, EVP_PKEY *key, OSSL_LIB_CTX *context)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool own = strncmp(EVP_PKEY_get0_type_name(key), "ED", 2) == 0;
	int done;

	done = md != NULL &&
	    EVP_DigestSignInit_ex(md, NULL, own ? NULL : "SHA256", context,
		NULL, key, NULL) == 1 &&
	    X509_sign_ctx(x, md) > 0;
	EVP_MD_CTX_free(md);
	return (done);
}

static inline struct pair_of_keys
make_pair_of_keys(const struct key_kind *kind)
{
	OSSL_LIB_CTX *context = OSSL_LIB_CTX_new();
	EVP_PKEY *key = make_key(context, kind);
	X509 *x = X509_new_ex(context, NULL);
	unsigned char *der = NULL;
	const unsigned char *at;
	struct pair_of_keys p;
	int len;

	CHECK(key != NULL && x != NULL && X509_set_pubkey(x, key) == 1);
	CHECK(X509_gmtime_adj(X509_getm_notBefore(x), 0) != NULL);
	CHECK(X509_gmtime_adj(X509_getm_notAfter(x), 1000) != NULL);
	CHECK(sign_certificate(x, key, context));

	len = i2d_X509(x, &der);
	CHECK(len > 0);
	p.certificate = library_certificate(der, (size_t)len);
	OPENSSL_free(der);
	der = NULL;
	len = i2d_PrivateKey(key, &der);
	at = der;
	CHECK(len > 0);
	p.key = d2i_AutoPrivateKey(NULL, &at, len);
	OPENSSL_free(der);

	X509_free(x);
	EVP_PKEY_free(key);
	OSSL_LIB_CTX_free(context);
	CHECK(p.certificate != NULL && p.key != NULL);
	return (p);
}

static inline void
free_pair_of_keys(struct pair_of_keys p)
{
	X509_free(p.certificate);
	EVP_PKEY_free(p.key);
}

#endif
