/* SPDX-License-Identifier: ISC */
/*
 * handshake_deny.c - turn away whom the handshake has shown.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the KEEPER's verdict.
 *
 * OpenSSL has no call to send an alert of one's own.  A callback of a
 * handshake message may name one, and of TLS 1.3 there is a message that a
 * server may still send: NewSessionTicket.  So one is begun, with an
 * extension of ours, which ends it before a byte of it is sent.
 *
 * Up to TLS 1.2 the server's last message is sent before the verdict: there
 * close_notify has to do.
 */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "handshake.h"
#include "log.h"

/* for private use (RFC 8446, 11); never sent, and in a ClientHello ignored */
enum { EXTENSION = 0xff5c };

static int
on_extension(SSL *ssl, unsigned int type, unsigned int context,
    const unsigned char **out, size_t *len, X509 *cert, size_t place,
    int *alert, void *argument)
{
	const struct handshake *h = argument;

	(void)ssl;
	(void)type;
	(void)context;
	(void)out;
	(void)len;
	(void)cert;
	(void)place;
	/* a ticket that is meant goes without it */
	if (!h->denied)
		return (0);
	*alert = SSL_AD_ACCESS_DENIED;
	return (-1);
}

void
handshake_may_deny(struct handshake *h)
{
	if (SSL_CTX_add_custom_ext(h->ctx, EXTENSION,
		SSL_EXT_CLIENT_HELLO | SSL_EXT_TLS1_3_NEW_SESSION_TICKET,
		on_extension, NULL, h, NULL, NULL) != 1)
		fatalx(EXIT_SYSTEM, "OpenSSL: no extension: error %lx",
		    ERR_peek_error());
}

void
handshake_deny(struct handshake *h)
{
	ERR_clear_error();
	if (SSL_version(h->ssl) >= TLS1_3_VERSION) {
		h->denied = true;
		/* no key of a ticket's is asked for */
		SSL_set_options(h->ssl, SSL_OP_NO_TICKET);
		if (SSL_new_session_ticket(h->ssl) == 1)
			SSL_do_handshake(h->ssl);
	} else
		SSL_shutdown(h->ssl);
	wire_flush(h->wire);
}
