/* SPDX-License-Identifier: ISC */
/*
 * ident.h - ask the peer's host whose connection this is (RFC 1413).
 */
#ifndef NAMES_IDENT_H
#define NAMES_IDENT_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

#include "end.h"
#include "ident_reply.h"

struct ident {
	int fd; /* -1: nothing more comes */
	struct ident_ports ports;
	bool asked;
	char line[IDENT_LINE_MAX + 2]; /* and CR LF */
	size_t len;
	char *info; /* where the answer goes */
};

/*
 * Begin to ask; info holds NAMES_INFO_MAX + 1 bytes and stays "" until the
 * answer is there.  A daemon that cannot be asked has none.
 */
void ident_begin(struct ident *, char *info, const struct end *remote,
    const struct end *local);

/*
 * What to wait for while fd is not -1; and what came of it.
 */
void ident_wanted(const struct ident *, struct pollfd *);
void ident_work(struct ident *, const struct pollfd *);

/*
 * It took too long.
 */
void ident_end(struct ident *);

#endif
