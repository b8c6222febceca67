/* SPDX-License-Identifier: ISC */
/*
 * handshake.c - from a connected socket to agreed keys, or a reason.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   OpenSSL; the KEEPER's answers.
 * Refuses:  renegotiation, compression, early data (policy.c).
 */
#include "handshake.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <string.h>

#include "alert.h"
#include "library.h"
#include "log.h"
#include "session_context.h"

/* SSL_CTX_set_info_callback(3) has no place for a pointer of ours */
static struct handshake *current;

/* --------------------------------------------------------- ask the KEEPER */

/*
 * Whether there is a pair for this client: h->refused says.
 */
static bool
receive_choice(struct handshake *h)
{
	struct msg *m = &h->ask.msg;
	const uint8_t *context;
	size_t len;

	if (!ask_await(&h->ask, MSG_CHOICE))
		return (false);
	h->refused = msg_get_u8(m);
	context = msg_get_rest(m, &len);
	if (context == NULL || len != SESSION_CONTEXT_LEN ||
	    SSL_set_session_id_context(h->ssl, context, (unsigned int)len) !=
		1) {
		h->ask.no_answer = true;
		return (false);
	}
	return (true);
}

/* ------------------------------------------------------------ ClientHello */

/*
 * The extension's body less its outer length of `width` bytes.
 */
static const uint8_t *
extension(SSL *ssl, unsigned int type, size_t width, size_t *len)
{
	const unsigned char *body;

	*len = 0;
	if (SSL_client_hello_get0_ext(ssl, type, &body, len) != 1 ||
	    *len < width) {
		*len = 0;
		return (NULL);
	}
	*len -= width;
	return (body + width);
}

static void
copy_list(SSL *ssl, unsigned int type, size_t width, struct hello_list *list)
{
	size_t len;
	const uint8_t *from = extension(ssl, type, width, &len);

	hello_list_copy(list, from, len);
}

static size_t
copy_bytes(SSL *ssl, unsigned int type, uint8_t *to, size_t size)
{
	size_t len;
	const uint8_t *from = extension(ssl, type, 2, &len);

	if (from == NULL || len > size)
		return (0);
	memcpy(to, from, len);
	return (len);
}

/*
 * RFC 6066, 3: u16 list, then u8 type, u16 length, name.
 */
static void
copy_server_name(SSL *ssl, struct hello *hello)
{
	size_t len;
	const uint8_t *from = extension(ssl, TLSEXT_TYPE_server_name, 2, &len);

	hello->server_name_given = from != NULL;
	if (from == NULL || len < 3 || from[0] != TLSEXT_NAMETYPE_host_name ||
	    (size_t)(from[1] << 8 | from[2]) != len - 3)
		return;
	server_name_copy(hello->server_name, from + 3, len - 3);
}

static void
copy_hello(SSL *ssl, struct hello *hello)
{
	const unsigned char *suites;
	size_t len = SSL_client_hello_get0_ciphers(ssl, &suites);

	hello->legacy_version = (uint16_t)
	    SSL_client_hello_get0_legacy_version(ssl);
	hello_list_copy(&hello->suites, suites, len);
	copy_server_name(ssl, hello);
	hello->wants_staple = extension(ssl, TLSEXT_TYPE_status_request, 0,
				  &len) != NULL;
	copy_list(ssl, TLSEXT_TYPE_supported_versions, 1, &hello->versions);
	copy_list(ssl, TLSEXT_TYPE_supported_groups, 2, &hello->groups);
	copy_list(ssl, TLSEXT_TYPE_signature_algorithms, 2, &hello->sigalgs);
	copy_list(ssl, TLSEXT_TYPE_signature_algorithms_cert, 2,
	    &hello->sigalgs_cert);
	hello->alpn_len = copy_bytes(ssl,
	    TLSEXT_TYPE_application_layer_protocol_negotiation, hello->alpn,
	    sizeof(hello->alpn));
	hello->ca_names_len = copy_bytes(ssl,
	    TLSEXT_TYPE_certificate_authorities, hello->ca_names,
	    sizeof(hello->ca_names));
}

static int
on_server_name(SSL *ssl, int *alert, void *argument)
{
	const struct handshake *h = argument;

	(void)ssl;
	*alert = h->refused;
	return (SSL_TLSEXT_ERR_ALERT_FATAL);
}

/*
 * The alert of the KEEPER's choice, when the version is agreed: before that
 * OpenSSL makes a handshake_failure of a missing_extension.  There is no
 * KEEPER any more to be asked about a ticket.
 */
static void
refuse_client(struct handshake *h, SSL *ssl)
{
	SSL_set_options(ssl, SSL_OP_NO_TICKET);
	SSL_CTX_set_tlsext_servername_callback(h->ctx, on_server_name);
	SSL_CTX_set_tlsext_servername_arg(h->ctx, h);
}

/*
 * RFC 7301, 3.1: does the client name what it must?
 */
static bool
names_protocol(const struct handshake *h)
{
	const struct hello *hello = &h->hello;
	size_t at, len;

	if (h->must_name == NULL)
		return (true);
	for (at = 0; at < hello->alpn_len; at += 1 + len) {
		len = hello->alpn[at];
		if (len <= hello->alpn_len - at - 1 &&
		    len == strlen(h->must_name) &&
		    memcmp(hello->alpn + at + 1, h->must_name, len) == 0)
			return (true);
	}
	return (false);
}

static int
on_client_hello(SSL *ssl, int *alert, void *argument)
{
	struct handshake *h = argument;

	if (SSL_client_hello_isv2(ssl) == 1) {
		/* RFC 8446, D.5: nobody who speaks TLS 1.2 sends one */
		*alert = SSL_AD_PROTOCOL_VERSION;
		return (SSL_CLIENT_HELLO_ERROR);
	}
	if (h->hello_sent)
		return (SSL_CLIENT_HELLO_SUCCESS);
	h->hello_sent = true;
	copy_hello(ssl, &h->hello);
	if (!names_protocol(h)) {
		*alert = SSL_AD_NO_APPLICATION_PROTOCOL;
		return (SSL_CLIENT_HELLO_ERROR);
	}
	hello_put(&h->ask.msg, &h->hello);
	*alert = SSL_AD_INTERNAL_ERROR;
	if (!ask_send(&h->ask) || !receive_choice(h))
		return (SSL_CLIENT_HELLO_ERROR);
	if (h->refused == 0)
		return (certificate_receive(&h->certificate,
			    h->hello.wants_staple) ?
			SSL_CLIENT_HELLO_SUCCESS :
			SSL_CLIENT_HELLO_ERROR);
	refuse_client(h, ssl);
	return (SSL_CLIENT_HELLO_SUCCESS);
}

static void
on_info(const SSL *ssl, int where, int value)
{
	struct handshake *h = current;
	uint8_t description = (uint8_t)(value & 0xff);

	(void)ssl;
	if ((where & SSL_CB_ALERT) == 0 || description == ALERT_CLOSE_NOTIFY)
		return;
	if ((where & SSL_CB_READ) != 0) {
		h->has_received = true;
		h->alert_received = description;
	} else {
		h->has_sent = true;
		h->alert_sent = description;
	}
}

/* -------------------------------------------------------------- handshake */

static void
make_context(struct handshake *h)
{
	h->ctx = SSL_CTX_new(TLS_server_method());
	if (h->ctx == NULL)
		fatalx(EXIT_SYSTEM, "OpenSSL: no context: error %lx",
		    ERR_peek_error());
	certificate_init(&h->certificate, h->ctx, &h->ask);
	SSL_CTX_set_client_hello_cb(h->ctx, on_client_hello, h);
	SSL_CTX_set_info_callback(h->ctx, on_info);
	SSL_CTX_set_mode(h->ctx,
	    SSL_MODE_ENABLE_PARTIAL_WRITE |
		SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS);
}

void
handshake_init(struct handshake *h, struct wire *wire, struct channel *channel)
{
	h->wire = wire;
	h->ask.channel = channel;
	verify_init(&h->verify, &h->ask);
	current = h;
	make_context(h);
}

/*
 * A context knows the ciphers that were there when it was made: most need no
 * more, and so it is made while the KEEPER still judges the policy.
 */
static void
apply(struct handshake *h, const struct policy *policy)
{
	const char *refused;

	if (policy_is_rare(policy)) {
		library_load_rare();
		SSL_CTX_free(h->ctx);
		make_context(h);
	}
	refused = policy_apply(h->ctx, policy);
	if (refused != NULL)
		fatalx(EXIT_USAGE, "policy: %s: OpenSSL does not take them",
		    refused);
	verify_apply(&h->verify, h->ctx, &policy->client);
	if (policy->tickets)
		ticket_use(&h->ticket, h->ctx, &h->ask, &h->verify);
	if (policy->judges)
		handshake_may_deny(h);
}

static void
start(struct handshake *h, const struct policy *policy)
{
	BIO *bio;

	apply(h, policy);
	h->ssl = SSL_new(h->ctx);
	if (h->ssl == NULL)
		fatalx(EXIT_SYSTEM, "OpenSSL: no connection: error %lx",
		    ERR_peek_error());
	bio = wire_bio(h->wire);
	SSL_set_bio(h->ssl, bio, bio);
	SSL_set_accept_state(h->ssl);
}

void
handshake_failure(const struct handshake *h, struct ending *e)
{
	if (h->ask.no_answer) {
		e->kind = ENDING_ERROR;
	} else if (h->ask.late) {
		/* the alert of it is no fault of the handshake's */
		e->kind = ENDING_TIMEOUT;
	} else if (h->has_received) {
		e->kind = ENDING_ALERT_RECEIVED;
		e->alert = h->alert_received;
	} else if (h->has_sent) {
		e->kind = ENDING_ALERT_SENT;
		e->alert = h->alert_sent;
	} else {
		e->kind = ENDING_ERROR;
	}
}

/*
 * The peer was not (yet) speaking TLS: noise, not a failure.
 */
static bool
was_probe(const struct handshake *h, struct ending *e)
{
	e->probe = ending_probe(h->wire->first, h->wire->first_len);
	if (h->hello_sent || e->probe == NULL)
		return (false);
	e->kind = ENDING_PROBE;
	return (true);
}

/*
 * False, with the ending, when the peer is gone or late.
 */
static bool
wait_for_peer(struct handshake *h, struct ending *e)
{
	struct pollfd p = { .fd = h->wire->fd };

	if (h->wire->eof) {
		if (!was_probe(h, e))
			e->kind = h->wire->error != 0 ? ENDING_RESET :
							ENDING_TRUNCATED;
		return (false);
	}
	if (buf_room(&h->wire->in) > 0)
		p.events |= POLLIN;
	if (h->wire->out.len > 0)
		p.events |= POLLOUT;
	deadline_poll(&p, 1, h->ask.until);
	/* a peer that always has something to say is not waited for longer */
	if (deadline_left(h->ask.until) == 0 || deadline_sigterm) {
		e->kind = ENDING_TIMEOUT;
		return (false);
	}
	h->wire->readable = (p.revents & ~POLLOUT) != 0;
	h->wire->writable = (p.revents & POLLOUT) != 0 || h->wire->writable;
	return (true);
}

void
handshake_run(struct handshake *h, const struct policy *policy, deadline until,
    struct ending *e)
{
	deadline began = deadline_now();
	int done;

	h->ask.until = until;
	start(h, policy);
	for (;;) {
		ERR_clear_error();
		done = SSL_do_handshake(h->ssl);
		wire_flush(h->wire);
		if (done == 1)
			break;
		if (SSL_get_error(h->ssl, done) != SSL_ERROR_WANT_READ &&
		    SSL_get_error(h->ssl, done) != SSL_ERROR_WANT_WRITE) {
			if (!was_probe(h, e))
				handshake_failure(h, e);
			log_debug("handshake: failed: OpenSSL reason %d",
			    ERR_GET_REASON(ERR_peek_error()));
			return;
		}
		if (!wait_for_peer(h, e))
			return;
		wire_fill(h->wire);
	}
	h->ms = (unsigned int)(deadline_now() - began);
	ticket_forget(&h->ticket);
}
