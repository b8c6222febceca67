/* SPDX-License-Identifier: ISC */
/*
 * check.h - read everything as a connection would, and judge it.
 *
 * --check needs no connection and ends over no fault but goes on to the
 * next.  What a connection would complain or warn of is told here in the
 * same words, by the same functions; then come what only time will tell
 * (a certificate that expires, a chain that a client cannot complete) and
 * what an administrator would look up (names, TLSA records, the policy).
 */
#ifndef SHIM_CHECK_H
#define SHIM_CHECK_H

#include <stdbool.h>

struct accounts;
struct options;
struct pair_files;
struct policy;
struct X509_name_st;
struct report;

/*
 * Check all of it with SSL_USER's rights, print a report on fd 1, and
 * return EXIT_OK, or EXIT_USAGE if there is a fault.  Once, after
 * library_start.
 */
int check_run(struct options *, const struct accounts *);

/*
 * What a pair is for.
 */
struct check_use {
	const char *name; /* of the server, "*.parent" included, or NULL */
	bool alone;	  /* there is no other pair in its place */
	const struct policy *policy; /* NULL: at fault itself */
};

/*
 * For check_run: a certificate with its chain, key and staple, in a section
 * of its own.
 */
void check_pair(struct report *, const struct pair_files *,
    const struct check_use *);

/*
 * For check_run: every name that a directory of --cert-dir has.
 */
void check_dir(struct report *, const char *dir, const struct policy *);

/*
 * For check_run: what options come to.  False: nothing that can be used.
 */
bool check_policy(struct report *, const struct options *, struct policy *);

/*
 * For check_run: what clients' certificates are verified by.
 */
void
check_client(struct report *, const struct options *, const struct accounts *);

/*
 * A name of a certificate as RFC 2253 has it; cut where it is longer.
 */
enum { CHECK_TEXT_MAX = 1024 };
const char *check_name(const struct X509_name_st *, char text[CHECK_TEXT_MAX]);

/*
 * For check_run and check_pair: false, and a fault, if a part of the path
 * keeps us out.
 */
bool check_access(struct report *, const char *what, const char *path);

/*
 * The cdb, and every rule of it.
 */
void
check_rules(struct report *, const struct options *, const struct accounts *);

#endif
