/*
 * scratch_dir.h - a folder of a test's own, gone with all in it afterwards.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SCRATCH_DIR_H
#define TESTS_SCRATCH_DIR_H

#include <dirent.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

enum { SCRATCH_PATH_LEN = 512 };

static char scratch[SCRATCH_PATH_LEN];

static inline void scratch_make(void)
{
	const char *top = getenv("TMPDIR");

	str_printf(scratch, sizeof(scratch), "%s/carillon-XXXXXX",
		   top ? top : "/tmp");
	if (!mkdtemp(scratch))
		abort();
}

static inline int scratch_unlink(const char *path, const struct stat *st,
				 int kind, struct FTW *f)
{
	(void)st;
	(void)kind;
	(void)f;
	return remove(path);
}

static inline void scratch_remove(void)
{
	nftw(scratch, scratch_unlink, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const char *scratch_path(const char *name)
{
	static char path[8][SCRATCH_PATH_LEN * 2];
	static int turn;
	char *p = path[turn++ % 8];

	str_printf(p, SCRATCH_PATH_LEN * 2, "%s/%s", scratch, name);
	return p;
}

static inline void scratch_write(const char *name, const void *data, size_t len)
{
	FILE *f = fopen(scratch_path(name), "w");

	if (!f || fwrite(data, 1, len, f) != len || fclose(f))
		abort();
}

/* The nth file in a folder by the order of names, or NULL; and how many. */
static inline int scratch_sort(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

static inline int scratch_is_file(const struct dirent *e)
{
	return e->d_name[0] != '.';
}

static inline int scratch_list(const char *folder, int nth, char *name)
{
	struct dirent **all;
	int n = scandir(scratch_path(folder), &all, scratch_is_file,
			scratch_sort);

	for (int i = 0; i < n; i++) {
		if (i == nth && name)
			str_copy(name, 256, all[i]->d_name);
		free(all[i]);
	}
	if (n >= 0)
		free(all);
	return n;
}

static inline int scratch_count(const char *folder)
{
	return scratch_list(folder, -1, NULL);
}

/* Turns a byte of a file around; at -1: cuts the file in its middle. */
static inline void scratch_break(const char *path, off_t at)
{
	int fd = open(scratch_path(path), O_RDWR);
	struct stat st;
	uint8_t b;

	if (fd < 0 || fstat(fd, &st))
		abort();
	if (at < 0) {
		if (ftruncate(fd, st.st_size / 2))
			abort();
	} else {
		if (pread(fd, &b, 1, at) != 1)
			abort();
		b ^= 0xff;
		if (pwrite(fd, &b, 1, at) != 1)
			abort();
	}
	close(fd);
}

#endif
