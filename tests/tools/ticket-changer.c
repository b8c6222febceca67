/* SPDX-License-Identifier: ISC */
/*
 * ticket-changer.c - a client whose ticket is not what it was.
 *
 *	ticket-changer PORT CA 1.2|1.3
 *
 * Gets a session of the server on 127.0.0.1 and offers it with its ticket
 * changed in one byte, for each byte.  Every handshake must come to its end,
 * and none by resumption; at last, as it was, the session must be resumed.
 * Prints how many tickets there were.
 */
#include <sys/socket.h>

#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SESSION_MAX = 8192 };

static const char *port;
static SSL_CTX *tls;
static SSL_SESSION *given; /* the newest that the server gave */

static int
keep_session(SSL *ssl, SSL_SESSION *session)
{
	(void)ssl;
	SSL_SESSION_free(given);
	given = session;
	return (1);
}

static int
connected(void)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons((uint16_t)atoi(port)) };
	struct timeval limit = { .tv_sec = 10 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (fd == -1 ||
	    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)) ==
		-1 ||
	    connect(fd, (struct sockaddr *)&to, sizeof(to)) == -1)
		err(1, "connect");
	return (fd);
}

/*
 * One connection to its end; true if it went on with this session.
 */
static bool
resumes(SSL_SESSION *session, const char *what, size_t number)
{
	SSL *ssl = SSL_new(tls);
	int fd = connected();
	char bytes[512];
	bool reused;

	if (ssl == NULL || SSL_set_fd(ssl, fd) != 1 ||
	    SSL_set_tlsext_host_name(ssl, "localhost") != 1 ||
	    (session != NULL && SSL_set_session(ssl, session) != 1))
		errx(2, "no memory");
	ERR_clear_error();
	if (SSL_connect(ssl) != 1)
		errx(1, "%s %zu: no handshake: error %lx", what, number,
		    ERR_peek_error());
	reused = SSL_session_reused(ssl) == 1;
	/* in TLS 1.3 the ticket comes afterwards */
	while (SSL_read(ssl, bytes, sizeof(bytes)) > 0)
		;
	if ((SSL_get_shutdown(ssl) & SSL_RECEIVED_SHUTDOWN) == 0)
		errx(1, "%s %zu: no close_notify", what, number);
	/* or OpenSSL takes the session for a broken one */
	SSL_shutdown(ssl);
	SSL_free(ssl);
	close(fd);
	return (reused);
}

/*
 * The session with this byte of its ticket changed, by way of its DER.
 */
static SSL_SESSION *
changed_at(const uint8_t *ticket, size_t len, size_t byte)
{
	uint8_t der[SESSION_MAX], *to = der, *at;
	const uint8_t *from = der;
	int n = i2d_SSL_SESSION(given, NULL);
	SSL_SESSION *session;

	if (n < 0 || n > SESSION_MAX)
		errx(2, "a session of %d bytes", n);
	i2d_SSL_SESSION(given, &to);
	at = memmem(der, (size_t)n, ticket, len);
	if (at == NULL)
		errx(2, "no ticket in the session");
	at[byte] ^= 1;
	session = d2i_SSL_SESSION(NULL, &from, n);
	if (session == NULL)
		errx(2, "not a session any more");
	return (session);
}

static void
offer_changed(const uint8_t *ticket, size_t len, size_t byte)
{
	SSL_SESSION *session = changed_at(ticket, len, byte), *kept = given;

	given = NULL;
	if (resumes(session, "byte", byte))
		errx(1, "byte %zu changed: resumed all the same", byte);
	SSL_SESSION_free(session);
	/* what came with it is none of ours */
	SSL_SESSION_free(given);
	given = kept;
}

int
main(int argc, char *argv[])
{
	uint8_t ticket[SESSION_MAX];
	const uint8_t *bytes;
	size_t len, i;
	int version;

	if (argc != 4)
		errx(2, "usage: ticket-changer PORT CA 1.2|1.3");
	port = argv[1];
	version = strcmp(argv[3], "1.2") == 0 ? TLS1_2_VERSION : TLS1_3_VERSION;
	tls = SSL_CTX_new(TLS_client_method());
	if (tls == NULL || SSL_CTX_load_verify_file(tls, argv[2]) != 1 ||
	    SSL_CTX_set_min_proto_version(tls, version) != 1 ||
	    SSL_CTX_set_max_proto_version(tls, version) != 1)
		errx(2, "OpenSSL: no client");
	SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
	SSL_CTX_set_session_cache_mode(tls,
	    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
	SSL_CTX_sess_set_new_cb(tls, keep_session);

	if (resumes(NULL, "first", 0) || given == NULL)
		errx(1, "no session was given");
	SSL_SESSION_get0_ticket(given, &bytes, &len);
	memcpy(ticket, bytes, len);
	for (i = 0; i < len; i++)
		offer_changed(ticket, len, i);
	if (!resumes(given, "as it was", 0))
		errx(1, "the ticket as it was: not resumed");
	printf("%zu tickets\n", len);
	return (0);
}
