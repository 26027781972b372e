/*
 * sip_double.h - dialogs, registrations and pings that the test speaks for.
 *
 * Defines all of sip/uac.h, sip/register.h, sip/ping.h and sip/auth.h, and
 * sip_listen_find().
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIP_DOUBLE_H
#define TESTS_SIP_DOUBLE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/str.h"
#include "sip/ping.h"
#include "sip/register.h"
#include "sip/uac.h"

/* ---- accounts ---------------------------------------------------------------- */

struct sip_auth {
	unsigned int refs;
	bool has_username, has_password, has_realm;
	char username[128], password[128], realm[128];
};

static unsigned int live_auths;

int sip_auth_new(struct sip_auth **ap, const struct sip_account *account)
{
	struct sip_auth *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->refs = 1;
	a->has_username = account->username;
	a->has_password = account->password;
	a->has_realm = account->realm;
	str_copy(a->username, sizeof(a->username), account->username);
	str_copy(a->password, sizeof(a->password), account->password);
	str_copy(a->realm, sizeof(a->realm), account->realm);
	live_auths++;
	*ap = a;
	return 0;
}

struct sip_auth *sip_auth_ref(struct sip_auth *a)
{
	if (a)
		a->refs++;
	return a;
}

void sip_auth_unref(struct sip_auth *a)
{
	if (!a || --a->refs)
		return;
	live_auths--;
	free(a);
}

/* ---- calls ------------------------------------------------------------------- */

#define UACS_MAX 1024
#define REGISTRATIONS_MAX 32

struct uac {
	size_t at;
	char call_id[UAC_CALL_ID_LEN], uri[800], from_user[128];
	char from_domain[SIP_HOST_LEN], sdp[4096], username[128];
	char from_name[128], headers[1024], routes[1024];
	enum uac_caller_id caller_id;
	int session_expires_s;
	struct sip_target target;
	int ring_timeout_ms;
	const struct uac_events *events;
	void *arg;
	int n_hangups, q850;
};

static struct uac *uacs[UACS_MAX];	/* NULL: freed                         */
static size_t n_uacs;
static int uac_new_err, uac_invite_err;
static bool uac_resolving;		/* the route is not known yet          */

/* "a, b" of a NULL-ended list.                                                */
static inline void join(char *dst, size_t cap, const char *const *list)
{
	struct buf b;

	buf_init(&b, cap - 1);
	for (size_t i = 0; list && list[i]; i++)
		buf_printf(&b, "%s%s", i ? ", " : "", list[i]);
	str_copy(dst, cap, b.data);
	buf_deinit(&b);
}

int uac_new(struct uac **up, struct sip *sip, const struct uac_params *p,
	    const struct uac_events *events, void *arg)
{
	struct uac *u;

	(void)sip;
	if (uac_new_err)
		return uac_new_err;
	u = calloc(1, sizeof(*u));
	if (!u || n_uacs == UACS_MAX)
		abort();
	u->at = n_uacs;
	uacs[n_uacs++] = u;
	str_printf(u->call_id, sizeof(u->call_id), "call-%zu", u->at);
	str_copy(u->uri, sizeof(u->uri), p->request_uri);
	str_copy(u->from_user, sizeof(u->from_user), p->from_user);
	str_copy(u->from_domain, sizeof(u->from_domain), p->from_domain);
	str_copy(u->sdp, sizeof(u->sdp), p->sdp);
	if (p->auth)
		str_copy(u->username, sizeof(u->username), p->auth->username);
	str_copy(u->from_name, sizeof(u->from_name), p->from_name);
	join(u->headers, sizeof(u->headers), p->headers);
	join(u->routes, sizeof(u->routes), p->routes);
	u->caller_id = p->caller_id;
	u->session_expires_s = p->session_expires_s;
	u->target = p->target;
	u->ring_timeout_ms = p->ring_timeout_ms;
	u->events = events;
	u->arg = arg;
	*up = u;
	return 0;
}

/* Now it is.                                                                  */
static inline int uac_resolved(struct uac *u)
{
	struct addr local;

	addr_parse_ip(&local, "192.0.2.1", 0);
	return u->events->local_offer(u->arg, &local, u->sdp, sizeof(u->sdp));
}

int uac_invite(struct uac *u)
{
	if (uac_invite_err || uac_resolving)
		return uac_invite_err;
	return uac_resolved(u);
}

void uac_hangup(struct uac *u, int q850)
{
	u->n_hangups++;
	u->q850 = q850;
}

const char *uac_call_id(const struct uac *u)
{
	return u->call_id;
}

void uac_free(struct uac *u)
{
	if (!u)
		return;
	uacs[u->at] = NULL;
	free(u);
}

int sip_listen_find(const struct sip *sip, const char *text)
{
	(void)sip;
	return !strcmp(text, "udp:127.0.0.1:5060") ? 0 : -ENOENT;
}

void sip_listen_list(const struct sip *sip, char *text, size_t cap)
{
	(void)sip;
	(void)str_copy(text, cap, "udp:127.0.0.1:5060");
}

/* ---- registrations ---------------------------------------------------------- */

struct registration {
	size_t at;
	char user[128], password[128], host[SIP_HOST_LEN];
	uint16_t port;
	struct sip_target target;
	struct sip_auth *auth;
	int expires_s, n_starts, delay_ms;
	const char *routes[4];
	struct registration_status status;
	registration_fn *changed;
	void *arg;
	bool stopping;
	void (*done)(void *arg);
	void *done_arg;
};

static struct registration *registrations[REGISTRATIONS_MAX];
static size_t n_registrations;
static int registration_new_err;

int registration_new(struct registration **rp, struct sip *sip,
		     const struct registration_params *p,
		     registration_fn *changed, void *arg)
{
	struct registration *r;

	(void)sip;
	if (registration_new_err)
		return registration_new_err;
	r = calloc(1, sizeof(*r));
	if (!r || n_registrations == REGISTRATIONS_MAX)
		abort();
	r->at = n_registrations;
	registrations[n_registrations++] = r;
	str_copy(r->user, sizeof(r->user), p->aor_user);
	str_copy(r->password, sizeof(r->password), p->auth->password);
	str_copy(r->host, sizeof(r->host), p->registrar_host);
	r->port = p->registrar_port;
	r->target = p->target;
	r->auth = sip_auth_ref(p->auth);
	r->expires_s = p->expires_s;
	r->changed = changed;
	r->arg = arg;
	*rp = r;
	return 0;
}

void registration_start(struct registration *r, int delay_ms)
{
	r->n_starts++;
	r->delay_ms = delay_ms;
	r->status.state = REGISTRATION_REGISTERING;
}

void registration_stop(struct registration *r, void (*done)(void *arg),
		       void *arg)
{
	r->stopping = true;
	r->done = done;
	r->done_arg = arg;
}

void registration_get(const struct registration *r,
		      struct registration_status *st)
{
	*st = r->status;
}

void registration_free(struct registration *r)
{
	if (!r)
		return;
	registrations[r->at] = NULL;
	sip_auth_unref(r->auth);
	free(r);
}

const char *registration_call_id(const struct registration *r)
{
	(void)r;
	return "registration-1";
}

const char *const *registration_routes(const struct registration *r)
{
	return r->routes;
}

/* What the test says for the registrar.                                       */
static inline void registration_becomes(size_t i,
					enum registration_state state,
					int code, const char *reason)
{
	struct registration *r = registrations[i];

	r->status.state = state;
	r->status.last_code = code;
	str_copy(r->status.last_reason, sizeof(r->status.last_reason), reason);
	if (state == REGISTRATION_REGISTERED) {
		str_copy(r->status.server, sizeof(r->status.server),
			 "udp:192.0.2.7:5070");
		addr_parse_ip(&r->status.server_addr, "192.0.2.7", 5070);
	}
	r->changed(r->arg, &r->status);
}

static inline void registration_left(size_t i)
{
	registrations[i]->done(registrations[i]->done_arg);
}

/* ---- pings -------------------------------------------------------------------- */

#define PINGS_MAX 32

struct ping {
	size_t at;
	struct ping_params p;
	char who[PING_WHO_LEN];
	char host[SIP_HOST_LEN], user[128], domain[SIP_HOST_LEN];
	int n_starts, delay_ms;
	struct ping_status status;
};

static struct ping *pings[PINGS_MAX];	/* NULL: freed                         */
static size_t n_pings;

int ping_new(struct ping **pp, struct sip *sip, const struct ping_params *p)
{
	struct ping *g = calloc(1, sizeof(*g));

	(void)sip;
	if (!g || n_pings == PINGS_MAX)
		abort();
	g->at = n_pings;
	pings[n_pings++] = g;
	g->p = *p;
	(void)sip_auth_ref(p->auth);
	str_copy(g->who, sizeof(g->who), p->who);
	str_copy(g->host, sizeof(g->host), p->host);
	str_copy(g->user, sizeof(g->user), p->user);
	str_copy(g->domain, sizeof(g->domain), p->domain);
	g->status.rtt_ms = -1;
	*pp = g;
	return 0;
}

void ping_start(struct ping *g, int delay_ms)
{
	g->n_starts++;
	g->delay_ms = delay_ms;
}

void ping_get(const struct ping *g, struct ping_status *st)
{
	*st = g->status;
}

void ping_free(struct ping *g)
{
	if (!g)
		return;
	pings[g->at] = NULL;
	sip_auth_unref(g->p.auth);
	free(g);
}

/* What the test says for the one that is asked.                               */
static inline void ping_becomes(size_t i, enum ping_state state, int code,
				const char *reason)
{
	struct ping *g = pings[i];

	g->status.state = state;
	g->status.last_code = code;
	str_copy(g->status.last_reason, sizeof(g->status.last_reason), reason);
	g->status.at = 1700000000000;
	g->status.rtt_ms = state == PING_UP ? 12 : -1;
	str_copy(g->status.server, sizeof(g->status.server),
		 "udp:192.0.2.1:5060");
	g->p.changed(g->p.arg, &g->status);
}

static inline void sip_double_init(void)
{
	n_uacs = n_registrations = n_pings = 0;
	live_auths = 0;
	uac_new_err = uac_invite_err = registration_new_err = 0;
	uac_resolving = false;
}

#endif
