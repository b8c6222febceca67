/* SPDX-License-Identifier: ISC */
/*
 * key_ask.c - a private key that is not there: an OpenSSL provider.
 *
 * Runs in:  NET.
 * Trusts:   OpenSSL; the KEEPER's answers.
 * Refuses:  to export a private part.  Were it to give the public part in
 *           its place, OpenSSL would hand that to the default provider to
 *           sign with, and the handshake would die in there.
 *
 * Two operations, by the documented dispatch tables only: key management for
 * RSA, RSA-PSS, EC and ED25519 around a public key of the default provider, and
 * signatures, whose digest-sign sends SIGN.
 */
#include "key_ask.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <string.h>

#include "scheme.h"

/* what OpenSSL holds as our key; its kind is the public half's */
struct asked_key {
	EVP_PKEY *public;
};

/* set by key_ask_new, read by import: fromdata carries parameters only */
static EVP_PKEY *next_public;
static ask_signature *ask;

/* ------------------------------------------------------- key management */

static void *
asked_new(void *provider)
{
	(void)provider;
	return (OPENSSL_zalloc(sizeof(struct asked_key)));
}

static void
asked_free(void *key)
{
	struct asked_key *k = key;

	if (k != NULL)
		EVP_PKEY_free(k->public);
	OPENSSL_free(k);
}

static int
asked_has(const void *key, int selection)
{
	const struct asked_key *k = key;

	/* the private part counts as here: it can be asked for */
	(void)selection;
	return (k->public != NULL);
}

static int
asked_match(const void *one, const void *other, int selection)
{
	const struct asked_key *a = one, *b = other;

	(void)selection;
	return (EVP_PKEY_eq(a->public, b->public) == 1);
}

static int
asked_import(void *key, int selection, const OSSL_PARAM params[])
{
	struct asked_key *k = key;

	(void)selection;
	(void)params;
	if (next_public == NULL || EVP_PKEY_up_ref(next_public) != 1)
		return (0);
	k->public = next_public;
	return (1);
}

static int
asked_export(void *key, int selection, OSSL_CALLBACK *give, void *argument)
{
	struct asked_key *k = key;
	OSSL_PARAM *params = NULL;
	int done;

	if ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0)
		return (0);
	if (EVP_PKEY_todata(k->public, EVP_PKEY_PUBLIC_KEY, &params) != 1)
		return (0);
	done = give(params, argument);
	OSSL_PARAM_free(params);
	return (done);
}

/* import and export must name what they understand */
static const OSSL_PARAM *
asked_types(int selection)
{
	static const OSSL_PARAM types[] = {
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END,
	};

	return ((selection & OSSL_KEYMGMT_SELECT_PRIVATE_KEY) != 0 ? NULL :
								     types);
}

static const OSSL_PARAM *
asked_import_types(int selection)
{
	(void)selection;
	return (asked_types(0));
}

static int
asked_get_params(void *key, OSSL_PARAM params[])
{
	struct asked_key *k = key;

	return (EVP_PKEY_get_params(k->public, params));
}

static const OSSL_PARAM *
asked_gettable_params(void *provider)
{
	static const OSSL_PARAM gettable[] = {
		OSSL_PARAM_int(OSSL_PKEY_PARAM_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_SECURITY_BITS, NULL),
		OSSL_PARAM_int(OSSL_PKEY_PARAM_MAX_SIZE, NULL),
		OSSL_PARAM_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, NULL, 0),
		OSSL_PARAM_octet_string(OSSL_PKEY_PARAM_PUB_KEY, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_N, NULL, 0),
		OSSL_PARAM_BN(OSSL_PKEY_PARAM_RSA_E, NULL, 0),
		OSSL_PARAM_END,
	};

	(void)provider;
	return (gettable);
}

static const char *
ec_signs_with(int operation)
{
	return (operation == OSSL_OP_SIGNATURE ? "ECDSA" : NULL);
}

static const char *
pss_signs_with(int operation)
{
	return (operation == OSSL_OP_SIGNATURE ? "RSA" : NULL);
}

#define FUNCTION(id, function)                                                 \
	{                                                                      \
		OSSL_FUNC_##id, (void (*)(void))(function)                     \
	}

#define KEY_MANAGEMENT                                                         \
	FUNCTION(KEYMGMT_NEW, asked_new), FUNCTION(KEYMGMT_FREE, asked_free),  \
	    FUNCTION(KEYMGMT_HAS, asked_has),                                  \
	    FUNCTION(KEYMGMT_MATCH, asked_match),                              \
	    FUNCTION(KEYMGMT_IMPORT, asked_import),                            \
	    FUNCTION(KEYMGMT_IMPORT_TYPES, asked_import_types),                \
	    FUNCTION(KEYMGMT_EXPORT, asked_export),                            \
	    FUNCTION(KEYMGMT_EXPORT_TYPES, asked_types),                       \
	    FUNCTION(KEYMGMT_GET_PARAMS, asked_get_params),                    \
	    FUNCTION(KEYMGMT_GETTABLE_PARAMS, asked_gettable_params)

/* RSA and ED25519 sign by an algorithm of their own name */
static const OSSL_DISPATCH management[] = { KEY_MANAGEMENT, { 0, NULL } };
static const OSSL_DISPATCH ec_management[] = { KEY_MANAGEMENT,
	FUNCTION(KEYMGMT_QUERY_OPERATION_NAME, ec_signs_with), { 0, NULL } };
static const OSSL_DISPATCH pss_management[] = { KEY_MANAGEMENT,
	FUNCTION(KEYMGMT_QUERY_OPERATION_NAME, pss_signs_with), { 0, NULL } };

/* ----------------------------------------------------------- signatures */

struct asked_signature {
	const struct asked_key *key; /* OpenSSL keeps it alive */
	char digest[32];
	bool pss;
};

static void *
signature_new(void *provider, const char *properties)
{
	(void)provider;
	(void)properties;
	return (OPENSSL_zalloc(sizeof(struct asked_signature)));
}

static void
signature_free(void *context)
{
	OPENSSL_free(context);
}

static void *
signature_dup(void *context)
{
	return (OPENSSL_memdup(context, sizeof(struct asked_signature)));
}

/*
 * The padding comes as a number or as a name.  Salt length and MGF1 digest
 * are the scheme's (RFC 8446, 4.2.3): whatever else is asked for, the KEEPER
 * signs by the scheme.
 */
static int
signature_set_params(void *context, const OSSL_PARAM params[])
{
	struct asked_signature *s = context;
	const OSSL_PARAM *p;
	int mode;

	p = params == NULL ?
	    NULL :
	    OSSL_PARAM_locate_const(params, OSSL_SIGNATURE_PARAM_PAD_MODE);
	if (p == NULL)
		return (1);
	if (p->data_type == OSSL_PARAM_UTF8_STRING)
		s->pss = strcmp(p->data, OSSL_PKEY_RSA_PAD_MODE_PSS) == 0;
	else if (OSSL_PARAM_get_int(p, &mode) == 1)
		s->pss = mode == RSA_PKCS1_PSS_PADDING;
	else
		return (0);
	return (1);
}

static const OSSL_PARAM *
signature_settable_params(void *context, void *provider)
{
	static const OSSL_PARAM settable[] = {
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PAD_MODE, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_PSS_SALTLEN, NULL,
		    0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_DIGEST, NULL, 0),
		OSSL_PARAM_utf8_string(OSSL_SIGNATURE_PARAM_MGF1_DIGEST, NULL,
		    0),
		OSSL_PARAM_END,
	};

	(void)context;
	(void)provider;
	return (settable);
}

/*
 * A key of kind RSA-PSS may be bound to one digest (RFC 4055, 3.3); it is
 * here that OpenSSL learns by which schemes it can sign.
 */
static bool
is_digest_of(const struct asked_key *key, const char *digest)
{
	char only[32];

	if (EVP_PKEY_is_a(key->public, "RSA-PSS") != 1 ||
	    EVP_PKEY_get_utf8_string_param(key->public,
		OSSL_PKEY_PARAM_MANDATORY_DIGEST, only, sizeof(only),
		NULL) != 1)
		return (true);
	/* each digest has several names */
	return (scheme_of("RSA-PSS", only, true) ==
	    scheme_of("RSA-PSS", digest, true));
}

static int
signature_digest_sign_init(void *context, const char *digest, void *key,
    const OSSL_PARAM params[])
{
	struct asked_signature *s = context;

	if (key != NULL)
		s->key = key;
	if (digest == NULL)
		digest = "";
	if (strlen(digest) >= sizeof(s->digest) || s->key == NULL ||
	    !is_digest_of(s->key, digest))
		return (0);
	strcpy(s->digest, digest);
	return (signature_set_params(context, params));
}

static int
signature_digest_sign(void *context, unsigned char *signature, size_t *len,
    size_t size, const unsigned char *bytes, size_t bytes_len)
{
	const struct asked_signature *s = context;
	const char *type = EVP_PKEY_get0_type_name(s->key->public);
	uint16_t scheme;

	if (signature == NULL) {
		*len = (size_t)EVP_PKEY_get_size(s->key->public);
		return (1);
	}
	scheme = scheme_of(type == NULL ? "" : type, s->digest, s->pss);
	if (scheme == 0 || ask == NULL)
		return (0);
	*len = ask(scheme, bytes, bytes_len, signature, size);
	return (*len != 0);
}

static const OSSL_DISPATCH signature[] = {
	FUNCTION(SIGNATURE_NEWCTX, signature_new),
	FUNCTION(SIGNATURE_FREECTX, signature_free),
	FUNCTION(SIGNATURE_DUPCTX, signature_dup),
	FUNCTION(SIGNATURE_DIGEST_SIGN_INIT, signature_digest_sign_init),
	FUNCTION(SIGNATURE_DIGEST_SIGN, signature_digest_sign),
	FUNCTION(SIGNATURE_SET_CTX_PARAMS, signature_set_params),
	FUNCTION(SIGNATURE_SETTABLE_CTX_PARAMS, signature_settable_params),
	{ 0, NULL },
};

/* ------------------------------------------------------------- provider */

/* the names are the default provider's, so that types compare equal */
static const OSSL_ALGORITHM managements[] = {
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=tlsshim",
	    management, NULL },
	{ "RSA-PSS:RSASSA-PSS:1.2.840.113549.1.1.10", "provider=tlsshim",
	    pss_management, NULL },
	{ "EC:id-ecPublicKey:1.2.840.10045.2.1", "provider=tlsshim",
	    ec_management, NULL },
	{ "ED25519:1.3.101.112", "provider=tlsshim", management, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM signatures[] = {
	{ "RSA:rsaEncryption:1.2.840.113549.1.1.1", "provider=tlsshim",
	    signature, NULL },
	{ "ECDSA", "provider=tlsshim", signature, NULL },
	{ "ED25519:1.3.101.112", "provider=tlsshim", signature, NULL },
	{ NULL, NULL, NULL, NULL },
};

static const OSSL_ALGORITHM *
provider_query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	if (operation == OSSL_OP_KEYMGMT)
		return (managements);
	return (operation == OSSL_OP_SIGNATURE ? signatures : NULL);
}

static int
provider_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
    const OSSL_DISPATCH **ours, void **provider)
{
	static const OSSL_DISPATCH functions[] = {
		FUNCTION(PROVIDER_QUERY_OPERATION, provider_query),
		{ 0, NULL },
	};

	(void)core;
	*ours = functions;
	*provider = (void *)(uintptr_t)handle;
	return (1);
}

/*
 * When the first key is made: every algorithm that OpenSSL looks for in vain,
 * dozens for an SSL_CTX, is looked for in this provider, too.  And a resumed
 * session has no use for it.
 */
static bool
load_provider(void)
{
	static bool loaded;

	if (!loaded)
		loaded = OSSL_PROVIDER_add_builtin(NULL, "tlsshim",
			     provider_init) == 1 &&
		    OSSL_PROVIDER_load(NULL, "tlsshim") != NULL;
	return (loaded);
}

EVP_PKEY *
key_ask_new(X509 *leaf, ask_signature *how)
{
	EVP_PKEY *public = X509_get0_pubkey(leaf), *key = NULL;
	const char *type = public == NULL ? NULL :
					    EVP_PKEY_get0_type_name(public);
	EVP_PKEY_CTX *ctx = NULL;
	OSSL_PARAM none[] = { OSSL_PARAM_END };

	if (type == NULL || !load_provider())
		return (NULL);
	ctx = EVP_PKEY_CTX_new_from_name(NULL, type, "provider=tlsshim");
	next_public = public;
	ask = how;
	if (ctx == NULL || EVP_PKEY_fromdata_init(ctx) <= 0 ||
	    EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_KEYPAIR, none) <= 0)
		key = NULL;
	next_public = NULL;
	EVP_PKEY_CTX_free(ctx);
	return (key);
}
