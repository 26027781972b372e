/*
 * origin.c - what is known of URLs, in memory.
 * Thread: home (signalling); one origin alone, whoever owns it.
 */
/* SPDX-License-Identifier: MIT */
#include "media/origin.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

void origin_free(struct origin *o)
{
	if (!o)
		return;
	free(o->url);
	free(o->from);
	free(o->etag);
	free(o->modified);
	free(o);
}

int origin_new(struct origin **op, const char *url, const char *from,
	       const char *etag, const char *modified)
{
	struct origin *o = calloc(1, sizeof(*o));

	if (!o)
		return -ENOMEM;
	if (str_set(&o->url, url) || str_set(&o->from, from) ||
	    str_set(&o->etag, etag) || str_set(&o->modified, modified)) {
		origin_free(o);
		return -ENOMEM;
	}
	*op = o;
	return 0;
}

int origin_copy(struct origin **op, const struct origin *from)
{
	struct origin *o;
	int err;

	err = origin_new(&o, from->url, from->from, from->etag,
			 from->modified);
	if (err)
		return err;
	o->content = from->content;
	o->fetched_ms = from->fetched_ms;
	o->fresh_until_ms = from->fresh_until_ms;
	o->stale_until_ms = from->stale_until_ms;
	*op = o;
	return 0;
}

bool origin_is_fresh(const struct origin *o, int64_t now_ms)
{
	return o->fetched_ms <= now_ms && now_ms < o->fresh_until_ms;
}

bool origin_serves_stale(const struct origin *o, int64_t now_ms)
{
	return o->fetched_ms <= now_ms && now_ms < o->stale_until_ms;
}

int origins_init(struct origins *os, size_t max)
{
	TAILQ_INIT(&os->list);
	os->n = 0;
	os->max = max;
	return map_new(&os->by_url);
}

static void drop(struct origins *os, struct origin *o)
{
	map_remove_str(os->by_url, o->url);
	TAILQ_REMOVE(&os->list, o, link);
	os->n--;
	origin_free(o);
}

void origins_deinit(struct origins *os)
{
	struct origin *o;

	if (!os->by_url)
		return;
	while ((o = TAILQ_FIRST(&os->list)))
		drop(os, o);
	map_free(os->by_url);
	os->by_url = NULL;
}

void origins_remove(struct origins *os, const char *url)
{
	struct origin *o = map_get_str(os->by_url, url);

	if (o)
		drop(os, o);
}

void origins_put(struct origins *os, struct origin *o)
{
	origins_remove(os, o->url);
	/* Out of memory: then its server is asked again. */
	if (map_put_str(os->by_url, o->url, o)) {
		origin_free(o);
		return;
	}
	TAILQ_INSERT_TAIL(&os->list, o, link);
	if (++os->n > os->max)
		drop(os, TAILQ_FIRST(&os->list));
}

const struct origin *origins_get(struct origins *os, const char *url)
{
	struct origin *o = map_get_str(os->by_url, url);

	if (!o)
		return NULL;
	TAILQ_REMOVE(&os->list, o, link);
	TAILQ_INSERT_TAIL(&os->list, o, link);
	return o;
}
