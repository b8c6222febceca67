/* SPDX-License-Identifier: ISC */
/*
 * proxy_header.c - the first bytes of a connection as a PROXY header.
 *
 * A header that is whole is no header yet when a byte is missing, is the same
 * with bytes behind it, and comes through the message to the KEEPER as it is.
 */
#include <string.h>

#include "fuzz.h"
#include "msg.h"
#include "proxy.h"

static struct msg m;

static void
same_value(struct proxy_value a, struct proxy_value b)
{
	HOLDS((a.bytes == NULL) == (b.bytes == NULL));
	HOLDS(a.len == b.len);
	if (a.bytes != NULL && b.bytes != NULL)
		HOLDS(memcmp(a.bytes, b.bytes, a.len) == 0);
}

static void
same_header(const struct proxy_header *a, const struct proxy_header *b)
{
	size_t i;

	HOLDS(a->conveys == b->conveys);
	if (!a->conveys)
		return;
	HOLDS(a->peer.family == b->peer.family);
	HOLDS(strcmp(a->peer.remote.ip, b->peer.remote.ip) == 0);
	HOLDS(a->peer.remote.port == b->peer.remote.port);
	HOLDS(strcmp(a->peer.local.ip, b->peer.local.ip) == 0);
	HOLDS(a->peer.local.port == b->peer.local.port);
	HOLDS(a->ssl == b->ssl && a->ssl_client == b->ssl_client);
	HOLDS(a->ssl_verify == b->ssl_verify);
	for (i = 0; i < PROXY_FIELDS; i++)
		same_value(a->value[i], b->value[i]);
}

static void
goes_through(const struct proxy_header *h)
{
	struct proxy_header got;

	msg_begin(&m, MSG_PEER);
	proxy_put(&m, h);
	HOLDS(!m.bad);
	/* msg.def's cap */
	HOLDS(m.len <= 20000);
	HOLDS(proxy_get(&got, &m) == NULL);
	same_header(h, &got);
}

static void
try_mode(enum proxy_mode mode, const uint8_t *bytes, size_t len)
{
	struct proxy_header h, part;

	switch (proxy_parse(&h, mode, bytes, len)) {
	case PROXY_MORE:
		HOLDS(len < PROXY_HEADER_MAX);
		return;
	case PROXY_BAD:
		HOLDS(h.why != NULL);
		return;
	case PROXY_WHOLE:
		break;
	}
	HOLDS(h.len > 0 && h.len <= len && h.len <= PROXY_HEADER_MAX);
	HOLDS(proxy_parse(&part, mode, bytes, h.len) == PROXY_WHOLE);
	HOLDS(part.len == h.len);
	HOLDS(proxy_parse(&part, mode, bytes, h.len - 1) == PROXY_MORE);
	HOLDS(proxy_parse(&part, mode, bytes, h.len / 2) == PROXY_MORE);
	goes_through(&h);
}

/*
 * What a NET that was taken over may say.
 */
static void
try_message(const uint8_t *bytes, size_t len)
{
	struct proxy_header got;

	if (len > 20000)
		return;
	msg_begin(&m, MSG_PEER);
	msg_put_rest(&m, bytes, len);
	if (proxy_get(&got, &m) == NULL)
		goes_through(&got);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	static uint8_t copy[20000];

	try_mode(PROXY_V1, bytes, len);
	try_mode(PROXY_V2, bytes, len);
	try_mode(PROXY_ANY, bytes, len);
	if (len <= sizeof(copy)) {
		memcpy(copy, bytes, len);
		try_message(copy, len);
	}
	return (0);
}
