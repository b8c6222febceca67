/* SPDX-License-Identifier: ISC */
/*
 * cert_dir.c - the pairs that a directory has for a server name.
 *
 * Runs in:  KEEPER, with the rights of SSL_USER.
 * Trusts:   the directory; of the name, that hello_get has judged it: it has
 *           neither slash nor underscore, and no empty label.
 * Refuses:  to pass over what is there and cannot be used: another name's
 *           certificate would be served in its place.
 */
#include "cert_dir.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "log.h"
#include "rights.h"

/* what may stand behind a name; no name has an underscore in it */
static const char *const endings[] = { "", "_ecdsa", "_ecc", "_ed25519",
	"_rsa" };

enum { ENDINGS = sizeof(endings) / sizeof(endings[0]) };

_Static_assert(2 * ENDINGS == CERT_DIR_PAIRS_MAX,
    "a file and a directory each");

/*
 * In a directory of a name, the first that is there as a whole.
 */
static const struct layout {
	const char *cert, *key; /* key NULL: NAME.key */
	const char *chain;	/* NULL: none */
} layouts[] = {
	{ "fullchain.pem", "privkey.pem", NULL },
	{ "fullchain.pem", "key.pem", NULL },
	{ "fullchain.cer", NULL, NULL },
	{ "cert.pem", "key.pem", "chain.pem" },
	{ "cert.pem", "privkey.pem", "chain.pem" },
};

enum { LAYOUTS = sizeof(layouts) / sizeof(layouts[0]) };

bool
cert_dir_is_ending(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < ENDINGS; i++)
		if (strlen(endings[i]) == len &&
		    memcmp(endings[i], text, len) == 0)
			return (true);
	return (false);
}

static char *path_of(const char *, ...) __attribute__((format(printf, 1, 2)));

static char *
path_of(const char *format, ...)
{
	char *path;
	va_list ap;
	int n;

	va_start(ap, format);
	n = vasprintf(&path, format, ap);
	va_end(ap);
	if (n == -1)
		fatal(EXIT_SYSTEM, "certificate: name of a file");
	return (path);
}

/*
 * 1: there; 0: not; -1 with a complaint: that cannot be told.  A link that is
 * lost may be a file, which says so when it is opened, but a directory that
 * is not looked into would be passed over.
 */
static int
is_there(const char *path, enum rights_kind wanted, struct complaint *c)
{
	enum rights_kind kind = rights_look(path);

	if (kind == RIGHTS_UNKNOWN ||
	    (kind == RIGHTS_LOST && wanted == RIGHTS_DIRECTORY))
		return (complain_errno(c, "certificate: %s", path));
	return (kind == wanted ||
	    (kind == RIGHTS_LOST && wanted == RIGHTS_FILE));
}

/*
 * The same; `path`, which is taken over, becomes *file if it is one.
 */
static int
find_file(const char **file, char *path, struct complaint *c)
{
	int there = is_there(path, RIGHTS_FILE, c);

	*file = there == 1 ? path : NULL;
	if (there != 1)
		free(path);
	return (there);
}

static void
free_files(struct pair_files *f)
{
	free((char *)(uintptr_t)f->cert);
	free((char *)(uintptr_t)f->key);
	free((char *)(uintptr_t)f->chain);
	*f = (struct pair_files){ 0 };
}

/* ------------------------------------------------------------ directories */

/*
 * 1: it is there as a whole; 0: not; -1 with a complaint.
 */
static int
find_layout(struct pair_files *f, const struct layout *l, const char *dir,
    const char *name, struct complaint *c)
{
	int there = find_file(&f->cert, path_of("%s/%s", dir, l->cert), c);

	if (there == 1)
		there = find_file(&f->key,
		    l->key == NULL ? path_of("%s/%s.key", dir, name) :
				     path_of("%s/%s", dir, l->key),
		    c);
	if (there == 1 && l->chain != NULL &&
	    find_file(&f->chain, path_of("%s/%s", dir, l->chain), c) == -1)
		there = -1;
	if (there != 1)
		free_files(f);
	return (there);
}

static int
add_directory(struct cert_dir *d, const char *dir, const char *name,
    struct complaint *c)
{
	int there = 0;
	size_t i;

	for (i = 0; i < LAYOUTS && there == 0; i++)
		there = find_layout(&d->pairs[d->count], &layouts[i], dir, name,
		    c);
	d->count += there == 1;
	if (there == 0)
		return (complain(c,
		    "certificate: %s: nothing to use in it: want "
		    "fullchain.pem and privkey.pem, or cert.pem and key.pem",
		    dir));
	return (there);
}

/* ------------------------------------------------------------------ names */

/*
 * A renewal swaps the link that NAME may be (scripts/deploy-hook).  The key is
 * read after its certificate, and the link followed here, once for both.
 */
static int
add_settled(struct cert_dir *d, const char *path, const char *name,
    struct complaint *c)
{
	char *real = realpath(path, NULL);
	int there = add_directory(d, real == NULL ? path : real, name, c);

	free(real);
	return (there);
}

/*
 * NAME.pem, and the directory NAME; `path` is both without what follows.
 */
static int
add_path(struct cert_dir *d, const char *path, const char *name,
    struct complaint *c)
{
	int there;

	there = find_file(&d->pairs[d->count].cert, path_of("%s.pem", path), c);
	if (there == -1)
		return (-1);
	d->count += there == 1;
	there = is_there(path, RIGHTS_DIRECTORY, c);
	return (there == 1 ? add_settled(d, path, name, c) : there);
}

static int
add_name(struct cert_dir *d, const char *dir, const char *name,
    struct complaint *c)
{
	char *path;
	size_t i;
	int there;

	for (i = 0; i < ENDINGS; i++) {
		path = path_of("%s/%s%s", dir, name, endings[i]);
		there = add_path(d, path, name, c);
		free(path);
		if (there == -1)
			return (-1);
	}
	return (0);
}

/*
 * RFC 6125, 6.4.3: "*" stands for one label, the first.
 */
static int
add_parent(struct cert_dir *d, const char *dir, const char *name,
    struct complaint *c)
{
	const char *parent = strchr(name, '.');
	char *wildcard;
	int result;

	if (parent == NULL)
		return (0);
	wildcard = path_of("*%s", parent);
	result = add_name(d, dir, wildcard, c);
	free(wildcard);
	return (result);
}

/*
 * A directory that is not there has no name in it either.
 */
int
cert_dir_check(const char *dir, struct complaint *c)
{
	/* so that it is looked at as what is in it */
	char *path = path_of("%s/.", dir);
	enum rights_kind kind = rights_look(path);
	int result = 0;

	if (kind == RIGHTS_UNKNOWN)
		result = complain_errno(c, "--cert-dir: %s", dir);
	else if (kind != RIGHTS_DIRECTORY)
		result = complain(c, "--cert-dir: %s: no such directory", dir);
	free(path);
	return (result);
}

int
cert_dir_find(struct cert_dir *d, const char *dir, const char *name,
    struct complaint *c)
{
	*d = (struct cert_dir){ 0 };
	if (add_name(d, dir, name, c) == -1)
		return (-1);
	if (d->count == 0 && add_parent(d, dir, name, c) == -1)
		return (-1);
	return (d->count == 0 ? cert_dir_check(dir, c) : 0);
}

void
cert_dir_free(struct cert_dir *d)
{
	while (d->count > 0)
		free_files(&d->pairs[--d->count]);
}
