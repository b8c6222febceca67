/* SPDX-License-Identifier: ISC */
/*
 * env_client.c - the client's certificate, from what NET told of it.
 *
 * Runs in:  the KEEPER.
 * Trusts:   fact.c to have let through only what may be told.
 * Refuses:  to parse a byte of the certificates: they are hashed, and
 *           written as PEM.
 */
#include <stdio.h>

#include "env.h"
#include "env_local.h"
#include "fact.h"
#include "log.h"
#include "sha256.h"

static void
put_hash(struct env *env, const char *name, const unsigned char *bytes,
    size_t len)
{
	char text[SHA256_HEX_MAX];

	env_fact(env, name, sha256_hex(text, bytes, len));
}

static void
put_pems(struct env *env, const struct certificate_facts *c)
{
	char name[40] = "SSL_CLIENT_CERT";
	size_t i;

	for (i = 0; i < c->count; i++) {
		if (i > 0)
			snprintf(name, sizeof(name),
			    "SSL_CLIENT_CERT_CHAIN_%zu", i - 1);
		env_pem(env, name, c->certificate[i].der,
		    c->certificate[i].len);
	}
}

static void
put_named(struct env *env, const struct env_entry *e)
{
	struct env_value value = { e->text + e->name_len + 1,
		e->len - e->name_len - 1 };
	char name[64];

	snprintf(name, sizeof(name), "%.*s", (int)e->name_len, e->text);
	env_store(env, name, value);
}

void
env_client(struct env *env, const struct certificate_facts *c)
{
	const unsigned char *leaf;
	size_t i;

	if (c->count == 0)
		return;
	for (i = 0; i < c->named.count; i++)
		put_named(env, &c->named.entries[i]);
	leaf = c->certificate[0].der;
	put_hash(env, "SSL_CLIENT_FINGERPRINT_SHA256", leaf,
	    c->certificate[0].len);
	if (c->spki_len != 0)
		put_hash(env, "SSL_CLIENT_SPKI_SHA256", leaf + c->spki_begin,
		    c->spki_len);
	if ((env->sets & ENV_CERTS) != 0)
		put_pems(env, c);
}
