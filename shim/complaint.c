/* SPDX-License-Identifier: ISC */
/*
 * complaint.c - what is wrong with a file of the administrator's.
 *
 * Runs in:  KEEPER.
 * Trusts:   its caller for the words; log.c escapes what they quote.
 */
#include "complaint.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

int
complain(struct complaint *c, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	vsnprintf(c->text, sizeof(c->text), format, ap);
	va_end(ap);
	return (-1);
}

int
complain_errno(struct complaint *c, const char *format, ...)
{
	const char *why = strerror(errno);
	va_list ap;
	size_t len;

	va_start(ap, format);
	vsnprintf(c->text, sizeof(c->text), format, ap);
	va_end(ap);
	len = strlen(c->text);
	snprintf(c->text + len, sizeof(c->text) - len, ": %s", why);
	return (-1);
}
