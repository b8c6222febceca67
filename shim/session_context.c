/* SPDX-License-Identifier: ISC */
/*
 * session_context.c - what a session belongs to.
 *
 * Runs in:  KEEPER.
 * Trusts:   the options; the server name is compared, not used.
 */
#include "session_context.h"

#include <openssl/evp.h>
#include <string.h>

#include "log.h"
#include "options.h"

/*
 * Not the certificate: one that is renewed would end every session.  Nor
 * accounts and limits, which are taken anew for each connection.
 */
static const enum option_id bound[] = {
	OPTION_RULES,
	OPTION_MATCH,
	OPTION_DEFAULT,
	OPTION_SNI,
	OPTION_POLICY,
	OPTION_MIN_VERSION,
	OPTION_MAX_VERSION,
	OPTION_CIPHERS,
	OPTION_CIPHERSUITES,
	OPTION_SIGALGS,
	OPTION_ALPN,
	OPTION_CLIENT_CERT,
	OPTION_CA,
	OPTION_CA_DIR,
	OPTION_CLIENT_CA,
	OPTION_VERIFY_DEPTH,
	OPTION_CRL,
};

/*
 * The length comes first, so that no two lists of texts are alike.
 */
static bool
add(EVP_MD_CTX *md, const char *text)
{
	uint32_t len = text == NULL ? UINT32_MAX : (uint32_t)strlen(text);
	const uint8_t bytes[] = { (uint8_t)(len >> 24), (uint8_t)(len >> 16),
		(uint8_t)(len >> 8), (uint8_t)len };

	return (EVP_DigestUpdate(md, bytes, sizeof(bytes)) == 1 &&
	    (text == NULL || EVP_DigestUpdate(md, text, len) == 1));
}

void
session_context(uint8_t context[SESSION_CONTEXT_LEN], const struct options *o,
    const char *server_name, const char *rule)
{
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	bool good;
	size_t i;

	good = EVP_DigestInit_ex2(md, EVP_sha256(), NULL) == 1 &&
	    add(md, "tlsshim session 1") && add(md, server_name) &&
	    add(md, rule);
	for (i = 0; i < sizeof(bound) / sizeof(bound[0]); i++)
		good = good && add(md, o->text[bound[i]]);
	if (!good || EVP_DigestFinal_ex(md, context, NULL) != 1)
		fatalx(EXIT_SYSTEM, "OpenSSL: cannot make a digest");
	EVP_MD_CTX_free(md);
}
