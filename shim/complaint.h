/* SPDX-License-Identifier: ISC */
/*
 * complaint.h - what is wrong with a file of the administrator's.
 *
 * Who reads such a file does not know whether it matters: the KEEPER ends
 * with EXIT_USAGE over the first complaint, a check goes on to the next.
 */
#ifndef SHIM_COMPLAINT_H
#define SHIM_COMPLAINT_H

struct complaint {
	char text[1024]; /* one line, "what: which: why", and the mend */
};

/*
 * Write it down.  -1, for the caller to return.
 */
int complain(struct complaint *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * The same, with errno's text behind it.
 */
int complain_errno(struct complaint *, const char *, ...)
    __attribute__((format(printf, 2, 3)));

#endif
