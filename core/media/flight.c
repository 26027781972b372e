/*
 * flight.c - takes a prompt from its URL to the cache, once for all who wait.
 * Thread: home (signalling). Fetcher and makers tell it by message.
 */
/* SPDX-License-Identifier: MIT */
#include "media/flight.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "media/encode.h"

enum {
	HOST_MAX = 8,		/* fetches at once from one host and port     */
	ACTIVE_MAX = 32,	/* flights from fetch to finish               */
	WAITING_MAX = 4096,
	HOST_KEY_LEN = TARGET_HOST_LEN + 8,
};

/* Lives as long as a flight leads to it.                                     */
struct host {
	char key[HOST_KEY_LEN];
	size_t flights;
	size_t fetching;
};

enum flight_state { WAITING, FETCHING, FETCHED, MAKING };

struct flight {
	struct make make;	/* first: codecs wanted, then the frames      */
	struct msg msg;		/* tells what failed at once                  */
	struct prompts *pool;
	struct host *host;
	struct fetch *fetch;
	char *url;
	enum flight_state state;
	int64_t fresh_until_ms;
	struct prompt_get *first, *last;	/* who waits                  */
	struct flight *prev, *next;	/* waiting or fetched list            */
};

static void dispatch(struct prompts *p);

static void list_add(struct flight_list *l, struct flight *f)
{
	f->prev = l->last;
	f->next = NULL;
	if (l->last)
		l->last->next = f;
	else
		l->first = f;
	l->last = f;
}

static void list_remove(struct flight_list *l, struct flight *f)
{
	if (f->prev)
		f->prev->next = f->next;
	else
		l->first = f->next;
	if (f->next)
		f->next->prev = f->prev;
	else
		l->last = f->prev;
}

static void add_waiter(struct flight *f, struct prompt_get *g)
{
	g->flight = f;
	g->prev = f->last;
	g->next = NULL;
	if (f->last)
		f->last->next = g;
	else
		f->first = g;
	f->last = g;
}

static void remove_waiter(struct flight *f, struct prompt_get *g)
{
	if (g->prev)
		g->prev->next = g->next;
	else
		f->first = g->next;
	if (g->next)
		g->next->prev = g->prev;
	else
		f->last = g->prev;
	g->flight = NULL;
}

static int host_get(struct host **hp, struct prompts *p, const struct target *t)
{
	char key[HOST_KEY_LEN];
	struct host *h;
	int err;

	str_printf(key, sizeof(key), "%s:%u", t->host, t->port);
	h = map_get_str(p->hosts, key);
	if (!h) {
		h = calloc(1, sizeof(*h));
		if (!h)
			return -ENOMEM;
		str_copy(h->key, sizeof(h->key), key);
		err = map_put_str(p->hosts, h->key, h);
		if (err) {
			free(h);
			return err;
		}
	}
	h->flights++;
	*hp = h;
	return 0;
}

static void host_put(struct prompts *p, struct host *h)
{
	if (!h || --h->flights)
		return;
	map_remove_str(p->hosts, h->key);
	free(h);
}

static bool is_joinable(const struct flight *f)
{
	return map_get_str(f->pool->flights, f->url) == f;
}

static void flight_free(struct flight *f)
{
	struct prompts *p = f->pool;

	if (is_joinable(f))
		map_remove_str(p->flights, f->url);
	host_put(p, f->host);
	fetch_release(f->fetch);
	p->n_flights--;
	free(f->url);
	free(f);
}

/* Tells everybody. A callback may get, cancel and join anew: the flight is in
 * no list any more, and its waiters are taken one by one.                    */
static void finish(struct flight *f, int err, struct prompt *prompt,
		   const char *why)
{
	struct prompts *p = f->pool;
	struct prompt_get *g;

	if (is_joinable(f)) {
		map_remove_str(p->flights, f->url);
		if (prompt)
			cache_put(&p->cache, prompt);
	}
	if (err)
		p->n_failed++;
	else
		p->n_fetched++;
	while ((g = f->first)) {
		remove_waiter(f, g);
		g->fn(g->arg, err, prompt ? prompt_ref(prompt) : NULL, why);
		free(g);
	}
	prompt_unref(prompt);
	flight_free(f);
	if (p->closed)
		prompts_settle(p);
	else
		dispatch(p);
}

static void on_failed(struct msg *m)
{
	struct flight *f = (struct flight *)
		((char *)m - offsetof(struct flight, msg));

	finish(f, f->make.err, NULL, f->make.why);
}

static void drop(struct flight *f)
{
	struct prompts *p = f->pool;

	flight_free(f);
	if (p->closed)
		prompts_settle(p);
	else
		dispatch(p);
}

static void free_frames(struct make *mk)
{
	for (size_t i = 0; i < mk->n_codecs; i++)
		frames_free(&mk->frames[i]);
}

static int take_frames(struct prompt **pp, struct flight *f)
{
	struct make *mk = &f->make;
	int err = prompt_new(pp, &f->pool->cache, f->url, mk->frames,
			     mk->n_codecs, mk->duration_ms);

	if (!err) {
		(*pp)->fresh_until_ms = f->fresh_until_ms;
		return 0;
	}
	free_frames(mk);
	str_printf(mk->why, sizeof(mk->why), "out of memory");
	return err;
}

static void on_made(struct make *mk)
{
	struct flight *f = (struct flight *)mk;
	struct prompt *prompt = NULL;
	int err = mk->err;

	f->pool->n_active--;
	fetch_release(f->fetch);
	f->fetch = NULL;
	if (f->pool->closed) {
		if (!err)
			free_frames(mk);
		drop(f);
		return;
	}
	if (!err)
		err = take_frames(&prompt, f);
	finish(f, err, prompt, err ? mk->why : "");
}

static int64_t now_ms(const struct prompts *p)
{
	return clock_now_ms(p->cfg.clock ? p->cfg.clock : clock_system());
}

static void on_fetched(void *arg)
{
	struct flight *f = arg;
	struct prompts *p = f->pool;
	int fresh_s = f->fetch->fresh_s;

	f->host->fetching--;
	if (f->fetch->err) {
		p->n_active--;
		finish(f, f->fetch->err, NULL, f->fetch->why);
		return;
	}
	if (!f->first) {
		p->n_active--;
		drop(f);
		return;
	}
	f->fresh_until_ms = now_ms(p) +
			    (fresh_s < 0 ? PROMPT_FRESH_S : fresh_s) * S_MS;
	f->state = FETCHED;
	list_add(&p->fetched, f);
	dispatch(p);
}

static void start_fetch(struct flight *f)
{
	struct prompts *p = f->pool;
	int err;

	list_remove(&p->waiting, f);
	p->n_waiting--;
	err = fetch_start(&f->fetch, p->fetcher, f->url, on_fetched, f);
	f->state = FETCHING;
	if (err) {
		f->make.err = err;
		str_printf(f->make.why, sizeof(f->make.why),
			   "the fetch could not be started: %s",
			   strerror(-err));
		f->msg.fn = on_failed;
		inbox_complete(p->cfg.home, &f->msg);
		return;
	}
	f->host->fetching++;
	p->n_active++;
}

static void start_make(struct flight *f)
{
	struct prompts *p = f->pool;

	list_remove(&p->fetched, f);
	f->state = MAKING;
	f->make.data = f->fetch->data;
	f->make.len = f->fetch->len;
	f->make.done = on_made;
	make_start(p->makers, &f->make);
}

/* Starts what may start now, oldest first; a host that has enough fetches under
 * way is passed over.                                                        */
static void dispatch(struct prompts *p)
{
	struct flight *f = p->waiting.first;

	while (p->fetched.first && makers_idle(p->makers))
		start_make(p->fetched.first);
	while (f && p->n_active < ACTIVE_MAX) {
		struct flight *next = f->next;

		if (f->host->fetching < HOST_MAX)
			start_fetch(f);
		f = next;
	}
}

static bool has_codec(const struct flight *f, const struct cln_codec *codec)
{
	for (size_t i = 0; i < f->make.n_codecs; i++) {
		if (f->make.codecs[i] == codec)
			return true;
	}
	return false;
}

static bool has_all(const struct flight *f,
		    const struct cln_codec *const *codecs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!has_codec(f, codecs[i]))
			return false;
	}
	return true;
}

static void add_codecs(struct flight *f, const struct cln_codec *const *codecs,
		       size_t n)
{
	struct make *mk = &f->make;

	for (size_t i = 0; i < n && mk->n_codecs < MAKE_CODECS_MAX; i++) {
		if (!has_codec(f, codecs[i]))
			mk->codecs[mk->n_codecs++] = codecs[i];
	}
}

/* What others wanted of this URL is made along, as the new prompt takes the
 * place of theirs in the cache.                                              */
static void add_known_codecs(struct flight *f, const struct flight *other)
{
	const struct prompt *cached = cache_get(&f->pool->cache, f->url);

	if (other)
		add_codecs(f, other->make.codecs, other->make.n_codecs);
	for (size_t i = 0; cached && i < cached->n_frames; i++)
		add_codecs(f, &cached->frames[i].codec, 1);
}

static int flight_new(struct flight **fp, struct prompts *p, const char *url,
		      const struct target *t)
{
	struct flight *f = calloc(1, sizeof(*f));
	struct flight *other = map_get_str(p->flights, url);
	int err;

	if (!f)
		return -ENOMEM;
	f->pool = p;
	p->n_flights++;
	f->url = strdup(url);
	err = f->url ? host_get(&f->host, p, t) : -ENOMEM;
	if (!err) {
		map_remove_str(p->flights, url);
		err = map_put_str(p->flights, url, f);
		if (err && other)
			(void)map_put_str(p->flights, url, other);
	}
	if (!err) {
		*fp = f;
		return 0;
	}
	host_put(p, f->host);
	p->n_flights--;
	free(f->url);
	free(f);
	return err;
}

int flight_join(struct prompts *p, const char *url, const struct target *t,
		const struct cln_codec *const *codecs, size_t n,
		struct prompt_get *g)
{
	struct flight *old = map_get_str(p->flights, url), *f = old;
	int err;

	if (f && f->state == WAITING)
		add_codecs(f, codecs, n);
	if (f && has_all(f, codecs, n)) {
		add_waiter(f, g);
		return 0;
	}
	if (p->n_waiting >= WAITING_MAX)
		return -EAGAIN;
	err = flight_new(&f, p, url, t);
	if (err)
		return err;
	add_codecs(f, codecs, n);
	add_known_codecs(f, old);
	add_waiter(f, g);
	f->state = WAITING;
	list_add(&p->waiting, f);
	p->n_waiting++;
	dispatch(p);
	return 0;
}

void flight_leave(struct prompt_get *g)
{
	struct flight *f = g->flight;
	struct prompts *p = f->pool;

	remove_waiter(f, g);
	if (f->first || f->state != WAITING)
		return;
	list_remove(&p->waiting, f);
	p->n_waiting--;
	flight_free(f);
}

void flights_close(struct prompts *p)
{
	struct flight *f;

	while ((f = p->waiting.first)) {
		assert(!f->first);
		list_remove(&p->waiting, f);
		p->n_waiting--;
		flight_free(f);
	}
	while ((f = p->fetched.first)) {
		assert(!f->first);
		list_remove(&p->fetched, f);
		p->n_active--;
		flight_free(f);
	}
}
