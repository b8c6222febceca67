/* SPDX-License-Identifier: ISC */
/*
 * relay.c - bytes both ways until the connection is over.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody; each queue is bounded, a full one stops its source.
 */
#include "relay.h"

#include <errno.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include "handshake.h"

enum {
	APP_BUFFER = 64 * 1024,
	RECORD_PLAIN_MAX = 16 * 1024,
	APP_END_MS = 50 /* from its first descriptor closed to its last */
};

/* ------------------------------------------------- from peer to application */

static void
app_went_deaf(struct relay *r)
{
	r->app_deaf = true;
	buf_taken(&r->to_app, r->to_app.len);
}

/*
 * An application that ends closes its descriptors one after the other, and a
 * peer that has our close_notify by the first may be faster than the second.
 */
static bool
app_is_gone(struct relay *r)
{
	struct pollfd p = { .fd = r->to_app_fd };

	if (!r->app_deaf && r->app_done && poll(&p, 1, APP_END_MS) > 0)
		app_went_deaf(r);
	return (r->app_deaf);
}

static void
peer_ended(struct relay *r, bool clean)
{
	r->peer_done = true;
	/*
	 * When the application was gone before, nothing that it would have
	 * read can have been cut off.
	 */
	r->peer_clean = clean || app_is_gone(r);
}

/*
 * What the library's answer means when it is not "here are bytes".
 */
static void
judge_read(struct relay *r, int result, struct ending *e)
{
	switch (SSL_get_error(r->handshake->ssl, result)) {
	case SSL_ERROR_WANT_READ:
		if (r->wire->eof)
			peer_ended(r, false);
		break;
	case SSL_ERROR_WANT_WRITE:
		break;
	case SSL_ERROR_ZERO_RETURN:
		peer_ended(r, true);
		break;
	default:
		handshake_failure(r->handshake, e);
		break;
	}
}

static bool
decrypt(struct relay *r, struct ending *e)
{
	bool moved = false;
	size_t room;
	uint8_t *to;
	int n;

	while (!r->peer_done && e->kind == ENDING_NONE) {
		to = buf_tail(&r->to_app, &room);
		if (room == 0)
			break;
		ERR_clear_error();
		n = SSL_read(r->handshake->ssl, to, (int)room);
		if (n <= 0) {
			judge_read(r, n, e);
			return (moved || r->peer_done);
		}
		r->in += (uint64_t)n;
		if (!r->app_deaf)
			buf_added(&r->to_app, (size_t)n);
		moved = true;
	}
	return (moved);
}

/*
 * With --strict-close such an end is the connection's at once: to the
 * application it is no end of file, upon which it would answer.
 */
static bool
is_cut_off(const struct relay *r)
{
	return (r->peer_done && !r->peer_clean && r->policy->strict_close &&
	    r->wire->error == 0);
}

static bool
feed_app(struct relay *r)
{
	bool moved = false;
	ssize_t n;

	while (r->to_app.len > 0 && r->app_writable) {
		n = send(r->to_app_fd, buf_head(&r->to_app), r->to_app.len,
		    MSG_DONTWAIT | MSG_NOSIGNAL);
		if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
			r->app_writable = false;
			return (moved);
		}
		if (n == -1 && errno != EINTR)
			app_went_deaf(r);
		else if (n > 0)
			buf_taken(&r->to_app, (size_t)n);
		moved = true;
	}
	if (r->peer_done && !is_cut_off(r) && r->to_app.len == 0 &&
	    !r->app_told) {
		shutdown(r->to_app_fd, SHUT_WR);
		r->app_told = true;
		moved = true;
	}
	return (moved);
}

/* ------------------------------------------------- from application to peer */

static bool
drain_app(struct relay *r)
{
	size_t room;
	uint8_t *to = buf_tail(&r->from_app, &room);
	ssize_t n;

	if (r->app_done || !r->app_readable || room == 0)
		return (false);
	n = recv(r->from_app_fd, to, room, MSG_DONTWAIT);
	if (n == -1 && errno == EINTR)
		return (false);
	if (n == -1 && (errno == EAGAIN || errno == EWOULDBLOCK)) {
		r->app_readable = false;
		return (false);
	}
	if (n <= 0)
		/* ECONNRESET: it ended without reading what we sent */
		r->app_done = true;
	else
		buf_added(&r->from_app, (size_t)n);
	if (n < (ssize_t)room)
		r->app_readable = false;
	return (true);
}

static bool
encrypt(struct relay *r, struct ending *e)
{
	SSL *ssl = r->handshake->ssl;
	bool moved = false;
	size_t len;
	int n;

	while (r->from_app.len > 0 &&
	    buf_room(&r->wire->out) >= WIRE_RECORD_MAX) {
		len = r->from_app.len < RECORD_PLAIN_MAX ? r->from_app.len :
							   RECORD_PLAIN_MAX;
		ERR_clear_error();
		n = SSL_write(ssl, buf_head(&r->from_app), (int)len);
		if (n <= 0) {
			if (SSL_get_error(ssl, n) != SSL_ERROR_WANT_WRITE &&
			    SSL_get_error(ssl, n) != SSL_ERROR_WANT_READ)
				handshake_failure(r->handshake, e);
			return (moved);
		}
		r->out += (uint64_t)n;
		buf_taken(&r->from_app, (size_t)n);
		moved = true;
	}
	if (r->app_done && r->from_app.len == 0 && !r->closing &&
	    buf_room(&r->wire->out) >= WIRE_RECORD_MAX) {
		SSL_shutdown(ssl);
		r->closing = moved = true;
	}
	return (moved);
}

/*
 * The peer takes nothing any more, and whatever is written to it is an error.
 */
static void
app_is_cut_off(struct relay *r)
{
	buf_taken(&r->from_app, r->from_app.len);
	if (!r->app_done)
		shutdown(r->from_app_fd, SHUT_RD);
	r->app_done = true;
}

static bool
send_records(struct relay *r)
{
	bool moved;

	if (r->fin_sent)
		/* an alert, say: there is no way for it any more */
		buf_taken(&r->wire->out, r->wire->out.len);
	moved = wire_flush(r->wire);
	if (r->wire->error != 0)
		app_is_cut_off(r);
	if (r->closing && !r->fin_sent && r->wire->out.len == 0) {
		shutdown(r->wire->fd, SHUT_WR);
		r->fin_sent = moved = true;
	}
	return (moved);
}

/* ---------------------------------------------------------------- the end */

/*
 * The application has ended and all it said is out: only the peer's
 * close_notify is awaited.
 */
static bool
only_peer_left(const struct relay *r)
{
	return (r->fin_sent && r->app_deaf);
}

static bool
app_has_all(const struct relay *r)
{
	return (r->to_app.len == 0 || r->app_deaf);
}

static void
judge_end(struct relay *r, struct ending *e)
{
	if (e->kind != ENDING_NONE || !r->peer_done)
		return;
	if (is_cut_off(r))
		e->kind = ENDING_TRUNCATED;
	else if (!app_has_all(r))
		/* what came before the end is passed on, whatever the end */
		return;
	else if (r->wire->error != 0)
		e->kind = ENDING_RESET;
	else if (r->fin_sent)
		e->kind = r->peer_clean ? ENDING_CLEAN : ENDING_TRUNCATED;
}

/*
 * After SIGTERM, and when only the peer is left, time runs whatever moves:
 * a peer could send for ever.
 */
static deadline
limit(struct relay *r)
{
	deadline until = r->moved + (deadline)r->policy->idle_ms;

	if (r->closed_by == 0 && (deadline_sigterm || only_peer_left(r)))
		r->closed_by = deadline_in(r->policy->close_ms);
	return (r->closed_by == 0 ? until :
				    deadline_first(until, r->closed_by));
}

/* ---------------------------------------------------------------- waiting */

enum { PEER, TO_APP, FROM_APP, FDS };

static void
wanted(const struct relay *r, struct pollfd p[FDS])
{
	p[PEER] = (struct pollfd){ .fd = r->wire->fd };
	if (!r->wire->eof && buf_room(&r->wire->in) > 0)
		p[PEER].events |= POLLIN;
	if (r->wire->out.len > 0)
		p[PEER].events |= POLLOUT;
	if (p[PEER].events == 0)
		/* or poll would tell of a reset again and again */
		p[PEER].fd = -1;

	/* POLLHUP, which cannot be asked away, tells that fd 0 is closed */
	p[TO_APP] = (struct pollfd){ .fd = r->app_deaf ? -1 : r->to_app_fd };
	if (r->to_app.len > 0)
		p[TO_APP].events = POLLOUT;

	p[FROM_APP] = (struct pollfd){ .fd = -1 };
	if (!r->app_done && buf_room(&r->from_app) > 0)
		p[FROM_APP] = (struct pollfd){ r->from_app_fd, POLLIN, 0 };
}

static void
wait_for_work(struct relay *r)
{
	struct pollfd p[FDS];

	wanted(r, p);
	if (deadline_poll(p, FDS, limit(r)) <= 0)
		return;
	if ((p[PEER].revents & ~POLLOUT) != 0)
		r->wire->readable = true;
	if ((p[PEER].revents & POLLOUT) != 0)
		r->wire->writable = true;
	if ((p[TO_APP].revents & (POLLHUP | POLLERR)) != 0)
		app_went_deaf(r);
	else if (p[TO_APP].revents != 0)
		r->app_writable = true;
	if (p[FROM_APP].revents != 0)
		r->app_readable = true;
}

void
relay_run(struct relay *r, struct ending *e)
{
	bool moved;

	buf_init(&r->to_app, APP_BUFFER);
	buf_init(&r->from_app, APP_BUFFER);
	r->app_writable = true;
	r->moved = deadline_now();
	while (e->kind == ENDING_NONE) {
		moved = wire_fill(r->wire);
		moved |= decrypt(r, e);
		moved |= feed_app(r);
		moved |= drain_app(r);
		moved |= encrypt(r, e);
		moved |= send_records(r);
		judge_end(r, e);
		if (moved)
			r->moved = deadline_now();
		if (e->kind == ENDING_NONE && deadline_left(limit(r)) == 0)
			e->kind = ENDING_TIMEOUT;
		if (e->kind == ENDING_NONE && !moved)
			wait_for_work(r);
	}
}
