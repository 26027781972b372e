/*
 * timer.c - a heap of one-shot timers on a clock.
 *
 * A binary heap of pointers, counted from 1; each timer knows its place.
 * One thread at a time.
 */
/* SPDX-License-Identifier: MIT */
#include "base/timer.h"

#include <errno.h>
#include <stdlib.h>

enum { FIRST_CAP = 64 };

void timers_init(struct timers *ts, const struct clock *clock)
{
	*ts = (struct timers){ .clock = clock };
}

void timers_deinit(struct timers *ts)
{
	for (size_t i = 1; i <= ts->n; i++)
		ts->heap[i]->place = 0;
	free(ts->heap);
	timers_init(ts, ts->clock);
}

void timer_init(struct timer *t, void (*fn)(struct timer *), void *arg)
{
	*t = (struct timer){ .fn = fn, .arg = arg };
}

static void place(struct timers *ts, struct timer *t, size_t i)
{
	ts->heap[i] = t;
	t->place = i;
}

static void sift_up(struct timers *ts, struct timer *t, size_t i)
{
	while (i > 1 && ts->heap[i / 2]->at_ns > t->at_ns) {
		place(ts, ts->heap[i / 2], i);
		i /= 2;
	}
	place(ts, t, i);
}

static void sift_down(struct timers *ts, struct timer *t, size_t i)
{
	for (size_t child = 2 * i; child <= ts->n; child = 2 * i) {
		if (child < ts->n &&
		    ts->heap[child + 1]->at_ns < ts->heap[child]->at_ns)
			child++;
		if (ts->heap[child]->at_ns >= t->at_ns)
			break;
		place(ts, ts->heap[child], i);
		i = child;
	}
	place(ts, t, i);
}

/* Finds the place of t, which may stand anywhere around i.                   */
static void settle(struct timers *ts, struct timer *t, size_t i)
{
	if (i > 1 && ts->heap[i / 2]->at_ns > t->at_ns)
		sift_up(ts, t, i);
	else
		sift_down(ts, t, i);
}

static int reserve(struct timers *ts)
{
	size_t cap = ts->cap ? ts->cap * 2 : FIRST_CAP;
	struct timer **heap;

	if (ts->n + 1 < ts->cap)
		return 0;
	heap = realloc(ts->heap, cap * sizeof(*heap));
	if (!heap)
		return -ENOMEM;
	ts->heap = heap;
	ts->cap = cap;
	return 0;
}

int timer_set_ns(struct timers *ts, struct timer *t, int64_t at_ns)
{
	if (!t->place && reserve(ts))
		return -ENOMEM;
	t->at_ns = at_ns;
	settle(ts, t, t->place ? t->place : ++ts->n);
	return 0;
}

int timer_set_ms(struct timers *ts, struct timer *t, int64_t in_ms)
{
	int64_t now = clock_now_ns(ts->clock);
	int64_t most = (INT64_MAX - now) / MS_NS;

	if (in_ms > most)
		in_ms = most;
	return timer_set_ns(ts, t, now + in_ms * MS_NS);
}

void timer_stop(struct timers *ts, struct timer *t)
{
	struct timer *last;
	size_t i = t->place;

	if (!i)
		return;
	t->place = 0;
	last = ts->heap[ts->n--];
	if (last != t)
		settle(ts, last, i);
}

bool timer_pending(const struct timer *t)
{
	return t->place != 0;
}

int64_t timers_next_ns(const struct timers *ts)
{
	return ts->n ? ts->heap[1]->at_ns : INT64_MAX;
}

int64_t timers_run(struct timers *ts)
{
	int64_t now = clock_now_ns(ts->clock);

	/* Not more than were there at the start: a timer that keeps setting
	 * itself to "at once" must not lock the others of the thread out.    */
	for (size_t left = ts->n; left && timers_next_ns(ts) <= now; left--) {
		struct timer *t = ts->heap[1];

		timer_stop(ts, t);
		t->fn(t);
	}
	return timers_next_ns(ts);
}
