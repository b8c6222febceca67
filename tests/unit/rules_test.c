/* SPDX-License-Identifier: ISC */
/*
 * rules_test.c - rules_find against files made here: what the data of a key
 * may be, and what a damaged file does.  The order of the keys is told by
 * tests/integration/rules_vectors.bats, with files of Debian's tcprules.
 */
#include "rules.h"

#include <arpa/inet.h>
#include <cdb.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "check.h"
#include "peer.h"
#include "rules_key.h"

/* a literal, with its NULs but the last */
#define BYTES(literal) (literal), sizeof(literal) - 1

static char path[64];
static int file = -1;
static struct cdb_make make;

/* -------------------------------------------------------------- fixtures */

static void
new_file(void)
{
	if (file != -1)
		close(file);
	file = memfd_create("rules", MFD_CLOEXEC);
	CHECK(file != -1);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
}

static void
begin(void)
{
	new_file();
	CHECK(cdb_make_start(&make, file) == 0);
}

static void
rule(const char *key, const char *data, size_t len)
{
	CHECK(cdb_make_add(&make, key, (unsigned int)strlen(key), data,
		  (unsigned int)len) == 0);
}

static void
end(void)
{
	CHECK(cdb_make_finish(&make) == 0);
}

static void
one_rule(const char *key, const char *data, size_t len)
{
	begin();
	rule(key, data, len);
	end();
}

static off_t
file_size(void)
{
	struct stat st;

	CHECK(fstat(file, &st) == 0);
	return (st.st_size);
}

static void
flip(off_t at, unsigned int mask)
{
	unsigned char byte;

	CHECK(pread(file, &byte, 1, at) == 1);
	byte = (unsigned char)(byte ^ mask);
	CHECK(pwrite(file, &byte, 1, at) == 1);
}

static void
put_number(off_t at, uint32_t number)
{
	unsigned char bytes[4];

	cdb_pack(number, bytes);
	CHECK(pwrite(file, bytes, 4, at) == 4);
}

static struct peer
peer_at(const char *ip)
{
	struct peer peer = { .family = PEER_IPV6 };

	if (strcmp(ip, "unix") == 0)
		peer.family = PEER_UNIX;
	else if (inet_pton(AF_INET, ip, peer.remote.addr) == 1)
		peer.family = PEER_IPV4;
	else
		CHECK(inet_pton(AF_INET6, ip, peer.remote.addr) == 1);
	if (peer.family != PEER_UNIX)
		snprintf(peer.remote.ip, sizeof(peer.remote.ip), "%s", ip);
	return (peer);
}

static void
find_as(struct rules_hit *hit, const char *ip, const char *host,
    const char *info, enum rules_match match)
{
	struct peer peer = peer_at(ip);
	struct rules_subject subject = { &peer, host, info };

	rules_find(hit, path, match, &subject);
}

static enum rules_answer
answer(const char *ip)
{
	struct rules_hit hit;

	find_as(&hit, ip, NULL, NULL, RULES_CLASSIC);
	rules_free(&hit);
	return (hit.answer);
}

/*
 * All settings in one line: "A=1 B=2".
 */
static const char *
settings(struct rules_hit *hit)
{
	static char text[256];
	const char *name, *value;
	size_t at = 0, len = 0;

	text[0] = '\0';
	while (rules_setting(hit, &at, &name, &value))
		len += (size_t)snprintf(text + len, sizeof(text) - len,
		    "%s%s=%s", len > 0 ? " " : "", name, value);
	return (text);
}

static const char *
settings_of(const char *ip)
{
	static char text[256];
	struct rules_hit hit;

	find_as(&hit, ip, NULL, NULL, RULES_CLASSIC);
	snprintf(text, sizeof(text), "%s", settings(&hit));
	rules_free(&hit);
	return (text);
}

/* ------------------------------------------------------------------ data */

CASE(no_data_allows)
{
	one_rule("10.", BYTES(""));
	CHECK(answer("10.0.0.1") == RULES_ALLOW);
	CHECK(answer("11.0.0.1") == RULES_NONE);
}

CASE(a_d_anywhere_among_the_items_denies)
{
	one_rule("10.", BYTES("D\0+A=1\0"));
	CHECK(answer("10.0.0.1") == RULES_DENY);
	CHECK_STR(settings_of("10.0.0.1"), "A=1");
	one_rule("10.", BYTES("+A=1\0D\0+B=2\0"));
	CHECK(answer("10.0.0.1") == RULES_DENY);
	one_rule("10.", BYTES("+A=1\0Deny\0"));
	CHECK(answer("10.0.0.1") == RULES_DENY);
}

CASE(a_d_without_its_nul_denies)
{
	one_rule("10.", BYTES("D"));
	CHECK(answer("10.0.0.1") == RULES_DENY);
	one_rule("10.", BYTES("+A=1\0D"));
	CHECK(answer("10.0.0.1") == RULES_DENY);
}

CASE(items_that_tcpserver_skips_are_skipped)
{
	one_rule("10.", BYTES("+A=1\0\0x=y\0+NAME\0+B=2=3\0+C=cut"));
	CHECK(answer("10.0.0.1") == RULES_ALLOW);
	CHECK_STR(settings_of("10.0.0.1"), "A=1 B=2=3");
}

CASE(data_that_begins_like_no_rule_is_broken)
{
	one_rule("10.", BYTES("x"));
	CHECK(answer("10.0.0.1") == RULES_BROKEN);
	one_rule("10.", BYTES("\0D\0"));
	CHECK(answer("10.0.0.1") == RULES_BROKEN);
	one_rule("10.", BYTES("A\0\0\0\0"));
	CHECK(answer("10.0.0.1") == RULES_BROKEN);
	CHECK(answer("11.0.0.1") == RULES_NONE);
}

CASE(data_of_64_KiB_is_read_and_more_is_broken)
{
	static char data[RULES_DATA_MAX + 1];
	struct rules_hit hit;

	memset(data, 'x', sizeof(data));
	memcpy(data, "+A=", 3);
	data[RULES_DATA_MAX - 1] = '\0';
	one_rule("10.", data, RULES_DATA_MAX);
	find_as(&hit, "10.0.0.1", NULL, NULL, RULES_CLASSIC);
	CHECK(hit.answer == RULES_ALLOW);
	CHECK(hit.settings_len == RULES_DATA_MAX - 1);
	rules_free(&hit);
	one_rule("10.", data, RULES_DATA_MAX + 1);
	CHECK(answer("10.0.0.1") == RULES_BROKEN);
}

CASE(settings_can_be_walked_twice)
{
	struct rules_hit hit;

	one_rule("10.", BYTES("+A=1\0+=x\0+B=\0+C==\0"));
	find_as(&hit, "10.0.0.1", NULL, NULL, RULES_CLASSIC);
	CHECK_STR(settings(&hit), "A=1 =x B= C==");
	CHECK_STR(settings(&hit), "A=1 =x B= C==");
	rules_free(&hit);
	CHECK_STR(settings(&hit), "");
}

/* -------------------------------------------------------------- s6's data */

CASE(s6_data_allows_sets_and_denies)
{
	begin();
	rule("ip4/10.0.0.1_32", BYTES("A\0\0\0\0"));
	rule("ip4/10.0.0.2_32",
	    BYTES("A\0\x08"
		  "A=1\0B=2\0"
		  "\0\0"));
	rule("ip4/10.0.0.3_32", BYTES("D"));
	end();
	CHECK(answer("10.0.0.1") == RULES_ALLOW);
	CHECK_STR(settings_of("10.0.0.1"), "");
	CHECK(answer("10.0.0.2") == RULES_ALLOW);
	CHECK_STR(settings_of("10.0.0.2"), "A=1 B=2");
	CHECK(answer("10.0.0.3") == RULES_DENY);
}

CASE(s6_denies_who_is_not_named)
{
	one_rule("uid/0", BYTES("A\0\0\0\0"));
	CHECK(answer("10.0.0.3") == RULES_DENY);
	CHECK(answer("unix") == RULES_DENY);
	one_rule("10.", BYTES(""));
	CHECK(answer("unix") == RULES_NONE);
}

static void
s6_is_broken(const char *data, size_t len)
{
	one_rule("ip4/10.0.0.1_32", data, len);
	CHECK(answer("10.0.0.1") == RULES_BROKEN);
}

CASE(s6_data_that_does_not_add_up_is_broken)
{
	s6_is_broken(BYTES(""));
	s6_is_broken(BYTES("A"));
	s6_is_broken(BYTES("A\0\0\0"));
	s6_is_broken(BYTES("A\0\0\0\0\0"));
	s6_is_broken(BYTES("A\0\0\0\1"));
	s6_is_broken(BYTES("A\0\4A=1\0\0"));
	s6_is_broken(BYTES("A\0\3A=1\0\0"));
	s6_is_broken(BYTES("A\xff\xff"
			   "A=1\0\0\0"));
	s6_is_broken(BYTES("+A=1\0"));
}

CASE(what_s6_can_and_we_cannot_is_broken)
{
	s6_is_broken(BYTES("A\0\0\0\3cat"));
	s6_is_broken(BYTES("A\0\xcRELAYCLIENT\0\0\0"));
}

/* ------------------------------------------------------------------ keys */

struct lookup {
	char text[2048]; /* all keys, each with a blank behind it */
	size_t count, s6;
};

static bool
note_key(struct lookup *l, enum rules_writer writer, const char *key,
    size_t len)
{
	size_t used = strlen(l->text);

	l->count++;
	l->s6 += writer == RULES_BY_S6;
	CHECK((writer == RULES_BY_S6) == rules_key_is_s6(key, len));
	if (writer != RULES_BY_S6 && memchr(key, '/', len) == NULL &&
	    (len == 0 || (key[0] != '_' && key[0] != '^')))
		snprintf(l->text + used, sizeof(l->text) - used, "%.*s ",
		    (int)len, key);
	return (false);
}

CASE(keys_come_in_the_order_of_tcpserver)
{
	struct peer peer = peer_at("10.1.2.3");
	struct rules_subject subject = { &peer, "a.example.org", "joe" };
	struct lookup l = { .count = 0 };

	CHECK(!rules_each_key(&subject, RULES_CLASSIC, note_key, &l));
	CHECK_STR(l.text,
	    "joe@10.1.2.3 joe@=a.example.org 10.1.2.3 "
	    "=a.example.org 10.1.2. 10.1. 10. =.example.org =.org = "
	    " ");
	/* ip4/ of each length, reversedns/ of each name and of any */
	CHECK(l.s6 == 33 + 4);
	/* and bits, for which there is no /0, and text of each length */
	CHECK(l.count == 11 + 32 + 33 + l.s6);
}

CASE(longest_tries_the_same_keys)
{
	struct peer peer = peer_at("2001:db8:0:1:2:3:4:5");
	struct rules_subject subject = { &peer, "a.example.org", "joe" };
	struct lookup classic = { .count = 0 }, longest = { .count = 0 };

	CHECK(!rules_each_key(&subject, RULES_CLASSIC, note_key, &classic));
	CHECK(!rules_each_key(&subject, RULES_LONGEST, note_key, &longest));
	CHECK(classic.count == longest.count);
	CHECK_STR(classic.text, longest.text);
}

CASE(an_ipv6_address_is_spelled_in_three_ways)
{
	struct peer peer = peer_at("5:db8:0:1:2:3:4:5");
	struct rules_subject subject = { &peer, NULL, NULL };
	struct lookup l = { .count = 0 };

	CHECK(!rules_each_key(&subject, RULES_CLASSIC, note_key, &l));
	CHECK_STR(l.text,
	    "5:db8:0:1:2:3:4:5 5:db8::1:2:3:4:5 "
	    "0005:0DB8:0000:0001:0002:0003:0004:0005 "
	    "5:db8:0:1:2:3:4: 5:db8::1:2:3:4: "
	    "5:db8:0:1:2:3: 5:db8::1:2:3: "
	    "5:db8:0:1:2: 5:db8::1:2: 5:db8:0:1: 5:db8::1: "
	    "5:db8:0: 5:db8:: 5:db8: 5:db8: 5: 5:  ");
}

CASE(a_unix_peer_has_names_only)
{
	struct peer peer = peer_at("unix");
	struct rules_subject subject = { &peer, "a.org", "joe" };
	struct lookup l = { .count = 0 };

	CHECK(!rules_each_key(&subject, RULES_LONGEST, note_key, &l));
	CHECK_STR(l.text, "joe@=a.org =a.org =.org =  ");
}

CASE(overlong_names_are_no_keys)
{
	static char name[4096];
	struct rules_hit hit;

	memset(name, 'a', sizeof(name) - 1);
	memcpy(name + sizeof(name) - 9, ".example", 8);
	begin();
	rule("=.example", BYTES("D\0"));
	end();
	find_as(&hit, "10.0.0.1", name, name, RULES_CLASSIC);
	CHECK(hit.answer == RULES_DENY);
	rules_free(&hit);
	name[RULES_KEY_MAX - 2] = '\0';
	find_as(&hit, "10.0.0.1", name, name, RULES_CLASSIC);
	CHECK(hit.answer == RULES_NONE);
	rules_free(&hit);
}

CASE(each_length_of_a_network_is_found)
{
	static const char *const ips[] = { "255.255.255.255",
		"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff" };
	unsigned int len, i;
	char key[64], net[INET6_ADDRSTRLEN];
	uint8_t addr[16];

	for (i = 0; i < 2; i++)
		for (len = 0; len <= (i == 0 ? 32 : 128); len++) {
			memset(addr, 0, sizeof(addr));
			memset(addr, 0xff, len / 8);
			if (len % 8 > 0)
				addr[len / 8] = (uint8_t)(0xff00 >> len % 8);
			inet_ntop(i == 0 ? AF_INET : AF_INET6, addr, net,
			    sizeof(net));
			snprintf(key, sizeof(key), "%s/%u", net, len);
			one_rule(key, BYTES("D\0"));
			CHECK(answer(ips[i]) == RULES_DENY);
			CHECK(answer(ips[1 - i]) == RULES_NONE);
		}
}

/* ----------------------------------------------------------------- files */

CASE(only_a_missing_file_is_absent)
{
	strcpy(path, "/nonexistent/rules.cdb");
	CHECK(answer("10.0.0.1") == RULES_ABSENT);
	strcpy(path, "/dev/null");
	CHECK(answer("10.0.0.1") == RULES_BROKEN);
	strcpy(path, "/dev/null/rules.cdb");
	errno = 0;
	CHECK(answer("10.0.0.1") == RULES_BROKEN);
	CHECK(errno == ENOTDIR);
}

CASE(no_descriptor_is_left_open)
{
	int before, after;

	one_rule("10.", BYTES(""));
	CHECK((before = dup(0)) != -1);
	close(before);
	CHECK(answer("10.0.0.1") == RULES_ALLOW);
	CHECK(ftruncate(file, 2047) == 0);
	CHECK(answer("10.0.0.1") == RULES_BROKEN);
	CHECK((after = dup(0)) == before);
	close(after);
}

/*
 * A file of all dialects; every subject below finds something in it.
 */
static void
make_mixed(void)
{
	begin();
	rule("10.1.2.3", BYTES("+A=1\0"));
	rule("10.", BYTES("D\0"));
	rule("192.0.2.0/24", BYTES("+B=2\0"));
	rule("ip4/198.51.100.0_24", BYTES("A\0\4A=1\0\0\0"));
	rule("2001:db8:", BYTES("+C=3\0+D=4\0"));
	rule("=.example.org", BYTES("+E=5\0"));
	rule("joe@=mail.example.org", BYTES("D\0"));
	rule("", BYTES("D\0"));
	end();
}

static const struct {
	const char *ip, *host, *info;
} subjects[] = { { "10.1.2.3", NULL, NULL }, { "10.9.9.9", NULL, NULL },
	{ "192.0.2.1", NULL, NULL }, { "198.51.100.1", NULL, NULL },
	{ "2001:db8:1::1", NULL, NULL }, { "9.9.9.9", "a.example.org", NULL },
	{ "fe80::1", "mail.example.org", "joe" }, { "unix", NULL, NULL } };

enum { SUBJECTS = sizeof(subjects) / sizeof(*subjects) };

/*
 * How many of the subjects find the file broken.
 */
static size_t
count_broken(void)
{
	struct rules_hit hit;
	size_t i, count = 0;

	for (i = 0; i < SUBJECTS; i++) {
		find_as(&hit, subjects[i].ip, subjects[i].host,
		    subjects[i].info, RULES_CLASSIC);
		CHECK(hit.answer != RULES_ABSENT);
		CHECK(hit.answer == RULES_BROKEN || hit.why == NULL);
		CHECK(hit.key_len < RULES_KEY_MAX);
		settings(&hit);
		count += hit.answer == RULES_BROKEN;
		rules_free(&hit);
	}
	return (count);
}

CASE(a_whole_file_is_broken_for_nobody)
{
	make_mixed();
	CHECK(count_broken() == 0);
}

CASE(a_file_cut_anywhere_is_broken_for_all)
{
	off_t size;

	make_mixed();
	for (size = file_size() - 1; size >= 0; size--) {
		CHECK(ftruncate(file, size) == 0);
		CHECK(count_broken() == SUBJECTS);
	}
}

CASE(a_file_whose_header_ends_in_zeros_is_broken)
{
	off_t size, whole;

	make_mixed();
	whole = file_size();
	/* the last entry is that of an empty table: its position, then 0 */
	for (size = 2040; size >= 0; size--) {
		CHECK(ftruncate(file, size) == 0);
		CHECK(ftruncate(file, whole) == 0);
		CHECK(count_broken() == SUBJECTS);
	}
}

CASE(a_file_too_long_is_broken)
{
	make_mixed();
	CHECK(ftruncate(file, file_size() + 1) == 0);
	CHECK(count_broken() == SUBJECTS);
	CHECK(ftruncate(file, (off_t)5 << 30) == 0);
	CHECK(count_broken() == SUBJECTS);
}

CASE(a_header_not_yet_written_is_broken)
{
	static const char zeros[2048];

	make_mixed();
	CHECK(pwrite(file, zeros, sizeof(zeros), 0) == sizeof(zeros));
	CHECK(count_broken() == SUBJECTS);
	CHECK(ftruncate(file, 2048) == 0);
	CHECK(count_broken() == SUBJECTS);
}

CASE(tables_inside_of_the_header_are_broken)
{
	off_t entry;

	begin();
	end();
	for (entry = 0; entry < 2048; entry += 8)
		put_number(entry, 2040);
	put_number(2044, 1);
	CHECK(count_broken() == SUBJECTS);
}

CASE(each_flipped_bit_of_the_header_is_seen)
{
	off_t at;
	int bit;

	make_mixed();
	for (at = 0; at < 2048; at++)
		for (bit = 0; bit < 8; bit++) {
			flip(at, 1U << bit);
			CHECK(answer("10.1.2.3") == RULES_BROKEN);
			flip(at, 1U << bit);
		}
	CHECK(count_broken() == 0);
}

CASE(no_flipped_bit_behind_the_header_does_harm)
{
	off_t at, size;
	int bit;

	make_mixed();
	size = file_size();
	for (at = 2048; at < size; at++)
		for (bit = 0; bit < 9; bit++) {
			flip(at, bit < 8 ? 1U << bit : 0xff);
			count_broken();
			flip(at, bit < 8 ? 1U << bit : 0xff);
		}
	CHECK(count_broken() == 0);
}

/*
 * The only record of a file with one rule: its hash table has two slots,
 * the used one holds the hash and the position.
 */
static off_t
slot_of_only_rule(void)
{
	off_t at = file_size() - 16;
	unsigned char slot[8];

	CHECK(pread(file, slot, 8, at) == 8);
	return (cdb_unpack(slot + 4) != 0 ? at : at + 8);
}

CASE(positions_behind_the_records_are_broken)
{
	static const uint32_t positions[] = { 2053, 2058, 2100, 0x7fffffff,
		0xfffffff8, 0xffffffff };
	size_t i;

	for (i = 0; i < sizeof(positions) / sizeof(*positions); i++) {
		one_rule("", BYTES("D\0"));
		put_number(slot_of_only_rule() + 4, positions[i]);
		CHECK(answer("10.0.0.1") == RULES_BROKEN);
	}
}

/*
 * With the records ending at 0x1400, the bytes from 5 on read as a record:
 * an empty key and 20 bytes of data, which tinycdb finds.
 */
CASE(a_position_in_the_header_is_broken)
{
	static const char filler[0x1400 - 2048 - 10 - 9];

	begin();
	rule("", BYTES("D\0"));
	rule("x", filler, sizeof(filler));
	end();
	CHECK(answer("10.0.0.1") == RULES_DENY);
	put_number(0x1400 + 8 + 4, 5);
	CHECK(answer("10.0.0.1") == RULES_BROKEN);
}

CASE(lengths_beyond_the_records_are_broken)
{
	static const uint32_t lengths[] = { 3, 100, 0x7fffffff, 0xfffffff8,
		0xffffffff };
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		one_rule("", BYTES("D\0"));
		put_number(2048 + 4, lengths[i]);
		CHECK(answer("10.0.0.1") == RULES_BROKEN);
	}
}

static void
count_record(struct rules_hit *hit, void *count)
{
	CHECK(hit->answer == RULES_BROKEN);
	++*(int *)count;
}

/*
 * Each pair comes to 2^32 with the record's head, so that the next record is
 * this one.
 */
CASE(lengths_that_wrap_round_end_a_walk)
{
	static const uint32_t lengths[][2] = {
		{ 3, 0xfffffff5 },
		{ 0xfffffff8, 0 },
		{ 0x80000000, 0x7ffffff8 },
	};
	struct rules_hit hit;
	int count = 0;
	size_t i;

	for (i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		one_rule("10.", BYTES("D\0"));
		put_number(2048, lengths[i][0]);
		put_number(2048 + 4, lengths[i][1]);
		CHECK(rules_each(&hit, path, count_record, &count) ==
		    RULES_BROKEN);
		rules_free(&hit);
	}
	CHECK(count == 0);
}

CASE(random_bytes_are_broken)
{
	unsigned char bytes[8192];
	uint32_t state = 1;
	size_t i;
	int round;

	for (round = 0; round < 100; round++) {
		for (i = 0; i < sizeof(bytes); i++) {
			state = state * 1103515245 + 12345;
			bytes[i] = (unsigned char)(state >> 16);
		}
		new_file();
		CHECK(write(file, bytes, sizeof(bytes)) == sizeof(bytes));
		CHECK(count_broken() == SUBJECTS);
	}
}

static const struct check_case cases[] = {
	C(no_data_allows),
	C(a_d_anywhere_among_the_items_denies),
	C(a_d_without_its_nul_denies),
	C(items_that_tcpserver_skips_are_skipped),
	C(data_that_begins_like_no_rule_is_broken),
	C(data_of_64_KiB_is_read_and_more_is_broken),
	C(settings_can_be_walked_twice),
	C(s6_data_allows_sets_and_denies),
	C(s6_denies_who_is_not_named),
	C(s6_data_that_does_not_add_up_is_broken),
	C(what_s6_can_and_we_cannot_is_broken),
	C(keys_come_in_the_order_of_tcpserver),
	C(longest_tries_the_same_keys),
	C(an_ipv6_address_is_spelled_in_three_ways),
	C(a_unix_peer_has_names_only),
	C(overlong_names_are_no_keys),
	C(each_length_of_a_network_is_found),
	C(only_a_missing_file_is_absent),
	C(no_descriptor_is_left_open),
	C(a_whole_file_is_broken_for_nobody),
	C(a_file_cut_anywhere_is_broken_for_all),
	C(a_file_whose_header_ends_in_zeros_is_broken),
	C(a_file_too_long_is_broken),
	C(a_header_not_yet_written_is_broken),
	C(tables_inside_of_the_header_are_broken),
	C(each_flipped_bit_of_the_header_is_seen),
	C(no_flipped_bit_behind_the_header_does_harm),
	C(positions_behind_the_records_are_broken),
	C(a_position_in_the_header_is_broken),
	C(lengths_beyond_the_records_are_broken),
	C(lengths_that_wrap_round_end_a_walk),
	C(random_bytes_are_broken),
	{ 0 },
};

RUN(cases)
