/* SPDX-License-Identifier: ISC */
/*
 * log-probe.c - say one message and one summary as the program would.
 *
 *	log-probe FORMAT MESSAGE SNI
 *
 * fd 0 stands for the connection.  Everything is said under a seccomp filter
 * that allows what log.h promises and kills at any other call.
 */
#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "log.h"
#include "summary.h"

static enum log_format
format_named(const char *name)
{
	static const char *const names[] = { [LOG_FORMAT_AUTO] = "auto",
		[LOG_FORMAT_KV] = "kv",
		[LOG_FORMAT_JSON] = "json",
		[LOG_FORMAT_JOURNAL] = "journal",
		[LOG_FORMAT_SYSLOG] = "syslog" };
	int i;

	for (i = 0; i < (int)(sizeof(names) / sizeof(names[0])); i++)
		if (strcmp(names[i], name) == 0)
			return ((enum log_format)i);
	exit(2);
}

#define ALLOW(call)                                                            \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_##call, 0, 1),                 \
	    BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)

static void
forbid_the_rest(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		ALLOW(write),
		ALLOW(sendto),
		ALLOW(getpid),
		ALLOW(exit_group),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	const struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]),
		filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
	    prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) != 0)
		fatal(EXIT_SYSTEM, "seccomp");
}

int
main(int argc, char *argv[])
{
	struct summary s = {
		.id = "0123456789abcdef", .in = "42", .end = "clean"
	};

	if (argc != 4)
		return (2);
	s.sni = argv[3];
	log_open();
	log_choose(format_named(argv[1]), LOG_DEBUG, STDIN_FILENO);
	log_set_id(s.id);
	forbid_the_rest();
	errno = ENOENT;
	log_warn("%s", argv[2]);
	summary_write(&s, LOG_NOTICE);
	_exit(0);
}
