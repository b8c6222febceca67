/* SPDX-License-Identifier: ISC */
/*
 * ucspi_test.c - the list of variables, and readers that lose half of it.
 */
#include "ucspi.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "check.h"
#include "env.h"

/* in no good order */
static char *variables[] = { "HTTPS=on", "SSL_CLIENT_CERT=pem\nof it\n",
	"SSL_SERVER_S_DN=CN=localhost", "SSL_CLIENT_S_DN_Email=a@b",
	"SSL_CLIENT_S_DN_O=", "SSL_CLIENT_VERIFY=SUCCESS",
	"SSL_TLS_SNI=localhost", "SSL_CLIENT_S_DN=CN=who",
	"SSL_CIPHER_USEKEYSIZE=128", "SSL_CIPHER_ALGKEYSIZE=256",
	"SSL_CLIENT_S_DN_CN=who", "SSL_CIPHER=TLS_AES_128_GCM_SHA256",
	"SSL_PROTOCOL=TLSv1.3", "SSL_SERVER_M_SERIAL=0123456789ABCDEF",
	"SSL_PROTOCOL_OTHER=1", NULL };

static const char *const wanted[] = { "SSL_PROTOCOL=TLSv1.3",
	"SSL_CIPHER=TLS_AES_128_GCM_SHA256", "SSL_CIPHER_ALGKEYSIZE=256",
	"SSL_CIPHER_USEKEYSIZE=128", "SSL_TLS_SNI=localhost",
	"SSL_CLIENT_VERIFY=SUCCESS", "SSL_CLIENT_S_DN=CN=who",
	"SSL_CLIENT_S_DN_CN=who", "SSL_CLIENT_S_DN_Email=a@b" };

enum { WANTED = sizeof(wanted) / sizeof(wanted[0]) };

/*
 * The reader of the field: it counts what it has seen, and looks for the end of
 * a value only while that is less than what is left.  NULs it does not count,
 * so it runs past the end as well; not here.
 */
static size_t
read_half(const char *list, size_t len, const char *found[], size_t most)
{
	const char *at = list, *begins = list, *end = list + len;
	size_t seen, count = 0;

	for (seen = 0; seen < len - 1 && at < end; seen++) {
		if (*at++ != '=')
			continue;
		for (; seen < len - seen - 1 && at < end; seen++)
			if (*at++ == '\0') {
				if (count < most)
					found[count++] = begins;
				begins = at;
				break;
			}
	}
	return (count);
}

static void
check_form(const char *list, size_t len)
{
	const char *at = list;

	CHECK(len >= 2 && list[len - 1] == '\0' && list[len - 2] == '\0');
	while (at < list + len - 1) {
		/* a name, and no entry is empty */
		CHECK(strchr(at, '=') != NULL && *at != '=');
		at += strlen(at) + 1;
	}
	CHECK(at == list + len - 1);
}

static void
check_first(const char *list, size_t len)
{
	const char *found[64];
	size_t count = read_half(list, len, found, 64), i;

	CHECK(count >= WANTED);
	for (i = 0; i < WANTED; i++)
		CHECK_STR(found[i], wanted[i]);
}

CASE(who_reads_half_of_it_has_what_matters)
{
	size_t len;
	char *list = ucspi_list(variables, &len);

	check_form(list, len);
	check_first(list, len);
	free(list);
}

CASE(behind_that_are_the_clients_and_then_the_others)
{
	size_t len, i;
	char *list = ucspi_list(variables, &len);
	const char *at = list;

	for (i = 0; i < WANTED; i++)
		at += strlen(at) + 1;
	CHECK_STR(at, "SSL_CLIENT_S_DN_O=");
	at += strlen(at) + 1;
	CHECK_STR(at, "HTTPS=on");
	free(list);
}

CASE(where_there_is_little_else_the_list_is_padded)
{
	char *few[WANTED + 2];
	size_t len, i, more;
	char *list;

	for (i = 0; i < WANTED; i++)
		few[WANTED - 1 - i] = (char *)(uintptr_t)wanted[i];
	/* a little more each time, until it is enough without */
	for (more = 0; more < 400; more++) {
		char other[512] = "X=";

		memset(other + 2, 'x', more);
		few[WANTED] = other;
		few[WANTED + 1] = NULL;
		list = ucspi_list(few, &len);
		check_form(list, len);
		check_first(list, len);
		free(list);
	}
}

CASE(without_padding_the_reader_would_lose_some)
{
	/* of this test: the reader has its fault */
	static const char bare[] = "A=1\0B=2\0C=3\0";
	const char *found[8];

	CHECK(read_half(bare, sizeof(bare), found, 8) < 3);
}

CASE(each_alone_arrives)
{
	char *one[] = { "SSL_PROTOCOL=TLSv1.3", NULL };
	const char *found[4];
	size_t len;
	char *list = ucspi_list(one, &len);

	check_form(list, len);
	CHECK(read_half(list, len, found, 4) >= 1);
	CHECK_STR(found[0], "SSL_PROTOCOL=TLSv1.3");
	free(list);
}

CASE(of_none_there_are_two_NULs)
{
	char *none[] = { NULL };
	size_t len;
	char *list = ucspi_list(none, &len);

	CHECK(len == 2 && list[0] == '\0' && list[1] == '\0');
	free(list);
}

/* --------------------------------------------------------- the descriptor */

static int
open_with(struct ucspi *u, const char *bytes)
{
	struct env *env = env_new(0, ENV_MOD_SSL);
	struct early_fd fds[UCSPI_FDS];
	int theirs;

	ucspi_open(u, (struct ucspi_ends){ 0, 0, 1 }, env, fds, &theirs);
	CHECK_STR(env_get(env, "SSLCTLFD"), "3");
	CHECK(fds[2].ours == theirs && fds[2].its == 3);
	env_free(env);
	CHECK(write(theirs, bytes, strlen(bytes)) == (ssize_t)strlen(bytes));
	return (theirs);
}

CASE(each_command_is_known_by_its_byte)
{
	struct ucspi u;
	int theirs, byte;
	char text[2] = "";

	for (byte = 1; byte < 256; byte++) {
		bool known = byte == 'y' || byte == 'Y' || byte == 'Z';

		text[0] = (char)byte;
		theirs = open_with(&u, text);
		CHECK(ucspi_command(&u) ==
		    (known ? CLEAR_TLS : CLEAR_NONSENSE));
		CHECK((u.control == -1) == (byte != 'Y' && byte != 'Z'));
		close(theirs);
	}
}

CASE(nobody_waits_for_a_program_that_does_not_read)
{
	static char long_value[30000];
	struct env *env = env_new(ENV_TLS | ENV_CERTS, ENV_MOD_SSL);
	struct ucspi u;
	int theirs = open_with(&u, "Y");
	char byte;

	memset(long_value, 'x', sizeof(long_value) - 1);
	env_fact(env, "SSL_SERVER_CERT", long_value);
	env_fact(env, "SSL_CLIENT_CERT", long_value);
	env_fact(env, "SSL_CLIENT_S_DN", long_value);
	CHECK(ucspi_command(&u) == CLEAR_TLS);
	/* nobody hears a second one */
	CHECK(send(theirs, "y", 1, MSG_NOSIGNAL) == -1);
	ucspi_answer(&u, env);
	CHECK(u.control == -1);
	CHECK(read(theirs, &byte, 1) == 1 && byte == 'S');
	env_free(env);
}

CASE(only_who_asks_for_a_reason_has_one)
{
	static const char reason[] = "!timeout\0";
	struct ucspi u;
	char bytes[64];
	int theirs;

	theirs = open_with(&u, "Z");
	CHECK(ucspi_command(&u) == CLEAR_TLS);
	ucspi_refuse(&u, "timeout");
	CHECK(read(theirs, bytes, sizeof(bytes)) == sizeof(reason));
	CHECK(memcmp(bytes, reason, sizeof(reason)) == 0);
	CHECK(read(theirs, bytes, sizeof(bytes)) == 0);
	theirs = open_with(&u, "Y");
	CHECK(ucspi_command(&u) == CLEAR_TLS);
	ucspi_refuse(&u, "timeout");
	CHECK(read(theirs, bytes, sizeof(bytes)) == 0);
}

static const struct check_case cases[] = {
	C(who_reads_half_of_it_has_what_matters),
	C(behind_that_are_the_clients_and_then_the_others),
	C(where_there_is_little_else_the_list_is_padded),
	C(without_padding_the_reader_would_lose_some), C(each_alone_arrives),
	C(of_none_there_are_two_NULs), C(each_command_is_known_by_its_byte),
	C(nobody_waits_for_a_program_that_does_not_read),
	C(only_who_asks_for_a_reason_has_one), { 0 }
};
RUN(cases)
