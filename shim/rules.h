/* SPDX-License-Identifier: ISC */
/*
 * rules.h - ask a cdb whether this peer may come in.
 *
 * Reads what tcprules (ucspi-tcp 0.88), Debian's ucspi-tcp-ipv6, ucspi-tcp6
 * and s6-accessrules write, and CIDR in textual form (10.0.0.0/8,
 * 2001:db8::/32) that stock tcprules stores but never finds.
 * Runs in the KEEPER, with the rights of SSL_USER.
 */
#ifndef SHIM_RULES_H
#define SHIM_RULES_H

#include <stdbool.h>
#include <stddef.h>

struct facts;
struct peer;

/*
 * classic: tcpserver's order, CIDR after the dotted prefixes.
 * longest: dotted prefixes are /8, /16, /24, merged with CIDR, the most
 * specific first.
 */
enum rules_match { RULES_CLASSIC, RULES_LONGEST };

struct rules_subject {
	const struct peer *peer;
	const char *host; /* verified, lower case; NULL if unknown */
	const char *info; /* ident's answer; NULL if unknown */
};

enum rules_answer {
	RULES_NONE, /* no key matched: --default decides (s6's: RULES_DENY) */
	RULES_ALLOW,
	RULES_DENY,
	RULES_ABSENT, /* the file does not exist (ENOENT, and only that) */
	RULES_BROKEN  /* unreadable, truncated or damaged: deny, and say so */
};

enum { RULES_KEY_MAX = 512, RULES_DATA_MAX = 65536 };

struct rules_hit {
	enum rules_answer answer;
	char key[RULES_KEY_MAX]; /* as in the cdb; "" is the catch-all */
	size_t key_len;
	char *settings;	     /* NAME=VALUE NUL, repeated; owned by the hit */
	size_t settings_len; /* bytes, all NULs counted */
	const char *why; /* for RULES_BROKEN: a static phrase, or NULL: errno */
};

/*
 * Look the subject up in the cdb at path.  Nothing is logged here.
 * AF_UNIX peers have no address: only host and info keys and the catch-all
 * are tried.
 */
void rules_find(struct rules_hit *, const char *path, enum rules_match,
    const struct rules_subject *);

/*
 * The same by what the handshake proved (rules_proof.h): RULES_NONE where no
 * key of it is in the file, whoever wrote that.
 */
void
rules_find_proved(struct rules_hit *, const char *path, const struct facts *);

/*
 * Walk the settings: *at starts at 0; false at the end.  name and value
 * point into the hit; name is NUL-terminated after this call.
 */
bool rules_setting(struct rules_hit *, size_t *at, const char **name,
    const char **value);

/*
 * Is it a limit on connections of one peer (MAXCONIP)?  Who serves one alone
 * cannot keep it, and must not seem to.
 */
bool rules_is_limit(const char *name);

void rules_free(struct rules_hit *);

/*
 * Every rule of the file, in no order, as a hit that is the callback's for
 * the call only.  RULES_NONE when all were shown; RULES_ABSENT or
 * RULES_BROKEN, with hit.why, as rules_find.  For --check.
 */
enum rules_answer rules_each(struct rules_hit *, const char *path,
    void show(struct rules_hit *, void *argument), void *argument);

#endif
