/*
 * thread.h - threads, and the only place where one may wait for another.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_THREAD_H
#define BASE_THREAD_H

#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>

struct thread {
	pthread_t id;
	bool running;
	void (*fn)(void *arg);
	void *arg;
	char name[16];
};

/* All signals are blocked in the new thread.                                 */
int thread_start(struct thread *t, const char *name, void (*fn)(void *),
		 void *arg);
void thread_join(struct thread *t);		/* fine if it never started   */
/* Of the calling thread: timer slack of 1 ns, and SCHED_FIFO where permitted;
 * returns true if real-time scheduling was granted.                          */
bool thread_make_precise(int rt_priority);

/* A one-shot event between two threads: wait() returns after done().         */
struct waiter {
	pthread_mutex_t lock;
	pthread_cond_t cond;
	bool is_done;
};

void waiter_init(struct waiter *w);
void waiter_deinit(struct waiter *w);
void waiter_done(struct waiter *w);
void waiter_wait(struct waiter *w);

#endif
