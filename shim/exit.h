/* SPDX-License-Identifier: ISC */
#ifndef SHIM_EXIT_H
#define SHIM_EXIT_H

#include <stdbool.h>

enum exit_code {
#define EXIT(id, code, remote, meaning) EXIT_##id = code,
#include "exit.def"
#undef EXIT
};

/*
 * The status to leave with: `code`, or 0 where systemd started us (its
 * SYSTEMD_EXEC_PID is our own pid) and the remote side caused the end.
 * Called by NET, and by main before there is a NET.
 */
int exit_status(enum exit_code code);

/*
 * True if systemd started this very process (SYSTEMD_EXEC_PID is our pid).
 */
bool started_by_systemd(void);

#endif
