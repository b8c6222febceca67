/* SPDX-License-Identifier: ISC */
/*
 * names.h - have tlsshim-names ask what the ends of a connection are called.
 */
#ifndef SHIM_NAMES_H
#define SHIM_NAMES_H

#include <stdbool.h>

#include "names_answer.h"

struct connection;
struct options;
struct peer;

/*
 * What the administrator asks for.  ident only of a peer that is connected to
 * us itself: where a proxy conveyed it, nobody there knows of our connection.
 */
struct names_wanted {
	bool host, local, ident;
};

struct names_wanted
names_wanted(const struct options *, const struct peer *, bool conveyed);

/*
 * How long that may take: 0 where nothing is asked for.
 */
unsigned int names_limit_ms(const struct options *, struct names_wanted);

/*
 * Start tlsshim-names with NET's account and no descriptor of ours, and take
 * its answer.  What it does wrong, or does not do in time, is told in the log,
 * and then there are no names; what is wrong with this host ends the process.
 * Of the KEEPER, before it has the key.
 */
void names_ask(struct names *, struct names_wanted, const struct connection *);

/*
 * What rules may be asked for: a name that is confirmed; an ident answer that
 * can be taken for no other kind of key.  NULL: none.
 */
const char *names_host_for_rules(const struct names *);
const char *names_info_for_rules(const struct names *);

/*
 * Is the program there?  NULL, or where it was looked for; for --check.
 */
const char *names_missing(void);

#endif
