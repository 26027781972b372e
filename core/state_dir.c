/*
 * state_dir.c - where the server keeps what outlives it.
 *
 * Main thread, at the start.
 */
/* SPDX-License-Identifier: MIT */
#include "state_dir.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/str.h"

int state_dir_choose(char **dirp, const char *configured)
{
	const char *xdg = getenv("XDG_STATE_HOME"), *home = getenv("HOME");
	const char *base = NULL, *rest = "";

	if (configured && *configured) {
		base = configured;
	} else if (!geteuid()) {
		base = "/var/lib/carillon";
	} else if (xdg && xdg[0] == '/') {
		base = xdg;
		rest = "/carillon";
	} else if (home && home[0] == '/') {
		base = home;
		rest = "/.local/state/carillon";
	}
	if (!base)
		return -ENOENT;
	return asprintf(dirp, "%s%s", base, rest) < 0 ? -ENOMEM : 0;
}

static int make_parents(const char *dir)
{
	char *path = strdup(dir);
	int err = path ? 0 : -ENOMEM;

	for (char *p = path; !err && p && (p = strchr(p + 1, '/'));) {
		*p = '\0';
		if (mkdir(path, 0755) && errno != EEXIST)
			err = -errno;
		*p = '/';
	}
	free(path);
	return err;
}

int state_dir_make(const char *dir, char error[CONF_ERROR_LEN])
{
	int err = make_parents(dir);
	struct stat st = { .st_mode = 0 };

	if (!err && mkdir(dir, 0700) && errno != EEXIST)
		err = -errno;
	if (!err && stat(dir, &st))
		err = -errno;
	if (!err && !S_ISDIR(st.st_mode))
		err = -ENOTDIR;
	if (err) {
		str_printf(error, CONF_ERROR_LEN, "state.dir %.300s: %s", dir,
			   strerror(-err));
		return err;
	}
	/* Others could put a database of their own there. */
	if (st.st_mode & (S_IWGRP | S_IWOTH)) {
		str_printf(error, CONF_ERROR_LEN, "state.dir %.300s: others "
			   "may write to it; run chmod 700", dir);
		return -EPERM;
	}
	return 0;
}
