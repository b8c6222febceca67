/* SPDX-License-Identifier: ISC */
/*
 * net.c - the process that owns the socket.
 *
 * Runs in:  NET: the process that was started; its end is the connection's.
 * Trusts:   the KEEPER.  Nothing the peer sends.
 * Refuses:  to read a byte before every right that can be given up is gone.
 *
 * The life of a connection in its order.  What is said before TLS begins is in
 * net_clear.c, what is said when all is over in net_report.c.
 */
#include "net.h"

#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exit.h"
#include "jail.h"
#include "log.h"
#include "names.h"
#include "net_local.h"
#include "protocols.h"

/* where descriptors are while their places are made free */
enum { ASIDE = 16 };

/* ------------------------------------------------------------ descriptors */

static void
place(int fd, int at)
{
	if (fd == -1 || dup2(fd, at) == -1)
		fatal(EXIT_SYSTEM,
		    "descriptor: %d: cannot be placed (%d "
		    "descriptors are needed: LimitNOFILE=, ulimit -n)",
		    at, ASIDE + FDS);
}

/*
 * Make them contiguous: RLIMIT_NOFILE is their number, so that no other can
 * be had.  First all out of the way, then each to its place.
 */
static void
place_descriptors(struct net *n, struct links links)
{
	int from[FDS] = {
		[FD_CONNECTION] = n->connection->fd,
		[FD_CHANNEL] = links.channel,
		[FD_LOG] = log_fd(),
		[FD_TO_APP] = links.to_app,
		[FD_FROM_APP] = links.from_app,
		[FD_TO_CLEAR] = links.to_clear,
		[FD_FROM_CLEAR] = links.from_clear,
	};
	int i, count = links.to_clear == -1 ? FD_TO_CLEAR : FDS;

	if (from[FD_LOG] == -1)
		from[FD_LOG] = open("/dev/null", O_WRONLY | O_CLOEXEC);
	for (i = 0; i < count; i++)
		from[i] = fcntl(from[i], F_DUPFD_CLOEXEC, ASIDE);
	for (i = 0; i < count; i++)
		place(from[i], i);
	n->fds = (unsigned int)count;
	log_moved(FD_LOG);
}

static void
enter_jail(const struct net *n)
{
	const struct accounts *a = &n->connection->accounts;

	jail_enter(&(struct jail){
	    .root = a->root,
	    .uid = a->net.uid,
	    .gid = a->net.gid,
	    .dir = n->connection->options.text[OPTION_CHROOT],
	    .fds = n->fds,
	});
}

static void
on_sigterm(int signal)
{
	(void)signal;
	deadline_sigterm = 1;
}

/*
 * What we call ourselves, in clear text.
 */
static void
choose_host(struct net *n)
{
	const char *name = n->connection->options.text[OPTION_LOCAL_NAME];
	size_t i;

	if (name != NULL)
		snprintf(n->host, sizeof(n->host), "%s", name);
	else if (gethostname(n->host, sizeof(n->host) - 1) == -1)
		n->host[0] = '\0';
	for (i = 0; n->host[i] > ' ' && n->host[i] <= '~'; i++)
		;
	if (i == 0 || n->host[i] != '\0')
		snprintf(n->host, sizeof(n->host), "localhost");
}

static void
prepare(struct net *n, struct links links)
{
	struct sigaction term = { .sa_handler = on_sigterm };
	int on = 1;

	sigaction(SIGTERM, &term, NULL);
	if (n->peer.family != PEER_UNIX &&
	    n->connection->options.starttls != STARTTLS_UCSPI)
		/* we send in batches: waiting for more would only delay */
		setsockopt(n->connection->fd, IPPROTO_TCP, TCP_NODELAY, &on,
		    sizeof(on));
	if (protocol_of(n->connection->options.starttls) != NULL)
		choose_host(n);
	place_descriptors(n, links);
	enter_jail(n);
	n->channel = (struct channel){ .fd = FD_CHANNEL, .self = SIDE_NET };
	wire_init(&n->wire, FD_CONNECTION);
	handshake_init(&n->handshake, &n->wire, &n->channel);
}

/* ------------------------------------------------------------------ stages */

bool
net_receive(struct net *n, deadline until)
{
	switch (channel_receive(&n->channel, &n->handshake.ask.msg, until)) {
	case CHANNEL_MESSAGE:
		return (true);
	case CHANNEL_LATE:
		n->ending.kind = ENDING_TIMEOUT;
		return (false);
	case CHANNEL_GONE:
	case CHANNEL_BROKEN:
		break;
	}
	n->ending.kind = ENDING_ERROR;
	return (false);
}

bool
net_is_message(struct net *n, enum msg_type type)
{
	if (n->ending.kind == ENDING_NONE && n->handshake.ask.msg.type != type)
		n->ending.kind = ENDING_ERROR;
	return (n->ending.kind == ENDING_NONE);
}

/*
 * May this peer come in?
 */
static bool
receive_start(struct net *n, deadline until)
{
	struct msg *m = &n->handshake.ask.msg;
	bool let_in;

	if (!net_receive(n, until))
		return (false);
	if (m->type == MSG_HEADER &&
	    (!net_take_header(n, until) || !net_receive(n, until)))
		return (false);
	if (!net_is_message(n, MSG_START))
		return (false);
	let_in = msg_get_u8(m) != 0;
	msg_get_string(m, n->rule, sizeof(n->rule));
	if (!msg_complete(m))
		fatalx(EXIT_SYSTEM, "message: START: wrong form");
	n->stage = "rules";
	if (!let_in)
		n->ending.kind = ENDING_DENIED;
	return (let_in);
}

/*
 * CAs and CRLs, as many as there are, then the policy.
 */
static bool
receive_policy(struct net *n, deadline until)
{
	while (net_receive(n, until) && n->handshake.ask.msg.type == MSG_TRUST)
		verify_take(&n->handshake.verify);
	if (!net_is_message(n, MSG_POLICY))
		return (false);
	if (!policy_get(&n->policy, &n->handshake.ask.msg))
		fatalx(EXIT_SYSTEM, "message: POLICY: wrong form");
	return (true);
}

/*
 * Who waits for TLS may want to know why it does not come.
 */
static void
tell_failure(struct net *n)
{
	struct msg *m = &n->handshake.ask.msg;

	if (n->policy.starttls != STARTTLS_UCSPI)
		return;
	msg_begin(m, MSG_FAILED);
	msg_put_u8(m, (uint8_t)n->ending.kind);
	msg_put_u8(m, n->ending.alert);
	/* a KEEPER that is gone has told it already */
	channel_send(&n->channel, m);
}

static bool
send_facts(struct net *n)
{
	handshake_facts(&n->handshake, &n->facts);
	handshake_client(&n->handshake, &n->facts,
	    options_env_format(&n->connection->options));
	if (facts_send(&n->facts, &n->channel, &n->handshake.ask.msg) == 0) {
		n->channel.phase = PHASE_DONE;
		return (true);
	}
	n->ending.kind = ENDING_ERROR;
	return (false);
}

/*
 * May this peer go on, now that the KEEPER knows who it is?
 */
static bool
receive_verdict(struct net *n, deadline until)
{
	struct msg *m = &n->handshake.ask.msg;
	char rule[RULES_KEY_MAX];
	bool let_in;

	if (!n->policy.judges)
		return (true);
	n->stage = "rules";
	if (!net_receive(n, until) || !net_is_message(n, MSG_VERDICT))
		return (false);
	let_in = msg_get_u8(m) != 0;
	msg_get_string(m, rule, sizeof(rule));
	if (!msg_complete(m))
		fatalx(EXIT_SYSTEM, "message: VERDICT: wrong form");
	if (rule[0] != '\0')
		strcpy(n->rule, rule);
	if (let_in)
		return (true);
	n->ending.kind = ENDING_DENIED;
	handshake_deny(&n->handshake);
	wire_linger(&n->wire, LINGER_MS);
	return (false);
}

/*
 * Inside TLS, about the protocol that was spoken before it.
 */
static bool
has_more_to_say(const struct net *n)
{
	const struct protocol *p = protocol_of(n->policy.starttls);

	return (p != NULL && (p->greeting != NULL || p->inside));
}

/*
 * Before a byte of the application's: it has just begun to start.
 */
static void
say_banner(struct net *n)
{
	const char *banner = n->connection->options.text[OPTION_BANNER];

	if (banner != NULL)
		buf_put(&n->relay.app.from, banner, strlen(banner));
}

/*
 * The KEEPER may have names to look up before it says anything.
 */
static deadline
start_until(const struct net *n)
{
	const struct options *o = &n->connection->options;
	unsigned int names_ms = names_limit_ms(o,
	    names_wanted(o, &n->peer, n->conveyed));

	return (n->began + (deadline)names_ms + (deadline)o->handshake_ms);
}

static void
serve(struct net *n)
{
	deadline until = start_until(n);

	n->stage = "start";
	if (!receive_start(n, until))
		return;
	/* what names did not take is not TLS's */
	until = deadline_first(until,
	    deadline_in(n->connection->options.handshake_ms));
	if (!receive_policy(n, until))
		return;
	app_link_init(&n->relay.app, FD_TO_APP, FD_FROM_APP);
	if (n->policy.starttls != STARTTLS_NONE && !net_serve_clear(n, &until))
		return;
	n->channel.phase = PHASE_HELLO;
	n->stage = "handshake";
	handshake_run(&n->handshake, &n->policy, until, &n->ending);
	if (n->ending.kind != ENDING_NONE) {
		tell_failure(n);
		/* who comes too late has no alert to wait for */
		if (n->ending.kind != ENDING_TIMEOUT)
			wire_linger(&n->wire, LINGER_MS);
		return;
	}
	n->stage = "app";
	if (!send_facts(n) || !receive_verdict(n, until))
		return;
	n->stage = "app";
	n->app_started = true;
	n->relay.handshake = &n->handshake;
	n->relay.wire = &n->wire;
	n->relay.policy = &n->policy;
	if (has_more_to_say(n))
		n->relay.dialog = &n->clear.dialog;
	say_banner(n);
	relay_run(&n->relay, &n->ending);
	if (n->ending.kind == ENDING_ALERT_SENT)
		wire_linger(&n->wire, LINGER_MS);
	else if (n->ending.kind == ENDING_CLEAN)
		n->stage = "done";
}

/* ----------------------------------------------------------------- the end */

/*
 * Did the KEEPER say that there is no application?  It says so before it
 * ends; an application that started closed the channel by its exec.
 */
static void
look_for_no_app(struct net *n)
{
	struct msg *m = &n->handshake.ask.msg;

	if (!n->app_started)
		return;
	if (channel_receive(&n->channel, m, deadline_now()) !=
		CHANNEL_MESSAGE ||
	    m->type != MSG_NO_APP)
		return;
	n->app_started = false;
	/* the relay may have called it done; before TLS it was clear */
	if (strcmp(n->stage, "done") == 0)
		n->stage = "app";
	n->ending.kind = msg_get_u8(m) == EXIT_DENIED ? ENDING_DENIED :
							ENDING_ERROR;
}

static deadline
close_timeout(const struct net *n)
{
	return (deadline_in(n->policy.close_ms != 0 ?
		n->policy.close_ms :
		n->connection->options.close_ms));
}

/*
 * Until SIGCHLD, SIGTERM or the time.
 */
static void
wait_for_signal(deadline until)
{
	int ms = deadline_left(until);
	struct timespec timeout = { ms / 1000, (long)(ms % 1000) * 1000000 };
	sigset_t awaited;

	sigemptyset(&awaited);
	sigaddset(&awaited, SIGCHLD);
	sigaddset(&awaited, SIGTERM);
	if (sigtimedwait(&awaited, NULL, &timeout) == SIGTERM)
		deadline_sigterm = 1;
}

/*
 * Wait for the KEEPER, or the application that it became or follows, but not
 * for ever: NET has no right to signal it, and needs none (it sees end of
 * file).  An application that has the connection for itself ends when it
 * likes, or some time behind SIGTERM.
 */
static void
reap(struct net *n)
{
	deadline until = close_timeout(n);
	pid_t got;

	for (;;) {
		got = waitpid(n->keeper, &n->app_status, WNOHANG);
		if (got != 0 || (!n->patient && deadline_left(until) == 0))
			break;
		wait_for_signal(n->patient ? deadline_in(INT_MAX) : until);
		if (n->patient && deadline_sigterm) {
			n->patient = false;
			until = close_timeout(n);
		}
	}
	n->app_ended = got == n->keeper;
}

int
net_run(const struct connection *connection, struct links links, pid_t keeper)
{
	static struct net n;

	n.connection = connection;
	n.peer = connection->peer;
	n.keeper = keeper;
	n.began = deadline_now();
	prepare(&n, links);
	serve(&n);

	close(FD_CONNECTION);
	/* first the ear, so that nothing is said upon the end of file */
	close(FD_FROM_APP);
	close(FD_TO_APP);
	if (n.fds == FDS) {
		close(FD_FROM_CLEAR);
		close(FD_TO_CLEAR);
	}
	if (!n.app_started)
		/* a KEEPER that still waits for a message ends at this */
		close(FD_CHANNEL);
	else
		/* ... and may still have one for us at this */
		shutdown(FD_CHANNEL, SHUT_WR);
	reap(&n);
	look_for_no_app(&n);
	net_report(&n);
	return (net_status(&n));
}
