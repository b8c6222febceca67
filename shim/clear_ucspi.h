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
 * Wait, as long as it takes, until the application asks for TLS: true.  Else
 * the ending: CLEAN if the connection stays the application's.  The last
 * message is in msg: NO_APP if there is none.  Nothing is done with the
 * connection meanwhile.
 */
bool clear_ucspi(struct channel *, struct msg *, struct ending *);

#endif
