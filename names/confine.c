/* SPDX-License-Identifier: ISC */
/*
 * confine.c - tlsshim-names, before it hears anything of anybody's.
 *
 * Runs in:  tlsshim-names.
 * Refuses:  to go on with a right that asking for names does not need.
 *
 * Its account is that of all NETs, and what it parses is what a peer's name
 * server wrote: taken over, it must reach neither them nor a file.
 */
#include "confine.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "names/seccomp_filter.h"

enum { MEMORY_MAX = 64 * 1024 * 1024, CPU_SECONDS_MAX = 10, FDS_MAX = 64 };

/* A starter's own limit may be lower, and stays. */
static bool
limit(unsigned int resource, rlim_t most)
{
	struct rlimit r;

	if (getrlimit(resource, &r) == -1)
		return (false);
	if (r.rlim_max > most)
		r.rlim_max = most;
	r.rlim_cur = r.rlim_max;
	return (setrlimit(resource, &r) == 0);
}

const char *
confine(void)
{
	const struct sock_fprog program = {
		.len = sizeof(seccomp_filter) / sizeof(seccomp_filter[0]),
		.filter = (struct sock_filter *)seccomp_filter,
	};

	if (!limit(RLIMIT_CORE, 0) || !limit(RLIMIT_NPROC, 0) ||
	    !limit(RLIMIT_AS, MEMORY_MAX) ||
	    !limit(RLIMIT_CPU, CPU_SECONDS_MAX) ||
	    !limit(RLIMIT_NOFILE, FDS_MAX))
		return ("limits cannot be set");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1 ||
	    prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return ("no_new_privs cannot be set");
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == -1)
		return ("seccomp filter cannot be loaded");
	return (NULL);
}
