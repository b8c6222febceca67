/* SPDX-License-Identifier: ISC */
/*
 * keeper_clear.c - the application that runs before TLS begins.
 *
 * Runs in:  the KEEPER.
 * Trusts:   nothing of the application but what asks for TLS: a byte, or a
 * line. Refuses:  a message before its time; to read the connection, which it
 * has only with ucspi, until it has passed it on.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "keeper_local.h"
#include "log.h"
#include "rights.h"

/* ----------------------------------------------------------- the switch */

static void
await_switch(struct keeper *k)
{
	keeper_receive(k);
	if (k->msg.type != MSG_SWITCH)
		keeper_refuse(k, "not the one that was awaited");
}

static void
tell_switched(struct keeper *k)
{
	msg_begin(&k->msg, MSG_SWITCHED);
	keeper_send(k);
}

/*
 * Returns when the application is executed; if it cannot be, that is the end.
 */
static void
start(struct keeper *k, const struct early_fd *fds, size_t count)
{
	const struct early_app app = {
		.connection = k->connection,
		.environment = env_vector(k->env),
		.fds = fds,
		.fd_count = count,
		.own_group = k->policy.optional,
	};
	int code;

	if (early_fork(&k->early)) {
		keeper_forget(k);
		early_exec(&k->early, &app);
	}
	code = early_started(&k->early);
	if (code != EXIT_OK) {
		k->early.pid = 0;
		keeper_no_app(k, code);
	}
}

/* ------------------------------------------------- one that asks for TLS */

/*
 * Close our copies of the application's descriptors: NET and the application
 * could not see each other end while we hold them.
 */
static void
let_go_of_app(struct keeper *k)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (null == -1 || dup2(null, 0) == -1 || dup2(null, 1) == -1)
		keeper_lost(k, "descriptor: /dev/null");
	close(null);
	if (k->connection->fd != -1)
		close(k->connection->fd);
	if (!rights_needs_root())
		rights_give_up();
}

/*
 * Wait until the descriptor on which the application asks for TLS is readable,
 * or closed.  False: the application has ended, and a child of it still holds
 * that descriptor.
 */
static bool
await_request(struct keeper *k, int fd)
{
	struct pollfd p[] = { { .fd = k->channel.fd, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
		{ .fd = k->early.app, .events = POLLIN } };

	while (poll(p, 3, -1) == -1 && errno == EINTR)
		;
	if (p[0].revents != 0) {
		keeper_receive(k);
		keeper_refuse(k, "before the application asked for TLS");
	}
	/* it may have asked between poll's look at that and at its end */
	return (p[1].revents != 0 || poll(&p[1], 1, 0) == 1);
}

static void
tell_command(struct keeper *k, enum clear_command command, const char *last)
{
	msg_begin(&k->msg, MSG_COMMAND);
	msg_put_u8(&k->msg, (uint8_t)command);
	msg_put_rest(&k->msg, last, strlen(last));
	keeper_send(k);
	if (command != CLEAR_TLS)
		keeper_leave(k, EXIT_OK);
	await_switch(k);
}

/*
 * The application has the connection itself.
 */
static void
serve_ucspi(struct keeper *k)
{
	const struct ucspi_ends ends = { k->connection->fd, STDIN_FILENO,
		STDOUT_FILENO };
	struct early_fd fds[UCSPI_FDS];
	enum clear_command command = CLEAR_GOES_ON;
	int theirs;

	ucspi_open(&k->ucspi, ends, k->env, fds, &theirs);
	start(k, fds, UCSPI_FDS);
	close(theirs);
	let_go_of_app(k);
	if (await_request(k, k->ucspi.control))
		command = ucspi_command(&k->ucspi);
	tell_command(k, command, "");
	tell_switched(k);
}

/*
 * The application's 0 and 1 lead to NET, in clear and under TLS.
 */
static void
serve_tlswrapper(struct keeper *k)
{
	struct early_fd fds[TLSWRAPPER_FDS];
	char last[TLSWRAPPER_LAST_MAX] = "";
	enum clear_command command = CLEAR_GOES_ON;
	int theirs[2];

	tlswrapper_open(&k->tlswrapper, fds, theirs);
	start(k, fds, TLSWRAPPER_FDS);
	close(theirs[0]);
	close(theirs[1]);
	let_go_of_app(k);
	if (await_request(k, k->tlswrapper.request))
		command = tlswrapper_command(&k->tlswrapper, last);
	tell_command(k, command, last);
	tlswrapper_switched(&k->tlswrapper);
	tell_switched(k);
}

/* ------------------------------------------ one that knows nothing of TLS */

static void
close_clear_links(struct keeper *k)
{
	if (k->links.to_clear != -1)
		close(k->links.to_clear);
	if (k->links.from_clear != -1)
		close(k->links.from_clear);
}

/*
 * NET passes clear text between the peer and the application, until it hears
 * the command for TLS.  The application ends then, and with it all that was
 * said in clear.
 */
static void
serve_optional(struct keeper *k)
{
	const struct early_fd fds[] = { { k->links.to_clear, STDIN_FILENO },
		{ k->links.from_clear, STDOUT_FILENO } };

	start(k, fds, sizeof(fds) / sizeof(fds[0]));
	close_clear_links(k);
	await_switch(k);
	/* NET waits for as long as it would at the end */
	if (!early_end(&k->early, k->policy.close_ms / 4))
		keeper_lost(k,
		    "program: the one in clear text cannot be ended, so there "
		    "is no TLS: it has another account: keep CAP_KILL");
	tell_switched(k);
}

/*
 * NET alone speaks with the peer; there is no application yet.
 */
static void
serve_required(struct keeper *k)
{
	close_clear_links(k);
	await_switch(k);
	tell_switched(k);
}

void
keeper_clear(struct keeper *k)
{
	k->channel.phase = PHASE_CLEAR;
	if (k->policy.starttls == STARTTLS_UCSPI)
		serve_ucspi(k);
	else if (k->policy.starttls == STARTTLS_TLSWRAPPER)
		serve_tlswrapper(k);
	else if (k->policy.optional)
		serve_optional(k);
	else if (k->policy.starttls != STARTTLS_NONE)
		serve_required(k);
	k->channel.phase = PHASE_HELLO;
}
