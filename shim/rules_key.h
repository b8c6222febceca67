/* SPDX-License-Identifier: ISC */
/*
 * rules_key.h - the keys under which a peer may stand in a cdb, in order.
 */
#ifndef SHIM_RULES_KEY_H
#define SHIM_RULES_KEY_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#include "rules.h"

/*
 * What wrote the key, and so what form its data has.
 */
enum rules_writer { RULES_BY_TCPRULES, RULES_BY_S6 };

/*
 * The state of whoever looks the keys up; a struct of its own there.
 */
struct lookup;

/*
 * Look at one key, so many bytes of it: true ends the search.  The key lives
 * only as long as the call.
 */
typedef bool key_try(struct lookup *, enum rules_writer, const char *, size_t);

/*
 * Offer every key of the subject, the most important first, until one ends
 * the search.  True if one did.
 */
bool rules_each_key(const struct rules_subject *, enum rules_match, key_try *,
    struct lookup *);

/*
 * An IPv6 address is spelled in up to three ways: canonically; as Debian's
 * tcpserver prints it, who shortens a single zero group, too; and expanded
 * for tcp6.  The first `cuttable` of them are cut.
 */
struct rules_spelling {
	size_t count, cuttable; /* both 0 for PEER_UNIX */
	char text[3][INET6_ADDRSTRLEN];
};
void rules_spell(struct rules_spelling *, const struct peer *);

/*
 * The bits of the address as tcp6 writes them; so many bytes.  A network of
 * n bits has the first 1 + n of them for its key.
 */
enum { RULES_BITS_MAX = 1 + 128 };
size_t rules_spell_bits(char bits[RULES_BITS_MAX], const struct peer *);

/*
 * True for the keys that only s6-accessrules writes.
 */
bool rules_key_is_s6(const char *key, size_t len);

#endif
