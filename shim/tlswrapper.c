/* SPDX-License-Identifier: ISC */
/*
 * tlswrapper.c - tlswrapper's protocol: the application says when TLS begins.
 *
 * Runs in:  the KEEPER.
 * Trusts:   nothing of the application but one byte, or one line.
 */
#include "tlswrapper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

enum { REQUEST_FD = 5, ANSWER_FD = 6 };

void
tlswrapper_open(struct tlswrapper *w, struct early_fd fds[TLSWRAPPER_FDS],
    int theirs[2])
{
	int request[2], answer[2];

	if (pipe2(request, O_CLOEXEC) == -1 || pipe2(answer, O_CLOEXEC) == -1)
		fatal(EXIT_SYSTEM, "pipe: to the program");
	w->request = request[0];
	w->answer = answer[1];
	theirs[0] = request[1];
	theirs[1] = answer[0];
	fds[0] = (struct early_fd){ STDIN_FILENO, STDIN_FILENO };
	fds[1] = (struct early_fd){ STDOUT_FILENO, STDOUT_FILENO };
	fds[2] = (struct early_fd){ theirs[0], REQUEST_FD };
	fds[3] = (struct early_fd){ theirs[1], ANSWER_FD };
}

enum clear_command
tlswrapper_command(struct tlswrapper *w, char last[TLSWRAPPER_LAST_MAX])
{
	ssize_t n;

	do
		n = read(w->request, last, TLSWRAPPER_LAST_MAX - 1);
	while (n == -1 && errno == EINTR);
	close(w->request);
	w->request = -1;
	last[n <= 0 ? 0 : n] = '\0';
	if (n <= 0)
		return (CLEAR_GOES_ON);
	if (n == 1 && last[0] == '\0')
		return (CLEAR_TLS);
	if ((ssize_t)strlen(last) == n && last[n - 1] == '\n')
		return (CLEAR_TLS);
	last[0] = '\0';
	log_errx("program: descriptor %d: %zd bytes: want one NUL, or one line",
	    REQUEST_FD, n);
	return (CLEAR_NONSENSE);
}

void
tlswrapper_switched(struct tlswrapper *w)
{
	const uint8_t nul = 0;

	/* no fault: tlswrapper-smtp did not read it until 2023 */
	if (write(w->answer, &nul, sizeof(nul)) == -1)
		log_info("program: descriptor %d: nobody reads", ANSWER_FD);
	tlswrapper_close(w);
}

void
tlswrapper_close(struct tlswrapper *w)
{
	if (w->request != -1)
		close(w->request);
	if (w->answer != -1)
		close(w->answer);
	*w = (struct tlswrapper){ -1, -1 };
}
