/* SPDX-License-Identifier: ISC */
/*
 * options_env.c - the variables that stand for options.
 *
 * Runs in:  the process before it forks; the KEEPER for a rule's variables.
 * Trusts:   the starter and whoever wrote the rules.
 * Refuses:  a value that cannot be.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "options.h"

enum { VARIABLE_MAX = 32 };

static const char *const variables[OPTION_COUNT] = {
#define OPT(id, name, variables, argument, preset, help)                       \
	[OPTION_##id] = (variables),
#include "options.def"
};

/*
 * The next name of a list, its length in *len; NULL at its end, and for no
 * list at all.
 */
static const char *
next_variable(const char **list, size_t *len)
{
	const char *name = *list;

	if (name == NULL || *name == '\0')
		return (NULL);
	*len = (size_t)(strchrnul(name, ' ') - name);
	*list += *len + (name[*len] == ' ');
	return (name);
}

/*
 * Asked for every variable of the starter's, of every option: so the first
 * letter comes first.
 */
static bool
stands_for(const char *name, size_t id)
{
	const char *list = variables[id], *variable;
	size_t len;

	while ((variable = next_variable(&list, &len)) != NULL)
		if (*variable == *name && strncmp(variable, name, len) == 0 &&
		    name[len] == '\0')
			return (true);
	return (false);
}

static const char *
getenv_not_empty(const char *name)
{
	const char *value = getenv(name);

	return (value == NULL || *value == '\0' ? NULL : value);
}

/* ----------------------------------------------------- the starter's */

/*
 * CCAVERIFY is set or not; its value says nothing.
 */
static const char *
meaning(size_t id, const char *value)
{
	return (id == OPTION_CLIENT_CERT && value != NULL ? "require" : value);
}

/*
 * The first of the option's variables that is set and not empty.
 */
static const char *
from_environment(size_t id)
{
	const char *list = variables[id], *value = NULL, *variable;
	char name[VARIABLE_MAX];
	size_t len;

	/* a rule's alone: in an environment it is mostly another proxy */
	if (id == OPTION_PROXY)
		return (NULL);
	while (value == NULL &&
	    (variable = next_variable(&list, &len)) != NULL) {
		snprintf(name, sizeof(name), "%.*s", (int)len, variable);
		value = getenv_not_empty(name);
	}
	return (meaning(id, value));
}

static void
ids_from_environment(struct options *o)
{
	const char *uid = getenv_not_empty("UID");
	const char *gid = getenv_not_empty("GID");

	if (uid == NULL || gid == NULL)
		fatalx(EXIT_USAGE, "-U: %s: not in the environment",
		    uid == NULL ? "UID" : "GID");
	o->text[OPTION_USER] = uid;
	o->text[OPTION_GROUP] = gid;
}

void
options_from_environment(struct options *o)
{
	size_t i;

	if (options_flag(o, OPTION_USER_FROM_ENV))
		ids_from_environment(o);
	for (i = 0; i < OPTION_COUNT; i++)
		if (o->text[i] == NULL)
			o->text[i] = from_environment(i);
}

bool
options_is_variable(const char *name)
{
	size_t i;

	for (i = 0; i < OPTION_COUNT; i++)
		if (stands_for(name, i))
			return (true);
	return (false);
}

/* ----------------------------------------------------------- a rule's */

/*
 * A rule's certificate brings its own key and chain, or has them in its
 * file: another certificate's would not fit.
 */
static void
forget_pair(struct options *o)
{
	if (!o->from_rule[OPTION_KEY])
		o->text[OPTION_KEY] = NULL;
	if (!o->from_rule[OPTION_CHAIN])
		o->text[OPTION_CHAIN] = NULL;
}

int
options_from_rule(struct options *o, const char *name, const char *value,
    struct complaint *c)
{
	bool empty = *value == '\0';
	size_t i;

	for (i = 0; i < OPTION_COUNT; i++) {
		if (!stands_for(name, i))
			continue;
		if (i == OPTION_TLS_USER || i == OPTION_TLS_GROUP ||
		    i == OPTION_CHROOT)
			return (0);
		if (i == OPTION_CERT)
			forget_pair(o);
		/* as in the starter's environment: set to nothing, not set */
		o->text[i] = empty ? options_preset((enum option_id)i) :
				     meaning(i, value);
		o->from_rule[i] = true;
		return (options_check_choices(o, c) == -1 ? -1 : 1);
	}
	return (0);
}
