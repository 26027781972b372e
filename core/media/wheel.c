/*
 * wheel.c - who is due in which millisecond.
 * Thread: the media worker that owns it.
 */
/* SPDX-License-Identifier: MIT */
#include "media/wheel.h"

#include <assert.h>
#include <string.h>

enum { MASK = WHEEL_SLOTS - 1, WORDS = WHEEL_SLOTS / 64 };

void wheel_init(struct wheel *w, int64_t at)
{
	memset(w, 0, sizeof(*w));
	for (size_t i = 0; i < WHEEL_SLOTS; i++)
		w->ends[i] = &w->slots[i];
	w->at = at;
}

/* At the end of its list, so that all keep their order from turn to turn. */
void wheel_add(struct wheel *w, struct wheel_node *n, int64_t slot)
{
	size_t i;

	assert(!n->link);
	if (slot <= w->at)
		slot = w->at + 1;
	if (slot > w->at + MASK)
		slot = w->at + MASK;
	i = (size_t)slot & MASK;
	n->slot = slot;
	n->next = NULL;
	n->link = w->ends[i];
	*n->link = n;
	w->ends[i] = &n->next;
	w->loads[i]++;
	w->filled[i / 64] |= UINT64_C(1) << i % 64;
}

void wheel_remove(struct wheel *w, struct wheel_node *n)
{
	size_t i = (size_t)n->slot & MASK;

	if (!n->link)
		return;
	*n->link = n->next;
	if (n->next)
		n->next->link = n->link;
	else
		w->ends[i] = n->link;
	n->link = NULL;
	w->loads[i]--;
	if (!w->slots[i])
		w->filled[i / 64] &= ~(UINT64_C(1) << i % 64);
}

/* From the slot that is being run once around the ring. */
int64_t wheel_next(const struct wheel *w)
{
	size_t start = (size_t)w->at & MASK;

	for (size_t step = 0; step <= WORDS; step++) {
		size_t word = (start / 64 + step) % WORDS;
		uint64_t bits = w->filled[word];

		/* The first word is looked at twice: its upper part at the
		 * beginning, its lower part, the far future, at the end.     */
		if (step == 0)
			bits &= ~UINT64_C(0) << start % 64;
		else if (step == WORDS)
			bits &= ~(~UINT64_C(0) << start % 64);
		if (bits) {
			size_t i = word * 64 + (size_t)__builtin_ctzll(bits);

			return w->at + (int64_t)((i - start) & MASK);
		}
	}
	return INT64_MAX;
}

struct wheel_node *wheel_take(struct wheel *w, int64_t now)
{
	int64_t next = wheel_next(w);
	struct wheel_node *n;

	if (next > now) {
		if (w->at < now)
			w->at = now;
		return NULL;
	}
	w->at = next;
	n = w->slots[(size_t)next & MASK];
	wheel_remove(w, n);
	return n;
}

/* Those of a round of n slots who meet in this one: some may wait for their
 * turn of the round before, others have had that of this one.                */
static uint32_t round_load(const struct wheel *w, int64_t slot, unsigned int n)
{
	uint32_t sum = w->loads[(size_t)(slot + n) & MASK];

	for (; slot > w->at; slot -= n)
		sum += w->loads[(size_t)slot & MASK];
	return sum;
}

int64_t wheel_calmest(const struct wheel *w, int64_t first, unsigned int n)
{
	uint32_t least = UINT32_MAX;
	int64_t best = first;

	for (int64_t slot = first; slot < first + n && least; slot++) {
		uint32_t load = round_load(w, slot, n);

		if (load < least) {
			least = load;
			best = slot;
		}
	}
	return best;
}
