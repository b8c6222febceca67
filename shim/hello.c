/* SPDX-License-Identifier: ISC */
/*
 * hello.c - what the client asked for, bounded and checked.
 *
 * Runs in:  NET (copy, put) and KEEPER (get).
 * Trusts:   nothing: both the client and NET may be hostile.
 */
#include "hello.h"

#include <string.h>

enum { TLS12 = 0x0303 };

void
hello_list_copy(struct hello_list *list, const uint8_t *from, size_t len)
{
	size_t i;

	list->count = 0;
	if (len % 2 != 0 || len / 2 > HELLO_LIST_MAX)
		return;
	for (i = 0; i < len; i += 2)
		list->value[list->count++] = (uint16_t)(from[i] << 8 |
		    from[i + 1]);
}

bool
hello_list_has(const struct hello_list *list, uint16_t wanted)
{
	size_t i;

	for (i = 0; i < list->count; i++)
		if (list->value[i] == wanted)
			return (true);
	return (false);
}

uint16_t
hello_version(const struct hello *h, uint16_t max)
{
	uint16_t best = 0;
	size_t i;

	/* without the list there is no TLS 1.3 */
	if (h->versions.count == 0) {
		best = max < TLS12 ? max : TLS12;
		return (h->legacy_version < best ? h->legacy_version : best);
	}
	for (i = 0; i < h->versions.count; i++)
		if (h->versions.value[i] > best && h->versions.value[i] <= max)
			best = h->versions.value[i];
	return (best);
}

static void
put_list(struct msg *m, const struct hello_list *list)
{
	size_t i;

	msg_put_u16(m, (uint16_t)(list->count * 2));
	for (i = 0; i < list->count; i++)
		msg_put_u16(m, list->value[i]);
}

void
hello_put(struct msg *m, const struct hello *h)
{
	msg_begin(m, MSG_HELLO);
	msg_put_u8(m, h->server_name_given);
	msg_put_string(m, h->server_name);
	msg_put_u8(m, h->wants_staple);
	msg_put_u16(m, h->legacy_version);
	put_list(m, &h->versions);
	put_list(m, &h->suites);
	put_list(m, &h->groups);
	put_list(m, &h->sigalgs);
	put_list(m, &h->sigalgs_cert);
	msg_put_block(m, h->alpn, h->alpn_len);
	msg_put_block(m, h->ca_names, h->ca_names_len);
}

static bool
get_list(struct msg *m, struct hello_list *list)
{
	size_t len;
	const uint8_t *from = msg_get_block(m, &len);

	if (from == NULL || len % 2 != 0 || len / 2 > HELLO_LIST_MAX)
		return (false);
	hello_list_copy(list, from, len);
	return (true);
}

static bool
get_bytes(struct msg *m, uint8_t *to, size_t size, size_t *len)
{
	const uint8_t *from = msg_get_block(m, len);

	if (from == NULL || *len > size)
		return (false);
	memcpy(to, from, *len);
	return (true);
}

const char *
hello_get(struct hello *h, struct msg *m)
{
	char name[SERVER_NAME_MAX + 1];

	h->server_name_given = msg_get_u8(m) != 0;
	msg_get_string(m, name, sizeof(name));
	h->wants_staple = msg_get_u8(m) != 0;
	h->legacy_version = msg_get_u16(m);
	if (m->bad)
		return ("the server name is cut off, too long, or has a NUL");
	h->server_name[0] = '\0';
	if (name[0] != '\0' &&
	    (!server_name_copy(h->server_name, (const uint8_t *)name,
		 strlen(name)) ||
		strcmp(h->server_name, name) != 0))
		return ("the server name is not one");
	if (!get_list(m, &h->versions) || !get_list(m, &h->suites) ||
	    !get_list(m, &h->groups) || !get_list(m, &h->sigalgs) ||
	    !get_list(m, &h->sigalgs_cert))
		return ("a list is cut off, odd or too long");
	if (!get_bytes(m, h->alpn, sizeof(h->alpn), &h->alpn_len) ||
	    !get_bytes(m, h->ca_names, sizeof(h->ca_names), &h->ca_names_len))
		return ("a list is cut off or too long");
	return (msg_complete(m) ? NULL : "trailing bytes");
}
