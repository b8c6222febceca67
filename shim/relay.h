/* SPDX-License-Identifier: ISC */
/*
 * relay.h - bytes both ways, half-closes both ways, and the end.
 *
 * The application reads fd 0 and writes fd 1, each a socketpair of its own:
 * so that its closing either is seen and passed on.  A peer's close_notify
 * (or bare FIN) is end of file on fd 0; end of file from fd 1 is our
 * close_notify and FIN.
 */
#ifndef SHIM_RELAY_H
#define SHIM_RELAY_H

#include <stdbool.h>
#include <stdint.h>

#include "app_link.h"
#include "buf.h"
#include "deadline.h"
#include "ending.h"
#include "policy.h"
#include "wire.h"

struct dialog;
struct handshake;

struct relay {
	struct handshake *handshake;
	struct wire *wire;
	const struct policy *policy;
	struct app_link app;
	/*
	 * What stands between the two, or NULL: then every byte passes as it
	 * is.  Its queues to and from the application are app's and ours.
	 */
	struct dialog *dialog;
	struct buf asked; /* from the peer, not yet passed by the dialog */
	struct buf said;  /* to the peer, passed by it */
	bool peer_done;	  /* nothing will come from the peer */
	bool peer_clean;  /* it said close_notify, or had nobody to say it to */
	bool closing;	  /* our close_notify is queued */
	bool fin_sent;	  /* ... and out, with our FIN */
	uint64_t in, out; /* clear-text bytes from and to the peer */
	deadline moved;	  /* when something last did */
	deadline closed_by; /* whatever still moves; 0: as long as it moves */
};

/*
 * Relay until the connection is over, and say how it ended.  SIGTERM, which
 * is blocked but for waiting, leaves the application policy.close_ms to end.
 * handshake, wire, policy, app and dialog are set; all else is 0.
 */
void relay_run(struct relay *, struct ending *);

#endif
