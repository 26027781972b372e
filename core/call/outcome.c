/*
 * outcome.c - what became of a call, and its way to the disk.
 *
 * An outcome that the store refuses is kept and written again: while one
 * waits, nobody new is called (dialer.c). Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/call.h"

#define WRITE_RETRY_MS 1000

static const char *const recipient_states[] = {
	"queued", "calling", "answered", "completed", "busy", "no_answer",
	"failed", "canceled", "unknown"
};

/* ---- classifying ------------------------------------------------------------ */

/* Who hangs up on what we failed to play has not heard us out.                */
static int state_of_answered(const struct call *c)
{
	bool heard_enough = c->result.end == UAC_END_BYE_RECEIVED &&
			    !c->reason[0];

	return c->complete || heard_enough ? CLN_RCPT_COMPLETED :
					     CLN_RCPT_FAILED;
}

/* RFC 3261 21.4, 21.6: which refusals are about the person, not the way.      */
static int state_of_code(int code)
{
	switch (code) {
	case 486:
	case 600:
		return CLN_RCPT_BUSY;
	case 408:
	case 480:
		return CLN_RCPT_NO_ANSWER;
	case 603:
	case 604:
	case 606:
	case 607:			/* RFC 8197                            */
	case 608:			/* RFC 8688                            */
		return CLN_RCPT_FAILED;
	default:
		/* 8.1.3.2: an unknown 6xx is 600.                             */
		return code >= 600 ? CLN_RCPT_BUSY : CLN_RCPT_FAILED;
	}
}

static int final_state(const struct call *c)
{
	if (c->attempt.answered_at)
		return state_of_answered(c);
	if (c->result.end == UAC_END_CANCELED && c->result.ring_timeout)
		return CLN_RCPT_NO_ANSWER;
	/* Our own 408: not one answer came, so the way is broken.             */
	if (!c->attempt.started_at || c->system || c->result.local)
		return CLN_RCPT_FAILED;
	return state_of_code(c->result.code);
}

static void fill_reason(struct call *c)
{
	const struct uac_result *r = &c->result;

	if (r->end == UAC_END_EXPIRED)
		str_copy(c->reason, sizeof(c->reason), "session_expired");
	else if (!c->attempt.answered_at && r->own_words && r->code / 100 == 2)
		str_printf(c->reason, sizeof(c->reason), "unusable_answer: %s",
			   r->reason);
	/* It was answered, and then nothing of the dialog came through.       */
	else if (c->attempt.answered_at || (r->code >= 200 && r->code < 300))
		str_copy(c->reason, sizeof(c->reason), "dialog_lost");
	else if (r->local && r->code == 408)
		str_copy(c->reason, sizeof(c->reason), "no_response");
	else
		str_printf(c->reason, sizeof(c->reason), "%s: %s",
			   r->local ? "unreachable" :
			   r->own_words ? "authentication" : "sip",
			   r->reason);
}

static void fill_result(struct call *c, int state)
{
	const struct uac_result *r = &c->result;
	struct cln_attempt *a = &c->attempt;

	if (!a->answered_at && r->code) {
		a->sip_code = r->code;
		str_copy(a->sip_reason, sizeof(a->sip_reason), r->reason);
	} else if (a->answered_at) {
		str_copy(a->sip_reason, sizeof(a->sip_reason),
			 sip_reason_phrase(a->sip_code));
	}
	a->q850_cause = r->q850_cause;
	if (r->end == UAC_END_CANCELED && !a->answered_at)
		a->hangup_by = c->system ? CLN_BY_SYSTEM : CLN_BY_CALLER;
	if (state == CLN_RCPT_FAILED && !c->reason[0])
		fill_reason(c);
	if (state != CLN_RCPT_FAILED)
		c->reason[0] = '\0';
}

/* ---- writing ---------------------------------------------------------------- */

static int state_now(const struct call *c)
{
	if (c->state == CALL_NEW)
		return CLN_RCPT_QUEUED;
	if (c->state == CALL_DONE)
		return final_state(c);
	return c->attempt.answered_at ? CLN_RCPT_ANSWERED : CLN_RCPT_CALLING;
}

/* The store reads a copy, while the call goes on. What was played is there
 * before the last write begins, and stays.                                    */
struct call_write {
	struct store_req req;
	struct cln_attempt attempt;
};

static void settled(struct call *c)
{
	struct exchange *x = c->x;
	struct lane *l = c->lane;

	if (c->state == CALL_NEW)
		l->queued++;
	call_free(c);
	dialer_release(l);
	stop_check(x);
}

static void on_retry(struct timer *t)
{
	call_write(t->arg);
}

/* While one of them is not taken, nobody new is called.                       */
static void set_failing(struct call *c, bool failing)
{
	if (c->retrying == failing)
		return;
	c->retrying = failing;
	if (failing)
		c->x->n_failing++;
	else
		c->x->n_failing--;
	dialer_wake(c->x);
}

/* A stop that must come to its end does not wait for a disk that is full: after
 * the restart the call is reported as unknown.                                */
static bool is_lost(struct call *c)
{
	if (!c->x->forced || (c->state != CALL_DONE && c->state != CALL_NEW))
		return false;
	log_error("store: the outcome of a call is lost: row %lld of job %s",
		  (long long)c->row, c->lane->job->data->id);
	set_failing(c, false);
	return true;
}

static void refused(struct call *c, int err)
{
	if (!c->x->n_failing)
		log_error("store: outcomes are not on disk yet, and nobody new "
			  "is called: %s", strerror(-err));
	set_failing(c, true);
	timer_set_ms(loop_timers(c->x->cfg.loop), &c->retry, WRITE_RETRY_MS);
}

static void on_written(struct store_req *req)
{
	struct call *c = req->arg;
	int err = req->err;

	free(c->write);
	c->write = NULL;
	if (err && !is_lost(c)) {
		refused(c, err);
		return;
	}
	set_failing(c, false);
	if (c->write_again) {
		call_write(c);
	} else if (c->state == CALL_DONE || c->state == CALL_NEW) {
		settled(c);
	}
}

void outcome_init(struct call *c)
{
	timer_init(&c->retry, on_retry, c);
}

void call_write(struct call *c)
{
	struct call_write *w;

	c->write_again = c->write != NULL;
	if (c->write)
		return;
	timer_stop(loop_timers(c->x->cfg.loop), &c->retry);
	w = malloc(sizeof(*w));
	if (!w) {
		refused(c, -ENOMEM);
		return;
	}
	c->write = w;
	w->attempt = c->attempt;
	w->req = (struct store_req){
		.home = loop_inbox(c->x->cfg.loop),
		.done = on_written,
		.arg = c,
		.op = STORE_ATTEMPT,
		.attempt = {
			.a = {
				.job_id = c->lane->job->data->id,
				.row = c->row,
				.state = state_now(c),
				.reason = c->state == CALL_DONE ? c->reason : "",
				.attempt = c->attempt.started_at ?
					   &w->attempt : NULL,
			},
			.at = exchange_wall_ms(c->x),
		},
	};
	store_complete(c->x->cfg.store, &w->req);
}

/* ---- the end ---------------------------------------------------------------- */

static void heed_overload(const struct call *c)
{
	const struct uac_result *r = &c->result;
	struct carrier *carrier = carrier_find(c->x, c->lane->carrier_id);

	if (carrier && r->code == 503 && !r->local && r->retry_after_s > 0)
		carrier_rest(carrier, r->retry_after_s);
}

void call_check_over(struct call *c)
{
	const char *why;
	int state;

	if (c->uac || c->stream || c->state == CALL_DONE)
		return;
	timer_stop(loop_timers(c->x->cfg.loop), &c->timer);
	state = final_state(c);
	fill_result(c, state);
	c->state = CALL_DONE;
	log_context(c->attempt.call_id);
	why = c->reason[0] || c->attempt.answered_at ? c->reason :
						       c->attempt.sip_reason;
	log_info("call: %s%s%s, code %d, %llu packets sent",
		 recipient_states[state], *why ? ": " : "", why,
		 c->attempt.sip_code,
		 (unsigned long long)c->attempt.rtp.sent);
	heed_overload(c);
	dialer_channel_free(c->x, c->lane->carrier_id);
	call_write(c);
	log_context(NULL);
}

void call_unclaim(struct call *c)
{
	if (c->write || c->retrying)
		return;			/* is on its way already               */
	timer_stop(loop_timers(c->x->cfg.loop), &c->timer);
	dialer_channel_free(c->x, c->lane->carrier_id);
	call_write(c);
}
