/* SPDX-License-Identifier: ISC */
/*
 * early.h - an application that runs before TLS does, as the KEEPER's child.
 *
 * The KEEPER stays beside it to answer NET.  What becomes of the application
 * becomes of the KEEPER in the end: its status or its signal, which NET passes
 * on.
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
 * fork(2).  True in the application-to-be, which has nothing to do but to
 * forget what it may not know and call early_exec.
 */
bool early_fork(struct early *);

/*
 * Become the application's user and execute it, with these descriptors, 2 and
 * no other.  own_group: in a process group of its own, for early_end.
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
 * Wait until it is executed: 0, or the exit code of why it could not be.  All
 * descriptors of the application's must be close-on-exec or 2.
 */
int early_started(struct early *);

/*
 * End it: NET has given it the end of file already; SIGTERM to it and its
 * process group if that is not enough, then SIGKILL, `ms` in between and
 * behind.  There is none afterwards; false: it goes on, we have no right to
 * end it.
 */
bool early_end(struct early *, unsigned int ms);

/*
 * Wait until it ends, and end as it did; or until NET is gone.
 */
void early_follow(struct early *) __attribute__((noreturn));

#endif
