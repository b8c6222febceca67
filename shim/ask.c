/* SPDX-License-Identifier: ISC */
/*
 * ask.c - NET asks, the KEEPER answers.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the KEEPER.
 */
#include "ask.h"

bool
ask_send(struct ask *a)
{
	if (channel_send(a->channel, &a->msg) == -1) {
		a->no_answer = true;
		return (false);
	}
	return (true);
}

bool
ask_await(struct ask *a, enum msg_type type)
{
	enum channel_result got;

	got = channel_receive(a->channel, &a->msg, a->until);
	if (got == CHANNEL_MESSAGE && a->msg.type == type)
		return (true);
	a->late = got == CHANNEL_LATE;
	a->no_answer = !a->late;
	return (false);
}
