/* SPDX-License-Identifier: ISC */
/*
 * ticket.h - session tickets, as NET sees them.
 *
 * Tickets are the library's (RFC 5077, RFC 8446 4.6.1); the keys to each are
 * asked of the KEEPER, who has the master keys: one ticket to seal and two
 * to open in a connection.
 */
#ifndef SHIM_TICKET_H
#define SHIM_TICKET_H

#include <stdbool.h>
#include <stddef.h>

#include "ticket_keys.h"

struct ask;
struct ssl_ctx_st;
struct verify;

struct ticket {
	struct ask *ask;
	struct verify *verify;
	struct ticket_opened {
		enum ticket_answer answer;
		struct ticket_key key;
	} opened[TICKET_OPENS_MAX]; /* HelloRetryRequest brings them again */
	size_t opened_count;
};

/*
 * Give tickets to clients and resume by them; a client's certificate is
 * verified anew.  All must outlive the context.  Not called, there is no
 * resumption.
 */
void
ticket_use(struct ticket *, struct ssl_ctx_st *, struct ask *, struct verify *);

/*
 * Forget the keys.  When the handshake is over.
 */
void ticket_forget(struct ticket *);

#endif
