/*
 * flight_bytes.c - from a URL to which bytes: asks the disk and the server.
 * Thread: home (signalling).
 */
/* SPDX-License-Identifier: MIT */
#include "media/flight_impl.h"

#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"

static void settle(struct flight *f, const struct content *c)
{
	if (!content_is(&f->content, c)) {
		prompt_drop(f->prompt);
		f->prompt = NULL;
		f->sought.n = f->made.n = 0;
		f->content = *c;
	}
}

/* The answer may be as old as the request for it (RFC 9111 4.2.3).           */
static void set_times(struct flight *f, const struct freshness *keep,
		      int64_t default_ms, int64_t default_stale_ms)
{
	int64_t took_ms = clock_now_ms(clock_system()) - f->fetch->asked_ms;
	struct origin *o = f->origin;

	o->fetched_ms = prompts_now_ms(f->pool) - took_ms;
	o->fresh_until_ms = o->fetched_ms + (keep->fresh_s < 0 ? default_ms :
					     keep->fresh_s * S_MS);
	o->stale_until_ms = o->fresh_until_ms +
			    (keep->stale_s < 0 ? default_stale_ms :
						 keep->stale_s * S_MS);
	f->no_store = keep->no_store;
	f->is_new = true;
}

/* 304: what it does not say of its keeping is as it was (RFC 9111 4.3.4).    */
static int refresh(struct flight *f)
{
	struct fetch *fetch = f->fetch;
	struct origin *o = f->origin;

	if ((fetch->etag && str_set(&o->etag, fetch->etag)) ||
	    (fetch->modified && str_set(&o->modified, fetch->modified)))
		return -ENOMEM;
	set_times(f, &fetch->keep, o->fresh_until_ms - o->fetched_ms,
		  o->stale_until_ms - o->fresh_until_ms);
	fetch_release(fetch);
	f->fetch = NULL;
	f->pool->n_unchanged++;
	return 0;
}

static int renew(struct flight *f)
{
	const struct fetch *fetch = f->fetch;
	struct origin *o;
	int err;

	err = origin_new(&o, f->url, fetch->from, fetch->etag,
			 fetch->modified);
	if (err)
		return err;
	origin_free(f->origin);
	f->origin = o;
	o->content = fetch->content;
	set_times(f, &fetch->keep, PROMPT_FRESH_S * S_MS, 0);
	return 0;
}

/* The server fails. What it gave before is used beyond its time only where it
 * said itself that this is right (stale-if-error, RFC 5861).                 */
static bool use_stale(struct flight *f)
{
	if (!f->origin || !f->fetch->unreachable ||
	    !origin_serves_stale(f->origin, prompts_now_ms(f->pool)))
		return false;
	log_warn("prompt: %s; what it gave before is used", f->fetch->why);
	f->refetched = true;
	return true;
}

static void on_fetched(void *arg)
{
	struct flight *f = arg;
	struct fetch *fetch = f->fetch;
	int err = 0;

	host_end(f->host);
	if (f->pool->closed || TAILQ_EMPTY(&f->waiters)) {
		flight_drop(f);
		return;
	}
	if (fetch->err && use_stale(f)) {
		fetch_release(fetch);
		f->fetch = NULL;
	} else if (fetch->err) {
		flight_finish(f, fetch->err, fetch->why);
		return;
	} else {
		f->was_fetched = true;
		err = fetch->unchanged ? refresh(f) : renew(f);
	}
	if (err) {
		flight_finish(f, err, "out of memory");
		return;
	}
	settle(f, &f->origin->content);
	flight_provide(f);
}

static void on_failed(struct msg *m)
{
	struct flight *f = (struct flight *)
		((char *)m - offsetof(struct flight, msg));

	flight_finish(f, f->make.err, f->make.why);
}

/* Are the bytes that we know there, if they prove to be still right? What is in
 * memory is held until that is known.                                        */
static bool has_known(struct flight *f)
{
	if (!f->origin)
		return false;
	settle(f, &f->origin->content);
	flight_take_known(f);
	return f->has_blob || !flight_missing(f).n;
}

void flight_fetch(struct flight *f)
{
	struct prompts *p = f->pool;
	int err;

	TAILQ_REMOVE(&p->waiting, f, link);
	f->state = FETCHING;
	fetch_release(f->fetch);
	f->fetch = NULL;
	err = fetch_start(&f->fetch, p->fetcher, f->url,
			  has_known(f) ? f->origin : NULL, on_fetched, f);
	if (!err) {
		host_begin(f->host);
		return;
	}
	f->make.err = err;
	str_printf(f->make.why, sizeof(f->make.why),
		   "the fetch could not be started: %s", strerror(-err));
	f->msg.fn = on_failed;
	inbox_complete(p->cfg.home, &f->msg);
}

static void on_asked(struct disk_op *op)
{
	struct flight *f = (struct flight *)
		((char *)op - offsetof(struct flight, op));
	struct origin *found = op->found;

	if (found && !f->origin)
		f->origin = found;
	f->has_blob = op->has_blob && found &&
		      content_is(&found->content, &f->origin->content);
	if (found != f->origin)
		origin_free(found);
	if (f->pool->closed || TAILQ_EMPTY(&f->waiters)) {
		flight_drop(f);
		return;
	}
	if (f->origin && origin_is_fresh(f->origin, prompts_now_ms(f->pool))) {
		settle(f, &f->origin->content);
		flight_provide(f);
	} else {
		flight_queue(f, &f->pool->waiting, WAITING);
	}
}

static void ask_disk(struct flight *f)
{
	f->state = ASKING;
	f->op.what = DISK_LOOK;
	f->op.done = on_asked;
	f->op.url = f->url;
	disk_start(f->pool->disk, &f->op);
}

void flight_fetch_anew(struct flight *f)
{
	if (f->refetched) {
		flight_finish(f, -EIO, "its file is not there any more");
		return;
	}
	f->refetched = true;
	origin_free(f->origin);
	f->origin = NULL;
	flight_queue(f, &f->pool->waiting, WAITING);
}

void flight_begin(struct flight *f)
{
	struct prompts *p = f->pool;
	const struct origin *known = f->place == PLACE_SERVER ?
				     origins_get(&p->origins, f->url) : NULL;

	/* Out of memory: then it is as if nothing were known. */
	if (known && origin_copy(&f->origin, known))
		f->origin = NULL;
	if (f->place != PLACE_SERVER) {
		flight_provide(f);
	} else if (f->origin &&
		   origin_is_fresh(f->origin, prompts_now_ms(p))) {
		settle(f, &f->origin->content);
		flight_provide(f);
	} else if (p->disk && !has_known(f)) {
		ask_disk(f);
	} else {
		flight_queue(f, &p->waiting, WAITING);
	}
}

