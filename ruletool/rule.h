/* SPDX-License-Identifier: ISC */
/*
 * rule.h - one line of rules, taken apart.
 *
 *	ADDRESS:allow|deny[,NAME=dVALUEd]...	d is any one byte
 *
 * as tcprules(1) has it.  What a line means to no reader, or not what its
 * writer thought, is a complaint that tells the mend.
 */
#ifndef RULETOOL_RULE_H
#define RULETOOL_RULE_H

#include <stdbool.h>
#include <stddef.h>

#include "rules.h"

struct complaint;

struct rule {
	const char *address; /* within the line; not terminated */
	size_t address_len;
	bool deny;
	char data[RULES_DATA_MAX]; /* as it stands in a cdb */
	size_t data_len;
};

enum rule_line { RULE_NONE, RULE_READ, RULE_BAD };

/*
 * A line without its newline.  RULE_NONE: empty, or a remark.
 */
enum rule_line
rule_parse(struct rule *, const char *line, size_t len, struct complaint *);

#endif
