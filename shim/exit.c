/* SPDX-License-Identifier: ISC */
/*
 * exit.c - which of our statuses the starter gets to see.
 *
 * Runs in:  NET, and the process before it forks.
 * Trusts:   the starter's environment.
 */
#include "exit.h"

#include <stdlib.h>
#include <unistd.h>

bool
started_by_systemd(void)
{
	const char *text = getenv("SYSTEMD_EXEC_PID");
	char *end;
	long pid;

	if (text == NULL || *text == '\0')
		return (false);
	pid = strtol(text, &end, 10);
	return (*end == '\0' && pid == (long)getpid());
}

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
