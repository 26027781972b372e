/*
 * prompt.c - the door of the prompt pool.
 * Thread: home (signalling), except where prompt.h says any.
 *
 *   prompt_get --> cache: fresh, all codecs --> told by message
 *              \-> flight: disk, fetch, make, cache --> told when it ends
 */
/* SPDX-License-Identifier: MIT */
#include "media/prompt.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "media/flight.h"
#include "media/made.h"

/* All fetched files together take no more memory than this, unless one alone
 * may be larger.                                                             */
#define HELD_MAX ((size_t)128 << 20)

enum {
	ORIGINS_MAX = 16384,
	NOTE_MS = 60000,	/* how often the disk hears of use in memory  */
};

int64_t prompts_now_ms(const struct prompts *p)
{
	return clock_wall_ms(p->cfg.clock ? p->cfg.clock : clock_system());
}

void prompts_settle(struct prompts *p)
{
	if (p->n_flights || p->cache.n_prompts)
		return;
	makers_free(p->makers);
	fetcher_free(p->fetcher);
	disk_free(p->disk);
	library_free(p->library);
	cache_deinit(&p->cache);
	origins_deinit(&p->origins);
	map_free(p->flights);
	map_free(p->making);
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

static int open_state(struct prompts *p)
{
	const struct prompts_config *cfg = &p->cfg;
	struct library_config library = {
		.dir = cfg->dir,
		.max_bytes = cfg->max_library_bytes,
		.max_file = cfg->max_bytes,
		.max_audio_s = cfg->max_audio_s,
		.clock = cfg->clock,
	};
	int err;

	if (!cfg->dir)
		return 0;
	err = library_new(&p->library, &library);
	if (err)
		return err;
	return disk_new(&p->disk, cfg->home, cfg->dir, cfg->max_disk_bytes,
			cfg->max_bytes);
}

static int make_tables(struct prompts *p)
{
	int err;

	TAILQ_INIT(&p->waiting);
	TAILQ_INIT(&p->ready);
	TAILQ_INIT(&p->loaded);
	err = cache_init(&p->cache, p->cfg.home, p->cfg.max_cache_bytes);
	if (!err)
		err = origins_init(&p->origins, ORIGINS_MAX);
	if (!err)
		err = map_new(&p->flights);
	if (!err)
		err = map_new(&p->making);
	if (!err)
		err = map_new(&p->hosts);
	return err;
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
	err = make_tables(p);
	if (!err)
		err = open_state(p);
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

/* The disk goes last: what was just made is still written. */
void prompts_free(struct prompts *p)
{
	if (!p)
		return;
	makers_stop(p->makers);
	fetcher_stop(p->fetcher);
	disk_stop(p->disk);
	flights_close(p);
	cache_clear(&p->cache);
	p->closed = true;
	prompts_settle(p);
}

static int find_uploaded(const struct prompts *p, struct address *a, char *why,
			 size_t cap)
{
	struct cln_prompt_info info;

	a->place = PLACE_LIBRARY;
	if (p->library && !library_get(p->library, a->url +
				       strlen(CLN_PROMPT_SCHEME), &info,
				       &a->content))
		return 0;
	str_printf(why, cap, "no prompt has this id");
	return -ENOENT;
}

static int find_made(struct address *a, char *why, size_t cap)
{
	int err = made_check(a->url, why, cap);

	a->place = PLACE_HERE;
	if (!err && content_of(&a->content, a->url, strlen(a->url))) {
		str_printf(why, cap, "out of memory");
		err = -ENOMEM;
	}
	return err;
}

static int find(const struct prompts *p, const char *url, struct address *a,
		char *why, size_t cap)
{
	memset(a, 0, sizeof(*a));
	a->url = url;
	if (str_starts(url, CLN_PROMPT_SCHEME))
		return find_uploaded(p, a, why, cap);
	if (made_is(url))
		return find_made(a, why, cap);
	a->place = PLACE_SERVER;
	return access_url(&p->access, url, &a->target, why, cap);
}

int prompt_check_url(const struct prompts *p, const char *url, char *why,
		     size_t cap)
{
	struct address a;

	return find(p, url, &a, why, cap);
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

static bool has_all(const struct prompt *prompt, const struct prompt_get *g)
{
	for (size_t i = 0; i < g->n_codecs; i++) {
		if (!prompt_frames(prompt, g->codecs[i]))
			return false;
	}
	return true;
}

/* So that what is played from memory is not the longest unused on disk. */
static void note_use(struct prompts *p, struct prompt *prompt,
		     const struct address *a)
{
	int64_t now = prompts_now_ms(p);

	if (!p->disk || a->place == PLACE_HERE ||
	    (now >= prompt->noted_ms && now < prompt->noted_ms + NOTE_MS))
		return;
	prompt->noted_ms = now;
	disk_use(p->disk, a->place == PLACE_SERVER ? a->url : "",
		 &prompt->content);
}

/* The cached prompt, lent, if it may be used without asking anybody. */
static struct prompt *find_cached(struct prompts *p, const struct address *a,
				  const struct prompt_get *g)
{
	const struct content *c = &a->content;
	const struct origin *o;
	struct prompt *prompt;

	if (a->place == PLACE_SERVER) {
		o = origins_get(&p->origins, a->url);
		if (!o || !origin_is_fresh(o, prompts_now_ms(p)))
			return NULL;
		c = &o->content;
	}
	prompt = cache_get(&p->cache, c);
	return prompt && has_all(prompt, g) ? prompt : NULL;
}

int prompt_get(struct prompt_get **gp, struct prompts *p, const char *url,
	       const struct cln_codec *const *codecs, size_t n_codecs,
	       prompt_fn *fn, void *arg)
{
	struct prompt_get *g = calloc(1, sizeof(*g));
	struct prompt *cached;
	struct address a;
	int err = 0;

	assert(n_codecs > 0 && n_codecs <= MAKE_CODECS_MAX && !p->closed);
	if (!g)
		return -ENOMEM;
	g->fn = fn;
	g->arg = arg;
	g->n_codecs = n_codecs;
	memcpy(g->codecs, codecs, n_codecs * sizeof(*codecs));
	g->err = find(p, url, &a, g->why, sizeof(g->why));
	cached = g->err ? NULL : find_cached(p, &a, g);
	if (cached) {
		p->n_hits++;
		g->prompt = prompt_ref(cached);
		note_use(p, cached, &a);
	}
	if (g->err || g->prompt)
		tell_later(p, g);
	else
		err = flight_join(p, &a, g);
	if (err)
		free(g);
	else
		*gp = g;
	/* What was held when it was put there may be idle now. */
	cache_trim(&p->cache);
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
	for (size_t i = 0; i < p->n; i++) {
		if (p->encodings[i]->frames.codec == codec)
			return &p->encodings[i]->frames;
	}
	return NULL;
}

uint32_t prompt_duration_ms(const struct prompt *p)
{
	return p->duration_ms;
}

int prompts_library_add(struct prompts *p, const void *data, size_t len,
			const char *name, struct cln_prompt_info *info,
			char *why, size_t cap)
{
	if (p->library)
		return library_add(p->library, data, len, name, info, why,
				   cap);
	str_printf(why, cap, "there is no library");
	return -EIO;
}

int prompts_library_get(struct prompts *p, const char *id,
			struct cln_prompt_info *info)
{
	return p->library ? library_get(p->library, id, info, NULL) : -ENOENT;
}

/* What was made of it goes, too; calls that play it go on.                   */
int prompts_library_delete(struct prompts *p, const char *id)
{
	struct content content;
	int err = p->library ? library_delete(p->library, id, &content) :
			       -ENOENT;

	if (!err)
		disk_forget(p->disk, &content);
	return err;
}

int prompts_library_list(struct prompts *p, const char *after, uint32_t limit,
			 cln_prompt_fn *fn, void *arg)
{
	return p->library ? library_list(p->library, after, limit, fn, arg) :
			    0;
}

void prompts_get_stats(const struct prompts *p, struct prompts_stats *st)
{
	*st = (struct prompts_stats){
		.fetched = p->n_fetched,
		.failed = p->n_failed,
		.hits = p->n_hits,
		.unchanged = p->n_unchanged,
		.disk_hits = p->n_disk_hits,
		.disk_bytes = p->disk ? disk_bytes(p->disk) : 0,
		.bytes = p->cache.bytes,
	};
}
