/*
 * flight_frames.c - from known bytes to frames: memory, disk, maker.
 * Thread: home (signalling); load_file() a maker's.
 */
/* SPDX-License-Identifier: MIT */
#include "media/flight_impl.h"

#include <errno.h>
#include <string.h>

#include "media/encode.h"
#include "media/made.h"

/* Others of the same bytes wait while one reads or makes them. */
static void release_content(struct flight *f)
{
	struct map *making = f->pool->making;

	if (map_get(making, f->content.hash, CONTENT_LEN) == f)
		map_remove(making, f->content.hash, CONTENT_LEN);
}

/* What the cache has, if it is no less than what the flight has. */
void flight_take_known(struct flight *f)
{
	struct prompt *c = cache_get(&f->pool->cache, &f->content);

	if (!c || c == f->prompt)
		return;
	for (size_t i = 0; f->prompt && i < f->prompt->n; i++) {
		if (!prompt_frames(c, f->prompt->encodings[i]->frames.codec))
			return;
	}
	prompt_drop(f->prompt);
	f->prompt = prompt_ref(c);
}

struct codec_set flight_missing(const struct flight *f)
{
	struct codec_set s = { .n = 0 };
	const struct prompt_get *g;

	TAILQ_FOREACH(g, &f->waiters, link) {
		for (size_t i = 0; i < g->n_codecs; i++) {
			if (!f->prompt || !prompt_frames(f->prompt,
							 g->codecs[i]))
				codec_set_add(&s, g->codecs[i]);
		}
	}
	return s;
}

/* Is there one among those wanted that the disk was not asked for? */
static bool may_load(const struct flight *f, const struct codec_set *want)
{
	if (!f->pool->disk || f->place == PLACE_HERE || f->no_store ||
	    codec_set_is_full(&f->sought))
		return false;
	for (size_t i = 0; i < want->n; i++) {
		if (!codec_set_has(&f->sought, want->codecs[i]))
			return true;
	}
	return false;
}

void flight_provide(struct flight *f)
{
	struct prompts *p = f->pool;
	struct codec_set want;

	flight_take_known(f);
	want = flight_missing(f);
	if (!want.n)
		flight_finish(f, 0, "");
	else if (may_load(f, &want))
		flight_queue(f, &p->ready, READY);
	else if (f->place != PLACE_SERVER || f->fetch || f->has_blob)
		flight_queue(f, &p->loaded, LOADED);
	else
		flight_fetch_anew(f);
}

static void free_frames(struct prompt_frames *frames, size_t n)
{
	for (size_t i = 0; i < n; i++)
		frames_free(&frames[i]);
}

/* Takes the frames, also where it fails. */
static int add_frames(struct flight *f, struct prompt_frames *frames, size_t n,
		      uint32_t duration_ms)
{
	struct prompts *p = f->pool;
	struct prompt *wider;
	int err;

	if (!n)
		return 0;
	flight_take_known(f);
	err = prompt_new(&wider, &p->cache, &f->content, f->prompt, frames, n,
			 duration_ms);
	if (err) {
		free_frames(frames, n);
		return err;
	}
	wider->noted_ms = prompts_now_ms(p);
	prompt_drop(f->prompt);
	f->prompt = wider;
	if (!f->no_store)
		cache_put(&p->cache, wider);
	return 0;
}

static void on_loaded(struct disk_op *op)
{
	struct flight *f = (struct flight *)
		((char *)op - offsetof(struct flight, op));

	release_content(f);
	if (f->pool->closed) {
		free_frames(op->frames, op->n_frames);
		flight_drop(f);
		return;
	}
	for (size_t i = 0; i < op->n_codecs; i++)
		codec_set_add(&f->sought, op->codecs[i]);
	f->has_blob = op->has_blob;
	f->from_disk |= op->n_frames > 0;
	if (add_frames(f, op->frames, op->n_frames, op->duration_ms))
		flight_finish(f, -ENOMEM, "out of memory");
	else
		flight_provide(f);
}

/* Of what is not there the second time, none is asked for again. */
void flight_load(struct flight *f, const struct codec_set *want)
{
	struct disk_op *op = &f->op;

	TAILQ_REMOVE(&f->pool->ready, f, link);
	f->state = LOADING;
	op->what = DISK_LOAD;
	op->done = on_loaded;
	op->content = f->content;
	op->n_codecs = 0;
	for (size_t i = 0; i < want->n; i++) {
		if (!codec_set_has(&f->sought, want->codecs[i]))
			op->codecs[op->n_codecs++] = want->codecs[i];
	}
	disk_start(f->pool->disk, op);
}

/* A maker's thread. */
static int load_file(struct make *mk, uint8_t **data, size_t *len)
{
	const struct flight *f = (const struct flight *)mk;

	if (f->place == PLACE_HERE)
		return made_file(f->url, data, len);
	if (f->place == PLACE_LIBRARY)
		return library_read(f->pool->library,
				    f->url + strlen(CLN_PROMPT_SCHEME), data,
				    len);
	return disk_blob(f->pool->disk, &f->content, data, len);
}

static void on_made(struct make *mk)
{
	struct flight *f = (struct flight *)mk;

	release_content(f);
	if (f->pool->closed) {
		if (!mk->err)
			free_frames(mk->frames, mk->n_codecs);
		flight_drop(f);
		return;
	}
	if (mk->err && mk->not_loaded && f->place == PLACE_SERVER) {
		f->has_blob = false;
		flight_provide(f);
		return;
	}
	if (mk->err) {
		flight_finish(f, mk->err, mk->why);
		return;
	}
	f->from_disk |= !mk->data && f->place != PLACE_HERE;
	for (size_t i = 0; i < mk->n_codecs; i++)
		codec_set_add(&f->made, mk->codecs[i]);
	if (add_frames(f, mk->frames, mk->n_codecs, mk->duration_ms))
		flight_finish(f, -ENOMEM, "out of memory");
	else
		flight_provide(f);
}

void flight_make(struct flight *f, const struct codec_set *want)
{
	struct make *mk = &f->make;

	TAILQ_REMOVE(&f->pool->loaded, f, link);
	f->state = MAKING;
	mk->data = f->fetch ? f->fetch->data : NULL;
	mk->len = f->fetch ? f->fetch->len : 0;
	mk->load = load_file;
	mk->n_codecs = want->n;
	memcpy(mk->codecs, want->codecs, sizeof(mk->codecs));
	mk->done = on_made;
	make_start(f->pool->makers, mk);
}
