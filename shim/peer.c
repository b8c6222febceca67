/* SPDX-License-Identifier: ISC */
/*
 * peer.c - who is at the other end of a connection, as text.
 *
 * Runs in:  the process before it forks; the texts everywhere.
 * Trusts:   the kernel.
 */
#include "peer.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

union address {
	struct sockaddr any;
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	struct sockaddr_storage room;
};

enum peer_family
endpoint_set(struct endpoint *e, const uint8_t *addr, size_t len, uint16_t port)
{
	struct in6_addr v6 = IN6ADDR_ANY_INIT;

	if (len == sizeof(v6))
		memcpy(&v6, addr, sizeof(v6));
	if (IN6_IS_ADDR_V4MAPPED(&v6))
		return (endpoint_set(e, addr + 12, 4, port));
	*e = (struct endpoint){ .port = port };
	memcpy(e->addr, addr, len);
	inet_ntop(len == 4 ? AF_INET : AF_INET6, e->addr, e->ip, sizeof(e->ip));
	return (len == 4 ? PEER_IPV4 : PEER_IPV6);
}

static enum peer_family
set_ipv4(struct endpoint *e, const struct sockaddr_in *from)
{
	uint8_t addr[sizeof(from->sin_addr)];

	memcpy(addr, &from->sin_addr, sizeof(addr));
	return (endpoint_set(e, addr, sizeof(addr), ntohs(from->sin_port)));
}

static enum peer_family
set_ipv6(struct endpoint *e, const struct sockaddr_in6 *from)
{
	enum peer_family family = endpoint_set(e, from->sin6_addr.s6_addr,
	    sizeof(from->sin6_addr.s6_addr), ntohs(from->sin6_port));

	/* RFC 4007: only these are ambiguous without their interface */
	if (IN6_IS_ADDR_LINKLOCAL(&from->sin6_addr) &&
	    from->sin6_scope_id != 0 &&
	    if_indextoname(from->sin6_scope_id, e->zone) == NULL)
		snprintf(e->zone, sizeof(e->zone), "%u", from->sin6_scope_id);
	return (family);
}

/*
 * The family it counts as, or -1 with errno set.
 */
static int
set_endpoint(struct endpoint *e, const union address *from)
{
	switch (from->any.sa_family) {
	case AF_UNIX:
		return (PEER_UNIX);
	case AF_INET:
		return ((int)set_ipv4(e, &from->v4));
	case AF_INET6:
		return ((int)set_ipv6(e, &from->v6));
	default:
		errno = EAFNOSUPPORT;
		return (-1);
	}
}

int
peer_of_socket(struct peer *p, int fd)
{
	union address remote, local;
	socklen_t remote_len = sizeof(remote), local_len = sizeof(local);
	int family;

	memset(p, 0, sizeof(*p));
	if (getpeername(fd, &remote.any, &remote_len) != 0 ||
	    getsockname(fd, &local.any, &local_len) != 0)
		return (-1);
	family = set_endpoint(&p->remote, &remote);
	if (family == -1 || set_endpoint(&p->local, &local) == -1)
		return (-1);
	p->family = (enum peer_family)family;
	return (0);
}

const char *
endpoint_text(const struct peer *p, const struct endpoint *e,
    char text[ENDPOINT_TEXT_MAX])
{
	switch (p->family) {
	case PEER_IPV4:
		snprintf(text, ENDPOINT_TEXT_MAX, "%s:%u", e->ip, e->port);
		break;
	case PEER_IPV6:
		snprintf(text, ENDPOINT_TEXT_MAX, "[%s%s%s]:%u", e->ip,
		    *e->zone == '\0' ? "" : "%", e->zone, e->port);
		break;
	case PEER_UNIX:
		snprintf(text, ENDPOINT_TEXT_MAX, "unix");
		break;
	}
	return (text);
}

const char *
peer_proto(const struct peer *p)
{
	switch (p->family) {
	case PEER_IPV4:
		return ("TCP");
	case PEER_IPV6:
		return ("TCP6");
	case PEER_UNIX:
		break;
	}
	return ("UNIX");
}
