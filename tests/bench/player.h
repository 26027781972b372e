/*
 * player.h - who sends, in a process of its own that can be held: one sends
 * while all others stand still.
 *
 * Its sockets stay open and its streams stay what they are while it is held;
 * deadlines that passed meanwhile are passed over.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PLAYER_H
#define BENCH_PLAYER_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "phones.h"

/* Its pacing threads are called PLAYER_THREAD and a number.                   */
#define PLAYER_THREAD "media-"

struct player {
	pid_t pid;
	int ready_fd;
};

struct player_config {
	const struct phones *phones;	/* who is called                       */
	size_t n;			/* calls                               */
	bool drains;			/* bare: also receives                 */
	bool low_rate;			/* studio: frames of 10 bytes, not G.711 */
	/* Calls player_ready() once it plays; must not return.                */
	void (*run)(struct player *p, const struct player_config *cfg);
};

/* Returns once it plays, and holds it then. 0 or -errno.                      */
int player_start(struct player *p, const struct player_config *cfg);
void player_stop(struct player *p);
void player_go(const struct player *p);
void player_hold(const struct player *p);
/* CPU that its pacing threads have used, with what the kernel did for them.   */
double player_cpu_us(const struct player *p);

/* From within.                                                                */
void player_ready(struct player *p);
void player_fail(int err, const char *what);

#endif
