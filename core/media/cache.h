/*
 * cache.h - finished prompts, by what was in their files, and what a prompt is
 * inside.
 *
 * Two URLs of the same bytes lead to one prompt. When it is wanted in a codec
 * more, a wider prompt takes its place, with which it shares the encodings
 * that there were: each is there once, whoever holds it.
 *
 * A prompt's memory goes back on the home thread, whoever drops the last
 * reference: media threads must not free. The cache holds one reference to
 * each prompt in it, and drops those that nobody else holds, the longest
 * unused first, when they are too many bytes together.
 *
 * For the prompt pool only. Home thread, except prompt_ref(), prompt_unref()
 * and reading.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_CACHE_H
#define MEDIA_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "base/map.h"
#include "media/content.h"
#include "media/prompt.h"

struct cache;

struct encoding {
	unsigned int refs;		/* of prompts; home thread            */
	size_t bytes;			/* of frames and offsets              */
	struct prompt_frames frames;
};

struct prompt {
	struct msg msg;			/* first: the last unref's way home   */
	atomic_uint refs;
	struct cache *cache;
	struct content content;
	size_t bytes;			/* of its encodings                   */
	uint32_t duration_ms;
	int64_t noted_ms;		/* its use was told to the disk       */
	TAILQ_ENTRY(prompt) link;	/* while it is in the cache           */
	size_t n;
	struct encoding *encodings[];	/* one per codec                      */
};

struct cache {
	struct inbox *home;
	struct map *by_content;
	TAILQ_HEAD(prompt_list, prompt) list;	/* oldest first               */
	size_t max_bytes;		/* of all that is cached              */
	size_t cached_bytes;
	size_t bytes;			/* of every encoding that lives       */
	size_t n_prompts;		/* that live, cached or not           */
	/* Told when a prompt was freed by an unref.                          */
	void (*freed)(void *arg);
	void *arg;
};

int cache_init(struct cache *c, struct inbox *home, size_t max_bytes);
/* Drops every cached prompt. Prompts held by others live on.                 */
void cache_clear(struct cache *c);
void cache_deinit(struct cache *c);	/* after cache_clear()                */

/* What `base` has, which may be NULL, and these frames, which it takes on
 * success. One reference, the caller's. 0 or -ENOMEM.                        */
int prompt_new(struct prompt **pp, struct cache *c,
	       const struct content *content, const struct prompt *base,
	       const struct prompt_frames *frames, size_t n_frames,
	       uint32_t duration_ms);

/* As prompt_unref(), on the home thread: its memory goes at once.            */
void prompt_drop(struct prompt *p);

/* Keeps p for its content in place of what was there.                        */
void cache_put(struct cache *c, struct prompt *p);
/* Drops what is too much and idle.                                           */
void cache_trim(struct cache *c);
/* The prompt of this content, lent, or NULL; counts as used now.             */
struct prompt *cache_get(struct cache *c, const struct content *content);

#endif
