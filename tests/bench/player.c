/*
 * player.c - who sends, in a process of its own that can be held.
 */
/* SPDX-License-Identifier: MIT */
#include "player.h"

#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/str.h"

int player_start(struct player *p, const struct player_config *cfg)
{
	char byte;
	int fds[2];

	if (pipe(fds))
		return -errno;
	p->pid = fork();
	if (p->pid < 0)
		return -errno;
	if (!p->pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(fds[0]);
		p->ready_fd = fds[1];
		cfg->run(p, cfg);
		_exit(1);
	}
	close(fds[1]);
	p->ready_fd = fds[0];
	if (read(p->ready_fd, &byte, 1) != 1)
		return -EPROTO;
	player_hold(p);
	return 0;
}

void player_ready(struct player *p)
{
	if (write(p->ready_fd, "", 1) != 1)
		_exit(1);
}

void player_fail(int err, const char *what)
{
	printf("%s: %s\n", what, strerror(-err));
	exit(1);
}

void player_stop(struct player *p)
{
	kill(p->pid, SIGKILL);
	waitpid(p->pid, NULL, 0);
	close(p->ready_fd);
}

void player_go(const struct player *p)
{
	kill(p->pid, SIGCONT);
}

void player_hold(const struct player *p)
{
	kill(p->pid, SIGSTOP);
}

static bool read_file(const char *dir, const char *task, const char *name,
		      char *text, size_t size)
{
	char path[96];
	size_t n;
	FILE *f;

	str_printf(path, sizeof(path), "%s/%s/%s", dir, task, name);
	f = fopen(path, "r");
	if (!f)
		return false;
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	fclose(f);
	return true;
}

double player_cpu_us(const struct player *p)
{
	char dir[64], text[128];
	struct dirent *e;
	double ns = 0;
	DIR *d;

	str_printf(dir, sizeof(dir), "/proc/%d/task", (int)p->pid);
	d = opendir(dir);
	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' ||
		    !read_file(dir, e->d_name, "comm", text, sizeof(text)) ||
		    !str_starts(text, PLAYER_THREAD))
			continue;
		if (read_file(dir, e->d_name, "schedstat", text, sizeof(text)))
			ns += strtod(text, NULL);
	}
	if (d)
		closedir(d);
	return ns / 1e3;
}
