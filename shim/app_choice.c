/* SPDX-License-Identifier: ISC */
/*
 * app_choice.c - which program, and as whom: the word of a rule.
 *
 * Runs in:  the KEEPER (SSL_USER).
 * Trusts:   whoever wrote the rules as much as whoever wrote the command line.
 * Refuses:  uid 0 and gid 0 unless --allow-root, and the account of NET.
 */
#include "app_choice.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "account.h"
#include "complaint.h"
#include "options.h"

static const char user_variable[] = "TLSSHIM_USER";
static const char program_variable[] = "TLSSHIM_PROGRAM";

bool
app_choice_is(const char *name)
{
	return (strcmp(name, user_variable) == 0 ||
	    strcmp(name, program_variable) == 0);
}

static int
choose_program(struct options *o, const char *value, struct complaint *c)
{
	size_t count = 0;
	char **program;

	if (*value == '\0')
		return (complain(c,
		    "%s: empty: name a program, or leave it out",
		    program_variable));
	while (o->program[count] != NULL)
		count++;
	/* --check has none */
	program = calloc(count + 2, sizeof(*program));
	if (program == NULL)
		return (complain_errno(c, "%s: %s", program_variable, value));
	memcpy(program, o->program, count * sizeof(*program));
	program[0] = (char *)(uintptr_t)value;
	o->program = program;
	return (0);
}

static int
check_account(const struct accounts *a, const struct account *chosen,
    bool allow_root, const char *value, struct complaint *c)
{
	if (!a->root && chosen->uid != geteuid())
		return (complain(c,
		    "%s: %s: not started as root, so the program cannot run "
		    "as it",
		    user_variable, value));
	if (a->root && !allow_root && (chosen->uid == 0 || chosen->gid == 0))
		return (complain(c,
		    "%s: %s: is %s 0: name another account, or add "
		    "--allow-root",
		    user_variable, value, chosen->uid == 0 ? "uid" : "gid"));
	if (a->root && chosen->uid == a->net.uid)
		return (complain(c,
		    "%s: %s: is the account that talks to the network: name "
		    "another",
		    user_variable, value));
	return (0);
}

static int
choose_user(struct accounts *a, struct account_login *l, bool allow_root,
    const char *value, struct complaint *c)
{
	struct account chosen;

	errno = 0;
	if (!account_find_any(&chosen, l, value))
		return (errno == 0 ?
			complain(c, "%s: %s: no such account", user_variable,
			    value) :
			complain_errno(c, "%s: %s", user_variable, value));
	if (check_account(a, &chosen, allow_root, value, c) == -1)
		return (-1);
	a->app = chosen;
	a->has_app = a->by_rule = true;
	return (0);
}

int
app_choice(struct options *o, struct accounts *a, struct account_login *l,
    const char *name, const char *value, struct complaint *c)
{
	if (strcmp(name, program_variable) == 0)
		return (choose_program(o, value, c));
	return (choose_user(a, l, options_flag(o, OPTION_ALLOW_ROOT), value,
	    c));
}
