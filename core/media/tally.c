/*
 * tally.c - one media worker's counters, and how late its packets leave.
 * Thread: written by the worker, read by anyone.
 */
/* SPDX-License-Identifier: MIT */
#include "media/tally.h"

enum { FADE_AT = 1 << 20 };

/* 0..3 us have a bucket each, then four to each power of two. */
static size_t bucket_of(uint64_t us)
{
	unsigned int top;
	size_t i;

	if (us < 4)
		return (size_t)us;
	top = 63 - (unsigned int)__builtin_clzll(us);
	i = (top - 1) * 4 + (us >> (top - 2) & 3);
	return i < TALLY_BUCKETS ? i : TALLY_BUCKETS - 1;
}

/* The largest value that falls into the bucket. */
static int64_t bucket_end(size_t i)
{
	unsigned int shift;

	if (i < 4)
		return (int64_t)i;
	shift = (unsigned int)(i / 4 - 1);
	return ((int64_t)(4 + i % 4 + 1) << shift) - 1;
}

static uint32_t get(const _Atomic uint32_t *v)
{
	return atomic_load_explicit(v, memory_order_relaxed);
}

static void set(_Atomic uint32_t *v, uint32_t to)
{
	atomic_store_explicit(v, to, memory_order_relaxed);
}

static void fade(struct tally *t)
{
	t->n_late = 0;
	for (size_t i = 0; i < TALLY_BUCKETS; i++) {
		set(&t->late[i], get(&t->late[i]) / 2);
		t->n_late += get(&t->late[i]);
	}
}

void tally_late(struct tally *t, int64_t late_us)
{
	size_t i = bucket_of(late_us < 0 ? 0 : (uint64_t)late_us);

	set(&t->late[i], get(&t->late[i]) + 1);
	if (++t->n_late >= FADE_AT)
		fade(t);
}

int64_t tally_percentile_us(const struct tally *const *tallies, size_t n,
			    unsigned int percent)
{
	uint64_t sums[TALLY_BUCKETS] = { 0 }, all = 0, seen = 0;
	size_t i;

	for (i = 0; i < TALLY_BUCKETS; i++) {
		for (size_t k = 0; k < n; k++)
			sums[i] += get(&tallies[k]->late[i]);
		all += sums[i];
	}
	if (!all)
		return 0;
	for (i = 0; i < TALLY_BUCKETS - 1; i++) {
		seen += sums[i];
		if (seen * 100 >= all * percent)
			break;
	}
	return bucket_end(i);
}
