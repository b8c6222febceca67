/* SPDX-License-Identifier: ISC */
/*
 * select.c - which of the pairs serves this ClientHello.
 *
 * Runs in:  KEEPER, with the rights of SSL_USER.
 * Trusts:   the administrator's files; of the ClientHello, that hello_get has
 *           judged it.
 * Refuses:  by --sni, a client that names a server nobody knows here, or none.
 */
#include "select.h"

#include <openssl/tls1.h>
#include <stddef.h>
#include <string.h>

#include "alert.h"
#include "cert_dir.h"
#include "complaint.h"
#include "hello.h"
#include "options.h"
#include "pair.h"
#include "policy.h"
#include "rank.h"

enum { CANDIDATES_MAX = 10 };

_Static_assert((int)CANDIDATES_MAX >= (int)PAIRS_MAX &&
	(int)CANDIDATES_MAX >= (int)CERT_DIR_PAIRS_MAX,
    "as many as can be named");

struct candidates {
	size_t count;
	struct pair pairs[CANDIDATES_MAX];
};

static bool
sni_is(const struct options *o, const char *mode)
{
	return (strcmp(o->text[OPTION_SNI], mode) == 0);
}

bool
select_is_fixed(const struct options *o)
{
	struct pair_files files[PAIRS_MAX];

	return (o->text[OPTION_CERT_DIR] == NULL &&
	    options_pairs(o, files) == 1);
}

/* ------------------------------------------------------------- candidates */

static int
read_all(struct candidates *all, const struct pair_files *files, size_t count,
    struct complaint *c)
{
	for (all->count = 0; all->count < count; all->count++)
		if (pair_read(&all->pairs[all->count], &files[all->count], c) ==
		    -1)
			return (-1);
	return (0);
}

/*
 * Leave those that are for the server name.
 */
static void
keep_covering(struct candidates *all, const char *name)
{
	size_t i, kept = 0;

	for (i = 0; i < all->count; i++)
		if (rank_covers(&all->pairs[i], name))
			all->pairs[kept++] = all->pairs[i];
		else
			pair_free(&all->pairs[i]);
	all->count = kept;
}

/*
 * The best of at least one; of equals the first.
 */
static void
take_best(struct pair *chosen, struct candidates *all, const struct hello *h,
    const struct policy *policy)
{
	unsigned int rank, best_rank = 0;
	size_t i, best = 0;

	for (i = 0; all->count > 1 && i < all->count; i++) {
		rank = rank_pair(&all->pairs[i], h, policy);
		if (rank > best_rank) {
			best_rank = rank;
			best = i;
		}
	}
	*chosen = all->pairs[best];
	for (i = 0; i < all->count; i++)
		if (i != best)
			pair_free(&all->pairs[i]);
}

/* ------------------------------------------------------------------ names */

/*
 * RFC 8446, 9.2: who cannot do without a name says so by missing_extension;
 * before TLS 1.3 there is no such alert.  RFC 6066, 3: a name that nobody
 * has; what is no host name is one that nobody has.
 */
static int
refusal(const struct hello *h, const struct policy *policy)
{
	if (h->server_name_given)
		return (ALERT_UNRECOGNIZED_NAME);
	return (hello_version(h, policy->max_version) >= TLS1_3_VERSION ?
		ALERT_MISSING_EXTENSION :
		ALERT_HANDSHAKE_FAILURE);
}

/*
 * Is there a place for this client among those that --cert names, going by
 * what it calls us?
 */
static bool
may_have_default(const struct options *o, const struct hello *h)
{
	if (sni_is(o, "any") || h->server_name[0] != '\0')
		return (true);
	return (!h->server_name_given && !sni_is(o, "required"));
}

static int
read_default(struct candidates *all, struct pair *fixed,
    const struct options *o, struct complaint *c)
{
	struct pair_files files[PAIRS_MAX];
	size_t count = options_pairs(o, files);

	if (fixed->leaf == NULL)
		return (read_all(all, files, count, c));
	all->pairs[0] = *fixed;
	all->count = 1;
	*fixed = (struct pair){ 0 };
	return (0);
}

static int
read_named(struct candidates *all, const struct options *o,
    const struct hello *h, struct complaint *c)
{
	/* the pairs' file names stay in it */
	static struct cert_dir named;
	const char *dir = o->text[OPTION_CERT_DIR];

	all->count = 0;
	if (dir == NULL || h->server_name[0] == '\0')
		return (0);
	if (cert_dir_find(&named, dir, h->server_name, c) == -1)
		return (-1);
	return (read_all(all, named.pairs, named.count, c));
}

int
select_pair(struct pair *chosen, const struct options *o,
    const struct policy *policy, const struct hello *h, struct complaint *c)
{
	static struct candidates all;

	if (read_named(&all, o, h, c) == -1)
		return (-1);
	if (all.count == 0 && may_have_default(o, h)) {
		if (read_default(&all, chosen, o, c) == -1)
			return (-1);
		if (!sni_is(o, "any") && h->server_name[0] != '\0')
			keep_covering(&all, h->server_name);
	}
	if (all.count == 0)
		return (refusal(h, policy));
	take_best(chosen, &all, h, policy);
	return (0);
}
