/* SPDX-License-Identifier: ISC */
/*
 * report.h - what --check found, as text or as JSON.
 *
 * Sections in the order in which they were begun, lines in theirs.  Every
 * value is escaped: it may come from a certificate.
 *
 *	certificate /etc/ssl/smtps.pem
 *	  name          mail.example.org
 *	  fault         key: /etc/ssl/smtps.key: Permission denied: ...
 *
 *	{"ok":false,"sections":[{"kind":"certificate","of":"/etc/...",
 *	"name":["mail.example.org"],"fault":["key: ..."]}]}
 */
#ifndef SHIM_REPORT_H
#define SHIM_REPORT_H

#include <stdbool.h>
#include <stddef.h>

struct report;

/*
 * Ends the process (EXIT_SYSTEM) when out of memory, like all of these.
 */
struct report *report_new(bool json);

void report_section(struct report *, const char *kind, const char *of);

/*
 * One value of a key, which is a literal; there may be several of one.  What
 * has to be mended is a "fault", what should be looked at a "warning".
 */
void report(struct report *, const char *key, const char *, ...)
    __attribute__((format(printf, 3, 4)));

/*
 * Print and free it; the number of faults.
 */
size_t report_end(struct report *);

#endif
