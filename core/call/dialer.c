/*
 * dialer.c - decides who is called when: lanes, limits, claims, deadlines.
 *
 * A look at the lanes claims, in one commit each, the recipients whose
 * deadlines fall into the next HORIZON; each becomes a call with an absolute
 * deadline of its own. What is over a limit stays in the queue.
 *
 *   queued --claim (durable)--> claimed --deadline--> call --> outcome
 *
 * Jobs take turns: one that claimed goes to the end of the line.
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/room.h"

#define HORIZON_NS (50 * MS_NS)
#define TICK_BUSY_MS 10		/* while recipients wait for the rate  */
#define TICK_IDLE_MS 1000	/* while they wait for something else  */
#define CLAIM_MAX 256		/* recipients in one claim             */
#define STORE_REST_MS 1000	/* after the store refused a claim     */

/* What one look found out about the next.                                     */
struct look {
	int64_t now_ns;
	bool rate_bound;		/* somebody waits for the rate         */
	bool waits;			/* somebody waits for something else   */
	bool full;			/* the server's own limits are reached */
	bool claimed;			/* the job in hand has claimed         */
};

/* ---- ends of lanes and jobs ------------------------------------------------- */

static void lane_end(struct lane *l)
{
	if (!l->queued && !l->live && !l->busy)
		lane_prompts_drop(l);
	if (job_has_ended(l->job))
		job_remove(l->job);
}

void dialer_channel_free(struct exchange *x, const char *carrier_id)
{
	struct carrier *c = carrier_find(x, carrier_id);

	x->channels--;
	if (c)
		c->channels--;
	dialer_wake(x);
}

void dialer_release(struct lane *l)
{
	l->live--;
	lane_end(l);
}

/* ---- failing a lane --------------------------------------------------------- */

/* The answer to a lane's request is here.                                     */
static void answered(struct lane *l, int err)
{
	struct exchange *x = l->job->x;

	l->busy = false;
	x->n_requests--;
	dialer_wake(x);
	if (!err)
		return;
	log_error("job %s: store: %s", l->job->data->id, strerror(-err));
	x->store_rest_ms = clock_now_ms(exchange_clock(x)) + STORE_REST_MS;
}

static void lane_failed(struct store_req *req)
{
	struct lane *l = req->arg;
	struct exchange *x = l->job->x;

	answered(l, req->err);
	if (req->err) {
		stop_check(x);
		return;
	}
	log_info("job %s: %lld recipients failed: %s", l->job->data->id,
		 (long long)req->fail.n, l->fail);
	l->queued = 0;
	l->fail[0] = '\0';
	lane_end(l);
	stop_check(x);
}

static void lane_fail(struct lane *l)
{
	struct exchange *x = l->job->x;

	l->busy = true;
	x->n_requests++;
	l->req = (struct store_req){
		.home = loop_inbox(x->cfg.loop),
		.done = lane_failed,
		.arg = l,
		.op = STORE_FAIL_LANE,
		.fail = {
			.job_id = l->job->data->id,
			.carrier_id = l->carrier_id,
			.reason = l->fail,
			.at = exchange_wall_ms(x),
		},
	};
	store_complete(x->cfg.store, &l->req);
}

/* ---- claims ----------------------------------------------------------------- */

/* The next deadline that both the server's and the carrier's rate allow.      */
static int64_t take_deadline(struct exchange *x, struct carrier *c)
{
	int64_t at = pacer_peek(&x->pacer, clock_now_ns(exchange_clock(x)));

	if (c)
		at = pacer_peek(&c->pacer, at);
	pacer_take(&x->pacer, at);
	if (c)
		pacer_take(&c->pacer, at);
	return at;
}

/* What a claim of n holds of the limits: channels, and deadlines of both rates.
 * The deadlines are taken when the claim is on the disk, so that the calls do
 * not leave in a bunch after a slow commit.                                   */
static void reserve(struct lane *l, struct carrier *c, unsigned int n)
{
	struct exchange *x = l->job->x;

	l->reserved = n;
	x->channels += n;
	x->pacer.promised += n;
	if (c) {
		c->channels += n;
		c->pacer.promised += n;
	}
}

static void end_promise(struct lane *l)
{
	struct exchange *x = l->job->x;
	struct carrier *c = carrier_find(x, l->carrier_id);

	x->pacer.promised -= l->reserved;
	if (c)
		c->pacer.promised -= l->reserved;
	l->reserved = 0;
}

/* Channels that the claim did not need.                                       */
static void unreserve(struct lane *l, unsigned int n)
{
	for (; n; n--)
		dialer_channel_free(l->job->x, l->carrier_id);
}

/* Only while a claim is under way: many jobs are small and wait for long.     */
static void claims_free(struct lane *l)
{
	free(l->claims);
	l->claims = NULL;
}

static void start_calls(struct lane *l, const struct store_req *req)
{
	struct exchange *x = l->job->x;

	for (size_t i = 0; i < req->claim.n; i++) {
		struct carrier *c = carrier_find(x, l->carrier_id);
		int err = call_new(x, l, &req->claim.items[i],
				   take_deadline(x, c));

		if (!err) {
			l->live++;
			continue;
		}
		/* Out of memory: the row stays claimed and is reported as
		 * unknown after a restart, rather than called twice.          */
		log_error("call: %s", strerror(-err));
		unreserve(l, 1);
	}
}

static void on_claimed(struct store_req *req)
{
	struct lane *l = req->arg;
	struct exchange *x = l->job->x;
	unsigned int reserved = l->reserved;

	answered(l, req->err);
	end_promise(l);
	if (req->err) {
		claims_free(l);
		unreserve(l, reserved);
		stop_check(x);
		return;
	}
	l->queued -= (int64_t)req->claim.n;
	if (req->claim.n < reserved) {
		l->queued = 0;
		unreserve(l, reserved - (unsigned int)req->claim.n);
	}
	start_calls(l, req);
	claims_free(l);
	lane_end(l);
	if (x->stopping)
		calls_unclaim(x);
	stop_check(x);
}

static void lane_claim(struct lane *l, struct carrier *c, unsigned int n)
{
	struct exchange *x = l->job->x;

	l->claims = calloc(n, sizeof(*l->claims));
	if (!l->claims)
		return;
	l->req = (struct store_req){
		.home = loop_inbox(x->cfg.loop),
		.done = on_claimed,
		.arg = l,
		.op = STORE_CLAIM,
		.claim = {
			.job_id = l->job->data->id,
			.carrier_id = l->carrier_id,
			.at = exchange_wall_ms(x),
			.items = l->claims,
			.cap = n,
		},
	};
	if (store_post(x->cfg.store, &l->req)) {
		claims_free(l);
		return;
	}
	l->busy = true;
	x->n_requests++;
	reserve(l, c, n);
}

/* ---- one look --------------------------------------------------------------- */

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* What keeps the next one from being claimed; c NULL: the server does.        */
struct limit {
	const char *of;
	const struct carrier *c;
};

static int64_t channels_left(const struct exchange *x, const struct carrier *c,
			     struct limit *why)
{
	int64_t n = least(CLAIM_MAX,
			  x->cfg.max_channels - (int64_t)x->channels);

	*why = (struct limit){ "channels", NULL };
	if (n > 0 && c && c->data.max_channels) {
		why->c = c;
		n = least(n, c->data.max_channels - (int64_t)c->channels);
	}
	return n > 0 ? n : 0;
}

/* How many may be claimed now; if none, why not.                              */
static int64_t room(struct exchange *x, struct carrier *c, struct look *look,
		    struct limit *why)
{
	int64_t until = look->now_ns + HORIZON_NS, n = channels_left(x, c, why);

	look->full |= x->channels >= (unsigned int)x->cfg.max_channels;
	if (!n)
		return 0;
	*why = (struct limit){ "calls per second", NULL };
	n = pacer_room(&x->pacer, look->now_ns, until, n);
	look->full |= !n;
	if (c && n) {
		why->c = c;
		n = pacer_room(&c->pacer, look->now_ns, until, n);
	}
	look->rate_bound |= !n;
	return n;
}

static void say_limit(struct lane *l, const struct limit *why)
{
	if (why->c)
		str_printf(l->waiting, sizeof(l->waiting),
			   "limit of %s of carrier %s", why->of,
			   why->c->data.id);
	else
		str_printf(l->waiting, sizeof(l->waiting),
			   "limit of %s of the server", why->of);
}

/* Is there a carrier that takes calls? Otherwise says what the lane waits for,
 * or why it must fail.                                                        */
static bool carrier_is_there(struct lane *l, struct carrier *c,
			     int64_t now_ms)
{
	struct exchange *x = l->job->x;
	enum usable usable;

	if (!l->carrier_id[0])
		return true;
	if (!c) {
		str_copy(l->fail, sizeof(l->fail), "carrier_deleted");
		return false;
	}
	usable = carrier_usable(c, l->waiting, sizeof(l->waiting));
	if (usable == CARRIER_USABLE) {
		l->waiting[0] = '\0';
		l->waiting_since_ms = 0;
		return true;
	}
	if (usable == CARRIER_RESTS)
		l->waiting_since_ms = 0;
	else if (!l->waiting_since_ms)
		l->waiting_since_ms = now_ms;
	if (usable == CARRIER_NEVER)
		str_copy(l->fail, sizeof(l->fail), l->waiting);
	else if (usable == CARRIER_WAIT && now_ms - l->waiting_since_ms >=
		 x->cfg.carrier_wait_s * S_MS)
		str_printf(l->fail, sizeof(l->fail), "%s: %s",
			   carrier_wait_reason(c), l->waiting);
	return false;
}

static void lane_look(struct lane *l, struct look *look)
{
	struct exchange *x = l->job->x;
	struct carrier *c = carrier_find(x, l->carrier_id);
	struct limit why;
	bool usable;
	int64_t n;

	if (!l->queued || l->busy)
		return;
	usable = !l->fail[0] &&
		 carrier_is_there(l, c, look->now_ns / MS_NS);
	if (usable && !lane_prompts_ready(l)) {
		str_copy(l->waiting, sizeof(l->waiting), l->asked ?
			 "recordings are being fetched" :
			 "earlier jobs come first");
		usable = false;
	}
	if (l->fail[0]) {
		lane_fail(l);
		return;
	}
	look->waits = true;
	if (!usable)
		return;
	n = least(room(x, c, look, &why), l->queued);
	l->waiting[0] = '\0';
	if (!n) {
		say_limit(l, &why);
		return;
	}
	lane_claim(l, c, (unsigned int)n);
	look->claimed |= l->busy;
	look->rate_bound |= !l->busy;	/* the store has too much to do        */
}

/* Lanes take turns as jobs do.                                                */
static void job_look(struct job *j, struct look *look)
{
	size_t first = j->turn;

	look->claimed = false;
	for (size_t i = 0; i < j->n_lanes; i++) {
		size_t at = (first + i) % j->n_lanes;
		bool before = look->claimed;

		lane_look(&j->lanes[at], look);
		if (look->claimed && !before)
			j->turn = (at + 1) % j->n_lanes;
	}
}

/* Nobody can claim once the server is full, so that the rest is looked at once
 * a second only: for carriers that are gone, and recordings to be fetched.    */
static void look_at_jobs(struct exchange *x, struct look *look)
{
	int64_t now_ms = look->now_ns / MS_NS;
	struct job *last = x->last_job, *next;
	bool all = now_ms >= x->all_at_ms;

	if (all)
		x->all_at_ms = now_ms + TICK_IDLE_MS;
	for (struct job *j = x->jobs; j && (all || !look->full); j = next) {
		next = j == last ? NULL : j->next;
		job_look(j, look);
		if (look->claimed)
			job_to_the_end(j);
	}
	look->waits |= look->full;
}

static void on_tick(struct timer *t)
{
	struct exchange *x = t->arg;
	struct look look = { .now_ns = clock_now_ns(exchange_clock(x)) };
	int64_t rest_ms = x->store_rest_ms - look.now_ns / MS_NS;

	if (x->stopping || !x->ready)
		return;
	if (rest_ms > 0 || x->n_failing) {
		timer_set_ms(loop_timers(x->cfg.loop), t,
			     rest_ms > 0 ? rest_ms : STORE_REST_MS);
		return;
	}
	look_at_jobs(x, &look);
	if (look.rate_bound)
		timer_set_ms(loop_timers(x->cfg.loop), t, TICK_BUSY_MS);
	else if (look.waits)
		timer_set_ms(loop_timers(x->cfg.loop), t, TICK_IDLE_MS);
}

void dialer_init(struct exchange *x)
{
	pacer_set(&x->pacer, x->cfg.max_cps);
	timer_init(&x->tick, on_tick, x);
}

void dialer_wake(struct exchange *x)
{
	timer_set_ms(loop_timers(x->cfg.loop), &x->tick, 0);
}
