/* SPDX-License-Identifier: ISC */
/*
 * landlock_test.c - a child enters the domain, then tries.
 *
 * What an older ABI cannot forbid has to work there, so that a right missing
 * from the table shows on every kernel that knows it.
 */
#include "landlock.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

/* Run in a child, which exits 0 if all was as it should be. */
static void
in_child(void (*try)(void))
{
	pid_t pid = fork();
	int status;

	CHECK(pid != -1);
	if (pid == 0) {
		try();
		_exit(0);
	}
	CHECK(waitpid(pid, &status, 0) == pid);
	CHECK(status == 0);
}

static int
enter(void)
{
	int abi;

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	abi = landlock_enter();
	CHECK(abi >= 0);
	return (abi);
}

/* From ABI `since` on the call fails with `error`; before, it does not. */
#define FORBIDDEN(abi, since, error, call)                                     \
	do {                                                                   \
		int result_ = (call);                                          \
                                                                               \
		CHECK((abi) >= (since) ? result_ == -1 && errno == (error) :   \
					 result_ != -1);                       \
	} while (0)

/* ----------------------------------------------------------------- files */

static char dir[] = "/tmp/shim-landlock.XXXXXX";
static char file[sizeof(dir) + 5], sub[sizeof(dir) + 4];
static char new[sizeof(dir) + 4], sym[sizeof(dir) + 4];

static void
name_files(void)
{
	CHECK(mkdtemp(dir) != NULL);
	snprintf(file, sizeof(file), "%s/file", dir);
	snprintf(sub, sizeof(sub), "%s/sub", dir);
	snprintf(new, sizeof(new), "%s/new", dir);
	snprintf(sym, sizeof(sym), "%s/sym", dir);
}

static void
try_files(void)
{
	int opened = open(file, O_WRONLY);
	int abi = enter();

	FORBIDDEN(abi, 1, EACCES, open("/", O_RDONLY | O_DIRECTORY));
	FORBIDDEN(abi, 1, EACCES, open(file, O_RDONLY));
	FORBIDDEN(abi, 1, EACCES, open(file, O_WRONLY));
	FORBIDDEN(abi, 1, EACCES, mkdir(new, 0700));
	FORBIDDEN(abi, 1, EACCES, symlink("x", sym));
	FORBIDDEN(abi, 3, EACCES, truncate(file, 0));
	FORBIDDEN(abi, 1, EACCES, rmdir(sub));
	FORBIDDEN(abi, 1, EACCES, unlink(file));
	/* the log may be a file */
	CHECK(write(opened, "x", 1) == 1);
}

CASE(no_file_is_opened_made_cut_or_removed)
{
	name_files();
	CHECK(close(open(file, O_CREAT | O_WRONLY, 0600)) == 0);
	CHECK(mkdir(sub, 0700) == 0);
	in_child(try_files);
	unlink(file);
	unlink(sym);
	rmdir(sub);
	rmdir(new);
	CHECK(rmdir(dir) == 0);
}

/* --------------------------------------------------------------- network */

static void
try_tcp(void)
{
	struct sockaddr_in here = { .sin_family = AF_INET,
		.sin_addr = { htonl(INADDR_LOOPBACK) } };
	struct sockaddr *address = (struct sockaddr *)&here;
	socklen_t len = sizeof(here);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	int binder = socket(AF_INET, SOCK_STREAM, 0);
	int caller = socket(AF_INET, SOCK_STREAM, 0);
	int abi;

	CHECK(bind(listener, address, len) == 0 && listen(listener, 1) == 0);
	CHECK(getsockname(listener, address, &len) == 0);
	abi = enter();
	FORBIDDEN(abi, 4, EACCES, connect(caller, address, len));
	here.sin_port = 0;
	FORBIDDEN(abi, 4, EACCES, bind(binder, address, len));
}

CASE(no_tcp_socket_is_bound_or_connected)
{
	in_child(try_tcp);
}

static void
try_abstract(void)
{
	struct sockaddr_un here = { .sun_family = AF_UNIX };
	struct sockaddr *address = (struct sockaddr *)&here;
	socklen_t len = sizeof(here);
	int listener = socket(AF_UNIX, SOCK_STREAM, 0);
	int caller = socket(AF_UNIX, SOCK_STREAM, 0);
	int abi;

	/* with the family alone the kernel finds an abstract name */
	CHECK(bind(listener, address, sizeof(here.sun_family)) == 0);
	CHECK(listen(listener, 1) == 0);
	CHECK(getsockname(listener, address, &len) == 0);
	abi = enter();
	FORBIDDEN(abi, 6, EPERM, connect(caller, address, len));
}

CASE(no_abstract_socket_is_reached)
{
	in_child(try_abstract);
}

/* --------------------------------------------------------------- signals */

static void
try_signal(void)
{
	int abi = enter();

	FORBIDDEN(abi, 6, EPERM, kill(getppid(), 0));
}

CASE(nobody_is_signalled)
{
	in_child(try_signal);
}

static const struct check_case cases[] = {
	C(no_file_is_opened_made_cut_or_removed),
	C(no_tcp_socket_is_bound_or_connected),
	C(no_abstract_socket_is_reached),
	C(nobody_is_signalled),
	{ 0 },
};
RUN(cases)
