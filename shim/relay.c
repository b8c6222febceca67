/* SPDX-License-Identifier: ISC */
/*
 * relay.c - bytes both ways until the connection is over.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody; each queue is bounded, a full one stops its source.
 */
#include "relay.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/socket.h>

#include "dialog.h"
#include "handshake.h"

enum {
	HELD_MAX = 64 * 1024, /* what a dialog has not passed yet, each way */
	RECORD_PLAIN_MAX = 16 * 1024,
	APP_END_MS = 50 /* from its first descriptor closed to its last */
};

/* ------------------------------------------------- from peer to application */

/*
 * Where what the peer said goes to, and where what it is to hear comes from.
 */
static struct buf *
from_peer(struct relay *r)
{
	return (r->dialog != NULL ? &r->asked : &r->app.to);
}

static struct buf *
to_peer(struct relay *r)
{
	return (r->dialog != NULL ? &r->said : &r->app.from);
}

/*
 * An application that ends closes its descriptors one after the other, and a
 * peer that has our close_notify by the first may be faster than the second.
 */
static bool
app_is_gone(struct relay *r)
{
	struct pollfd p = { .fd = r->app.to_fd };

	if (!r->app.deaf && r->app.done && poll(&p, 1, APP_END_MS) > 0)
		app_link_deaf(&r->app);
	return (r->app.deaf);
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
		to = buf_tail(from_peer(r), &room);
		if (room == 0)
			break;
		ERR_clear_error();
		n = SSL_read(r->handshake->ssl, to, (int)room);
		if (n <= 0) {
			judge_read(r, n, e);
			return (moved || r->peer_done);
		}
		r->in += (uint64_t)n;
		if (!r->app.deaf)
			buf_added(from_peer(r), (size_t)n);
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
	bool moved = app_link_feed(&r->app);

	if (r->peer_done && !is_cut_off(r) && r->app.to.len == 0 &&
	    r->asked.len == 0)
		moved |= app_link_end(&r->app);
	return (moved);
}

/* ------------------------------------------------- what stands between them */

/*
 * A dialog that has seen what it is for gives way to what is left of it.
 */
static bool
run_dialog(struct relay *r)
{
	size_t before = r->asked.len + r->app.from.len;
	enum dialog_state state;

	if (r->dialog == NULL)
		return (false);
	if (r->app.deaf)
		buf_taken(&r->asked, r->asked.len);
	if (r->peer_done)
		dialog_peer_ended(r->dialog);
	if (r->app.done)
		dialog_app_ended(r->dialog);
	state = dialog_run(r->dialog);
	if (state == DIALOG_ENDS)
		app_link_cut_off(&r->app);
	if (dialog_is_over(r->dialog) && r->asked.len == 0 &&
	    r->said.len == 0 && r->app.from.len == 0)
		r->dialog = NULL;
	return (before != r->asked.len + r->app.from.len);
}

static void
begin_dialog(struct relay *r)
{
	buf_init(&r->asked, HELD_MAX);
	buf_init(&r->said, HELD_MAX + DIALOG_SAY_MAX);
	r->dialog->from_peer = &r->asked;
	r->dialog->to_peer = &r->said;
	r->dialog->from_app = &r->app.from;
	r->dialog->to_app = &r->app.to;
	dialog_begin_inside(r->dialog);
}

/* ------------------------------------------------- from application to peer */

static bool
encrypt(struct relay *r, struct ending *e)
{
	SSL *ssl = r->handshake->ssl;
	struct buf *from = to_peer(r);
	bool moved = false;
	size_t len;
	int n;

	while (from->len > 0 && buf_room(&r->wire->out) >= WIRE_RECORD_MAX) {
		len = from->len < RECORD_PLAIN_MAX ? from->len :
						     RECORD_PLAIN_MAX;
		ERR_clear_error();
		n = SSL_write(ssl, buf_head(from), (int)len);
		if (n <= 0) {
			if (SSL_get_error(ssl, n) != SSL_ERROR_WANT_WRITE &&
			    SSL_get_error(ssl, n) != SSL_ERROR_WANT_READ)
				handshake_failure(r->handshake, e);
			return (moved);
		}
		r->out += (uint64_t)n;
		buf_taken(from, (size_t)n);
		moved = true;
	}
	if (r->app.done && r->app.from.len == 0 && from->len == 0 &&
	    !r->closing && buf_room(&r->wire->out) >= WIRE_RECORD_MAX) {
		SSL_shutdown(ssl);
		r->closing = moved = true;
	}
	return (moved);
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
		/* the peer takes nothing any more */
		app_link_cut_off(&r->app);
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
	return (r->fin_sent && r->app.deaf);
}

static bool
app_has_all(const struct relay *r)
{
	return ((r->app.to.len == 0 && r->asked.len == 0) || r->app.deaf);
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

enum { PEER, APP, FDS = APP + APP_LINK_FDS };

static void
wait_for_work(struct relay *r)
{
	struct pollfd p[FDS];

	wire_wanted(r->wire, &p[PEER]);
	app_link_wanted(&r->app, &p[APP], buf_room(&r->app.from) > 0);
	if (deadline_poll(p, FDS, limit(r)) <= 0)
		return;
	wire_woke(r->wire, &p[PEER]);
	app_link_woke(&r->app, &p[APP]);
}

void
relay_run(struct relay *r, struct ending *e)
{
	bool moved;

	if (r->dialog != NULL)
		begin_dialog(r);
	r->moved = deadline_now();
	while (e->kind == ENDING_NONE) {
		moved = wire_fill(r->wire);
		moved |= decrypt(r, e);
		moved |= app_link_drain(&r->app, &r->app.from);
		moved |= run_dialog(r);
		moved |= feed_app(r);
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
