/*
 * files.c - whole files in a folder of ours.
 * Thread: any that may wait for the disk.
 */
/* SPDX-License-Identifier: MIT */
#include "media/files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

enum { TMP_NAME_LEN = 32 };

int files_open(int *fdp, int parent, const char *name)
{
	int fd;

	if (mkdirat(parent, name, 0700) && errno != EEXIST)
		return -errno;
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
	if (fd < 0)
		return -errno;
	*fdp = fd;
	return 0;
}

static int read_all(int fd, uint8_t *data, size_t len)
{
	size_t got = 0;

	while (got < len) {
		ssize_t n = read(fd, data + got, len - got);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (!n)			/* it was cut meanwhile */
			return -EBADMSG;
		got += (size_t)n;
	}
	return 0;
}

static int read_file(int fd, size_t max, uint8_t **datap, size_t *lenp)
{
	struct stat st;
	uint8_t *data;
	int err;

	if (fstat(fd, &st))
		return -errno;
	if (!S_ISREG(st.st_mode))
		return -EBADMSG;
	if (st.st_size < 0 || (uintmax_t)st.st_size > max)
		return -EFBIG;
	data = malloc((size_t)st.st_size + 1);
	if (!data)
		return -ENOMEM;
	err = read_all(fd, data, (size_t)st.st_size);
	if (err) {
		free(data);
		return err;
	}
	*datap = data;
	*lenp = (size_t)st.st_size;
	return 0;
}

int files_read(int dir, const char *name, size_t max, uint8_t **data,
	       size_t *len)
{
	/* O_NONBLOCK: a pipe under this name must not hold us. */
	int fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK |
			O_CLOEXEC);
	int err;

	if (fd < 0)
		return -errno;
	err = read_file(fd, max, data, len);
	close(fd);
	return err;
}

static int write_all(int fd, const struct piece *piece)
{
	const uint8_t *p = piece->data;
	size_t left = piece->len;

	while (left) {
		ssize_t n = write(fd, p, left);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		left -= (size_t)n;
	}
	return 0;
}

static int write_pieces(int dir, const char *tmp, const struct piece *pieces,
			size_t n, bool sync)
{
	int fd = openat(dir, tmp, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW |
			O_CLOEXEC, 0600);
	int err = 0;

	if (fd < 0)
		return -errno;
	for (size_t i = 0; i < n && !err; i++)
		err = write_all(fd, &pieces[i]);
	if (!err && sync && fsync(fd))
		err = -errno;
	/* Some file systems report a full disk only here. */
	if (close(fd) && !err)
		err = -errno;
	return err;
}

int files_write(int dir, const char *name, const struct piece *pieces, size_t n,
		bool sync)
{
	static atomic_uint turn;
	char tmp[TMP_NAME_LEN];
	int err;

	str_printf(tmp, sizeof(tmp), FILES_TMP "%d-%u", (int)getpid(),
		   atomic_fetch_add(&turn, 1));
	err = write_pieces(dir, tmp, pieces, n, sync);
	if (!err && renameat(dir, tmp, dir, name))
		err = -errno;
	if (err) {
		unlinkat(dir, tmp, 0);
		return err;
	}
	if (!sync || !fsync(dir))
		return 0;
	err = -errno;
	unlinkat(dir, name, 0);
	return err;
}

int files_remove(int dir, const char *name, bool sync)
{
	if (unlinkat(dir, name, 0))
		return -errno;
	return sync && fsync(dir) ? -errno : 0;
}

int files_each(int dir, files_fn *fn, void *arg)
{
	int fd = openat(dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	struct dirent *e;
	DIR *d = fd < 0 ? NULL : fdopendir(fd);
	bool more = true;

	if (!d) {
		int err = -errno;

		if (fd >= 0)
			close(fd);
		return err;
	}
	while (more && (e = readdir(d))) {
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			more = fn(arg, e->d_name);
	}
	closedir(d);
	return 0;
}
