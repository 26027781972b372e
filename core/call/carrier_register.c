/*
 * carrier_register.c - the registration of a carrier, and the history of it.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "call/carrier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "call/next_hop.h"

enum {
	SLOT_MS = 10,			/* from one first REGISTER to the next */
	SLOTS_MS = 30000,		/* within which all of them leave      */
};

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

const struct cln_transition *carrier_history_last(const struct carrier *c)
{
	return c->n_history ? &c->history[c->n_history - 1] : NULL;
}

/* What the registration finds out it says itself, and more of it.              */
static void log_transition(const struct carrier *c,
			   const struct cln_transition *t)
{
	switch (t->state) {
	case CLN_REG_REGISTERED:
	case CLN_REG_REJECTED:
	case CLN_REG_FAILED:
		break;
	default:
		log_info("carrier %s: %s", c->data.id, state_names[t->state]);
	}
}

void carrier_history_add(struct carrier *c, int state, int code,
			 const char *reason)
{
	const struct cln_transition *last = carrier_history_last(c);
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
	log_transition(c, &t);
	history_store(c, &t);
}

/* ---- registration ----------------------------------------------------------- */

int carrier_state_of(enum registration_state state)
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
	carrier_history_add(c, carrier_state_of(st->state), st->last_code,
			    st->last_reason);
	if (st->state == REGISTRATION_REGISTERED)
		carrier_ping_soon(c);
	dialer_wake(c->x);
}

void carrier_who(const struct carrier *c, char dst[CARRIER_WHO_LEN])
{
	(void)str_printf(dst, CARRIER_WHO_LEN, "carrier %s", c->data.id);
}

bool carrier_wants_registration(const struct cln_carrier *d)
{
	return d->do_register && d->enabled;
}

int carrier_slot_ms(struct exchange *x)
{
	int64_t now_ns = clock_now_ns(exchange_clock(x));
	int64_t delay_ns;

	if (x->slot_ns < now_ns)
		x->slot_ns = now_ns;
	delay_ns = x->slot_ns - now_ns;
	/* So many that they come in any order.                                */
	if (delay_ns >= SLOTS_MS * MS_NS)
		return (int)random_below(x->cfg.random, SLOTS_MS);
	x->slot_ns += SLOT_MS * MS_NS;
	return (int)(delay_ns / MS_NS);
}

void carrier_start(struct carrier *c)
{
	const struct cln_carrier *d = &c->data;
	char who[CARRIER_WHO_LEN];
	struct registration_params p = {
		.who = who,
		.registrar_host = d->host,
		.registrar_port = next_hop_uri_port(d),
		.aor_user = d->username,
		.aor_domain = d->host,
		.auth = c->auth,
		.expires_s = d->expires_s,
	};
	int err;

	if (!c->ping)
		carrier_ping_set(c);
	if (!carrier_wants_registration(d) || c->rejected || c->registration ||
	    c->x->stopping)
		return;
	carrier_who(c, who);
	carrier_home(c, &p.target);
	err = registration_new(&c->registration, c->x->cfg.sip, &p, on_changed,
			       c);
	if (err) {
		log_error("%s: does not register: %s", who, strerror(-err));
		carrier_history_add(c, CLN_REG_FAILED, 0, strerror(-err));
		return;
	}
	carrier_history_add(c, CLN_REG_REGISTERING, 0, "");
	registration_start(c->registration, carrier_slot_ms(c->x));
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
		carrier_history_add(c, c->data.do_register ?
					CLN_REG_UNREGISTERED :
					CLN_REG_NOT_REQUIRED, 0, "");
	else if (c && l->start_again)
		carrier_start(c);
	stop_check(l->x);
	free(l);
}

void carrier_unregister(struct carrier *c, bool start_again)
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

/* An un-registration of it that is still under way, the latest.               */
static struct leaving *find_leaving(const struct carrier *c)
{
	struct leaving *l = c->x->leaving;

	while (l && strcmp(l->id, c->data.id))
		l = l->next;
	return l;
}

bool carrier_after_leaving(const struct carrier *c, bool start_again)
{
	struct leaving *l = find_leaving(c);

	if (l)
		l->start_again = start_again;
	return l;
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
