/* SPDX-License-Identifier: ISC */
/*
 * proxy_msg.c - what a PROXY header says, from NET to the KEEPER.
 *
 * Runs in:  NET (put) and KEEPER (get).
 * Trusts:   nothing: a NET that was taken over may say anything.
 * Refuses:  a field that proxy_parse would not have taken.
 */
#include <string.h>

#include "msg.h"
#include "proxy_local.h"

static const struct field_row {
	enum proxy_form form;
	size_t most;
	const char *variable;
} rows[PROXY_FIELDS] = {
#define TLV(id, type, where, form, most, variable)                             \
	[PROXY_##id] = { PROXY_##form, most, variable },
#include "proxy.def"
#undef TLV
};

const char *
proxy_variable(enum proxy_field field)
{
	return (rows[field].variable);
}

enum proxy_form
proxy_form(enum proxy_field field)
{
	return (rows[field].form);
}

static bool
has_controls(struct proxy_value v)
{
	size_t i;

	for (i = 0; i < v.len; i++)
		if (v.bytes[i] < ' ' || v.bytes[i] == 0x7f)
			return (true);
	return (false);
}

const char *
proxy_refusal(enum proxy_field field, struct proxy_value v)
{
	enum { SEQUENCE = 0x30 };

	if (v.len > rows[field].most)
		return ("a field longer than that may be");
	switch (rows[field].form) {
	case PROXY_TEXT:
		return (has_controls(v) ? "a control character in a text" :
					  NULL);
	case PROXY_DER:
		return (v.len == 0 || v.bytes[0] != SEQUENCE ?
			"a certificate that is none" :
			NULL);
	case PROXY_BYTES:
	case PROXY_HEX:
		break;
	}
	return (NULL);
}

/* -------------------------------------------------------------------- put */

static void
put_end(struct msg *m, const struct peer *p, const struct endpoint *e)
{
	msg_put_block(m, e->addr, p->family == PEER_IPV4 ? 4 : 16);
	msg_put_u16(m, e->port);
}

void
proxy_put(struct msg *m, const struct proxy_header *h)
{
	unsigned int i;

	msg_put_u8(m, h->conveys);
	if (!h->conveys)
		return;
	msg_put_u8(m, (uint8_t)h->peer.family);
	if (h->peer.family != PEER_UNIX) {
		put_end(m, &h->peer, &h->peer.remote);
		put_end(m, &h->peer, &h->peer.local);
	}
	msg_put_u8(m, h->ssl);
	msg_put_u8(m, h->ssl_client);
	msg_put_u32(m, h->ssl_verify);
	for (i = 0; i < PROXY_FIELDS; i++)
		if (h->value[i].bytes != NULL) {
			msg_put_u8(m, (uint8_t)i);
			msg_put_block(m, h->value[i].bytes, h->value[i].len);
		}
}

/* -------------------------------------------------------------------- get */

static bool
get_end(struct proxy_end *end, struct msg *m, unsigned int family)
{
	const uint8_t *addr = msg_get_block(m, &end->len);

	end->port = msg_get_u16(m);
	if (addr == NULL || end->len != (family == PEER_IPV4 ? 4 : 16))
		return (false);
	memcpy(end->addr, addr, end->len);
	return (true);
}

static const char *
get_peer(struct peer *p, struct msg *m)
{
	struct proxy_end from, to;
	unsigned int family = msg_get_u8(m);

	p->family = (enum peer_family)family;
	if (family == PEER_UNIX)
		return (NULL);
	if (family > PEER_UNIX || !get_end(&from, m, family) ||
	    !get_end(&to, m, family) || !proxy_ends(p, &from, &to) ||
	    p->family != family)
		return ("addresses of no form");
	return (NULL);
}

/*
 * In the order of proxy.def, so that none comes twice.
 */
static const char *
get_values(struct proxy_header *h, struct msg *m)
{
	unsigned int field, next = 0;
	struct proxy_value v;
	const char *why = NULL;

	while (why == NULL && !m->bad && m->at < m->len) {
		field = msg_get_u8(m);
		v.bytes = msg_get_block(m, &v.len);
		if (v.bytes == NULL || field < next || field >= PROXY_FIELDS)
			return ("fields of no form");
		why = proxy_refusal((enum proxy_field)field, v);
		h->value[field] = v;
		next = field + 1;
	}
	return (why);
}

const char *
proxy_get(struct proxy_header *h, struct msg *m)
{
	unsigned int conveys = msg_get_u8(m);
	const char *why = NULL;

	*h = (struct proxy_header){ .conveys = conveys == 1 };
	if (h->conveys) {
		why = get_peer(&h->peer, m);
		h->ssl = msg_get_u8(m) != 0;
		h->ssl_client = msg_get_u8(m);
		h->ssl_verify = msg_get_u32(m);
		if (why == NULL)
			why = get_values(h, m);
	}
	if (why == NULL && (conveys > 1 || !msg_complete(m)))
		why = "cut off, or trailing bytes";
	return (why);
}
