/* SPDX-License-Identifier: ISC */
/*
 * rule_keys.c - the keys of a cdb that the address of a rule stands for.
 *
 * Runs in:  tlsshim-rules, with the rights of whoever types it.
 * Trusts:   nothing of the line.
 * Refuses:  an address that no peer has, so that its rule is never found.
 *
 * How a key is spelled is the reader's to say (rules_key.h, rules_proof.h).
 */
#include "rule_keys.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "complaint.h"
#include "rules_key.h"
#include "rules_proof.h"
#include "server_name.h"

enum { OCTETS = 4, OCTET_MAX = 255, GROUPS = 8 };

static void
add(struct keys *k, const char *bytes, size_t len)
{
	memcpy(k->key[k->count].bytes, bytes, len);
	k->key[k->count++].len = len;
}

static void
add_text(struct keys *k, const char *text)
{
	add(k, text, strlen(text));
}

/* ------------------------------------------------------------ addresses */

static void
set_text(struct peer *p)
{
	inet_ntop(p->family == PEER_IPV4 ? AF_INET : AF_INET6, p->remote.addr,
	    p->remote.ip, sizeof(p->remote.ip));
}

/*
 * As the kernel tells it.
 */
static bool
read_address(struct peer *p, const char *text)
{
	memset(p, 0, sizeof(*p));
	if (inet_pton(AF_INET, text, p->remote.addr) == 1)
		p->family = PEER_IPV4;
	else if (inet_pton(AF_INET6, text, p->remote.addr) == 1)
		p->family = PEER_IPV6;
	else
		return (false);
	set_text(p);
	return (true);
}

/*
 * ::ffff:0:0/96 (RFC 4291, 2.5.5.2)
 */
static bool
is_mapped(const struct peer *p)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return (p->family == PEER_IPV6 &&
	    memcmp(p->remote.addr, prefix, sizeof(prefix)) == 0);
}

static void
unmap(struct peer *p)
{
	memmove(p->remote.addr, p->remote.addr + 12, OCTETS);
	p->family = PEER_IPV4;
	set_text(p);
}

bool
keys_peer(struct peer *p, const char *ip)
{
	if (!read_address(p, ip))
		return (false);
	if (is_mapped(p))
		unmap(p);
	return (true);
}

static int
refuse_mapped(struct peer *p, struct complaint *c)
{
	unmap(p);
	return (complain(c, "such peers count as IPv4: write %s",
	    p->remote.ip));
}

static int
take_address(struct keys *k, struct peer *p, struct complaint *c)
{
	struct rules_spelling s;
	size_t i;

	if (is_mapped(p))
		return (refuse_mapped(p, c));
	rules_spell(&s, p);
	for (i = 0; i < s.count; i++)
		add_text(k, s.text[i]);
	return (0);
}

/* ------------------------------------------------------------- networks */

/*
 * Clear what lies behind the first `len` bits; true if that changed it.
 */
static bool
mask(struct peer *p, unsigned int len)
{
	unsigned int bit, width = p->family == PEER_IPV4 ? 32 : 128;
	bool changed = false;
	uint8_t *byte;

	for (bit = len; bit < width; bit++) {
		byte = &p->remote.addr[bit / 8];
		changed = changed || (*byte & 0x80 >> bit % 8) != 0;
		*byte = (uint8_t)(*byte & ~(0x80 >> bit % 8));
	}
	set_text(p);
	return (changed);
}

/*
 * A number in decimal without leading zeros, at most `most`; -1: it is none.
 */
static int
number(const char *text, size_t len, int most)
{
	int value = 0;
	size_t i;

	if (len == 0 || (text[0] == '0' && len > 1))
		return (-1);
	for (i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return (-1);
		value = value * 10 + (text[i] - '0');
		if (value > most)
			return (-1);
	}
	return (value);
}

/*
 * In text, which our reader finds and which tcprules leaves as it is; and in
 * bits for ucspi-tcp6 and sslserver, who have none for a length of 0.
 */
static void
add_network(struct keys *k)
{
	char text[INET6_ADDRSTRLEN + 4], bits[RULES_BITS_MAX];

	snprintf(text, sizeof(text), "%s/%u", k->network.remote.ip, k->len);
	add_text(k, text);
	rules_spell_bits(bits, &k->network);
	if (k->len > 0)
		add(k, bits, 1 + k->len);
}

static int
take_network(struct keys *k, const char *text, const char *slash,
    struct complaint *c)
{
	char ip[INET6_ADDRSTRLEN];
	int len, width;

	snprintf(ip, sizeof(ip), "%.*s", (int)(slash - text), text);
	if ((size_t)(slash - text) >= sizeof(ip) ||
	    !read_address(&k->network, ip))
		return (complain(c,
		    "no address in front of the \"/\": write "
		    "all of it, as 10.0.0.0/8"));
	width = k->network.family == PEER_IPV4 ? 32 : 128;
	len = number(slash + 1, strlen(slash + 1), width);
	if (len == -1)
		return (complain(c,
		    "behind the \"/\" goes a number from 0 to "
		    "%d",
		    width));
	if (is_mapped(&k->network) && len >= 96) {
		unmap(&k->network);
		return (complain(c, "such peers count as IPv4: write %s/%d",
		    k->network.remote.ip, len - 96));
	}
	k->len = (unsigned int)len;
	if (mask(&k->network, k->len))
		return (complain(c,
		    "has bits behind its first %d: write "
		    "%s/%d",
		    len, k->network.remote.ip, len));
	k->is_network = true;
	add_network(k);
	return (0);
}

/* ------------------------------------------------- prefixes and ranges */

/*
 * 10.1. or 10.0.1-3.: octets, one of which may be a range.
 */
struct octets {
	size_t count;
	bool dot; /* behind the last */
	int low[OCTETS], high[OCTETS];
	size_t ranges, range; /* how many, and which is the last */
};

static int
take_octet(struct octets *o, const char *text, size_t len)
{
	const char *hyphen = memchr(text, '-', len);
	size_t low = hyphen == NULL ? len : (size_t)(hyphen - text);
	size_t i = o->count++;

	o->low[i] = o->high[i] = number(text, low, OCTET_MAX);
	if (hyphen != NULL) {
		o->high[i] = number(hyphen + 1, len - low - 1, OCTET_MAX);
		o->range = i;
		o->ranges++;
	}
	return (o->low[i] == -1 || o->high[i] == -1 ? -1 : 0);
}

static int
take_octets(struct octets *o, const char *text)
{
	size_t len;

	memset(o, 0, sizeof(*o));
	while (*text != '\0') {
		len = strcspn(text, ".");
		if (o->count == OCTETS || take_octet(o, text, len) == -1)
			return (-1);
		o->dot = text[len] == '.';
		text += len + (o->dot ? 1 : 0);
	}
	return (0);
}

static void
add_octets(struct keys *k, const struct octets *o, int in_range)
{
	char text[INET_ADDRSTRLEN + 1];
	size_t i, at = 0;

	for (i = 0; i < o->count; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%d%s",
		    o->ranges > 0 && i == o->range ? in_range : o->low[i],
		    i + 1 < o->count || o->dot ? "." : "");
	add(k, text, at);
}

static int
take_ipv4(struct keys *k, const char *text, struct complaint *c)
{
	struct octets o;
	int i;

	if (take_octets(&o, text) == -1)
		return (complain(c,
		    "no IPv4 address, prefix (10.1.) or range "
		    "(10.1.2.3-17): numbers go from 0 to 255, "
		    "without zeros in front"));
	if (o.ranges > 1)
		return (complain(c,
		    "more than one range: write a line for "
		    "each"));
	if (o.low[o.range] > o.high[o.range])
		return (complain(c, "a range goes upwards: write %d-%d",
		    o.high[o.range], o.low[o.range]));
	if (o.count < OCTETS && !o.dot)
		return (complain(c,
		    "is no whole address: a prefix ends with "
		    "a dot"));
	if (o.count == OCTETS && o.dot)
		return (complain(c,
		    "a dot behind a whole address: take it "
		    "out"));
	for (i = o.low[o.range]; i <= o.high[o.range]; i++)
		add_octets(k, &o, i);
	return (0);
}

/*
 * 2001:db8: as Debian's ucspi-tcp-ipv6 has it: whole groups of the address's
 * text.  A group of zeros may be left out of that, and the prefix would miss.
 */
static int
take_ipv6_prefix(struct keys *k, const char *text, struct complaint *c)
{
	char canonical[INET6_ADDRSTRLEN] = "", *after;
	size_t groups = 0, at = 0;
	unsigned long group;

	for (; *text != '\0'; text = after + 1) {
		group = strtoul(text, &after, 16);
		if (strspn(text, "0123456789abcdefABCDEF") !=
			(size_t)(after - text) ||
		    after == text || after - text > 4 || *after != ':' ||
		    ++groups == GROUPS)
			return (complain(c,
			    "no IPv6 address or prefix "
			    "(2001:db8:)"));
		if (group == 0)
			return (complain(c,
			    "a group of zeros has several "
			    "spellings: write a network, as "
			    "2001:db8::/48"));
		at += (size_t)snprintf(canonical + at, sizeof(canonical) - at,
		    "%lx:", group);
	}
	add(k, canonical, at);
	return (0);
}

static int
take_ip(struct keys *k, const char *text, struct complaint *c)
{
	const char *slash = strchr(text, '/');
	struct peer p;

	if (slash != NULL)
		return (take_network(k, text, slash, c));
	if (read_address(&p, text))
		return (take_address(k, &p, c));
	if (strchr(text, ':') != NULL)
		return (take_ipv6_prefix(k, text, c));
	return (take_ipv4(k, text, c));
}

/* ---------------------------------------------------------------- names */

/*
 * Behind the "=".
 */
static int
take_host(struct keys *k, const char *host, struct complaint *c)
{
	char key[2 + SERVER_NAME_MAX + 1] = "=";
	size_t dot = host[0] == '.' ? 1 : 0;

	key[1] = '.';
	if (*host == '\0')
		add_text(k, "=");
	else if (server_name_copy(key + 1 + dot, (const uint8_t *)host + dot,
		     strlen(host + dot)))
		add_text(k, key);
	else
		return (complain(c,
		    "no name of a host: letters, digits, "
		    "hyphens and dots, as =mx.example.org or "
		    "=.example.org"));
	return (0);
}

static bool
is_info(const char *info, size_t len)
{
	size_t i;

	for (i = 0; i < len; i++)
		if ((unsigned char)info[i] < ' ' || info[i] == 0x7f)
			return (false);
	return (len > 0 && !rules_key_is_proof(info, len));
}

/*
 * It is asked for with the whole address and the whole name only.
 */
static int
take_info(struct keys *k, const char *text, const char *at, struct complaint *c)
{
	static struct keys behind;
	char key[RULES_KEY_MAX];
	struct peer p;
	int len;
	size_t i;

	memset(&behind, 0, sizeof(behind));
	if (!is_info(text, (size_t)(at - text)))
		return (complain(c, "no ident's answer in front of the \"@\""));
	if (at[1] == '=' ? at[2] == '\0' || at[2] == '.' :
			   !read_address(&p, at + 1))
		return (complain(c,
		    "behind INFO@ goes one whole address, or = "
		    "and one whole host name: anything less "
		    "is never looked up"));
	if ((at[1] == '=' ? take_host(&behind, at + 2, c) :
			    take_address(&behind, &p, c)) == -1)
		return (-1);
	for (i = 0; i < behind.count; i++) {
		len = snprintf(key, sizeof(key), "%.*s@%.*s", (int)(at - text),
		    text, (int)behind.key[i].len, behind.key[i].bytes);
		if (len >= RULES_KEY_MAX)
			return (complain(c,
			    "too long: no such key is ever "
			    "looked up"));
		add(k, key, (size_t)len);
	}
	return (0);
}

/* ------------------------------------------------------- the handshake */

static const char hex[] = "0123456789abcdefABCDEF";

/*
 * cert=sha256:HEX and spki=sha256:HEX are of one length.
 */
static int
take_hash(struct keys *k, const char *text, struct complaint *c)
{
	char key[RULES_KEY_MAX];
	size_t len = strlen(text), i;

	if (len != strlen("cert=sha256:") + 64 ||
	    strspn(text + strlen("cert=sha256:"), hex) != 64)
		return (complain(c,
		    "behind sha256: go 64 hex digits, without "
		    "colons"));
	for (i = 0; i <= len; i++)
		key[i] = text[i];
	for (i = strlen("cert=sha256:"); i < len; i++)
		if (key[i] >= 'A' && key[i] <= 'F')
			key[i] = (char)(key[i] - 'A' + 'a');
	add_text(k, key);
	return (0);
}

static int
take_san_ip(struct keys *k, const char *ip, struct complaint *c)
{
	char key[sizeof("san=ip:") + INET6_ADDRSTRLEN];
	struct peer p;

	if (!read_address(&p, ip))
		return (complain(c, "no address behind san=ip:"));
	snprintf(key, sizeof(key), "san=ip:%s", p.remote.ip);
	add_text(k, key);
	return (0);
}

static int
take_proof(struct keys *k, const char *text, struct complaint *c)
{
	char key[RULES_KEY_MAX];
	size_t len;

	if (strstr(text, "=sha256:") == text + 4)
		return (take_hash(k, text, c));
	if (strncmp(text, "san=ip:", 7) == 0)
		return (take_san_ip(k, text + 7, c));
	if ((len = rules_proof_key(key, text, strlen(text))) == 0)
		return (complain(c,
		    "no such value is ever looked up: it is "
		    "empty, too long, or has bytes that none "
		    "of its kind has"));
	add(k, key, len);
	return (0);
}

int
keys_of(struct keys *k, const char *address, size_t len, struct complaint *c)
{
	char text[RULES_KEY_MAX];
	const char *at;

	k->count = 0;
	k->is_network = false;
	if (len >= sizeof(text))
		return (complain(c, "too long: no such key is ever looked up"));
	if (memchr(address, '\0', len) != NULL)
		return (complain(c, "a NUL is in no address"));
	memcpy(text, address, len);
	text[len] = '\0';
	if (len == 0) {
		add(k, "", 0);
		return (0);
	}
	if (text[0] == '=')
		return (take_host(k, text + 1, c));
	if (rules_key_is_proof(text, len))
		return (take_proof(k, text, c));
	if ((at = strrchr(text, '@')) != NULL)
		return (take_info(k, text, at, c));
	if (strchr(text, '=') != NULL)
		return (complain(c,
		    "unknown key: known are cert=sha256: "
		    "spki=sha256: san=email: san=dns: san=uri: "
		    "san=ip: cn= issuer= sni= alpn="));
	if (rules_key_is_s6(text, len))
		return (complain(c,
		    "a key of s6-accessrules: write ADDRESS/LEN "
		    "or =HOST"));
	return (take_ip(k, text, c));
}
