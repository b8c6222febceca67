/* SPDX-License-Identifier: ISC */
/*
 * hello_test.c - names that may become a path, lists that stay in bounds.
 */
#include "hello.h"

#include <stdint.h>
#include <string.h>

#include "check.h"

static struct msg m;
static struct hello hello, got;

static bool
copies(const char *from, const char *wanted)
{
	char to[SERVER_NAME_MAX + 1];
	bool good = server_name_copy(to, (const uint8_t *)from, strlen(from));

	CHECK_STR(to, wanted);
	return (good);
}

CASE(a_server_name_is_lower_cased_and_loses_one_dot)
{
	CHECK(copies("example.org", "example.org"));
	CHECK(copies("Example.ORG.", "example.org"));
	CHECK(copies("a", "a"));
	CHECK(copies("xn--bcher-kva.example", "xn--bcher-kva.example"));
	CHECK(copies("3com.example", "3com.example"));
	CHECK(copies("192.0.2.1.example", "192.0.2.1.example"));
}

CASE(what_is_no_server_name_is_none)
{
	static const char *const bad[] = { "", ".", "..", ".example.org",
		"example..org", "example.org..", "../etc", "a/b", "a b", "a\n",
		"a\tb", "a_b", "a:b", "a%b", "*.example.org", "b\xc3\xbc.org",
		"[::1]", "a\\b", "a\x7f", "-\x01" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!copies(bad[i], ""));
}

CASE(an_address_is_no_server_name)
{
	static const char *const bad[] = { "192.0.2.1", "192.0.2.1.", "127.1",
		"2130706433", "example.1", "[2001:db8::1]", "2001:db8::1",
		"::ffff:192.0.2.1" };
	size_t i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		CHECK(!copies(bad[i], ""));
}

CASE(a_server_name_has_only_its_letters)
{
	char to[SERVER_NAME_MAX + 1];
	int byte;

	for (byte = 0; byte < 256; byte++) {
		const uint8_t name[] = { 'a', (uint8_t)byte, 'b' };
		bool good = byte != 0 &&
		    strchr("abcdefghijklmnopqrstuvwxyz"
			   "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			   "0123456789-.",
			byte) != NULL;

		CHECK(server_name_copy(to, name, 3) == good);
		CHECK(strlen(to) == (good ? 3 : 0));
	}
}

CASE(labels_and_names_have_their_longest)
{
	char name[300];

	memset(name, 'a', sizeof(name));
	name[63] = '\0';
	CHECK(copies(name, name));
	name[63] = 'a';
	name[64] = '\0';
	CHECK(!copies(name, ""));

	memset(name, 'a', sizeof(name));
	name[63] = name[127] = name[191] = '.';
	name[253] = '\0';
	CHECK(copies(name, name));
	name[253] = 'a';
	name[254] = '\0';
	CHECK(!copies(name, ""));
	name[253] = '.';
	name[254] = '.';
	name[255] = '\0';
	CHECK(!copies(name, ""));
}

CASE(a_list_that_is_odd_or_too_long_stays_empty)
{
	static uint8_t bytes[2 * HELLO_LIST_MAX + 2] = { 0x13, 0x01 };
	struct hello_list list;

	hello_list_copy(&list, bytes, 2 * HELLO_LIST_MAX);
	CHECK(list.count == HELLO_LIST_MAX && list.value[0] == 0x1301);
	hello_list_copy(&list, bytes, 2 * HELLO_LIST_MAX + 2);
	CHECK(list.count == 0);
	hello_list_copy(&list, bytes, 3);
	CHECK(list.count == 0);
	hello_list_copy(&list, NULL, 0);
	CHECK(list.count == 0);
}

CASE(the_version_is_the_best_that_both_have)
{
	memset(&hello, 0, sizeof(hello));
	hello.versions = (struct hello_list){ 4,
		{ 0x7f1c, 0x0303, 0x0a0a, 0x0304 } };
	hello.legacy_version = 0x0303;
	CHECK(hello_version(&hello, 0x0304) == 0x0304);
	CHECK(hello_version(&hello, 0x0303) == 0x0303);
	CHECK(hello_version(&hello, 0x0302) == 0);
	/* RFC 8446, 4.2.1: without a list there is no TLS 1.3 */
	hello.versions.count = 0;
	CHECK(hello_version(&hello, 0x0304) == 0x0303);
	CHECK(hello_version(&hello, 0x0302) == 0x0302);
	hello.legacy_version = 0x0304;
	CHECK(hello_version(&hello, 0x0304) == 0x0303);
	hello.legacy_version = 0x0301;
	CHECK(hello_version(&hello, 0x0304) == 0x0301);
}

/* ---------------------------------------------------------------- message */

static void
fill_list(struct hello_list *list, size_t count, uint16_t first)
{
	for (list->count = 0; list->count < count; list->count++)
		list->value[list->count] = (uint16_t)(first + list->count);
}

static void
fill(size_t entries, size_t alpn, size_t names)
{
	memset(&hello, 0, sizeof(hello));
	memset(&got, 0, sizeof(got));
	hello.server_name_given = true;
	strcpy(hello.server_name, "example.org");
	hello.wants_staple = true;
	hello.legacy_version = 0x0303;
	fill_list(&hello.versions, entries, 0x0303);
	fill_list(&hello.suites, entries, 0x1301);
	fill_list(&hello.groups, entries, 29);
	fill_list(&hello.sigalgs, entries, 0x0403);
	fill_list(&hello.sigalgs_cert, entries, 0x0804);
	memset(hello.alpn, 'x', alpn);
	hello.alpn_len = alpn;
	memset(hello.ca_names, 'y', names);
	hello.ca_names_len = names;
}

/*
 * Does what was got make the message that it was got from?
 */
static bool
is_same(void)
{
	static struct msg again;

	hello_put(&again, &got);
	return (again.len == m.len && memcmp(again.body, m.body, m.len) == 0);
}

CASE(what_is_put_is_got)
{
	fill(3, 9, 40);
	hello_put(&m, &hello);
	CHECK(hello_get(&got, &m) == NULL);
	CHECK(is_same());
}

CASE(the_fullest_hello_is_got_too)
{
	fill(HELLO_LIST_MAX, HELLO_ALPN_MAX, HELLO_CA_NAMES_MAX);
	hello_put(&m, &hello);
	CHECK(!m.bad);
	CHECK(hello_get(&got, &m) == NULL);
	CHECK(is_same());
}

CASE(a_hello_cut_off_at_any_byte_is_refused)
{
	size_t whole, len;

	fill(3, 9, 40);
	hello_put(&m, &hello);
	whole = m.len;
	for (len = 0; len < whole; len++) {
		m.len = len;
		m.at = 0;
		m.bad = false;
		CHECK(hello_get(&got, &m) != NULL);
	}
}

CASE(bytes_behind_a_hello_are_refused)
{
	fill(3, 9, 40);
	hello_put(&m, &hello);
	msg_put_u8(&m, 0);
	CHECK_STR(hello_get(&got, &m), "trailing bytes");
}

/*
 * A hello up to its lists.
 */
static void
begin_hello(const char *name, size_t len)
{
	msg_begin(&m, MSG_HELLO);
	msg_put_u8(&m, len > 0);
	msg_put_block(&m, name, len);
	msg_put_u8(&m, 0);
	msg_put_u16(&m, 0x0303);
}

static const char *
get_named(const char *name, size_t len)
{
	int i;

	begin_hello(name, len);
	for (i = 0; i < 7; i++)
		msg_put_u16(&m, 0);
	return (hello_get(&got, &m));
}

CASE(a_name_is_taken_only_as_it_was_copied)
{
	char name[SERVER_NAME_MAX + 1];

	CHECK(get_named("", 0) == NULL);
	CHECK(get_named("example.org", 11) == NULL);
	CHECK(get_named("Example.org", 11) != NULL);
	CHECK(get_named("example.org.", 12) != NULL);
	CHECK(get_named("../example", 10) != NULL);
	CHECK(get_named("a\0b", 3) != NULL);
	CHECK(get_named("a\nb", 3) != NULL);
	memset(name, 'a', sizeof(name));
	CHECK(get_named(name, sizeof(name)) != NULL);
}

/*
 * A hello whose n-th list (0 to 6) has this length.
 */
static const char *
get_with_list(int n, size_t len)
{
	static const uint8_t bytes[HELLO_CA_NAMES_MAX + 2];
	int i;

	begin_hello("", 0);
	for (i = 0; i < 7; i++)
		msg_put_block(&m, bytes, i == n ? len : 0);
	return (hello_get(&got, &m));
}

CASE(a_list_longer_than_its_place_is_refused)
{
	int n;

	for (n = 0; n < 5; n++) {
		CHECK(get_with_list(n, 2 * HELLO_LIST_MAX) == NULL);
		CHECK(get_with_list(n, 2 * HELLO_LIST_MAX + 2) != NULL);
		CHECK(get_with_list(n, 1) != NULL);
	}
	CHECK(get_with_list(5, HELLO_ALPN_MAX) == NULL);
	CHECK(get_with_list(5, HELLO_ALPN_MAX + 1) != NULL);
	CHECK(get_with_list(6, HELLO_CA_NAMES_MAX) == NULL);
	CHECK(get_with_list(6, HELLO_CA_NAMES_MAX + 1) != NULL);
}

static const struct check_case cases[] = {
	C(a_server_name_is_lower_cased_and_loses_one_dot),
	C(what_is_no_server_name_is_none), C(an_address_is_no_server_name),
	C(a_server_name_has_only_its_letters),
	C(labels_and_names_have_their_longest),
	C(a_list_that_is_odd_or_too_long_stays_empty),
	C(the_version_is_the_best_that_both_have), C(what_is_put_is_got),
	C(the_fullest_hello_is_got_too),
	C(a_hello_cut_off_at_any_byte_is_refused),
	C(bytes_behind_a_hello_are_refused),
	C(a_name_is_taken_only_as_it_was_copied),
	C(a_list_longer_than_its_place_is_refused), { 0 }
};
RUN(cases)
