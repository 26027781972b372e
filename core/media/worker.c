/*
 * worker.c - a media thread: paces its sessions on an absolute clock.
 *
 *	inbox --> messages --> sessions in a wheel of 1 ms slots
 *	  ^                          |
 *	  +---- sleep until the next filled slot, or a message
 *
 * Thread: the media thread, but for worker_new() and worker_free().
 */
/* SPDX-License-Identifier: MIT */
#include "media/worker.h"

#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <stdlib.h>
#include <time.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/str.h"
#include "base/thread.h"
#include "media/wheel.h"

enum {
	INBOX_LIMIT = 4096,
	RT_PRIORITY = 10,
	/* So many turns share one look at the clock, some 20 us.             */
	TURNS_A_LOOK = 8,
};

struct worker {
	struct thread thread;
	struct inbox *inbox;
	struct drain *drain;
	struct wheel wheel;
	struct tally tally;
	struct msg quit;
	bool quitting;			/* the media thread's own             */
};

const struct clock *worker_clock(void)
{
	return clock_system();
}

static int64_t now_ns(void)
{
	return clock_now_ns(worker_clock());
}

/* A time inside a slot belongs to the next one: never early. */
static int64_t slot_of(int64_t ns)
{
	return (ns + MS_NS - 1) / MS_NS;
}

static struct session *session_of(struct wheel_node *n)
{
	return (struct session *)((char *)n - offsetof(struct session, node));
}

void worker_add(struct worker *w, struct session *s)
{
	wheel_add(&w->wheel, &s->node, slot_of(s->due_ns));
}

void worker_start(struct worker *w, struct session *s,
		  const struct session_play *play)
{
	int64_t now = now_ns(), next = slot_of(now), slot;

	if (next <= w->wheel.at)
		next = w->wheel.at + 1;
	/* Where many calls are answered at once they do not all meet in one
	 * slot for life; the first packet of one that is alone leaves now.   */
	slot = wheel_calmest(&w->wheel, next,
			     play->playout->track.framing.packet_ms);
	wheel_remove(&w->wheel, &s->node);
	session_start(s, play, slot * MS_NS, now);
	worker_add(w, s);
}

void worker_end(struct worker *w, struct session *s)
{
	wheel_remove(&w->wheel, &s->node);
	session_end(s, now_ns());
}

static void run_due(struct worker *w)
{
	int64_t now = now_ns(), slot = now / MS_NS;
	struct wheel_node *n;

	for (unsigned int i = 1; (n = wheel_take(&w->wheel, slot)); i++) {
		struct session *s = session_of(n);

		if (i % TURNS_A_LOOK == 0)
			now = now_ns();
		/* Only one that the ring could not hold so far ahead is not
		 * yet due when its slot comes.                               */
		if (s->due_ns <= now)
			session_turn(s, now);
		worker_add(w, s);
	}
}

static void sleep_until_due(struct worker *w)
{
	struct pollfd p = { .fd = inbox_fd(w->inbox), .events = POLLIN };
	int64_t slot = wheel_next(&w->wheel);
	struct timespec left, *timeout = NULL;

	if (slot != INT64_MAX) {
		int64_t ns = slot * MS_NS - now_ns();

		if (ns < 0)
			ns = 0;
		left = (struct timespec){ ns / S_NS, ns % S_NS };
		timeout = &left;
	}
	/* Woken early by a signal: the round that follows is an idle one. */
	ppoll(&p, 1, timeout, NULL);
}

static void run(void *arg)
{
	struct worker *w = arg;

	if (!thread_make_precise(RT_PRIORITY))
		log_debug("media: no real-time scheduling for %s",
			  w->thread.name);
	wheel_init(&w->wheel, now_ns() / MS_NS);
	while (!w->quitting) {
		/* Before the messages: the wheel has to stand at the present
		 * when somebody is added, however long it slept.             */
		run_due(w);
		if (!inbox_run(w->inbox))
			sleep_until_due(w);
	}
}

static void on_quit(struct msg *m)
{
	struct worker *w = (struct worker *)((char *)m -
					     offsetof(struct worker, quit));

	w->quitting = true;
}

int worker_new(struct worker **wp, unsigned int number)
{
	struct worker *w = calloc(1, sizeof(*w));
	char name[16];
	int err;

	if (!w)
		return -ENOMEM;
	w->quit.fn = on_quit;
	err = inbox_new(&w->inbox, INBOX_LIMIT);
	if (!err)
		err = drain_new(&w->drain);
	str_printf(name, sizeof(name), "media-%u", number);
	if (!err)
		err = thread_start(&w->thread, name, run, w);
	if (err)
		worker_free(w);
	else
		*wp = w;
	return err;
}

void worker_free(struct worker *w)
{
	if (!w)
		return;
	if (w->thread.running) {
		inbox_complete(w->inbox, &w->quit);
		thread_join(&w->thread);
	}
	drain_free(w->drain);
	inbox_free(w->inbox);
	free(w);
}

struct inbox *worker_inbox(struct worker *w)
{
	return w->inbox;
}

struct tally *worker_tally(struct worker *w)
{
	return &w->tally;
}

struct drain *worker_drain(struct worker *w)
{
	return w->drain;
}
