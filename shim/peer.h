/* SPDX-License-Identifier: ISC */
/*
 * peer.h - who is at the other end of a connection, as text.
 *
 * A v4-mapped IPv6 address counts as IPv4 in every respect.  Runs before
 * the fork: NET and KEEPER both inherit what the kernel said of the socket
 * before a byte of it was read.
 */
#ifndef SHIM_PEER_H
#define SHIM_PEER_H

#include <net/if.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>

enum peer_family { PEER_IPV4, PEER_IPV6, PEER_UNIX };

struct endpoint {
	char ip[INET6_ADDRSTRLEN]; /* canonical text (RFC 5952), no zone */
	uint8_t addr[16];	   /* network order; the first 4 for IPv4 */
	uint16_t port;		   /* host order */
	char zone[IF_NAMESIZE];	   /* link-local scope's interface, or "" */
};

struct peer {
	enum peer_family family;
	struct endpoint remote; /* unset for PEER_UNIX, like local */
	struct endpoint local;
};

enum { ENDPOINT_TEXT_MAX = INET6_ADDRSTRLEN + IF_NAMESIZE + 10 };

/*
 * Ask the kernel who is connected to fd.  0, or -1 with errno set.
 */
int peer_of_socket(struct peer *, int fd);

/*
 * One end, from an address in network order of 4 bytes or 16, and a port in
 * the host's.  The family it counts as.
 */
enum peer_family
endpoint_set(struct endpoint *, const uint8_t *addr, size_t len, uint16_t port);

/*
 * "192.0.2.1:993", "[2001:db8::1]:993", "[fe80::1%eth0]:993"; "unix" for
 * PEER_UNIX.  Returns text.
 */
const char *endpoint_text(const struct peer *, const struct endpoint *,
    char text[ENDPOINT_TEXT_MAX]);

/*
 * "TCP", "TCP6" or "UNIX": the PROTO of ucspi.
 */
const char *peer_proto(const struct peer *);

#endif
