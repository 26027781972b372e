/*
 * sip_double.h - dialogs and registrations that the test speaks for.
 *
 * Defines all of sip/uac.h and sip/register.h, and sip_listen_find().
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_SIP_DOUBLE_H
#define TESTS_SIP_DOUBLE_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sip/register.h"
#include "sip/uac.h"

#define UACS_MAX 1024
#define REGISTRATIONS_MAX 32

struct uac {
	size_t at;
	char call_id[UAC_CALL_ID_LEN], uri[800], from_user[128];
	char from_domain[SIP_HOST_LEN], sdp[4096], username[128];
	struct sip_target target;
	int ring_timeout_ms;
	const struct uac_events *events;
	void *arg;
	int n_hangups, q850;
};

static struct uac *uacs[UACS_MAX];	/* NULL: freed                         */
static size_t n_uacs;
static int uac_new_err, uac_invite_err;

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
	str_copy(u->username, sizeof(u->username), p->account.username);
	u->target = p->target;
	u->ring_timeout_ms = p->ring_timeout_ms;
	u->events = events;
	u->arg = arg;
	*up = u;
	return 0;
}

int uac_invite(struct uac *u)
{
	struct addr local;

	addr_parse_ip(&local, "192.0.2.1", 0);
	if (uac_invite_err)
		return uac_invite_err;
	return u->events->local_offer(u->arg, &local, u->sdp, sizeof(u->sdp));
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

/* ---- registrations ---------------------------------------------------------- */

struct registration {
	size_t at;
	char user[128], password[128], host[SIP_HOST_LEN];
	int expires_s, n_starts, delay_ms;
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
	str_copy(r->password, sizeof(r->password), p->account.password);
	str_copy(r->host, sizeof(r->host), p->registrar_host);
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
	free(r);
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

static inline void sip_double_init(void)
{
	n_uacs = n_registrations = 0;
	uac_new_err = uac_invite_err = registration_new_err = 0;
}

#endif
