/*
 * credentials.c - which challenges of a 401 or 407 to answer, and with what.
 *
 * RFC 3261 22.2: a challenge that comes again although it was answered with a
 * fresh nonce means wrong credentials, unless it says stale=true, and that is
 * believed once: else a hostile server keeps us sending for ever. A nonce that
 * we had from an earlier request may be old: being challenged with that one in
 * the request does not count as an answer.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/credentials.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "sip/build.h"
#include "sip/msg.h"

#define SESSIONS ARRAY_LEN(((struct client_auth *)0)->sessions)
#define VALUE_MAX 4096

static size_t find_session(const struct client_auth *auth,
			   const struct digest_challenge *c)
{
	size_t i;

	for (i = 0; i < auth->n; i++) {
		const struct digest_challenge *old =
			&auth->sessions[i].challenge;

		if (old->proxy == c->proxy && !strcmp(old->realm, c->realm))
			break;
	}
	return i;
}

/* 0: taken; -EACCES: it was answered before.                                  */
static int take(struct client_auth *auth, struct credentials_use *use,
		const struct digest_challenge *c)
{
	size_t i = find_session(auth, c);

	if (i == SESSIONS)
		return -ENOSPC;
	if (use->sessions[i].answered) {
		if (!c->stale || use->sessions[i].stale)
			return -EACCES;
		use->sessions[i].stale = true;
	}
	use->sessions[i].answered = true;
	auth->sessions[i] = (struct digest_session){ .challenge = *c };
	if (i == auth->n)
		auth->n++;
	return 0;
}

/* RFC 8760 2.4: of several challenges for one realm, the first that we know.  */
static bool seen_above(const osip_message_t *resp, bool proxy, int nth,
		       const char *realm)
{
	struct digest_challenge c;
	const char *value;

	for (int i = 0; i < nth; i++) {
		value = msg_challenge(resp, proxy, i);
		if (!digest_parse(&c, value, proxy) && !strcmp(c.realm, realm))
			return true;
	}
	return false;
}

struct outcome {
	size_t taken;
	bool foreign, refused;
};

static void learn_one(struct client_auth *auth, struct credentials_use *use,
		      const struct sip_account *account,
		      const osip_message_t *resp, bool proxy, int nth,
		      struct outcome *o)
{
	struct digest_challenge c;

	if (digest_parse(&c, msg_challenge(resp, proxy, nth), proxy))
		return;
	if (account->realm && strcmp(account->realm, c.realm)) {
		o->foreign = true;
		return;
	}
	if (seen_above(resp, proxy, nth, c.realm))
		return;
	if (take(auth, use, &c))
		o->refused = true;
	else
		o->taken++;
}

/* 22.3: a proxy that forked puts the challenges of all branches into the one
 * answer that it passes on, of either kind whatever the code.                 */
static void learn_all(struct client_auth *auth, struct credentials_use *use,
		      const struct sip_account *account,
		      const osip_message_t *resp, bool proxy,
		      struct outcome *o)
{
	for (int i = 0; msg_challenge(resp, proxy, i); i++)
		learn_one(auth, use, account, resp, proxy, i, o);
}

int credentials_learn(struct client_auth *auth, struct credentials_use *use,
		      const struct sip_account *account,
		      const osip_message_t *resp, const char **note)
{
	struct outcome o = { 0 };

	*note = "no account";
	if (!account || !auth)
		return -EACCES;
	*note = "no password";
	if (!account->username || !account->password)
		return -EACCES;
	*note = "wrong credentials";
	if (++use->challenges > CLIENT_MAX_CHALLENGES)
		return -EACCES;
	learn_all(auth, use, account, resp, false, &o);
	learn_all(auth, use, account, resp, true, &o);
	if (o.taken && !o.refused)
		return 0;
	if (!o.refused)
		*note = o.foreign ? "foreign realm" : "no known challenge";
	return -EACCES;
}

static int apply_one(struct digest_session *s,
		     const struct sip_account *account, osip_message_t *req,
		     const struct digest_request *what, struct random *random)
{
	struct buf value;
	int err;

	buf_init(&value, VALUE_MAX);
	err = digest_answer(s, account, what, random, &value);
	if (!err)
		err = value.err;
	if (!err)
		err = build_add_header(req, s->challenge.proxy ?
				       "Proxy-Authorization" : "Authorization",
				       value.data);
	buf_deinit(&value);
	return err;
}

int credentials_apply(struct client_auth *auth,
		      const struct sip_account *account, osip_message_t *req,
		      struct random *random)
{
	const osip_body_t *body = osip_list_get(&req->bodies, 0);
	struct digest_request what = { .method = req->sip_method };
	char *uri = NULL;
	int err = 0;

	build_remove_header(req, "Authorization");
	build_remove_header(req, "Proxy-Authorization");
	if (!auth || !auth->n || !account || !account->password)
		return 0;
	if (osip_uri_to_str(req->req_uri, &uri))
		return -ENOMEM;
	what.uri = uri;
	what.body = body ? body->body : "";
	what.body_len = body ? body->length : 0;
	for (size_t i = 0; i < auth->n && !err; i++)
		err = apply_one(&auth->sessions[i], account, req, &what,
				random);
	osip_free(uri);
	return err;
}
