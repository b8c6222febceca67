/* SPDX-License-Identifier: ISC */
/*
 * fact.h - what the handshake proved, from NET to KEEPER.
 *
 * In a FACTS message each fact is u8 id and a string.  NET may have been
 * taken over by its peer, so the KEEPER takes a fact only once, only of the
 * length and the alphabet that fact.def allows.
 */
#ifndef SHIM_FACT_H
#define SHIM_FACT_H

#include <stdbool.h>

#include "msg.h"

enum fact_id {
#define FACT(id, variable, alphabet, cap) FACT_##id,
#include "fact.def"
#undef FACT
	FACT_COUNT
};

enum { FACT_MAX = 256 };

struct facts {
	char text[FACT_COUNT][FACT_MAX]; /* "": unknown */
};

const char *fact_variable(enum fact_id);

/*
 * NET: all facts that are known, as one message.
 */
void facts_put(struct msg *, const struct facts *);

/*
 * KEEPER: NULL, or why the message is refused.
 */
const char *facts_get(struct facts *, struct msg *, bool *last);

#endif
