/*
 * flight.c - takes a prompt from its URL to the cache, once for all who wait.
 * Thread: home (signalling).
 */
/* SPDX-License-Identifier: MIT */
#include "media/flight_impl.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
	ACTIVE_MAX = 32,	/* flights from fetch to finish               */
	WAITING_MAX = 4096,
};

static void dispatch(struct prompts *p);

static bool is_joinable(const struct flight *f)
{
	return map_get_str(f->pool->flights, f->url) == f;
}

static void flight_free(struct flight *f)
{
	struct prompts *p = f->pool;

	if (is_joinable(f))
		map_remove_str(p->flights, f->url);
	host_put(p->hosts, f->host);
	fetch_release(f->fetch);
	origin_free(f->origin);
	prompt_drop(f->prompt);
	p->n_active -= f->active;
	p->n_flights--;
	free(f->url);
	free(f);
}

void flight_drop(struct flight *f)
{
	struct prompts *p = f->pool;

	flight_free(f);
	if (p->closed)
		prompts_settle(p);
	else
		dispatch(p);
}

static bool has_slot(const struct flight *f)
{
	return f->active || f->pool->n_active < ACTIVE_MAX;
}

static void take_slot(struct flight *f)
{
	f->pool->n_active += !f->active;
	f->active = true;
}

void flight_queue(struct flight *f, struct flight_list *list,
		    enum flight_state state)
{
	f->state = state;
	/* In front where it has its slot: dispatch() relies on it. */
	if (f->active)
		TAILQ_INSERT_HEAD(list, f, link);
	else
		TAILQ_INSERT_TAIL(list, f, link);
	dispatch(f->pool);
}

static struct flight_list *list_of(const struct flight *f)
{
	struct prompts *p = f->pool;

	return f->state == WAITING ? &p->waiting :
	       f->state == READY ? &p->ready :
	       f->state == LOADED ? &p->loaded : NULL;
}

/* ---- the end ------------------------------------------------------------- */

static void on_kept(struct disk_op *op)
{
	struct flight *f = (struct flight *)
		((char *)op - offsetof(struct flight, op));
	struct prompts *p = f->pool;
	struct cln_prompt_info info;

	/* It was deleted while its frames were made: they go, too.           */
	if (!p->closed && f->place == PLACE_LIBRARY &&
	    library_get(p->library, f->url + strlen(CLN_PROMPT_SCHEME), &info,
			NULL))
		disk_forget(p->disk, &f->content);
	flight_drop(f);
}

static void lend_made(struct disk_op *op, const struct flight *f)
{
	op->n_frames = 0;
	for (size_t i = 0; i < f->made.n; i++) {
		const struct prompt_frames *frames =
			prompt_frames(f->prompt, f->made.codecs[i]);

		if (frames)
			op->frames[op->n_frames++] = *frames;
	}
}

/* What outlives the process, once all are told. Of what must not be stored
 * (no-store) the disk forgets where it was led to, too.                      */
static void keep(struct flight *f)
{
	struct disk_op *op = &f->op;
	bool stored = !f->no_store;

	if (!f->pool->disk || f->place == PLACE_HERE) {
		flight_drop(f);
		return;
	}
	op->what = DISK_KEEP;
	op->done = on_kept;
	op->content = f->content;
	op->origin = stored && f->is_new ? f->origin : NULL;
	op->url = stored ? NULL : f->url;
	op->data = stored && f->fetch ? f->fetch->data : NULL;
	op->len = op->data ? f->fetch->len : 0;
	op->n_frames = 0;
	op->duration_ms = f->prompt ? f->prompt->duration_ms : 0;
	if (stored)
		lend_made(op, f);
	if (!op->origin && !op->url && !op->data && !op->n_frames) {
		flight_drop(f);
		return;
	}
	f->state = KEEPING;
	disk_start(f->pool->disk, op);
	/* Nobody waits for the disk: a maker is free, and the content.       */
	dispatch(f->pool);
}

static void note_origin(struct flight *f)
{
	struct origins *os = &f->pool->origins;
	struct origin *copy;

	if (f->place != PLACE_SERVER)
		return;
	if (f->no_store)
		origins_remove(os, f->url);
	else if (f->origin && !origin_copy(&copy, f->origin))
		origins_put(os, copy);
}

static void count(struct prompts *p, const struct flight *f, int err)
{
	if (err)
		p->n_failed++;
	else if (f->was_fetched)
		p->n_fetched++;
	else if (f->from_disk)
		p->n_disk_hits++;
}

/* Tells everybody. A callback may get, cancel and join anew: the flight is in
 * no list any more, and its waiters are taken one by one.                    */
void flight_finish(struct flight *f, int err, const char *why)
{
	struct prompts *p = f->pool;
	struct prompt_get *g;

	f->state = LANDING;
	if (is_joinable(f))
		map_remove_str(p->flights, f->url);
	if (!err)
		note_origin(f);
	count(p, f, err);
	while ((g = TAILQ_FIRST(&f->waiters))) {
		TAILQ_REMOVE(&f->waiters, g, link);
		g->flight = NULL;
		g->fn(g->arg, err, err ? NULL : prompt_ref(f->prompt), why);
		free(g);
	}
	if (err || p->closed || !f->prompt)
		flight_drop(f);
	else
		keep(f);
}

/* ---- turns --------------------------------------------------------------- */

static void on_again(struct msg *m)
{
	struct flight *f = (struct flight *)
		((char *)m - offsetof(struct flight, msg));

	if (f->pool->closed)
		flight_drop(f);
	else
		flight_provide(f);
}

/* Waits in a list; what it waits for may have come by another flight of the
 * same bytes. Its end is told from the inbox: we may be in a prompt_get().   */
static bool is_served(struct flight *f, struct flight_list *list,
		      struct codec_set *want)
{
	flight_take_known(f);
	*want = flight_missing(f);
	if (want->n)
		return false;
	TAILQ_REMOVE(list, f, link);
	f->state = LANDING;
	f->msg.fn = on_again;
	inbox_complete(f->pool->cfg.home, &f->msg);
	return true;
}

/* Takes its slot, and its content where nobody else has it. */
static bool may_go(struct flight *f)
{
	struct map *making = f->pool->making;

	if (map_get(making, f->content.hash, CONTENT_LEN))
		return false;
	take_slot(f);
	/* Out of memory: then two may do the same work. */
	(void)map_put(making, f->content.hash, CONTENT_LEN, f);
	return true;
}

static void dispatch_loaded(struct prompts *p)
{
	struct flight *f = TAILQ_FIRST(&p->loaded), *next;
	struct codec_set want;

	for (; f && has_slot(f) && makers_idle(p->makers); f = next) {
		next = TAILQ_NEXT(f, link);
		if (!is_served(f, &p->loaded, &want) && may_go(f))
			flight_make(f, &want);
	}
}

static void dispatch_ready(struct prompts *p)
{
	struct flight *f = TAILQ_FIRST(&p->ready), *next;
	struct codec_set want;

	for (; f && has_slot(f); f = next) {
		next = TAILQ_NEXT(f, link);
		if (!is_served(f, &p->ready, &want) && may_go(f))
			flight_load(f, &want);
	}
}

/* Starts what may start now, oldest first, and what is nearest to its end
 * before the rest; a host that has enough fetches under way is passed over.  */
static void dispatch(struct prompts *p)
{
	struct flight *f, *next;

	dispatch_loaded(p);
	dispatch_ready(p);
	for (f = TAILQ_FIRST(&p->waiting); f && has_slot(f); f = next) {
		next = TAILQ_NEXT(f, link);
		if (!host_has_turn(f->host))
			continue;
		take_slot(f);
		flight_fetch(f);
	}
}

/* ---- who waits ----------------------------------------------------------- */

static int flight_new(struct flight **fp, struct prompts *p,
		      const struct address *a)
{
	struct flight *f = calloc(1, sizeof(*f));
	int err;

	if (!f)
		return -ENOMEM;
	f->pool = p;
	f->place = a->place;
	f->content = a->content;
	TAILQ_INIT(&f->waiters);
	f->url = strdup(a->url);
	err = f->url ? 0 : -ENOMEM;
	if (!err && a->place == PLACE_SERVER)
		err = host_get(&f->host, p->hosts, &a->target);
	if (!err)
		err = map_put_str(p->flights, f->url, f);
	if (err) {
		host_put(p->hosts, f->host);
		free(f->url);
		free(f);
		return err;
	}
	p->n_flights++;
	*fp = f;
	return 0;
}

static void add_waiter(struct flight *f, struct prompt_get *g)
{
	g->flight = f;
	TAILQ_INSERT_TAIL(&f->waiters, g, link);
}

int flight_join(struct prompts *p, const struct address *a,
		struct prompt_get *g)
{
	struct flight *f = map_get_str(p->flights, a->url);
	int err;

	if (f) {
		add_waiter(f, g);
		return 0;
	}
	if (p->n_flights - p->n_active >= WAITING_MAX)
		return -EAGAIN;
	err = flight_new(&f, p, a);
	if (err)
		return err;
	add_waiter(f, g);
	flight_begin(f);
	return 0;
}

/* What is in somebody else's hands goes on to its end. */
void flight_leave(struct prompt_get *g)
{
	struct flight *f = g->flight;
	struct flight_list *list = list_of(f);

	TAILQ_REMOVE(&f->waiters, g, link);
	g->flight = NULL;
	if (!TAILQ_EMPTY(&f->waiters) || !list)
		return;
	TAILQ_REMOVE(list, f, link);
	flight_drop(f);
}

static void close_list(struct flight_list *list)
{
	struct flight *f;

	while ((f = TAILQ_FIRST(list))) {
		assert(TAILQ_EMPTY(&f->waiters));
		TAILQ_REMOVE(list, f, link);
		flight_free(f);
	}
}

void flights_close(struct prompts *p)
{
	close_list(&p->waiting);
	close_list(&p->ready);
	close_list(&p->loaded);
}
