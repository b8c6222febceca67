/* SPDX-License-Identifier: ISC */
/*
 * tlswrapper.h - tlswrapper's way to say when TLS begins.
 *
 * The application speaks in clear through NET.  When it has written the last
 * of it, it writes a NUL to its descriptor 5, and reads one from 6: nothing
 * that the peer said in clear will come any more.  Or, as tlswrapper-smtp did
 * until 2023, it writes to 5 the last line that is to be said in clear, and
 * reads nothing from 6.  Closing 5 means that it goes on in clear.
 */
#ifndef SHIM_TLSWRAPPER_H
#define SHIM_TLSWRAPPER_H

#include "early.h"
#include "msg.h"

struct tlswrapper {
	int says, hears; /* the other ends of 5 and 6; -1: closed */
};

enum { TLSWRAPPER_FDS = 4 };

/*
 * Make them and lay out the application's descriptors.  theirs: to be closed
 * when it has been forked.
 */
void tlswrapper_open(struct tlswrapper *, struct early_fd[TLSWRAPPER_FDS],
    int theirs[2]);

/*
 * Descriptor 5 is readable: what does it say?  last: what is to be said in
 * clear before TLS begins; "" for nothing.
 */
enum { TLSWRAPPER_LAST_MAX = 512 };
enum clear_command
tlswrapper_command(struct tlswrapper *, char last[TLSWRAPPER_LAST_MAX]);

/*
 * Tell it that TLS begins.
 */
void tlswrapper_switched(struct tlswrapper *);

void tlswrapper_close(struct tlswrapper *);

#endif
