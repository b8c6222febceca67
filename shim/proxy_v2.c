/* SPDX-License-Identifier: ISC */
/*
 * proxy_v2.c - a PROXY header of version 2, the binary one.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   no length in it.
 * Refuses:  fields that do not fit or come twice, a wrong CRC32C, and what
 *           was no stream.
 */
#include <string.h>

#include "proxy_local.h"

static const uint8_t signature[12] = { 0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a,
	0x51, 0x55, 0x49, 0x54, 0x0a };

enum {
	FIXED = 16,
	VERSION_AT = 12,
	FAMILY_AT,
	LENGTH_AT,
	LOCAL = 0x20,
	PROXY = 0x21
};
enum { TYPE_CRC32C = 0x03, TYPE_SSL = 0x20, SSL_FIXED = 5, CRC_LEN = 4 };

/* what is left to be read of it */
struct rest {
	const uint8_t *at, *end;
};

static uint16_t
u16_of(const uint8_t *bytes)
{
	return ((uint16_t)(bytes[0] << 8 | bytes[1]));
}

static uint32_t
u32_of(const uint8_t *bytes)
{
	return ((uint32_t)u16_of(bytes) << 16 | u16_of(bytes + 2));
}

/* ------------------------------------------------------------ 2.2, addresses
 */

static const uint8_t *
take(struct rest *r, size_t n)
{
	const uint8_t *at = r->at;

	if ((size_t)(r->end - at) < n)
		return (NULL);
	r->at += n;
	return (at);
}

static const char *
take_internet(struct proxy_header *h, struct rest *r, size_t addr_len)
{
	struct proxy_end from = { .len = addr_len }, to = from;
	const uint8_t *block = take(r, 2 * addr_len + 4);

	if (block == NULL)
		return ("too short for its addresses");
	memcpy(from.addr, block, addr_len);
	memcpy(to.addr, block + addr_len, addr_len);
	from.port = u16_of(block + 2 * addr_len);
	to.port = u16_of(block + 2 * addr_len + 2);
	h->conveys = true;
	return (proxy_ends(&h->peer, &from, &to) ?
		NULL :
		"one address of IPv4, and one of IPv6");
}

/*
 * Paths are of no use to anybody here.
 */
static const char *
take_unix(struct proxy_header *h, struct rest *r)
{
	enum { PATH = 108 };

	if (take(r, 2 * (size_t)PATH) == NULL)
		return ("too short for its addresses");
	h->conveys = true;
	h->peer.family = PEER_UNIX;
	return (NULL);
}

static const char *
take_addresses(struct proxy_header *h, unsigned int family, struct rest *r)
{
	switch (family) {
	case 0x00: /* UNSPEC: how long its addresses are is not known */
		r->at = r->end;
		return (NULL);
	case 0x11:
		return (take_internet(h, r, 4));
	case 0x21:
		return (take_internet(h, r, 16));
	case 0x31:
		return (take_unix(h, r));
	case 0x12:
	case 0x22:
	case 0x32:
		return ("of datagrams: this is a stream");
	default:
		return ("of a family that does not exist");
	}
}

/* ---------------------------------------------------------------- CRC32C */

/*
 * Castagnoli's polynomial, reflected; `hole`, the field itself, counts as
 * zeros.  Once a connection: no table.
 */
static uint32_t
crc32c(const uint8_t *bytes, size_t len, const uint8_t *hole)
{
	uint32_t crc = 0xffffffff;
	const uint8_t *at, *end = bytes + len;
	int bit;

	for (at = bytes; at < end; at++) {
		crc ^= at >= hole && at < hole + CRC_LEN ? 0 : *at;
		for (bit = 0; bit < 8; bit++)
			crc = crc >> 1 ^ (0x82f63b78 & (0 - (crc & 1)));
	}
	return (~crc);
}

/* ---------------------------------------------------------- 2.2.x, fields */

struct tlv {
	uint8_t type;
	struct proxy_value value;
};

static const char *
next_tlv(struct rest *r, struct tlv *t)
{
	const uint8_t *head = take(r, 3);

	if (head == NULL)
		return ("a field that is cut off");
	t->type = head[0];
	t->value.len = u16_of(head + 1);
	t->value.bytes = take(r, t->value.len);
	return (t->value.bytes == NULL ? "a field longer than the header" :
					 NULL);
}

static const struct tlv_row {
	uint8_t type;
	bool within_ssl;
} rows[PROXY_FIELDS] = {
#define PLAIN false
#define SSL true
#define TLV(id, type, where, form, most, variable)                             \
	[PROXY_##id] = { type, where },
#include "proxy.def"
#undef TLV
#undef PLAIN
#undef SSL
};

/*
 * Types that nobody knows here are skipped, as NOOP is.
 */
static const char *
keep(struct proxy_header *h, const struct tlv *t, bool within_ssl)
{
	const char *why;
	size_t i;

	for (i = 0; i < PROXY_FIELDS; i++)
		if (rows[i].type == t->type && rows[i].within_ssl == within_ssl)
			break;
	if (i == PROXY_FIELDS)
		return (NULL);
	if (h->value[i].bytes != NULL)
		return ("a field twice");
	why = proxy_refusal((enum proxy_field)i, t->value);
	if (why == NULL)
		h->value[i] = t->value;
	return (why);
}

static const char *
take_ssl(struct proxy_header *h, struct proxy_value v)
{
	struct rest r = { v.bytes, v.bytes + v.len };
	const uint8_t *fixed = take(&r, SSL_FIXED);
	const char *why = NULL;
	struct tlv t;

	if (fixed == NULL)
		return ("a field of TLS that is too short");
	if (h->ssl)
		return ("a field twice");
	h->ssl = true;
	h->ssl_client = fixed[0];
	h->ssl_verify = u32_of(fixed + 1);
	while (why == NULL && r.at < r.end) {
		why = next_tlv(&r, &t);
		if (why == NULL)
			why = keep(h, &t, true);
	}
	return (why);
}

static const char *
take_fields(struct proxy_header *h, const uint8_t *header, struct rest r)
{
	const uint8_t *crc = NULL;
	const char *why;
	struct tlv t;

	while (r.at < r.end) {
		why = next_tlv(&r, &t);
		if (why != NULL)
			return (why);
		if (t.type == TYPE_CRC32C &&
		    (crc != NULL || t.value.len != CRC_LEN))
			return ("CRC32C twice, or of another length");
		if (t.type == TYPE_CRC32C)
			crc = t.value.bytes;
		why = t.type == TYPE_SSL ? take_ssl(h, t.value) :
					   keep(h, &t, false);
		if (why != NULL)
			return (why);
	}
	if (crc != NULL && crc32c(header, h->len, crc) != u32_of(crc))
		return ("its CRC32C is wrong");
	return (NULL);
}

/* ------------------------------------------------------------------ whole */

/*
 * What can be said before all of it is there.
 */
static const char *
judge_fixed(const uint8_t *bytes, size_t len)
{
	size_t n = len < sizeof(signature) ? len : sizeof(signature);

	if (memcmp(bytes, signature, n) != 0)
		return ("none of version 2");
	if (len > VERSION_AT && bytes[VERSION_AT] >> 4 != 2)
		return ("of a version that is not 2");
	if (len > VERSION_AT && bytes[VERSION_AT] != LOCAL &&
	    bytes[VERSION_AT] != PROXY)
		return ("a command other than LOCAL and PROXY");
	if (len >= FIXED &&
	    FIXED + (size_t)u16_of(bytes + LENGTH_AT) > PROXY_HEADER_MAX)
		return ("longer than 16400 bytes");
	return (NULL);
}

enum proxy_result
proxy_parse_v2(struct proxy_header *h, const uint8_t *bytes, size_t len)
{
	struct rest r;

	h->why = judge_fixed(bytes, len);
	if (h->why != NULL)
		return (PROXY_BAD);
	if (len < FIXED || len - FIXED < u16_of(bytes + LENGTH_AT))
		return (PROXY_MORE);
	h->len = FIXED + (size_t)u16_of(bytes + LENGTH_AT);
	/* a health check of the proxy's own: whatever is in it counts not */
	if (bytes[VERSION_AT] == LOCAL)
		return (PROXY_WHOLE);
	r = (struct rest){ bytes + FIXED, bytes + h->len };
	h->why = take_addresses(h, bytes[FAMILY_AT], &r);
	if (h->why == NULL)
		h->why = take_fields(h, bytes, r);
	return (h->why == NULL ? PROXY_WHOLE : PROXY_BAD);
}
