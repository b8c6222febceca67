/* SPDX-License-Identifier: ISC */
/*
 * end.c - one end of a connection, from its text.
 *
 * Runs in:  tlsshim-names.
 * Trusts:   the KEEPER, or whoever typed it; looks all the same.
 */
#include "end.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <stdlib.h>
#include <string.h>

static bool
parse_ipv6(struct sockaddr_in6 *to, const char *ip)
{
	const char *zone = strchr(ip, '%');
	char address[INET6_ADDRSTRLEN];
	size_t len = zone == NULL ? strlen(ip) : (size_t)(zone - ip);

	if (len >= sizeof(address))
		return (false);
	memcpy(address, ip, len);
	address[len] = '\0';
	if (inet_pton(AF_INET6, address, &to->sin6_addr) != 1)
		return (false);
	if (zone == NULL)
		return (true);
	to->sin6_scope_id = if_nametoindex(zone + 1);
	/* an interface that has no name any more */
	if (to->sin6_scope_id == 0)
		to->sin6_scope_id = (uint32_t)strtoul(zone + 1, NULL, 10);
	return (to->sin6_scope_id != 0);
}

static bool
parse_port(uint16_t *port, const char *text)
{
	char *after;
	unsigned long number = strtoul(text, &after, 10);

	if (*text < '0' || *text > '9' || *after != '\0' || number > UINT16_MAX)
		return (false);
	*port = (uint16_t)number;
	return (true);
}

bool
end_parse(struct end *e, const char *ip, const char *port)
{
	uint16_t number;

	memset(e, 0, sizeof(*e));
	if (!parse_port(&number, port))
		return (false);
	if (inet_pton(AF_INET, ip, &e->address.v4.sin_addr) == 1) {
		e->address.any.sa_family = AF_INET;
		e->len = sizeof(e->address.v4);
	} else if (parse_ipv6(&e->address.v6, ip)) {
		e->address.any.sa_family = AF_INET6;
		e->len = sizeof(e->address.v6);
	} else
		return (false);
	end_set_port(e, number);
	return (true);
}

/* both families have it at one place; say so by name all the same */
uint16_t
end_port(const struct end *e)
{
	return (ntohs(e->address.any.sa_family == AF_INET ?
		e->address.v4.sin_port :
		e->address.v6.sin6_port));
}

void
end_set_port(struct end *e, uint16_t port)
{
	if (e->address.any.sa_family == AF_INET)
		e->address.v4.sin_port = htons(port);
	else
		e->address.v6.sin6_port = htons(port);
}

const void *
end_bytes(const struct end *e, size_t *len)
{
	if (e->address.any.sa_family == AF_INET) {
		*len = sizeof(e->address.v4.sin_addr);
		return (&e->address.v4.sin_addr);
	}
	*len = sizeof(e->address.v6.sin6_addr);
	return (&e->address.v6.sin6_addr);
}
