/* SPDX-License-Identifier: ISC */
/*
 * clear_ucspi.c - NET stands aside while the application speaks in clear.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the KEEPER.
 * Refuses:  to read the connection, or to change a flag or an option of it,
 *           which it shares with the application.
 */
#include "clear_ucspi.h"

#include <limits.h>

#include "deadline.h"

/*
 * The KEEPER's next message; false upon SIGTERM, or if the KEEPER is gone.
 */
static bool
next(struct channel *ch, struct msg *m, struct ending *e)
{
	enum channel_result result;

	do
		result = channel_receive(ch, m, deadline_in(INT_MAX));
	while (result == CHANNEL_LATE && !deadline_sigterm);
	if (result == CHANNEL_LATE)
		e->kind = ENDING_CLEAN;
	else if (result != CHANNEL_MESSAGE)
		e->kind = ENDING_ERROR;
	return (result == CHANNEL_MESSAGE);
}

bool
clear_ucspi(struct channel *ch, struct msg *m, struct ending *e)
{
	uint8_t command;

	if (!next(ch, m, e))
		return (false);
	command = msg_get_u8(m);
	if (m->type == MSG_COMMAND && command == CLEAR_TLS)
		return (true);
	e->kind = m->type == MSG_COMMAND && command == CLEAR_GOES_ON ?
	    ENDING_CLEAN :
	    ENDING_ERROR;
	return (false);
}
