/*
 * cache.h - finished prompts, by URL, and what a prompt is inside.
 *
 * A prompt's memory goes back on the home thread, whoever drops the last
 * reference: media threads must not free. The cache holds one reference to
 * each prompt in it, and drops those that nobody else holds, the longest
 * unused first, when they are too many bytes together.
 *
 * For prompt.c, flight.c and cache.c only. Home thread, except prompt_ref(),
 * prompt_unref() and reading.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_CACHE_H
#define MEDIA_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/map.h"
#include "media/prompt.h"

struct cache;

struct prompt {
	struct msg msg;			/* first: the last unref's way home   */
	atomic_uint refs;
	struct cache *cache;
	char *url;
	int64_t fresh_until_ms;
	size_t bytes;			/* of frames and offsets              */
	uint32_t duration_ms;
	struct prompt *newer, *older;	/* while it is in the cache           */
	size_t n_frames;
	struct prompt_frames frames[];	/* one per codec                      */
};

struct cache {
	struct inbox *home;
	struct map *by_url;
	struct prompt *newest, *oldest;
	size_t max_bytes;		/* of all that is cached              */
	size_t cached_bytes;
	size_t bytes;			/* of every prompt that lives         */
	size_t n_prompts;		/* that live, cached or not           */
	/* Told when a prompt was freed by an unref.                          */
	void (*freed)(void *arg);
	void *arg;
};

int cache_init(struct cache *c, struct inbox *home, size_t max_bytes);
/* Drops every cached prompt. Prompts held by others live on.                 */
void cache_clear(struct cache *c);
void cache_deinit(struct cache *c);	/* after cache_clear()                */

/* Takes the frames on success; one reference, the caller's. 0 or -ENOMEM.    */
int prompt_new(struct prompt **pp, struct cache *c, const char *url,
	       const struct prompt_frames *frames, size_t n_frames,
	       uint32_t duration_ms);

/* Keeps p under its URL in place of what was there.                          */
void cache_put(struct cache *c, struct prompt *p);
/* The prompt of this URL, lent, or NULL; counts as used now.                 */
struct prompt *cache_get(struct cache *c, const char *url);

#endif
