/*
 * lock.c - a lock, for the few tables that any thread may look into.
 * Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#include "base/lock.h"

void lock_init(struct lock *l)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	if (pthread_mutex_init(&l->mutex, &attr))
		pthread_mutex_init(&l->mutex, NULL);
	pthread_mutexattr_destroy(&attr);
}

void lock_deinit(struct lock *l)
{
	pthread_mutex_destroy(&l->mutex);
}

void lock_take(struct lock *l)
{
	pthread_mutex_lock(&l->mutex);
}

void lock_give(struct lock *l)
{
	pthread_mutex_unlock(&l->mutex);
}
