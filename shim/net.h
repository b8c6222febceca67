/* SPDX-License-Identifier: ISC */
/*
 * net.h - the process that owns the socket.
 */
#ifndef SHIM_NET_H
#define SHIM_NET_H

#include <sys/types.h>

#include "connection.h"

/*
 * Be NET: enter the jail, do TLS, relay, wait for the KEEPER (which became
 * the application).  Returns the process's exit status.  SIGTERM and SIGCHLD
 * are blocked when it is called.
 */
int net_run(const struct connection *, struct links, pid_t keeper);

#endif
