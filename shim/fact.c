/* SPDX-License-Identifier: ISC */
/*
 * fact.c - what the handshake proved, checked field by field.
 *
 * Runs in:  NET (send) and KEEPER (get).
 * Trusts:   nothing NET says beyond what fact.def allows to be said.
 */
#include "fact.h"

#include <stdlib.h>
#include <string.h>

#include "env.h"
#include "log.h"

enum alphabet { WORD, TEXT, PRINT, DIGITS, HEX, SERIAL, ADDRESS, BASE64 };
enum tail { NONE, NUMBER, ATTRIBUTE };
enum whose { SHOWN, PROVED };

static const struct fact_row {
	const char *variable;
	enum alphabet alphabet;
	size_t cap;
} rows[FACT_COUNT] = {
#define FACT(id, variable, alphabet, cap)                                      \
	[FACT_##id] = { variable, alphabet, cap },
#include "fact.def"
};

#define FACT(id, variable, alphabet, cap)                                      \
	_Static_assert((cap) < FACT_MAX, #id " is longer than a fact");
#include "fact.def"

static const struct client_row {
	const char *variable;
	enum tail tail;
	enum alphabet alphabet;
	size_t cap;
	enum whose whose;
} client_rows[] = {
#define CLIENT(variable, tail, alphabet, cap, whose)                           \
	{ variable, tail, alphabet, cap, whose },
#include "fact.def"
};

enum {
	CLIENT_ROWS = sizeof(client_rows) / sizeof(client_rows[0]),
	NAME_MAX_LEN = 64
};

#define ALNUM "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

const char *
fact_variable(enum fact_id id)
{
	return (rows[id].variable);
}

/* ------------------------------------------------------------- alphabets */

static bool
is_printable(const char *text, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if (text[i] < 0x20 || text[i] > 0x7e)
			return (false);
	return (true);
}

static const char *
bytes_of(enum alphabet alphabet)
{
	switch (alphabet) {
	case WORD:
		return (ALNUM "._-:");
	case DIGITS:
		return ("0123456789");
	case HEX:
		return ("0123456789abcdef");
	case SERIAL:
		return ("0123456789ABCDEF-");
	case ADDRESS:
		return ("0123456789abcdef.:");
	case BASE64:
		return (ALNUM "+/=");
	case TEXT:
	case PRINT:
		break;
	}
	return (NULL);
}

/*
 * TEXT is anything but NUL; it is escaped where it becomes a variable
 * (env.h).
 */
static bool
consists_of(enum alphabet alphabet, const char *text, size_t len)
{
	const char *only = bytes_of(alphabet);
	size_t i;

	if (alphabet == TEXT)
		return (memchr(text, '\0', len) == NULL);
	if (alphabet == PRINT)
		return (is_printable(text, len));
	for (i = 0; i < len; i++)
		if (text[i] == '\0' || strchr(only, text[i]) == NULL)
			return (false);
	return (true);
}

/* ----------------------------------------------------------------- names */

/*
 * 0, 1 and so on up to 9999, written in one way only.
 */
static bool
is_number(const char *text, char lowest)
{
	size_t len = strspn(text, "0123456789");

	return (len > 0 && len <= 4 && text[len] == '\0' &&
	    (text[0] != '0' || len == 1) && (len > 1 || text[0] >= lowest));
}

/*
 * CN, or CN_1 for the second.
 */
static bool
is_attribute(const char *text)
{
	size_t len = strcspn(text, "_");

	return (env_is_attribute(text, len) &&
	    (text[len] == '\0' || is_number(text + len + 1, '1')));
}

static bool
has_tail(const char *text, enum tail tail)
{
	switch (tail) {
	case NUMBER:
		return (is_number(text, '0'));
	case ATTRIBUTE:
		return (is_attribute(text));
	case NONE:
		break;
	}
	return (text[0] == '\0');
}

static const struct client_row *
client_row_of(const char *name)
{
	size_t i, len;

	for (i = 0; i < CLIENT_ROWS; i++) {
		len = strlen(client_rows[i].variable);
		if (strncmp(name, client_rows[i].variable, len) == 0 &&
		    has_tail(name + len, client_rows[i].tail))
			return (&client_rows[i]);
	}
	return (NULL);
}

/* ------------------------------------------------------------------- both */

bool
facts_add_certificate(struct facts *f, const unsigned char *der, size_t len)
{
	struct certificate_facts *c = &f->client;
	unsigned char *copy;

	if (c->count == FACT_CERTIFICATES_MAX)
		return (false);
	copy = malloc(len);
	if (copy == NULL)
		fatal(EXIT_SYSTEM, "client certificate");
	memcpy(copy, der, len);
	c->certificate[c->count].der = copy;
	c->certificate[c->count++].len = len;
	return (true);
}

bool
facts_proved(const struct facts *f)
{
	return (strcmp(f->text[FACT_VERIFY], "SUCCESS") == 0);
}

const char *
facts_add_named(struct facts *f, const char *name, struct env_value value)
{
	const struct client_row *row = client_row_of(name);
	struct certificate_facts *c = &f->client;

	if (row == NULL)
		return ("no such fact");
	if (c->count == 0)
		return ("a fact of a certificate that there is not");
	if (row->whose == PROVED && !facts_proved(f))
		return ("a fact of a certificate that is not trusted");
	if (value.len > row->cap)
		return ("a fact is cut off, too long, or contains a NUL");
	if (!consists_of(row->alphabet, value.bytes, value.len))
		return ("a fact has bytes that it cannot have");
	if (envlist_get(&c->named, name) != NULL)
		return ("a fact is repeated");
	c->bytes += envlist_room(name, value);
	if (c->bytes > FACT_CLIENT_BYTES_MAX)
		return ("too many facts");
	envlist_put(&c->named, name, value, ENV_FACT);
	return (NULL);
}

/* -------------------------------------------------------------------- NET */

struct sending {
	struct channel *channel;
	struct msg *m;
	int result;
};

static void
begin(struct sending *s)
{
	msg_begin(s->m, MSG_FACTS);
	msg_put_u8(s->m, false);
}

static void
end(struct sending *s, bool last)
{
	s->m->body[0] = last;
	if (s->result == 0)
		s->result = channel_send(s->channel, s->m);
}

/*
 * Room for an item of so many bytes, in this message or the next.
 */
static void
make_room(struct sending *s, size_t len)
{
	if (s->m->len + 8 + len <= MSG_BODY_MAX)
		return;
	end(s, false);
	begin(s);
}

static void
send_certificates(struct sending *s, const struct certificate_facts *c)
{
	size_t i;

	for (i = 0; i < c->count; i++) {
		make_room(s, c->certificate[i].len);
		msg_put_u8(s->m, FACT_CERTIFICATE);
		msg_put_block(s->m, c->certificate[i].der,
		    c->certificate[i].len);
	}
	if (c->spki_len == 0)
		return;
	make_room(s, 0);
	msg_put_u8(s->m, FACT_SPKI);
	msg_put_u16(s->m, (uint16_t)c->spki_begin);
	msg_put_u16(s->m, (uint16_t)c->spki_len);
}

static void
send_named(struct sending *s, const struct envlist *named)
{
	const struct env_entry *e;
	size_t i;

	for (i = 0; i < named->count; i++) {
		e = &named->entries[i];
		make_room(s, e->len);
		msg_put_u8(s->m, FACT_CLIENT);
		msg_put_block(s->m, e->text, e->name_len);
		msg_put_string(s->m, e->text + e->name_len + 1);
	}
}

int
facts_send(const struct facts *f, struct channel *channel, struct msg *m)
{
	struct sending s = { .channel = channel, .m = m };
	int id;

	begin(&s);
	for (id = 0; id < FACT_COUNT; id++) {
		if (f->text[id][0] == '\0')
			continue;
		msg_put_u8(m, (uint8_t)id);
		msg_put_string(m, f->text[id]);
	}
	send_certificates(&s, &f->client);
	send_named(&s, &f->client.named);
	end(&s, true);
	return (s.result);
}

/* ----------------------------------------------------------------- KEEPER */

static const char *
get_text(struct facts *f, struct msg *m, uint8_t id)
{
	char text[FACT_MAX];

	msg_get_string(m, text, rows[id].cap + 1);
	if (m->bad)
		return ("a fact is cut off, too long, or contains a NUL");
	/* an empty one would not count as there, and could come again */
	if (text[0] == '\0')
		return ("a fact is empty");
	if (f->text[id][0] != '\0')
		return ("a fact is repeated");
	if (!consists_of(rows[id].alphabet, text, strlen(text)))
		return ("a fact has bytes that it cannot have");
	strcpy(f->text[id], text);
	return (NULL);
}

static const char *
get_certificate(struct facts *f, struct msg *m)
{
	const uint8_t *der;
	size_t len;

	der = msg_get_block(m, &len);
	if (der == NULL || len == 0)
		return ("a certificate is cut off or empty");
	if (f->client.spki_len != 0 || f->client.named.count != 0)
		return ("a certificate behind what is said of it");
	if (!facts_add_certificate(f, der, len))
		return ("too many certificates");
	return (NULL);
}

static const char *
get_spki(struct facts *f, struct msg *m)
{
	struct certificate_facts *c = &f->client;
	size_t begin = msg_get_u16(m), len = msg_get_u16(m);

	if (m->bad)
		return ("a public key is cut off");
	if (c->count == 0)
		return ("a fact of a certificate that there is not");
	if (c->spki_len != 0)
		return ("a fact is repeated");
	if (len == 0 || begin + len > c->certificate[0].len)
		return ("a public key is not in the certificate");
	c->spki_begin = begin;
	c->spki_len = len;
	return (NULL);
}

static const char *
get_named(struct facts *f, struct msg *m)
{
	char name[NAME_MAX_LEN];
	struct env_value value;

	msg_get_string(m, name, sizeof(name));
	value.bytes = (const char *)msg_get_block(m, &value.len);
	if (m->bad)
		return ("a fact is cut off, too long, or contains a NUL");
	return (facts_add_named(f, name, value));
}

static const char *
get_one(struct facts *f, struct msg *m)
{
	uint8_t id = msg_get_u8(m);

	if (id < FACT_COUNT)
		return (get_text(f, m, id));
	switch (id) {
	case FACT_CERTIFICATE:
		return (get_certificate(f, m));
	case FACT_SPKI:
		return (get_spki(f, m));
	case FACT_CLIENT:
		return (get_named(f, m));
	}
	return ("no such fact");
}

const char *
facts_get(struct facts *f, struct msg *m, bool *last)
{
	const char *why = NULL;

	*last = msg_get_u8(m) != 0;
	if (m->bad)
		return ("cut off");
	while (why == NULL && !msg_complete(m))
		why = get_one(f, m);
	return (why);
}

const char *
facts_refusal(const struct facts *f, enum client_mode mode)
{
	if (mode == CLIENT_NONE && f->client.count > 0)
		return ("a certificate, where none was asked for");
	if (facts_proved(f) && f->client.count == 0)
		return ("a verdict on a certificate that there is not");
	if (facts_proved(f) || mode == CLIENT_NONE ||
	    mode == CLIENT_OPTIONAL_NO_CA)
		return (NULL);
	if (mode == CLIENT_REQUIRE)
		return ("no trusted certificate, where one is required");
	if (f->client.count > 0)
		return ("a certificate that is not trusted");
	return (NULL);
}
