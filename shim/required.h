/* SPDX-License-Identifier: ISC */
/*
 * required.h - required mode: what we answer before TLS, from a table.
 *
 * Runs in NET, inside the jail.  For protocols whose commands are a verb and
 * its parameters (SMTP, POP3, NNTP, ManageSieve).
 */
#ifndef SHIM_REQUIRED_H
#define SHIM_REQUIRED_H

#include "dialog.h"

enum required_parameter { NO_PARAMETER, A_PARAMETER, ANY_PARAMETER };

struct required_row {
	const char *verb; /* NULL, in the last row: every other */
	enum required_parameter parameter;
	enum dialog_next next;
	const char
	    *text; /* all of the answer, or what is before our name ... */
	const char *behind_host; /* ... and this is behind it; or NULL */
};

struct required {
	const struct required_row *rows;
	const char *no_parameter; /* the answer to one too many */
	const char *missing; /* and to one too few; NULL: no row needs any */
};

/*
 * Answer a line that is clean (dialog_line_is_clean).  Returns what it leads
 * to.
 */
enum dialog_next required_answer(struct dialog *, const struct required *,
    const uint8_t *line, size_t len);

#endif
