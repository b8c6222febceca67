/* SPDX-License-Identifier: ISC */
/*
 * landlock.c - a domain without a single rule.
 *
 * Runs in:  NET, on its way into the jail.
 * Trusts:   the kernel's word for the ABI it speaks.
 * Refuses:  every access that this ABI can name.
 */
#include "landlock.h"

#include <errno.h>
#include <linux/landlock.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <unistd.h>

/* newer than the headers of Debian 12, whose kernel speaks ABI 2 */
enum {
	FS_TRUNCATE = 1 << 14,
	FS_IOCTL_DEV = 1 << 15,
	NET_BIND_TCP = 1 << 0,
	NET_CONNECT_TCP = 1 << 1,
	SCOPE_ABSTRACT_UNIX_SOCKET = 1 << 0,
	SCOPE_SIGNAL = 1 << 1,
	LOG_SAME_EXEC_OFF = 1 << 0,
	ABI_WITH_LOG = 7
};

/*
 * The kernel's struct landlock_ruleset_attr as of ABI 6.  Older kernels take
 * the longer one as long as what they do not know is 0.
 */
struct ruleset {
	uint64_t fs;
	uint64_t net;
	uint64_t scoped;
};

/* what came with each ABI; there is no ABI 0 */
static const struct ruleset abis[] = {
	[1] = { .fs = LANDLOCK_ACCESS_FS_EXECUTE |
		LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_READ_FILE |
		LANDLOCK_ACCESS_FS_READ_DIR | LANDLOCK_ACCESS_FS_REMOVE_DIR |
		LANDLOCK_ACCESS_FS_REMOVE_FILE | LANDLOCK_ACCESS_FS_MAKE_CHAR |
		LANDLOCK_ACCESS_FS_MAKE_DIR | LANDLOCK_ACCESS_FS_MAKE_REG |
		LANDLOCK_ACCESS_FS_MAKE_SOCK | LANDLOCK_ACCESS_FS_MAKE_FIFO |
		LANDLOCK_ACCESS_FS_MAKE_BLOCK | LANDLOCK_ACCESS_FS_MAKE_SYM },
	[2] = { .fs = LANDLOCK_ACCESS_FS_REFER },
	[3] = { .fs = FS_TRUNCATE },
	[4] = { .net = NET_BIND_TCP | NET_CONNECT_TCP },
	[5] = { .fs = FS_IOCTL_DEV },
	[6] = { .scoped = SCOPE_ABSTRACT_UNIX_SOCKET | SCOPE_SIGNAL },
};

static struct ruleset
everything_until(int abi)
{
	struct ruleset all = { 0 };
	size_t i;

	for (i = 1; i < sizeof(abis) / sizeof(abis[0]) && (int)i <= abi; i++) {
		all.fs |= abis[i].fs;
		all.net |= abis[i].net;
		all.scoped |= abis[i].scoped;
	}
	return (all);
}

/*
 * From ABI 7 on a denial goes to the audit log, and the proof that opening
 * is denied makes two for each connection.  A real attempt loses nothing by
 * the silence: seccomp kills it, and that is logged.
 */
static int
restrict_self(int ruleset, int abi)
{
	unsigned int flags = abi >= ABI_WITH_LOG ? LOG_SAME_EXEC_OFF : 0;

	return ((int)syscall(SYS_landlock_restrict_self, ruleset, flags));
}

int
landlock_enter(void)
{
	struct ruleset all;
	int abi, ruleset, restricted;

	abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LANDLOCK_CREATE_RULESET_VERSION);
	if (abi == -1)
		return (errno == ENOSYS || errno == EOPNOTSUPP ? 0 : -1);
	all = everything_until(abi);
	ruleset = (int)syscall(SYS_landlock_create_ruleset, &all, sizeof(all),
	    0);
	if (ruleset == -1)
		return (-1);
	restricted = restrict_self(ruleset, abi);
	close(ruleset);
	return (restricted == -1 ? -1 : abi);
}
