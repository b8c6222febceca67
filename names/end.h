/* SPDX-License-Identifier: ISC */
/*
 * end.h - one end of a connection, from its text.
 */
#ifndef NAMES_END_H
#define NAMES_END_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

struct end {
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address;
	socklen_t len;
};

/*
 * "192.0.2.1", "2001:db8::1" or "fe80::1%eth0", and a port.  False if they
 * are none.
 */
bool end_parse(struct end *, const char *ip, const char *port);

uint16_t end_port(const struct end *);
void end_set_port(struct end *, uint16_t);

/*
 * The address alone, in network order, and how many bytes it has.
 */
const void *end_bytes(const struct end *, size_t *len);

#endif
