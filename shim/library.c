/* SPDX-License-Identifier: ISC */
/*
 * library.c - OpenSSL, started lean: providers that pass on a part.
 *
 * Runs in:  the process before it forks; NET and KEEPER for what is rare.
 * Trusts:   OpenSSL's default provider.
 *
 * The default provider is loaded into a library context of its own.  The
 * context that TLS uses gets one of ours instead, two where needed, whose
 * tables are the default's entries of library.def, with the default's functions
 * and provider context (provider(7), OSSL_PROVIDER_query_operation(3)).  All
 * cryptography is the default provider's still.
 */
#include "library.h"

#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/decoder.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/provider.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include "codes.h"
#include "log.h"
#include "wipe.h"

struct algorithm {
	int operation;
	const char *name;
};

static const struct algorithm common[] = {
#define ALGORITHM(operation, name) { OSSL_OP_##operation, name },
#include "library.def"
};

static const struct algorithm rare[] = {
#define RARE(operation, name) { OSSL_OP_##operation, name },
#include "library.def"
};

/* where the default provider lives, and where its own fetches go */
static OSSL_LIB_CTX *behind;
static OSSL_PROVIDER *whole;

/*
 * The chosen part of each operation's table, made when first asked for, one
 * behind the other: an empty entry ends each.  A name of ours may stand in
 * a table in several forms.
 */
enum {
	FORMS_MAX = 4,
	COMMON = sizeof(common) / sizeof(common[0]),
	RARE = sizeof(rare) / sizeof(rare[0]),
	COMMON_MAX = FORMS_MAX * COMMON,
	RARE_MAX = FORMS_MAX * RARE,
	OPERATIONS = OSSL_OP__HIGHEST + 1
};

static OSSL_ALGORITHM common_entries[COMMON_MAX + OPERATIONS];
static OSSL_ALGORITHM rare_entries[RARE_MAX + OPERATIONS];

struct part {
	const struct algorithm *wanted;
	size_t wanted_count;
	OSSL_ALGORITHM *entries;
	size_t room, count;
	const OSSL_ALGORITHM *passed[OPERATIONS];
};

static struct part common_part = { common, COMMON, common_entries, COMMON_MAX,
	0, { NULL } };
static struct part rare_part = { rare, RARE, rare_entries, RARE_MAX, 0,
	{ NULL } };

/* ------------------------------------------------------------- the choice */

/*
 * Keys come as DER only, in the structures that certificates and key files
 * have.
 */
static bool
is_wanted_form(int operation, const char *properties)
{
	if (operation != OSSL_OP_DECODER)
		return (true);
	return (strstr(properties, "input=der") != NULL &&
	    (strstr(properties, "structure=SubjectPublicKeyInfo") != NULL ||
		strstr(properties, "structure=PrivateKeyInfo") != NULL ||
		strstr(properties, "structure=type-specific") != NULL));
}

static bool
is_wanted(const struct part *part, int operation, const OSSL_ALGORITHM *a)
{
	size_t first = strcspn(a->algorithm_names, ":"), i;
	const struct algorithm *w;

	for (i = 0; i < part->wanted_count; i++) {
		w = &part->wanted[i];
		if (w->operation == operation && strlen(w->name) == first &&
		    strncasecmp(w->name, a->algorithm_names, first) == 0)
			return (is_wanted_form(operation,
			    a->property_definition));
	}
	return (false);
}

static void
choose(struct part *part, int operation)
{
	const OSSL_ALGORITHM *a;
	int no_cache;

	part->passed[operation] = &part->entries[part->count];
	a = OSSL_PROVIDER_query_operation(whole, operation, &no_cache);
	for (; a != NULL && a->algorithm_names != NULL; a++)
		if (part->count < part->room && is_wanted(part, operation, a))
			part->entries[part->count++] = *a;
	part->count++;
}

/* ------------------------------------------------------------ the provider */

static const OSSL_ALGORITHM *
pass_on(struct part *part, int operation)
{
	if (operation < 0 || operation >= OPERATIONS)
		return (NULL);
	if (part->passed[operation] == NULL)
		choose(part, operation);
	return (part->passed[operation]);
}

/* the context is the default provider's: it cannot tell which part is asked */
static const OSSL_ALGORITHM *
common_query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	return (pass_on(&common_part, operation));
}

static const OSSL_ALGORITHM *
rare_query(void *provider, int operation, int *no_cache)
{
	(void)provider;
	*no_cache = 0;
	return (pass_on(&rare_part, operation));
}

struct taker {
	OSSL_CALLBACK *give;
	void *argument;
};

/* the TLS library does not ask for less than all groups of a provider */
static int
pass_on_group(const OSSL_PARAM params[], void *argument)
{
	const struct taker *to = argument;
	const OSSL_PARAM *p;
	unsigned int code;

	p = OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_ID);
	if (p != NULL && OSSL_PARAM_get_uint(p, &code) == 1 &&
	    group_name((uint16_t)code) == NULL)
		return (1);
	return (to->give(params, to->argument));
}

/* TLS groups are a capability: provider-base(7) */
static int
common_capabilities(void *provider, const char *capability, OSSL_CALLBACK *give,
    void *argument)
{
	struct taker to = { give, argument };

	(void)provider;
	if (strcmp(capability, "TLS-GROUP") != 0)
		return (OSSL_PROVIDER_get_capabilities(whole, capability, give,
		    argument));
	return (OSSL_PROVIDER_get_capabilities(whole, capability, pass_on_group,
	    &to));
}

#define FUNCTION(id, function)                                                 \
	{                                                                      \
		OSSL_FUNC_PROVIDER_##id, (void (*)(void))(function)            \
	}

static int
common_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
    const OSSL_DISPATCH **ours, void **provider)
{
	static const OSSL_DISPATCH functions[] = {
		FUNCTION(QUERY_OPERATION, common_query),
		FUNCTION(GET_CAPABILITIES, common_capabilities),
		{ 0, NULL },
	};

	(void)handle;
	(void)core;
	*ours = functions;
	*provider = OSSL_PROVIDER_get0_provider_ctx(whole);
	return (1);
}

static int
rare_init(const OSSL_CORE_HANDLE *handle, const OSSL_DISPATCH *core,
    const OSSL_DISPATCH **ours, void **provider)
{
	static const OSSL_DISPATCH functions[] = {
		FUNCTION(QUERY_OPERATION, rare_query),
		{ 0, NULL },
	};

	(void)handle;
	(void)core;
	*ours = functions;
	*provider = OSSL_PROVIDER_get0_provider_ctx(whole);
	return (1);
}

/*
 * The usual generator is made of a cipher, and would build all ciphers in
 * the context behind; a hash is there anyway (NIST SP 800-90A has both).
 */
static bool
set_generator(OSSL_LIB_CTX *context)
{
	return (RAND_set_DRBG_type(context, "HASH-DRBG", NULL, NULL,
		    "SHA2-256") == 1);
}

static bool
load_provider(const char *name, OSSL_provider_init_fn *start)
{
	return (OSSL_PROVIDER_add_builtin(NULL, name, start) == 1 &&
	    OSSL_PROVIDER_load(NULL, name) != NULL);
}

static bool
load_providers(void)
{
	behind = OSSL_LIB_CTX_new();
	if (behind == NULL || !set_generator(behind) || !set_generator(NULL))
		return (false);
	whole = OSSL_PROVIDER_load(behind, "default");
	return (whole != NULL && load_provider("part", common_init));
}

/* ------------------------------------------------------------------- start */

/*
 * No openssl.cnf (NET could not read it, and both sides must agree), no
 * legacy tables, no error texts, nothing at exit.
 */
static bool
init(void)
{
	uint64_t without = OPENSSL_INIT_NO_LOAD_CONFIG |
	    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
	    OPENSSL_INIT_NO_ADD_ALL_CIPHERS | OPENSSL_INIT_NO_ADD_ALL_DIGESTS |
	    OPENSSL_INIT_NO_ATEXIT;

	return (OPENSSL_init_crypto(without, NULL) == 1 &&
	    OPENSSL_init_ssl(OPENSSL_INIT_NO_LOAD_CONFIG |
		    OPENSSL_INIT_NO_LOAD_CRYPTO_STRINGS |
		    OPENSSL_INIT_NO_LOAD_SSL_STRINGS,
		NULL) == 1);
}

/*
 * Build now what each of the two processes would else build for itself:
 * digests in front and behind, key management, decoders, and the random
 * number generators.  Fetching one builds all of its operation.  And judging
 * a date reads the time zone, though only GMT is asked for.
 */
static bool
warm_up(void)
{
	EVP_MD *front = EVP_MD_fetch(NULL, "SHA2-256", NULL);
	EVP_MD *back = EVP_MD_fetch(behind, "SHA2-256", NULL);
	EVP_KEYMGMT *keys = EVP_KEYMGMT_fetch(NULL, "EC", NULL);
	OSSL_DECODER *decoder = OSSL_DECODER_fetch(NULL, "EC", NULL);
	bool built = front != NULL && back != NULL && keys != NULL &&
	    decoder != NULL;
	unsigned char byte;

	tzset();
	EVP_MD_free(front);
	EVP_MD_free(back);
	EVP_KEYMGMT_free(keys);
	OSSL_DECODER_free(decoder);
	/* a generator seeds itself again after a fork */
	return (built && RAND_priv_bytes_ex(behind, &byte, 1, 0) == 1 &&
	    RAND_bytes(&byte, 1) == 1);
}

/*
 * What signatures of certificates are named by.  After the first fetch in
 * each context: it would copy these names, which are in the provider's table.
 */
static bool
name_digests(void)
{
	return (EVP_add_digest(EVP_sha1()) == 1 &&
	    EVP_add_digest(EVP_sha256()) == 1 &&
	    EVP_add_digest(EVP_sha384()) == 1 &&
	    EVP_add_digest(EVP_sha512()) == 1);
}

void
library_start(void)
{
	if (wipe_prepare() == -1 || !init() || !load_providers() ||
	    !warm_up() || !name_digests())
		fatalx(EXIT_SYSTEM, "OpenSSL: cannot be started");
}

OSSL_LIB_CTX *
library_whole(void)
{
	return (behind);
}

void
library_load_rare(void)
{
	static bool loaded;

	/* who has not started us has all of OpenSSL */
	if (whole == NULL)
		return;
	if (!loaded && !load_provider("rare", rare_init))
		fatalx(EXIT_SYSTEM, "OpenSSL: cannot load more of it");
	loaded = true;
}

static X509 *
parse_certificate(const uint8_t *der, size_t len)
{
	const uint8_t *at = der;
	X509 *cert = d2i_X509(NULL, &at, (long)len);

	if (cert != NULL && at == der + len)
		return (cert);
	X509_free(cert);
	return (NULL);
}

X509 *
library_certificate(const uint8_t *der, size_t len)
{
	X509 *cert = parse_certificate(der, len);
	bool known;

	/* a complaint that stays would be taken for the handshake's failure */
	ERR_set_mark();
	known = cert == NULL || X509_get0_pubkey(cert) != NULL;
	ERR_pop_to_mark();
	if (known)
		return (cert);
	/* not RSA, EC nor Ed25519 */
	X509_free(cert);
	library_load_rare();
	return (parse_certificate(der, len));
}

/* ------------------------------------------------------------------ groups */

struct sought_group {
	unsigned int code;
	bool found;
};

static int
look_at_group(const OSSL_PARAM params[], void *argument)
{
	const OSSL_PARAM *p;
	struct sought_group *g = argument;
	unsigned int code;

	p = OSSL_PARAM_locate_const(params, OSSL_CAPABILITY_TLS_GROUP_ID);
	if (p != NULL && OSSL_PARAM_get_uint(p, &code) == 1 && code == g->code)
		g->found = true;
	return (1);
}

bool
library_has_group(uint16_t code)
{
	struct sought_group g = { .code = code };

	OSSL_PROVIDER_get_capabilities(whole, "TLS-GROUP", look_at_group, &g);
	return (g.found);
}
