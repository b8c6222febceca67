/* SPDX-License-Identifier: ISC */
/*
 * net_report.c - what NET says of a connection when it is over.
 *
 * Runs in:  NET, inside the jail, after the last byte.
 * Trusts:   what NET has found out; no text of the peer's: summary.c escapes.
 */
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "exit.h"
#include "log.h"
#include "net_local.h"
#include "summary.h"
#include "verify.h"

enum { CLIENT_TEXT_MAX = 128 };

static int
status_of_app(const struct net *n)
{
	if (!n->app_ended)
		return (EXIT_SYSTEM);
	return (WIFSIGNALED(n->app_status) ? 128 + WTERMSIG(n->app_status) :
					     WEXITSTATUS(n->app_status));
}

int
net_status(const struct net *n)
{
	int of_keeper = status_of_app(n);

	if (n->app_started)
		return (of_keeper);
	switch (n->ending.kind) {
	case ENDING_DENIED:
		return (exit_status(EXIT_DENIED));
	case ENDING_ERROR:
		/* the KEEPER said why; a success it cannot have been */
		return (of_keeper == 0 ? EXIT_SYSTEM : of_keeper);
	case ENDING_NONE:
	case ENDING_CLEAN:
	case ENDING_TRUNCATED:
	case ENDING_RESET:
	case ENDING_TIMEOUT:
	case ENDING_ALERT_SENT:
	case ENDING_ALERT_RECEIVED:
	case ENDING_PROBE:
		break;
	}
	return (exit_status(strcmp(n->stage, "proxy") == 0 ? EXIT_PROXY :
							     EXIT_HANDSHAKE));
}

static const char *
app_text(const struct net *n, char *text, size_t size)
{
	if (!n->app_started)
		return ("none");
	if (!n->app_ended)
		return ("running");
	if (WIFSIGNALED(n->app_status))
		snprintf(text, size, "signal:%d", WTERMSIG(n->app_status));
	else
		snprintf(text, size, "%d", WEXITSTATUS(n->app_status));
	return (text);
}

/*
 * A certificate that failed is told even though it was the end of it.
 */
static const char *
client_text(const struct net *n, char text[CLIENT_TEXT_MAX])
{
	const struct verify *v = &n->handshake.verify;

	if (n->facts.text[FACT_PROTOCOL][0] == '\0' &&
	    v->verdict != VERIFY_FAILED)
		return (NULL);
	return (verify_summary(v, text, CLIENT_TEXT_MAX));
}

/*
 * Scanners are the weather, and so are health checks; but a proxy that is not
 * understood is somebody's mistake.
 */
static bool
is_weather(const struct net *n)
{
	if (n->policy.starttls != STARTTLS_NONE)
		return (false);
	if (n->ending.kind == ENDING_RESET)
		return (n->wire.first_len == 0);
	return (n->ending.kind == ENDING_PROBE &&
	    strcmp(n->ending.probe, "proxy") != 0);
}

static int
priority(const struct net *n)
{
	if (is_weather(n))
		return (LOG_DEBUG);
	if (n->ending.kind == ENDING_TRUNCATED && n->policy.strict_close)
		return (LOG_ERR);
	return (LOG_NOTICE);
}

void
net_report(const struct net *n)
{
	const struct peer *peer = &n->peer, *sender = &n->connection->peer;
	const struct facts *f = &n->facts;
	bool agreed = f->text[FACT_PROTOCOL][0] != '\0';
	char remote[ENDPOINT_TEXT_MAX], local[ENDPOINT_TEXT_MAX];
	char proxy[ENDPOINT_TEXT_MAX];
	char in[24], out[24], ms[16], secs[24], end[ENDING_TEXT_MAX], app[16];
	char client[CLIENT_TEXT_MAX];
	deadline lasted = deadline_now() - n->began;

	snprintf(in, sizeof(in), "%ju", (uintmax_t)(n->clear.in + n->relay.in));
	snprintf(out, sizeof(out), "%ju",
	    (uintmax_t)(n->clear.out + n->relay.out));
	snprintf(ms, sizeof(ms), "%u", n->handshake.ms);
	snprintf(secs, sizeof(secs), "%jd", (intmax_t)(lasted / 1000));
	summary_write(
	    &(struct summary){
		.id = n->connection->id,
		.peer = endpoint_text(peer, &peer->remote, remote),
		.local = endpoint_text(peer, &peer->local, local),
		.proxy = n->conveyed ?
		    endpoint_text(sender, &sender->remote, proxy) :
		    NULL,
		.rule = n->rule,
		.sni = n->handshake.hello.server_name,
		.tls = f->text[FACT_PROTOCOL],
		.cipher = f->text[FACT_CIPHER],
		.group = f->text[FACT_GROUP],
		.resumed = !agreed				  ? NULL :
		    strcmp(f->text[FACT_RESUMED], "Resumed") == 0 ? "1" :
								    "0",
		.client = client_text(n, client),
		.in = agreed || n->clear.wire != NULL ? in : NULL,
		.out = agreed || n->clear.wire != NULL ? out : NULL,
		.handshake_ms = agreed ? ms : NULL,
		.secs = secs,
		.stage = n->stage,
		.end = ending_text(&n->ending, end),
		.app = app_text(n, app, sizeof(app)),
	    },
	    priority(n));
}
