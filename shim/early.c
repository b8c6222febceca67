/* SPDX-License-Identifier: ISC */
/*
 * early.c - an application that runs before TLS begins.
 *
 * Runs in:  the KEEPER; early_exec in its child.
 * Trusts:   nothing of the application: it may end, or not, whenever it likes.
 */
#include "early.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app.h"
#include "connection.h"
#include "deadline.h"
#include "log.h"
#include "rights.h"

enum {
	ASIDE = 32, /* descriptors wait from here on for their final numbers */
	FDS_MAX = 8
};

/* ------------------------------------------------------------------ start */

/*
 * glibc has a function for it only since 2.36.
 */
static int
open_pidfd(pid_t pid)
{
	int fd = (int)syscall(SYS_pidfd_open, pid, 0);

	if (fd == -1)
		fatal(EXIT_SYSTEM, "pidfd_open: process %ld", (long)pid);
	return (fd);
}

bool
early_fork(struct early *e)
{
	int told[2];

	if (pipe2(told, O_CLOEXEC) == -1)
		fatal(EXIT_SYSTEM, "pipe: to the program");
	e->net = open_pidfd(getppid());
	e->pid = fork();
	if (e->pid == -1)
		fatal(EXIT_SYSTEM, "fork: the program");
	e->told = told[e->pid == 0];
	if (e->pid == 0)
		return (true);
	close(told[1]);
	e->app = open_pidfd(e->pid);
	return (false);
}

static int
aside(int fd)
{
	int moved = fcntl(fd, F_DUPFD_CLOEXEC, ASIDE);

	if (moved == -1)
		fatal(EXIT_SYSTEM,
		    "descriptor: of the program: (%d are needed: "
		    "LimitNOFILE=, ulimit -n)",
		    ASIDE + FDS_MAX);
	return (moved);
}

/*
 * Give each descriptor its number: all are moved aside first, since the number
 * of one may be in use by another.  Returns the first number behind them.
 */
static int
place(const struct early_app *a)
{
	int from[FDS_MAX], behind = 3;
	size_t i;

	if (log_fd() > 2)
		log_moved(aside(log_fd()));
	for (i = 0; i < a->fd_count; i++)
		from[i] = aside(a->fds[i].ours);
	for (i = 0; i < a->fd_count; i++) {
		if (dup2(from[i], a->fds[i].its) == -1)
			fatal(EXIT_SYSTEM, "descriptor: %d: of the program",
			    a->fds[i].its);
		if (a->fds[i].its >= behind)
			behind = a->fds[i].its + 1;
	}
	return (behind);
}

/*
 * Close those from 3 to `behind` that the application is not to have.
 */
static void
close_gaps(const struct early_app *a, int behind)
{
	bool wanted;
	size_t i;
	int fd;

	for (fd = 3; fd < behind; fd++) {
		wanted = false;
		for (i = 0; i < a->fd_count; i++)
			wanted = wanted || a->fds[i].its == fd;
		if (!wanted)
			close(fd);
	}
}

void
early_exec(const struct early *e, const struct early_app *a)
{
	const struct connection *c = a->connection;
	int told = aside(e->told), behind = place(a), code;
	uint8_t byte;

	close_gaps(a, behind);
	if (a->own_group && setpgid(0, 0) == -1)
		fatal(EXIT_SYSTEM, "program: no process group of its own");
	rights_become_app(&c->accounts);
	code = app_exec(c->options.program, a->environment, &c->mask,
	    (unsigned int)behind);
	byte = (uint8_t)code;
	while (write(told, &byte, sizeof(byte)) == -1 && errno == EINTR)
		;
	_exit(code);
}

int
early_started(struct early *e)
{
	uint8_t code;
	ssize_t n;

	do
		n = read(e->told, &code, sizeof(code));
	while (n == -1 && errno == EINTR);
	close(e->told);
	return (n == (ssize_t)sizeof(code) ? code : 0);
}

/* -------------------------------------------------------------------- end */

/*
 * Has it ended by then?  It is not reaped yet: its pid, and so its process
 * group, are nobody else's.
 */
static bool
ended_by(const struct early *e, deadline until)
{
	struct pollfd p = { .fd = e->app, .events = POLLIN };
	int n;

	do
		n = poll(&p, 1, deadline_left(until));
	while (n == -1 && errno == EINTR);
	return (n == 1);
}

/*
 * Signal its group, and the process itself if it has left that.  It gets
 * SIGTERM once, since to some programs a second one means "without cleaning
 * up"; SIGKILL may come twice.
 */
static void
tell(const struct early *e, int signal)
{
	if (signal == SIGKILL || getpgid(e->pid) != e->pid)
		rights_kill(e->pid, signal);
	rights_kill(-e->pid, signal);
}

/*
 * The last SIGKILL, after its own end, is for its children in the group.
 */
bool
early_end(struct early *e, unsigned int ms)
{
	if (!ended_by(e, deadline_in(ms))) {
		tell(e, SIGTERM);
		ended_by(e, deadline_in(ms));
	}
	tell(e, SIGKILL);
	if (!ended_by(e, deadline_in(ms)))
		return (false);
	while (waitpid(e->pid, &e->status, 0) == -1 && errno == EINTR)
		;
	close(e->app);
	close(e->net);
	e->pid = 0;
	return (true);
}

static _Noreturn void
end_as(int status)
{
	sigset_t one;

	if (!WIFSIGNALED(status))
		_exit(WEXITSTATUS(status));
	/* we are not dumpable: there is no second core */
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&one);
	sigaddset(&one, WTERMSIG(status));
	sigprocmask(SIG_UNBLOCK, &one, NULL);
	raise(WTERMSIG(status));
	_exit(128 + WTERMSIG(status));
}

void
early_follow(struct early *e)
{
	struct pollfd p[] = { { .fd = e->app, .events = POLLIN },
		{ .fd = e->net, .events = POLLIN } };

	while (poll(p, 2, -1) == -1 && errno == EINTR)
		;
	if ((p[0].revents & POLLIN) == 0 ||
	    waitpid(e->pid, &e->status, 0) != e->pid)
		_exit(EXIT_OK);
	end_as(e->status);
}
