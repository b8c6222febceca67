/* SPDX-License-Identifier: ISC */
/*
 * compile.c - rules from standard input, judged, into a cdb.
 *
 * Runs in:  tlsshim-rules, with the rights of whoever types it.
 * Trusts:   nothing of the lines.
 * Refuses:  a file with any line that is wrong, or that no peer reaches: the
 *           old cdb stays then.
 *
 * Records are written as the lines are read; what is kept of a line is its
 * keys, to find those that an earlier line has, and its network, to find at
 * the end what stands before it.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "complaint.h"
#include "exit.h"
#include "output.h"
#include "rule.h"
#include "rule_keys.h"
#include "rules_key.h"
#include "seen.h"
#include "tool.h"

struct network {
	struct peer peer;
	unsigned int len;
	size_t line;
};

struct compiler {
	const struct compile_order *order;
	struct output output;
	struct seen seen;
	struct network *networks;
	size_t network_count, network_room;
	size_t line, faults;
	bool trouble; /* of this host's, not the rules' */
};

/*
 * A fault of the rules.
 */
static void
fault(struct compiler *c, size_t line, const char *address, size_t len,
    const char *why)
{
	c->faults++;
	if (len == 0)
		tool_say("line %zu: %s", line, why);
	else
		tool_say("line %zu: %.*s: %s", line, (int)len, address, why);
}

static void
trouble(struct compiler *c, const char *why)
{
	c->trouble = true;
	tool_say("%s", why);
}

/* ---------------------------------------------------------------- lines */

/*
 * The first line that has one of the keys; *all: every key is taken.
 */
static size_t
earlier_line(const struct compiler *c, const struct keys *k, bool *all)
{
	size_t i, line, first = 0;

	*all = true;
	for (i = 0; i < k->count; i++) {
		line = seen_line(&c->seen, k->key[i].bytes, k->key[i].len);
		if (line == 0)
			*all = false;
		else if (first == 0)
			first = line;
	}
	return (first);
}

static int
keep_network(struct compiler *c, const struct keys *k)
{
	size_t room = c->network_room == 0 ? 1024 : 2 * c->network_room;
	struct network *more;

	if (!k->is_network)
		return (0);
	if (c->network_count == c->network_room) {
		more = reallocarray(c->networks, room, sizeof(*more));
		if (more == NULL)
			return (-1);
		c->networks = more;
		c->network_room = room;
	}
	c->networks[c->network_count++] = (struct network){ k->network, k->len,
		c->line };
	return (0);
}

static int
keep_keys(struct compiler *c, const struct keys *k)
{
	size_t i;

	for (i = 0; i < k->count; i++)
		if (seen_line(&c->seen, k->key[i].bytes, k->key[i].len) == 0 &&
		    seen_add(&c->seen, k->key[i].bytes, k->key[i].len,
			c->line) == -1)
			return (-1);
	return (keep_network(c, k));
}

static void
write_rule(struct compiler *c, const struct keys *k, const struct rule *r)
{
	struct complaint complaint;
	size_t i;

	if (c->order->out == NULL || c->faults > 0)
		return;
	for (i = 0; i < k->count; i++)
		if (output_add(&c->output, k->key[i].bytes, k->key[i].len,
			r->data, r->data_len, &complaint) == -1) {
			trouble(c, complaint.text);
			return;
		}
}

/*
 * Of a range an earlier line may have some: who writes exceptions first means
 * that.  A line of which nothing is left was meant otherwise.
 */
static void
take_rule(struct compiler *c, const struct rule *r)
{
	static struct keys k;
	struct complaint complaint;
	size_t earlier;
	bool all;

	if (keys_of(&k, r->address, r->address_len, &complaint) == -1) {
		fault(c, c->line, r->address, r->address_len, complaint.text);
		return;
	}
	earlier = earlier_line(c, &k, &all);
	if (all) {
		complain(&complaint,
		    "line %zu has it already, and the first "
		    "counts: take one out",
		    earlier);
		fault(c, c->line, r->address_len == 0 ? ":" : r->address,
		    r->address_len == 0 ? 1 : r->address_len, complaint.text);
		return;
	}
	if (keep_keys(c, &k) == -1)
		trouble(c, strerror(errno));
	else
		write_rule(c, &k, r);
}

static void
read_rules(struct compiler *c, FILE *from)
{
	static struct rule r;
	struct complaint complaint;
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while (!c->trouble && (len = getline(&line, &size, from)) > 0) {
		c->line++;
		if (line[len - 1] == '\n')
			len--;
		switch (rule_parse(&r, line, (size_t)len, &complaint)) {
		case RULE_NONE:
			break;
		case RULE_READ:
			take_rule(c, &r);
			break;
		case RULE_BAD:
			fault(c, c->line, "", 0, complaint.text);
			break;
		}
	}
	if (ferror(from))
		trouble(c, strerror(errno));
	free(line);
}

/* ---------------------------------------------------------- unreachable */

/*
 * What stands before a network, for all who are in it.
 */
struct lookup {
	const struct compiler *compiler;
	const struct network *network;
	size_t line; /* that stands before it; 0: none */
	char key[INET6_ADDRSTRLEN];
};

/*
 * How many bits of an address a key settles; 0: it is no prefix.
 */
static unsigned int
bits_of_cut(const char *key, size_t len)
{
	unsigned int bits = 0;
	size_t i;

	if (len == 0 || (key[len - 1] != '.' && key[len - 1] != ':'))
		return (0);
	for (i = 0; i < len; i++)
		bits += key[i] == ':' ? 16 : key[i] == '.' ? 8 : 0;
	return (bits);
}

/*
 * Is it asked for before the network, by everybody in it?  Of the text of an
 * address only whole groups that are not zeros are the same for all.
 */
static bool
stands_before(const struct lookup *l, const char *key, size_t len)
{
	unsigned int bits = bits_of_cut(key, len);
	unsigned int width = l->network->peer.family == PEER_IPV4 ? 32 : 128;

	if (len >= sizeof(l->key) || memchr(key, '/', len) != NULL)
		return (false);
	if (l->network->len == width &&
	    strlen(l->network->peer.remote.ip) == len &&
	    memcmp(l->network->peer.remote.ip, key, len) == 0)
		return (true);
	if (bits == 0 || memmem(key, len, "::", 2) != NULL)
		return (false);
	return (l->compiler->order->match == RULES_CLASSIC ?
		bits <= l->network->len :
		bits == l->network->len);
}

/*
 * Behind the bits of a network no prefix comes that is asked for before it.
 */
static bool
is_behind(const struct lookup *l, const char *key, size_t len)
{
	return (len > 0 && (key[0] == '_' || key[0] == '^') &&
	    (l->compiler->order->match == RULES_CLASSIC ||
		len - 1 <= l->network->len));
}

static bool
look_before(struct lookup *l, enum rules_writer writer, const char *key,
    size_t len)
{
	if (is_behind(l, key, len))
		return (true);
	if (writer != RULES_BY_TCPRULES || !stands_before(l, key, len) ||
	    (l->line = seen_line(&l->compiler->seen, key, len)) == 0)
		return (false);
	memcpy(l->key, key, len);
	l->key[len] = '\0';
	return (true);
}

static void
judge_network(struct compiler *c, const struct network *n)
{
	const struct rules_subject subject = { .peer = &n->peer };
	struct lookup l = { .compiler = c, .network = n };
	struct complaint why;

	rules_each_key(&subject, c->order->match, look_before, &l);
	if (l.line == 0)
		return;
	complain(&why,
	    "%s/%u is never reached: %s in line %zu is asked for "
	    "before every network%s",
	    n->peer.remote.ip, n->len, l.key, l.line,
	    c->order->match == RULES_CLASSIC ?
		": write that as a network, or use --match longest here and "
		"with tlsshim" :
		" of its length: take one out");
	fault(c, n->line, "", 0, why.text);
}

static void
judge_networks(struct compiler *c)
{
	size_t i;

	for (i = 0; i < c->network_count; i++)
		judge_network(c, &c->networks[i]);
}

/* ------------------------------------------------------------------ all */

static void
finish(struct compiler *c)
{
	struct complaint complaint;

	if (c->order->out == NULL)
		return;
	if (!c->trouble && c->faults == 0 &&
	    output_finish(&c->output, &complaint) == -1)
		trouble(c, complaint.text);
	else if (c->faults > 0)
		tool_say("%s: left as it was", c->order->out);
	output_abandon(&c->output);
}

int
tool_compile(const struct compile_order *order)
{
	struct compiler c = { .order = order };
	struct complaint complaint;

	if (order->out != NULL &&
	    output_begin(&c.output, order->out, order->temporary, &complaint) ==
		-1) {
		tool_say("%s", complaint.text);
		return (EXIT_SYSTEM);
	}
	read_rules(&c, stdin);
	if (!c.trouble)
		judge_networks(&c);
	finish(&c);
	seen_free(&c.seen);
	free(c.networks);
	return (c.trouble ? EXIT_SYSTEM : c.faults > 0 ? EXIT_USAGE : 0);
}
