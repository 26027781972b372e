/*
 * loop.c - an epoll loop with timers and one inbox; a thread's whole life.
 *
 *	round: wait -> sockets -> inbox -> timers
 *
 * All on the loop's own thread, except loop_stop() and posting to the inbox.
 */
/* SPDX-License-Identifier: MIT */
#include "base/loop.h"

#include <assert.h>
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/log.h"

enum { BATCH = 64 };

struct loop {
	const struct clock *clock;
	struct timers timers;
	struct inbox *inbox;
	int epoll_fd, stop_fd;
	struct loop_fd inbox_event, stop_event;
	atomic_bool stopping;
	/* The round in hand: loop_remove() takes events out of it that are
	 * still to come.                                                     */
	struct epoll_event events[BATCH];
	int n_events, at_event;
	bool no_pwait2;		/* the kernel has no epoll_pwait2             */
};

/* The inbox is run once a round in any case; the event only wakes.           */
static void on_inbox(struct loop_fd *f, uint32_t events)
{
	(void)f;
	(void)events;
}

static void on_stop(struct loop_fd *f, uint32_t events)
{
	uint64_t count;
	ssize_t n = read(f->fd, &count, sizeof(count));

	(void)n;
	(void)events;
}

static int open_fds(struct loop *l)
{
	int err;

	l->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	l->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->epoll_fd < 0 || l->stop_fd < 0)
		return -errno;
	l->inbox_event = (struct loop_fd){
		.fd = inbox_fd(l->inbox), .fn = on_inbox,
	};
	l->stop_event = (struct loop_fd){ .fd = l->stop_fd, .fn = on_stop };
	err = loop_add(l, &l->inbox_event, EPOLLIN);
	return err ? err : loop_add(l, &l->stop_event, EPOLLIN);
}

int loop_new(struct loop **lp, const struct clock *clock, size_t inbox_limit)
{
	struct loop *l = calloc(1, sizeof(*l));
	int err;

	if (!l)
		return -ENOMEM;
	l->clock = clock;
	l->epoll_fd = l->stop_fd = -1;
	timers_init(&l->timers, clock);
	err = inbox_new(&l->inbox, inbox_limit);
	if (!err)
		err = open_fds(l);
	if (err)
		loop_free(l);
	else
		*lp = l;
	return err;
}

void loop_free(struct loop *l)
{
	if (!l)
		return;
	if (l->epoll_fd >= 0)
		close(l->epoll_fd);
	if (l->stop_fd >= 0)
		close(l->stop_fd);
	inbox_free(l->inbox);
	timers_deinit(&l->timers);
	free(l);
}

struct timers *loop_timers(struct loop *l)
{
	return &l->timers;
}

struct inbox *loop_inbox(struct loop *l)
{
	return l->inbox;
}

const struct clock *loop_clock(struct loop *l)
{
	return l->clock;
}

int loop_add(struct loop *l, struct loop_fd *f, uint32_t epoll_events)
{
	struct epoll_event e = { .events = epoll_events, .data.ptr = f };

	if (epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, f->fd, &e))
		return -errno;
	f->loop = l;
	return 0;
}

int loop_modify(struct loop_fd *f, uint32_t epoll_events)
{
	struct epoll_event e = { .events = epoll_events, .data.ptr = f };

	return epoll_ctl(f->loop->epoll_fd, EPOLL_CTL_MOD, f->fd, &e) ?
		-errno : 0;
}

void loop_remove(struct loop_fd *f)
{
	struct loop *l = f->loop;

	if (!l)
		return;
	epoll_ctl(l->epoll_fd, EPOLL_CTL_DEL, f->fd, NULL);
	for (int i = l->at_event; i < l->n_events; i++) {
		if (l->events[i].data.ptr == f)
			l->events[i].data.ptr = NULL;
	}
	f->loop = NULL;
}

/* For kernels before 5.11 and sandboxes: the same in two calls.              */
static int wait_in_two(struct loop *l, const struct timespec *timeout)
{
	struct pollfd p = { .fd = l->epoll_fd, .events = POLLIN };
	int n = ppoll(&p, 1, timeout, NULL);

	return n <= 0 ? n : epoll_wait(l->epoll_fd, l->events, BATCH, 0);
}

static int wait_events(struct loop *l, int64_t wait_ns)
{
	struct timespec t = {
		.tv_sec = (time_t)(wait_ns / S_NS),
		.tv_nsec = (long)(wait_ns % S_NS),
	};
	const struct timespec *timeout = wait_ns < 0 ? NULL : &t;
	int n = -1;

	if (!l->no_pwait2) {
		n = epoll_pwait2(l->epoll_fd, l->events, BATCH, timeout, NULL);
		l->no_pwait2 = n < 0 && (errno == ENOSYS || errno == EPERM);
	}
	if (l->no_pwait2)
		n = wait_in_two(l, timeout);
	if (n < 0 && errno != EINTR) {
		log_error("loop: waiting failed: %s", strerror(errno));
		abort();
	}
	return n < 0 ? 0 : n;
}

/* How long until the next timer, at most max_wait_ms; -1: for ever.          */
static int64_t wait_time(const struct loop *l, int max_wait_ms)
{
	int64_t most = max_wait_ms < 0 ? INT64_MAX : max_wait_ms * MS_NS;
	int64_t next = timers_next_ns(&l->timers);
	int64_t wait;

	if (next == INT64_MAX)
		return max_wait_ms < 0 ? -1 : most;
	wait = next - clock_now_ns(l->clock);
	if (wait < 0)
		wait = 0;
	return wait < most ? wait : most;
}

void loop_once(struct loop *l, int max_wait_ms)
{
	assert(!l->n_events);
	l->n_events = wait_events(l, wait_time(l, max_wait_ms));
	l->at_event = 0;
	while (l->at_event < l->n_events) {
		struct epoll_event *e = &l->events[l->at_event++];
		struct loop_fd *f = e->data.ptr;

		if (f)
			f->fn(f, e->events);
	}
	l->n_events = 0;
	inbox_run(l->inbox);
	timers_run(&l->timers);
}

void loop_run(struct loop *l)
{
	while (!atomic_load(&l->stopping))
		loop_once(l, -1);
	atomic_store(&l->stopping, false);
}

void loop_stop(struct loop *l)
{
	const uint64_t one = 1;
	int saved = errno;
	ssize_t n;

	atomic_store(&l->stopping, true);
	n = write(l->stop_fd, &one, sizeof(one));
	(void)n;	/* A full counter wakes the loop just as well. */
	errno = saved;
}
