/*
 * cache.c - prompts in memory: counted, found by URL, evicted when idle.
 * Thread: home (signalling); prompt_ref() and prompt_unref() any.
 */
/* SPDX-License-Identifier: MIT */
#include "media/cache.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "media/encode.h"

int cache_init(struct cache *c, struct inbox *home, size_t max_bytes)
{
	memset(c, 0, sizeof(*c));
	c->home = home;
	c->max_bytes = max_bytes;
	return map_new(&c->by_url);
}

void cache_deinit(struct cache *c)
{
	map_free(c->by_url);
	c->by_url = NULL;
}

static size_t frames_bytes(const struct prompt_frames *f)
{
	size_t n = f->len;

	if (f->offsets)
		n += (f->n_frames + 1) * sizeof(*f->offsets);
	return n;
}

int prompt_new(struct prompt **pp, struct cache *c, const char *url,
	       const struct prompt_frames *frames, size_t n_frames,
	       uint32_t duration_ms)
{
	struct prompt *p = calloc(1, sizeof(*p) + n_frames * sizeof(*frames));

	if (!p)
		return -ENOMEM;
	p->url = strdup(url);
	if (!p->url) {
		free(p);
		return -ENOMEM;
	}
	atomic_init(&p->refs, 1);
	p->cache = c;
	p->duration_ms = duration_ms;
	p->n_frames = n_frames;
	memcpy(p->frames, frames, n_frames * sizeof(*frames));
	for (size_t i = 0; i < n_frames; i++)
		p->bytes += frames_bytes(&frames[i]);
	c->bytes += p->bytes;
	c->n_prompts++;
	*pp = p;
	return 0;
}

static void prompt_free(struct prompt *p)
{
	struct cache *c = p->cache;

	c->bytes -= p->bytes;
	c->n_prompts--;
	for (size_t i = 0; i < p->n_frames; i++)
		frames_free(&p->frames[i]);
	free(p->url);
	free(p);
}

static void on_last_unref(struct msg *m)
{
	struct prompt *p = (struct prompt *)m;
	struct cache *c = p->cache;

	prompt_free(p);
	if (c->freed)
		c->freed(c->arg);
}

static bool drop_ref(struct prompt *p)
{
	unsigned int before;

	before = atomic_fetch_sub_explicit(&p->refs, 1, memory_order_acq_rel);
	assert(before > 0);
	return before == 1;
}

struct prompt *prompt_ref(struct prompt *p)
{
	atomic_fetch_add_explicit(&p->refs, 1, memory_order_relaxed);
	return p;
}

void prompt_unref(struct prompt *p)
{
	struct inbox *home;

	if (!p)
		return;
	home = p->cache->home;
	if (!drop_ref(p))
		return;
	p->msg.fn = on_last_unref;
	inbox_complete(home, &p->msg);
}

static void lru_remove(struct cache *c, struct prompt *p)
{
	if (p->newer)
		p->newer->older = p->older;
	else
		c->newest = p->older;
	if (p->older)
		p->older->newer = p->newer;
	else
		c->oldest = p->newer;
}

static void lru_add(struct cache *c, struct prompt *p)
{
	p->newer = NULL;
	p->older = c->newest;
	if (c->newest)
		c->newest->newer = p;
	else
		c->oldest = p;
	c->newest = p;
}

/* Here the last reference frees at once: this is the home thread.            */
static void uncache(struct cache *c, struct prompt *p)
{
	map_remove_str(c->by_url, p->url);
	lru_remove(c, p);
	c->cached_bytes -= p->bytes;
	if (drop_ref(p))
		prompt_free(p);
}

/* A count of 1 is the cache's own: as only this thread hands out references
 * from the cache, nobody can come by another one meanwhile.                  */
static bool is_idle(struct prompt *p)
{
	return atomic_load_explicit(&p->refs, memory_order_acquire) == 1;
}

static void evict(struct cache *c)
{
	struct prompt *p = c->oldest;

	while (p && c->cached_bytes > c->max_bytes) {
		struct prompt *next = p->newer;

		if (is_idle(p))
			uncache(c, p);
		p = next;
	}
}

void cache_put(struct cache *c, struct prompt *p)
{
	struct prompt *old = map_get_str(c->by_url, p->url);

	if (old)
		uncache(c, old);
	/* Out of memory: then it serves those who wait and is not kept. */
	if (map_put_str(c->by_url, p->url, p))
		return;
	prompt_ref(p);
	lru_add(c, p);
	c->cached_bytes += p->bytes;
	evict(c);
}

struct prompt *cache_get(struct cache *c, const char *url)
{
	struct prompt *p = map_get_str(c->by_url, url);

	if (!p)
		return NULL;
	lru_remove(c, p);
	lru_add(c, p);
	return p;
}

void cache_clear(struct cache *c)
{
	while (c->newest)
		uncache(c, c->newest);
}
