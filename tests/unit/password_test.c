/* SPDX-License-Identifier: ISC */
/*
 * password_test.c - the first line of a descriptor, whatever it is.
 */
#include "password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "check.h"
#include "complaint.h"

static int
file_of(const char *bytes, size_t len)
{
	FILE *file = tmpfile();

	CHECK(file != NULL && fwrite(bytes, 1, len, file) == len);
	CHECK(fflush(file) == 0);
	return (fileno(file));
}

static int
pipe_of(const char *bytes, size_t len)
{
	int ends[2];

	CHECK(pipe(ends) == 0);
	CHECK(write(ends[1], bytes, len) == (ssize_t)len);
	close(ends[1]);
	return (ends[0]);
}

static bool
gives(int fd, const char *wanted)
{
	struct complaint c;
	struct password p;
	bool same;

	password_take_fd(fd, -1);
	if (password_read(&p, &c) == -1)
		return (false);
	same = p.len == strlen(wanted) && memcmp(p.text, wanted, p.len) == 0;
	password_wipe(&p);
	return (same);
}

static const char *
complaint_of(int fd)
{
	static struct complaint c;
	struct password p;
	char *number;

	password_close();
	password_take_fd(fd, -1);
	CHECK(password_read(&p, &c) == -1);
	/* the number of the descriptor is of no interest */
	number = strstr(c.text, "fd ");
	return (number == NULL ? c.text : strchr(number, ':'));
}

CASE(the_first_line_is_the_password)
{
	CHECK(gives(file_of("secret\nmore\n", 12), "secret"));
	CHECK(gives(file_of("secret", 6), "secret"));
	CHECK(gives(file_of(" two words \n", 12), " two words "));
	CHECK(gives(pipe_of("secret\nmore\n", 12), "secret"));
	CHECK(gives(pipe_of("secret", 6), "secret"));
}

CASE(a_file_is_read_from_its_start_again_and_again)
{
	int fd = file_of("secret\n", 7);

	CHECK(lseek(fd, 0, SEEK_END) == 7);
	CHECK(gives(fd, "secret") && gives(fd, "secret"));
	/* whoever shares it finds it as it was */
	CHECK(lseek(fd, 0, SEEK_CUR) == 7);
}

CASE(a_pipe_is_read_once_and_closed)
{
	int fd = pipe_of("secret\n", 7);
	struct complaint c;
	struct password p;

	CHECK(gives(fd, "secret"));
	CHECK(fcntl(fd, F_GETFD) == -1 && errno == EBADF);
	CHECK(password_read(&p, &c) == -1);
	CHECK_STR(c.text,
	    "password: none: give its file with --key-password-fd");
}

CASE(a_pipe_may_give_it_in_pieces)
{
	int ends[2];

	CHECK(pipe(ends) == 0);
	CHECK(write(ends[1], "sec", 3) == 3);
	if (fork() == 0)
		_exit(write(ends[1], "ret\n", 4) == 4 ? 0 : 1);
	close(ends[1]);
	CHECK(gives(ends[0], "secret"));
}

CASE(a_password_that_is_none_is_told)
{
	char bytes[PASSWORD_MAX + 1];

	memset(bytes, 'x', sizeof(bytes));
	CHECK_STR(complaint_of(file_of("", 0)), ": nothing in it");
	CHECK_STR(complaint_of(file_of("\nsecret\n", 8)), ": nothing in it");
	CHECK_STR(complaint_of(pipe_of("", 0)), ": nothing in it");
	CHECK_STR(complaint_of(file_of(bytes, sizeof(bytes))),
	    ": more than 1024 bytes");
	CHECK_STR(complaint_of(open("/", O_RDONLY)), ": Is a directory");
	CHECK_STR(complaint_of(-1),
	    "password: none: give its file with --key-password-fd");
}

CASE(a_password_may_have_1024_bytes)
{
	char bytes[PASSWORD_MAX + 1];

	memset(bytes, 'x', PASSWORD_MAX);
	bytes[PASSWORD_MAX] = '\0';
	CHECK(gives(file_of(bytes, PASSWORD_MAX), bytes));
	CHECK(gives(pipe_of(bytes, PASSWORD_MAX), bytes));
}

static const struct check_case cases[] = { C(the_first_line_is_the_password),
	C(a_file_is_read_from_its_start_again_and_again),
	C(a_pipe_is_read_once_and_closed), C(a_pipe_may_give_it_in_pieces),
	C(a_password_that_is_none_is_told), C(a_password_may_have_1024_bytes),
	{ 0 } };

RUN(cases)
