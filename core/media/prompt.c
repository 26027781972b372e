/*
 * prompt.c - the door of the prompt pool.
 * Thread: home (signalling), except where prompt.h says any.
 *
 *   prompt_get --> cache: fresh, all codecs --> told by message
 *              \-> flight: fetch, make, cache --> told when it ends
 */
/* SPDX-License-Identifier: MIT */
#include "media/prompt.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "media/flight.h"

/* All fetched files together take no more memory than this, unless one alone
 * may be larger.                                                             */
#define HELD_MAX ((size_t)128 << 20)

static int64_t now_ms(const struct prompts *p)
{
	return clock_now_ms(p->cfg.clock ? p->cfg.clock : clock_system());
}

void prompts_settle(struct prompts *p)
{
	if (p->n_flights || p->cache.n_prompts)
		return;
	makers_free(p->makers);
	fetcher_free(p->fetcher);
	cache_deinit(&p->cache);
	map_free(p->flights);
	map_free(p->hosts);
	free(p);
}

static void on_prompt_freed(void *arg)
{
	struct prompts *p = arg;

	if (p->closed)
		prompts_settle(p);
}

static int start_threads(struct prompts *p)
{
	const struct prompts_config *cfg = &p->cfg;
	struct fetcher_config fetch = {
		.home = cfg->home,
		.access = p->access,
		.timeout_s = cfg->timeout_s,
		.max_bytes = cfg->max_bytes,
		.max_held = HELD_MAX,
		.proxy = cfg->proxy,
		.ca_file = cfg->ca_file,
		.user_agent = cfg->user_agent,
	};
	int err;

	if (fetch.max_held < fetch.max_bytes)
		fetch.max_held = fetch.max_bytes;
	err = makers_new(&p->makers, cfg->home, cfg->threads,
			 cfg->max_audio_s);
	if (err)
		return err;
	return fetcher_new(&p->fetcher, &fetch);
}

int prompts_new(struct prompts **pp, const struct prompts_config *cfg)
{
	struct prompts *p = calloc(1, sizeof(*p));
	int err;

	if (!p)
		return -ENOMEM;
	p->cfg = *cfg;
	p->access.allow = cfg->allow;
	p->access.n_allow = cfg->n_allow;
	err = cache_init(&p->cache, cfg->home, cfg->max_cache_bytes);
	if (!err)
		err = map_new(&p->flights);
	if (!err)
		err = map_new(&p->hosts);
	if (!err)
		err = start_threads(p);
	if (err) {
		prompts_settle(p);
		return err;
	}
	p->cache.freed = on_prompt_freed;
	p->cache.arg = p;
	*pp = p;
	return 0;
}

void prompts_free(struct prompts *p)
{
	if (!p)
		return;
	makers_stop(p->makers);
	fetcher_stop(p->fetcher);
	flights_close(p);
	cache_clear(&p->cache);
	p->closed = true;
	prompts_settle(p);
}

int prompt_check_url(const struct prompts *p, const char *url, char *why,
		     size_t cap)
{
	struct target t;

	return access_url(&p->access, url, &t, why, cap);
}

/* For what was known at once; flights tell the others.                       */
static void on_ready(struct msg *m)
{
	struct prompt_get *g = (struct prompt_get *)m;

	if (g->cancelled)
		prompt_unref(g->prompt);
	else
		g->fn(g->arg, g->err, g->prompt, g->why);
	free(g);
}

static void tell_later(struct prompts *p, struct prompt_get *g)
{
	g->msg.fn = on_ready;
	inbox_complete(p->cfg.home, &g->msg);
}

static bool has_all(const struct prompt *prompt,
		    const struct cln_codec *const *codecs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (!prompt_frames(prompt, codecs[i]))
			return false;
	}
	return true;
}

int prompt_get(struct prompt_get **gp, struct prompts *p, const char *url,
	       const struct cln_codec *const *codecs, size_t n_codecs,
	       prompt_fn *fn, void *arg)
{
	struct prompt_get *g = calloc(1, sizeof(*g));
	struct prompt *cached;
	struct target t;
	int err = 0;

	assert(n_codecs > 0 && n_codecs <= MAKE_CODECS_MAX && !p->closed);
	if (!g)
		return -ENOMEM;
	g->fn = fn;
	g->arg = arg;
	g->err = access_url(&p->access, url, &t, g->why, sizeof(g->why));
	cached = g->err ? NULL : cache_get(&p->cache, url);
	if (cached && now_ms(p) < cached->fresh_until_ms &&
	    has_all(cached, codecs, n_codecs)) {
		p->n_hits++;
		g->prompt = prompt_ref(cached);
	}
	if (g->err || g->prompt)
		tell_later(p, g);
	else
		err = flight_join(p, url, &t, codecs, n_codecs, g);
	if (err)
		free(g);
	else
		*gp = g;
	return err;
}

void prompt_get_cancel(struct prompt_get *g)
{
	if (!g)
		return;
	if (!g->flight) {
		g->cancelled = true;
		return;
	}
	flight_leave(g);
	free(g);
}

const struct prompt_frames *prompt_frames(const struct prompt *p,
					  const struct cln_codec *codec)
{
	for (size_t i = 0; i < p->n_frames; i++) {
		if (p->frames[i].codec == codec)
			return &p->frames[i];
	}
	return NULL;
}

uint32_t prompt_duration_ms(const struct prompt *p)
{
	return p->duration_ms;
}

void prompts_get_stats(const struct prompts *p, struct prompts_stats *st)
{
	st->fetched = p->n_fetched;
	st->failed = p->n_failed;
	st->hits = p->n_hits;
	st->bytes = p->cache.bytes;
}
