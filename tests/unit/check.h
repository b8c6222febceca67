/* SPDX-License-Identifier: ISC */
/*
 * check.h - named cases in a small C program.
 *
 *	CASE(a_dot_alone_is_no_name)
 *	{
 *		CHECK(!name_valid("."));
 *	}
 *	static const struct check_case cases[] = {
 *		C(a_dot_alone_is_no_name), { 0 }
 *	};
 *	RUN(cases)
 *
 * Without an argument the program lists its cases, a line each; with one it
 * runs that case and exits 0 or 1.  tests/run makes a test of each.
 */
#ifndef CHECK_H
#define CHECK_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct check_case {
	const char *name;
	void (*run)(void);
};

#define CASE(name) static void name(void)

#define CHECK(condition)                                                       \
	do {                                                                   \
		if (!(condition)) {                                            \
			fprintf(stderr, "%s:%d: not true: %s\n", __FILE__,     \
			    __LINE__, #condition);                             \
			exit(1);                                               \
		}                                                              \
	} while (0)

#define CHECK_STR(got, wanted)                                                 \
	do {                                                                   \
		const char *got_ = (got), *wanted_ = (wanted);                 \
		if (got_ == NULL || strcmp(got_, wanted_) != 0) {              \
			fprintf(stderr, "%s:%d: %s is\n\t%s\nwanted\n\t%s\n",  \
			    __FILE__, __LINE__, #got,                          \
			    got_ == NULL ? "(null)" : got_, wanted_);          \
			exit(1);                                               \
		}                                                              \
	} while (0)

/*
 * RUN(cases): the program's main; cases is an array ending with { 0 }.
 */
#define RUN(cases)                                                             \
	int main(int argc, char *argv[])                                       \
	{                                                                      \
		const struct check_case *c;                                    \
                                                                               \
		for (c = (cases); c->name != NULL; c++) {                      \
			if (argc < 2)                                          \
				puts(c->name);                                 \
			else if (strcmp(argv[1], c->name) == 0) {              \
				c->run();                                      \
				return (0);                                    \
			}                                                      \
		}                                                              \
		return (argc < 2 ? 0 : 2);                                     \
	}

/* { C(name), C(other), { 0 } } */
/* clang-format off */
#define C(name) { #name, name }
/* clang-format on */

#endif
