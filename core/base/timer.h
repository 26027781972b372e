/*
 * timer.h - a heap of one-shot timers on a clock.
 *
 * A timer is embedded in its owner; setting it again moves it. The callback
 * runs with the timer already stopped, so it may set it anew or free its
 * owner. One thread at a time. O(log n) to set and stop.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_TIMER_H
#define BASE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"

struct timer {
	int64_t at_ns;
	size_t place;			/* 1-based heap index; 0: stopped     */
	void (*fn)(struct timer *);
	void *arg;
};

struct timers {
	const struct clock *clock;
	struct timer **heap;
	size_t n, cap;
};

void timers_init(struct timers *ts, const struct clock *clock);
void timers_deinit(struct timers *ts);
void timer_init(struct timer *t, void (*fn)(struct timer *), void *arg);
/* 0 or -ENOMEM (only when the heap must grow).                               */
int timer_set_ns(struct timers *ts, struct timer *t, int64_t at_ns);
int timer_set_ms(struct timers *ts, struct timer *t, int64_t in_ms);
void timer_stop(struct timers *ts, struct timer *t);
bool timer_pending(const struct timer *t);
/* Runs what is due; returns the next deadline in ns, INT64_MAX if none.      */
int64_t timers_run(struct timers *ts);
int64_t timers_next_ns(const struct timers *ts);

#endif
