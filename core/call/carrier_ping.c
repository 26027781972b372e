/*
 * carrier_ping.c - is a carrier alive? It is asked by OPTIONS, where it wants so.
 *
 * One that registers is asked while it is registered, at the server that took
 * the binding. One that is down takes no calls; if it is registered, it tries to
 * register again at once, since that may lead to another server of its.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "call/carrier.h"

#include <string.h>

#include "base/log.h"
#include "call/next_hop.h"

enum { SOON_MS = 1000 };		/* after it has registered             */

static bool on_target(void *arg, struct sip_target *t)
{
	const struct carrier *c = arg;
	struct registration_status st;

	if (carrier_wants_registration(&c->data) &&
	    carrier_registration(c, &st) != CLN_REG_REGISTERED)
		return false;
	carrier_target(c, t);
	return true;
}

static int soon_ms(const struct carrier *c)
{
	return (int)random_below(c->x->cfg.random, SOON_MS);
}

/* One that is not registered yet is asked soon after it is.                   */
static int first_ms(const struct carrier *c)
{
	struct registration_status st;

	if (!carrier_wants_registration(&c->data))
		return carrier_slot_ms(c->x);
	return carrier_registration(c, &st) == CLN_REG_REGISTERED ?
	       soon_ms(c) : c->data.options_ping_s * (int)S_MS;
}

static void on_changed(void *arg, const struct ping_status *st)
{
	struct carrier *c = arg;

	if (st->state == PING_DOWN && c->registration)
		registration_start(c->registration, soon_ms(c));
	dialer_wake(c->x);
}

static void start(struct carrier *c)
{
	const struct cln_carrier *d = &c->data;
	char who[CARRIER_WHO_LEN];
	struct ping_params p = {
		.who = who,
		.host = d->host,
		.port = next_hop_uri_port(d),
		.user = d->from_user[0] ? d->from_user : d->username,
		.domain = d->from_domain[0] ? d->from_domain : d->host,
		.auth = c->auth,
		.interval_s = d->options_ping_s,
		.target = on_target,
		.changed = on_changed,
		.arg = c,
	};
	int err;

	carrier_who(c, who);
	err = ping_new(&c->ping, c->x->cfg.sip, &p);
	if (err)
		log_error("%s: no OPTIONS are sent: %s", who, strerror(-err));
	else
		ping_start(c->ping, first_ms(c));
}

void carrier_ping_set(struct carrier *c)
{
	ping_free(c->ping);
	c->ping = NULL;
	if (c->data.enabled && c->data.options_ping_s && !c->x->stopping)
		start(c);
}

void carrier_ping_soon(struct carrier *c)
{
	if (c->ping)
		ping_start(c->ping, soon_ms(c));
}
