/* SPDX-License-Identifier: ISC */
/*
 * ident_reply.h - a reply of the Identification Protocol (RFC 1413).
 */
#ifndef NAMES_IDENT_REPLY_H
#define NAMES_IDENT_REPLY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "names_answer.h"

enum { IDENT_LINE_MAX = 1000 }; /* RFC 1413, 4 */

/*
 * The connection that was asked about, as the daemon sees it: its own host's
 * port first.
 */
struct ident_ports {
	uint16_t theirs, ours;
};

/*
 * The user id of a reply, which is a line without its end.  False if it is
 * none: an error, about other ports, of another form, empty, longer than the
 * protocol has it, or with a NUL or CR.
 */
bool ident_reply(char info[NAMES_INFO_MAX + 1], const char *line, size_t len,
    struct ident_ports);

#endif
