/* SPDX-License-Identifier: MIT */
/*
 * registrar.c - answers REGISTER, RFC 3261 10.3.
 * Thread: signalling.
 */
#include "registrar.h"

#include "clock.h"
#include "farend.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CONTACTS_MAX = 10, DEFAULT_EXPIRES = 3600 };

struct binding {
	struct binding *next;
	char contact[MSG_URI];
	char call_id[256];
	long cseq;
	int64_t until_ms;
};

struct aor {
	struct map_node node;
	char user[128];
	struct binding *bindings;
};

struct registrar {
	struct farend *fe;
	struct map aors;
	uint64_t requests;
	uint64_t accepted;
	uint64_t unregistered;
	uint64_t challenged;
	uint64_t refused;
	uint64_t ignored;
};

/* What one REGISTER asks for. */
struct wish {
	char user[128];
	char *contacts[CONTACTS_MAX];   /* owned */
	int expires[CONTACTS_MAX];
	int n;
	bool all;               /* Contact: * */
	const char *auth;       /* how the credentials fared, for the event */
	const char *why;
};

struct registrar *registrar_new(struct farend *fe)
{
	struct registrar *r = calloc(1, sizeof(*r));

	if (r && map_init(&r->aors)) {
		free(r);
		return NULL;
	}
	if (r)
		r->fe = fe;
	return r;
}

static void binding_del(struct binding **p)
{
	struct binding *b = *p;

	*p = b->next;
	free(b);
}

void registrar_free(struct registrar *r)
{
	struct aor *a;

	if (!r)
		return;
	while ((a = map_any(&r->aors))) {
		while (a->bindings)
			binding_del(&a->bindings);
		map_del(&r->aors, &a->node);
		free(a);
	}
	map_deinit(&r->aors);
	free(r);
}

static struct aor *aor_get(struct registrar *r, const char *user)
{
	struct aor *a = map_find(&r->aors, user);

	if (a)
		return a;
	a = calloc(1, sizeof(*a));
	if (!a)
		return NULL;
	txt_copy(a->user, sizeof(a->user), user);
	map_add(&r->aors, &a->node, a->user, a);
	return a;
}

static void emit(struct registrar *r, const struct msg *m, int code,
		 const struct wish *w)
{
	char source[ADDR_TEXT];
	struct txt t = { 0 };

	if (!events_wanted(r->fe->events))
		return;
	addr_text(&m->source, source);
	event_begin(&t, "register", m->at_ns);
	json_int(&t, "code", code);
	json_str(&t, "user", w->user);
	json_str(&t, "auth", w->auth);
	json_str(&t, "why", w->why);
	json_str(&t, "contact", w->n ? w->contacts[0] : NULL);
	json_int(&t, "expires", w->n ? w->expires[0] : -1);
	json_str(&t, "uri", m->uri);
	json_str(&t, "call_id", m->call_id);
	json_int(&t, "cseq", m->cseq);
	json_str(&t, "source", source);
	json_str(&t, "listener", m->via_listener->text);
	event_emit(r->fe->events, &t);
}

static void reply(struct registrar *r, const struct msg *m, int code,
		  const struct wish *w, const char *headers)
{
	if (code >= 200 && code < 300)
		r->accepted++;
	else if (code == 401)
		r->challenged++;
	else
		r->refused++;
	emit(r, m, code, w);
	farend_reply(r->fe, m, code, headers);
}

/* The user part of To's URI; osip's own URI is not needed for that. */
static void to_user(char *out, size_t size, const char *to)
{
	const char *p = strstr(to, "sip:"), *at;
	size_t n;

	*out = '\0';
	if (!p)
		p = strstr(to, "sips:");
	p = p ? strchr(p, ':') + 1 : to;
	at = strpbrk(p, "@>;");
	if (!at || *at != '@')
		return;
	n = (size_t)(at - p) < size ? (size_t)(at - p) : size - 1;
	memcpy(out, p, n);
	out[n] = '\0';
}

static bool wish_read(struct wish *w, const struct msg *m, int expires_max)
{
	const char *h = msg_header(m, "expires", 0);
	int usual = h ? (int)strtol(h, NULL, 10) : DEFAULT_EXPIRES;
	bool broken = false;

	for (; w->n < CONTACTS_MAX; w->n++) {
		int e;
		char *c = msg_contact(m, w->n, &e);

		if (!c)
			break;
		w->contacts[w->n] = c;
		w->expires[w->n] = e >= 0 ? e : usual;
		if (w->expires[w->n] > expires_max)
			w->expires[w->n] = expires_max;
		if (!strcmp(c, "*"))
			w->all = true;
	}
	/* RFC 3261 10.2.2: "*" stands alone and means to remove. */
	broken = w->all && (w->n > 1 || w->expires[0] != 0);
	return !broken;
}

static void wish_free(struct wish *w)
{
	for (int i = 0; i < w->n; i++)
		free(w->contacts[i]);
}

/* 0: go on; else the code to refuse with. */
static int check_credentials(struct registrar *r, const struct msg *m,
			     struct wish *w, struct txt *headers)
{
	struct digest_request req = { "REGISTER", m->body, m->body_len };
	enum auth_result best = AUTH_NONE;
	struct digest_creds c;
	char *value;

	if (r->fe->opt->no_auth)
		return 0;
	for (int i = 0; best != AUTH_OK &&
	     (value = msg_credentials(m, false, i)); i++) {
		best = auth_check(&r->fe->auth, &c, value, m->uri, &req);
		free(value);
	}
	w->auth = auth_result_name(best);
	if (best == AUTH_OK)
		return 0;
	if (best == AUTH_MALFORMED)
		return 400;
	if (best == AUTH_UNKNOWN_USER)
		return 403;
	auth_challenge(&r->fe->auth, headers, false, best == AUTH_STALE);
	return 401;
}

static struct binding **binding_find(struct aor *a, const char *contact)
{
	struct binding **p = &a->bindings;

	while (*p && strcmp((*p)->contact, contact))
		p = &(*p)->next;
	return p;
}

/* RFC 3261 10.3 step 7; false where the CSeq goes backwards. */
static bool bind_one(struct aor *a, const struct msg *m, const char *contact,
		     int expires)
{
	struct binding **p = binding_find(a, contact), *b = *p;

	if (b && !strcmp(b->call_id, m->call_id) && m->cseq <= b->cseq)
		return false;
	if (!expires) {
		if (b)
			binding_del(p);
		return true;
	}
	if (!b) {
		b = calloc(1, sizeof(*b));
		if (!b)
			return false;
		*p = b;
		txt_copy(b->contact, sizeof(b->contact), contact);
	}
	txt_copy(b->call_id, sizeof(b->call_id), m->call_id);
	b->cseq = m->cseq;
	b->until_ms = clock_ms() + (int64_t)expires * 1000;
	return true;
}

static int apply(struct registrar *r, const struct msg *m, struct wish *w,
		 struct txt *headers)
{
	struct aor *a = aor_get(r, w->user);
	int64_t now = clock_ms();

	if (!a)
		return 500;
	while (w->all && a->bindings)
		binding_del(&a->bindings);
	for (int i = 0; !w->all && i < w->n; i++)
		if (!bind_one(a, m, w->contacts[i], w->expires[i])) {
			w->why = "cseq";
			return 500;
		}
	for (struct binding **p = &a->bindings; *p;) {
		if ((*p)->until_ms <= now) {
			binding_del(p);
			continue;
		}
		txt_fmt(headers, "Contact: <%s>;expires=%lld\r\n",
			(*p)->contact,
			(long long)((*p)->until_ms - now + 500) / 1000);
		p = &(*p)->next;
	}
	if (w->n && !w->expires[0])
		r->unregistered++;
	return 200;
}

static bool known_user(const struct options *opt, const char *user)
{
	for (int i = 0; i < opt->n_users; i++)
		if (!strcmp(opt->users[i].name, user))
			return true;
	return opt->n_users == 0;
}

static int decide(struct registrar *r, const struct msg *m, struct wish *w,
		  struct txt *headers)
{
	const struct options *opt = r->fe->opt;
	int code;

	if (opt->register_code && (!opt->register_code_count ||
	    r->refused < (uint64_t)opt->register_code_count)) {
		if (opt->register_retry_after)
			txt_fmt(headers, "Retry-After: %d\r\n",
				opt->register_retry_after);
		return opt->register_code;
	}
	code = check_credentials(r, m, w, headers);
	if (code)
		return code;
	if (opt->no_auth && !known_user(opt, w->user))
		return 404;
	if (!wish_read(w, m, opt->expires_max)) {
		w->why = "contact";
		return 400;
	}
	for (int i = 0; i < w->n; i++)
		if (w->expires[i] > 0 && w->expires[i] < opt->min_expires) {
			txt_fmt(headers, "Min-Expires: %d\r\n",
				opt->min_expires);
			return 423;
		}
	return apply(r, m, w, headers);
}

void registrar_on_register(struct registrar *r, const struct msg *m)
{
	const struct options *opt = r->fe->opt;
	struct txt headers = { 0 };
	struct wish w = { 0 };
	int code;

	r->requests++;
	to_user(w.user, sizeof(w.user), m->to);
	if (opt->silent_after >= 0 &&
	    r->accepted >= (uint64_t)opt->silent_after) {
		r->ignored++;
		emit(r, m, 0, &w);
		return;
	}
	code = decide(r, m, &w, &headers);
	reply(r, m, code, &w, headers.p);
	txt_free(&headers);
	wish_free(&w);
}

void registrar_json(const struct registrar *r, struct txt *t, const char *key)
{
	json_begin(t, key, '{');
	json_int(t, "requests", (int64_t)r->requests);
	json_int(t, "accepted", (int64_t)r->accepted);
	json_int(t, "unregistered", (int64_t)r->unregistered);
	json_int(t, "challenged", (int64_t)r->challenged);
	json_int(t, "refused", (int64_t)r->refused);
	json_int(t, "ignored", (int64_t)r->ignored);
	json_int(t, "aors", (int64_t)r->aors.n);
	json_end(t, '}');
}
