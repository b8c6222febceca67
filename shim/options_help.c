/* SPDX-License-Identifier: ISC */
/*
 * options_help.c - what --help prints.
 *
 * Runs in:  the process before it forks.
 * Trusts:   options.def, which is all that it prints.
 */
#include <stdio.h>
#include <string.h>

#include "options.h"

static const struct help_row {
	const char *name, *variables, *argument, *preset, *help;
} rows[OPTION_COUNT] = {
#define OPT(id, name, variables, argument, preset, help)                       \
	[OPTION_##id] = { name, variables, argument, preset, help },
#include "options.def"
};

static const struct letter_row {
	char letter;
	enum option_id id;
	const char *value;
} letters[] = {
#define LETTER(letter, id, value) { letter, OPTION_##id, value },
#include "options.def"
};

/*
 * A letter is shown where it is the option itself, not one of its values.
 */
static bool
is_shown(const struct letter_row *letter, enum option_id id)
{
	return (letter->id == id &&
	    (letter->value == NULL || strcmp(letter->value, "yes") == 0));
}

static void
print_option(enum option_id id)
{
	const struct help_row *row = &rows[id];
	const char *between = "  ";
	size_t i;

	for (i = 0; i < sizeof(letters) / sizeof(letters[0]); i++)
		if (is_shown(&letters[i], id)) {
			printf("%s-%c", between, letters[i].letter);
			between = ", ";
		}
	if (row->name != NULL)
		printf("%s--%s%s%s", between, row->name,
		    row->argument == NULL ? "" : " ",
		    row->argument == NULL ? "" : row->argument);
	printf("\n        %s", row->help);
	if (row->preset != NULL)
		printf(" (%s)", row->preset);
	if (row->variables != NULL)
		printf(" [%s]", row->variables);
	putchar('\n');
}

void
options_help(void)
{
	int id;

	puts("usage: tlsshim [options] [--] program [argument ...]\n\n"
	     "Does TLS for the connection on fd 0 (or fd 3 from systemd) and\n"
	     "runs program on clear text.  (default) [variable]\n");
	for (id = 0; id < OPTION_COUNT; id++)
		print_option((enum option_id)id);
	puts(
	    "\n  -e, -s, -E, -S add or take away the sets tcp and tls; -Q, -v and"
	    "\n  -V set how much is told.  See tlsshim(8).");
}
