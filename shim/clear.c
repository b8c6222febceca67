/* SPDX-License-Identifier: ISC */
/*
 * clear.c - the phase in clear text, before TLS.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the KEEPER.  Nothing the peer sends, and nothing the application
 *           says.
 * Refuses:  to begin TLS when the peer sent anything behind the command for it.
 */
#include "clear.h"

#include <sys/socket.h>

#include "log.h"
#include "protocols.h"

/* -------------------------------------------------------------- the upgrade */

/*
 * Whatever stands behind the command was said by nobody who had seen our
 * go-ahead: an attacker in the middle could have put it there, to be heard
 * inside TLS (CVE-2011-0411).
 */
static bool
is_behind(const struct clear *c)
{
	uint8_t byte;

	if (c->wire->in.len == 0 &&
	    recv(c->wire->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0)
		return (false);
	log_warnx("clear text: bytes behind the command that TLS begins "
		  "with: refused");
	return (true);
}

/*
 * The KEEPER ends the application that served in clear, or tells it that TLS
 * begins.  When SWITCHED comes it says no more in clear.
 */
static bool
switch_over(struct clear *c)
{
	msg_begin(c->msg, MSG_SWITCH);
	if (channel_send(c->channel, c->msg) == -1 ||
	    channel_receive(c->channel, c->msg,
		deadline_in(c->policy->close_ms)) != CHANNEL_MESSAGE ||
	    c->msg->type != MSG_SWITCHED)
		return (false);
	c->channel->phase = PHASE_HELLO;
	return (true);
}

/*
 * Count what was put into the queue to the peer since it had `before` bytes.
 */
static void
count_said(struct clear *c, size_t before)
{
	c->out += c->wire->out.len - before;
}

static void
give_up(struct clear *c, enum dialog_fault fault, enum ending_kind kind,
    struct ending *e)
{
	size_t before = c->wire->out.len;

	c->dialog.protocol->refuse(&c->dialog, fault);
	count_said(c, before);
	e->kind = kind;
}

/*
 * What the peer said in clear and the application has not read is thrown away.
 * One that is to end reads end of file; one that asked for TLS itself goes on.
 */
static void
leave_app(struct clear *c)
{
	if (c->app == NULL)
		return;
	buf_taken(&c->app->to, c->app->to.len);
	if (!c->awaits_command)
		app_link_end(c->app);
}

/*
 * asked: by a command that we answer, and nothing may stand behind it.  That is
 * looked at twice, since more can arrive while the KEEPER switches.
 */
static void
upgrade(struct clear *c, bool asked, struct ending *e)
{
	size_t before = c->wire->out.len;

	if (asked && is_behind(c)) {
		give_up(c, DIALOG_FAULT_BEHIND, ENDING_CLEAN, e);
		return;
	}
	leave_app(c);
	if (!switch_over(c)) {
		give_up(c, DIALOG_FAULT_FAILED, ENDING_ERROR, e);
		return;
	}
	if (asked && is_behind(c)) {
		give_up(c, DIALOG_FAULT_BEHIND, ENDING_CLEAN, e);
		return;
	}
	if (asked)
		c->dialog.protocol->go_ahead(&c->dialog);
	count_said(c, before);
	/* what the peer has sent beyond is TLS, and not counted as clear */
	c->in -= c->wire->in.len;
	wire_forget_first(c->wire);
	c->over = true;
}

/* ---------------------------------------------------------------- the end */

/*
 * Required mode: a client that said something and left without TLS; or that
 * said nothing whole: a probe, unless it began TLS at once.
 */
static void
peer_ended(const struct clear *c, struct ending *e)
{
	e->kind = ENDING_CLEAN;
	if (c->dialog.units > 0)
		return;
	e->probe = ending_probe(c->wire->first, c->wire->first_len);
	if (e->probe != NULL)
		e->kind = ENDING_PROBE;
}

static void
judge_end(const struct clear *c, struct ending *e)
{
	if (e->kind != ENDING_NONE || c->over)
		return;
	if (c->wire->error != 0)
		e->kind = ENDING_RESET;
	else if (c->wire->out.len > 0)
		return;
	else if (c->app != NULL && c->app->done && c->app->from.len == 0)
		e->kind = ENDING_CLEAN;
	else if (c->app == NULL && c->wire->eof)
		peer_ended(c, e);
}

/*
 * With an application: as long as something moves.  Without, a client has
 * nothing to do but to ask for TLS, and has a handshake's time for it.
 */
static deadline
limit(struct clear *c)
{
	deadline until = c->app == NULL ?
	    c->until :
	    c->moved + (deadline)c->policy->idle_ms;

	if (c->closed_by == 0 && deadline_sigterm)
		c->closed_by = c->app == NULL ?
		    deadline_now() :
		    deadline_in(c->policy->close_ms);
	return (c->closed_by == 0 ? until :
				    deadline_first(until, c->closed_by));
}

/* -------------------------------------------------------------------- run */

static void
begin(struct clear *c)
{
	struct app_link *a = c->app;

	c->dialog = (struct dialog){
		.protocol = protocol_of(c->policy->starttls),
		.host = c->host,
		.required = a == NULL,
		.from_peer = &c->wire->in,
		.to_peer = &c->wire->out,
		.from_app = a == NULL ? NULL : &a->from,
		.to_app = a == NULL ? NULL : &a->to,
	};
	c->moved = deadline_now();
	dialog_begin(&c->dialog);
	count_said(c, 0);
}

static bool
talk(struct clear *c, struct ending *e)
{
	size_t in = c->wire->in.len, out = c->wire->out.len;
	enum dialog_state state = dialog_run(&c->dialog);

	c->direct = state == DIALOG_IS_TLS;
	count_said(c, out);
	if (state == DIALOG_ENDS)
		e->kind = ENDING_CLEAN;
	else if (state != DIALOG_WAITS)
		upgrade(c, state == DIALOG_UPGRADES, e);
	return (state != DIALOG_WAITS || in != c->wire->in.len ||
	    out != c->wire->out.len);
}

static bool
hear_peer(struct clear *c)
{
	size_t before = c->wire->in.len;
	bool moved = wire_fill(c->wire);

	c->in += c->wire->in.len - before;
	return (moved);
}

static bool
hear_app(struct clear *c)
{
	if (c->app == NULL)
		return (false);
	return (app_link_drain(c->app, &c->app->from));
}

static bool
feed_app(struct clear *c)
{
	bool moved;

	if (c->app == NULL)
		return (false);
	if (c->app->done)
		dialog_app_ended(&c->dialog);
	if (c->wire->eof)
		dialog_peer_ended(&c->dialog);
	moved = app_link_feed(c->app);
	if (c->wire->eof && c->wire->in.len == 0 && c->app->to.len == 0)
		moved |= app_link_end(c->app);
	return (moved);
}

/*
 * tlswrapper's protocol: the application asked the KEEPER for TLS.  What it
 * said in clear before that goes out first, then its last line, if COMMAND has
 * one.
 */
static void
begin_tls(struct clear *c, struct ending *e)
{
	size_t before, len;
	const uint8_t *last = msg_get_rest(c->msg, &len);

	c->app->readable = true;
	while (hear_app(c) || talk(c, e))
		;
	before = c->wire->out.len;
	/* what the peer does not take now would be said inside TLS */
	if (c->app->from.len > 0 || buf_put(&c->wire->out, last, len) != len) {
		e->kind = ENDING_ERROR;
		return;
	}
	count_said(c, before);
	upgrade(c, false, e);
}

static void
obey(struct clear *c, struct ending *e)
{
	enum clear_command command = CLEAR_NONSENSE;

	c->command_there = false;
	if (channel_receive(c->channel, c->msg, deadline_now()) ==
	    CHANNEL_MESSAGE) {
		c->no_app = c->msg->type == MSG_NO_APP;
		if (c->msg->type == MSG_COMMAND)
			command = msg_get_u8(c->msg);
	}
	switch (command) {
	case CLEAR_TLS:
		begin_tls(c, e);
		break;
	case CLEAR_GOES_ON:
		c->awaits_command = false;
		/* TLS never comes: even what looks like it passes */
		c->dialog.pass = UINT64_MAX;
		break;
	case CLEAR_NONSENSE:
		e->kind = ENDING_ERROR;
		break;
	}
}

enum { PEER, CHANNEL, APP, FDS = APP + APP_LINK_FDS };

static void
wait_for_work(struct clear *c)
{
	struct pollfd p[FDS];
	nfds_t count = c->app == NULL ? APP : FDS;

	wire_wanted(c->wire, &p[PEER]);
	p[CHANNEL] = (struct pollfd){
		.fd = c->awaits_command ? c->channel->fd : -1,
		.events = POLLIN,
	};
	if (c->app != NULL)
		app_link_wanted(c->app, &p[APP], buf_room(&c->app->from) > 0);
	if (deadline_poll(p, count, limit(c)) <= 0)
		return;
	wire_woke(c->wire, &p[PEER]);
	c->command_there = p[CHANNEL].revents != 0;
	if (c->app != NULL)
		app_link_woke(c->app, &p[APP]);
}

/*
 * After a COMMAND nothing else is done in this turn: what the peer has said
 * meanwhile is not for the application any more.
 */
static bool
turn(struct clear *c, struct ending *e)
{
	bool moved;

	if (c->command_there) {
		obey(c, e);
		return (true);
	}
	moved = hear_peer(c);
	moved |= hear_app(c);
	moved |= talk(c, e);
	moved |= feed_app(c);
	return (moved);
}

void
clear_run(struct clear *c, struct ending *e)
{
	bool moved;

	begin(c);
	while (e->kind == ENDING_NONE && !c->over) {
		moved = turn(c, e);
		moved |= wire_flush(c->wire);
		judge_end(c, e);
		if (moved)
			c->moved = deadline_now();
		if (e->kind == ENDING_NONE && !c->over &&
		    deadline_left(limit(c)) == 0)
			give_up(c, DIALOG_FAULT_LATE, ENDING_TIMEOUT, e);
		if (e->kind == ENDING_NONE && !c->over && !moved)
			wait_for_work(c);
	}
}
