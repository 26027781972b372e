/*
 * credentials.c - which challenges of a 401 or 407 to answer, and with what.
 *
 * RFC 3261 22.2: a challenge that comes again although it was answered with a
 * fresh nonce means wrong credentials, unless it says stale=true, and that is
 * believed once: else a hostile server keeps us sending for ever. A nonce that
 * we had from an earlier request may be old: being challenged with that one in
 * the request does not count as an answer.
 *
 * No hash leaves for a realm or a target that is not the carrier's: who we only
 * heard of on the wire (a Contact, a Record-Route, a redirection) is answered
 * if it is another port of a host that a configured target has led to, in realms
 * that those have asked for, and never without TLS where they have it. Else
 * whoever is called could name itself as Contact, and have the password to guess
 * at. An answer goes only to the server that asked.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/credentials.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "sip/auth_impl.h"
#include "sip/build.h"
#include "sip/client.h"
#include "sip/msg.h"

#define VALUE_MAX 4096

static unsigned int methods_of(const char *method)
{
	return method && !strcmp(method, "REGISTER") ? AUTH_REGISTER :
						       AUTH_CALLS;
}

/* ---- a 401 or 407 --------------------------------------------------------- */

/* One response while it is read.                                              */
struct lesson {
	struct sip_auth *auth;
	struct credentials_use *use;
	const osip_message_t *resp;
	const struct hop *from;
	unsigned int methods;
	size_t taken[2];		/* WWW-, Proxy-Authenticate            */
	bool foreign, refused, no_memory;
	char realm[DIGEST_REALM_LEN];	/* the foreign one                     */
};

/* "In a row" is by one server: another one may ask for itself.                */
static bool too_many(struct credentials_use *use, const struct hop *from,
		     bool proxy)
{
	if (!addr_equal(&use->asker, &from->remote)) {
		use->asker = from->remote;
		use->challenges = 0;
		memset(use->of_kind, 0, sizeof(use->of_kind));
	}
	return ++use->challenges > CLIENT_MAX_CHALLENGES ||
	       ++use->of_kind[proxy] > CREDENTIALS_OF_KIND;
}

static bool is_own_server(const struct lesson *l)
{
	return !l->use->known_realms_only ||
	       auth_knows_server(l->auth, l->from);
}

static bool is_own_realm(const struct lesson *l, const char *realm)
{
	const char *pinned = l->auth->account.realm;

	if (pinned)
		return !strcmp(pinned, realm);
	return is_own_server(l) || auth_knows_realm(l->auth, realm);
}

/* Why nothing at all in it may be answered; NULL: something may.              */
static const char *why_not(const struct lesson *l)
{
	const struct sip_account *account = &l->auth->account;

	if (!account->username || !account->password)
		return "no password";
	if (is_own_server(l))
		return NULL;
	if (!auth_knows_host(l->auth, l->from))
		return "challenged by a server that is not the carrier's";
	if (l->from->transport != SIP_TLS && !l->auth->in_clear)
		return "challenged without TLS";
	return NULL;
}

/* Index in use->answered, or use->n.                                          */
static size_t find_answer(const struct credentials_use *use,
			  const struct auth_session *s)
{
	size_t i;

	for (i = 0; s && i < use->n; i++)
		if (use->answered[i].session == s->id)
			return i;
	return use->n;
}

/* The challenge for which this request has answer i already. What was refused
 * is a second use of its nonce when another challenge came in between: some
 * servers take a nonce only once.                                             */
static bool is_refusal(struct credentials_use *use, size_t i, bool stale)
{
	bool first_use = use->answered[i].at + 1 == use->challenges;

	if ((first_use && !stale) || use->answered[i].again)
		return true;
	use->answered[i].again = true;
	return false;
}

static void take(struct lesson *l, const struct digest_challenge *c)
{
	struct auth_session *s = auth_find(l->auth, c->proxy, c->realm,
					   l->from);
	struct credentials_use *use = l->use;
	size_t i = find_answer(use, s);

	if (i == AUTH_SESSIONS_MAX ||
	    (i < use->n && is_refusal(use, i, c->stale))) {
		l->refused = true;
		auth_forget(l->auth, s);
		return;
	}
	s = auth_put(l->auth, c, l->from);
	if (!s || (!use->known_realms_only &&
		   auth_meet_realm(l->auth, c->realm))) {
		l->no_memory = true;
		return;
	}
	s->methods |= l->methods;
	use->answered[i].session = s->id;
	use->answered[i].at = use->challenges;
	if (i == use->n)
		use->n++;
	l->taken[c->proxy]++;
}

/* RFC 8760 2.4: of several challenges for one realm, the first that we know.  */
static bool seen_above(const osip_message_t *resp, bool proxy, int nth,
		       const char *realm)
{
	struct digest_challenge c;
	struct digest_texts texts;
	const char *value;

	for (int i = 0; i < nth; i++) {
		value = msg_challenge(resp, proxy, i);
		if (!digest_parse(&c, &texts, value, proxy) &&
		    !strcmp(c.realm, realm))
			return true;
	}
	return false;
}

/* The nth challenge of its kind; false past the end.                          */
static bool learn_one(struct lesson *l, bool proxy, int nth)
{
	const char *value = msg_challenge(l->resp, proxy, nth);
	struct digest_challenge c;
	struct digest_texts texts;

	if (!value)
		return false;
	if (digest_parse(&c, &texts, value, proxy))
		return true;
	if (!is_own_realm(l, c.realm)) {
		l->foreign = true;
		(void)str_copy(l->realm, sizeof(l->realm), c.realm);
	} else if (!seen_above(l->resp, proxy, nth, c.realm)) {
		take(l, &c);
	}
	return true;
}

/* A server that asks for one realm, in spite of an answer for another, has no
 * use for that one: a carrier may rename its realm. Where a second proxy behind
 * it does want it, that one asks again.                                       */
static void drop_unasked(struct lesson *l, bool proxy)
{
	struct auth_session *chosen[AUTH_SESSIONS_MAX];
	size_t n = auth_choose(l->auth, l->from, l->methods, chosen);

	for (size_t i = 0; i < n; i++) {
		struct auth_session *s = chosen[i];

		if (s->digest.challenge.proxy != proxy ||
		    find_answer(l->use, s) < l->use->n)
			continue;
		s->methods &= ~l->methods;
		if (!s->methods)
			auth_forget(l->auth, s);
	}
}

/* 22.3: a proxy that forked puts the challenges of all branches into the one
 * answer that it passes on, of either kind whatever the code.                 */
static void learn_all(struct lesson *l)
{
	for (int proxy = 0; proxy < 2; proxy++) {
		for (int i = 0; learn_one(l, proxy, i);)
			i++;
		if (l->taken[proxy])
			drop_unasked(l, proxy);
	}
}

/* ---- why not -------------------------------------------------------------- */

/* Who asks may have guessed the password, and would read here that it is right. */
static const char *say(struct sip_auth *auth, const char *what,
		       const char *theirs)
{
	bool shown = !strstr(theirs, auth->account.password);

	(void)str_printf(auth->note, sizeof(auth->note), "%s%s%s", what,
			 shown ? ": " : "", shown ? theirs : "");
	return auth->note;
}

static const char *say_offers(const struct lesson *l)
{
	const char *value, *note;
	struct buf offers;

	buf_init(&offers, SIP_REASON_LEN);
	for (int proxy = 0; proxy < 2; proxy++) {
		for (int i = 0; (value = msg_challenge(l->resp, proxy, i));
		     i++) {
			buf_puts(&offers, offers.len ? ", " : "");
			digest_offer(&offers, value);
		}
	}
	note = say(l->auth, "no known challenge",
		   offers.len ? offers.data : "none at all");
	buf_deinit(&offers);
	return note;
}

int credentials_learn(struct sip_auth *auth, struct credentials_use *use,
		      const osip_message_t *resp, const struct hop *from,
		      const char **note)
{
	struct lesson l = {
		.auth = auth, .use = use, .resp = resp, .from = from,
		.methods = methods_of(resp->cseq->method),
	};

	*note = "no account";
	if (!auth)
		return -EACCES;
	*note = why_not(&l);
	if (*note)
		return -EACCES;
	*note = "wrong credentials";
	if (too_many(use, from, resp->status_code == 407))
		return -EACCES;
	learn_all(&l);
	if (l.no_memory) {
		*note = "no memory";
		return -ENOMEM;
	}
	if (l.refused)
		return -EACCES;
	*note = NULL;
	if (l.taken[0] || l.taken[1])
		return 0;
	*note = l.foreign ? say(auth, "foreign realm", l.realm) :
			    say_offers(&l);
	return -EACCES;
}

/* ---- requests ------------------------------------------------------------- */

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

int credentials_apply(struct sip_auth *auth,
		      const struct credentials_use *use, osip_message_t *req,
		      const struct hop *to, struct random *random)
{
	const osip_body_t *body = osip_list_get(&req->bodies, 0);
	struct digest_request what = { .method = req->sip_method };
	struct auth_session *chosen[AUTH_SESSIONS_MAX];
	char *uri = NULL;
	size_t n;
	int err = 0;

	build_remove_header(req, "Authorization");
	build_remove_header(req, "Proxy-Authorization");
	if (!auth)
		return 0;
	if (!use->known_realms_only)
		auth_meet_server(auth, to);
	n = auth_choose(auth, to, methods_of(req->sip_method), chosen);
	if (!n)
		return 0;
	if (osip_uri_to_str(req->req_uri, &uri))
		return -ENOMEM;
	what.uri = uri;
	what.body = body ? body->body : "";
	what.body_len = body ? body->length : 0;
	for (size_t i = 0; i < n && !err; i++)
		err = apply_one(&chosen[i]->digest, &auth->account, req, &what,
				random);
	osip_free(uri);
	return err;
}

bool credentials_may_go(const struct sip_auth *auth, const struct hop *to)
{
	return auth && auth_knows_server(auth, to) &&
	       (to->transport == SIP_TLS || auth->in_clear);
}

/* ---- Authentication-Info (RFC 7616 3.5) ----------------------------------- */

/* osip makes one entry of each parameter, since it splits at the commas.      */
static const char *next_nonce(const osip_message_t *resp, bool proxy)
{
	const osip_list_t *all = proxy ? &resp->proxy_authentication_infos :
					 &resp->authentication_infos;
	const osip_authentication_info_t *info;

	for (int i = 0; (info = osip_list_get(all, i)); i++)
		if (info->nextnonce)
			return info->nextnonce;
	return NULL;
}

/* The header names no realm: with more than one session nobody can tell.      */
static struct auth_session *only_one(struct sip_auth *auth, bool proxy,
				     unsigned int methods,
				     const struct hop *from)
{
	struct auth_session *chosen[AUTH_SESSIONS_MAX], *found = NULL;
	size_t n = auth_choose(auth, from, methods, chosen);

	for (size_t i = 0; i < n; i++) {
		if (chosen[i]->digest.challenge.proxy != proxy)
			continue;
		if (found)
			return NULL;
		found = chosen[i];
	}
	return found;
}

/* Without memory the old nonce stays, and may be refused as stale. The key of a
 * "-sess" rests on its first nonce (3.4.2), so that one stays too.            */
static void take_next(struct sip_auth *auth, const osip_message_t *resp,
		      bool proxy, const struct hop *from)
{
	const char *value = next_nonce(resp, proxy);
	char nonce[DIGEST_NONCE_LEN];
	struct digest_challenge c;
	struct auth_session *s;

	if (!value || digest_unquote(nonce, sizeof(nonce), value))
		return;
	s = only_one(auth, proxy, methods_of(resp->cseq->method), from);
	if (!s || digest_is_sess(s->digest.challenge.algorithm))
		return;
	c = s->digest.challenge;
	c.nonce = nonce;
	auth_put(auth, &c, from);
}

void credentials_info(struct sip_auth *auth, const osip_message_t *resp,
		      const struct hop *from)
{
	if (!auth)
		return;
	take_next(auth, resp, false, from);
	take_next(auth, resp, true, from);
}
