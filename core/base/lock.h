/*
 * lock.h - a lock, for the few tables that any thread may look into.
 *
 * Held for a look-up or a change in memory, never while waiting for something
 * else, unless the header of what it guards says so. Its holder is lent the
 * priority of a thread that waits for it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOCK_H
#define BASE_LOCK_H

#include <pthread.h>

struct lock {
	pthread_mutex_t mutex;
};

void lock_init(struct lock *l);
void lock_deinit(struct lock *l);
void lock_take(struct lock *l);
void lock_give(struct lock *l);

#endif
