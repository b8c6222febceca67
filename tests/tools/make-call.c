/* SPDX-License-Identifier: ISC */
/*
 * make-call.c - have another process make a system call.
 *
 *	make-call PID NUMBER
 *
 * PID waits in a system call; by ptrace(2) it is turned back to the
 * instruction that made it, with another number: what code of an attacker
 * would do in there.  Prints "back" if it came back from the call, and the
 * signal that ended it if not.
 */
#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ptrace.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>

#ifdef __x86_64__
enum { LENGTH_OF_CALL = 2 };

static void
turn_back(pid_t pid, unsigned long number)
{
	struct user_regs_struct regs;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) == -1)
		err(2, "registers of %d", pid);
	regs.rip -= LENGTH_OF_CALL;
	regs.rax = number;
	regs.orig_rax = (unsigned long)-1; /* nothing to start again */
	if (ptrace(PTRACE_SETREGS, pid, NULL, &regs) == -1)
		err(2, "registers of %d", pid);
}
#else
static void
turn_back(pid_t pid, unsigned long number)
{
	(void)pid;
	(void)number;
	errx(77, "only for x86-64");
}
#endif

int
main(int argc, char *argv[])
{
	pid_t pid;
	int status;

	if (argc != 3)
		errx(2, "which process, which call?");
	pid = (pid_t)strtol(argv[1], NULL, 10);
	if (ptrace(PTRACE_ATTACH, pid, NULL, NULL) == -1 ||
	    waitpid(pid, &status, 0) == -1)
		err(2, "%d", pid);
	turn_back(pid, strtoul(argv[2], NULL, 0));
	if (ptrace(PTRACE_SINGLESTEP, pid, NULL, NULL) == -1 ||
	    waitpid(pid, &status, 0) == -1)
		err(2, "%d", pid);
	if (WIFSIGNALED(status))
		printf("%d\n", WTERMSIG(status));
	else
		puts("back");
	return (0);
}
