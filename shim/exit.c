/* SPDX-License-Identifier: ISC */
/*
 * exit.c - which of our statuses the starter gets to see.
 *
 * Runs in:  every process.
 * Trusts:   the starter's environment.
 */
#include "exit.h"

#include <stdbool.h>

#include "activate.h"

int
exit_status(enum exit_code code)
{
	bool caused_by_remote = false;

	switch (code) {
#define EXIT(id, value, remote, meaning)                                       \
	case EXIT_##id:                                                        \
		caused_by_remote = remote;                                     \
		break;
#include "exit.def"
#undef EXIT
	}
	return (caused_by_remote && started_by_systemd() ? 0 : (int)code);
}
