/* SPDX-License-Identifier: MIT */
/*
 * timer.h - timers in one binary heap.
 */
#ifndef FAREND_TIMER_H
#define FAREND_TIMER_H

#include <stddef.h>
#include <stdint.h>

typedef void timer_fn(void *arg);

struct timer {
	int64_t at_ms;
	size_t slot;            /* place in the heap plus one; 0 = not set */
	timer_fn *fn;
	void *arg;
};

struct timers {
	struct timer **heap;
	size_t n;
	size_t cap;
};

void timers_deinit(struct timers *ts);
/* (Re)starts; the caller owns the timer and stops it before it is freed. */
int timer_start(struct timers *ts, struct timer *t, int64_t delay_ms,
		timer_fn *fn, void *arg);
void timer_stop(struct timers *ts, struct timer *t);
/* Runs what is due; returns ms until the next one, -1 if there is none. */
int timers_run(struct timers *ts);

#endif
