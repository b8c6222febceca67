/* SPDX-License-Identifier: ISC */
/*
 * exit.h - every exit status of our own, and which the starter gets to see.
 */
#ifndef SHIM_EXIT_H
#define SHIM_EXIT_H

enum exit_code {
#define EXIT(id, code, remote, meaning) EXIT_##id = code,
#include "exit.def"
#undef EXIT
};

/*
 * The status to leave with: `code`, or 0 where systemd started this very
 * process and the remote side caused the end.  In the KEEPER always `code`:
 * it is NET that systemd started.
 */
int exit_status(enum exit_code code);

#endif
