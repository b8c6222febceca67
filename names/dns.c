/* SPDX-License-Identifier: ISC */
/*
 * dns.c - the name of an address, and whether that name has the address.
 *
 * Runs in:  tlsshim-names; but for dns_open confined.
 * Trusts:   nothing that a name server says: whoever has the address has the
 *           name server that tells its name.
 * Refuses:  names that are none; search domains, and every file.
 */
#include "dns.h"

#include <ares.h>
#include <netdb.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>

enum { TRY_MS = 1500, TRIES = 3 };

/* ------------------------------------------------------------------- open */

/*
 * c-ares tells which sockets it wants watched.
 */
static void
watch(void *argument, ares_socket_t fd, int read, int write)
{
	struct dns *d = argument;
	size_t i;

	for (i = 0; i < d->sockets && d->socket[i].fd != fd; i++)
		;
	if (i == DNS_FDS_MAX)
		/* its look-up comes to nothing, by its time */
		return;
	if (i == d->sockets)
		d->sockets++;
	d->socket[i].fd = fd;
	d->socket[i].read = read != 0;
	d->socket[i].write = write != 0;
	if (read == 0 && write == 0)
		d->socket[i] = d->socket[--d->sockets];
}

static int
set_servers(struct dns *d, const char *servers)
{
	char *list = strdup(servers), *at;
	int result;

	if (list == NULL)
		return (ARES_ENOMEM);
	for (at = list; *at != '\0'; at++)
		if (*at == ' ')
			*at = ',';
	result = ares_set_servers_ports_csv(d->channel, list);
	free(list);
	return (result);
}

/*
 * No search domains: a name of a peer's is whole, and never continued by one
 * of ours.
 */
const char *
dns_open(struct dns *d, const char *servers)
{
	static char only_dns[] = "b";
	struct ares_options o = {
		.timeout = TRY_MS,
		.tries = TRIES,
		.lookups = only_dns,
		.sock_state_cb = watch,
		.sock_state_cb_data = d,
	};
	int result;

	*d = (struct dns){ .channel = NULL };
	result = ares_library_init(ARES_LIB_INIT_ALL);
	if (result == ARES_SUCCESS)
		result = ares_init_options(&d->channel, &o,
		    ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS |
			ARES_OPT_DOMAINS | ARES_OPT_SOCK_STATE_CB);
	if (result != ARES_SUCCESS)
		return (ares_strerror(result));
	if (servers != NULL && set_servers(d, servers) != ARES_SUCCESS)
		return ("DNSCACHEIP: want addresses, blanks between them");
	return (NULL);
}

/* ---------------------------------------------------------------- look up */

static void confirm_next(struct dns_lookup *);

static void
finish(struct dns_lookup *l)
{
	l->dns->running--;
}

static bool
is_address_of(const struct ares_addrinfo_node *node, const struct end *end)
{
	struct end other = { .len = node->ai_addrlen };
	const void *a, *b;
	size_t a_len, b_len;

	if (node->ai_family != end->address.any.sa_family ||
	    node->ai_addrlen > sizeof(other.address))
		return (false);
	memcpy(&other.address, node->ai_addr, node->ai_addrlen);
	a = end_bytes(&other, &a_len);
	b = end_bytes(end, &b_len);
	return (a_len == b_len && memcmp(a, b, a_len) == 0);
}

static void
take_addresses(void *argument, int status, int timeouts,
    struct ares_addrinfo *found)
{
	struct dns_lookup *l = argument;
	struct ares_addrinfo_node *node;

	(void)timeouts;
	for (node = found == NULL ? NULL : found->nodes; node != NULL;
	     node = node->ai_next)
		if (is_address_of(node, l->of))
			*l->confirmed = true;
	if (found != NULL)
		ares_freeaddrinfo(found);
	if (*l->confirmed)
		strcpy(l->name, l->candidate[l->tried - 1]);
	if (*l->confirmed || status == ARES_EDESTRUCTION ||
	    status == ARES_ECANCELLED)
		finish(l);
	else
		confirm_next(l);
}

static void
confirm_next(struct dns_lookup *l)
{
	const struct ares_addrinfo_hints hints = {
		.ai_flags = ARES_AI_NOSORT,
		.ai_family = l->of->address.any.sa_family,
	};

	if (l->confirmed == NULL || l->tried == l->candidates)
		finish(l);
	else
		ares_getaddrinfo(l->dns->channel, l->candidate[l->tried++],
		    NULL, &hints, take_addresses, l);
}

static void
add_candidate(struct dns_lookup *l, const char *name)
{
	size_t i;

	if (name == NULL || l->candidates == DNS_NAMES_MAX ||
	    !server_name_copy(l->candidate[l->candidates],
		(const uint8_t *)name, strlen(name)))
		return;
	for (i = 0; i < l->candidates; i++)
		if (strcmp(l->candidate[i], l->candidate[l->candidates]) == 0)
			return;
	l->candidates++;
}

static void
take_names(void *argument, int status, int timeouts, struct hostent *found)
{
	struct dns_lookup *l = argument;
	char **alias;

	(void)timeouts;
	if (status != ARES_SUCCESS || found == NULL) {
		finish(l);
		return;
	}
	/* in the order of the answer; h_name is the last of them */
	for (alias = found->h_aliases; alias != NULL && *alias != NULL; alias++)
		add_candidate(l, *alias);
	add_candidate(l, found->h_name);
	if (l->candidates > 0)
		strcpy(l->name, l->candidate[0]);
	confirm_next(l);
}

void
dns_reverse(struct dns *d, struct dns_lookup *l, const struct end *of,
    char *name, bool *confirmed)
{
	size_t len;
	const void *bytes = end_bytes(of, &len);

	*l = (struct dns_lookup){
		.dns = d, .of = of, .name = name, .confirmed = confirmed
	};
	d->running++;
	ares_gethostbyaddr(d->channel, bytes, (int)len,
	    of->address.any.sa_family, take_names, l);
}

/* ------------------------------------------------------------------- work */

size_t
dns_wanted(const struct dns *d, struct pollfd p[DNS_FDS_MAX])
{
	size_t i;

	for (i = 0; i < d->sockets; i++)
		p[i] = (struct pollfd){ .fd = d->socket[i].fd,
			.events = (short)((d->socket[i].read ? POLLIN : 0) |
			    (d->socket[i].write ? POLLOUT : 0)) };
	return (d->sockets);
}

deadline
dns_until(const struct dns *d, deadline until)
{
	struct timeval room, *left = ares_timeout(d->channel, NULL, &room);

	if (left == NULL)
		return (until);
	/* rounded up, or we would wake too early, and once more */
	return (deadline_first(until,
	    deadline_in((unsigned int)(left->tv_sec * 1000 +
		left->tv_usec / 1000 + 1))));
}

void
dns_work(struct dns *d, const struct pollfd *p, size_t count)
{
	const short readable = POLLIN | POLLERR | POLLHUP;
	size_t i;

	for (i = 0; i < count; i++)
		if (p[i].revents != 0)
			ares_process_fd(d->channel,
			    (p[i].revents & readable) != 0 ? p[i].fd :
							     ARES_SOCKET_BAD,
			    (p[i].revents & POLLOUT) != 0 ? p[i].fd :
							    ARES_SOCKET_BAD);
	/* and what has taken too long */
	ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

void
dns_end(struct dns *d)
{
	ares_cancel(d->channel);
}
