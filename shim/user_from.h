/* SPDX-License-Identifier: ISC */
/*
 * user_from.h - the account that a client's certificate names.
 *
 * Runs in the KEEPER, when the handshake is over.
 */
#ifndef SHIM_USER_FROM_H
#define SHIM_USER_FROM_H

#include <stdbool.h>
#include <sys/types.h>

struct account;
struct account_login;
struct accounts;
struct client_policy;
struct complaint;
struct facts;
struct options;

enum { USER_FROM_NAME_MAX = 32 };

/*
 * -1 with a complaint where no client is asked for a certificate: nobody would
 * ever have an account, or all would have --user's, unless a rule leaves some
 * peers unasked.
 */
int user_from_possible(const struct accounts *, const struct options *,
    const struct client_policy *, struct complaint *);

/*
 * The variable of the client's certificate that this --user-from looks at.
 */
const char *user_from_variable(const char *how);

/*
 * The name of an account in the variable's value: of cert:email and cert:upn
 * what is before the "@", the only one; of cert:cn all of it.  False for what
 * is no portable name (POSIX, 3.437): letters, digits, dot, hyphen and
 * underscore, the first a letter, digit or underscore, not digits alone.
 */
bool user_from_name(char name[USER_FROM_NAME_MAX + 1], const char *how,
    const char *value);

/*
 * Find this account, if it is one of those that certificates may name: known,
 * of a person (UID_MIN to UID_MAX of login.defs(5), never uid 0 or gid 0),
 * neither locked nor expired (shadow(5)).  -1 with a complaint.
 */
int user_from_account(struct account *, struct account_login *,
    const char *name, struct complaint *);

/*
 * Whom the client's certificate names becomes the account of the program.  A
 * client without one gets that of --user, where there is one: then the login
 * stays as it was.  -1 with a complaint: no account is this client's.
 */
int user_from_certificate(struct accounts *, struct account_login *,
    const char *how, const struct facts *, struct complaint *);

/*
 * A number of login.defs(5)'s text, of which the last line counts; *value
 * stays as it is if there is none.  False if that is no uid.  For
 * user_from_account, and its test.
 */
bool user_from_setting(const char *text, const char *name, uid_t *value);

#endif
