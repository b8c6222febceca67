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

static void
set_ipv4(struct endpoint *e, const void *addr, in_port_t port)
{
	memcpy(e->addr, addr, sizeof(struct in_addr));
	e->port = ntohs(port);
	inet_ntop(AF_INET, addr, e->ip, sizeof(e->ip));
}

static void
set_ipv6(struct endpoint *e, const struct sockaddr_in6 *from)
{
	memcpy(e->addr, &from->sin6_addr, sizeof(e->addr));
	e->port = ntohs(from->sin6_port);
	inet_ntop(AF_INET6, e->addr, e->ip, sizeof(e->ip));
	/* RFC 4007: only these are ambiguous without their interface */
	if (IN6_IS_ADDR_LINKLOCAL(&from->sin6_addr) &&
	    from->sin6_scope_id != 0 &&
	    if_indextoname(from->sin6_scope_id, e->zone) == NULL)
		snprintf(e->zone, sizeof(e->zone), "%u", from->sin6_scope_id);
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
		set_ipv4(e, &from->v4.sin_addr, from->v4.sin_port);
		return (PEER_IPV4);
	case AF_INET6:
		if (IN6_IS_ADDR_V4MAPPED(&from->v6.sin6_addr)) {
			set_ipv4(e, &from->v6.sin6_addr.s6_addr[12],
			    from->v6.sin6_port);
			return (PEER_IPV4);
		}
		set_ipv6(e, &from->v6);
		return (PEER_IPV6);
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
