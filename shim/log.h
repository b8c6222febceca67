/* SPDX-License-Identifier: ISC */
/*
 * log.h - everything that is ever printed.
 *
 * One line a message, never longer than LOG_LINE_MAX bytes, written by one
 * write(2) or send(2).  Every byte of every argument is escaped before it
 * gets there: control characters, DEL, backslash and bytes above 0x7e become
 * \xHH, so a caller may pass text of a peer or of the other process.  UTF-8
 * is no exception: a log is ASCII.  A format's own text has no such bytes, so
 * the result is escaped as a whole.
 *
 *	kv       tlsshim: id=ID: what: which: why
 *	json     {"level":"err","id":"ID","message":"what: which: why"}
 *	journal  MESSAGE (the kv line), PRIORITY, SYSLOG_IDENTIFIER, TLSSHIM_ID
 *	syslog   tlsshim[PID]: id=ID: what: which: why  (facility daemon)
 *
 * id is left out before log_set_id.  kv and json lines begin with "<n>"
 * (sd-daemon(3)) where fd 2 is the journal's stream.  A message that cannot
 * be delivered is lost, and nothing else: errno is kept.  Messages make no
 * system call but sendto, write and getpid, and take no memory.
 */
#ifndef SHIM_LOG_H
#define SHIM_LOG_H

#include <stdbool.h>
#include <syslog.h> /* LOG_ERR, LOG_WARNING, LOG_NOTICE, LOG_INFO, LOG_DEBUG */

#include "exit.h"

enum { LOG_LINE_MAX = 4096 };

enum log_format {
	LOG_FORMAT_AUTO,
	LOG_FORMAT_KV,
	LOG_FORMAT_JSON,
	LOG_FORMAT_JOURNAL,
	LOG_FORMAT_SYSLOG
};

/*
 * Find out whether fd 2 may be written to at all.  It may not when it is a
 * socket with a peer (inetd gives the connection as 0, 1 and 2), unless
 * JOURNAL_STREAM says that it is the journal's.  Until log_choose, messages
 * go to fd 2 as text where that is allowed, and to syslog where not.
 * The very first call of main; fds 0 to 2 are open (activate.h sees to it).
 */
void log_open(void);

/*
 * Settle where messages go, once.  AUTO: journal fields when systemd started
 * us and fd 2 is the journal's stream or the connection itself; else
 * key=value on fd 2; syslog where fd 2 is the connection (`connection` is
 * its fd, compared by device and inode).
 * KV or JSON asked for while fd 2 is the connection fall back to syslog.
 * JOURNAL and SYSLOG connect a datagram socket (close-on-exec) to
 * /run/systemd/journal/socket or /dev/log: do this before the jail.  When
 * that fails fd 2 is used where allowed, else nothing is logged.
 * `level`: the least urgent syslog priority that is still written.
 */
void log_choose(enum log_format format, int level, int connection);

/*
 * The 16 hex digits that stand as id= in every message from now on.
 */
void log_set_id(const char *id);

/*
 * The descriptor that messages are written to, or -1.  NET moves it (dup2)
 * to its final number and says so with log_moved.
 */
int log_fd(void);
void log_moved(int fd);

/*
 * True if the starter's fd 2 may be given to the application as its fd 2;
 * false where it is the connection (then the application gets /dev/null).
 */
bool log_stderr_usable(void);

/*
 * Report once, where the user's word for the thing is known:
 * "what: which: why", without a newline.  Those without an x at their end
 * add errno's reason as the why.
 */
void log_err(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_errx(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_warnx(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *, ...) __attribute__((format(printf, 1, 2)));

/*
 * From now on warnings are not written but handed over: --check tells them
 * with what they are about.
 */
void log_divert(void (*)(const char *message));

/*
 * Fields in place of a message, up to one without a key; NULL and "" are
 * left out.  For summary.c, which says how they look.
 */
struct log_field {
	const char *key, *value;
	bool number; /* without quotes in JSON, if the value is one */
};
void log_fields(int priority, const struct log_field *);

/*
 * log_err or log_errx, then _exit(exit_status(code)).
 */
void fatal(enum exit_code code, const char *, ...)
    __attribute__((format(printf, 2, 3), noreturn));
void fatalx(enum exit_code code, const char *, ...)
    __attribute__((format(printf, 2, 3), noreturn));

#endif
