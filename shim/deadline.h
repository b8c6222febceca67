/* SPDX-License-Identifier: ISC */
/*
 * deadline.h - points on the monotonic clock, in milliseconds.
 */
#ifndef SHIM_DEADLINE_H
#define SHIM_DEADLINE_H

#include <poll.h>
#include <signal.h>
#include <stdint.h>

typedef int64_t deadline;

deadline deadline_now(void);
deadline deadline_in(unsigned int ms);

/*
 * Milliseconds left, for poll(2): 0 when it has passed, at most INT_MAX.
 */
int deadline_left(deadline);

/*
 * Set by NET's handler of SIGTERM: whoever waits is to come to an end.
 */
extern volatile sig_atomic_t deadline_sigterm;

/*
 * poll(2) until then.  SIGTERM, which is blocked otherwise (net.h), comes
 * only here; -1 then.
 */
int deadline_poll(struct pollfd *, nfds_t, deadline);

/*
 * The earlier of two.
 */
deadline deadline_first(deadline, deadline);

#endif
