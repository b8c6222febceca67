/* SPDX-License-Identifier: ISC */
/*
 * report.c - what --check found, as text or as JSON.
 *
 * Runs in:  the process that checks; there is no connection.
 * Trusts:   nothing that it prints: certificates may have any bytes.
 */
#include "report.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "escape.h"
#include "log.h"

enum { VALUE_MAX = 4096, KEY_WIDTH = 13 };

struct line {
	const char *key;
	char *value;
	bool told; /* in JSON: with the first of its key */
};

struct section {
	const char *kind;
	char *of;
	struct line *lines;
	size_t count, room;
};

struct report {
	bool json;
	struct section *sections;
	size_t count, faults;
};

/* ---------------------------------------------------------------- memory */

static void *
must_have(void *memory)
{
	if (memory == NULL)
		fatal(EXIT_SYSTEM, "check");
	return (memory);
}

struct report *
report_new(bool json)
{
	struct report *r = must_have(calloc(1, sizeof(*r)));

	r->json = json;
	return (r);
}

/* -------------------------------------------------------------- collecting */

void
report_section(struct report *r, const char *kind, const char *of)
{
	struct section *s;

	r->sections = must_have(reallocarray(r->sections, r->count + 1,
	    sizeof(r->sections[0])));
	s = &r->sections[r->count++];
	*s = (struct section){ .kind = kind, .of = must_have(strdup(of)) };
}

void
report(struct report *r, const char *key, const char *format, ...)
{
	struct section *s = &r->sections[r->count - 1];
	char value[VALUE_MAX];
	va_list ap;

	va_start(ap, format);
	vsnprintf(value, sizeof(value), format, ap);
	va_end(ap);
	if (s->count == s->room) {
		s->room = 2 * s->room + 8;
		s->lines = must_have(reallocarray(s->lines, s->room,
		    sizeof(s->lines[0])));
	}
	s->lines[s->count++] = (struct line){ .key = key,
		.value = must_have(strdup(value)) };
	r->faults += strcmp(key, "fault") == 0;
}

/* ---------------------------------------------------------------- printing */

static void
put_escaped(enum escape how, const char *value)
{
	char room[4 * VALUE_MAX];
	struct text text;

	text_start(&text, room, sizeof(room));
	text_escape(&text, how, value);
	printf("%.*s", (int)(text.at - room), room);
}

static void
print_lines(const struct section *s)
{
	size_t i;

	for (i = 0; i < s->count; i++) {
		printf("  %-*s ", KEY_WIDTH, s->lines[i].key);
		put_escaped(ESCAPE_LINE, s->lines[i].value);
		putchar('\n');
	}
}

static void
put_string(const char *value)
{
	putchar('"');
	put_escaped(ESCAPE_JSON, value);
	putchar('"');
}

/*
 * All values of the key of line `first`, in one array.
 */
static void
put_array(struct section *s, size_t first)
{
	const char *key = s->lines[first].key, *comma = "";
	size_t i;

	printf(",\"%s\":[", key);
	for (i = first; i < s->count; i++) {
		if (strcmp(s->lines[i].key, key) != 0)
			continue;
		s->lines[i].told = true;
		printf("%s", comma);
		put_string(s->lines[i].value);
		comma = ",";
	}
	putchar(']');
}

static void
put_object(struct section *s)
{
	size_t i;

	printf("{\"kind\":\"%s\",\"of\":", s->kind);
	put_string(s->of);
	for (i = 0; i < s->count; i++)
		if (!s->lines[i].told)
			put_array(s, i);
	putchar('}');
}

static void
section_free(struct section *s)
{
	size_t i;

	for (i = 0; i < s->count; i++)
		free(s->lines[i].value);
	free(s->lines);
	free(s->of);
}

size_t
report_end(struct report *r)
{
	size_t faults = r->faults, i;

	if (r->json)
		printf("{\"ok\":%s,\"sections\":[",
		    faults == 0 ? "true" : "false");
	for (i = 0; i < r->count; i++) {
		if (r->json) {
			printf("%s", i == 0 ? "" : ",");
			put_object(&r->sections[i]);
		} else {
			printf("%s ", r->sections[i].kind);
			put_escaped(ESCAPE_LINE, r->sections[i].of);
			putchar('\n');
			print_lines(&r->sections[i]);
		}
		section_free(&r->sections[i]);
	}
	printf("%s\n", r->json ? "]}" : faults == 0 ? "ok" : "not ok");
	free(r->sections);
	free(r);
	return (faults);
}
