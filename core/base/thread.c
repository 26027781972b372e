/*
 * thread.c - threads, and the only place where one may wait for another.
 */
/* SPDX-License-Identifier: MIT */
#include "base/thread.h"

#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include "base/str.h"

static void *run(void *arg)
{
	struct thread *t = arg;

	pthread_setname_np(pthread_self(), t->name);
	t->fn(t->arg);
	return NULL;
}

int thread_start(struct thread *t, const char *name, void (*fn)(void *),
		 void *arg)
{
	sigset_t all, old;
	int err;

	*t = (struct thread){ .fn = fn, .arg = arg };
	str_copy(t->name, sizeof(t->name), name);
	/* Signals are the main thread's business; the mask is inherited. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	err = pthread_create(&t->id, NULL, run, t);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	t->running = !err;
	return -err;
}

void thread_join(struct thread *t)
{
	if (!t->running)
		return;
	pthread_join(t->id, NULL);
	t->running = false;
}

bool thread_make_precise(int rt_priority)
{
	struct sched_param param = { .sched_priority = rt_priority };

	prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
	return !pthread_setschedparam(pthread_self(), SCHED_FIFO, &param);
}

void waiter_init(struct waiter *w)
{
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->cond, NULL);
	w->is_done = false;
}

void waiter_deinit(struct waiter *w)
{
	pthread_cond_destroy(&w->cond);
	pthread_mutex_destroy(&w->lock);
}

void waiter_done(struct waiter *w)
{
	pthread_mutex_lock(&w->lock);
	w->is_done = true;
	/* Under the lock, since the waiting side may free w right after. */
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->lock);
}

void waiter_wait(struct waiter *w)
{
	pthread_mutex_lock(&w->lock);
	while (!w->is_done)
		pthread_cond_wait(&w->cond, &w->lock);
	pthread_mutex_unlock(&w->lock);
}
