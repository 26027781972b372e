/*
 * files.h - whole files in a folder of ours: read, written at once, removed.
 *
 * A name that is there is a whole file: it was written under another one,
 * "tmp-...", and renamed. No link is followed, nothing but a plain file is
 * opened. Threads that may wait for the disk.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_FILES_H
#define MEDIA_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* What files_write() leaves behind when the process dies in it begins so.    */
#define FILES_TMP "tmp-"

struct piece {
	const void *data;
	size_t len;
};

/* Opens the folder, made with mode 0700 where it is not there. 0 or -errno.  */
int files_open(int *fd, int parent, const char *name);
/* All of a file of `max` bytes at most; *data is the caller's. -EFBIG.       */
int files_read(int dir, const char *name, size_t max, uint8_t **data,
	       size_t *len);
/* Puts a file of these pieces, mode 0600, in place of what was there. `sync`:
 * it survives a loss of power from here on, also its name. 0 or -errno with
 * nothing left behind.                                                       */
int files_write(int dir, const char *name, const struct piece *pieces, size_t n,
		bool sync);
int files_remove(int dir, const char *name, bool sync);

/* Told of each name but "." and ".."; true: go on.                           */
typedef bool files_fn(void *arg, const char *name);
int files_each(int dir, files_fn *fn, void *arg);

#endif
