/* SPDX-License-Identifier: ISC */
/*
 * rules_key.c - the keys under which a peer may stand in a cdb, in order.
 *
 * Runs in:  the keeper (SSL_USER).
 * Trusts:   the address, which the kernel told.
 * Refuses:  nothing; a key that would be longer than RULES_KEY_MAX is left
 *           out, since host and info come from others' name servers and
 *           ident daemons, and nobody writes a rule of that length.
 *
 * Four programs write such files, and their keys do not collide:
 *
 *	0.88    tcprules of ucspi-tcp 0.88
 *	Debian  tcprules of ucspi-tcp-ipv6 (the patch of Felix von Leitner)
 *	tcp6    tcprules of ucspi-tcp6 and ucspi-ssl (Erwin Hoffmann)
 *	s6      s6-accessrules-cdb-from-fs
 *
 * The order of `classic` is that of tcpserver, with the keys of the others
 * where their own servers have them:
 *
 *	1  info@ADDRESS, for each spelling of the address (see below)
 *	2  info@=host
 *	3  ADDRESS, for each spelling
 *	4  =host
 *	5  the address cut behind each '.' or ':', the longest first
 *	6  networks, the longest first, and of one length
 *	   the bits ("_0000e0g0", tcp6), the text ("10.0.0.0/8", which 0.88
 *	   and Debian store but never find), s6's ("ip4/10.0.0.0_8")
 *	7  =.suffix for each dot of the host, the longest first, then =
 *	8  reversedns/host, reversedns/parent..., reversedns/@ (s6)
 *	9  the empty key
 *
 * `longest` merges 5 into 6: a cut stands before the networks of its
 * length, where each '.' counts 8 bits and each ':' 16.
 *
 * Two things go beyond the servers that these files were written for.  tcp6
 * compiles a /1 but its search stops at /2; a rule that is there is found
 * here.  The text form goes down to /0.
 */
#include "rules_key.h"

#include <arpa/inet.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "peer.h"
#include "rules_proof.h"

enum { IPV4_BITS = 32, IPV6_BITS = 128 };

/*
 * The network of a given length that the address is in.
 */
struct network {
	uint8_t addr[16];
	char key[4 + INET6_ADDRSTRLEN + 4]; /* ip4/10.0.0.0_8 */
	size_t end;			    /* where the '/' or '_' goes */
};

struct walk {
	const struct rules_subject *subject;
	key_try *try;
	struct lookup *lookup;
	unsigned int width; /* of the address in bits; 0: there is none */
	struct rules_spelling spelling;
	char bits[RULES_BITS_MAX];
	struct network network;
};

static const char s6_ip4[] = "ip4/", s6_ip6[] = "ip6/";
static const char s6_host[] = "reversedns/";

/* ---------------------------------------------------------- spellings */

/*
 * Of an address without "::", write its first zero group as one.
 */
static bool
shorten_one_group(char *to, size_t size, const char *ip)
{
	const char *group;

	if (strstr(ip, "::") != NULL)
		return (false);
	for (group = ip; strcspn(group, ":") != 1 || *group != '0'; group++) {
		group += strcspn(group, ":");
		if (*group == '\0')
			return (false);
	}
	snprintf(to, size, "%.*s%s%s", (int)(group - ip), ip,
	    group == ip ? ":" : "", group[1] == '\0' ? ":" : group + 1);
	return (true);
}

static void
expand(char to[INET6_ADDRSTRLEN], const uint8_t addr[16])
{
	const uint8_t *a = addr;

	snprintf(to, INET6_ADDRSTRLEN,
	    "%02X%02X:%02X%02X:%02X%02X:%02X%02X:"
	    "%02X%02X:%02X%02X:%02X%02X:%02X%02X",
	    a[0], a[1], a[2], a[3], a[4], a[5], a[6], a[7], a[8], a[9], a[10],
	    a[11], a[12], a[13], a[14], a[15]);
}

static unsigned int
width_of(const struct peer *peer)
{
	switch (peer->family) {
	case PEER_IPV4:
		return (IPV4_BITS);
	case PEER_IPV6:
		return (IPV6_BITS);
	case PEER_UNIX:
		break;
	}
	return (0);
}

void
rules_spell(struct rules_spelling *s, const struct peer *peer)
{
	const struct endpoint *remote = &peer->remote;
	unsigned int width = width_of(peer);

	s->count = s->cuttable = 0;
	if (width == 0)
		return;
	snprintf(s->text[s->count++], INET6_ADDRSTRLEN, "%s", remote->ip);
	if (width == IPV6_BITS &&
	    shorten_one_group(s->text[s->count], INET6_ADDRSTRLEN, remote->ip))
		s->count++;
	s->cuttable = s->count;
	if (width == IPV6_BITS)
		expand(s->text[s->count++], remote->addr);
}

/* ----------------------------------------------------------- networks */

static bool
bit_is_set(const uint8_t *addr, unsigned int bit)
{
	return ((addr[bit / 8] & 0x80 >> bit % 8) != 0);
}

/*
 * tcp6 writes a clear bit as 0; a set one of IPv4 by its place, of IPv6 by
 * the number of set bits before it.
 */
size_t
rules_spell_bits(char bits[RULES_BITS_MAX], const struct peer *peer)
{
	static const char by_place[] = "abcdefghijklmnopqrstuvwxyz123456";
	unsigned int bit, count = 0, width = width_of(peer);
	const uint8_t *addr = peer->remote.addr;
	bool ipv4 = width == IPV4_BITS;

	bits[0] = ipv4 ? '_' : '^';
	for (bit = 0; bit < width; bit++) {
		if (!bit_is_set(addr, bit))
			bits[1 + bit] = '0';
		else if (ipv4)
			bits[1 + bit] = by_place[bit];
		else
			bits[1 + bit] = (char)('`' + count++);
	}
	return (1 + width);
}

static void
spell_network(struct walk *w)
{
	struct network *n = &w->network;
	bool ipv4 = w->width == IPV4_BITS;

	memcpy(n->key, ipv4 ? s6_ip4 : s6_ip6, 4);
	inet_ntop(ipv4 ? AF_INET : AF_INET6, n->addr, n->key + 4,
	    INET6_ADDRSTRLEN);
	n->end = strlen(n->key);
}

/*
 * From the network one bit longer to this one.  Most addresses are mostly
 * zeros, so the text seldom changes.
 */
static void
shrink_network(struct walk *w, unsigned int len)
{
	uint8_t *byte = &w->network.addr[len / 8];

	if (len == w->width || !bit_is_set(w->network.addr, len))
		return;
	*byte = (uint8_t)(*byte & ~(0x80 >> len % 8));
	spell_network(w);
}

static size_t
put_decimal(char *to, unsigned int number)
{
	size_t digits = number >= 100 ? 3 : number >= 10 ? 2 : 1;
	size_t i;

	for (i = digits; i-- > 0; number /= 10)
		to[i] = (char)('0' + number % 10);
	return (digits);
}

/*
 * To be called with each len from the width downwards.
 */
static bool
try_network(struct walk *w, unsigned int len)
{
	struct network *n = &w->network;
	size_t end;

	if (len > 0 && w->try(w->lookup, RULES_BY_TCPRULES, w->bits, 1 + len))
		return (true);
	shrink_network(w, len);
	end = n->end + 1 + put_decimal(n->key + n->end + 1, len);
	n->key[n->end] = '/';
	if (w->try(w->lookup, RULES_BY_TCPRULES, n->key + 4, end - 4))
		return (true);
	n->key[n->end] = '_';
	return (w->try(w->lookup, RULES_BY_S6, n->key, end));
}

/*
 * How much of the text stands for its first `bits` bits; 0: no cut is there.
 */
static size_t
cut(const char *text, unsigned int bits)
{
	unsigned int seen = 0;
	size_t i;

	for (i = 0; text[i] != '\0' && seen < bits; i++)
		seen += text[i] == ':' ? 16 : text[i] == '.' ? 8 : 0;
	return (seen == bits ? i : 0);
}

static bool
try_cuts(struct walk *w, unsigned int bits)
{
	size_t i, len;

	for (i = 0; i < w->spelling.cuttable && bits % 8 == 0; i++) {
		len = cut(w->spelling.text[i], bits);
		if (len > 0 &&
		    w->try(w->lookup, RULES_BY_TCPRULES, w->spelling.text[i],
			len))
			return (true);
	}
	return (false);
}

static bool
try_networks(struct walk *w, enum rules_match match)
{
	unsigned int len;

	if (w->width == 0)
		return (false);
	for (len = w->width; match == RULES_CLASSIC && len > 0; len--)
		if (try_cuts(w, len))
			return (true);
	for (len = w->width + 1; len-- > 0;) {
		if (match == RULES_LONGEST && len > 0 && try_cuts(w, len))
			return (true);
		if (try_network(w, len))
			return (true);
	}
	return (false);
}

/* --------------------------------------------------------- whole names */

static bool
try_joined(const struct walk *w, enum rules_writer writer, const char *first,
    const char *between, const char *last)
{
	size_t first_len = strlen(first), between_len = strlen(between);
	size_t last_len = strlen(last);
	char key[RULES_KEY_MAX];

	if (first_len >= sizeof(key) || last_len >= sizeof(key) ||
	    first_len + between_len + last_len >= sizeof(key))
		return (false);
	memcpy(key, first, first_len);
	memcpy(key + first_len, between, between_len);
	memcpy(key + first_len + between_len, last, last_len);
	return (w->try(w->lookup, writer, key,
	    first_len + between_len + last_len));
}

static bool
try_info(const struct walk *w)
{
	const char *host = w->subject->host, *info = w->subject->info;
	size_t i;

	/* an ident server of the peer's could spell a key of a certificate */
	if (info == NULL || rules_key_is_proof(info, strlen(info)))
		return (false);
	for (i = 0; i < w->spelling.count; i++)
		if (try_joined(w, RULES_BY_TCPRULES, info, "@",
			w->spelling.text[i]))
			return (true);
	return (host != NULL &&
	    try_joined(w, RULES_BY_TCPRULES, info, "@=", host));
}

static bool
try_address(const struct walk *w)
{
	size_t i;

	for (i = 0; i < w->spelling.count; i++)
		if (w->try(w->lookup, RULES_BY_TCPRULES, w->spelling.text[i],
			strlen(w->spelling.text[i])))
			return (true);
	return (false);
}

static bool
try_host(const struct walk *w)
{
	return (w->subject->host != NULL &&
	    try_joined(w, RULES_BY_TCPRULES, "=", "", w->subject->host));
}

/*
 * "=.example.org" is for everything below example.org and not for itself.
 */
static bool
try_suffixes(const struct walk *w)
{
	const char *dot;

	if (w->subject->host == NULL)
		return (false);
	dot = w->subject->host;
	while ((dot = strchr(dot, '.')) != NULL)
		if (try_joined(w, RULES_BY_TCPRULES, "=", "", dot++))
			return (true);
	return (w->try(w->lookup, RULES_BY_TCPRULES, "=", 1));
}

/*
 * "reversedns/example.org" is for example.org and everything below.
 */
static bool
try_s6_host(const struct walk *w)
{
	const char *name, *dot;

	if (w->subject->host == NULL)
		return (false);
	for (name = w->subject->host; *name != '\0'; name = dot + 1) {
		if (try_joined(w, RULES_BY_S6, s6_host, "", name))
			return (true);
		if ((dot = strchr(name, '.')) == NULL)
			break;
	}
	return (try_joined(w, RULES_BY_S6, s6_host, "", "@"));
}

bool
rules_each_key(const struct rules_subject *subject, enum rules_match match,
    key_try *try, struct lookup *lookup)
{
	struct walk w = { .subject = subject, .try = try, .lookup = lookup };

	w.width = width_of(subject->peer);
	rules_spell(&w.spelling, subject->peer);
	if (try_info(&w) || try_address(&w) || try_host(&w))
		return (true);
	if (w.width > 0) {
		memcpy(w.network.addr, subject->peer->remote.addr, w.width / 8);
		spell_network(&w);
		rules_spell_bits(w.bits, subject->peer);
	}
	return (try_networks(&w, match) || try_suffixes(&w) ||
	    try_s6_host(&w) || try(lookup, RULES_BY_TCPRULES, "", 0));
}

bool
rules_key_is_s6(const char *key, size_t len)
{
	static const char *const prefixes[] = { s6_ip4, s6_ip6, s6_host, "uid/",
		"gid/" };
	size_t i;

	for (i = 0; i < sizeof(prefixes) / sizeof(*prefixes); i++)
		if (len >= strlen(prefixes[i]) &&
		    memcmp(key, prefixes[i], strlen(prefixes[i])) == 0)
			return (true);
	return (false);
}
