/*
 * carrier.c - a carrier alive: its registration, its history, its limits.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/room.h"

/* An un-registration that outlives the carrier or its old data.               */
struct leaving {
	struct leaving *next;
	struct exchange *x;
	struct registration *registration;
	char id[CLN_ID_LEN];
	bool start_again;
};

struct history_write {
	struct store_req req;
	char id[CLN_ID_LEN];
};

/* ---- history ---------------------------------------------------------------- */

static const char *const state_names[] = {
	[CLN_REG_NOT_REQUIRED] = "not_required",
	[CLN_REG_REGISTERING] = "registering",
	[CLN_REG_REGISTERED] = "registered",
	[CLN_REG_UNREGISTERED] = "unregistered",
	[CLN_REG_FAILED] = "failed",
	[CLN_REG_REJECTED] = "rejected",
};

static void history_written(struct store_req *req)
{
	struct history_write *w = (struct history_write *)req;

	if (req->err)
		log_warn("carrier %s: history is not on disk: %s", w->id,
			 strerror(-req->err));
	free(w);
}

static void history_store(struct carrier *c, const struct cln_transition *t)
{
	struct history_write *w = calloc(1, sizeof(*w));

	if (!w)
		return;
	str_copy(w->id, sizeof(w->id), c->data.id);
	w->req = (struct store_req){
		.home = loop_inbox(c->x->cfg.loop),
		.done = history_written,
		.op = STORE_HISTORY_ADD,
		.hist_add = { .id = w->id, .t = *t },
	};
	store_complete(c->x->cfg.store, &w->req);
}

static const struct cln_transition *history_last(const struct carrier *c)
{
	return c->n_history ? &c->history[c->n_history - 1] : NULL;
}

/* A refresh, or the fifth identical failure, is no transition.                */
static void history_add(struct carrier *c, int state, int code,
			const char *reason)
{
	const struct cln_transition *last = history_last(c);
	struct cln_transition t = {
		.at = exchange_wall_ms(c->x), .state = state, .code = code,
	};

	str_copy(t.reason, sizeof(t.reason), reason);
	if (last && last->state == state &&
	    (state == CLN_REG_REGISTERED || (last->code == code &&
					     !strcmp(last->reason, t.reason))))
		return;
	if (c->n_history == CLN_HISTORY_MAX)
		memmove(c->history, c->history + 1,
			--c->n_history * sizeof(t));
	c->history[c->n_history++] = t;
	if (code)
		log_info("carrier %s: %s, %d %s", c->data.id,
			 state_names[state], code, t.reason);
	else
		log_info("carrier %s: %s %s", c->data.id, state_names[state],
			 t.reason);
	history_store(c, &t);
}

/* ---- registration ----------------------------------------------------------- */

static int registration_to_api(enum registration_state state)
{
	switch (state) {
	case REGISTRATION_REGISTERING:
		return CLN_REG_REGISTERING;
	case REGISTRATION_REGISTERED:
		return CLN_REG_REGISTERED;
	case REGISTRATION_FAILED:
		return CLN_REG_FAILED;
	case REGISTRATION_REJECTED:
		return CLN_REG_REJECTED;
	case REGISTRATION_OFF:
		break;
	}
	return CLN_REG_UNREGISTERED;
}

static void on_changed(void *arg, const struct registration_status *st)
{
	struct carrier *c = arg;

	c->rejected = st->state == REGISTRATION_REJECTED;
	history_add(c, registration_to_api(st->state), st->last_code,
		    st->last_reason);
	dialer_wake(c->x);
}

static void base_target(const struct carrier *c, struct sip_target *t)
{
	const struct cln_carrier *d = &c->data;

	*t = (struct sip_target){ .port = (uint16_t)d->port };
	str_copy(t->host, sizeof(t->host), d->host);
	if (d->outbound_proxy[0])
		sip_target_parse(t, d->outbound_proxy);
	t->transport = SIP_UDP;
	t->listen = d->listen[0] ? sip_listen_find(c->x->cfg.sip, d->listen) :
				   -1;
}

void carrier_account(const struct carrier *c, struct sip_account *account)
{
	const struct cln_carrier *d = &c->data;

	*account = (struct sip_account){
		.username = d->auth_username[0] ? d->auth_username :
			    d->username[0] ? d->username : NULL,
		.password = d->password_set ? d->password : NULL,
		.realm = d->realm[0] ? d->realm : NULL,
	};
}

static bool wants_registration(const struct cln_carrier *d)
{
	return d->do_register && d->enabled;
}

void carrier_start(struct carrier *c, int delay_ms)
{
	const struct cln_carrier *d = &c->data;
	struct registration_params p = {
		.registrar_host = d->host,
		.registrar_port = (uint16_t)d->port,
		.aor_user = d->username,
		.aor_domain = d->host,
		.expires_s = d->expires_s,
	};
	int err;

	if (!wants_registration(d) || c->rejected || c->registration ||
	    c->x->stopping)
		return;
	base_target(c, &p.target);
	carrier_account(c, &p.account);
	err = registration_new(&c->registration, c->x->cfg.sip, &p, on_changed,
			       c);
	if (err) {
		history_add(c, CLN_REG_FAILED, 0, strerror(-err));
		return;
	}
	history_add(c, CLN_REG_REGISTERING, 0, "");
	registration_start(c->registration, delay_ms);
}

static void on_left(void *arg)
{
	struct leaving *l = arg;
	struct carrier *c = carrier_find(l->x, l->id);
	struct leaving **at = &l->x->leaving;

	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	registration_free(l->registration);
	l->x->n_leaving--;
	if (c && !c->registration && !l->start_again && !c->rejected)
		history_add(c, c->data.do_register ? CLN_REG_UNREGISTERED :
						     CLN_REG_NOT_REQUIRED,
			    0, "");
	else if (c && l->start_again)
		carrier_start(c, 0);
	stop_check(l->x);
	free(l);
}

static void leave(struct carrier *c, bool start_again)
{
	struct leaving *l;

	if (!c->registration)
		return;
	l = calloc(1, sizeof(*l));
	if (!l) {
		registration_free(c->registration);
		c->registration = NULL;
		return;
	}
	l->x = c->x;
	l->registration = c->registration;
	l->start_again = start_again;
	str_copy(l->id, sizeof(l->id), c->data.id);
	c->registration = NULL;
	l->next = c->x->leaving;
	c->x->leaving = l;
	c->x->n_leaving++;
	registration_stop(l->registration, on_left, l);
}

void carrier_leave(struct carrier *c)
{
	leave(c, false);
}

void carriers_abandon(struct exchange *x)
{
	struct leaving *next;

	for (struct leaving *l = x->leaving; l; l = next) {
		next = l->next;
		registration_free(l->registration);
		free(l);
	}
	x->leaving = NULL;
}

/* ---- life ------------------------------------------------------------------- */

int carrier_new(struct carrier **cp, struct exchange *x,
		const struct cln_carrier *data)
{
	struct carrier *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->x = x;
	c->data = *data;
	pacer_set(&c->pacer, data->max_cps);
	c->waiting_end = &c->waiting;
	err = map_put_str(x->carriers, c->data.id, c);
	if (err)
		free(c);
	else
		*cp = c;
	return err;
}

void carrier_free(struct carrier *c)
{
	if (!c)
		return;
	registration_free(c->registration);
	map_remove_str(c->x->carriers, c->data.id);
	explicit_bzero(c, sizeof(*c));
	free(c);
}

struct carrier *carrier_find(const struct exchange *x, const char *id)
{
	return map_get_str(x->carriers, id);
}

static bool same_binding(const struct cln_carrier *a,
			 const struct cln_carrier *b)
{
	return !strcmp(a->host, b->host) && a->port == b->port &&
	       !strcmp(a->transport, b->transport) &&
	       !strcmp(a->username, b->username) &&
	       !strcmp(a->password, b->password) &&
	       !strcmp(a->auth_username, b->auth_username) &&
	       !strcmp(a->realm, b->realm) &&
	       !strcmp(a->outbound_proxy, b->outbound_proxy) &&
	       !strcmp(a->listen, b->listen) &&
	       a->expires_s == b->expires_s;
}

/* An un-registration of it that is still under way, the latest.               */
static struct leaving *find_leaving(const struct carrier *c)
{
	struct leaving *l = c->x->leaving;

	while (l && strcmp(l->id, c->data.id))
		l = l->next;
	return l;
}

void carrier_change(struct carrier *c, const struct cln_carrier *data)
{
	bool same = same_binding(&c->data, data) && !c->rejected;
	bool wants = wants_registration(data);
	struct leaving *l;

	if (!same || !wants)
		leave(c, wants);
	c->data = *data;
	c->rejected = false;
	pacer_set(&c->pacer, data->max_cps);
	/* A new binding waits for the end of the old one: the registrar would
	 * take it down with it, since both have the same Contact.             */
	l = c->registration ? NULL : find_leaving(c);
	if (l)
		l->start_again = wants;
	if (l && wants)
		history_add(c, CLN_REG_REGISTERING, 0, "");
	else
		carrier_start(c, 0);
	dialer_wake(c->x);
}

void carrier_remove(struct carrier *c)
{
	struct exchange *x = c->x;
	struct leaving *l = find_leaving(c);

	if (l)
		l->start_again = false;
	leave(c, false);
	carrier_free(c);
	dialer_wake(x);
}

/* ---- what others ask -------------------------------------------------------- */

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

static int registration_now(const struct carrier *c,
			    struct registration_status *st)
{
	const struct cln_transition *last = history_last(c);

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
	return registration_to_api(st->state);
}

enum usable carrier_usable(const struct carrier *c, char *why, size_t cap)
{
	struct registration_status st;
	int state = registration_now(c, &st);

	if (!c->data.enabled) {
		str_copy(why, cap, "carrier_disabled");
		return CARRIER_NEVER;
	}
	if (state == CLN_REG_REJECTED) {
		str_copy(why, cap, "carrier_rejected");
		return CARRIER_NEVER;
	}
	if (state == CLN_REG_NOT_REQUIRED || state == CLN_REG_REGISTERED)
		return CARRIER_USABLE;
	str_printf(why, cap, "carrier %s is %s%s%s", c->data.id,
		   state_names[state], st.last_reason[0] ? ": " : "",
		   st.last_reason);
	return CARRIER_WAIT;
}

/* The state may be true a moment before its event comes: then the history has
 * it first, so that the two never contradict each other.                      */
static void history_catch_up(struct carrier *c, int state,
			     const struct registration_status *now)
{
	const struct cln_transition *last = history_last(c);

	if (c->registration && (!last || last->state != state))
		history_add(c, state, now->last_code, now->last_reason);
}

void carrier_status_fill(struct carrier *c, struct cln_carrier_status *st)
{
	struct registration_status now;

	st->state = registration_now(c, &now);
	history_catch_up(c, st->state, &now);
	str_copy(st->request_id, sizeof(st->request_id), c->data.request_id);
	st->expires_at = now.expires_at;
	st->next_attempt_at = now.next_attempt_at;
	st->last_code = now.last_code;
	str_copy(st->last_reason, sizeof(st->last_reason), now.last_reason);
	str_copy(st->server, sizeof(st->server), now.server);
	st->channels = c->channels;
	st->n_history = c->n_history;
	memcpy(st->history, c->history, sizeof(c->history));
}

void carrier_codecs(const struct carrier *c, struct codec_set *set)
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

void carrier_target(const struct carrier *c, struct sip_target *target)
{
	struct registration_status st;

	base_target(c, target);
	if (registration_now(c, &st) != CLN_REG_REGISTERED)
		return;
	addr_ip_text(&st.server_addr, target->host);
	target->port = addr_port(&st.server_addr);
}
