/* SPDX-License-Identifier: ISC */
/*
 * keeper.h - the process that owns the key, and becomes the application.
 */
#ifndef SHIM_KEEPER_H
#define SHIM_KEEPER_H

#include "connection.h"

/*
 * Be the KEEPER: rules, certificate, one signature, then the application.
 * Fds 0, 1 and 2 are the application's already.  Besides them only the
 * channel is open, the log's, of --starttls ucspi the connection, and of a
 * protocol that the application does not know the pair that serves in clear.
 */
void keeper_run(struct connection *, struct links) __attribute__((noreturn));

#endif
