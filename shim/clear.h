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
	bool awaits_command; /* the KEEPER will send COMMAND ... */
	bool command_there;  /* ... and has sent something */
	bool no_app;	     /* it was NO_APP */
	bool over;	     /* TLS is to begin ... */
	bool direct;	     /* ... and has, without a command */
	deadline moved;	     /* when a byte last moved */
	deadline closed_by;  /* the end, whatever moves; 0: none */
	uint64_t in, out;    /* bytes from and to the peer */
};

/*
 * Speak clear text until TLS is to begin.  The caller sets the fields from wire
 * to app, and awaits_command; all others are 0.
 *
 * If TLS is to begin, ending.kind stays ENDING_NONE: the KEEPER has switched,
 * and no queue has a byte of clear text but wire.out, with what we said last.
 * If not, ending.kind says how it ended; what the peer is still to hear is in
 * wire.out (wire_linger).
 */
void clear_run(struct clear *, struct ending *);

#endif
