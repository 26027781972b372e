/*
 * phones.h - thousands of far ends in one process, so that their CPU is not
 * counted: they drain, keep when each packet came, and may send as many back.
 *
 * They poll: to wake one would be charged to whoever sends to it. What they
 * keep is in memory shared with the bench, which works out the figures.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BENCH_PHONES_H
#define BENCH_PHONES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/addr.h"

struct phones;

/* `n` of them on the loopback. 0 or -errno.                                   */
int phones_start(struct phones **pp, size_t n);
void phones_stop(struct phones *p);
const struct addr *phones_addr(const struct phones *p, size_t i);

/* Each sends a packet every 20 ms to whoever sent to it last.                 */
void phones_talk(struct phones *p, bool on);
/* Keeps what comes from now on, at most PHONES_WINDOW_MS of it.               */
enum { PHONES_WINDOW_MS = 1000 };
void phones_begin(struct phones *p);

struct heard {
	size_t packets;
	size_t phones;			/* that heard any                      */
	double late_p99_us;		/* behind the whole millisecond in which
					 * each packet was due                 */
};

/* Until now.                                                                  */
void phones_end(struct phones *p, struct heard *h);

#endif
