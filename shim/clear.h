/* SPDX-License-Identifier: ISC */
/*
 * clear.h - the phase in clear text, before TLS.
 *
 * Runs in NET, inside the jail: the loop around a dialog (dialog.h), between
 * the wire, the application of this phase, and the KEEPER.
 */
#ifndef SHIM_CLEAR_H
#define SHIM_CLEAR_H

#include <stdbool.h>
#include <stdint.h>

#include "app_link.h"
#include "deadline.h"
#include "dialog.h"
#include "ending.h"
#include "msg.h"
#include "policy.h"
#include "wire.h"

struct clear {
	struct wire *wire;
	struct channel *channel;
	struct msg *msg; /* to be used for messages */
	const struct policy *policy;
	const char *host;     /* our name */
	deadline until;	      /* required mode: for all of it */
	struct app_link *app; /* NULL: there is none yet */

	struct dialog dialog;
	bool awaits_command; /* the application will say COMMAND ... */
	bool command_there;  /* ... and has */
	bool no_app;	     /* ... but it could not be started */
	bool over;	     /* TLS is to begin */
	bool direct;	     /* without a command */
	deadline moved;	     /* when something last did */
	deadline closed_by;  /* whatever still moves; 0: as long as it moves */
	uint64_t in, out;    /* bytes from and to the peer */
};

/*
 * wire, channel, msg, policy, host, until and app are set, awaits_command where
 * it is true; all else is 0.
 *
 * Speak clear text until TLS is to begin: then ending.kind stays
 * ENDING_NONE, nothing of the clear phase is left in any queue but our own
 * go-ahead in wire.out, and the KEEPER knows.  Or say how it ended; what was
 * left to say to the peer is out then, as far as that went.
 */
void clear_run(struct clear *, struct ending *);

#endif
