/* SPDX-License-Identifier: ISC */
/*
 * tool.h - what tlsshim-rules can do, a file each.
 */
#ifndef RULETOOL_TOOL_H
#define RULETOOL_TOOL_H

#include <stdbool.h>
#include <stddef.h>

#include "rules.h"

struct complaint;

/*
 * "tlsshim-rules: " and the text on standard error, escaped.
 */
void tool_say(const char *, ...) __attribute__((format(printf, 1, 2)));

/*
 * Read rules from standard input and judge each line.  All return the exit
 * status.
 */
struct compile_order {
	const char *out;       /* NULL: judge only */
	const char *temporary; /* NULL: a name of its own */
	enum rules_match match;
};
int tool_compile(const struct compile_order *);

/*
 * Print the rules of a cdb as source.
 */
int tool_list(const char *cdb);

/*
 * Print every key that is tried, the hit and what it sets.  NULL: unknown.
 */
struct explain_order {
	const char *cdb, *ip, *host, *info;
	const char *sni, *alpn, *cert;
	enum rules_match match;
};
int tool_explain(const struct explain_order *);

#endif
