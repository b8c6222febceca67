/* SPDX-License-Identifier: ISC */
/*
 * envlist.h - NAME=VALUE strings, in order, each name once.
 *
 * Knows who said a thing, not what may be said: that is env.c's.
 */
#ifndef SHIM_ENVLIST_H
#define SHIM_ENVLIST_H

#include <stddef.h>

enum env_origin {
	ENV_STARTER, /* inherited */
	ENV_RULE,
	ENV_FACT, /* ours */
	ENV_MANY, /* of a client's any number of names: the next to go */
	ENV_PEM	  /* ours, and big: the first to go when room is short */
};

struct env_entry {
	char *text; /* NAME=VALUE NUL; the list's */
	size_t name_len, len;
	enum env_origin origin;
};

struct envlist {
	struct env_entry *entries;
	size_t count, room;
	char **vector;
};

struct env_value {
	const char *bytes; /* without a NUL among them */
	size_t len;
};

/*
 * Set a variable; one of the same name is replaced where it stands.
 * Ends the process (EXIT_SYSTEM) when out of memory.
 */
void envlist_put(struct envlist *, const char *name, struct env_value,
    enum env_origin);

/*
 * Take a variable out, if it is there.
 */
void envlist_drop(struct envlist *, const char *name);

/*
 * Bytes of execve(2)'s room that a variable takes.
 */
size_t envlist_room(const char *name, struct env_value);

/*
 * The value, or NULL.
 */
const char *envlist_get(const struct envlist *, const char *name);

/*
 * Leave out PEM texts, then names of a client, then facts, the longest of
 * each first, until the list takes `most` bytes of execve(2)'s room or none
 * is left.  Says so in the log.
 */
void envlist_shrink(struct envlist *, size_t most);

/*
 * As environ, until the list changes.
 */
char *const *envlist_vector(struct envlist *);

void envlist_clear(struct envlist *);

#endif
