/* SPDX-License-Identifier: ISC */
/*
 * keeper.h - the process that owns the key, and becomes the application.
 */
#ifndef SHIM_KEEPER_H
#define SHIM_KEEPER_H

#include "connection.h"

/*
 * Be the KEEPER: rules, certificate, one signature, then the application.
 * Fds 0, 1 and 2 are the application's already; the connection is not open.
 * `channel` is the only other descriptor, but for the log's.
 */
void keeper_run(struct connection *, int channel) __attribute__((noreturn));

#endif
