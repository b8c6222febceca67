/* SPDX-License-Identifier: ISC */
/*
 * early.h - an application that runs before TLS begins, as the KEEPER's child.
 *
 * The KEEPER stays beside it to answer NET, and ends as the application ends:
 * with its status, or by its signal, which NET passes on.
 */
#ifndef SHIM_EARLY_H
#define SHIM_EARLY_H

#include <stdbool.h>
#include <sys/types.h>

struct connection;

/*
 * All zero bytes: there is none.
 */
struct early {
	pid_t pid;  /* 0: none, or in the application itself */
	int app;    /* pidfd */
	int net;    /* pidfd */
	int told;   /* a pipe: the exit code, if there was no execve(2) */
	int status; /* as wait(2) says, once it has ended */
};

/*
 * A descriptor of ours, and its number in the application.
 */
struct early_fd {
	int ours, its;
};

/*
 * fork(2).  True in the child, which is to forget the KEEPER's secrets and to
 * call early_exec, nothing else.  Ends the process if there is no fork.
 */
bool early_fork(struct early *);

/*
 * In the child: become the application's user and execute it, with these
 * descriptors, 2 and no other.  own_group: in a process group of its own, for
 * early_end.  If that fails, early_started learns why.
 */
struct early_app {
	const struct connection *connection;
	char *const *environment;
	const struct early_fd *fds;
	size_t fd_count;
	bool own_group;
};
void early_exec(const struct early *, const struct early_app *)
    __attribute__((noreturn));

/*
 * Wait until it is executed: 0, or the exit code that says why it could not be.
 */
int early_started(struct early *);

/*
 * End it.  NET has given it end of file already; if it still runs after `ms`
 * milliseconds, it and its process group get SIGTERM; when it has ended, or
 * after `ms` more, SIGKILL.  It is reaped: there is none afterwards.  False,
 * `ms` after that: it goes on, we have no right to end it.
 */
bool early_end(struct early *, unsigned int ms);

/*
 * Wait until it ends, and end as it did; or, with status 0, when NET is gone.
 */
void early_follow(struct early *) __attribute__((noreturn));

#endif
