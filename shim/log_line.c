/* SPDX-License-Identifier: ISC */
/*
 * log_line.c - one message as the bytes of each format.
 *
 * Runs in:  every process.
 * Trusts:   nothing in a message or a value; keys are our own.
 * Refuses:  to write a broken line: one that is too long ends in "...".
 */
#include "log_line.h"

#include <ctype.h>
#include <endian.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "escape.h"

static const char *
level_name(int priority)
{
	switch (priority) {
	case LOG_ERR:
		return ("err");
	case LOG_WARNING:
		return ("warning");
	case LOG_NOTICE:
		return ("notice");
	case LOG_INFO:
		return ("info");
	default:
		return ("debug");
	}
}

static bool
is_given(const struct log_field *f)
{
	return (f->value != NULL && *f->value != '\0');
}

/*
 * Every line ends by this, in the room that `start` kept for it.
 */
enum { TAIL_MAX = sizeof("...\"}\n") - 1 };

static void
start(struct text *t, char line[LOG_LINE_MAX])
{
	text_start(t, line, LOG_LINE_MAX - TAIL_MAX);
}

static size_t
finish(struct text *t, const char *line, const char *tail)
{
	t->end += TAIL_MAX;
	if (t->cut) {
		t->cut = false;
		text_add(t, "...");
	}
	text_add(t, tail);
	return ((size_t)(t->at - line));
}

static void
add_mark(struct text *t, bool marked, int priority)
{
	char mark[sizeof("<7>")];

	snprintf(mark, sizeof(mark), "<%d>", LOG_PRI(priority));
	if (marked)
		text_add(t, mark);
}

/* ------------------------------------------------------ key=value */

static void
add_fields(struct text *t, const struct log_field *f)
{
	const char *between = "";

	for (; f->key != NULL; f++) {
		if (!is_given(f))
			continue;
		text_add(t, between);
		text_add(t, f->key);
		text_add(t, "=");
		text_escape_most(t, ESCAPE_VALUE, f->value, LOG_VALUE_MAX);
		between = " ";
	}
}

static void
add_body(struct text *t, const struct log_entry *e)
{
	if (e->message == NULL) {
		add_fields(t, e->fields);
		return;
	}
	if (*e->id != '\0') {
		text_add(t, "id=");
		text_escape(t, ESCAPE_VALUE, e->id);
		text_add(t, ": ");
	}
	text_escape(t, ESCAPE_LINE, e->message);
}

size_t
log_line_kv(char line[LOG_LINE_MAX], const struct log_entry *e, bool marked)
{
	struct text t;

	start(&t, line);
	add_mark(&t, marked, e->priority);
	text_add(&t, "tlsshim: ");
	add_body(&t, e);
	return (finish(&t, line, "\n"));
}

size_t
log_line_syslog(char line[LOG_LINE_MAX], const struct log_entry *e, pid_t pid)
{
	struct text t;
	char head[48];

	snprintf(head, sizeof(head),
	    "<%d>tlsshim[%d]: ", LOG_DAEMON | LOG_PRI(e->priority), (int)pid);
	start(&t, line);
	text_add(&t, head);
	add_body(&t, e);
	return (finish(&t, line, ""));
}

/* ----------------------------------------------------------- JSON */

/*
 * RFC 8259, 6, as far as a count or a span of time needs it.
 */
static bool
is_number(const char *text)
{
	size_t whole = strspn(text, "0123456789"), part;

	if (whole == 0 || (*text == '0' && whole > 1))
		return (false);
	if (text[whole] == '\0')
		return (true);
	part = strspn(text + whole + 1, "0123456789");
	return (text[whole] == '.' && part > 0 &&
	    text[whole + 1 + part] == '\0');
}

static void
add_json_field(struct text *t, const struct log_field *f)
{
	struct text before = *t;
	const char *quote = f->number && is_number(f->value) ? "" : "\"";

	text_add(t, ",\"");
	text_add(t, f->key);
	text_add(t, "\":");
	text_add(t, quote);
	text_escape_most(t, ESCAPE_JSON, f->value, LOG_VALUE_MAX);
	text_add(t, quote);
	if (t->cut)
		*t = before; /* whole, or the object would be broken */
}

size_t
log_line_json(char line[LOG_LINE_MAX], const struct log_entry *e, bool marked)
{
	const struct log_field *f;
	const struct log_field id = { "id", e->id, false };
	struct text t;

	start(&t, line);
	add_mark(&t, marked, e->priority);
	text_add(&t, "{\"level\":\"");
	text_add(&t, level_name(e->priority));
	text_add(&t, "\"");
	if (e->message == NULL) {
		for (f = e->fields; f->key != NULL; f++)
			if (is_given(f))
				add_json_field(&t, f);
		return (finish(&t, line, "}\n"));
	}
	if (is_given(&id))
		add_json_field(&t, &id);
	text_add(&t, ",\"message\":\"");
	text_escape(&t, ESCAPE_JSON, e->message);
	return (finish(&t, line, "\"}\n"));
}

/* -------------------------------------------------------- journal */

void
log_journal_field(struct text *t, const char *key, const char *value)
{
	uint64_t len = htole64(strlen(value));

	text_add(t, key);
	if (strchr(value, '\n') == NULL) {
		text_add(t, "=");
	} else {
		text_add(t, "\n");
		text_bytes(t, (const char *)&len, sizeof(len));
	}
	text_add(t, value);
	text_add(t, "\n");
}

static void
add_journal_value(struct text *t, const char *key, const char *value)
{
	struct text escaped;
	char name[64] = "TLSSHIM_", plain[LOG_VALUE_MAX + 1];
	size_t i, at = strlen(name);

	for (i = 0; key[i] != '\0' && at < sizeof(name) - 1; i++)
		name[at++] = (char)toupper((unsigned char)key[i]);
	text_start(&escaped, plain, LOG_VALUE_MAX);
	text_escape_most(&escaped, ESCAPE_LINE, value, LOG_VALUE_MAX);
	*escaped.at = '\0';
	log_journal_field(t, name, plain);
}

size_t
log_line_journal(char datagram[LOG_DATAGRAM_MAX], const struct log_entry *e)
{
	const struct log_field *f;
	struct text t;
	char line[LOG_LINE_MAX], priority[2];

	line[log_line_kv(line, e, false) - 1] = '\0';
	snprintf(priority, sizeof(priority), "%d", LOG_PRI(e->priority));
	text_start(&t, datagram, LOG_DATAGRAM_MAX);
	log_journal_field(&t, "PRIORITY", priority);
	log_journal_field(&t, "SYSLOG_IDENTIFIER", "tlsshim");
	log_journal_field(&t, "MESSAGE", line);
	if (e->message != NULL && *e->id != '\0')
		add_journal_value(&t, "id", e->id);
	for (f = e->fields; e->message == NULL && f->key != NULL; f++)
		if (is_given(f))
			add_journal_value(&t, f->key, f->value);
	return ((size_t)(t.at - datagram));
}
