/* SPDX-License-Identifier: ISC */
/*
 * list.c - a cdb of rules, back to source.
 *
 * Runs in:  tlsshim-rules, with the rights of whoever types it.
 * Trusts:   nothing: the file may be anybody's.
 * Refuses:  nothing; what cannot be written as source is a remark, and the
 *           exit status tells.
 *
 * Keys of all dialects become what compile takes: bits and s6's networks
 * ADDRESS/LEN, expanded addresses short ones.  One rule in two spellings,
 * one behind the other, is one line.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "exit.h"
#include "rules_key.h"
#include "tool.h"

enum { LINE_MAX_LEN = 2 * RULES_DATA_MAX, IPV4_BITS = 32, IPV6_BITS = 128 };

struct line {
	char text[LINE_MAX_LEN];
	size_t len;
};

struct list {
	struct line now, before;
	bool s6, catches_all;
	size_t remarks;
};

static void
add(struct line *l, const char *bytes, size_t len)
{
	if (len > sizeof(l->text) - l->len)
		len = sizeof(l->text) - l->len;
	memcpy(l->text + l->len, bytes, len);
	l->len += len;
}

static void
add_text(struct line *l, const char *text)
{
	add(l, text, strlen(text));
}

/* ----------------------------------------------------------------- keys */

/*
 * "_0000e0g0" and its like: a 0 is a clear bit, anything else one that is set.
 */
static bool
add_bits(struct line *l, const char *key, size_t len)
{
	char text[INET6_ADDRSTRLEN], end[8];
	unsigned char addr[16] = { 0 };
	bool ipv4 = len > 0 && key[0] == '_';
	size_t bit;

	if (len < 2 || (!ipv4 && key[0] != '^') ||
	    len - 1 > (ipv4 ? IPV4_BITS : IPV6_BITS))
		return (false);
	for (bit = 0; bit < len - 1; bit++)
		if (key[1 + bit] != '0')
			addr[bit / 8] |= (unsigned char)(0x80 >> bit % 8);
	inet_ntop(ipv4 ? AF_INET : AF_INET6, addr, text, sizeof(text));
	snprintf(end, sizeof(end), "/%zu", len - 1);
	add_text(l, text);
	add_text(l, end);
	return (true);
}

/*
 * In whatever spelling.
 */
static bool
add_ipv6(struct line *l, const char *key, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr addr;

	if (len >= sizeof(text))
		return (false);
	memcpy(text, key, len);
	text[len] = '\0';
	if (inet_pton(AF_INET6, text, &addr) != 1)
		return (false);
	inet_ntop(AF_INET6, &addr, text, sizeof(text));
	add_text(l, text);
	return (true);
}

/*
 * "ip4/10.0.0.0_8", "reversedns/example.org", "reversedns/@"
 */
static void
add_s6(struct line *l, const char *key, size_t len)
{
	const char *value = memchr(key, '/', len), *end = key + len;
	const char *bar;

	value++;
	if (key[0] == 'i') {
		bar = memrchr(value, '_', (size_t)(end - value));
		bar = bar == NULL ? end : bar;
		add(l, value, (size_t)(bar - value));
		if (bar < end) {
			add_text(l, "/");
			add(l, bar + 1, (size_t)(end - bar - 1));
		}
		return;
	}
	add_text(l, "=");
	if (end - value != 1 || *value != '@')
		add(l, value, (size_t)(end - value));
}

static void
add_key(struct line *l, const struct rules_hit *hit)
{
	if (rules_key_is_s6(hit->key, hit->key_len))
		add_s6(l, hit->key, hit->key_len);
	else if (!add_bits(l, hit->key, hit->key_len) &&
	    !add_ipv6(l, hit->key, hit->key_len))
		add(l, hit->key, hit->key_len);
}

/* ------------------------------------------------------------- settings */

/*
 * A byte that is not in the value; '\0' if there is none to be seen.
 */
static char
quote_for(const char *value)
{
	static const char quotes[] = "\"'/|!%^~#:;`$&*+-_.?@<>()[]{}";
	size_t i;

	for (i = 0; quotes[i] != '\0'; i++)
		if (strchr(value, quotes[i]) == NULL)
			return (quotes[i]);
	return ('\0');
}

static bool
add_settings(struct line *l, struct rules_hit *hit)
{
	const char *name, *value;
	size_t at = 0;
	char quote;

	while (rules_setting(hit, &at, &name, &value)) {
		if ((quote = quote_for(value)) == '\0' ||
		    strchr(value, '\n') != NULL || strchr(name, '\n') != NULL)
			return (false);
		add_text(l, ",");
		add_text(l, name);
		add_text(l, "=");
		add(l, &quote, 1);
		add_text(l, value);
		add(l, &quote, 1);
	}
	return (true);
}

/* ---------------------------------------------------------------- rules */

static void
remark(struct list *list, const struct rules_hit *hit, const char *why)
{
	size_t i;

	list->remarks++;
	list->before.len = 0;
	fputs("# ", stdout);
	for (i = 0; i < hit->key_len; i++)
		if (isprint((unsigned char)hit->key[i]))
			putchar(hit->key[i]);
		else
			printf("\\x%02x", (unsigned char)hit->key[i]);
	printf(": %s\n", why);
}

static bool
is_repeated(const struct list *list)
{
	return (list->now.len == list->before.len &&
	    memcmp(list->now.text, list->before.text, list->now.len) == 0);
}

/*
 * What s6 has for hosts is for the name and for all below it.
 */
static void
print_rule(struct list *list, const struct rules_hit *hit)
{
	static const char s6_host[] = "reversedns/";
	const struct line *l = &list->now;

	if (is_repeated(list))
		return;
	fwrite(l->text, 1, l->len, stdout);
	putchar('\n');
	if (hit->key_len > sizeof(s6_host) - 1 &&
	    memcmp(hit->key, s6_host, sizeof(s6_host) - 1) == 0 &&
	    l->text[1] != ':') {
		fputs("=.", stdout);
		fwrite(l->text + 1, 1, l->len - 1, stdout);
		putchar('\n');
	}
	list->before = *l;
}

static void
list_rule(struct rules_hit *hit, void *argument)
{
	struct list *list = argument;

	if (rules_key_is_s6(hit->key, hit->key_len))
		list->s6 = true;
	list->catches_all = list->catches_all || hit->key_len == 0;
	list->now.len = 0;
	if (hit->answer == RULES_BROKEN)
		remark(list, hit,
		    hit->why == NULL ? strerror(errno) : hit->why);
	else if (memchr(hit->key, '\n', hit->key_len) != NULL)
		remark(list, hit, "a line cannot have this key");
	else if (hit->key_len > 4 &&
	    (memcmp(hit->key, "uid/", 4) == 0 ||
		memcmp(hit->key, "gid/", 4) == 0))
		remark(list, hit, "s6's rules for local sockets are not read");
	else {
		add_key(&list->now, hit);
		add_text(&list->now,
		    hit->answer == RULES_DENY ? ":deny" : ":allow");
		if (add_settings(&list->now, hit))
			print_rule(list, hit);
		else
			remark(list, hit, "a line cannot have its settings");
	}
}

int
tool_list(const char *cdb)
{
	static struct list list;
	struct rules_hit hit;
	enum rules_answer answer = rules_each(&hit, cdb, list_rule, &list);

	if (answer == RULES_ABSENT || answer == RULES_BROKEN) {
		tool_say("%s: %s", cdb,
		    hit.why == NULL ? strerror(errno) : hit.why);
		return (EXIT_SYSTEM);
	}
	if (list.s6 && !list.catches_all)
		puts("# s6 denies whom it does not know\n:deny");
	if (fflush(stdout) == EOF || ferror(stdout)) {
		tool_say("standard output: %s", strerror(errno));
		return (EXIT_SYSTEM);
	}
	return (list.remarks > 0 ? EXIT_USAGE : 0);
}
