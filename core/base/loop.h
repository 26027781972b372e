/*
 * loop.h - an epoll loop with timers and one inbox; a thread's whole life.
 *
 * All calls on the loop's own thread, except loop_stop() and posting to its
 * inbox. Deadlines are kept to the nanosecond (epoll_pwait2).
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOOP_H
#define BASE_LOOP_H

#include <stdint.h>

#include "base/clock.h"
#include "base/inbox.h"
#include "base/timer.h"

struct loop;

/* Embedded in its owner; valid from loop_add to loop_remove.                 */
struct loop_fd {
	int fd;
	void (*fn)(struct loop_fd *, uint32_t epoll_events);
	void *arg;
	struct loop *loop;
};

int loop_new(struct loop **lp, const struct clock *clock, size_t inbox_limit);
void loop_free(struct loop *l);
struct timers *loop_timers(struct loop *l);
struct inbox *loop_inbox(struct loop *l);
const struct clock *loop_clock(struct loop *l);
int loop_add(struct loop *l, struct loop_fd *f, uint32_t epoll_events);
int loop_modify(struct loop_fd *f, uint32_t epoll_events);
void loop_remove(struct loop_fd *f);		/* fine inside its callback   */
void loop_run(struct loop *l);			/* until loop_stop()          */
/* One round: waits at most max_wait_ms (0: polls). For tests.                */
void loop_once(struct loop *l, int max_wait_ms);
void loop_stop(struct loop *l);		/* any thread, async-signal-safe      */

#endif
