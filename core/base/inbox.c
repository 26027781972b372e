/*
 * inbox.c - how threads speak to each other: bounded queues of messages.
 *
 *	any thread --post/complete--> [ list | eventfd ] --take--> one thread
 *
 * A mutex and not an atomic list: once inbox_close() has returned, no new work
 * can slip in behind the last inbox_run(). The lock is held for a few
 * instructions, and lends its holder the priority of a media thread that waits.
 */
/* SPDX-License-Identifier: MIT */
#include "base/inbox.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"

struct inbox {
	pthread_mutex_t lock;
	struct msg *first, **last;
	size_t limit;
	size_t n_work;		/* of those that wait, the new work           */
	bool closed;
	int fd;			/* readable exactly while the list is filled  */
	atomic_size_t n;	/* written under the lock, read without       */
};

static void lock_init(pthread_mutex_t *lock)
{
	pthread_mutexattr_t attr;

	pthread_mutexattr_init(&attr);
	pthread_mutexattr_setprotocol(&attr, PTHREAD_PRIO_INHERIT);
	if (pthread_mutex_init(lock, &attr))
		pthread_mutex_init(lock, NULL);
	pthread_mutexattr_destroy(&attr);
}

int inbox_new(struct inbox **inp, size_t limit)
{
	struct inbox *in = calloc(1, sizeof(*in));
	int err;

	if (!in)
		return -ENOMEM;
	in->fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (in->fd < 0) {
		err = -errno;
		free(in);
		return err;
	}
	lock_init(&in->lock);
	in->last = &in->first;
	in->limit = limit;
	*inp = in;
	return 0;
}

void inbox_free(struct inbox *in)
{
	if (!in)
		return;
	assert(!in->first);
	close(in->fd);
	pthread_mutex_destroy(&in->lock);
	free(in);
}

int inbox_fd(const struct inbox *in)
{
	return in->fd;
}

/* Writes under the lock, so that the taker can never free the inbox between
 * a message and its bell.                                                    */
static void append(struct inbox *in, struct msg *m)
{
	const uint64_t one = 1;
	bool was_empty = !in->first;

	m->next = NULL;
	*in->last = m;
	in->last = &m->next;
	atomic_fetch_add_explicit(&in->n, 1, memory_order_relaxed);
	if (was_empty) {
		ssize_t n = write(in->fd, &one, sizeof(one));

		(void)n;	/* a counter at 0 takes 1 */
	}
}

int inbox_post(struct inbox *in, struct msg *m)
{
	int err = 0;

	pthread_mutex_lock(&in->lock);
	if (in->closed) {
		err = -ESHUTDOWN;
	} else if (in->n_work >= in->limit) {
		err = -EAGAIN;
	} else {
		in->n_work++;
		append(in, m);
	}
	pthread_mutex_unlock(&in->lock);
	return err;
}

void inbox_complete(struct inbox *in, struct msg *m)
{
	pthread_mutex_lock(&in->lock);
	append(in, m);
	pthread_mutex_unlock(&in->lock);
}

struct msg *inbox_take(struct inbox *in)
{
	struct msg *list;
	uint64_t count;

	pthread_mutex_lock(&in->lock);
	list = in->first;
	if (list) {
		ssize_t n = read(in->fd, &count, sizeof(count));

		(void)n;
		in->first = NULL;
		in->last = &in->first;
		in->n_work = 0;
		atomic_store_explicit(&in->n, 0, memory_order_relaxed);
	}
	pthread_mutex_unlock(&in->lock);
	return list;
}

size_t inbox_run(struct inbox *in)
{
	struct msg *m = inbox_take(in);
	size_t n = 0;

	while (m) {
		struct msg *next = m->next;	/* fn may free or post m */

		m->fn(m);
		m = next;
		n++;
	}
	return n;
}

void inbox_wait(struct inbox *in, int timeout_ms)
{
	const struct clock *clock = clock_system();
	int64_t end = clock_now_ms(clock) + timeout_ms;
	struct pollfd p = { .fd = in->fd, .events = POLLIN };

	while (poll(&p, 1, timeout_ms) < 0 && errno == EINTR) {
		int64_t left = end - clock_now_ms(clock);

		if (timeout_ms >= 0)
			timeout_ms = left > 0 ? (int)left : 0;
	}
}

void inbox_close(struct inbox *in)
{
	pthread_mutex_lock(&in->lock);
	in->closed = true;
	pthread_mutex_unlock(&in->lock);
}

size_t inbox_fill(const struct inbox *in)
{
	return atomic_load_explicit(&in->n, memory_order_relaxed);
}
