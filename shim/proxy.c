/* SPDX-License-Identifier: ISC */
/*
 * proxy.c - a PROXY header, version 1 or 2, from bytes to what it says.
 *
 * Runs in:  NET, inside the jail.
 * Trusts:   nothing: whoever reaches the port may write anything.
 * Refuses:  whatever is not exactly as HAProxy's doc/proxy-protocol.txt has
 *           it; its sections are named below.
 */
#include "proxy.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "proxy_local.h"

enum proxy_mode
proxy_mode(const char *word)
{
	static const char *const words[PROXY_MODES] = { [PROXY_OFF] = "off",
		[PROXY_V1] = "v1",
		[PROXY_V2] = "v2",
		[PROXY_ANY] = "any" };
	unsigned int i;

	for (i = 0; i < PROXY_MODES && strcmp(words[i], word) != 0; i++)
		;
	return ((enum proxy_mode)i);
}

enum proxy_result
proxy_bad(struct proxy_header *h, const char *why)
{
	h->why = why;
	return (PROXY_BAD);
}

bool
proxy_ends(struct peer *p, const struct proxy_end *from,
    const struct proxy_end *to)
{
	p->family = endpoint_set(&p->remote, from->addr, from->len, from->port);
	/* half of each would be looked up as neither */
	return (endpoint_set(&p->local, to->addr, to->len, to->port) ==
	    p->family);
}

/* -------------------------------------------------- 2.1, version 1: text */

/*
 * The next word, of which exactly one blank divides it; NULL: none.
 */
static char *
next_word(char **line)
{
	char *word = *line, *blank;

	if (word == NULL || *word == '\0' || *word == ' ')
		return (NULL);
	blank = strchr(word, ' ');
	*line = blank == NULL ? NULL : blank + 1;
	if (blank != NULL)
		*blank = '\0';
	return (word);
}

/*
 * inet_pton(3) takes neither a zone nor a zero before a number.
 */
static bool
take_address(struct proxy_end *end, const char *word)
{
	return (word != NULL &&
	    inet_pton(end->len == 4 ? AF_INET : AF_INET6, word, end->addr) ==
		1);
}

static bool
take_port(struct proxy_end *end, const char *word)
{
	unsigned long port;

	if (word == NULL || word[strspn(word, "0123456789")] != '\0' ||
	    strlen(word) > 5 || (word[0] == '0' && word[1] != '\0'))
		return (false);
	port = strtoul(word, NULL, 10);
	end->port = (uint16_t)port;
	return (port <= UINT16_MAX);
}

static const char *
take_line(struct proxy_header *h, char *line)
{
	const char *keyword = next_word(&line);
	struct proxy_end from = { .len = 0 }, to = { .len = 0 };

	if (keyword == NULL)
		return ("no keyword behind PROXY");
	if (strcmp(keyword, "UNKNOWN") == 0)
		return (NULL);
	if (strcmp(keyword, "TCP4") == 0)
		from.len = to.len = 4;
	else if (strcmp(keyword, "TCP6") == 0)
		from.len = to.len = 16;
	else
		return ("neither TCP4 nor TCP6 nor UNKNOWN");
	if (!take_address(&from, next_word(&line)) ||
	    !take_address(&to, next_word(&line)))
		return ("an address that is none of its family");
	if (!take_port(&from, next_word(&line)) ||
	    !take_port(&to, next_word(&line)))
		return ("a port that is none");
	if (line != NULL)
		return ("more than two addresses and two ports");
	h->conveys = true;
	return (proxy_ends(&h->peer, &from, &to) ?
		NULL :
		"one address of IPv4, and one of IPv6");
}

static const char v1_start[] = "PROXY ";
enum { V1_START = sizeof(v1_start) - 1 };

/*
 * The end of the line, its LF.  NULL: not there, *why says if it cannot come.
 */
static const uint8_t *
find_end(const uint8_t *bytes, size_t len, const char **why)
{
	size_t room = len < PROXY_V1_MAX ? len : PROXY_V1_MAX;
	const uint8_t *lf = memchr(bytes, '\n', room);
	const uint8_t *cr = memchr(bytes, '\r', room);

	if (cr != NULL && cr + 1 < bytes + room && cr[1] != '\n')
		*why = "CR without LF";
	else if (lf != NULL && (cr == NULL || cr + 1 != lf))
		*why = "LF without CR";
	else if (lf == NULL && room == PROXY_V1_MAX)
		*why = "no end of line in 107 bytes";
	return (lf);
}

static enum proxy_result
parse_v1(struct proxy_header *h, const uint8_t *bytes, size_t len)
{
	char line[PROXY_V1_MAX];
	const uint8_t *lf;
	size_t n;

	if (memcmp(bytes, v1_start, len < V1_START ? len : V1_START) != 0)
		return (proxy_bad(h, "none of version 1"));
	lf = find_end(bytes, len, &h->why);
	if (h->why != NULL)
		return (PROXY_BAD);
	if (lf == NULL)
		return (PROXY_MORE);
	h->len = (size_t)(lf - bytes) + 1;
	if (h->len < V1_START + 2)
		return (proxy_bad(h, "no keyword behind PROXY"));
	n = h->len - V1_START - 2;
	memcpy(line, bytes + V1_START, n);
	line[n] = '\0';
	if (strlen(line) != n)
		return (proxy_bad(h, "a NUL in its line"));
	h->why = take_line(h, line);
	return (h->why == NULL ? PROXY_WHOLE : PROXY_BAD);
}

/* -------------------------------------------------------------- the two */

enum proxy_result
proxy_parse(struct proxy_header *h, enum proxy_mode mode, const uint8_t *bytes,
    size_t len)
{
	*h = (struct proxy_header){ .len = 0 };
	if (len == 0)
		return (PROXY_MORE);
	if (mode == PROXY_ANY)
		mode = bytes[0] == (uint8_t)v1_start[0] ? PROXY_V1 : PROXY_V2;
	return (mode == PROXY_V1 ? parse_v1(h, bytes, len) :
				   proxy_parse_v2(h, bytes, len));
}
