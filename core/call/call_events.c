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
#define GUARD_MS (600 * S_MS)

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

static int play(struct call *c)
{
	struct stream_play p = {
		.codec = c->media.codec,
		.params = c->media.params,
		.payload_type = c->media.payload_type,
		.rtp = c->media.rtp,
		.rtcp = c->media.rtcp,
		.rtcp_mux = c->media.rtcp_mux,
		.send = c->media.send,
		.prompts = c->lane->prompts,
		.n_prompts = c->lane->job->data->n_items,
	};

	return stream_play(c->stream, &p);
}

static void take_answer(struct call *c, const char *sdp, size_t len)
{
	struct sdp_audio local;
	char why[LANE_WHY_LEN] = "";
	int err;

	if (c->system || c->stream_stopping)
		return;			/* we have hung up already             */
	call_local_sdp(c, &local);
	err = negotiate_answer(&c->media, &c->lane->codecs, &local, sdp, len,
			       why, sizeof(why));
	if (!err) {
		str_copy(c->attempt.codec, sizeof(c->attempt.codec),
			 c->media.codec->api_name);
		err = play(c);
		if (err)
			str_copy(why, sizeof(why), strerror(-err));
	}
	if (!err)
		return;
	str_printf(c->reason, sizeof(c->reason), "unusable_answer: %s", why);
	c->media.codec = NULL;
	c->system = true;
	uac_hangup(c->uac, Q850_INCOMPATIBLE);
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
	timer_set_ms(loop_timers(c->x->cfg.loop), &c->timer,
		     lane_duration_ms(c->lane) + GUARD_MS);
	call_write(c);
	log_context(NULL);
}

static void move_stream(struct call *c, const struct negotiated *n)
{
	c->media = *n;
	log_info("call: re-INVITE, %s", n->send ? "sending" : "on hold");
	stream_update(c->stream, &n->rtp, &n->rtcp, n->rtcp_mux, n->send,
		      n->payload_type);
}

/* RFC 3261 14.2: they asked for our offer; it holds what the stream plays.    */
static int make_offer(struct call *c, const struct sdp_audio *local,
		      char *offer, size_t cap)
{
	struct buf b;
	int err;

	buf_init(&b, cap - 1);
	sdp_write(&b, &c->session, local, 0, 0);
	err = b.err ? b.err : str_copy(offer, cap, b.data);
	buf_deinit(&b);
	return err;
}

static int take_offer(struct call *c, const struct sdp_audio *local,
		      const char *sdp, size_t len, char *answer, size_t cap,
		      struct negotiated *n)
{
	*n = c->media;
	return sdp ? negotiate_offer(n, &c->session, local, sdp, len, answer,
				     cap) :
		     make_offer(c, local, answer, cap);
}

/* RFC 3264 8: the version of o= grows by one where the rest differs from what
 * we said last, and only there.                                               */
static int describe(struct call *c, const struct sdp_audio *local,
		    const char *sdp, size_t len, char *answer, size_t cap,
		    struct negotiated *n)
{
	int err = take_offer(c, local, sdp, len, answer, cap, n);
	char *copy;

	if (err || (c->sdp && !strcmp(c->sdp, answer)))
		return err;
	c->session.version++;
	err = take_offer(c, local, sdp, len, answer, cap, n);
	copy = err ? NULL : strdup(answer);
	if (copy) {
		free(c->sdp);
		c->sdp = copy;
	}
	return err;
}

/* The ACK brought the answer to an offer of ours.                             */
static void take_late_answer(struct call *c, const struct sdp_audio *local,
			     const char *sdp, size_t len)
{
	const struct codec_set ours = { .n = 1, .codecs = { c->media.codec } };
	char why[96] = "", reason[LANE_WHY_LEN];
	struct negotiated n = c->media;

	if (!negotiate_answer(&n, &ours, local, sdp, len, why, sizeof(why))) {
		move_stream(c, &n);
		return;
	}
	str_printf(reason, sizeof(reason), "unusable_answer: %s", why);
	call_abort(c, reason);
}

/* An offer within the call: another address, hold, resume.                    */
static int on_offer(void *arg, const char *sdp, size_t len, char *answer,
		    size_t cap)
{
	struct call *c = arg;
	struct sdp_audio local;
	struct negotiated n;

	if (!c->media.codec || !c->stream || c->stream_stopping)
		return 488;
	call_local_sdp(c, &local);
	negotiate_narrow(&local, c->media.codec);
	if (!answer) {
		if (sdp)
			take_late_answer(c, &local, sdp, len);
		return 200;
	}
	if (describe(c, &local, sdp, len, answer, cap, &n))
		return sdp ? 488 : 500;
	if (sdp)
		move_stream(c, &n);
	return 200;
}

static void on_hangup(void *arg, enum uac_end by)
{
	struct call *c = arg;

	c->attempt.ended_at = exchange_wall_ms(c->x);
	if (by == UAC_END_BYE_RECEIVED)
		c->attempt.hangup_by = CLN_BY_CALLEE;
	else
		c->attempt.hangup_by = c->system || by == UAC_END_LOST ?
				       CLN_BY_SYSTEM : CLN_BY_CALLER;
	if (c->state < CALL_ENDING)
		c->state = CALL_ENDING;
	call_stop_stream(c);
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
	if (c->state < CALL_ENDING)
		c->state = CALL_ENDING;
	call_stop_stream(c);
	call_check_over(c);
	log_context(NULL);
}

const struct uac_events call_uac_events = {
	.local_offer = call_local_offer,
	.provisional = on_provisional,
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

static void on_stopped(void *arg, const struct stream_report *report)
{
	struct call *c = arg;

	c->stream = NULL;
	c->complete = report->complete;
	c->attempt.rtp = report->rtp;
	c->attempt.n_played = report->n_items;
	memcpy(c->played, report->items,
	       report->n_items * sizeof(c->played[0]));
	c->attempt.played = c->played;
	if (c->bye_when_stopped && c->uac)
		uac_hangup(c->uac, Q850_NORMAL);
	call_check_over(c);
}

static void on_failed(void *arg, int err)
{
	struct call *c = arg;
	char why[LANE_WHY_LEN];

	str_printf(why, sizeof(why), "media_failed: %s", strerror(-err));
	call_abort(c, why);
}

const struct stream_events call_stream_events = {
	.played = on_played,
	.stopped = on_stopped,
	.failed = on_failed,
};
