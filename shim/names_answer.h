/* SPDX-License-Identifier: ISC */
/*
 * names_answer.h - what tlsshim-names tells the KEEPER.
 *
 * Lines of KEY=VALUE, each key once at most, in any order, then a line "end"
 * and nothing behind it: whole or none.
 *
 *	host=NAME	the peer's name
 *	confirmed=yes	... and that name has the peer's address
 *	local=NAME	our name
 *	info=TEXT	what the peer's ident daemon says
 *	trouble=TEXT	what is wrong here; not with the peer's servers
 */
#ifndef SHIM_NAMES_ANSWER_H
#define SHIM_NAMES_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "server_name.h"

enum {
	NAMES_INFO_MAX = 512, /* RFC 1413, 5: a user id */
	NAMES_TROUBLE_MAX = 255,
	NAMES_ANSWER_MAX = 2048,
	NAMES_DNS_MS = 10000 /* how long name servers may take, all in all */
};

struct names {
	char host[SERVER_NAME_MAX + 1]; /* "": none, as with those below */
	bool confirmed;
	char local[SERVER_NAME_MAX + 1];
	char info[NAMES_INFO_MAX + 1]; /* any byte but NUL, CR and LF */
	char trouble[NAMES_TROUBLE_MAX + 1];
};

/*
 * The answer, and its length.  tlsshim-names.
 */
size_t names_write(char answer[NAMES_ANSWER_MAX], const struct names *);

/*
 * The KEEPER: whoever wrote this may lie, but only by names that can be: they
 * are as server_name_copy makes them.  NULL; or why it is no answer, and then
 * there are no names.
 */
const char *names_read(struct names *, const char *answer, size_t len);

#endif
