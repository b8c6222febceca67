/* SPDX-License-Identifier: ISC */
/*
 * app.c - the application behind every server that is measured.
 *
 *	app hello	one line, then the end
 *	app idle	one line, then wait until the peer ends
 *	app bulk N	N bytes
 *
 * Linked statically and without stdio, so that what is measured is the
 * server and not this.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { PIECE = 64 * 1024 };

static void
put(const char *bytes, size_t len)
{
	ssize_t n;

	for (; len > 0; bytes += n, len -= (size_t)n)
		if ((n = write(1, bytes, len)) <= 0)
			_exit(1);
}

static void
bulk(long long left)
{
	static char piece[PIECE];

	for (; left > PIECE; left -= PIECE)
		put(piece, PIECE);
	put(piece, (size_t)left);
}

int
main(int argc, char **argv)
{
	static const char hello[] = "hello\n";
	char end;

	if (argc == 3 && strcmp(argv[1], "bulk") == 0) {
		bulk(atoll(argv[2]));
		_exit(0);
	}
	put(hello, sizeof(hello) - 1);
	if (argc == 2 && strcmp(argv[1], "idle") == 0)
		while (read(0, &end, 1) > 0)
			;
	_exit(0);
}
