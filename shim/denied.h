/* SPDX-License-Identifier: ISC */
/*
 * denied.h - which part of a path keeps this process out.
 *
 * "Permission denied" names the file; it is mostly a directory above it.
 */
#ifndef SHIM_DENIED_H
#define SHIM_DENIED_H

struct complaint;

/*
 * -1 with a complaint that names the first directory, or the file, that does
 * not let our account through, whose it is, and the mend; `what` is what the
 * path is for.  Symbolic links are followed.  0 if all of it may be read,
 * or if the reason is another: something is not there, say.
 */
int denied(struct complaint *, const char *what, const char *path);

#endif
