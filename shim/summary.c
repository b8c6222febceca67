/* SPDX-License-Identifier: ISC */
/*
 * summary.c - the one line a connection leaves at its end.
 *
 * Runs in:  NET.
 * Trusts:   nothing in a value: log.c escapes it.
 */
#include "summary.h"

#include <stddef.h>

#include "log.h"

void
summary_write(const struct summary *s, int priority)
{
	const struct log_field fields[] = {
#define SUMMARY(key, number) { #key, s->key, number },
#include "summary.def"
#undef SUMMARY
		{ NULL, NULL, false }
	};

	log_fields(priority, fields);
}
