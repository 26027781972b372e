/*
 * call.c - one call: its beginning and its end.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "call/call.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/destination.h"

enum {
	PORT_RETRY_MS = 200,	/* all ports in use: a limit, not a failure */
};

/* ---- the offer -------------------------------------------------------------- */

/* A wildcard bind is offered as the local address of the route.               */
static void choose_media_address(struct call *c, const struct addr *local)
{
	const struct exchange_config *cfg = &c->x->cfg;

	c->media_address = cfg->has_media_advertise ? cfg->media_advertise :
						      cfg->media_address;
	if (addr_is_any(&c->media_address))
		c->media_address = *local;
}

/* Each offer has keys of its own.                                             */
static int make_keys(struct call *c)
{
	if (c->wishes.secrecy == SECRECY_OFF)
		return 0;
	if (!c->wishes.keys)
		c->wishes.keys = malloc(sizeof(*c->wishes.keys));
	if (!c->wishes.keys)
		return -ENOMEM;
	secrecy_make_keys(c->wishes.keys, c->x->cfg.random);
	return 0;
}

void call_local_side(const struct call *c, struct negotiate_side *us)
{
	negotiate_local(us, &c->lane->codecs, &c->wishes, &c->media_address,
			stream_port(c->stream));
}

int call_offer_again(struct call *c)
{
	struct negotiate_side us;
	struct buf b;
	int err;

	c->session.version = c->session.id;
	call_local_side(c, &us);
	buf_init(&b, UAC_SDP_MAX);
	sdp_write(&b, &c->session, &us.audio, NULL);
	err = b.err;
	if (!err) {
		free(c->sdp);
		c->sdp = buf_take(&b);
	}
	buf_deinit(&b);
	return err;
}

int call_local_offer(void *arg, const struct addr *address, char *sdp,
		     size_t cap)
{
	struct call *c = arg;
	int err;

	choose_media_address(c, address);
	/* RTP is bound in one family only; better no call than no sound.      */
	if (c->media_address.sa.sa_family !=
	    c->x->cfg.media_address.sa.sa_family)
		return -EAFNOSUPPORT;
	err = make_keys(c);
	if (err)
		return err;
	random_fill(c->x->cfg.random, &c->session.id, sizeof(c->session.id));
	c->session.id >>= 2;		/* fits the signed 64 bits of most     */
	err = call_offer_again(c);
	return err ? err : str_copy(sdp, cap, c->sdp);
}

static int ring_timeout_ms(const struct call *c)
{
	int s = c->lane->job->data->ring_timeout_s;

	return (s ? s : c->x->cfg.ring_timeout_s) * 1000;
}

static int invite(struct call *c, const struct destination *d)
{
	struct uac_params p = {
		.target = d->target,
		.request_uri = d->uri,
		.from_user = d->from_user,
		.from_domain = d->from_domain[0] ? d->from_domain : NULL,
		.from_name = c->to->from_name,
		.caller_id = d->caller_id,
		.headers = d->headers,
		.routes = d->routes,
		.session_expires_s = d->session_expires_s,
		.auth = d->auth,
		.ring_timeout_ms = ring_timeout_ms(c),
	};
	int err;

	err = uac_new(&c->uac, c->x->cfg.sip, &p, &call_uac_events, c);
	if (err)
		return err;
	str_copy(c->attempt.call_id, sizeof(c->attempt.call_id),
		 uac_call_id(c->uac));
	c->attempt.started_at = exchange_wall_ms(c->x);
	c->state = CALL_INVITING;
	log_context(c->attempt.call_id);
	log_info("call: to %s, %s %s, job %s row %lld", log_number(c->to->to),
		 c->attempt.route, c->attempt.carrier_id,
		 c->lane->job->data->id, (long long)c->row);
	err = uac_invite(c->uac);
	if (err)
		return err;
	call_write(c);
	free(c->to);
	c->to = NULL;
	return 0;
}

/* ---- beginning -------------------------------------------------------------- */

static bool is_limit(int err)
{
	return err == -EAGAIN || err == -EMFILE || err == -ENFILE ||
	       err == -ENOBUFS;
}

static void fail_early(struct call *c, const char *reason)
{
	call_set_ending(c);		/* too late to go back to the queue    */
	str_copy(c->reason, sizeof(c->reason), reason);
	uac_free(c->uac);
	c->uac = NULL;
	call_stop_stream(c);
	call_check_over(c);
}

static const char *early_reason(int err)
{
	return err == -ENODEV ? "carrier_deleted" :
	       err == -ERANGE ? "number_too_short" :
	       err == -EPERM ? "forbidden_target" : strerror(-err);
}

/* A SIP URI without a carrier gets plain RTP. Read together with where the call
 * goes: who is encrypted stays so, though his carrier is deleted while the name
 * of his host is still looked up.                                             */
static void take_wishes(struct call *c)
{
	static const struct cln_carrier none;
	const struct carrier *carrier = carrier_find(c->x,
						     c->lane->carrier_id);
	const struct cln_carrier *data = carrier ? &carrier->data : &none;

	c->symmetric = data->symmetric_rtp;
	c->wishes.ptime_ms = (uint32_t)data->ptime;
	c->wishes.events = c->lane->digits == DIGITS_AUTO ||
			   c->lane->digits == DIGITS_EVENTS;
	c->wishes.secrecy = secrecy_of(data->srtp);
}

static void call_begin(struct call *c)
{
	struct destination d;
	char why[LANE_WHY_LEN];
	int err;

	if (c->x->stopping) {
		call_unclaim(c);
		return;
	}
	err = destination_find(c, &d);
	if (err) {
		fail_early(c, early_reason(err));
		return;
	}
	take_wishes(c);
	err = stream_new(&c->stream, c->x->cfg.media, &call_stream_events, c);
	if (is_limit(err)) {
		timer_set_ms(loop_timers(c->x->cfg.loop), &c->timer,
			     PORT_RETRY_MS);
		return;
	}
	if (err) {
		str_printf(why, sizeof(why), "media_failed: %s",
			   strerror(-err));
		fail_early(c, why);
		return;
	}
	err = invite(c, &d);
	if (err)
		fail_early(c, early_reason(err));
}

static void on_timer(struct timer *t)
{
	struct call *c = t->arg;

	if (c->state == CALL_NEW)
		call_begin(c);
	else
		call_abort(c, c->guard_reason);
	log_context(NULL);
}

int call_new(struct exchange *x, struct lane *l, const struct store_claim *to,
	     int64_t at_ns)
{
	struct call *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->to = malloc(sizeof(*c->to));
	if (!c->to) {
		free(c);
		return -ENOMEM;
	}
	*c->to = *to;
	c->row = to->row;
	c->x = x;
	c->lane = l;
	c->attempt.size = sizeof(c->attempt);
	timer_init(&c->timer, on_timer, c);
	outcome_init(c);
	err = timer_set_ns(loop_timers(x->cfg.loop), &c->timer, at_ns);
	if (err) {
		free(c->to);
		free(c);
		return err;
	}
	LIST_INSERT_HEAD(&x->calls, c, link);
	x->n_calls++;
	return 0;
}

/* ---- ending ----------------------------------------------------------------- */

/* The guard watches over what talks: an end that takes its time is none that
 * came too late.                                                              */
void call_set_ending(struct call *c)
{
	if (c->state >= CALL_ENDING)
		return;
	c->state = CALL_ENDING;
	timer_stop(loop_timers(c->x->cfg.loop), &c->timer);
}

void call_stop_stream(struct call *c)
{
	if (c->stream && !c->stream_stopping) {
		c->stream_stopping = true;
		stream_stop(c->stream);
	}
}

void call_abort(struct call *c, const char *reason)
{
	if (!c->reason[0])
		str_copy(c->reason, sizeof(c->reason), reason);
	c->system = true;
	/* RFC 3261 15.1.1: no media after the BYE, so the stream ends first.  */
	if (c->state == CALL_TALKING && c->stream && c->uac) {
		c->bye_when_stopped = true;
		call_stop_stream(c);
	} else if (c->uac) {
		uac_hangup(c->uac, Q850_NORMAL);
	}
}

void call_free(struct call *c)
{
	timer_stop(loop_timers(c->x->cfg.loop), &c->timer);
	timer_stop(loop_timers(c->x->cfg.loop), &c->retry);
	uac_free(c->uac);
	free(c->wishes.keys);
	free(c->sdp);
	free(c->to);
	free(c->attempt.played);
	free(c->attempt.gathered);
	LIST_REMOVE(c, link);
	c->x->n_calls--;
	free(c);
}

void calls_hangup(struct exchange *x)
{
	struct call *c;

	LIST_FOREACH(c, &x->calls, link) {
		if (c->state != CALL_NEW && c->state < CALL_ENDING)
			call_abort(c, "server_stopping");
		else if (c->retrying && !c->write)
			call_write(c);
	}
}

void calls_drop(struct exchange *x)
{
	struct call *c;

	LIST_FOREACH(c, &x->calls, link) {
		if (!c->uac)
			continue;
		log_warn("stop: the far end of %s did not answer in time",
			 c->attempt.call_id);
		uac_free(c->uac);
		c->uac = NULL;
		if (!c->attempt.ended_at)
			c->attempt.ended_at = exchange_wall_ms(x);
		call_stop_stream(c);
		call_check_over(c);
	}
}

void calls_unclaim(struct exchange *x)
{
	struct call *c;

	LIST_FOREACH(c, &x->calls, link)
		if (c->state == CALL_NEW)
			call_unclaim(c);
}
