/* SPDX-License-Identifier: ISC */
/*
 * certificate.c - the certificate that the KEEPER chose, and no key to it.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the KEEPER's answers.
 */
#include "certificate.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <string.h>

#include "ask.h"
#include "key_ask.h"
#include "library.h"
#include "log.h"

/* OpenSSL's provider has no place for a pointer of ours (key_ask.h) */
static struct ask *signer;

static size_t
ask_keeper_to_sign(uint16_t scheme, const uint8_t *bytes, size_t len,
    uint8_t *signature, size_t size)
{
	struct msg *m = &signer->msg;
	const uint8_t *answer;
	size_t n;

	msg_begin(m, MSG_SIGN);
	msg_put_u16(m, scheme);
	msg_put_rest(m, bytes, len);
	if (!ask_send(signer) || !ask_await(signer, MSG_SIGNATURE))
		return (0);
	answer = msg_get_rest(m, &n);
	if (answer == NULL || n > size)
		return (0);
	memcpy(signature, answer, n);
	return (n);
}

static bool
receive_staple(struct certificate *c)
{
	const unsigned char *der;
	size_t len;

	if (!ask_await(c->ask, MSG_STAPLE))
		return (false);
	der = msg_get_rest(&c->ask->msg, &len);
	c->staple = len == 0 ? NULL : OPENSSL_memdup(der, len);
	c->staple_len = c->staple == NULL ? 0 : len;
	return (true);
}

static bool
receive_chain(struct certificate *c)
{
	struct msg *m = &c->ask->msg;
	const unsigned char *der;
	bool last = false;
	size_t len;

	while (!last) {
		if (!ask_await(c->ask, MSG_CHAIN))
			return (false);
		last = msg_get_u8(m) != 0;
		der = msg_get_rest(m, &len);
		c->chain[c->len].der = der == NULL ? NULL :
						     OPENSSL_memdup(der, len);
		if (c->chain[c->len].der == NULL) {
			c->ask->no_answer = true;
			return (false);
		}
		c->chain[c->len++].len = len;
	}
	c->ask->channel->phase = PHASE_HANDSHAKE;
	return (true);
}

bool
certificate_receive(struct certificate *c, bool wants_staple)
{
	return ((!wants_staple || receive_staple(c)) && receive_chain(c));
}

/*
 * The leaf brings the key without a key.
 */
static bool
use(SSL *ssl, X509 *cert, bool is_leaf)
{
	EVP_PKEY *key;
	bool used;

	if (!is_leaf)
		return (SSL_add1_chain_cert(ssl, cert) == 1);
	key = key_ask_new(cert, ask_keeper_to_sign);
	used = key != NULL && SSL_use_certificate(ssl, cert) == 1 &&
	    SSL_use_PrivateKey(ssl, key) == 1;
	EVP_PKEY_free(key);
	return (used);
}

/* SSL_CTX_set_cert_cb(3) */
static int
on_wanted(SSL *ssl, void *argument)
{
	struct certificate *c = argument;
	X509 *cert;
	bool good;
	size_t i;

	for (i = 0; i < c->len && !c->used; i++) {
		cert = library_certificate(c->chain[i].der, c->chain[i].len);
		good = cert != NULL && use(ssl, cert, i == 0);
		X509_free(cert);
		if (!good) {
			log_errx(
			    "certificate: number %zu of the chain: OpenSSL "
			    "does not take it",
			    i + 1);
			c->ask->no_answer = true;
			return (0);
		}
	}
	/* after a HelloRetryRequest it is wanted again */
	c->used = true;
	return (1);
}

/*
 * SSL_CTX_set_tlsext_status_cb(3).  OpenSSL asks again after a
 * HelloRetryRequest; it frees what it was given.
 */
static int
on_status(SSL *ssl, void *argument)
{
	struct certificate *c = argument;
	const unsigned char *given;

	if (c->staple != NULL &&
	    SSL_set_tlsext_status_ocsp_resp(ssl, c->staple,
		(long)c->staple_len) == 1)
		c->staple = NULL;
	return (SSL_get_tlsext_status_ocsp_resp(ssl, &given) > 0 ?
		SSL_TLSEXT_ERR_OK :
		SSL_TLSEXT_ERR_NOACK);
}

void
certificate_init(struct certificate *c, SSL_CTX *ctx, struct ask *ask)
{
	c->ask = signer = ask;
	SSL_CTX_set_cert_cb(ctx, on_wanted, c);
	SSL_CTX_set_tlsext_status_cb(ctx, on_status);
	SSL_CTX_set_tlsext_status_arg(ctx, c);
}
