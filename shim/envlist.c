/* SPDX-License-Identifier: ISC */
/*
 * envlist.c - the strings of an environment.
 *
 * Runs in:  the KEEPER; NET for what it tells of a client's certificate.
 * Trusts:   its caller to have escaped what a peer said.
 * Refuses:  more than execve(2) should be asked to carry.
 */
#include "envlist.h"

#include <stdlib.h>
#include <string.h>

#include "log.h"

enum { ROOM_AT_FIRST = 128 };

static void *
have(void *memory)
{
	if (memory == NULL)
		fatal(EXIT_SYSTEM, "environment");
	return (memory);
}

static struct env_entry *
find(const struct envlist *list, const char *name, size_t name_len)
{
	struct env_entry *e = list->entries;
	const struct env_entry *end = e + list->count;

	for (; e < end; e++)
		if (e->name_len == name_len &&
		    memcmp(e->text, name, name_len) == 0)
			return (e);
	return (NULL);
}

static struct env_entry *
append(struct envlist *list)
{
	size_t room;

	if (list->count == list->room) {
		room = list->room == 0 ? ROOM_AT_FIRST : 2 * list->room;
		list->entries = have(reallocarray(list->entries, room,
		    sizeof(*list->entries)));
		list->room = room;
	}
	return (memset(&list->entries[list->count++], 0,
	    sizeof(*list->entries)));
}

void
envlist_put(struct envlist *list, const char *name, struct env_value value,
    enum env_origin origin)
{
	size_t name_len = strlen(name);
	struct env_entry *e = find(list, name, name_len);
	char *text = have(malloc(name_len + 1 + value.len + 1));

	memcpy(text, name, name_len);
	text[name_len] = '=';
	memcpy(text + name_len + 1, value.bytes, value.len);
	text[name_len + 1 + value.len] = '\0';

	if (e == NULL)
		e = append(list);
	free(e->text);
	*e = (struct env_entry){ text, name_len, name_len + 1 + value.len,
		origin };
}

const char *
envlist_get(const struct envlist *list, const char *name)
{
	const struct env_entry *e = find(list, name, strlen(name));

	return (e == NULL ? NULL : e->text + e->name_len + 1);
}

/*
 * What execve(2) counts: the string, its NUL, and the pointer to it.
 */
static size_t
cost(const struct env_entry *e)
{
	return (e->len + 1 + sizeof(char *));
}

size_t
envlist_room(const char *name, struct env_value value)
{
	return (cost(&(struct env_entry){
	    .len = strlen(name) + 1 + value.len }));
}

static struct env_entry *
longest(const struct envlist *list, enum env_origin origin)
{
	struct env_entry *found = NULL;
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->entries[i].origin == origin &&
		    (found == NULL || list->entries[i].len > found->len))
			found = &list->entries[i];
	return (found);
}

static void
leave_out(struct envlist *list, struct env_entry *e)
{
	size_t after = (size_t)(list->entries + --list->count - e);

	free(e->text);
	memmove(e, e + 1, after * sizeof(*e));
}

void
envlist_drop(struct envlist *list, const char *name)
{
	struct env_entry *e = find(list, name, strlen(name));

	if (e != NULL)
		leave_out(list, e);
}

void
envlist_shrink(struct envlist *list, size_t most)
{
	struct env_entry *e;
	size_t i, total = sizeof(char *), left_out = 0;

	for (i = 0; i < list->count; i++)
		total += cost(&list->entries[i]);
	while (total > most) {
		if ((e = longest(list, ENV_PEM)) == NULL &&
		    (e = longest(list, ENV_MANY)) == NULL &&
		    (e = longest(list, ENV_FACT)) == NULL)
			break;
		if (left_out++ == 0)
			log_warnx("environment: %.*s: with it, more than %zu "
				  "bytes; left out",
			    (int)e->name_len, e->text, most);
		total -= cost(e);
		leave_out(list, e);
	}
	/* a certificate full of names must not fill the log as well */
	if (left_out > 1)
		log_warnx("environment: %zu more variables: left out for the "
			  "same reason",
		    left_out - 1);
}

char *const *
envlist_vector(struct envlist *list)
{
	size_t i;

	list->vector = have(reallocarray(list->vector, list->count + 1,
	    sizeof(*list->vector)));
	for (i = 0; i < list->count; i++)
		list->vector[i] = list->entries[i].text;
	list->vector[i] = NULL;
	return (list->vector);
}

void
envlist_clear(struct envlist *list)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		free(list->entries[i].text);
	free(list->entries);
	free(list->vector);
	memset(list, 0, sizeof(*list));
}
