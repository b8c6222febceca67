/* SPDX-License-Identifier: ISC */
/*
 * net_clear.c - what NET does before TLS begins, if anything is said then.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the KEEPER, with when an application asks for TLS.  Nothing the
 *           peer sends, and nothing the application says.
 * Refuses:  to begin TLS before the KEEPER has switched.
 */
#include <unistd.h>

#include "clear_ucspi.h"
#include "net_local.h"
#include "protocols.h"

/*
 * UCSPI-TLS: the application has said all that it had to say in clear.
 */
static bool
switch_to_tls(struct net *n, deadline until)
{
	msg_begin(&n->handshake.ask.msg, MSG_SWITCH);
	if (channel_send(&n->channel, &n->handshake.ask.msg) == -1) {
		n->ending.kind = ENDING_ERROR;
		return (false);
	}
	return (net_receive(n, until) && net_is_message(n, MSG_SWITCHED));
}

/*
 * The application that serves in clear, if there is one and NET hears it.
 */
static struct app_link *
app_in_clear(struct net *n)
{
	if (starttls_kind(n->policy.starttls) == STARTTLS_AWARE)
		return (&n->relay.app);
	if (!n->policy.optional)
		return (NULL);
	app_link_init(&n->clear_app, FD_TO_CLEAR, FD_FROM_CLEAR);
	return (&n->clear_app);
}

/*
 * Until TLS is to begin; false: it is not, and the connection is over.
 */
static bool
speak_clear(struct net *n)
{
	struct app_link *app = app_in_clear(n);

	n->clear = (struct clear){
		.wire = &n->wire,
		.channel = &n->channel,
		.msg = &n->handshake.ask.msg,
		.policy = &n->policy,
		.host = n->host,
		.until = deadline_in(n->connection->options.handshake_ms),
		.app = app,
		.awaits_command = app == &n->relay.app,
	};
	n->app_started = app != NULL;
	clear_run(&n->clear, &n->ending);
	if (n->ending.kind != ENDING_NONE) {
		/* NO_APP came in place of COMMAND */
		if (n->clear.no_app)
			n->app_started = false;
		wire_linger(&n->wire, LINGER_MS);
		return (false);
	}
	if (n->clear.direct)
		n->handshake.must_name = n->clear.dialog.protocol->direct_alpn;
	if (app == &n->clear_app) {
		/* it was ended; a fresh one comes */
		n->app_started = false;
		close(FD_TO_CLEAR);
		close(FD_FROM_CLEAR);
	}
	return (true);
}

/*
 * The application has the connection itself; NET stands aside.
 */
static bool
stand_aside(struct net *n)
{
	struct msg *m = &n->handshake.ask.msg;

	n->app_started = true;
	if (clear_ucspi(&n->channel, m, &n->ending))
		return (switch_to_tls(n,
		    deadline_in(n->connection->options.handshake_ms)));
	n->app_started = m->type != MSG_NO_APP;
	n->patient = n->ending.kind == ENDING_CLEAN && !deadline_sigterm;
	return (false);
}

bool
net_serve_clear(struct net *n, deadline *until)
{
	bool goes_on;

	n->stage = "clear";
	n->channel.phase = PHASE_CLEAR;
	goes_on = protocol_of(n->policy.starttls) == NULL ? stand_aside(n) :
							    speak_clear(n);
	/* TLS has a time of its own */
	*until = deadline_in(n->connection->options.handshake_ms);
	return (goes_on);
}
