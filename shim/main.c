/* SPDX-License-Identifier: ISC */
/*
 * main.c - options, then the process tree.
 *
 * Runs in:  the process that was started.  After fork(2) the parent is NET,
 *           the child is the KEEPER and becomes the application:
 *
 *	starter ─ NET (owns the socket) ─ KEEPER (owns the key) → application
 *
 * Trusts:   the starter; reads nothing of the peer, and no file of ours.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "activate.h"
#include "check.h"
#include "connection.h"
#include "exit.h"
#include "keeper.h"
#include "library.h"
#include "log.h"
#include "net.h"
#include "password.h"

static void
choose_id(struct connection *c)
{
	uint64_t number;

	if (getrandom(&number, sizeof(number), 0) != (ssize_t)sizeof(number))
		fatal(EXIT_SYSTEM, "getrandom: connection id");
	snprintf(c->id, sizeof(c->id), "%016jx", (uintmax_t)number);
	log_set_id(c->id);
}

static void
make_pair(int type, int pair[2])
{
	if (socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) == -1)
		fatal(EXIT_SYSTEM, "socketpair: between our processes");
}

/*
 * SIGTERM is NET's to handle; SIGCHLD's default must be in force for
 * waitpid(2), whatever the starter ignored.
 */
static void
hold_signals(struct connection *c)
{
	sigset_t held;

	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&held);
	sigaddset(&held, SIGTERM);
	sigaddset(&held, SIGCHLD);
	sigprocmask(SIG_BLOCK, &held, &c->mask);
}

static bool
is_unaware(const struct connection *c)
{
	return (starttls_kind(c->options.starttls) == STARTTLS_UNAWARE);
}

/*
 * The KEEPER never has the connection, but to give it to an application that
 * speaks in clear on it.
 */
static void
keep_connection(struct connection *c)
{
	int away = -1;

	if (c->options.starttls == STARTTLS_UCSPI) {
		away = fcntl(c->fd, F_DUPFD_CLOEXEC, 3);
		if (away == -1)
			fatal(EXIT_SYSTEM, "descriptor: of the connection");
	}
	if (c->fd > 2)
		close(c->fd);
	c->fd = away;
}

/*
 * The KEEPER's 0, 1 and 2 become the application's at once.
 */
static void
take_app_descriptors(struct connection *c, struct links links)
{
	int null;

	keep_connection(c);
	if (dup2(links.to_app, 0) == -1 || dup2(links.from_app, 1) == -1)
		fatal(EXIT_SYSTEM, "descriptor: of the program");
	if (!log_stderr_usable()) {
		null = open("/dev/null", O_WRONLY | O_CLOEXEC);
		if (null == -1 || dup2(null, 2) == -1)
			fatal(EXIT_SYSTEM, "descriptor: /dev/null");
	}
	close(links.to_app);
	close(links.from_app);
}

static void
close_links(struct links links)
{
	close(links.channel);
	close(links.to_app);
	close(links.from_app);
	if (links.to_clear != -1)
		close(links.to_clear);
	if (links.from_clear != -1)
		close(links.from_clear);
}

/*
 * A rule may make clear text optional, and it is read when NET is in its jail
 * already: so the second pair is made wherever it might be wanted.
 */
static void
make_links(const struct connection *c, struct links *net, struct links *keeper)
{
	int channel[2], to_app[2], from_app[2];
	int to_clear[2] = { -1, -1 }, from_clear[2] = { -1, -1 };

	make_pair(SOCK_SEQPACKET, channel);
	make_pair(SOCK_STREAM, to_app);
	make_pair(SOCK_STREAM, from_app);
	if (is_unaware(c)) {
		make_pair(SOCK_STREAM, to_clear);
		make_pair(SOCK_STREAM, from_clear);
	}
	*net = (struct links){ channel[0], to_app[0], from_app[0], to_clear[0],
		from_clear[0] };
	*keeper = (struct links){ channel[1], to_app[1], from_app[1],
		to_clear[1], from_clear[1] };
}

static int
split(struct connection *c)
{
	struct links net, keeper;
	pid_t pid;

	make_links(c, &net, &keeper);
	hold_signals(c);
	pid = fork();
	if (pid == -1)
		fatal(EXIT_SYSTEM, "fork: the process that holds the key");
	if (pid == 0) {
		close_links(net);
		take_app_descriptors(c, keeper);
		keeper_run(c, keeper);
	}
	close_links(keeper);
	password_close();
	return (net_run(c, net, pid));
}

static int
check(struct connection *c)
{
	accounts_find(&c->accounts, &c->options);
	library_start();
	return (check_run(&c->options, &c->accounts));
}

int
main(int argc, char *argv[])
{
	static struct connection c;

	/* a log that nobody reads any more, or that is full, must not kill */
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	activate_std_fds();
	log_open();
	options_parse(&c.options, argc, argv);
	if (options_flag(&c.options, OPTION_CHECK)) {
		password_take_fd(c.options.key_password_fd, -1);
		return (check(&c));
	}
	c.fd = activate_connection();
	password_take_fd(c.options.key_password_fd, c.fd);
	log_choose(c.options.log_format, c.options.log_level, c.fd);
	choose_id(&c);
	if (peer_of_socket(&c.peer, c.fd) == -1)
		fatal(EXIT_SYSTEM, "connection: fd %d: who is it", c.fd);
	accounts_find(&c.accounts, &c.options);
	library_start();
	/* not exit(3): nothing of ours waits for it, and it costs */
	_exit(split(&c));
}
