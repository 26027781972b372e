/*
 * carrier.c - the life of a carrier: made, changed, removed.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "call/carrier.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"

/* Nonces belong to a user and to the servers that gave them: who changes either
 * gets a new value, and the old registration leaves with the old one.         */
static int new_auth(struct carrier *c)
{
	const struct cln_carrier *d = &c->data;
	struct sip_account account = {
		.username = d->auth_username[0] ? d->auth_username :
			    d->username[0] ? d->username : NULL,
		.password = d->password_set ? d->password : NULL,
		.realm = d->realm[0] ? d->realm : NULL,
	};

	sip_auth_unref(c->auth);
	c->auth = NULL;
	return sip_auth_new(&c->auth, &account);
}

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
	err = new_auth(c);
	if (!err)
		err = map_put_str(x->carriers, c->data.id, c);
	if (err) {
		sip_auth_unref(c->auth);
		free(c);
	} else {
		*cp = c;
	}
	return err;
}

void carrier_free(struct carrier *c)
{
	if (!c)
		return;
	registration_free(c->registration);
	ping_free(c->ping);
	sip_auth_unref(c->auth);
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

static bool same_ping(const struct cln_carrier *a,
		      const struct cln_carrier *b)
{
	return a->options_ping_s == b->options_ping_s &&
	       a->enabled == b->enabled &&
	       !strcmp(a->from_user, b->from_user) &&
	       !strcmp(a->from_domain, b->from_domain);
}

/* What the data say, from now on.                                             */
static void take_data(struct carrier *c, const struct cln_carrier *data,
		      bool same)
{
	int err;

	c->data = *data;
	c->rejected = false;
	if (!same)
		c->rests_until_ms = 0;
	pacer_set(&c->pacer, data->max_cps);
	err = same ? 0 : new_auth(c);
	if (err)
		log_error("carrier %s: no challenge will be answered: %s",
			  c->data.id, strerror(-err));
}

void carrier_change(struct carrier *c, const struct cln_carrier *data)
{
	bool same = same_binding(&c->data, data) && !c->rejected;
	bool wants = carrier_wants_registration(data);
	bool ping = same && same_ping(&c->data, data), leaving;

	if (!same || !wants)
		carrier_unregister(c, wants);
	take_data(c, data, same);
	if (!ping)
		carrier_ping_set(c);
	/* A new binding waits for the end of the old one: the registrar would
	 * take it down with it, since both have the same Contact.             */
	leaving = !c->registration && carrier_after_leaving(c, wants);
	if (leaving && wants)
		carrier_history_add(c, CLN_REG_REGISTERING, 0, "");
	else
		carrier_start(c);
	dialer_wake(c->x);
}

void carrier_leave(struct carrier *c)
{
	ping_free(c->ping);
	c->ping = NULL;
	carrier_unregister(c, false);
}

void carrier_remove(struct carrier *c)
{
	struct exchange *x = c->x;

	carrier_after_leaving(c, false);
	carrier_unregister(c, false);
	carrier_free(c);
	dialer_wake(x);
}
