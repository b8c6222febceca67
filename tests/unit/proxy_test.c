/* SPDX-License-Identifier: ISC */
/*
 * proxy_test.c - PROXY headers that are taken, and those that are not.
 */
#include "check.h"
#include "msg.h"
#include "proxy.h"

struct vector {
	const char *bytes;
	size_t len;
};

/* a literal, NULs and all */
#define V(literal)                                                             \
	{                                                                      \
		literal, sizeof(literal) - 1                                   \
	}
#define SIG "\r\n\r\n\0\r\nQUIT\n"
#define ADDR4 "\xc0\x00\x02\x01\xc6\x33\x64\x02\xdc\x04\x01\xbb"
#define FF40 "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"

static struct proxy_header h;

static enum proxy_result
parse(enum proxy_mode mode, const struct vector *v, size_t len)
{
	return (proxy_parse(&h, mode, (const uint8_t *)v->bytes, len));
}

/*
 * Whole with its last byte, and not before; what follows is not its own.
 */
static void
check_whole(enum proxy_mode mode, const struct vector *v)
{
	static char more[PROXY_HEADER_MAX + 8];
	struct vector longer = { more, v->len + 3 };
	size_t len;

	for (len = 0; len < v->len; len++)
		CHECK(parse(mode, v, len) == PROXY_MORE);
	memcpy(more, v->bytes, v->len);
	memcpy(more + v->len, "\x16\x03\x01", 3);
	CHECK(parse(mode, &longer, longer.len) == PROXY_WHOLE);
	CHECK(h.len == v->len);
	CHECK(parse(mode, v, v->len) == PROXY_WHOLE);
	CHECK(h.len == v->len);
}

static void
check_bad(enum proxy_mode mode, const struct vector *v)
{
	size_t len;

	for (len = 0; len < v->len; len++)
		CHECK(parse(mode, v, len) != PROXY_WHOLE);
	CHECK(parse(mode, v, v->len) == PROXY_BAD);
	CHECK(h.why != NULL);
}

CASE(version_1_tells_ends_of_ipv4)
{
	static const struct vector
	    v = V("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n");

	check_whole(PROXY_V1, &v);
	CHECK(h.conveys && h.peer.family == PEER_IPV4);
	CHECK_STR(h.peer.remote.ip, "192.0.2.1");
	CHECK_STR(h.peer.local.ip, "198.51.100.2");
	CHECK(h.peer.remote.port == 56324 && h.peer.local.port == 443);
}

CASE(version_1_tells_ends_of_ipv6)
{
	static const struct vector
	    v = V("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n");

	check_whole(PROXY_V1, &v);
	CHECK(h.conveys && h.peer.family == PEER_IPV6);
	CHECK_STR(h.peer.remote.ip, "2001:db8::1");
	CHECK_STR(h.peer.local.ip, "::1");
	CHECK(h.peer.remote.port == 1 && h.peer.local.port == 65535);
}

CASE(version_1_may_not_know)
{
	static const struct vector all[] = { V("PROXY UNKNOWN\r\n"),
		V("PROXY UNKNOWN " FF40 " " FF40 " 65535 65535\r\n"),
		V("PROXY UNKNOWN whatever  this is\r\n") };
	size_t i;

	CHECK(all[1].len == PROXY_V1_MAX);
	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		check_whole(PROXY_V1, &all[i]);
		CHECK(!h.conveys);
	}
}

CASE(version_1_is_taken_to_the_letter)
{
	static const struct vector all[] = {
		V("PROXY TCP4  192.0.2.1 198.51.100.2 56324 443\r\n"),
		V("PROXY  TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 \r\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443 1\r\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n"),
		V("PROXY TCP4\t192.0.2.1 198.51.100.2 56324 443\r\n"),
		V("PROXY TCP4192.0.2.1 198.51.100.2 56324 443\r\n"),
		V("proxy TCP4 192.0.2.1 198.51.100.2 56324 443\r\n"),
		V("PROXY tcp4 192.0.2.1 198.51.100.2 56324 443\r\n"),
		V("PROXY UDP4 192.0.2.1 198.51.100.2 56324 443\r\n"),
		V("PROXY UNKNOWNS\r\n"),
		V("PROXY \r\n"),
		V("PROXY\r\n"),
		V("PROXY TCP4 2001:db8::1 ::1 1 2\r\n"),
		V("PROXY TCP6 192.0.2.1 198.51.100.2 1 2\r\n"),
		V("PROXY TCP6 fe80::1%lo ::1 1 2\r\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 56324 0443\r\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 56324 00\r\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 +1 443\r\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 -1 443\r\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 100000000000 443\r\n"),
		V("PROXY TCP4 256.0.2.1 198.51.100.2 56324 443\r\n"),
		V("PROXY TCP4 192.0.2.01 198.51.100.2 56324 443\r\n"),
		V("PROXY TCP4 192.0.2 198.51.100.2 56324 443\r\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\rx"),
		V("PROXY TCP4 192.0.2.1\r 198.51.100.2 56324 443\r\n"),
		V("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\0\r\n"),
		V("PROXY UNKNOWN " FF40 " " FF40 " 65535 655350\r\n"),
		V("PROXY TCP4 a b c d e\r\n"),
		V("PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n"),
		V("\n"),
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		check_bad(PROXY_V1, &all[i]);
		check_bad(PROXY_ANY, &all[i]);
	}
}

CASE(a_port_of_version_1_may_be_0)
{
	static const struct vector
	    v = V("PROXY TCP4 192.0.2.1 198.51.100.2 0 0\r\n");

	check_whole(PROXY_V1, &v);
	CHECK(h.peer.remote.port == 0);
}

CASE(version_2_tells_ends_of_ipv4)
{
	static const struct vector v = V(SIG "\x21\x11\x00\x0c" ADDR4);

	check_whole(PROXY_V2, &v);
	check_whole(PROXY_ANY, &v);
	CHECK(h.conveys && h.peer.family == PEER_IPV4 && !h.ssl);
	CHECK_STR(h.peer.remote.ip, "192.0.2.1");
	CHECK_STR(h.peer.local.ip, "198.51.100.2");
	CHECK(h.peer.remote.port == 56324 && h.peer.local.port == 443);
}

CASE(version_2_tells_ends_of_ipv6)
{
	static const struct vector v = V(SIG
	    "\x21\x21\x00\x24"
	    "\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"
	    "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x00\x01\xff\xff");

	check_whole(PROXY_V2, &v);
	CHECK(h.conveys && h.peer.family == PEER_IPV6);
	CHECK_STR(h.peer.remote.ip, "2001:db8::1");
	CHECK_STR(h.peer.local.ip, "::1");
	CHECK(h.peer.remote.port == 1 && h.peer.local.port == 65535);
}

CASE(mapped_addresses_are_of_ipv4)
{
	static const struct vector v = V(SIG
	    "\x21\x21\x00\x24"
	    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x01"
	    "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc6\x33\x64\x02\x00\x01\x00\x02");

	check_whole(PROXY_V2, &v);
	CHECK(h.peer.family == PEER_IPV4);
	CHECK_STR(h.peer.remote.ip, "192.0.2.1");
}

CASE(version_2_tells_of_sockets_of_unix)
{
	static char bytes[16 + 216] = SIG "\x21\x31\x00\xd8/run/x";
	static const struct vector v = { bytes, sizeof(bytes) };

	check_whole(PROXY_V2, &v);
	CHECK(h.conveys && h.peer.family == PEER_UNIX);
}

CASE(local_and_unspec_say_nothing)
{
	static const struct vector all[] = {
		V(SIG "\x20\x00\x00\x00"),
		V(SIG "\x20\x11\x00\x0c" ADDR4),
		V(SIG "\x20\xff\x00\x02\xff\xff"),
		V(SIG "\x21\x00\x00\x07JUNKED!"),
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		check_whole(PROXY_V2, &all[i]);
		CHECK(!h.conveys && h.peer.remote.ip[0] == '\0');
	}
}

CASE(fields_are_taken_and_others_skipped)
{
	static const struct vector v = V(SIG
	    "\x21\x11\x00\x31" ADDR4 "\x04\x00\x03\0\0\0"
	    "\x02\x00\x09"
	    "a.example"
	    "\xf8\x00\x00"
	    "\x20\x00\x0d\x07\x00\x00\x00\x00\x22\x00\x02me\x99\x00\x00");

	check_whole(PROXY_V2, &v);
	CHECK(h.value[PROXY_AUTHORITY].len == 9);
	CHECK(memcmp(h.value[PROXY_AUTHORITY].bytes, "a.example", 9) == 0);
	CHECK(h.ssl && h.ssl_client == 7 && h.ssl_verify == 0);
	CHECK(h.value[PROXY_SSL_CN].len == 2);
	CHECK(h.value[PROXY_ALPN].bytes == NULL);
}

CASE(a_right_crc32c_is_taken_and_a_wrong_one_not)
{
	char bytes[] = SIG "\x21\x11\x00\x13" ADDR4
			   "\x03\x00\x04\x00\x00\x00\x00";
	const struct vector v = { bytes, sizeof(bytes) - 1 };
	static const uint8_t right[4] = { 0x20, 0xec, 0x95, 0x49 };
	const size_t command_at = 12, type_at = v.len - 7;
	size_t at = v.len - 4, i;

	check_bad(PROXY_V2, &v);
	memcpy(bytes + at, right, 4);
	check_whole(PROXY_V2, &v);
	for (i = 0; i < v.len; i++) {
		bytes[i] ^= 1;
		/* LOCAL is not looked into; of another type it is no CRC */
		CHECK((parse(PROXY_V2, &v, v.len) == PROXY_WHOLE) ==
		    (i == command_at || i == type_at));
		bytes[i] ^= 1;
	}
}

CASE(version_2_is_taken_to_the_letter)
{
	static const struct vector all[] = {
		V(SIG "\x11\x11\x00\x0c" ADDR4),
		V(SIG "\x31\x11\x00\x0c" ADDR4),
		V(SIG "\x22\x11\x00\x0c" ADDR4),
		V(SIG "\x21\x11\x00\x0b" ADDR4),
		V(SIG "\x21\x12\x00\x0c" ADDR4),
		V(SIG "\x21\x13\x00\x0c" ADDR4),
		V(SIG "\x21\x01\x00\x0c" ADDR4),
		V(SIG "\x21\x41\x00\x0c" ADDR4),
		V(SIG "\x21\x21\x00\x0c" ADDR4),
		V(SIG "\x21\x31\x00\x0c" ADDR4),
		/* longer than is taken */
		V(SIG "\x21\x11\xff\xff" ADDR4),
		V(SIG "\x21\x11\x40\x01" ADDR4),
		/* fields: past the end, cut off, twice */
		V(SIG "\x21\x11\x00\x10" ADDR4 "\x04\x00\x02\x00"),
		V(SIG "\x21\x11\x00\x0e" ADDR4 "\x04\x00"),
		V(SIG "\x21\x11\x00\x14" ADDR4 "\x01\x00\x01"
		      "a\x01\x00\x01"
		      "b"),
		/* CRC32C of 3 bytes */
		V(SIG "\x21\x11\x00\x12" ADDR4 "\x03\x00\x03\0\0\0"),
		/* texts with NUL, newline, DEL */
		V(SIG "\x21\x11\x00\x12" ADDR4 "\x02\x00\x03x\0y"),
		V(SIG "\x21\x11\x00\x12" ADDR4 "\x02\x00\x03x\ny"),
		V(SIG "\x21\x11\x00\x12" ADDR4 "\x01\x00\x03x\x7fy"),
		/* of TLS: too short, overrun, twice */
		V(SIG "\x21\x11\x00\x13" ADDR4 "\x20\x00\x04\x01\0\0\0"),
		V(SIG "\x21\x11\x00\x17" ADDR4
		      "\x20\x00\x08\x01\0\0\0\0\x21\x00\x01"),
		V(SIG "\x21\x11\x00\x1c" ADDR4
		      "\x20\x00\x05\x01\0\0\0\0\x20\x00\x05\x01\0\0\0\0"),
		/* a certificate that is none */
		V(SIG "\x21\x11\x00\x18" ADDR4
		      "\x20\x00\x09\x01\0\0\0\0\x28\x00\x01x"),
		/* half of it IPv4 */
		V(SIG "\x21\x21\x00\x24"
		      "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\x00\x02\x01"
		      "\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\x00\x01\xff\xff"),
	};
	size_t i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		check_bad(PROXY_V2, &all[i]);
}

CASE(half_a_signature_is_none_yet)
{
	static const struct vector v = V("\r\n\r\n\0");

	CHECK(parse(PROXY_V2, &v, v.len) == PROXY_MORE);
}

CASE(the_other_version_is_none)
{
	static const struct vector v1 = V("PROXY UNKNOWN\r\n");
	static const struct vector v2 = V(SIG "\x20\x00\x00\x00");
	static const struct vector tls = V("\x16\x03\x01\x02\x00");

	check_bad(PROXY_V2, &v1);
	check_bad(PROXY_V1, &v2);
	check_bad(PROXY_ANY, &tls);
	CHECK(parse(PROXY_ANY, &tls, 1) == PROXY_BAD);
	check_whole(PROXY_ANY, &v1);
	check_whole(PROXY_ANY, &v2);
}

CASE(words_are_modes)
{
	CHECK(proxy_mode("off") == PROXY_OFF);
	CHECK(proxy_mode("any") == PROXY_ANY);
	CHECK(proxy_mode("v3") == PROXY_MODES);
	CHECK(proxy_mode("") == PROXY_MODES);
}

/* ---------------------------------------------------------------- message */

static struct msg m;

static void
put(void)
{
	msg_begin(&m, MSG_PEER);
	proxy_put(&m, &h);
	m.at = 0;
}

CASE(the_keeper_hears_what_net_has_read)
{
	static const struct vector v = V(SIG
	    "\x21\x11\x00\x25" ADDR4 "\x02\x00\x09"
	    "a.example"
	    "\x20\x00\x0a\x07\x00\x00\x00\x01\x22\x00\x02me");
	struct proxy_header got;
	size_t len;

	check_whole(PROXY_V2, &v);
	put();
	CHECK(proxy_get(&got, &m) == NULL);
	CHECK(got.conveys && got.ssl && got.ssl_client == 7);
	CHECK(got.ssl_verify == 1);
	CHECK(memcmp(&got.peer, &h.peer, sizeof(h.peer)) == 0);
	CHECK(got.value[PROXY_SSL_CN].len == 2);
	CHECK(memcmp(got.value[PROXY_AUTHORITY].bytes, "a.example", 9) == 0);
	/* a whole field less is a message, too */
	for (len = m.len - 1; len > 0; len--) {
		m.len = len;
		m.at = 0;
		m.bad = false;
		if (proxy_get(&got, &m) == NULL)
			CHECK(got.value[PROXY_SSL_CN].bytes == NULL);
	}
}

CASE(the_keeper_is_told_no_more_than_a_header_can_say)
{
	static const struct vector v = V(SIG "\x21\x11\x00\x0c" ADDR4);
	static const uint8_t control[] = "a\nb";
	struct proxy_header got;

	check_whole(PROXY_V2, &v);
	h.value[PROXY_AUTHORITY] = (struct proxy_value){ control, 3 };
	put();
	CHECK(proxy_get(&got, &m) != NULL);

	h.value[PROXY_AUTHORITY] = (struct proxy_value){ NULL, 0 };
	put();
	msg_put_u8(&m, PROXY_ALPN);
	msg_put_block(&m, "a", 1);
	msg_put_u8(&m, PROXY_ALPN);
	msg_put_block(&m, "b", 1);
	CHECK(proxy_get(&got, &m) != NULL);

	put();
	msg_put_u8(&m, PROXY_FIELDS);
	msg_put_block(&m, "a", 1);
	CHECK(proxy_get(&got, &m) != NULL);

	h.conveys = false;
	put();
	CHECK(proxy_get(&got, &m) == NULL && !got.conveys);
	msg_put_u8(&m, 0);
	m.at = 0;
	CHECK(proxy_get(&got, &m) != NULL);
}

CASE(the_keeper_is_told_addresses_of_their_family)
{
	static const struct vector v = V(SIG "\x21\x11\x00\x0c" ADDR4);
	struct proxy_header got;

	check_whole(PROXY_V2, &v);
	h.peer.family = PEER_IPV6; /* of 16 bytes, 4 of them set */
	put();
	CHECK(proxy_get(&got, &m) == NULL);
	memset(h.peer.remote.addr, 0, 10);
	memset(h.peer.remote.addr + 10, 0xff, 2);
	put();
	CHECK(proxy_get(&got, &m) != NULL);
	h.peer.family = (enum peer_family)3;
	put();
	CHECK(proxy_get(&got, &m) != NULL);
}

static const struct check_case cases[] = {
	C(version_1_tells_ends_of_ipv4),
	C(version_1_tells_ends_of_ipv6),
	C(version_1_may_not_know),
	C(version_1_is_taken_to_the_letter),
	C(a_port_of_version_1_may_be_0),
	C(version_2_tells_ends_of_ipv4),
	C(version_2_tells_ends_of_ipv6),
	C(mapped_addresses_are_of_ipv4),
	C(version_2_tells_of_sockets_of_unix),
	C(local_and_unspec_say_nothing),
	C(fields_are_taken_and_others_skipped),
	C(a_right_crc32c_is_taken_and_a_wrong_one_not),
	C(version_2_is_taken_to_the_letter),
	C(half_a_signature_is_none_yet),
	C(the_other_version_is_none),
	C(words_are_modes),
	C(the_keeper_hears_what_net_has_read),
	C(the_keeper_is_told_no_more_than_a_header_can_say),
	C(the_keeper_is_told_addresses_of_their_family),
	{ 0 },
};
RUN(cases)
