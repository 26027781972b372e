/*
 * stop.c - the order of the end: no new calls, no calls, no registrations.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "base/log.h"
#include "call/room.h"

#define LEAVE_MS 4000		/* how long registrars may take to answer  */
#define HANGUP_MS 3000		/* how long far ends may take, when forced */

static void leave_all(struct exchange *x)
{
	struct carrier *c;
	size_t pos = 0;

	x->carriers_left = true;
	while ((c = map_next(x->carriers, &pos)))
		carrier_leave(c);
	timer_set_ms(loop_timers(x->cfg.loop), &x->stop_timer, LEAVE_MS);
}

static void finish(struct exchange *x)
{
	void (*done)(void *) = x->on_stopped;

	x->on_stopped = NULL;
	timer_stop(loop_timers(x->cfg.loop), &x->stop_timer);
	if (done)
		done(x->stopped_arg);
}

void stop_check(struct exchange *x)
{
	/* Nothing of ours may come home when we are gone.                     */
	if (!x->stopping || x->n_calls || x->n_requests || x->starting)
		return;
	if (!x->carriers_left)
		leave_all(x);
	if (!x->n_leaving)
		finish(x);
}

static void on_late(struct timer *t)
{
	struct exchange *x = t->arg;

	if (!x->carriers_left) {
		calls_drop(x);
		stop_check(x);
		return;
	}
	log_warn("stop: %u registrars did not answer in time", x->n_leaving);
	finish(x);
}

void exchange_stop(struct exchange *x, bool force, void (*done)(void *arg),
		   void *arg)
{
	if (!x->stopping) {
		x->stopping = true;
		timer_init(&x->stop_timer, on_late, x);
		calls_unclaim(x);
	}
	x->on_stopped = done;
	x->stopped_arg = arg;
	if (force && !x->forced) {
		x->forced = true;
		calls_hangup(x);
		timer_set_ms(loop_timers(x->cfg.loop), &x->stop_timer,
			     HANGUP_MS);
	}
	stop_check(x);
}
