/* SPDX-License-Identifier: ISC */
/*
 * client.c - connections from connect() to the last byte, by one epoll loop.
 */
#include "client.h"

#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>

enum { READ_SIZE = 64 * 1024, EVENTS = 256, TIMEOUT_S = 120 };

enum stage { FREE, CONNECTING, HANDSHAKE, READING, HELD };

struct connection {
	enum stage stage;
	int fd;
	uint32_t watched;
	SSL *ssl;
	long long received;
};

/* What a try to go on came to. */
enum step { AGAIN, WAIT, ENDED, FAILED };

static struct client_load load;
static struct connection connections[CLIENT_CONCURRENT_MAX];
static struct client_tally *tally;
static SSL_CTX *tls;
static unsigned char *session; /* the last that came, DER: OpenSSL lets one of
				* TLS 1.3 be used once only */
static int session_len;
static int epoll;

/* Only the first reason is kept. */
static void
give_reason(const char *what, const char *why)
{
	char text[160] = "";
	unsigned long code = ERR_peek_last_error();

	if (why == NULL && code != 0) {
		ERR_error_string_n(code, text, sizeof(text));
		why = text;
	}
	if (tally->reason[0] == '\0')
		snprintf(tally->reason, sizeof(tally->reason), "%s: %s", what,
		    why == NULL ? "unexpected end" : why);
	ERR_clear_error();
}

static void
watch(struct connection *c, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = c };

	if (c->watched == events)
		return;
	epoll_ctl(epoll, c->watched != 0 ? EPOLL_CTL_MOD : EPOLL_CTL_ADD, c->fd,
	    &event);
	c->watched = events;
}

static void
drop(struct connection *c)
{
	if (c->ssl != NULL) {
		if (c->stage >= READING)
			SSL_shutdown(c->ssl);
		SSL_free(c->ssl);
	}
	if (c->fd != -1)
		close(c->fd);
	*c = (struct connection){ .fd = -1 };
	ERR_clear_error();
}

/* --------------------------------------------------------------- steps */

static void
use_session(SSL *ssl)
{
	const unsigned char *from = session;
	SSL_SESSION *kept = d2i_SSL_SESSION(NULL, &from, session_len);

	if (kept == NULL || SSL_set_session(ssl, kept) != 1)
		errx(2, "client: no session");
	SSL_SESSION_free(kept);
}

static enum step
after_connect(struct connection *c)
{
	int error = 0;
	socklen_t len = sizeof(error);

	getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len);
	if (error != 0) {
		give_reason("connect", strerror(error));
		return (FAILED);
	}
	c->stage = READING;
	if (tls != NULL) {
		if ((c->ssl = SSL_new(tls)) == NULL ||
		    SSL_set_fd(c->ssl, c->fd) != 1)
			errx(2, "client: no memory");
		SSL_set_connect_state(c->ssl);
		if (session_len > 0)
			use_session(c->ssl);
		c->stage = HANDSHAKE;
	}
	return (AGAIN);
}

/* What OpenSSL waits for; anything else ends the connection. */
static enum step
wait_for_tls(struct connection *c, int result)
{
	switch (SSL_get_error(c->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		watch(c, EPOLLIN);
		return (WAIT);
	case SSL_ERROR_WANT_WRITE:
		watch(c, EPOLLOUT);
		return (WAIT);
	default:
		return (ENDED);
	}
}

static void
note_parameters(SSL *ssl)
{
	EVP_PKEY *key = NULL;

	if (tally->protocol[0] != '\0')
		return;
	snprintf(tally->protocol, sizeof(tally->protocol), "%s",
	    SSL_get_version(ssl));
	snprintf(tally->cipher, sizeof(tally->cipher), "%s",
	    SSL_get_cipher_name(ssl));
	if (SSL_get_peer_tmp_key(ssl, &key) != 1)
		return;
	snprintf(tally->group, sizeof(tally->group), "%s",
	    EVP_PKEY_get0_type_name(key));
	EVP_PKEY_free(key);
}

static enum step
shake_hands(struct connection *c)
{
	int result = SSL_do_handshake(c->ssl);

	if (result != 1) {
		if (wait_for_tls(c, result) == WAIT)
			return (WAIT);
		give_reason("handshake", NULL);
		return (FAILED);
	}
	note_parameters(c->ssl);
	tally->resumed += SSL_session_reused(c->ssl);
	c->stage = READING;
	return (AGAIN);
}

static enum step
judge_end(const struct connection *c)
{
	if (c->received == load.expected && !load.hold)
		return (ENDED);
	give_reason("read", NULL);
	return (FAILED);
}

static enum step
count(struct connection *c, long long n)
{
	c->received += n;
	if (c->received > load.expected) {
		give_reason("read", "more than was expected");
		return (FAILED);
	}
	if (load.hold && c->received == load.expected) {
		c->stage = HELD;
		return (ENDED);
	}
	return (AGAIN);
}

static enum step
read_more(struct connection *c)
{
	static char bytes[READ_SIZE];
	ssize_t n;

	if (c->ssl != NULL) {
		if ((n = SSL_read(c->ssl, bytes, READ_SIZE)) > 0)
			return (count(c, n));
		return (wait_for_tls(c, (int)n) == WAIT ? WAIT : judge_end(c));
	}
	if ((n = read(c->fd, bytes, READ_SIZE)) > 0)
		return (count(c, n));
	if (n == -1 && errno == EAGAIN) {
		watch(c, EPOLLIN);
		return (WAIT);
	}
	return (judge_end(c));
}

static enum step
go_on(struct connection *c)
{
	switch (c->stage) {
	case CONNECTING:
		return (after_connect(c));
	case HANDSHAKE:
		return (shake_hands(c));
	case READING:
		return (read_more(c));
	case FREE:
	case HELD:
		break;
	}
	return (WAIT);
}

/* Returns whether the connection no longer counts as under way. */
static bool
advance(struct connection *c)
{
	enum step step;

	ERR_clear_error();
	while ((step = go_on(c)) == AGAIN)
		;
	if (step == WAIT)
		return (false);
	if (step == ENDED)
		tally->ok++;
	else
		tally->failed++;
	if (c->stage == HELD)
		epoll_ctl(epoll, EPOLL_CTL_DEL, c->fd, NULL);
	else
		drop(c);
	return (true);
}

static void
start(struct connection *c)
{
	struct sockaddr_in address = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
		.sin_port = htons(load.port) };
	int on = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd == -1)
		err(2, "client: socket");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (connect(c->fd, (struct sockaddr *)&address, sizeof(address)) ==
		-1 &&
	    errno != EINPROGRESS)
		err(2, "client: connect");
	c->stage = CONNECTING;
	watch(c, EPOLLOUT);
}

/* ----------------------------------------------------------------- runs */

static int
keep_session(SSL *ssl, SSL_SESSION *new)
{
	(void)ssl;
	OPENSSL_free(session);
	session = NULL;
	session_len = i2d_SSL_SESSION(new, &session);
	return (0);
}

void
client_open(const struct client_load *wanted)
{
	size_t i;

	/* a server that hangs up is a failure to count, not our end */
	signal(SIGPIPE, SIG_IGN);
	load = *wanted;
	for (i = 0; i < CLIENT_CONCURRENT_MAX; i++)
		connections[i].fd = -1;
	if ((epoll = epoll_create1(EPOLL_CLOEXEC)) == -1)
		err(2, "client: epoll");
	if (load.tls == 0)
		return;
	if ((tls = SSL_CTX_new(TLS_client_method())) == NULL ||
	    SSL_CTX_set_min_proto_version(tls, load.tls) != 1 ||
	    SSL_CTX_set_max_proto_version(tls, load.tls) != 1)
		errx(2, "client: this OpenSSL cannot do that");
	if (load.resume) {
		SSL_CTX_set_session_cache_mode(tls,
		    SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
		SSL_CTX_sess_set_new_cb(tls, keep_session);
		return;
	}
	/* every handshake is to be a full one */
	SSL_CTX_set_session_cache_mode(tls, SSL_SESS_CACHE_OFF);
	SSL_CTX_set_options(tls, SSL_OP_NO_TICKET);
}

static double
seconds_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((double)now.tv_sec + (double)now.tv_nsec / 1e9);
}

static int
start_some(long *left, int room)
{
	int i, started = 0;

	for (i = 0; i<CLIENT_CONCURRENT_MAX && * left> 0 && started < room;
	     i++) {
		if (connections[i].stage != FREE)
			continue;
		start(&connections[i]);
		started++;
		(*left)--;
	}
	return (started);
}

void
client_run(long total, int concurrent, struct client_tally *result)
{
	struct epoll_event events[EVENTS];
	double begin = seconds_now();
	long left = total;
	int i, n, live = 0;

	tally = result;
	for (;;) {
		live += start_some(&left, concurrent - live);
		if (live == 0)
			break;
		if ((n = epoll_wait(epoll, events, EVENTS, 1000)) == -1)
			err(2, "client: epoll");
		for (i = 0; i < n; i++)
			live -= advance(events[i].data.ptr);
		if (seconds_now() - begin > TIMEOUT_S)
			errx(2, "client: %d connections hang", live);
	}
	tally->seconds = seconds_now() - begin;
}

void
client_hang_up(void)
{
	size_t i;

	for (i = 0; i < CLIENT_CONCURRENT_MAX; i++)
		if (connections[i].stage == HELD)
			drop(&connections[i]);
}
