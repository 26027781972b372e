/*
 * wheel.h - who is due in which millisecond.
 *
 * A ring of slots of 1 ms, each with the list of those who are due in it, so
 * that a tick touches nobody else. O(1) to add, remove and take.
 * Thread: the media worker that owns it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_WHEEL_H
#define MEDIA_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WHEEL_SLOTS = 1024 };	/* how far ahead one may be due: 1,023 ms     */

struct wheel_node {
	struct wheel_node *next, **link;	/* link NULL: in no list      */
	int64_t slot;
};

struct wheel {
	struct wheel_node *slots[WHEEL_SLOTS];
	struct wheel_node **ends[WHEEL_SLOTS];	/* where the next one goes    */
	uint32_t loads[WHEEL_SLOTS];
	uint64_t filled[WHEEL_SLOTS / 64];	/* a bit per slot             */
	int64_t at;				/* the slot that is being run */
};

/* Slots up to and including `at` are over.                                   */
void wheel_init(struct wheel *w, int64_t at);
/* Too early becomes the next slot, too far ahead the last one of the ring.   */
void wheel_add(struct wheel *w, struct wheel_node *n, int64_t slot);
void wheel_remove(struct wheel *w, struct wheel_node *n);
/* The next one due in a slot up to `now`, earliest first, taken out; NULL if
 * there is none. Those added meanwhile are found too if they are due.        */
struct wheel_node *wheel_take(struct wheel *w, int64_t now);
/* The first slot in which somebody is due; INT64_MAX: nobody.                */
int64_t wheel_next(const struct wheel *w);
/* The slot of first..first+n-1 in which the fewest meet who come round every n
 * slots, the first such.                                                     */
int64_t wheel_calmest(const struct wheel *w, int64_t first, unsigned int n);

#endif
