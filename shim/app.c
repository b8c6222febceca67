/* SPDX-License-Identifier: ISC */
/*
 * app.c - the application's start.
 *
 * Runs in:  the KEEPER at its end, or its child, with no right left but the
 *           application's.
 * Trusts:   the command line.
 */
#include "app.h"

#include <errno.h>
#include <limits.h>
#include <linux/close_range.h>
#include <stdint.h>
#include <unistd.h>

#include "exit.h"
#include "log.h"

void
app_reset_signals(const sigset_t *mask)
{
	int number;

	for (number = 1; number < NSIG; number++)
		if (number != SIGKILL && number != SIGSTOP)
			signal(number, SIG_DFL);
	sigprocmask(SIG_SETMASK, mask, NULL);
}

int
app_exec(char *const program[], char *const environment[], const sigset_t *mask,
    unsigned int behind)
{
	int trouble;

	/* closed by a successful exec only: a failure must still be told */
	if (close_range(behind, UINT_MAX, CLOSE_RANGE_CLOEXEC) == -1) {
		log_err("program: %s: close_range", program[0]);
		return (EXIT_SYSTEM);
	}
	app_reset_signals(mask);
	/* execvp(3) searches the PATH that the program will see */
	environ = (char **)(uintptr_t)environment;
	execvp(program[0], program);
	trouble = errno;
	log_err("program: %s", program[0]);
	switch (trouble) {
	case EAGAIN:
	case EIO:
	case EMFILE:
	case ENFILE:
	case ENOMEM:
		return (EXIT_SYSTEM);
	default:
		return (EXIT_USAGE);
	}
}
