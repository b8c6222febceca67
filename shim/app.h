/* SPDX-License-Identifier: ISC */
/*
 * app.h - the application's start.
 */
#ifndef SHIM_APP_H
#define SHIM_APP_H

#include <signal.h>

/*
 * Signals as a fresh process has them, and the starter's mask.
 */
void app_reset_signals(const sigset_t *mask);

/*
 * Execute the program, found by PATH of its own environment: every
 * descriptor from `behind` on closed, signals as a fresh process has them, the
 * starter's signal mask.  Returns only when that failed: the exit code, the
 * reason logged.  Called by the KEEPER, or its child, as the application's
 * user.
 */
int app_exec(char *const program[], char *const environment[],
    const sigset_t *mask, unsigned int behind);

#endif
