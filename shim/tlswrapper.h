/* SPDX-License-Identifier: ISC */
/*
 * tlswrapper.h - tlswrapper's protocol: the application says when TLS begins.
 *
 * The application speaks in clear through NET.  When it has written all that
 * it has to say in clear, it writes a NUL to its descriptor 5, and reads one
 * from 6: from there on all that it reads came inside TLS.  Or, as
 * tlswrapper-smtp did until 2023, it writes to 5 the last line that is to be
 * said in clear, and does not read 6.  Closing 5 means that it goes on in
 * clear.
 *
 * Runs in the KEEPER.
 */
#ifndef SHIM_TLSWRAPPER_H
#define SHIM_TLSWRAPPER_H

#include "early.h"
#include "msg.h"

struct tlswrapper {
	int request, answer; /* our ends of its 5 and 6; -1: closed */
};

enum { TLSWRAPPER_FDS = 4 };

/*
 * Make two pipes and lay out the application's descriptors.  The caller closes
 * theirs after the fork.  Ends the process if it cannot.
 */
void tlswrapper_open(struct tlswrapper *, struct early_fd[TLSWRAPPER_FDS],
    int theirs[2]);

/*
 * Descriptor 5 is readable: what does it ask for?  CLEAR_GOES_ON: it was
 * closed; CLEAR_NONSENSE: logged.  last: the line that is to be said in clear
 * before TLS begins, or "".
 */
enum { TLSWRAPPER_LAST_MAX = 512 };
enum clear_command
tlswrapper_command(struct tlswrapper *, char last[TLSWRAPPER_LAST_MAX]);

/*
 * Tell the application that TLS begins, and close both.
 */
void tlswrapper_switched(struct tlswrapper *);

/*
 * Close what is open.
 */
void tlswrapper_close(struct tlswrapper *);

#endif
