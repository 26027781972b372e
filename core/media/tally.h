/*
 * tally.h - one media worker's counters, and how late its packets leave.
 *
 * Thread: written by the worker, read by anyone at any time; the figures of one
 * moment need not fit together to the last packet.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_TALLY_H
#define MEDIA_TALLY_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { TALLY_BUCKETS = 96 };	/* four to each power of two, to 16 s        */

/* All zero to begin with.                                                    */
struct tally {
	_Atomic uint64_t sent, received, strangers;
	_Atomic uint32_t late[TALLY_BUCKETS];
	uint32_t n_late;		/* the worker's own                   */
};

/* There is one writer, so that no locked instruction is needed.              */
static inline void tally_add(_Atomic uint64_t *count, uint64_t n)
{
	atomic_store_explicit(count,
		atomic_load_explicit(count, memory_order_relaxed) + n,
		memory_order_relaxed);
}

static inline uint64_t tally_get(const _Atomic uint64_t *count)
{
	return atomic_load_explicit(count, memory_order_relaxed);
}

/* Old times fade: the last million packets or so count.                      */
void tally_late(struct tally *t, int64_t late_us);
/* What the given share of all workers' packets stays below, to within a
 * quarter; 0 if there were none.                                             */
int64_t tally_percentile_us(const struct tally *const *tallies, size_t n,
			    unsigned int percent);

#endif
