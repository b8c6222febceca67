/* SPDX-License-Identifier: ISC */
/*
 * deadline.c - points on the monotonic clock.
 *
 * Runs in:  every process.
 * Trusts:   the kernel's clock, which no change of the date moves.
 */
#include "deadline.h"

#include <limits.h>
#include <time.h>

volatile sig_atomic_t deadline_sigterm;

deadline
deadline_now(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return ((deadline)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

deadline
deadline_in(unsigned int ms)
{
	return (deadline_now() + (deadline)ms);
}

int
deadline_left(deadline point)
{
	deadline left = point - deadline_now();

	if (left < 0)
		return (0);
	return (left > INT_MAX ? INT_MAX : (int)left);
}

int
deadline_poll(struct pollfd *p, nfds_t n, deadline until)
{
	int ms = deadline_left(until);
	struct timespec timeout = { ms / 1000, (long)(ms % 1000) * 1000000 };
	sigset_t blocked;

	/* SIGCHLD is for the end (net.c) */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGCHLD);
	return (ppoll(p, n, &timeout, &blocked));
}

deadline
deadline_first(deadline a, deadline b)
{
	return (a < b ? a : b);
}
