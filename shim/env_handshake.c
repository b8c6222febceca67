/* SPDX-License-Identifier: ISC */
/*
 * env_handshake.c - what the handshake agreed on, as variables.
 *
 * Runs in:  KEEPER.
 * Trusts:   fact.c to have let through only what may be told; our own
 *           certificate.
 */
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <string.h>

#include "env.h"
#include "fact.h"

/*
 * RFC 5929, 4.1: the hash of the certificate by its signature's hash, SHA-256
 * in place of MD5 and SHA-1.  Ed25519 has no such hash.
 */
static void
set_end_point_binding(struct env *env, X509 *leaf)
{
	unsigned char hash[EVP_MAX_MD_SIZE];
	char text[4 * EVP_MAX_MD_SIZE];
	unsigned int len;
	const EVP_MD *md;
	int nid;

	if (X509_get_signature_info(leaf, &nid, NULL, NULL, NULL) != 1 ||
	    nid == NID_undef)
		return;
	if (nid == NID_md5 || nid == NID_sha1)
		nid = NID_sha256;
	md = EVP_get_digestbynid(nid);
	if (md == NULL || X509_digest(leaf, md, hash, &len) != 1)
		return;
	EVP_EncodeBlock((unsigned char *)text, hash, (int)len);
	env_fact(env, "SSL_CHANNEL_BINDING_TLS_SERVER_END_POINT", text);
}

static void
set_library_version(struct env *env)
{
	char text[64];
	size_t len;

	/* "OpenSSL 3.0.17 1 Jul 2025" becomes "OpenSSL/3.0.17" (mod_ssl) */
	snprintf(text, sizeof(text), "%s", OpenSSL_version(OPENSSL_VERSION));
	len = strcspn(text, " ");
	if (text[len] == ' ') {
		text[len] = '/';
		text[strcspn(text, " ")] = '\0';
	}
	env_fact(env, "SSL_VERSION_LIBRARY", text);
}

void
env_handshake(struct env *env, const struct facts *f, X509 *leaf)
{
	int id;

	env_fact(env, "HTTPS", "on");
	for (id = 0; id < FACT_COUNT; id++)
		env_fact(env, fact_variable((enum fact_id)id), f->text[id]);
	env_fact(env, "SSL_TLS_SNI_SERVERNAME", f->text[FACT_SNI]);
	env_fact(env, "SSL_VERSION_INTERFACE", "tlsshim/" SHIM_VERSION);
	set_library_version(env);
	set_end_point_binding(env, leaf);
}
