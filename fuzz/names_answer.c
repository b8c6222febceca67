/* SPDX-License-Identifier: ISC */
/*
 * names_answer.c - what a tlsshim-names that was taken over may answer.
 *
 * A name is one that server_name_copy leaves as it is; only a name that is
 * there is confirmed; and what was read is written and read as the same.
 */
#include <string.h>

#include "fuzz.h"
#include "names_answer.h"

static void
is_name(const char *name)
{
	char copy[SERVER_NAME_MAX + 1];

	if (*name == '\0')
		return;
	HOLDS(server_name_copy(copy, (const uint8_t *)name, strlen(name)));
	HOLDS(strcmp(copy, name) == 0);
}

static void
is_read_again(const struct names *n)
{
	static char answer[NAMES_ANSWER_MAX];
	struct names again;
	size_t len = names_write(answer, n);

	HOLDS(len <= sizeof(answer));
	HOLDS(names_read(&again, answer, len) == NULL);
	HOLDS(strcmp(again.host, n->host) == 0);
	HOLDS(again.confirmed == n->confirmed);
	HOLDS(strcmp(again.local, n->local) == 0);
	HOLDS(strcmp(again.info, n->info) == 0);
	HOLDS(strcmp(again.trouble, n->trouble) == 0);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	struct names n;
	bool taken = names_read(&n, (const char *)bytes, len) == NULL;

	is_name(n.host);
	is_name(n.local);
	HOLDS(!n.confirmed || n.host[0] != '\0');
	HOLDS(memchr(n.info, '\0', sizeof(n.info)) != NULL);
	HOLDS(strpbrk(n.info, "\r\n") == NULL);
	if (taken)
		is_read_again(&n);
	else
		HOLDS(n.host[0] == '\0' && n.info[0] == '\0');
	return (0);
}
