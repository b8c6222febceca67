/* SPDX-License-Identifier: ISC */
/*
 * ticket.c - session tickets, as NET sees them.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the KEEPER's answers; what a ticket says once its MAC is right.
 * Refuses:  to resume a session with a client certificate that would not be
 *           let in today; to ask for more tickets than a client needs.
 *
 * A ticket that cannot be opened, for whatever reason, is no error: a full
 * handshake follows.
 */
#include "ticket.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>
#include <string.h>

#include "ask.h"
#include "verify.h"

/* RFC 5246, F.1.4 has a day at most; what is older was not in use */
enum { LIFETIME_S = 2 * 60 * 60 };

/* -------------------------------------------------------- ask the KEEPER */

static bool
take_answer(struct msg *m, struct ticket_opened *t)
{
	const uint8_t *keys;
	size_t len;

	t->answer = msg_get_u8(m);
	if (t->answer == TICKET_UNKNOWN)
		return (msg_complete(m));
	keys = msg_get_rest(m, &len);
	if (keys == NULL || len != sizeof(t->key) || t->answer > TICKET_RENEW)
		return (false);
	memcpy(t->key.name, keys, TICKET_NAME_LEN);
	memcpy(t->key.cipher, keys + TICKET_NAME_LEN, TICKET_CIPHER_LEN);
	memcpy(t->key.mac, keys + TICKET_NAME_LEN + TICKET_CIPHER_LEN,
	    TICKET_MAC_LEN);
	return (true);
}

/*
 * False if there is no KEEPER any more, or none of use.
 */
static bool
ask_keys(struct ask *ask, enum ticket_question question,
    struct ticket_opened *t)
{
	bool taken;

	msg_begin(&ask->msg, MSG_TICKET);
	msg_put_u8(&ask->msg, (uint8_t)question);
	msg_put_rest(&ask->msg, t->key.name, TICKET_NAME_LEN);
	if (!ask_send(ask) || !ask_await(ask, MSG_TICKET_KEYS))
		return (false);
	taken = take_answer(&ask->msg, t);
	OPENSSL_cleanse(ask->msg.body, ask->msg.len);
	ask->no_answer = !taken;
	return (taken);
}

/*
 * What is known of the ticket of this name: NULL if the KEEPER is gone.
 */
static const struct ticket_opened *
look_up(struct ticket *t, const unsigned char name[TICKET_NAME_LEN])
{
	static const struct ticket_opened unknown = {
		.answer = TICKET_UNKNOWN
	};
	struct ticket_opened *o;
	size_t i;

	for (i = 0; i < t->opened_count; i++)
		if (memcmp(t->opened[i].key.name, name, TICKET_NAME_LEN) == 0)
			return (&t->opened[i]);
	if (t->opened_count == TICKET_OPENS_MAX)
		return (&unknown);
	o = &t->opened[t->opened_count++];
	memcpy(o->key.name, name, TICKET_NAME_LEN);
	return (ask_keys(t->ask, TICKET_OPEN, o) ? o : NULL);
}

/* --------------------------------------------------------------- callbacks */

static bool
set_mac(EVP_MAC_CTX *mac, const struct ticket_key *key)
{
	static char digest[] = "SHA2-256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_octet_string(OSSL_MAC_PARAM_KEY, (void *)key->mac,
		    TICKET_MAC_LEN),
		OSSL_PARAM_utf8_string(OSSL_MAC_PARAM_DIGEST, digest,
		    sizeof(digest) - 1),
		OSSL_PARAM_END,
	};

	return (EVP_MAC_CTX_set_params(mac, params) == 1);
}

static int
seal(struct ticket *t, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	struct ticket_opened new = { .answer = TICKET_UNKNOWN };
	bool set;

	/* no key is no reason to leave the ticket out: OpenSSL 3.0 would
	 * write half a message */
	set = ask_keys(t->ask, TICKET_SEAL, &new) &&
	    new.answer ==
		TICKET_GOOD &&RAND_bytes(iv,
		    EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) == 1 &&
	    EVP_EncryptInit_ex2(cipher, EVP_aes_256_cbc(), new.key.cipher, iv,
		NULL) == 1 &&
	    set_mac(mac, &new.key);
	memcpy(name, new.key.name, TICKET_NAME_LEN);
	OPENSSL_cleanse(&new, sizeof(new));
	return (set ? 1 : -1);
}

static int
open_ticket(struct ticket *t, const unsigned char *name,
    const unsigned char *iv, EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac)
{
	const struct ticket_opened *o = look_up(t, name);

	if (o == NULL)
		return (-1);
	if (o->answer == TICKET_UNKNOWN)
		return (0);
	if (EVP_DecryptInit_ex2(cipher, EVP_aes_256_cbc(), o->key.cipher, iv,
		NULL) != 1 ||
	    !set_mac(mac, &o->key))
		return (-1);
	return (o->answer == TICKET_RENEW ? 2 : 1);
}

/* SSL_CTX_set_tlsext_ticket_key_evp_cb(3) */
static int
on_ticket_key(SSL *ssl, unsigned char *name, unsigned char *iv,
    EVP_CIPHER_CTX *cipher, EVP_MAC_CTX *mac, int sealing)
{
	struct ticket *t = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));

	return (sealing ? seal(t, name, iv, cipher, mac) :
			  open_ticket(t, name, iv, cipher, mac));
}

/*
 * A session keeps the client's certificate, but not those behind it, which it
 * cannot be verified without.  Where they are too many, what is kept is no
 * chain, and the session will not be resumed.
 */
static int
on_sealing(SSL *ssl, void *argument)
{
	const struct ticket *t = argument;
	uint8_t packed[VERIFY_PACKED_MAX];
	size_t len;

	if (SSL_get0_peer_certificate(ssl) == NULL)
		return (1);
	if (!verify_pack(t->verify, ssl, packed, &len))
		len = 1;
	return (SSL_SESSION_set1_ticket_appdata(SSL_get_session(ssl), packed,
	    len));
}

/* SSL_CTX_set_session_ticket_cb(3), as on_sealing */
static SSL_TICKET_RETURN
on_opened(SSL *ssl, SSL_SESSION *session, const unsigned char *name,
    size_t name_len, SSL_TICKET_STATUS status, void *argument)
{
	const struct ticket *t = argument;

	(void)ssl;
	(void)name;
	(void)name_len;
	switch (status) {
	case SSL_TICKET_SUCCESS:
	case SSL_TICKET_SUCCESS_RENEW:
		if (!verify_session(t->verify, session))
			return (SSL_TICKET_RETURN_IGNORE_RENEW);
		return (status == SSL_TICKET_SUCCESS ?
			SSL_TICKET_RETURN_USE :
			SSL_TICKET_RETURN_USE_RENEW);
	case SSL_TICKET_EMPTY:
	case SSL_TICKET_NO_DECRYPT:
		return (SSL_TICKET_RETURN_IGNORE_RENEW);
	default:
		return (SSL_TICKET_RETURN_ABORT);
	}
}

void
ticket_use(struct ticket *t, SSL_CTX *ctx, struct ask *ask,
    struct verify *verify)
{
	t->ask = ask;
	t->verify = verify;
	SSL_CTX_set_app_data(ctx, t);
	SSL_CTX_clear_options(ctx, SSL_OP_NO_TICKET);
	SSL_CTX_set_num_tickets(ctx, 1);
	SSL_CTX_set_timeout(ctx, LIFETIME_S);
	SSL_CTX_set_tlsext_ticket_key_evp_cb(ctx, on_ticket_key);
	SSL_CTX_set_session_ticket_cb(ctx, on_sealing, on_opened, t);
}

void
ticket_forget(struct ticket *t)
{
	OPENSSL_cleanse(t->opened, sizeof(t->opened));
	t->opened_count = 0;
}
