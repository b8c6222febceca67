/* SPDX-License-Identifier: ISC */
/*
 * dialog.c - the conversation before TLS, whatever its protocol.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nobody: a unit is bounded, and no unit is looked at before the
 *           answer to the one before it.
 */
#include "dialog.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "log.h"

/* ------------------------------------------------------------------ saying */

void
dialog_say_bytes(struct dialog *d, const void *bytes, size_t len)
{
	/* there was room for it: has_room */
	buf_put(d->to_peer, bytes, len);
}

void
dialog_say(struct dialog *d, const char *format, ...)
{
	char text[DIALOG_SAY_MAX];
	va_list arguments;
	int n;

	va_start(arguments, format);
	n = vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	if (n > 0 && (size_t)n < sizeof(text))
		dialog_say_bytes(d, text, (size_t)n);
}

enum dialog_next
dialog_answer(struct dialog *d, enum dialog_next next, const char *text)
{
	dialog_say_bytes(d, text, strlen(text));
	return (next);
}

void
dialog_credentials(struct dialog *d)
{
	if (!d->warned)
		log_warnx("clear text: %s: credentials before TLS refused",
		    d->protocol->name);
	d->warned = true;
}

/* --------------------------------------------------------------- the peer's */

/*
 * Bytes of a literal, of a message, of whatever is not ours to read.
 */
static bool
pass_unread(struct dialog *d)
{
	size_t n = d->from_peer->len;

	if (n == 0 || (d->drop == 0 && d->pass == 0))
		return (false);
	if (d->drop > 0) {
		n = n < d->drop ? n : (size_t)d->drop;
		d->drop -= n;
	} else {
		n = n < d->pass ? n : (size_t)d->pass;
		n = buf_put(d->to_app, buf_head(d->from_peer), n);
		d->pass -= n;
	}
	buf_taken(d->from_peer, n);
	return (n > 0);
}

static void
refuse(struct dialog *d, enum dialog_fault fault)
{
	d->protocol->refuse(d, fault);
	d->closing = true;
}

static bool
is_too_much(struct dialog *d, size_t len)
{
	d->units++;
	d->bytes += len;
	return (d->required && !d->inside &&
	    (d->units > DIALOG_UNITS_MAX || d->bytes > DIALOG_BYTES_MAX));
}

/*
 * Room for whatever a unit of the peer's may lead to.
 */
static bool
has_room(const struct dialog *d, size_t len)
{
	return (buf_room(d->to_peer) >= DIALOG_SAY_MAX &&
	    (d->to_app == NULL || buf_room(d->to_app) >= len));
}

static enum dialog_state
obey(struct dialog *d, enum dialog_next next, size_t len)
{
	if (next == DIALOG_HOLD) {
		d->awaiting = true;
		return (DIALOG_WAITS);
	}
	if ((next == DIALOG_FORWARD || next == DIALOG_PASS) &&
	    d->to_app != NULL)
		buf_put(d->to_app, buf_head(d->from_peer), len);
	d->awaiting = next == DIALOG_FORWARD;
	d->pipelined = false;
	buf_taken(d->from_peer, len);
	if (next == DIALOG_CLOSE)
		d->closing = true;
	return (next == DIALOG_UPGRADE ? DIALOG_UPGRADES : DIALOG_WAITS);
}

static bool
is_direct_tls(const struct dialog *d)
{
	return (d->protocol->direct_alpn != NULL && d->units == 0 &&
	    !d->inside && d->from_peer->len > 0 &&
	    *buf_head(d->from_peer) == DIALOG_TLS_HANDSHAKE);
}

/*
 * One unit of the peer's, if there is a whole one and nothing stands before
 * it.
 */
static enum dialog_state
hear_peer(struct dialog *d, bool *moved)
{
	size_t len = d->from_peer->len;

	if (d->closing || len == 0)
		return (DIALOG_WAITS);
	if (d->awaiting || d->app_pass > 0) {
		d->pipelined = true;
		return (DIALOG_WAITS);
	}
	if (is_direct_tls(d))
		return (DIALOG_IS_TLS);
	len = d->protocol->unit(d, buf_head(d->from_peer), len);
	if (len == UNIT_PARTIAL)
		return (DIALOG_WAITS);
	if (len != UNIT_BAD && !has_room(d, len))
		return (DIALOG_WAITS);
	*moved = true;
	if (len == UNIT_BAD)
		refuse(d, DIALOG_FAULT_LONG);
	else if (is_too_much(d, len))
		refuse(d, DIALOG_FAULT_LIMIT);
	else
		return (obey(d,
		    d->protocol->command(d, buf_head(d->from_peer), len), len));
	return (DIALOG_WAITS);
}

/* -------------------------------------------------------- the application's */

/*
 * A line that is too long to be looked at passes in pieces.
 */
static void
hear_unit(struct dialog *d, const uint8_t *unit, size_t len, bool whole)
{
	bool unread = d->mid_line || !whole;

	d->mid_line = !whole;
	if (unread)
		dialog_say_bytes(d, unit, len);
	else if (d->protocol->reply(d, unit, len) == DIALOG_REPLY_DONE)
		d->awaiting = false;
}

static bool
pass_app_unread(struct dialog *d)
{
	size_t n = d->from_app->len;

	n = n < d->app_pass ? n : (size_t)d->app_pass;
	n = buf_put(d->to_peer, buf_head(d->from_app), n);
	buf_taken(d->from_app, n);
	d->app_pass -= n;
	return (n > 0);
}

static bool
hear_app(struct dialog *d)
{
	const uint8_t *unit;
	size_t len;
	bool whole;

	if (d->closing || d->from_app == NULL || d->from_app->len == 0)
		return (false);
	if (d->app_pass > 0)
		return (pass_app_unread(d));
	unit = buf_head(d->from_app);
	len = d->protocol->app_unit(d, unit, d->from_app->len);
	if (len == UNIT_BAD)
		d->closing = true;
	if (len == UNIT_PARTIAL || len == UNIT_BAD ||
	    buf_room(d->to_peer) < len + DIALOG_SAY_MAX)
		return (false);
	whole = d->protocol->app_unit != dialog_app_line ||
	    unit[len - 1] == '\n';
	hear_unit(d, unit, len, whole);
	buf_taken(d->from_app, len);
	return (true);
}

/* ------------------------------------------------------------- inside TLS */

static bool
move(struct buf *from, struct buf *to)
{
	size_t n = buf_put(to, buf_head(from), from->len);

	buf_taken(from, n);
	return (n > 0);
}

/*
 * Until the greeting has come nothing goes to the application: some take
 * what is there before it for an attack.
 */
static bool
hear_greeting(struct dialog *d)
{
	size_t n;

	if (d->greeted)
		return (false);
	if (d->protocol->greeting == NULL) {
		d->greeted = true;
		return (true);
	}
	if (d->from_app->len == 0 || buf_room(d->to_peer) < DIALOG_SAY_MAX)
		return (false);
	n = d->protocol->greeting(d, buf_head(d->from_app), d->from_app->len);
	if (n == UNIT_PARTIAL && buf_room(d->from_app) > 0)
		return (false);
	if (n != UNIT_PARTIAL && n != UNIT_BAD)
		buf_taken(d->from_app, n);
	d->greeted = true;
	return (true);
}

bool
dialog_is_over(const struct dialog *d)
{
	return (d->inside && d->greeted && !d->protocol->inside && !d->closing);
}

/* --------------------------------------------------------------------- run */

void
dialog_begin(struct dialog *d)
{
	if (d->required && d->protocol->greet != NULL)
		d->protocol->greet(d);
	/* in optional mode the application greets */
	d->awaiting = !d->required && d->protocol->greet != NULL;
}

void
dialog_begin_inside(struct dialog *d)
{
	const struct dialog fresh = {
		.protocol = d->protocol,
		.host = d->host,
		.inside = true,
		.from_peer = d->from_peer,
		.to_peer = d->to_peer,
		.from_app = d->from_app,
		.to_app = d->to_app,
	};

	*d = fresh;
}

/*
 * Inside TLS, for some only until the application has greeted, no unit is
 * looked at.
 */
static bool
is_unread(const struct dialog *d)
{
	return (d->inside && (!d->greeted || !d->protocol->inside));
}

/*
 * Inside TLS, when there is nothing to be looked at any more.
 */
static void
pass_all(struct dialog *d)
{
	move(d->from_app, d->to_peer);
	move(d->from_peer, d->to_app);
}

enum dialog_state
dialog_run(struct dialog *d)
{
	enum dialog_state state = DIALOG_WAITS;
	bool moved;

	do {
		moved = d->inside && hear_greeting(d);
		if (dialog_is_over(d))
			pass_all(d);
		if (is_unread(d))
			continue;
		moved |= hear_app(d);
		moved |= pass_unread(d);
		if (d->pass == 0 && d->drop == 0)
			state = hear_peer(d, &moved);
	} while (moved && state == DIALOG_WAITS);
	return (d->closing ? DIALOG_ENDS : state);
}

/*
 * Is what is there but a part of a unit?  What was not looked at for want of
 * room is none, nor what is not looked at at all.
 */
static bool
is_part_of_peers(const struct dialog *d)
{
	return (d->pass == 0 && d->drop == 0 && d->app_pass == 0 &&
	    d->from_peer->len > 0 &&
	    d->protocol->unit(d, buf_head(d->from_peer), d->from_peer->len) ==
		UNIT_PARTIAL);
}

static bool
is_part_of_apps(const struct dialog *d)
{
	return (d->app_pass == 0 && d->from_app->len > 0 &&
	    d->protocol->app_unit(d, buf_head(d->from_app), d->from_app->len) ==
		UNIT_PARTIAL);
}

void
dialog_peer_ended(struct dialog *d)
{
	if (d->to_app == NULL || d->awaiting || d->to_app->len > 0 ||
	    (!is_unread(d) && !is_part_of_peers(d)))
		return;
	if (d->inside)
		move(d->from_peer, d->to_app);
	else
		buf_taken(d->from_peer, d->from_peer->len);
}

void
dialog_app_ended(struct dialog *d)
{
	if (is_unread(d) || is_part_of_apps(d))
		move(d->from_app, d->to_peer);
}
