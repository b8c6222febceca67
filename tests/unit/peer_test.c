/* SPDX-License-Identifier: ISC */
/*
 * peer_test.c - both ends of a socket, as text.
 */
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/ipv6.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "peer.h"

struct ends {
	int server, client;
};

/*
 * A connection to `to` by a socket of its family, accepted by one that
 * listens on `on`.
 */
static struct ends
connected(const struct sockaddr *on, socklen_t on_len, struct sockaddr *to,
    socklen_t to_len, in_port_t *to_port)
{
	struct sockaddr_in6 bound = { 0 };
	socklen_t len = sizeof(bound);
	struct ends e;
	const int l = socket(on->sa_family, SOCK_STREAM, 0);

	CHECK(bind(l, on, on_len) == 0 && listen(l, 1) == 0);
	CHECK(getsockname(l, (struct sockaddr *)&bound, &len) == 0);
	*to_port = bound.sin6_port; /* at the same place in sockaddr_in */
	e.client = socket(to->sa_family, SOCK_STREAM, 0);
	CHECK(connect(e.client, to, to_len) == 0);
	e.server = accept(l, NULL, NULL);
	CHECK(e.server != -1);
	close(l);
	return (e);
}

/*
 * What the server's end says is what the client's end says, crosswise.
 */
static struct peer
peer_of(const struct ends *e)
{
	struct peer server, client;

	CHECK(peer_of_socket(&server, e->server) == 0);
	CHECK(peer_of_socket(&client, e->client) == 0);
	CHECK(server.family == client.family);
	CHECK(memcmp(&server.remote, &client.local, sizeof(server.remote)) ==
	    0);
	CHECK(memcmp(&server.local, &client.remote, sizeof(server.local)) == 0);
	return (server);
}

static struct sockaddr_in
loopback4(void)
{
	return ((struct sockaddr_in){
	    .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) });
}

CASE(an_ipv4_peer_is_told)
{
	const struct sockaddr_in on = loopback4();
	struct sockaddr_in to = on;
	const struct ends e = connected((const struct sockaddr *)&on,
	    sizeof(on), (struct sockaddr *)&to, sizeof(to), &to.sin_port);
	const struct peer p = peer_of(&e);
	char text[ENDPOINT_TEXT_MAX], wanted[64];

	CHECK(p.family == PEER_IPV4);
	CHECK_STR(p.remote.ip, "127.0.0.1");
	CHECK_STR(p.remote.zone, "");
	CHECK(memcmp(p.remote.addr, "\x7f\0\0\1", 5) == 0);
	CHECK(p.local.port == ntohs(to.sin_port) && p.remote.port != 0);
	snprintf(wanted, sizeof(wanted), "127.0.0.1:%u", p.local.port);
	CHECK_STR(endpoint_text(&p, &p.local, text), wanted);
	CHECK_STR(peer_proto(&p), "TCP");
}

CASE(an_ipv6_peer_is_told)
{
	const struct sockaddr_in6 on = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_in6 to = on;
	const struct ends e = connected((const struct sockaddr *)&on,
	    sizeof(on), (struct sockaddr *)&to, sizeof(to), &to.sin6_port);
	const struct peer p = peer_of(&e);
	char text[ENDPOINT_TEXT_MAX], wanted[64];

	CHECK(p.family == PEER_IPV6);
	CHECK_STR(p.remote.ip, "::1");
	CHECK_STR(p.remote.zone, "");
	CHECK(memcmp(p.remote.addr, &in6addr_loopback, 16) == 0);
	CHECK(p.local.port == ntohs(to.sin6_port));
	snprintf(wanted, sizeof(wanted), "[::1]:%u", p.local.port);
	CHECK_STR(endpoint_text(&p, &p.local, text), wanted);
	CHECK_STR(peer_proto(&p), "TCP6");
}

CASE(a_v4_mapped_peer_counts_as_ipv4)
{
	const struct sockaddr_in6 on = { .sin6_family = AF_INET6,
		.sin6_addr = IN6ADDR_ANY_INIT };
	struct sockaddr_in to = loopback4();
	const struct ends e = connected((const struct sockaddr *)&on,
	    sizeof(on), (struct sockaddr *)&to, sizeof(to), &to.sin_port);
	const struct peer p = peer_of(&e);

	CHECK(p.family == PEER_IPV4);
	CHECK_STR(p.remote.ip, "127.0.0.1");
	CHECK_STR(p.local.ip, "127.0.0.1");
	CHECK(memcmp(p.local.addr, "\x7f\0\0\1\0\0\0\0\0\0\0\0\0\0\0", 16) ==
	    0);
	CHECK_STR(peer_proto(&p), "TCP");
}

CASE(a_unix_peer_has_no_address)
{
	struct ends e;
	int pair[2];
	struct peer p;
	char text[ENDPOINT_TEXT_MAX];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, pair) == 0);
	e.server = pair[0];
	e.client = pair[1];
	p = peer_of(&e);
	CHECK(p.family == PEER_UNIX);
	CHECK_STR(p.remote.ip, "");
	CHECK(p.remote.port == 0);
	CHECK_STR(endpoint_text(&p, &p.remote, text), "unix");
	CHECK_STR(peer_proto(&p), "UNIX");
}

/*
 * The kernel makes a new address usable a moment later, by a worker.
 */
static bool
usable(const struct sockaddr_in6 *at)
{
	int tries, result = -1;

	for (tries = 0; result != 0 && tries < 1000; tries++) {
		const int fd = socket(AF_INET6, SOCK_STREAM, 0);

		result = bind(fd, (const struct sockaddr *)at, sizeof(*at));
		close(fd);
		if (result != 0)
			poll(NULL, 0, 10);
	}
	return (result == 0);
}

/*
 * fe80::1 on the loopback interface of a network of our own.
 */
static struct sockaddr_in6
own_link_local(void)
{
	struct ifreq lo = { .ifr_name = "lo" };
	struct sockaddr_in6 at = { .sin6_family = AF_INET6 };
	struct in6_ifreq add = { .ifr6_prefixlen = 64 };
	int fd;

	CHECK(unshare(geteuid() == 0 ? CLONE_NEWNET :
				       CLONE_NEWUSER | CLONE_NEWNET) == 0);
	fd = socket(AF_INET6, SOCK_DGRAM, 0);
	CHECK(ioctl(fd, SIOCGIFFLAGS, &lo) == 0);
	lo.ifr_flags |= IFF_UP;
	CHECK(ioctl(fd, SIOCSIFFLAGS, &lo) == 0);
	CHECK(inet_pton(AF_INET6, "fe80::1", &at.sin6_addr) == 1);
	at.sin6_scope_id = if_nametoindex("lo");
	add.ifr6_addr = at.sin6_addr;
	add.ifr6_ifindex = (int)at.sin6_scope_id;
	CHECK(ioctl(fd, SIOCSIFADDR, &add) == 0);
	close(fd);
	CHECK(usable(&at));
	return (at);
}

CASE(a_link_local_peer_has_a_zone)
{
	const struct sockaddr_in6 on = own_link_local();
	struct sockaddr_in6 to = on;
	const struct ends e = connected((const struct sockaddr *)&on,
	    sizeof(on), (struct sockaddr *)&to, sizeof(to), &to.sin6_port);
	const struct peer p = peer_of(&e);

	CHECK_STR(p.remote.ip, "fe80::1");
	CHECK_STR(p.remote.zone, "lo");
	CHECK_STR(p.local.zone, "lo");
}

CASE(a_link_local_address_shows_its_interface)
{
	struct peer p = { .family = PEER_IPV6,
		.remote = { .ip = "fe80::1", .port = 993, .zone = "eth0" } };
	char text[ENDPOINT_TEXT_MAX];

	CHECK_STR(endpoint_text(&p, &p.remote, text), "[fe80::1%eth0]:993");
}

CASE(the_longest_endpoint_fits)
{
	struct peer p = { .family = PEER_IPV6,
		.remote = {
		    .ip = "fe80:1111:2222:3333:4444:5555:255.255.255.255",
		    .port = 65535,
		    .zone = "fifteen-letters" } };
	char text[ENDPOINT_TEXT_MAX];

	CHECK_STR(endpoint_text(&p, &p.remote, text),
	    "[fe80:1111:2222:3333:4444:5555:255.255.255.255%fifteen-letters]"
	    ":65535");
}

CASE(what_is_not_connected_has_no_peer)
{
	struct peer p;

	errno = 0;
	CHECK(peer_of_socket(&p, socket(AF_INET, SOCK_STREAM, 0)) == -1);
	CHECK(errno == ENOTCONN);
	CHECK(peer_of_socket(&p, STDIN_FILENO) == -1);
	CHECK(errno == ENOTSOCK);
}

CASE(another_address_family_is_refused)
{
	struct peer p;
	const int fd = socket(AF_NETLINK, SOCK_RAW, 0);

	/* a netlink socket always has the kernel as its peer */
	CHECK(fd != -1);
	CHECK(peer_of_socket(&p, fd) == -1);
	CHECK(errno == EAFNOSUPPORT);
}

static const struct check_case cases[] = { C(an_ipv4_peer_is_told),
	C(an_ipv6_peer_is_told), C(a_v4_mapped_peer_counts_as_ipv4),
	C(a_unix_peer_has_no_address), C(a_link_local_peer_has_a_zone),
	C(a_link_local_address_shows_its_interface),
	C(the_longest_endpoint_fits), C(what_is_not_connected_has_no_peer),
	C(another_address_family_is_refused), { 0 } };

RUN(cases)
