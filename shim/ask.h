/* SPDX-License-Identifier: ISC */
/*
 * ask.h - NET asks, the KEEPER answers.
 *
 * One question at a time, while OpenSSL waits in a callback of ours.
 */
#ifndef SHIM_ASK_H
#define SHIM_ASK_H

#include <stdbool.h>

#include "deadline.h"
#include "msg.h"

struct ask {
	struct channel *channel;
	deadline until; /* of the handshake */
	bool no_answer; /* the KEEPER is gone or of no use; the log says why */
	bool late;	/* its answer did not come in time */
	struct msg msg; /* the one that is on its way */
};

/*
 * Send ask.msg.  False, and no_answer, if there is no KEEPER any more.
 */
bool ask_send(struct ask *);

/*
 * Wait for a message of this type, in ask.msg.  False if none came in time;
 * if another came, or the KEEPER is gone, no_answer as well.
 */
bool ask_await(struct ask *, enum msg_type);

#endif
