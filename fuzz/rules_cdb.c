/* SPDX-License-Identifier: ISC */
/*
 * rules_cdb.c - a file of rules that is damaged, or none.
 *
 * Whatever is in it, a look-up comes to an answer, its settings can be walked,
 * and another look-up comes to the same.
 */
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "fuzz.h"
#include "peer.h"
#include "rules.h"

static const uint8_t v4[4] = { 192, 0, 2, 1 };
static const uint8_t v6[16] = { 0x20, 0x01, 0x0d, 0xb8, [15] = 1 };

static void
walk(struct rules_hit *hit)
{
	const char *name, *value;
	size_t at = 0;

	HOLDS(hit->key_len < RULES_KEY_MAX);
	HOLDS(hit->settings_len <= RULES_DATA_MAX);
	while (rules_setting(hit, &at, &name, &value))
		HOLDS(name[0] != '\0' && strlen(value) < RULES_DATA_MAX);
}

static void
look_up(const char *path, const struct rules_subject *subject,
    enum rules_match match)
{
	struct rules_hit hit = { .settings = NULL }, again = hit;

	rules_find(&hit, path, match, subject);
	HOLDS(hit.answer != RULES_ABSENT);
	rules_find(&again, path, match, subject);
	HOLDS(again.answer == hit.answer);
	if (hit.answer == RULES_ALLOW || hit.answer == RULES_DENY)
		walk(&hit);
	rules_free(&hit);
	rules_free(&again);
}

static void
show(struct rules_hit *hit, void *count)
{
	walk(hit);
	++*(size_t *)count;
}

static void
try_all(const char *path)
{
	struct peer peer = { .family = PEER_IPV4 };
	struct rules_subject subject = {
		.peer = &peer, .host = "mail.example.org", .info = "joe"
	};
	struct rules_hit hit = { .settings = NULL };
	size_t count = 0;

	peer.family = endpoint_set(&peer.remote, v4, sizeof(v4), 25);
	look_up(path, &subject, RULES_CLASSIC);
	look_up(path, &subject, RULES_LONGEST);
	peer.family = endpoint_set(&peer.remote, v6, sizeof(v6), 25);
	look_up(path, &subject, RULES_CLASSIC);
	look_up(path, &subject, RULES_LONGEST);
	rules_each(&hit, path, show, &count);
	rules_free(&hit);
}

int
LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t len)
{
	char path[64];
	int fd = memfd_create("rules", 0);

	HOLDS(fd != -1 && write(fd, bytes, len) == (ssize_t)len);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	try_all(path);
	close(fd);
	return (0);
}
