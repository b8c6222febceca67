/* SPDX-License-Identifier: ISC */
/*
 * session_context.h - what a session belongs to.
 *
 * A session that was made under one server name, one policy towards clients
 * and one rule is resumed under the same only: by its ticket a client would
 * else pass where it would not be let in.
 */
#ifndef SHIM_SESSION_CONTEXT_H
#define SHIM_SESSION_CONTEXT_H

#include <stdint.h>

struct options;

enum { SESSION_CONTEXT_LEN = 32 };

/*
 * KEEPER: the context, of the options as the rule left them, the server name
 * that was asked for ("": none) and the rule's key.
 */
void session_context(uint8_t context[SESSION_CONTEXT_LEN],
    const struct options *, const char *server_name, const char *rule);

#endif
