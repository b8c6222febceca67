/* SPDX-License-Identifier: ISC */
/*
 * log_line.h - one message as the bytes of each format.
 *
 * For log.c alone; nothing is written here.  All lines are ASCII, escaped
 * as escape.h says, and cut with "..." where they would be too long.
 */
#ifndef SHIM_LOG_LINE_H
#define SHIM_LOG_LINE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "log.h"

struct text;

struct log_entry {
	int priority;			/* LOG_ERR to LOG_DEBUG */
	const char *id;			/* "" as long as there is none */
	const char *message;		/* NULL: these fields instead ... */
	const struct log_field *fields; /* ... up to one without a key */
};

enum {
	LOG_VALUE_MAX = 512, /* a field's value, escaped */
	LOG_DATAGRAM_MAX = 4 * LOG_LINE_MAX
};

/*
 * "tlsshim: message", "tlsshim: id=ID: message" or "tlsshim: key=value ...",
 * and a newline.  marked: "<n>" before it, as sd-daemon(3) has it.
 * Returns the length, like the others.
 */
size_t
log_line_kv(char line[LOG_LINE_MAX], const struct log_entry *, bool marked);

/*
 * {"level":"...","id":"...","message":"..."}, or the fields for a message,
 * and a newline.
 */
size_t
log_line_json(char line[LOG_LINE_MAX], const struct log_entry *, bool marked);

/*
 * "<pri>tlsshim[pid]: message" for /dev/log: RFC 3164 without the timestamp,
 * which receivers add (its 4.3.2).  rsyslog and journald take the time of
 * the datagram and skip one that is given; and no time zone file needs to be
 * read in the jail.
 */
size_t
log_line_syslog(char line[LOG_LINE_MAX], const struct log_entry *, pid_t pid);

/*
 * A datagram of systemd's native journal protocol.  MESSAGE is the line of
 * log_line_kv; each field comes as TLSSHIM_KEY besides.
 */
size_t
log_line_journal(char datagram[LOG_DATAGRAM_MAX], const struct log_entry *);

/*
 * One field of such a datagram; with its length before it where the value
 * has a newline, so that no value can end its field.
 */
void log_journal_field(struct text *, const char *key, const char *value);

#endif
