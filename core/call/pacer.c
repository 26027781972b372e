/*
 * pacer.c - absolute deadlines at a rate, without bursts after a pause.
 *
 * Deadlines follow each other by the interval, not by when the last was met:
 * lateness does not add up. A pause is not made good: the next deadline is
 * never in the past.
 */
/* SPDX-License-Identifier: MIT */
#include "call/pacer.h"

#include "base/clock.h"

void pacer_set(struct pacer *p, int per_s)
{
	p->interval_ns = per_s > 0 ? S_NS / per_s : 0;
}

int64_t pacer_peek(const struct pacer *p, int64_t at_ns)
{
	return p->interval_ns && p->next_ns > at_ns ? p->next_ns : at_ns;
}

void pacer_take(struct pacer *p, int64_t at_ns)
{
	p->next_ns = at_ns + p->interval_ns;
}

int64_t pacer_room(const struct pacer *p, int64_t from_ns, int64_t until_ns,
		   int64_t most)
{
	int64_t first = pacer_peek(p, from_ns), n;

	if (first > until_ns)
		return 0;
	if (!p->interval_ns)
		return most;
	n = (until_ns - first) / p->interval_ns + 1 - p->promised;
	if (n < 0)
		n = 0;
	return n < most ? n : most;
}
