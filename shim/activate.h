/* SPDX-License-Identifier: ISC */
/*
 * activate.h - where the connection comes from.
 *
 * systemd Accept=yes passes it as fd 3 with LISTEN_FDS=1 and LISTEN_PID
 * (sd_listen_fds(3)); StandardInput=socket, inetd, tcpserver, tcpsvd, xinetd
 * and socat as fds 0 and 1, some of them as fd 2 too.
 */
#ifndef SHIM_ACTIVATE_H
#define SHIM_ACTIVATE_H

#include <stdbool.h>

/*
 * Open /dev/null on each of fds 0, 1, 2 that the starter left closed, so
 * that no socket or file can land there.  The first call of main.
 */
void activate_std_fds(void);

/*
 * True if systemd started this very process: SYSTEMD_EXEC_PID is its pid.
 */
bool started_by_systemd(void);

/*
 * The connected stream socket that was handed over: its fd (0 or 3).
 * Ends the process with EXIT_USAGE and a message that helps when there is
 * none (a terminal, a pipe, a listening or datagram socket, several fds).
 * Call once, before the peer is asked for.
 */
int activate_connection(void);

#endif
