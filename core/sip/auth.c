/*
 * auth.c - an account, and the nonces that its servers have given.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/auth.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

#include "base/str.h"
#include "sip/auth_impl.h"

/* ---- the account ---------------------------------------------------------- */

static size_t size_of(const char *s)
{
	return s ? strlen(s) + 1 : 0;
}

/* Copies s to *at and steps behind it.                                        */
static const char *place(char **at, const char *s)
{
	size_t size = size_of(s);
	char *start = *at;

	if (!s)
		return NULL;
	memcpy(start, s, size);
	*at += size;
	return start;
}

int sip_auth_new(struct sip_auth **ap, const struct sip_account *account)
{
	size_t len = size_of(account->username) + size_of(account->password) +
		     size_of(account->realm);
	struct sip_auth *a;
	char *at;

	if (account->username && str_has_ctl(account->username))
		return -EINVAL;
	a = calloc(1, sizeof(*a) + len);
	if (!a)
		return -ENOMEM;
	a->refs = 1;
	a->text_len = len;
	at = a->text;
	a->account.username = place(&at, account->username);
	a->account.password = place(&at, account->password);
	a->account.realm = place(&at, account->realm);
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
	for (size_t i = 0; i < AUTH_SESSIONS_MAX; i++)
		free(a->sessions[i]);
	for (size_t i = 0; i < AUTH_REALMS_MAX; i++)
		free(a->realms[i]);
	OPENSSL_cleanse(a->text, a->text_len);
	free(a);
}

/* ---- sessions ------------------------------------------------------------- */

/* A nonce that came over TLS is not for a request without it, whatever the port;
 * UDP and TCP are one and the same server to us.                              */
static bool is_of(const struct auth_session *s, const struct hop *hop)
{
	return s->secure == (hop->transport == SIP_TLS) &&
	       addr_equal(&s->server, &hop->remote);
}

static bool is_for(const struct auth_session *s, bool proxy, const char *realm)
{
	const struct digest_challenge *c = &s->digest.challenge;

	return c->proxy == proxy && !strcmp(c->realm, realm);
}

static size_t find_slot(const struct sip_auth *a, bool proxy,
			const char *realm, const struct hop *from)
{
	size_t i;

	for (i = 0; i < AUTH_SESSIONS_MAX; i++) {
		const struct auth_session *s = a->sessions[i];

		if (s && is_for(s, proxy, realm) && is_of(s, from))
			break;
	}
	return i;
}

/* A free place, else that of the one which was not used for longest.          */
static size_t spare_slot(const struct sip_auth *a)
{
	size_t oldest = 0;

	for (size_t i = 0; i < AUTH_SESSIONS_MAX; i++) {
		if (!a->sessions[i])
			return i;
		if (a->sessions[i]->used < a->sessions[oldest]->used)
			oldest = i;
	}
	return oldest;
}

static struct auth_session *make(const struct digest_challenge *c)
{
	struct auth_session *s;
	char *at;

	s = calloc(1, sizeof(*s) + size_of(c->realm) + size_of(c->nonce) +
		      size_of(c->opaque));
	if (!s)
		return NULL;
	at = s->text;
	s->digest.challenge = *c;
	s->digest.challenge.realm = place(&at, c->realm);
	s->digest.challenge.nonce = place(&at, c->nonce);
	s->digest.challenge.opaque = place(&at, c->opaque);
	return s;
}

/* nc counts the requests with one nonce (RFC 7616 3.4): it must go on where a
 * server asks for the same one again, even in other words.                    */
static void succeed(struct auth_session *s, const struct auth_session *old)
{
	const struct digest_challenge *was = &old->digest.challenge;

	s->id = old->id;
	s->methods = old->methods;
	if (strcmp(s->digest.challenge.nonce, was->nonce))
		return;
	s->digest.nc = old->digest.nc;
	memcpy(s->digest.cnonce, old->digest.cnonce, sizeof(s->digest.cnonce));
}

struct auth_session *auth_find(const struct sip_auth *a, bool proxy,
			       const char *realm, const struct hop *from)
{
	size_t i = find_slot(a, proxy, realm, from);

	return i < AUTH_SESSIONS_MAX ? a->sessions[i] : NULL;
}

struct auth_session *auth_put(struct sip_auth *a,
			      const struct digest_challenge *c,
			      const struct hop *from)
{
	size_t i = find_slot(a, c->proxy, c->realm, from);
	struct auth_session *s = make(c);

	if (!s)
		return NULL;
	s->server = from->remote;
	s->secure = from->transport == SIP_TLS;
	s->used = ++a->uses;
	if (i < AUTH_SESSIONS_MAX) {
		succeed(s, a->sessions[i]);
	} else {
		i = spare_slot(a);
		s->id = ++a->last_id;
	}
	free(a->sessions[i]);		/* c may lend from it until here       */
	a->sessions[i] = s;
	return s;
}

void auth_forget(struct sip_auth *a, struct auth_session *s)
{
	for (size_t i = 0; i < AUTH_SESSIONS_MAX; i++)
		if (a->sessions[i] == s)
			a->sessions[i] = NULL;
	free(s);
}

/* Before a server has challenged such a method at all, it gets what it has asked
 * of the other one: often that is the same nonce.                             */
size_t auth_choose(struct sip_auth *a, const struct hop *to,
		   unsigned int methods,
		   struct auth_session *chosen[AUTH_SESSIONS_MAX])
{
	bool asked = false;
	size_t n = 0, kept = 0;

	for (size_t i = 0; i < AUTH_SESSIONS_MAX; i++) {
		struct auth_session *s = a->sessions[i];

		if (!s || !is_of(s, to))
			continue;
		chosen[n++] = s;
		asked = asked || (s->methods & methods);
	}
	for (size_t i = 0; i < n; i++) {
		if (asked && !(chosen[i]->methods & methods))
			continue;
		chosen[i]->used = ++a->uses;
		chosen[kept++] = chosen[i];
	}
	return kept;
}

/* ---- what configured targets have met ------------------------------------- */

bool auth_knows_server(const struct sip_auth *a, const struct hop *hop)
{
	for (size_t i = 0; i < a->n_servers; i++)
		if (addr_equal(&a->servers[i], &hop->remote))
			return true;
	return false;
}

bool auth_knows_host(const struct sip_auth *a, const struct hop *hop)
{
	for (size_t i = 0; i < a->n_servers; i++)
		if (addr_same_ip(&a->servers[i], &hop->remote))
			return true;
	return false;
}

void auth_meet_server(struct sip_auth *a, const struct hop *to)
{
	if (to->transport != SIP_TLS)
		a->in_clear = true;
	if (auth_knows_server(a, to))
		return;
	a->servers[a->next_server] = to->remote;
	a->next_server = (a->next_server + 1) % AUTH_SERVERS_MAX;
	if (a->n_servers < AUTH_SERVERS_MAX)
		a->n_servers++;
}

bool auth_knows_realm(const struct sip_auth *a, const char *realm)
{
	for (size_t i = 0; i < AUTH_REALMS_MAX && a->realms[i]; i++)
		if (!strcmp(a->realms[i], realm))
			return true;
	return false;
}

int auth_meet_realm(struct sip_auth *a, const char *realm)
{
	char *copy;

	if (auth_knows_realm(a, realm))
		return 0;
	copy = strdup(realm);
	if (!copy)
		return -ENOMEM;
	free(a->realms[a->next_realm]);
	a->realms[a->next_realm] = copy;
	a->next_realm = (a->next_realm + 1) % AUTH_REALMS_MAX;
	return 0;
}
