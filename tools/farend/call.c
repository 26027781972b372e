/* SPDX-License-Identifier: MIT */
/*
 * call.c - the beginning and the end of a call.
 * Thread: signalling; a finished call belongs to the finisher.
 */
#include "call.h"

#include "clock.h"
#include "finish.h"

#include <fnmatch.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void call_key(char out[CALL_KEY], const struct msg *m)
{
	snprintf(out, CALL_KEY, "%s|%s", m->call_id, m->from_tag);
}

struct call *call_find(struct farend *fe, const struct msg *m)
{
	char key[CALL_KEY];

	call_key(key, m);
	return map_find(&fe->calls, key);
}

struct leg *call_leg(struct call *c, const char *tag)
{
	for (int i = 0; i < c->n_legs; i++)
		if (!strcmp(c->legs[i].tag, tag))
			return &c->legs[i];
	return NULL;
}

void call_event(struct call *c, const char *name, int64_t at_ns, int code)
{
	struct txt t = { 0 };

	if (!events_wanted(c->fe->events))
		return;
	event_begin(&t, name, at_ns);
	json_int(&t, "call", (int64_t)c->number);
	json_str(&t, "number", c->dialled);
	json_str(&t, "call_id", c->call_id);
	if (code)
		json_int(&t, "code", code);
	event_emit(c->fe->events, &t);
}

static void invite_event(struct call *c)
{
	char source[ADDR_TEXT];
	struct txt t = { 0 };

	if (!events_wanted(c->fe->events))
		return;
	addr_text(&c->source, source);
	event_begin(&t, "invite", c->invite_ns);
	json_int(&t, "call", (int64_t)c->number);
	json_str(&t, "number", c->dialled);
	json_str(&t, "call_id", c->call_id);
	json_str(&t, "uri", c->uri);
	json_str(&t, "from", c->from);
	json_str(&t, "source", source);
	json_str(&t, "listener", c->listener->text);
	event_emit(c->fe->events, &t);
}

/* The rules of the command line, then the numbers built in, then the rest. */
static void pick_script(struct call *c)
{
	const struct options *opt = c->fe->opt;
	char buf[16], err[128];
	const char *text;

	for (int i = 0; i < opt->n_rules; i++)
		if (!fnmatch(opt->rules[i].pattern, c->dialled, 0)) {
			c->script = opt->rules[i].script;
			return;
		}
	text = opt->no_builtin ? NULL :
		script_builtin(c->dialled, buf, sizeof(buf));
	if (!text || !script_parse(&c->script, text, err, sizeof(err)))
		c->script = opt->answer_default;
}

static void copy_header(const struct msg *m, const char *name, char *out,
			size_t size)
{
	txt_copy(out, size, msg_header(m, name, 0));
}

static void take_invite(struct call *c, const struct msg *m)
{
	const char *prefix = c->fe->opt->prefix;
	size_t skip = prefix && !strncmp(m->user, prefix, strlen(prefix)) ?
		strlen(prefix) : 0;

	call_key(c->key, m);
	txt_copy(c->uri, sizeof(c->uri), m->uri);
	txt_copy(c->dialled, sizeof(c->dialled), m->user + skip);
	txt_copy(c->call_id, sizeof(c->call_id), m->call_id);
	txt_copy(c->from, sizeof(c->from), m->from);
	txt_copy(c->to, sizeof(c->to), m->to);
	txt_copy(c->from_tag, sizeof(c->from_tag), m->from_tag);
	txt_copy(c->contact, sizeof(c->contact), m->contact_uri);
	txt_copy(c->branch, sizeof(c->branch), m->branch);
	copy_header(m, "p-asserted-identity", c->asserted,
		    sizeof(c->asserted));
	copy_header(m, "privacy", c->privacy, sizeof(c->privacy));
	copy_header(m, "user-agent", c->user_agent, sizeof(c->user_agent));
	c->invite_cseq = c->remote_cseq = m->cseq;
	c->invite_ns = m->at_ns;
	c->listener = m->via_listener;
	c->source = m->source;
	msg_route_set(m, &c->routes);
	if (m->body_len) {
		txt_add(&c->offer_text, m->body, m->body_len);
		c->has_offer = c->offer_text.p && sdp_parse(&c->offer,
			c->offer_text.p, c->offer_text.len);
	}
	c->local = c->listener->addr;
	if (addr_is_any(&c->local) && addr_local_for(&c->local, &c->source))
		addr_set_port(&c->local, addr_port(&c->listener->addr));
}

/* Responses are written from the INVITE, so a copy of it stays. */
static bool keep_invite(struct call *c, const struct msg *m)
{
	c->invite_raw = malloc(m->raw_len + 1);
	c->invite = malloc(sizeof(*c->invite));
	if (!c->invite_raw || !c->invite)
		return false;
	memcpy(c->invite_raw, m->raw, m->raw_len);
	c->invite_raw[m->raw_len] = '\0';
	if (msg_parse(c->invite, c->invite_raw, m->raw_len)) {
		free(c->invite);
		c->invite = NULL;
		return false;
	}
	c->invite->source = m->source;
	c->invite->via_listener = m->via_listener;
	return true;
}

/* Called when a refusal has been acknowledged, or never was. */
static void on_final_ack(void *owner, const struct msg *ack)
{
	struct call *c = owner;

	c->final_acked = true;
	judge_ack_refused(&c->verdict, c, ack);
	if (c->state == CALL_ENDED)
		call_finish_in(c, 0);
}

static void on_final_timeout(void *owner)
{
	struct call *c = owner;

	if (c->state == CALL_ENDED && c->final_code >= 300)
		call_finish_in(c, 0);
}

static struct call *call_new(struct farend *fe, const struct msg *m)
{
	struct call *c = calloc(1, sizeof(*c));
	struct timespec ts;

	if (!c)
		return NULL;
	clock_gettime(CLOCK_MONOTONIC, &ts);
	c->fe = fe;
	c->number = ++fe->n_calls;
	c->ended_by = "";
	c->sdp_session = (uint64_t)ts.tv_sec;
	c->sdp_version = 1;
	c->n_legs = 1;
	c->invite_copies = 1;
	for (int i = 0; i < LEGS_MAX; i++)
		c->legs[i].call = c;
	farend_token(fe, c->legs[0].tag, sizeof(c->legs[0].tag), "");
	take_invite(c, m);
	if (!keep_invite(c, m)) {
		call_free(c);
		return NULL;
	}
	pick_script(c);
	judge_request(&c->verdict, m);
	return c;
}

void call_on_invite(struct farend *fe, const struct msg *m)
{
	struct call *c = call_new(fe, m);
	struct srvtx *tx = c ? srvtx_new(&fe->trans, m) : NULL;

	if (!tx) {
		call_free(c);
		return;
	}
	tx->owner = c;
	tx->ref = &c->invite_tx;
	tx->on_ack = on_final_ack;
	tx->on_timeout = on_final_timeout;
	c->invite_tx = tx;
	map_add(&fe->calls, &c->node, c->key, c);
	if (++fe->active > fe->active_max)
		fe->active_max = fe->active;
	invite_event(c);
	if (c->script.silent) {
		/* Nobody will tell us when the caller has given up. */
		srvtx_abandon(tx);
		call_end(c, "silent", 0);
		call_finish_in(c, 65 * fe->opt->t1_ms);
		return;
	}
	if (!c->script.drop)
		call_run(c);
}

void call_on_invite_again(struct call *c)
{
	c->invite_copies++;
	if (c->invite_copies == (unsigned int)c->script.drop + 1 &&
	    !c->script.silent)
		call_run(c);
}

void call_end(struct call *c, const char *by, int64_t at_ns)
{
	struct timers *ts = &c->fe->timers;

	if (c->state == CALL_ENDED)
		return;
	c->state = CALL_ENDED;
	c->ended_by = by;
	c->ended_ns = at_ns ? at_ns : clock_ns();
	timer_stop(ts, &c->script_timer);
	timer_stop(ts, &c->rel_timer);
	for (int i = 0; i < c->n_legs; i++) {
		timer_stop(ts, &c->legs[i].resend);
		c->legs[i].rtp.tx.mode = SEND_NONE;
		c->legs[i].rtp.tx.digits[0] = '\0';
		c->legs[i].rtp.tx.digit = 0;
		c->legs[i].rtp.tx.rtcp = false;
	}
}

static void call_finish(void *arg)
{
	struct call *c = arg;
	struct farend *fe = c->fe;

	timer_stop(&fe->timers, &c->end_timer);
	for (int i = 0; i < c->n_legs; i++) {
		struct leg *l = &c->legs[i];

		timer_stop(&fe->timers, &l->resend);
		if (!l->has_rtp)
			continue;
		rtp_drain(&l->rtp);
		rtp_sweep_del(&fe->sweep, &l->rtp);
		rtp_close(&l->rtp);
	}
	srvtx_detach(c->invite_tx);
	clitx_detach(c->out_tx);
	map_del(&fe->calls, &c->node);
	fe->active--;
	finisher_put(fe->finisher, c);
}

void call_finish_in(struct call *c, int ms)
{
	timer_start(&c->fe->timers, &c->end_timer, ms, call_finish, c);
}

void call_free(struct call *c)
{
	if (!c)
		return;
	for (int i = 0; i < c->n_legs; i++) {
		rtp_store_free(&c->legs[i].rtp.store);
		txt_free(&c->legs[i].ok);
	}
	if (c->invite)
		msg_free(c->invite);
	free(c->invite);
	free(c->invite_raw);
	txt_free(&c->offer_text);
	txt_free(&c->answer_text);
	txt_free(&c->rel);
	txt_free(&c->routes);
	txt_free(&c->journal);
	free(c);
}

/* Talking calls get one BYE; nobody is left to wait for its answer. */
void calls_shutdown(struct farend *fe)
{
	struct call *c;

	while ((c = map_any(&fe->calls))) {
		bool ringing = c->state < CALL_ANSWERED && c->invite_tx;

		if (c->state == CALL_TALKING || c->state == CALL_ANSWERED)
			call_bye(c);
		call_end(c, "shutdown", 0);
		if (ringing)
			call_refuse(c, 503, NULL);
		call_finish(c);
	}
}
