/* SPDX-License-Identifier: ISC */
/*
 * app_choice.h - which program, and as whom: the word of a rule.
 *
 *	TLSSHIM_USER	the account, by name or number
 *	TLSSHIM_PROGRAM	takes the place of the program; its arguments stay
 *
 * Runs in the KEEPER, for its connection alone.
 */
#ifndef SHIM_APP_CHOICE_H
#define SHIM_APP_CHOICE_H

#include <stdbool.h>

struct account_login;
struct accounts;
struct complaint;
struct options;

/*
 * Is it one of the two?  Such never reach the application.
 */
bool app_choice_is(const char *name);

/*
 * Take what a rule says, name being one of the two.  login: what a login of
 * the account would set; its name stays NULL for a number.  value must outlive
 * options.  -1 with a complaint, which names the variable, for an account that
 * there is not, that cannot be taken, or that --user could not name either.
 */
int app_choice(struct options *, struct accounts *, struct account_login *,
    const char *name, const char *value, struct complaint *);

#endif
