/*
 * carrier_status.c - what others ask of a carrier: does it take calls, how does
 * it stand, where does a call go?
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "call/carrier.h"

#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/next_hop.h"

/* It waits for its turn or its old binding, is disabled, or could not begin.  */
static int state_without(const struct carrier *c,
			 const struct cln_transition *last,
			 struct registration_status *st)
{
	if (!last || !c->data.enabled)
		return CLN_REG_UNREGISTERED;
	if (last->state == CLN_REG_FAILED)
		str_copy(st->last_reason, sizeof(st->last_reason),
			 last->reason);
	return last->state == CLN_REG_REGISTERING ||
	       last->state == CLN_REG_FAILED ? last->state :
					       CLN_REG_UNREGISTERED;
}

int carrier_registration(const struct carrier *c,
			 struct registration_status *st)
{
	const struct cln_transition *last = carrier_history_last(c);

	*st = (struct registration_status){ 0 };
	if (!c->data.do_register)
		return CLN_REG_NOT_REQUIRED;
	if (c->rejected && !c->registration) {
		st->last_code = last ? last->code : 0;
		str_copy(st->last_reason, sizeof(st->last_reason),
			 last ? last->reason : "");
		return CLN_REG_REJECTED;
	}
	if (!c->registration)
		return state_without(c, last, st);
	registration_get(c->registration, st);
	return carrier_state_of(st->state);
}

/* The ping says nothing of one that is not registered: it rests.              */
static bool is_down(const struct carrier *c)
{
	struct registration_status unused;
	struct ping_status st;
	int state = carrier_registration(c, &unused);

	if (!c->ping || (state != CLN_REG_NOT_REQUIRED &&
			 state != CLN_REG_REGISTERED))
		return false;
	ping_get(c->ping, &st);
	return st.state == PING_DOWN;
}

/* RFC 3261 21.5.4: it said when it wants to hear of us again. What the client
 * room knows of single servers is not asked: this is the word of the last one. */
void carrier_rest(struct carrier *c, int seconds)
{
	int64_t now_ms = clock_now_ms(exchange_clock(c->x));

	if (seconds > SIP_REST_MAX_S)
		seconds = SIP_REST_MAX_S;
	c->rests_until_ms = now_ms + seconds * S_MS;
	log_warn("carrier %s: 503, no call for %d s", c->data.id, seconds);
}

static int64_t rest_left_ms(const struct carrier *c)
{
	return c->rests_until_ms - clock_now_ms(exchange_clock(c->x));
}

const char *carrier_wait_reason(const struct carrier *c)
{
	return is_down(c) ? "carrier_down" : "carrier_not_registered";
}

static void say_down(const struct carrier *c, char *why, size_t cap)
{
	struct ping_status st;

	ping_get(c->ping, &st);
	if (st.rtt_ms < 0)
		str_printf(why, cap, "carrier %s does not answer OPTIONS: %s",
			   c->data.id, st.last_reason);
	else
		str_printf(why, cap, "carrier %s says %d %s to OPTIONS",
			   c->data.id, st.last_code, st.last_reason);
}

static void say_rejected(const struct registration_status *st, char *why,
			 size_t cap)
{
	if (st->last_code)
		str_printf(why, cap, "carrier_rejected: %d %s", st->last_code,
			   st->last_reason);
	else
		str_copy(why, cap, "carrier_rejected");
}

static void say_unregistered(const struct carrier *c, int state,
			     const struct registration_status *st, char *why,
			     size_t cap)
{
	const char *id = c->data.id;

	if (state == CLN_REG_REGISTERING)
		str_printf(why, cap, "carrier %s is registering", id);
	else if (state != CLN_REG_FAILED)
		str_printf(why, cap, "carrier %s is not registered", id);
	else if (st->last_code >= 300)
		str_printf(why, cap, "carrier %s did not register: %d %s", id,
			   st->last_code, st->last_reason);
	else
		str_printf(why, cap, "carrier %s did not register: %s", id,
			   st->last_reason);
}

enum usable carrier_usable(const struct carrier *c, char *why, size_t cap)
{
	struct registration_status st;
	int state = carrier_registration(c, &st);

	if (!c->data.enabled) {
		str_copy(why, cap, "carrier_disabled");
		return CARRIER_NEVER;
	}
	if (state == CLN_REG_REJECTED) {
		say_rejected(&st, why, cap);
		return CARRIER_NEVER;
	}
	if (state != CLN_REG_NOT_REQUIRED && state != CLN_REG_REGISTERED) {
		say_unregistered(c, state, &st, why, cap);
		return CARRIER_WAIT;
	}
	if (is_down(c)) {
		say_down(c, why, cap);
		return CARRIER_WAIT;
	}
	if (rest_left_ms(c) <= 0)
		return CARRIER_USABLE;
	str_printf(why, cap, "carrier %s said 503, and asked for no calls "
		   "for %lld s more", c->data.id,
		   (long long)(rest_left_ms(c) + S_MS - 1) / S_MS);
	return CARRIER_RESTS;
}

/* The state may be true a moment before its event comes: then the history has
 * it first, so that the two never contradict each other.                      */
static void history_catch_up(struct carrier *c, int state,
			     const struct registration_status *now)
{
	const struct cln_transition *last = carrier_history_last(c);

	if (c->registration && (!last || last->state != state))
		carrier_history_add(c, state, now->last_code,
				    now->last_reason);
}

static void ping_fill(const struct carrier *c, struct cln_carrier_status *st)
{
	static const int states[] = {
		[PING_UNKNOWN] = CLN_PING_UNKNOWN,
		[PING_UP] = CLN_PING_UP,
		[PING_DOWN] = CLN_PING_DOWN,
	};
	struct ping_status now;

	st->ping_state = CLN_PING_OFF;
	if (!c->ping)
		return;
	ping_get(c->ping, &now);
	st->ping_state = states[now.state];
	st->ping_code = now.last_code;
	str_copy(st->ping_reason, sizeof(st->ping_reason), now.last_reason);
	st->ping_at = now.at;
	st->ping_rtt_ms = now.rtt_ms;
	str_copy(st->ping_server, sizeof(st->ping_server), now.server);
	str_copy(st->ping_call_id, sizeof(st->ping_call_id), now.call_id);
}

void carrier_status_fill(struct carrier *c, struct cln_carrier_status *st)
{
	struct registration_status now;

	st->state = carrier_registration(c, &now);
	history_catch_up(c, st->state, &now);
	str_copy(st->request_id, sizeof(st->request_id), c->data.request_id);
	st->expires_at = now.expires_at;
	st->next_attempt_at = now.next_attempt_at;
	st->last_code = now.last_code;
	str_copy(st->last_reason, sizeof(st->last_reason), now.last_reason);
	str_copy(st->server, sizeof(st->server), now.server);
	st->channels = c->channels;
	st->resting_until = rest_left_ms(c) > 0 ?
			    exchange_wall_ms(c->x) + rest_left_ms(c) : 0;
	ping_fill(c, st);
	if (c->registration)
		str_copy(st->call_id, sizeof(st->call_id),
			 registration_call_id(c->registration));
	st->n_history = c->n_history;
	memcpy(st->history, c->history, sizeof(c->history));
}

void carrier_codecs(const struct carrier *c, struct codec_order *set)
{
	const struct cln_codec_list *list = &c->data.codecs;

	set->n = 0;
	for (uint32_t i = 0; i < list->n; i++) {
		const struct cln_codec *codec =
			plugins_codec(c->x->cfg.plugins, list->names[i]);

		if (codec)
			set->codecs[set->n++] = codec;
	}
}

void carrier_home(const struct carrier *c, struct sip_target *target)
{
	const char *listen = c->data.listen;

	next_hop_of(&c->data, target);
	if (listen[0])
		target->listen = sip_listen_find(c->x->cfg.sip, listen);
}

/* By the same transport, and where that is a connection by the same one; the
 * others of the name follow where it fails.                                   */
void carrier_target(const struct carrier *c, struct sip_target *target)
{
	struct registration_status st;

	carrier_home(c, target);
	if (carrier_registration(c, &st) != CLN_REG_REGISTERED)
		return;
	target->prefer = st.server_addr;
	target->prefer_transport = st.server_transport;
}

const char *const *carrier_routes(const struct carrier *c)
{
	struct registration_status st;

	if (carrier_registration(c, &st) != CLN_REG_REGISTERED)
		return NULL;
	return registration_routes(c->registration);
}
