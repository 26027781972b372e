/*
 * call_events.c - what dialog and stream report, one function per event.
 *
 * Thread: signalling. An event that the state does not expect is ignored.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/call.h"

#define Q850_INCOMPATIBLE 88
/* A far end that holds us for ever must not keep a channel for ever.          */
#define HOLD_MS (600 * S_MS)
/* How long a start waits where the request does not say: for a far end's first
 * packet, and for the end of a long greeting.                                 */
#define MEDIA_WAIT_MS 2000
#define SILENCE_WAIT_MS 30000

/* ---- dialog ----------------------------------------------------------------- */

static void on_provisional(void *arg, int code, const char *reason)
{
	struct call *c = arg;

	log_context(c->attempt.call_id);
	log_info("call: %d %s", code, reason);
	if (code >= 180 && !c->attempt.ringing_at) {
		c->attempt.ringing_at = exchange_wall_ms(c->x);
		if (c->state == CALL_INVITING)
			c->state = CALL_RINGING;
		call_write(c);
	}
	log_context(NULL);
}

static uint32_t start_wait_ms(const struct store_job *job)
{
	if (job->start == CLN_START_ANSWER)
		return 0;
	if (job->start_wait_ms)
		return (uint32_t)job->start_wait_ms;
	return job->start == CLN_START_MEDIA ? MEDIA_WAIT_MS : SILENCE_WAIT_MS;
}

static struct stream_play play_of(const struct call *c,
				  const struct negotiated *n)
{
	const struct store_job *job = c->lane->job->data;
	struct stream_play p = {
		.codec = n->codec,
		.params = n->params,
		.payload_type = n->payload_type,
		.rtp = n->rtp,
		.rtcp = n->rtcp,
		.rtcp_mux = n->rtcp_mux,
		.send = n->send,
		.far_silent = n->far_silent,
		.script = c->lane->script,
		.start = job->start,
		.start_wait_ms = start_wait_ms(job),
		.n_hear = n->n_hear,
		.event_in = n->event_in,
		.event_out = n->event_out,
		.tones = c->lane->digits == DIGITS_TONES ||
			 (c->lane->digits == DIGITS_AUTO &&
			  n->event_out < 0),
		.symmetric = c->symmetric,
		.rtp_timeout_ms = (uint32_t)c->x->cfg.rtp_timeout_s * S_MS,
		.crypto = n->crypto,
	};

	memcpy(p.hear, n->hear, sizeof(p.hear));
	return p;
}

static void our_side(const struct call *c, struct negotiate_side *us)
{
	call_local_side(c, us);
	us->slot = c->sdp ? sdp_slot(c->sdp) : 0;
	if (c->media.codec)
		negotiate_within(us, c->media.codec);
}

static void settled(struct call *c, const struct negotiated *n)
{
	enum srtp_suite before = c->media.crypto.suite;

	/* Before the answer no key was used, and another fork may still pick up
	 * with any of our first offer.                                        */
	if (c->state == CALL_TALKING && before != SRTP_NONE &&
	    before != n->crypto.suite)
		secrecy_renew(c->wishes.keys, before, c->x->cfg.random);
	c->media = *n;
	c->events = c->events || n->event_out >= 0;
	str_copy(c->attempt.codec, sizeof(c->attempt.codec),
		 n->codec->api_name);
	str_copy(c->attempt.srtp, sizeof(c->attempt.srtp),
		 srtp_name(n->crypto.suite));
}

static int read_answer(struct call *c, struct negotiated *n, const char *sdp,
		       size_t len, char *why, size_t cap)
{
	struct negotiate_side us;

	our_side(c, &us);
	*n = (struct negotiated){ 0 };
	return negotiate_answer(n, &us, sdp, len, why, cap);
}

/* It wants to change the session before it picks up (RFC 3311 5.2).           */
static int on_early_answer(void *arg, const char *sdp, size_t len)
{
	struct call *c = arg;
	struct negotiated n;
	char why[LANE_WHY_LEN];

	if (read_answer(c, &n, sdp, len, why, sizeof(why)))
		return 488;
	settled(c, &n);
	return 200;
}

static void on_unsettled(void *arg)
{
	struct call *c = arg;

	c->media = (struct negotiated){ 0 };
	c->events = false;
	c->attempt.codec[0] = c->attempt.srtp[0] = '\0';
	if (call_offer_again(c))
		call_abort(c, "no memory for the offer");
}

/* The first answer, unless it was settled early: from here on it is heard.    */
static int play_answer(struct call *c, const char *sdp, size_t len, char *why,
		       size_t cap)
{
	struct negotiated n = c->media;
	struct stream_play p;
	int err = 0;

	if (sdp || !c->media.codec)
		err = read_answer(c, &n, sdp, len, why, cap);
	if (err)
		return err;
	p = play_of(c, &n);
	err = stream_play(c->stream, &p);
	if (err)
		str_copy(why, cap, strerror(-err));
	else
		settled(c, &n);
	return err;
}

static void take_answer(struct call *c, const char *sdp, size_t len)
{
	char why[LANE_WHY_LEN] = "";

	if (!play_answer(c, sdp, len, why, sizeof(why)))
		return;
	str_printf(c->reason, sizeof(c->reason), "unusable_answer: %s", why);
	c->system = true;
	uac_hangup(c->uac, Q850_INCOMPATIBLE);
}

/* A call lasts as long as it plays, and a while more, since the far end may hold
 * it meanwhile; or where nobody can say, or that is longer, as long as any.   */
static void set_guard(struct call *c)
{
	int64_t most_ms = c->x->cfg.call_max_s * S_MS;
	int64_t plays_ms = lane_duration_ms(c->lane);

	c->guard_reason = "too_long";
	if (plays_ms >= 0)
		plays_ms += start_wait_ms(c->lane->job->data) + HOLD_MS;
	if (plays_ms >= 0 && plays_ms < most_ms) {
		c->guard_reason = "held_too_long";
		most_ms = plays_ms;
	}
	timer_set_ms(loop_timers(c->x->cfg.loop), &c->timer, most_ms);
}

/* Who may have something to say by the time our ACK has found its way.        */
static void on_picked_up(void *arg)
{
	struct call *c = arg;

	if (c->stream)
		stream_answered(c->stream);
}

static void on_answered(void *arg, int code, const char *sdp, size_t len)
{
	struct call *c = arg;

	log_context(c->attempt.call_id);
	c->attempt.answered_at = exchange_wall_ms(c->x);
	c->attempt.sip_code = code;
	c->state = CALL_TALKING;
	take_answer(c, sdp, len);
	log_info("call: answered after %lld ms, %s",
		 (long long)(c->attempt.answered_at - c->attempt.started_at),
		 c->reason[0] ? c->reason : c->attempt.codec);
	if (c->state == CALL_TALKING)
		set_guard(c);
	call_write(c);
	log_context(NULL);
}

/* ---- offers within the call (RFC 3264 8, RFC 3261 14, RFC 3311) ------------- */

/* An offer (sdp NULL: ours is wanted), and where our description goes.        */
struct offer {
	const char *sdp;
	size_t len;
	char *answer;
	size_t cap;
};

static int move_stream(struct call *c, const struct negotiated *n)
{
	struct stream_play p = play_of(c, n);
	int err = 0;

	/* Before the answer there is nothing to hear yet.                     */
	if (c->state == CALL_TALKING)
		err = stream_update(c->stream, &p);
	if (err)
		return err;
	settled(c, n);
	log_info("call: new session, %s, %s", c->attempt.codec,
		 n->send ? "sending" : "on hold");
	return 0;
}

/* RFC 3261 14.2, RFC 6337 5.2: as for a new call, but for what must stay.     */
static int write_offer(const struct call *c, const struct negotiate_side *us,
		       const struct sdp_session *session,
		       const struct offer *o)
{
	struct buf b;
	int err;

	buf_init(&b, o->cap - 1);
	sdp_write(&b, session, &us->audio, c->sdp);
	err = b.err ? b.err : str_copy(o->answer, o->cap, b.data);
	buf_deinit(&b);
	return err;
}

static int write_ours(const struct call *c, const struct negotiate_side *us,
		      const struct sdp_session *session, const struct offer *o,
		      struct negotiated *n)
{
	*n = c->media;
	return o->sdp ? negotiate_offer(n, us, session, o->sdp, o->len,
					o->answer, o->cap) :
			write_offer(c, us, session, o);
}

/* RFC 3264 8: the version of o= grows by one where the rest differs from what
 * we said last, and only there.                                               */
static int describe(const struct call *c, const struct negotiate_side *us,
		    struct sdp_session *session, const struct offer *o,
		    struct negotiated *n)
{
	int err = write_ours(c, us, session, o, n);

	if (err || (c->sdp && !strcmp(c->sdp, o->answer)))
		return err;
	session->version++;
	return write_ours(c, us, session, o, n);
}

/* All of it or, with an error, nothing: then the session is what it was (RFC
 * 3261 14.2).                                                                 */
static int take_offer(struct call *c, const struct negotiate_side *us,
		      const struct offer *o)
{
	struct sdp_session session = c->session;
	struct negotiated n;
	char *said;
	int err = describe(c, us, &session, o, &n);

	if (err)
		return err;
	said = strdup(o->answer);
	if (!said)
		return -ENOMEM;
	err = o->sdp ? move_stream(c, &n) : 0;
	if (err) {
		free(said);
		return err;
	}
	free(c->sdp);
	c->sdp = said;
	c->session = session;
	return 0;
}

/* The ACK brought the answer to an offer of ours.                             */
static void take_late_answer(struct call *c, const struct negotiate_side *us,
			     const char *sdp, size_t len)
{
	char why[96] = "", reason[LANE_WHY_LEN];
	struct negotiated n = c->media;
	int err = negotiate_answer(&n, us, sdp, len, why, sizeof(why));

	if (!err) {
		err = move_stream(c, &n);
		if (!err)
			return;
		str_copy(why, sizeof(why), strerror(-err));
	}
	str_printf(reason, sizeof(reason), "unusable_answer: %s", why);
	call_abort(c, reason);
}

/* Another address or codec, hold, resume. Without SDP in the ACK the session is
 * what it was.                                                                */
static int on_offer(void *arg, const char *sdp, size_t len, char *answer,
		    size_t cap)
{
	const struct offer o = { sdp, len, answer, cap };
	struct call *c = arg;
	struct negotiate_side us;
	int err;

	if (!c->media.codec || !c->stream || c->stream_stopping)
		return 488;
	our_side(c, &us);
	if (!answer) {
		if (sdp)
			take_late_answer(c, &us, sdp, len);
		return 200;
	}
	err = take_offer(c, &us, &o);
	if (!err)
		return 200;
	return sdp && err != -ENOMEM ? 488 : 500;
}

static void on_hangup(void *arg, enum uac_end by)
{
	struct call *c = arg;

	c->attempt.ended_at = exchange_wall_ms(c->x);
	if (by == UAC_END_BYE_RECEIVED)
		c->attempt.hangup_by = CLN_BY_CALLEE;
	else
		c->attempt.hangup_by = c->system || by != UAC_END_BYE_SENT ?
				       CLN_BY_SYSTEM : CLN_BY_CALLER;
	call_set_ending(c);
	call_stop_stream(c);
	/* Here the BYE waits for it.                                          */
	if (c->stream)
		c->bye_when_stopped = true;
	else
		uac_hangup(c->uac, Q850_NORMAL);
}

static void on_ended(void *arg, const struct uac_result *result)
{
	struct call *c = arg;

	log_context(c->attempt.call_id);
	c->result = *result;
	uac_free(c->uac);
	c->uac = NULL;
	if (!c->attempt.ended_at)
		c->attempt.ended_at = exchange_wall_ms(c->x);
	call_set_ending(c);
	call_stop_stream(c);
	call_check_over(c);
	log_context(NULL);
}

const struct uac_events call_uac_events = {
	.local_offer = call_local_offer,
	.provisional = on_provisional,
	.early_answer = on_early_answer,
	.unsettled = on_unsettled,
	.picked_up = on_picked_up,
	.answered = on_answered,
	.offer = on_offer,
	.hangup = on_hangup,
	.ended = on_ended,
};

/* ---- stream ----------------------------------------------------------------- */

static void on_played(void *arg)
{
	struct call *c = arg;

	if (c->uac)
		uac_hangup(c->uac, Q850_NORMAL);
}

/* Digits that could leave neither as events nor as tones took their time, but
 * were not sent.                                                              */
static void disown_digits(struct call *c)
{
	const struct cln_item *items = c->lane->job->data->items;
	enum call_digits how = c->lane->digits;

	if (how == DIGITS_AUTO || how == DIGITS_TONES || c->events)
		return;
	for (uint32_t i = 0; i < c->attempt.n_played; i++) {
		struct cln_played *p = &c->attempt.played[i];

		if (items[p->item].type != CLN_ITEM_DTMF)
			continue;
		p->sent_ms = 0;
		if (p->confirmed_ms > 0)
			p->confirmed_ms = 0;
	}
}

/* What the report tells of it, in memory of just that size.                    */
static void keep_report(struct call *c, const struct stream_report *report)
{
	struct cln_attempt *a = &c->attempt;
	size_t played = report->n_items * sizeof(*a->played);
	size_t gathered = report->n_gathered * sizeof(*a->gathered);

	a->rtp = report->rtp;
	a->started = report->started;
	a->started_ms = report->started_ms;
	a->played = played ? malloc(played) : NULL;
	a->gathered = gathered ? malloc(gathered) : NULL;
	if (a->played) {
		memcpy(a->played, report->items, played);
		a->n_played = report->n_items;
	}
	if (a->gathered) {
		memcpy(a->gathered, report->gathered, gathered);
		a->n_gathered = report->n_gathered;
	}
	if ((played && !a->played) || (gathered && !a->gathered))
		log_error("call: no memory for its report");
}

static void on_stopped(void *arg, const struct stream_report *report)
{
	struct call *c = arg;

	c->stream = NULL;
	c->complete = report->complete;
	keep_report(c, report);
	disown_digits(c);
	if (c->bye_when_stopped && c->uac)
		uac_hangup(c->uac, Q850_NORMAL);
	call_check_over(c);
}

static void on_failed(void *arg, int err)
{
	struct call *c = arg;
	char why[LANE_WHY_LEN];

	if (err == -ETIMEDOUT)
		str_copy(why, sizeof(why), "rtp_timeout");
	else
		str_printf(why, sizeof(why), "media_failed: %s",
			   strerror(-err));
	call_abort(c, why);
}

const struct stream_events call_stream_events = {
	.played = on_played,
	.stopped = on_stopped,
	.failed = on_failed,
};
