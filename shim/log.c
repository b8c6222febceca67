/* SPDX-License-Identifier: ISC */
/*
 * log.c - everything that is ever printed.
 *
 * Runs in:  every process; in NET inside the jail, so whatever needs a file
 *           or a new descriptor is done by log_choose, before it.
 * Trusts:   JOURNAL_STREAM, as far as the descriptor bears it out.
 * Refuses:  to write to fd 2 where that might be the peer.
 */
#include "log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "activate.h"
#include "log_line.h"

/* a line that goes to a pipe arrives in one piece (write(2), pipe(7)) */
_Static_assert(LOG_LINE_MAX <= 4096, "PIPE_BUF");

enum kind { KIND_FILE, KIND_STREAM, KIND_DATAGRAM };

/*
 * Where messages go.  A process has one log, and it is asked for from
 * everywhere: the only state here that is not handed around.
 */
static struct {
	int fd; /* -1: nowhere */
	enum kind kind;
	enum log_format format; /* never AUTO */
	int level;
	bool chosen;
	bool fd2_usable;
	bool fd2_journal;
	char id[17];
	void (*warning)(const char *); /* NULL: they are written as well */
} to = { .fd = -1, .format = LOG_FORMAT_SYSLOG, .level = LOG_NOTICE };

/* ---------------------------------------------------- what fd 2 is */

static bool
same_file(int fd, const struct stat *other)
{
	struct stat st;

	return (fstat(fd, &st) == 0 && st.st_dev == other->st_dev &&
	    st.st_ino == other->st_ino);
}

/*
 * systemd.exec(5): JOURNAL_STREAM is DEVICE:INODE of the stream.  It may be
 * left over from a parent whose fd 2 was another one, and inode numbers
 * return: so it must be an AF_UNIX socket and not what fd 0 is as well.
 */
static bool
is_journal_stream(const struct stat *st)
{
	const char *named = getenv("JOURNAL_STREAM");
	char text[64];
	int domain;
	socklen_t len = sizeof(domain);

	if (named == NULL || same_file(STDIN_FILENO, st) ||
	    getsockopt(STDERR_FILENO, SOL_SOCKET, SO_DOMAIN, &domain, &len) !=
		0 ||
	    domain != AF_UNIX)
		return (false);
	snprintf(text, sizeof(text), "%ju:%ju", (uintmax_t)st->st_dev,
	    (uintmax_t)st->st_ino);
	return (strcmp(named, text) == 0);
}

static void
use_stderr(enum log_format format)
{
	to.fd = to.fd2_usable ? STDERR_FILENO : -1;
	to.kind = to.fd2_journal ? KIND_STREAM : KIND_FILE;
	to.format = format;
}

void
log_open(void)
{
	struct stat st;

	if (fstat(STDERR_FILENO, &st) != 0)
		return;
	/* a socket without a peer is no better: the peer may have left */
	to.fd2_journal = S_ISSOCK(st.st_mode) && is_journal_stream(&st);
	to.fd2_usable = !S_ISSOCK(st.st_mode) || to.fd2_journal;
	if (to.fd2_usable)
		use_stderr(LOG_FORMAT_KV);
}

/* -------------------------------------------------- where it goes */

static void
use_socket(enum log_format format)
{
	static const char *const paths[] = {
		[LOG_FORMAT_JOURNAL] = "/run/systemd/journal/socket",
		[LOG_FORMAT_SYSLOG] = "/dev/log"
	};
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s",
	    paths[format]);
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return;
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
		close(fd);
		return;
	}
	to.fd = fd;
	to.kind = KIND_DATAGRAM;
	to.format = format;
}

/*
 * journald knows each process by its datagrams' credentials, so fields are
 * only sent where systemd started us: elsewhere (socat in a service, say)
 * the starter's own fd 2 is where people look.
 */
static enum log_format
resolve(enum log_format asked)
{
	switch (asked) {
	case LOG_FORMAT_JOURNAL:
	case LOG_FORMAT_SYSLOG:
		return (asked);
	case LOG_FORMAT_AUTO:
		if (started_by_systemd() && (to.fd2_journal || !to.fd2_usable))
			return (LOG_FORMAT_JOURNAL);
		return (to.fd2_usable ? LOG_FORMAT_KV : LOG_FORMAT_SYSLOG);
	case LOG_FORMAT_KV:
	case LOG_FORMAT_JSON:
		break;
	}
	return (to.fd2_usable ? asked : LOG_FORMAT_SYSLOG);
}

void
log_choose(enum log_format format, int level, int connection)
{
	enum log_format settled;
	struct stat st;

	if (fstat(connection, &st) == 0 && same_file(STDERR_FILENO, &st))
		to.fd2_usable = to.fd2_journal = false;
	if (to.fd > STDERR_FILENO)
		close(to.fd);
	settled = resolve(format);
	use_stderr(settled == LOG_FORMAT_JSON ? settled : LOG_FORMAT_KV);
	if (settled == LOG_FORMAT_JOURNAL || settled == LOG_FORMAT_SYSLOG)
		use_socket(settled);
	to.level = level;
	to.chosen = true;
}

void
log_set_id(const char *id)
{
	snprintf(to.id, sizeof(to.id), "%s", id);
}

int
log_fd(void)
{
	return (to.fd);
}

void
log_moved(int fd)
{
	to.fd = fd;
}

bool
log_stderr_usable(void)
{
	return (to.fd2_usable);
}

/* ------------------------------------------------------- messages */

static void
deliver(const char *bytes, size_t len)
{
	ssize_t n;

	do {
		if (to.kind == KIND_FILE)
			n = write(to.fd, bytes, len);
		else
			n = send(to.fd, bytes, len,
			    MSG_NOSIGNAL |
				(to.kind == KIND_DATAGRAM ? MSG_DONTWAIT : 0));
	} while (n == -1 && errno == EINTR);
}

static void
write_entry(const struct log_entry *e)
{
	char bytes[LOG_DATAGRAM_MAX];
	size_t len = 0;

	switch (to.format) {
	case LOG_FORMAT_AUTO:
	case LOG_FORMAT_KV:
		len = log_line_kv(bytes, e, to.fd2_journal);
		break;
	case LOG_FORMAT_JSON:
		len = log_line_json(bytes, e, to.fd2_journal);
		break;
	case LOG_FORMAT_JOURNAL:
		len = log_line_journal(bytes, e);
		break;
	case LOG_FORMAT_SYSLOG:
		len = log_line_syslog(bytes, e, getpid());
		break;
	}
	deliver(bytes, len);
}

static bool
is_wanted(int priority)
{
	if (priority > to.level)
		return (false);
	/* too early to know better, and fd 2 is out of the question */
	if (to.fd == -1 && !to.chosen)
		use_socket(LOG_FORMAT_SYSLOG);
	return (to.fd != -1);
}

void
log_fields(int priority, const struct log_field *fields)
{
	const struct log_entry e = { priority, to.id, NULL, fields };
	const int saved = errno;

	if (is_wanted(priority))
		write_entry(&e);
	errno = saved;
}

/*
 * strerror(3) may read a message catalogue; this one does not.
 */
static void
add_reason(char *message, size_t size, int error)
{
	const char *reason = strerrordesc_np(error);
	size_t len = strlen(message);

	if (reason != NULL)
		snprintf(message + len, size - len, ": %s", reason);
	else
		snprintf(message + len, size - len, ": error %d", error);
}

/*
 * error: an errno to be told, or 0.
 */
static void __attribute__((format(printf, 3, 0)))
say(int priority, int error, const char *format, va_list arguments)
{
	char message[LOG_LINE_MAX];
	const struct log_entry e = { priority, to.id, message, NULL };
	const int saved = errno;

	if (is_wanted(priority)) {
		vsnprintf(message, sizeof(message), format, arguments);
		if (error != 0)
			add_reason(message, sizeof(message), error);
		if (priority == LOG_WARNING && to.warning != NULL)
			to.warning(message);
		else
			write_entry(&e);
	}
	errno = saved;
}

#define SAY(priority, error, format)                                           \
	do {                                                                   \
		va_list arguments;                                             \
                                                                               \
		va_start(arguments, format);                                   \
		say(priority, error, format, arguments);                       \
		va_end(arguments);                                             \
	} while (0)

void
log_divert(void (*warning)(const char *message))
{
	to.warning = warning;
}

void
log_err(const char *format, ...)
{
	SAY(LOG_ERR, errno, format);
}

void
log_errx(const char *format, ...)
{
	SAY(LOG_ERR, 0, format);
}

void
log_warn(const char *format, ...)
{
	SAY(LOG_WARNING, errno, format);
}

void
log_warnx(const char *format, ...)
{
	SAY(LOG_WARNING, 0, format);
}

void
log_info(const char *format, ...)
{
	SAY(LOG_INFO, 0, format);
}

void
log_debug(const char *format, ...)
{
	SAY(LOG_DEBUG, 0, format);
}

void
fatal(enum exit_code code, const char *format, ...)
{
	SAY(LOG_ERR, errno, format);
	_exit(exit_status(code));
}

void
fatalx(enum exit_code code, const char *format, ...)
{
	SAY(LOG_ERR, 0, format);
	_exit(exit_status(code));
}
