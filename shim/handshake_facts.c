/* SPDX-License-Identifier: ISC */
/*
 * handshake_facts.c - what the handshake proved, as OpenSSL tells it.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   OpenSSL.  The KEEPER looks at each fact again (fact.c).
 */
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <string.h>

#include "handshake.h"

static void
fact(struct facts *f, enum fact_id id, const char *text)
{
	snprintf(f->text[id], sizeof(f->text[id]), "%s",
	    text == NULL ? "" : text);
}

static void
fact_number(struct facts *f, enum fact_id id, unsigned int number)
{
	snprintf(f->text[id], sizeof(f->text[id]), "%u", number);
}

static void
fact_cipher(struct facts *f, const SSL *ssl)
{
	const SSL_CIPHER *cipher = SSL_get_current_cipher(ssl);
	int of, bits = SSL_CIPHER_get_bits(cipher, &of);

	fact(f, FACT_CIPHER, SSL_CIPHER_get_name(cipher));
	fact_number(f, FACT_USEKEYSIZE, (unsigned int)bits);
	fact_number(f, FACT_ALGKEYSIZE, (unsigned int)of);
	fact(f, FACT_EXPORT, bits < 56 ? "true" : "false");
}

static void
fact_session_id(struct facts *f, const SSL *ssl)
{
	const SSL_SESSION *session = SSL_get_session(ssl);
	const unsigned char *id;
	unsigned int len = 0, i;

	id = session == NULL ? NULL : SSL_SESSION_get_id(session, &len);
	for (i = 0; i < len && 2 * i + 2 < FACT_MAX; i++)
		snprintf(f->text[FACT_SESSION_ID] + 2 * i, 3, "%02x", id[i]);
}

/*
 * RFC 9266: 32 bytes, no context.
 */
static void
fact_exporter(struct facts *f, SSL *ssl)
{
	static const char label[] = "EXPORTER-Channel-Binding";
	unsigned char value[32];

	/* RFC 9266, 4.1: TLS 1.2 needs the extended master secret */
	if (SSL_version(ssl) < TLS1_3_VERSION &&
	    SSL_get_extms_support(ssl) != 1)
		return;
	if (SSL_export_keying_material(ssl, value, sizeof(value), label,
		sizeof(label) - 1, NULL, 0, 0) == 1)
		EVP_EncodeBlock((unsigned char *)f->text[FACT_EXPORTER], value,
		    sizeof(value));
}

static void
fact_alpn(struct facts *f, const SSL *ssl)
{
	const unsigned char *name;
	unsigned int len;

	SSL_get0_alpn_selected(ssl, &name, &len);
	snprintf(f->text[FACT_ALPN], FACT_MAX, "%.*s", (int)len,
	    len == 0 ? "" : (const char *)name);
}

void
handshake_facts(struct handshake *h, struct facts *f)
{
	int group = (int)SSL_get_negotiated_group(h->ssl);

	memset(f, 0, sizeof(*f));
	fact(f, FACT_PROTOCOL, SSL_get_version(h->ssl));
	fact_cipher(f, h->ssl);
	if (group != 0)
		fact(f, FACT_GROUP, SSL_group_to_name(h->ssl, group));
	fact(f, FACT_SNI, h->hello.server_name);
	fact_alpn(f, h->ssl);
	fact_session_id(f, h->ssl);
	fact(f, FACT_RESUMED,
	    SSL_session_reused(h->ssl) == 1 ? "Resumed" : "Initial");
	fact(f, FACT_SECURE_RENEG,
	    SSL_get_secure_renegotiation_support(h->ssl) == 1 ? "true" :
								"false");
	fact(f, FACT_COMPRESS, "NULL");
	fact_number(f, FACT_HANDSHAKE_MS, h->ms);
	fact_exporter(f, h->ssl);
}
