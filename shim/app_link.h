/* SPDX-License-Identifier: ISC */
/*
 * app_link.h - the application's fd 0 and fd 1, from NET's side.
 *
 * Each is a socketpair of its own, so that its closing either is seen.  Two
 * bounded queues; the descriptors' flags are left alone (MSG_DONTWAIT).
 */
#ifndef SHIM_APP_LINK_H
#define SHIM_APP_LINK_H

#include <poll.h>
#include <stdbool.h>

#include "buf.h"

enum { APP_LINK_TO, APP_LINK_FROM, APP_LINK_FDS };

struct app_link {
	int to_fd, from_fd;
	struct buf to, from;
	bool readable, writable; /* as far as poll(2) told */
	bool deaf; /* it closed fd 0, or ended: what it is sent is dropped */
	bool done; /* it closed fd 1, or ended: nothing more comes */
	bool eof_sent;
};

/*
 * Our ends of its fd 0 and fd 1; both queues are made.
 */
void app_link_init(struct app_link *, int to_fd, int from_fd);

/*
 * Send it what is queued; take what it says into a queue (app_link.from, or
 * another).  True if anything moved.
 */
bool app_link_feed(struct app_link *);
bool app_link_drain(struct app_link *, struct buf *);

/*
 * Give it end of file.  False if it has been given it before.
 */
bool app_link_end(struct app_link *);

/*
 * It reads no more: drop what is queued for it, and all that will be.
 */
void app_link_deaf(struct app_link *);

/*
 * Drop what it wrote; from now on its writes fail.
 */
void app_link_cut_off(struct app_link *);

/*
 * What to wait for (room: is there any for what it says?), and what came of it.
 */
void app_link_wanted(const struct app_link *, struct pollfd[APP_LINK_FDS],
    bool room);
void app_link_woke(struct app_link *, const struct pollfd[APP_LINK_FDS]);

#endif
