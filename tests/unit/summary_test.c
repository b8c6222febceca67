/* SPDX-License-Identifier: ISC */
/*
 * summary_test.c - the line a connection leaves, in every format.
 */
#include "check.h"

#include <fcntl.h>
#include <unistd.h>

#include "log.h"
#include "summary.h"

static char heard[16384];

/*
 * The line as fd 2 gets it.
 */
static const char *
written(const struct summary *s, enum log_format format, int priority,
    int level)
{
	const int real = dup(STDERR_FILENO);
	int ends[2];
	ssize_t n;

	CHECK(pipe2(ends, O_CLOEXEC) == 0 && real != -1);
	unsetenv("JOURNAL_STREAM");
	unsetenv("SYSTEMD_EXEC_PID");
	CHECK(dup2(ends[1], STDERR_FILENO) != -1);
	log_open();
	log_choose(format, level, -1);
	log_set_id("ffffffffffffffff");
	summary_write(s, priority);
	CHECK(dup2(real, STDERR_FILENO) != -1);
	close(real);
	close(ends[1]);
	n = read(ends[0], heard, sizeof(heard) - 1);
	CHECK(n >= 0);
	heard[n] = '\0';
	close(ends[0]);
	return (heard);
}

static const struct summary full = { .id = "0123456789abcdef",
	.peer = "[2001:db8::1]:50000",
	.local = "[2001:db8::2]:993",
	.proxy = "192.0.2.1:443",
	.sni = "mail.example.org",
	.tls = "TLSv1.3",
	.cipher = "TLS_AES_256_GCM_SHA384",
	.group = "x25519",
	.resumed = "0",
	.client = "none",
	.rule = "192.0.2.",
	.in = "1234",
	.out = "0",
	.handshake_ms = "17",
	.secs = "3",
	.stage = "done",
	.end = "clean",
	.app = "0" };

CASE(all_keys_come_in_their_order)
{
	CHECK_STR(written(&full, LOG_FORMAT_KV, LOG_NOTICE, LOG_NOTICE),
	    "tlsshim: id=0123456789abcdef peer=[2001:db8::1]:50000 "
	    "local=[2001:db8::2]:993 proxy=192.0.2.1:443 "
	    "sni=mail.example.org tls=TLSv1.3 cipher=TLS_AES_256_GCM_SHA384 "
	    "group=x25519 resumed=0 client=none rule=192.0.2. in=1234 out=0 "
	    "handshake_ms=17 secs=3 stage=done end=clean app=0\n");
}

CASE(unknown_values_leave_their_key_out)
{
	const struct summary s = {
		.id = "7", .sni = "", .stage = "start", .end = "probe:eof"
	};

	CHECK_STR(written(&s, LOG_FORMAT_KV, LOG_NOTICE, LOG_NOTICE),
	    "tlsshim: id=7 stage=start end=probe:eof\n");
}

CASE(json_has_the_same_keys_and_four_numbers)
{
	CHECK_STR(written(&full, LOG_FORMAT_JSON, LOG_NOTICE, LOG_NOTICE),
	    "{\"level\":\"notice\",\"id\":\"0123456789abcdef\","
	    "\"peer\":\"[2001:db8::1]:50000\","
	    "\"local\":\"[2001:db8::2]:993\",\"proxy\":\"192.0.2.1:443\","
	    "\"sni\":\"mail.example.org\",\"tls\":\"TLSv1.3\","
	    "\"cipher\":\"TLS_AES_256_GCM_SHA384\",\"group\":\"x25519\","
	    "\"resumed\":\"0\",\"client\":\"none\",\"rule\":\"192.0.2.\","
	    "\"in\":1234,\"out\":0,\"handshake_ms\":17,\"secs\":3,"
	    "\"stage\":\"done\",\"end\":\"clean\",\"app\":\"0\"}\n");
}

CASE(no_value_can_add_a_key_or_a_line)
{
	const struct summary s = { .sni = "a end=clean\ntlsshim: id=1",
		.end = "x\"\\\xc3\xa9" };

	CHECK_STR(written(&s, LOG_FORMAT_KV, LOG_NOTICE, LOG_NOTICE),
	    "tlsshim: sni=a\\x20end\\x3dclean\\x0atlsshim:\\x20id\\x3d1 "
	    "end=x\\x22\\x5c\\xc3\\xa9\n");
	CHECK_STR(written(&s, LOG_FORMAT_JSON, LOG_NOTICE, LOG_NOTICE),
	    "{\"level\":\"notice\","
	    "\"sni\":\"a end=clean\\\\x0atlsshim: id=1\","
	    "\"end\":\"x\\\"\\\\x5c\\\\xc3\\\\xa9\"}\n");
}

CASE(a_long_value_does_not_push_the_end_out)
{
	char longest[3000];
	struct summary s = full;
	const char *line;

	memset(longest, '=', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	s.sni = s.rule = s.client = longest;
	line = written(&s, LOG_FORMAT_KV, LOG_NOTICE, LOG_NOTICE);
	CHECK(strlen(line) < LOG_LINE_MAX);
	CHECK(strstr(line, "\\x3d\\x3d... tls=TLSv1.3") != NULL);
	CHECK(strstr(line, "... in=1234") != NULL);
	CHECK(strstr(line, " end=clean app=0\n") != NULL);
}

CASE(a_quiet_log_has_no_scanner_noise)
{
	CHECK_STR(written(&full, LOG_FORMAT_KV, LOG_DEBUG, LOG_NOTICE), "");
	CHECK_STR(written(&full, LOG_FORMAT_KV, LOG_NOTICE, LOG_ERR), "");
	CHECK(*written(&full, LOG_FORMAT_KV, LOG_ERR, LOG_ERR) != '\0');
	CHECK(*written(&full, LOG_FORMAT_KV, LOG_DEBUG, LOG_DEBUG) != '\0');
}

static const struct check_case cases[] = { C(all_keys_come_in_their_order),
	C(unknown_values_leave_their_key_out),
	C(json_has_the_same_keys_and_four_numbers),
	C(no_value_can_add_a_key_or_a_line),
	C(a_long_value_does_not_push_the_end_out),
	C(a_quiet_log_has_no_scanner_noise), { 0 } };

RUN(cases)
