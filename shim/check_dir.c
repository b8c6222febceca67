/* SPDX-License-Identifier: ISC */
/*
 * check_dir.c - every name of --cert-dir, as if a client had asked for it.
 *
 * Runs in:  the process that checks, with the rights of SSL_USER.
 * Trusts:   the directory.
 */
#include <dirent.h>
#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cert_dir.h"
#include "check.h"
#include "complaint.h"
#include "hello.h"
#include "log.h"
#include "report.h"
#include "rights.h"

/* "*." before a name */
enum { NAME_TEXT_MAX = SERVER_NAME_MAX + 3 };

/*
 * The name that an entry is for, as cert_dir.h lays them out: no name has an
 * underscore, and what ends in .pem is a file or could be.
 */
static bool
name_of(const char *entry, char name[NAME_TEXT_MAX])
{
	char canonical[SERVER_NAME_MAX + 1];
	const char *host;
	size_t len = strcspn(entry, "_");

	if (entry[len] == '\0' && len > 4 &&
	    strcmp(entry + len - 4, ".pem") == 0)
		len -= 4;
	if (len >= NAME_TEXT_MAX)
		return (false);
	memcpy(name, entry, len);
	name[len] = '\0';
	host = strncmp(name, "*.", 2) == 0 ? name + 2 : name;
	return (server_name_copy(canonical, (const uint8_t *)host,
		    strlen(host)) &&
	    strcmp(canonical, host) == 0);
}

/*
 * Staples lie beside their certificates; dot files are somebody's work.
 */
static int
is_candidate(const struct dirent *entry)
{
	size_t len = strlen(entry->d_name);

	return (entry->d_name[0] != '.' &&
	    (len < 5 || strcmp(entry->d_name + len - 5, ".ocsp") != 0));
}

static void
check_one(struct report *r, const char *dir, const char *name,
    const struct policy *policy)
{
	struct check_use use = { .name = name, .policy = policy };
	struct complaint complaint;
	struct cert_dir found;
	size_t i;

	if (cert_dir_find(&found, dir, name, &complaint) == -1) {
		report_section(r, "certificate", name);
		report(r, "fault", "%s", complaint.text);
		return;
	}
	use.alone = found.count == 1;
	for (i = 0; i < found.count; i++)
		check_pair(r, &found.pairs[i], &use);
	cert_dir_free(&found);
}

/*
 * One name may have several entries, which need not follow each other:
 * the first is checked for all.
 */
static bool
is_first(struct dirent *const *entries, int at, const char *name)
{
	char other[NAME_TEXT_MAX];
	int i;

	for (i = 0; i < at; i++)
		if (name_of(entries[i]->d_name, other) &&
		    strcmp(other, name) == 0)
			return (false);
	return (true);
}

/*
 * NULL, or why a connection looks for no such entry.
 */
static const char *
why_never(const char *dir, const char *entry)
{
	char name[NAME_TEXT_MAX], *path;
	size_t at = strcspn(entry, "_"), len = strlen(entry);
	bool pem = len > 4 && strcmp(entry + len - 4, ".pem") == 0;
	enum rights_kind kind;

	if (!name_of(entry, name))
		return ("not a server name in lower case: never looked for");
	if (entry[at] != '\0' &&
	    !cert_dir_is_ending(entry + at, len - at - (pem ? 4 : 0)))
		return ("never looked for: want _ecdsa, _ecc, _ed25519 or "
			"_rsa behind the name");
	if (pem)
		return (NULL);
	if (asprintf(&path, "%s/%s", dir, entry) == -1)
		fatalx(EXIT_SYSTEM, "check: no memory");
	kind = rights_look(path);
	free(path);
	return (kind != RIGHTS_FILE ?
		NULL :
		"never looked for: neither NAME.pem nor a directory");
}

static void
check_entries(struct report *r, const char *dir, struct dirent *const *entries,
    int count, const struct policy *policy)
{
	char name[NAME_TEXT_MAX];
	const char *why;
	int i;

	for (i = 0; i < count; i++) {
		why = why_never(dir, entries[i]->d_name);
		if (why != NULL)
			report(r, "warning", "--cert-dir: %s/%s: %s", dir,
			    entries[i]->d_name, why);
	}
	for (i = 0; i < count; i++)
		if (name_of(entries[i]->d_name, name) &&
		    is_first(entries, i, name))
			check_one(r, dir, name, policy);
}

void
check_dir(struct report *r, const char *dir, const struct policy *policy)
{
	struct dirent **entries;
	int count, i;

	report_section(r, "directory", dir);
	if (!check_access(r, "--cert-dir", dir))
		return;
	count = scandir(dir, &entries, is_candidate, alphasort);
	if (count == -1) {
		/* names can be looked up where they cannot be listed */
		report(r, errno == EACCES ? "warning" : "fault",
		    "--cert-dir: %s: %s", dir, strerror(errno));
		return;
	}
	report(r, "entries", "%d", count);
	check_entries(r, dir, entries, count, policy);
	for (i = 0; i < count; i++)
		free(entries[i]);
	free(entries);
}
