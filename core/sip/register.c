/*
 * register.c - one binding at one registrar, kept fresh.
 *
 * All that happens by time has a deadline here, and one timer that stands on
 * the earliest of them; it is always in the heap, so moving it cannot fail.
 *
 *	attempt	the next REGISTER, first try, refresh or retry
 *	expiry	the binding is over unless it was refreshed
 *	stop	the end of waiting for the un-REGISTER's answer
 *	notify	now, when something changed that `changed` has not heard of
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/register.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/registration.h"

#define NEVER REG_NEVER

/* ---- time ---------------------------------------------------------------- */

int64_t reg_now_ns(const struct registration *r)
{
	return clock_now_ns(loop_clock(r->sip->loop));
}

int64_t reg_wall_in_ms(const struct registration *r, int64_t in_ms)
{
	return clock_wall_ms(loop_clock(r->sip->loop)) + in_ms;
}

static int64_t earliest(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

int reg_reschedule(struct registration *r)
{
	int64_t at = earliest(earliest(r->attempt_ns, r->expiry_ns),
			      earliest(r->stop_ns, r->notify_ns));

	return timer_set_ns(loop_timers(r->sip->loop), &r->timer, at);
}

void reg_attempt_in(struct registration *r, int64_t in_ms)
{
	r->attempt_ns = reg_now_ns(r) + in_ms * MS_NS;
	r->status.next_attempt_at = reg_wall_in_ms(r, in_ms);
}

/* The end is told by the timer, never from inside. */
void reg_stop_now(struct registration *r)
{
	r->attempt_ns = NEVER;
	r->expiry_ns = NEVER;
	r->stop_ns = reg_now_ns(r);
}

/* ---- events -------------------------------------------------------------- */

static void stopped(struct registration *r)
{
	void (*done)(void *arg) = r->done;
	void *arg = r->done_arg;

	client_free(r->client);
	r->client = NULL;
	reg_drop(r);
	r->status.state = REGISTRATION_OFF;
	r->status.next_attempt_at = 0;
	r->attempt_ns = r->stop_ns = NEVER;
	r->stopping = r->unregistering = false;
	r->done = NULL;
	if (done)
		done(arg);
}

static void attempt(struct registration *r)
{
	int err;

	r->attempt_ns = NEVER;
	r->status.next_attempt_at = 0;
	r->unregistering = r->stopping;
	err = reg_send(r);
	if (!err)
		return;
	client_free(r->client);
	r->client = NULL;
	if (r->stopping)
		reg_stop_now(r);
	else
		reg_failed(r, 503, strerror(-err), -1);
}

static void expired(struct registration *r)
{
	struct registration_status *st = &r->status;

	reg_drop(r);
	if (r->stopping) {
		reg_stop_now(r);
		return;
	}
	log_warn("%s: its binding at %s expired", r->who, r->registrar_host);
	/* What went wrong with the refresh says more, if it was answered. */
	reg_set_status(r, REGISTRATION_FAILED, st->last_code,
		       st->last_code >= 300 ? st->last_reason :
					      "the binding expired");
}

static void notify(struct registration *r)
{
	struct registration_status st;

	r->notify_ns = NEVER;
	registration_get(r, &st);
	reg_reschedule(r);
	r->changed(r->arg, &st);
}

/* One event at a time, and what calls out of this file last: it may free us. */
static void on_timer(struct timer *t)
{
	struct registration *r = t->arg;
	int64_t now = reg_now_ns(r);

	/* Takes its own place in the heap again before anybody else can. */
	timer_set_ns(loop_timers(r->sip->loop), t, NEVER);
	if (r->notify_ns <= now) {
		notify(r);
		return;
	}
	if (r->stop_ns <= now) {
		stopped(r);
		return;
	}
	if (r->expiry_ns <= now)
		expired(r);
	else if (r->attempt_ns <= now)
		attempt(r);
	reg_reschedule(r);
}

/* ---- the door ------------------------------------------------------------ */

static bool is_word(const char *s)
{
	return s && *s && !str_has_ctl(s);
}

static bool is_sound(const struct registration_params *p)
{
	return p->registrar_host && host_is_valid(p->registrar_host) &&
	       p->aor_domain && host_is_valid(p->aor_domain) &&
	       is_word(p->aor_user) &&
	       p->expires_s > 0 && p->expires_s <= BINDING_EXPIRES_MAX_S;
}

static int copy_params(struct registration *r,
		       const struct registration_params *p)
{
	(void)str_copy(r->who, sizeof(r->who), p->who ? p->who : "register");
	r->target = p->target;
	r->registrar_port = p->registrar_port;
	r->asked_s = p->expires_s;
	if (str_set(&r->registrar_host, p->registrar_host) ||
	    str_set(&r->user, p->aor_user) ||
	    str_set(&r->domain, p->aor_domain))
		return -ENOMEM;
	r->auth = sip_auth_ref(p->auth);
	return 0;
}

int registration_new(struct registration **rp, struct sip *sip,
		     const struct registration_params *params,
		     registration_fn *changed, void *arg)
{
	struct registration *r;
	int err;

	if (!is_sound(params))
		return -EINVAL;
	r = calloc(1, sizeof(*r));
	if (!r)
		return -ENOMEM;
	r->sip = sip;
	r->changed = changed;
	r->arg = arg;
	r->cseq = 1;
	r->attempt_ns = r->expiry_ns = r->stop_ns = r->notify_ns = NEVER;
	random_hex(sip->random, r->call_id, REG_CALL_ID_DIGITS);
	stack_tag(sip, r->tag);
	timer_init(&r->timer, on_timer, r);
	r->flow.lost = reg_flow_lost;
	err = copy_params(r, params);
	if (!err)
		err = reg_reschedule(r);
	if (err)
		registration_free(r);
	else
		*rp = r;
	return err;
}

void registration_start(struct registration *r, int delay_ms)
{
	if (r->stopping)
		return;
	r->failures = r->too_brief = 0;
	if (!r->client)
		reg_attempt_in(r, delay_ms);
	if (!r->bound[0])
		reg_set_status(r, REGISTRATION_REGISTERING, 0, "");
	reg_reschedule(r);
}

void registration_stop(struct registration *r, void (*done)(void *arg),
		       void *arg)
{
	assert(!r->stopping);
	r->stopping = true;
	r->done = done;
	r->done_arg = arg;
	hop_unwatch(&r->flow);
	r->notify_ns = NEVER;
	r->attempt_ns = NEVER;
	r->status.next_attempt_at = 0;
	r->stop_ns = reg_now_ns(r) + stack_64t1_ms(r->sip) * MS_NS;
	if (!r->client && r->bound[0])
		r->attempt_ns = reg_now_ns(r);
	else if (!r->client)
		reg_stop_now(r);
	reg_reschedule(r);
}

void registration_get(const struct registration *r,
		      struct registration_status *st)
{
	*st = r->status;
	/* The timer may be late; the clock is not. */
	if (st->state == REGISTRATION_REGISTERED &&
	    r->expiry_ns <= reg_now_ns(r)) {
		st->state = REGISTRATION_FAILED;
		st->expires_at = 0;
		st->server[0] = '\0';
	}
}

const char *registration_call_id(const struct registration *r)
{
	return r->call_id;
}

const char *const *registration_routes(const struct registration *r)
{
	return (const char *const *)r->routes.values;
}

void registration_free(struct registration *r)
{
	if (!r)
		return;
	client_free(r->client);
	hop_unwatch(&r->flow);
	service_routes_clear(&r->routes);
	timer_stop(loop_timers(r->sip->loop), &r->timer);
	free(r->registrar_host);
	free(r->user);
	free(r->domain);
	sip_auth_unref(r->auth);
	free(r);
}
