/* SPDX-License-Identifier: ISC */
/*
 * log_test.c - where messages go, and what they look like.
 */
#include "check.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <stdint.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "escape.h"
#include "log.h"
#include "log_line.h"

/* ------------------------------------------------------------ escape.h */

static char room[LOG_DATAGRAM_MAX + 1];

static const char *
escaped(enum escape how, const char *theirs)
{
	struct text t;

	text_start(&t, room, sizeof(room) - 1);
	text_escape(&t, how, theirs);
	CHECK(!t.cut);
	*t.at = '\0';
	return (room);
}

CASE(plain_text_stays)
{
	CHECK_STR(escaped(ESCAPE_LINE, ""), "");
	CHECK_STR(escaped(ESCAPE_LINE, "key: a \"b\" = c~"),
	    "key: a \"b\" = c~");
	CHECK_STR(escaped(ESCAPE_VALUE, "[fe80::1%eth0]:993"),
	    "[fe80::1%eth0]:993");
	CHECK_STR(escaped(ESCAPE_JSON, "a b=c"), "a b=c");
}

CASE(control_characters_become_hex)
{
	CHECK_STR(escaped(ESCAPE_LINE, "a\nb\r\t\x1b[2J\x01\x7f"),
	    "a\\x0ab\\x0d\\x09\\x1b[2J\\x01\\x7f");
}

CASE(a_backslash_cannot_be_forged)
{
	CHECK_STR(escaped(ESCAPE_LINE, "\\x0a"), "\\x5cx0a");
}

CASE(utf8_and_other_high_bytes_become_hex)
{
	CHECK_STR(escaped(ESCAPE_LINE, "\xc3\xa9\x80\xff"),
	    "\\xc3\\xa9\\x80\\xff");
}

CASE(a_value_has_no_blank_quote_or_equals_sign)
{
	CHECK_STR(escaped(ESCAPE_VALUE, "a b=\"c\"\\"),
	    "a\\x20b\\x3d\\x22c\\x22\\x5c");
}

CASE(json_doubles_the_backslash_and_guards_the_quote)
{
	CHECK_STR(escaped(ESCAPE_JSON, "a\"b\\\n\xc3"),
	    "a\\\"b\\\\x5c\\\\x0a\\\\xc3");
}

CASE(every_byte_comes_out_printable_and_different)
{
	char seen[256][8], one[2] = "";
	int how, c, d;

	for (how = ESCAPE_LINE; how <= ESCAPE_JSON; how++) {
		for (c = 1; c < 256; c++) {
			one[0] = (char)c;
			escaped((enum escape)how, one);
			CHECK(strlen(room) >= 1 && strlen(room) <= 5);
			memcpy(seen[c], room, sizeof(seen[c]));
			CHECK(seen[c][strspn(seen[c],
				  " !\"#$%&'()*+,-./0123456789:;<=>?@"
				  "ABCDEFGHIJKLMNOPQRSTUVWXYZ[\\]^_`"
				  "abcdefghijklmnopqrstuvwxyz{|}~")] == '\0');
			for (d = 1; d < c; d++)
				CHECK(strcmp(seen[c], seen[d]) != 0);
		}
	}
}

CASE(no_escape_is_split_at_any_size)
{
	const char *all = "a\\x0a\\xc3b";
	struct text t;
	size_t size, len;

	for (size = 0; size <= strlen(all); size++) {
		memset(room, '#', sizeof(room));
		text_start(&t, room, size);
		text_escape(&t, ESCAPE_LINE,
		    "a\n\xc3"
		    "b");
		len = (size_t)(t.at - room);
		CHECK(len ==
		    (size < 1	     ? 0u :
			    size < 5 ? 1u :
			    size < 9 ? 5u :
				       size));
		CHECK(memcmp(room, all, len) == 0);
		CHECK(t.cut == (size < strlen(all)));
		CHECK(room[size] == '#');
	}
}

CASE(after_a_cut_nothing_follows)
{
	struct text t;

	text_start(&t, room, 4);
	text_add(&t, "12345");
	CHECK(t.cut && t.at == room);
	text_add(&t, "1");
	text_escape(&t, ESCAPE_LINE, "2");
	CHECK(t.at == room);
}

static const char *
escaped_most(const char *theirs, size_t most)
{
	struct text t;

	text_start(&t, room, 64);
	text_escape_most(&t, ESCAPE_LINE, theirs, most);
	CHECK(!t.cut);
	*t.at = '\0';
	return (room);
}

CASE(a_value_that_is_too_long_ends_in_dots)
{
	CHECK_STR(escaped_most("123456", 6), "123456");
	CHECK_STR(escaped_most("1234567", 6), "123...");
	CHECK_STR(escaped_most("12\n4567", 7), "12...");
	CHECK_STR(escaped_most("1\n", 5), "1\\x0a");
	CHECK_STR(escaped_most("1\n2", 5), "1...");
	CHECK_STR(escaped_most("1234", 3), "...");
}

CASE(a_room_that_is_too_small_is_told)
{
	struct text t;

	text_start(&t, room, 6);
	text_escape_most(&t, ESCAPE_LINE, "1234567", 7);
	CHECK(t.cut && t.at == room + 6);
}

/* ---------------------------------------------------------- log_line.h */

static const char *
text_of(size_t len)
{
	room[len] = '\0';
	CHECK(strlen(room) == len);
	return (room);
}

static const struct log_entry hello = { LOG_ERR, "", "hello: why", NULL };
static const struct log_entry hello_id = { LOG_WARNING, "0123456789abcdef",
	"hello: why", NULL };
static const struct log_field two_fields[] = { { "id", "7", false },
	{ "sni", "a b", false }, { "none", NULL, false },
	{ "empty", "", false }, { "secs", "1.25", true }, { "in", "42", true },
	{ NULL, NULL, false } };
static const struct log_entry fields = { LOG_NOTICE, "7", NULL, two_fields };

CASE(a_line_names_the_program_and_the_id)
{
	CHECK_STR(text_of(log_line_kv(room, &hello, false)),
	    "tlsshim: hello: why\n");
	CHECK_STR(text_of(log_line_kv(room, &hello_id, false)),
	    "tlsshim: id=0123456789abcdef: hello: why\n");
	CHECK_STR(text_of(log_line_kv(room, &hello_id, true)),
	    "<4>tlsshim: id=0123456789abcdef: hello: why\n");
	CHECK_STR(text_of(log_line_kv(room, &fields, false)),
	    "tlsshim: id=7 sni=a\\x20b secs=1.25 in=42\n");
}

CASE(json_has_level_id_and_message)
{
	CHECK_STR(text_of(log_line_json(room, &hello, false)),
	    "{\"level\":\"err\",\"message\":\"hello: why\"}\n");
	CHECK_STR(text_of(log_line_json(room, &hello_id, true)),
	    "<4>{\"level\":\"warning\",\"id\":\"0123456789abcdef\","
	    "\"message\":\"hello: why\"}\n");
	CHECK_STR(text_of(log_line_json(room, &fields, false)),
	    "{\"level\":\"notice\",\"id\":\"7\",\"sni\":\"a b\","
	    "\"secs\":1.25,\"in\":42}\n");
}

CASE(json_has_numbers_only_where_they_are_numbers)
{
	static const char *const no[] = { "-1", "01", "1.", ".5", "1e3", "1x",
		"0x1", "1.2.3", " 1" };
	struct log_field f[] = { { "in", "0", true }, { NULL, NULL, false } };
	const struct log_entry e = { LOG_INFO, "", NULL, f };
	size_t i;

	CHECK(strstr(text_of(log_line_json(room, &e, false)), ":0}") != NULL);
	f[0].value = "18446744073709551615";
	CHECK(strstr(text_of(log_line_json(room, &e, false)), "15}") != NULL);
	for (i = 0; i < sizeof(no) / sizeof(no[0]); i++) {
		f[0].value = no[i];
		CHECK(strstr(text_of(log_line_json(room, &e, false)),
			  "\"}\n") != NULL);
	}
}

CASE(syslog_has_facility_daemon_tag_and_pid_and_no_newline)
{
	CHECK_STR(text_of(log_line_syslog(room, &hello_id, 4711)),
	    "<28>tlsshim[4711]: id=0123456789abcdef: hello: why");
	CHECK_STR(text_of(log_line_syslog(room, &fields, 1)),
	    "<29>tlsshim[1]: id=7 sni=a\\x20b secs=1.25 in=42");
}

CASE(the_journal_gets_a_field_a_line)
{
	CHECK_STR(text_of(log_line_journal(room, &hello_id)),
	    "PRIORITY=4\nSYSLOG_IDENTIFIER=tlsshim\n"
	    "MESSAGE=tlsshim: id=0123456789abcdef: hello: why\n"
	    "TLSSHIM_ID=0123456789abcdef\n");
	CHECK_STR(text_of(log_line_journal(room, &hello)),
	    "PRIORITY=3\nSYSLOG_IDENTIFIER=tlsshim\n"
	    "MESSAGE=tlsshim: hello: why\n");
	CHECK_STR(text_of(log_line_journal(room, &fields)),
	    "PRIORITY=5\nSYSLOG_IDENTIFIER=tlsshim\n"
	    "MESSAGE=tlsshim: id=7 sni=a\\x20b secs=1.25 in=42\n"
	    "TLSSHIM_ID=7\nTLSSHIM_SNI=a b\nTLSSHIM_SECS=1.25\n"
	    "TLSSHIM_IN=42\n");
}

CASE(a_newline_cannot_end_a_journal_field)
{
	static const char wanted[] = "KEY\n\x08\0\0\0\0\0\0\0a\nMESSAG\nB=c\n";
	struct text t;

	text_start(&t, room, sizeof(room));
	log_journal_field(&t, "KEY", "a\nMESSAG");
	log_journal_field(&t, "B", "c");
	CHECK(!t.cut && (size_t)(t.at - room) == sizeof(wanted) - 1);
	CHECK(memcmp(room, wanted, sizeof(wanted) - 1) == 0);
}

CASE(a_newline_in_a_message_makes_no_second_line)
{
	const struct log_entry e = { LOG_ERR, "x", "a\ntlsshim: id=y: forged",
		NULL };
	const char *line = text_of(log_line_kv(room, &e, false));

	CHECK_STR(strchr(line, '\n'), "\n");
	line = text_of(log_line_json(room, &e, false));
	CHECK_STR(strchr(line, '\n'), "\n");
}

static char longest[5001];

static const struct log_entry *
long_entry(char of)
{
	static const struct log_entry e = { LOG_ERR, "0123456789abcdef",
		longest, NULL };

	memset(longest, of, sizeof(longest) - 1);
	return (&e);
}

CASE(a_line_of_5000_bytes_is_cut_with_dots)
{
	static const char of[] = "a\n\"\\\xff";
	const char *line;
	size_t i, len;

	for (i = 0; of[i] != '\0'; i++) {
		len = log_line_kv(room, long_entry(of[i]), true);
		line = text_of(len);
		CHECK(len <= LOG_LINE_MAX && len > LOG_LINE_MAX - 16);
		CHECK_STR(line + len - 4, "...\n");
		len = log_line_json(room, long_entry(of[i]), true);
		line = text_of(len);
		CHECK(len <= LOG_LINE_MAX && len > LOG_LINE_MAX - 16);
		CHECK_STR(line + len - 6, "...\"}\n");
		len = log_line_syslog(room, long_entry(of[i]), INT32_MAX);
		line = text_of(len);
		CHECK(len <= LOG_LINE_MAX && len > LOG_LINE_MAX - 16);
		CHECK_STR(line + len - 3, "...");
		line = text_of(log_line_journal(room, long_entry(of[i])));
		CHECK(strstr(line, "...\nTLSSHIM_ID=0123456789abcdef\n") !=
		    NULL);
	}
}

CASE(too_many_fields_are_left_out_of_json_whole)
{
	struct log_field many[18];
	const struct log_entry e = { LOG_ERR, "", NULL, many };
	const char *line;
	size_t i, len;

	memset(longest, '\\', sizeof(longest) - 1);
	memset(many, 0, sizeof(many));
	for (i = 0; i < 17; i++)
		many[i] = (struct log_field){ "key", longest, false };
	len = log_line_json(room, &e, false);
	line = text_of(len);
	CHECK(len <= LOG_LINE_MAX);
	CHECK_STR(line + len - 6, "...\"}\n");
	CHECK(log_line_journal(room, &e) < LOG_DATAGRAM_MAX);
}

/* --------------------------------------------------------------- log.h */

static int conn = -1; /* stands for the connection */

static void
say_choosing_auto(void)
{
	log_choose(LOG_FORMAT_AUTO, LOG_DEBUG, conn);
	log_errx("chosen");
}

static void
say_choosing_kv(void)
{
	log_errx("early");
	log_choose(LOG_FORMAT_KV, LOG_DEBUG, conn);
	CHECK(log_fd() != STDERR_FILENO);
	CHECK(!log_stderr_usable());
	log_errx("chosen");
}

static void
say_choosing_json(void)
{
	log_choose(LOG_FORMAT_JSON, LOG_DEBUG, conn);
	CHECK(log_fd() == STDERR_FILENO);
	CHECK(log_stderr_usable());
	log_errx("a \"b\"");
}

/*
 * Run `say` in a child whose fd 2 is `fd` and fd 0 `in`, if that is not -1;
 * forge: let JOURNAL_STREAM name fd 2.  Then what the other end got.
 */
struct stage {
	int fd, other, in;
	bool forge;
};

static void __attribute__((noreturn))
play(const struct stage *s, void (*say)(void))
{
	struct stat st;
	char stream[64];

	unsetenv("SYSTEMD_EXEC_PID");
	if (s->forge && fstat(s->fd, &st) == 0) {
		snprintf(stream, sizeof(stream), "%ju:%ju",
		    (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
		setenv("JOURNAL_STREAM", stream, 1);
	}
	if (s->in != -1 && dup2(s->in, STDIN_FILENO) == -1)
		_exit(90);
	if (dup2(s->fd, STDERR_FILENO) == -1)
		_exit(91);
	log_open();
	say();
	_exit(0);
}

static const char *
heard(const struct stage *s, void (*say)(void), int wanted_status)
{
	ssize_t n;
	size_t len = 0;
	int status;
	const pid_t child = fork();

	CHECK(child != -1);
	if (child == 0)
		play(s, say);
	close(s->fd);
	while ((n = read(s->other, room + len, sizeof(room) - 1 - len)) > 0)
		len += (size_t)n;
	CHECK(n == 0); /* the end: the child held the last descriptor */
	CHECK(waitpid(child, &status, 0) == child);
	CHECK(WIFEXITED(status) && WEXITSTATUS(status) == wanted_status);
	return (text_of(len));
}

static struct stage
on_pipe(void)
{
	int ends[2];

	CHECK(pipe2(ends, O_CLOEXEC) == 0);
	return ((struct stage){ ends[1], ends[0], -1, false });
}

static struct stage
on_socketpair(bool forge)
{
	int ends[2];

	CHECK(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) == 0);
	return ((struct stage){
	    ends[0], ends[1], open("/dev/null", O_RDWR | O_CLOEXEC), forge });
}

static struct stage
on_tcp(bool forge)
{
	struct sockaddr_in at = { .sin_family = AF_INET,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	const int l = socket(AF_INET, SOCK_STREAM, 0);
	const int c = socket(AF_INET, SOCK_STREAM, 0);
	int a;

	CHECK(bind(l, (struct sockaddr *)&at, len) == 0);
	CHECK(listen(l, 1) == 0);
	CHECK(getsockname(l, (struct sockaddr *)&at, &len) == 0);
	CHECK(connect(c, (struct sockaddr *)&at, len) == 0);
	a = accept(l, NULL, NULL);
	CHECK(a != -1);
	close(l);
	return ((struct stage){
	    a, c, open("/dev/null", O_RDWR | O_CLOEXEC), forge });
}

static void
say_early(void)
{
	log_errx("%s: a\nb: %d", "what", 7);
}

CASE(messages_before_the_choice_go_to_a_usable_fd_2)
{
	const struct stage s = on_pipe();

	CHECK_STR(heard(&s, say_early, 0), "tlsshim: what: a\\x0ab: 7\n");
}

CASE(a_connected_socket_as_fd_2_hears_nothing)
{
	struct stage s = on_socketpair(false);

	CHECK_STR(heard(&s, say_early, 0), "");
	s = on_socketpair(false);
	CHECK_STR(heard(&s, say_choosing_auto, 0), "");
	s = on_socketpair(false);
	CHECK_STR(heard(&s, say_choosing_kv, 0), "");
	s = on_tcp(false);
	conn = s.fd;
	CHECK_STR(heard(&s, say_choosing_kv, 0), "");
}

CASE(the_journals_stream_hears_lines_with_their_level)
{
	struct stage s = on_socketpair(true);

	CHECK_STR(heard(&s, say_early, 0), "<3>tlsshim: what: a\\x0ab: 7\n");
	s = on_socketpair(true);
	CHECK_STR(heard(&s, say_choosing_auto, 0), "<3>tlsshim: chosen\n");
	s = on_socketpair(true);
	CHECK_STR(heard(&s, say_choosing_json, 0),
	    "<3>{\"level\":\"err\",\"message\":\"a \\\"b\\\"\"}\n");
}

CASE(a_forged_journal_stream_does_not_open_the_connection)
{
	struct stage s = on_socketpair(true);

	/* inetd's way: fd 0 and 2 are the same socket; even before the choice
	 */
	s.in = conn = s.fd;
	CHECK_STR(heard(&s, say_choosing_kv, 0), "");
	s = on_tcp(true);
	conn = s.fd;
	CHECK_STR(heard(&s, say_choosing_kv, 0), "");
}

static void
say_forged_at_fd_3(void)
{
	log_choose(LOG_FORMAT_AUTO, LOG_DEBUG, conn);
	CHECK(!log_stderr_usable());
	log_errx("not for the peer");
	log_choose(LOG_FORMAT_JSON, LOG_DEBUG, conn);
	log_errx("not for the peer");
}

CASE(a_forged_journal_stream_does_not_open_a_connection_at_fd_3)
{
	struct stage s = on_socketpair(true);

	conn = s.fd;
	CHECK_STR(heard(&s, say_forged_at_fd_3, 0), "");
}

CASE(a_stale_journal_stream_is_not_believed)
{
	struct stage s = on_socketpair(false);

	setenv("JOURNAL_STREAM", "1:2", 1);
	CHECK_STR(heard(&s, say_early, 0), "");
}

static void
say_all_levels_at_notice(void)
{
	log_choose(LOG_FORMAT_KV, LOG_NOTICE, -1);
	log_set_id("0123456789abcdef");
	errno = ENOENT;
	log_err("1");
	CHECK(errno == ENOENT);
	log_warnx("2");
	log_warn("3: %s", "x");
	log_fields(LOG_NOTICE, two_fields);
	log_info("4");
	log_debug("5");
	log_fields(LOG_INFO, two_fields);
	errno = 4095;
	log_warn("6");
	CHECK(errno == 4095);
}

CASE(only_what_is_urgent_enough_is_written)
{
	const struct stage s = on_pipe();

	CHECK_STR(heard(&s, say_all_levels_at_notice, 0),
	    "tlsshim: id=0123456789abcdef: 1: No such file or directory\n"
	    "tlsshim: id=0123456789abcdef: 2\n"
	    "tlsshim: id=0123456789abcdef: 3: x: No such file or directory\n"
	    "tlsshim: id=7 sni=a\\x20b secs=1.25 in=42\n"
	    "tlsshim: id=0123456789abcdef: 6: error 4095\n");
}

static void
say_last_words(void)
{
	errno = EACCES;
	fatal(EXIT_DENIED, "rule: %s", "192.");
}

CASE(fatal_tells_the_reason_and_leaves_with_the_code)
{
	const struct stage s = on_pipe();

	CHECK_STR(heard(&s, say_last_words, 97),
	    "tlsshim: rule: 192.: Permission denied\n");
}

static void
say_last_words_to_systemd(void)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", (int)getpid());
	setenv("SYSTEMD_EXEC_PID", pid, 1);
	fatalx(EXIT_DENIED, "rule: %s", "192.");
}

CASE(under_systemd_a_denied_peer_is_no_failure)
{
	const struct stage s = on_pipe();

	CHECK_STR(heard(&s, say_last_words_to_systemd, 0),
	    "tlsshim: rule: 192.\n");
}

static void
say_after_a_move(void)
{
	log_choose(LOG_FORMAT_KV, LOG_INFO, -1);
	CHECK(log_fd() == STDERR_FILENO);
	CHECK(dup2(STDERR_FILENO, 9) == 9);
	CHECK(open("/dev/null", O_WRONLY) > STDERR_FILENO);
	log_moved(9);
	CHECK(log_fd() == 9);
	close(STDERR_FILENO);
	log_info("moved");
}

CASE(the_descriptor_can_be_moved)
{
	const struct stage s = on_pipe();

	CHECK_STR(heard(&s, say_after_a_move, 0), "tlsshim: moved\n");
}

/*
 * seccomp's strict mode: read, write, exit and sigreturn, or SIGKILL.
 */
static void
say_with_write_alone(void)
{
	log_choose(LOG_FORMAT_JSON, LOG_DEBUG, -1);
	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT) == 0);
	errno = EPIPE;
	log_warn("relay");
	log_fields(LOG_NOTICE, two_fields);
	syscall(SYS_exit, 0);
}

CASE(a_message_needs_no_system_call_but_write)
{
	const struct stage s = on_pipe();

	CHECK_STR(heard(&s, say_with_write_alone, 0),
	    "{\"level\":\"warning\",\"message\":\"relay: Broken pipe\"}\n"
	    "{\"level\":\"notice\",\"id\":\"7\",\"sni\":\"a b\","
	    "\"secs\":1.25,\"in\":42}\n");
}

static void
say_to_nobody(void)
{
	errno = 0;
	log_errx("lost");
	log_errx("lost too");
	CHECK(errno == 0);
}

CASE(a_journal_that_left_ends_nothing)
{
	struct stage s = on_socketpair(true);

	close(s.other);
	s.other = open("/dev/null", O_RDONLY | O_CLOEXEC);
	CHECK_STR(heard(&s, say_to_nobody, 0), "");
}

static const struct check_case cases[] = { C(plain_text_stays),
	C(control_characters_become_hex), C(a_backslash_cannot_be_forged),
	C(utf8_and_other_high_bytes_become_hex),
	C(a_value_has_no_blank_quote_or_equals_sign),
	C(json_doubles_the_backslash_and_guards_the_quote),
	C(every_byte_comes_out_printable_and_different),
	C(no_escape_is_split_at_any_size), C(after_a_cut_nothing_follows),
	C(a_value_that_is_too_long_ends_in_dots),
	C(a_room_that_is_too_small_is_told),
	C(a_line_names_the_program_and_the_id),
	C(json_has_level_id_and_message),
	C(json_has_numbers_only_where_they_are_numbers),
	C(syslog_has_facility_daemon_tag_and_pid_and_no_newline),
	C(the_journal_gets_a_field_a_line),
	C(a_newline_cannot_end_a_journal_field),
	C(a_newline_in_a_message_makes_no_second_line),
	C(a_line_of_5000_bytes_is_cut_with_dots),
	C(too_many_fields_are_left_out_of_json_whole),
	C(messages_before_the_choice_go_to_a_usable_fd_2),
	C(a_connected_socket_as_fd_2_hears_nothing),
	C(the_journals_stream_hears_lines_with_their_level),
	C(a_forged_journal_stream_does_not_open_the_connection),
	C(a_forged_journal_stream_does_not_open_a_connection_at_fd_3),
	C(a_stale_journal_stream_is_not_believed),
	C(only_what_is_urgent_enough_is_written),
	C(fatal_tells_the_reason_and_leaves_with_the_code),
	C(under_systemd_a_denied_peer_is_no_failure),
	C(the_descriptor_can_be_moved),
	C(a_message_needs_no_system_call_but_write),
	C(a_journal_that_left_ends_nothing), { 0 } };

RUN(cases)
