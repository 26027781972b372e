/* SPDX-License-Identifier: MIT */
/*
 * timer.c - timers in one binary heap, so that thousands of calls cost
 * a logarithm each.
 * Thread: signalling.
 */
#include "timer.h"

#include "clock.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void place(struct timers *ts, size_t i, struct timer *t)
{
	ts->heap[i] = t;
	t->slot = i + 1;
}

static void sift_up(struct timers *ts, size_t i)
{
	struct timer *t = ts->heap[i];

	while (i && ts->heap[(i - 1) / 2]->at_ms > t->at_ms) {
		place(ts, i, ts->heap[(i - 1) / 2]);
		i = (i - 1) / 2;
	}
	place(ts, i, t);
}

static void sift_down(struct timers *ts, size_t i)
{
	struct timer *t = ts->heap[i];
	size_t child;

	while ((child = 2 * i + 1) < ts->n) {
		if (child + 1 < ts->n &&
		    ts->heap[child + 1]->at_ms < ts->heap[child]->at_ms)
			child++;
		if (ts->heap[child]->at_ms >= t->at_ms)
			break;
		place(ts, i, ts->heap[child]);
		i = child;
	}
	place(ts, i, t);
}

void timers_deinit(struct timers *ts)
{
	free(ts->heap);
	memset(ts, 0, sizeof(*ts));
}

void timer_stop(struct timers *ts, struct timer *t)
{
	size_t i;
	struct timer *last;

	if (!t->slot)
		return;
	i = t->slot - 1;
	t->slot = 0;
	last = ts->heap[--ts->n];
	if (last == t)
		return;
	place(ts, i, last);
	sift_up(ts, i);
	sift_down(ts, last->slot - 1);
}

int timer_start(struct timers *ts, struct timer *t, int64_t delay_ms,
		timer_fn *fn, void *arg)
{
	timer_stop(ts, t);
	if (ts->n == ts->cap) {
		size_t cap = ts->cap ? ts->cap * 2 : 256;
		struct timer **heap = realloc(ts->heap, cap * sizeof(*heap));

		if (!heap)
			return -ENOMEM;
		ts->heap = heap;
		ts->cap = cap;
	}
	t->at_ms = clock_ms() + delay_ms;
	t->fn = fn;
	t->arg = arg;
	place(ts, ts->n++, t);
	sift_up(ts, ts->n - 1);
	return 0;
}

int timers_run(struct timers *ts)
{
	int64_t now = clock_ms();

	while (ts->n && ts->heap[0]->at_ms <= now) {
		struct timer *t = ts->heap[0];

		timer_stop(ts, t);
		t->fn(t->arg);
	}
	if (!ts->n)
		return -1;
	return (int)(ts->heap[0]->at_ms - now);
}
