/* SPDX-License-Identifier: ISC */
/*
 * required.c - required mode: what we answer before TLS, from a table.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   the table; the peer's line for nothing but its verb.
 */
#include "required.h"

enum dialog_next
required_answer(struct dialog *d, const struct required *r, const uint8_t *line,
    size_t len)
{
	const struct required_row *row = r->rows;
	const uint8_t *rest;
	size_t rest_len = 0;

	while (row->verb != NULL &&
	    !dialog_verb(line, len, row->verb, &rest, &rest_len))
		row++;
	if (row->parameter == NO_PARAMETER && rest_len > 0)
		return (dialog_answer(d, DIALOG_ANSWERED, r->no_parameter));
	if (row->parameter == A_PARAMETER && rest_len == 0)
		return (dialog_answer(d, DIALOG_ANSWERED, r->missing));
	if (row->behind_host == NULL)
		return (dialog_answer(d, row->next, row->text));
	dialog_say(d, "%s%s%s", row->text, d->host, row->behind_host);
	return (row->next);
}
