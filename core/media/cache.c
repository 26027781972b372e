/*
 * cache.c - prompts in memory: counted, found by content, evicted when idle.
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
	TAILQ_INIT(&c->list);
	return map_new(&c->by_content);
}

void cache_deinit(struct cache *c)
{
	map_free(c->by_content);
	c->by_content = NULL;
}

static size_t frames_bytes(const struct prompt_frames *f)
{
	size_t n = f->len;

	if (f->offsets)
		n += (f->n_frames + 1) * sizeof(*f->offsets);
	return n;
}

static int add_new(struct prompt *p, const struct prompt_frames *frames,
		   size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct encoding *e = calloc(1, sizeof(*e));

		if (!e)
			return -ENOMEM;
		p->encodings[p->n++] = e;
		e->frames = frames[i];
		e->bytes = frames_bytes(&frames[i]);
	}
	return 0;
}

static void add_base(struct prompt *p, const struct prompt *base)
{
	for (size_t i = 0; base && i < base->n; i++)
		p->encodings[p->n++] = base->encodings[i];
}

int prompt_new(struct prompt **pp, struct cache *c,
	       const struct content *content, const struct prompt *base,
	       const struct prompt_frames *frames, size_t n_frames,
	       uint32_t duration_ms)
{
	size_t n = n_frames + (base ? base->n : 0);
	struct prompt *p = calloc(1, sizeof(*p) + n * sizeof(p->encodings[0]));

	if (!p)
		return -ENOMEM;
	if (add_new(p, frames, n_frames)) {
		while (p->n)
			free(p->encodings[--p->n]);
		free(p);
		return -ENOMEM;
	}
	add_base(p, base);
	atomic_init(&p->refs, 1);
	p->cache = c;
	p->content = *content;
	p->duration_ms = duration_ms;
	for (size_t i = 0; i < p->n; i++) {
		p->bytes += p->encodings[i]->bytes;
		if (!p->encodings[i]->refs++)
			c->bytes += p->encodings[i]->bytes;
	}
	c->n_prompts++;
	*pp = p;
	return 0;
}

static void encoding_unref(struct cache *c, struct encoding *e)
{
	if (--e->refs)
		return;
	c->bytes -= e->bytes;
	frames_free(&e->frames);
	free(e);
}

static void prompt_free(struct prompt *p)
{
	struct cache *c = p->cache;

	c->n_prompts--;
	for (size_t i = 0; i < p->n; i++)
		encoding_unref(c, p->encodings[i]);
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

void prompt_drop(struct prompt *p)
{
	if (p && drop_ref(p))
		prompt_free(p);
}

static void uncache(struct cache *c, struct prompt *p)
{
	map_remove(c->by_content, p->content.hash, CONTENT_LEN);
	TAILQ_REMOVE(&c->list, p, link);
	c->cached_bytes -= p->bytes;
	prompt_drop(p);
}

/* Nobody but the cache holds it: as only this thread hands out references from
 * the cache, nobody can come by another one meanwhile.                       */
static bool is_idle(struct prompt *p)
{
	return atomic_load_explicit(&p->refs, memory_order_acquire) == 1;
}

void cache_trim(struct cache *c)
{
	struct prompt *p = TAILQ_FIRST(&c->list), *next;

	for (; p && c->cached_bytes > c->max_bytes; p = next) {
		next = TAILQ_NEXT(p, link);
		if (is_idle(p))
			uncache(c, p);
	}
}

void cache_put(struct cache *c, struct prompt *p)
{
	struct prompt *old = cache_get(c, &p->content);

	if (old == p)
		return;
	if (old)
		uncache(c, old);
	/* Out of memory: then it serves those who wait and is not kept. */
	if (map_put(c->by_content, p->content.hash, CONTENT_LEN, p))
		return;
	prompt_ref(p);
	TAILQ_INSERT_TAIL(&c->list, p, link);
	c->cached_bytes += p->bytes;
	cache_trim(c);
}

struct prompt *cache_get(struct cache *c, const struct content *content)
{
	struct prompt *p = map_get(c->by_content, content->hash, CONTENT_LEN);

	if (!p)
		return NULL;
	TAILQ_REMOVE(&c->list, p, link);
	TAILQ_INSERT_TAIL(&c->list, p, link);
	return p;
}

void cache_clear(struct cache *c)
{
	while (!TAILQ_EMPTY(&c->list))
		uncache(c, TAILQ_FIRST(&c->list));
}
