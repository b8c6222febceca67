/* SPDX-License-Identifier: ISC */
/*
 * app.h - the application's start.
 */
#ifndef SHIM_APP_H
#define SHIM_APP_H

#include <signal.h>

/*
 * Execute the program, found by PATH of its own environment: every
 * descriptor but 0, 1, 2 closed, signals as a fresh process has them, the
 * starter's signal mask.  Returns only when that failed: the exit code, the
 * reason logged.  Called by the KEEPER, as the application's user.
 */
int app_exec(char *const program[], char *const environment[],
    const sigset_t *mask);

#endif
