/* SPDX-License-Identifier: ISC */
/*
 * handshake_client.c - what the client's certificate says, as facts.
 *
 * Runs in:  NET, inside the jail: here alone a certificate of the peer's is
 *           taken apart.
 * Trusts:   OpenSSL to have parsed it; verify.c for the verdict.
 */
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "env.h"
#include "handshake.h"
#include "log.h"

static bool
add_certificate(struct facts *f, X509 *cert)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);
	bool added;

	if (len <= 0)
		fatalx(EXIT_SYSTEM, "client certificate: no memory");
	added = facts_add_certificate(f, der, (size_t)len);
	OPENSSL_free(der);
	return (added);
}

static void
add_chain(struct facts *f, STACK_OF(X509) * chain)
{
	int i;

	for (i = 0; i < sk_X509_num(chain); i++)
		if (!add_certificate(f, sk_X509_value(chain, i))) {
			log_warnx("client certificate: more than %d in its "
				  "chain; the rest is left out",
			    FACT_CERTIFICATES_MAX - 1);
			return;
		}
}

/*
 * Where it lies in the certificate.  One that is not encoded as DER wants it
 * does not lie there as we would write it, and has no hash then.
 */
static void
find_spki(struct certificate_facts *c, const X509 *leaf)
{
	unsigned char *spki = NULL, *at = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(leaf), &spki);

	if (len > 0)
		at = memmem(c->certificate[0].der, c->certificate[0].len, spki,
		    (size_t)len);
	if (at != NULL) {
		c->spki_begin = (size_t)(at - c->certificate[0].der);
		c->spki_len = (size_t)len;
	}
	OPENSSL_free(spki);
}

/*
 * "NAME=VALUE"
 */
static void
add_named(struct facts *f, const char *entry)
{
	size_t len = strcspn(entry, "=");
	struct env_value value = { entry + len + 1, strlen(entry + len + 1) };
	char *name = strndup(entry, len);
	const char *why;

	if (name == NULL)
		fatal(EXIT_SYSTEM, "client certificate");
	why = facts_add_named(f, name, value);
	if (why != NULL)
		log_warnx("client certificate: %s: left out: %s", name, why);
	free(name);
}

void
handshake_leaf(struct facts *f, X509 *leaf, enum env_format format)
{
	struct env *env = env_new(ENV_TLS, format);
	char *const *entry;

	find_spki(&f->client, leaf);
	env_certificate(env, "SSL_CLIENT", leaf, facts_proved(f));
	for (entry = env_vector(env); *entry != NULL; entry++)
		add_named(f, *entry);
	env_free(env);
}

void
handshake_client(struct handshake *h, struct facts *f, enum env_format format)
{
	X509 *leaf = SSL_get0_peer_certificate(h->ssl);
	char text[FACT_MAX];

	verify_settle(&h->verify, h->ssl);
	snprintf(f->text[FACT_VERIFY], FACT_MAX, "%s",
	    verify_variable(&h->verify, text, sizeof(text)));
	if (leaf == NULL)
		return;
	add_certificate(f, leaf);
	add_chain(f, verify_chain(&h->verify, h->ssl));
	handshake_leaf(f, leaf, format);
}
