/* SPDX-License-Identifier: ISC */
/*
 * clear_ucspi.h - NET stands aside while the application speaks in clear.
 */
#ifndef SHIM_CLEAR_UCSPI_H
#define SHIM_CLEAR_UCSPI_H

#include <stdbool.h>

#include "ending.h"
#include "msg.h"

/*
 * Wait, without a limit, until the application asks for TLS: true.  Else the
 * ending: CLEAN if the application goes on in clear, or upon SIGTERM.  The last
 * message is left in msg: NO_APP if the application could not be started.  The
 * connection is not touched.
 */
bool clear_ucspi(struct channel *, struct msg *, struct ending *);

#endif
