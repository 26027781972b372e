/*
 * encode.c - PCM blocks through resampler and codec into frames.
 * Thread: one of the prompt pool.
 *
 *   decoder --block--> [resampler] --> codec --> frames      once per codec
 *
 * A codec whose frames depend on each other (no CLN_CODEC_STATELESS) is given
 * 40 ms of silence behind the recording, in which its decoder comes to rest
 * before the next recording's frames follow.
 */
/* SPDX-License-Identifier: MIT */
#include "media/encode.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "media/resample.h"

enum {
	BLOCK = 2048,		/* samples                                    */
	REST_MS = 40,
	CHANNELS_MAX = 2,
	FIRST_CAP = 16384,
};

struct encoder {
	const struct cln_codec *codec;
	void *state;
	struct resampler *resampler;
	int16_t *pcm;		/* what waits to fill a frame, interleaved    */
	size_t unit;		/* samples per channel given to encode()      */
	size_t fill;
	uint8_t *data;
	size_t len, cap;
	uint32_t *offsets;	/* frame codecs only                          */
	size_t n_frames, cap_frames;
	bool uneven;		/* frames differ in length                    */
	uint64_t samples;
	bool resting;		/* the recording is over, silence follows     */
};

static bool is_byte_codec(const struct cln_codec *c)
{
	return c->frame_samples == 1;
}

static bool is_same_law(const struct cln_codec *c, const struct decoder *d)
{
	const char *name = decode_law(d) == LAW_MULAW ? "PCMU" : "PCMA";

	return decode_law(d) != LAW_NONE && !strcasecmp(c->name, name) &&
	       is_byte_codec(c) && c->frame_bytes == 1 && c->channels == 1 &&
	       c->sample_rate == decode_rate(d);
}

static int grow(void **p, size_t *cap, size_t want, size_t item)
{
	size_t next = *cap ? *cap : FIRST_CAP;
	void *bigger;

	if (want <= *cap)
		return 0;
	while (next < want)
		next += next / 2;
	bigger = realloc(*p, next * item);
	if (!bigger)
		return -ENOMEM;
	*p = bigger;
	*cap = next;
	return 0;
}

static int reserve_bytes(struct encoder *e, size_t more)
{
	void *p = e->data;
	int err;

	/* Offsets have 32 bits. */
	if (e->len + more > UINT32_MAX)
		return -EFBIG;
	err = grow(&p, &e->cap, e->len + more, 1);
	e->data = p;
	return err;
}

static int note_frame(struct encoder *e, size_t len)
{
	void *p = e->offsets;
	int err = grow(&p, &e->cap_frames, e->n_frames + 2, sizeof(uint32_t));

	e->offsets = p;
	if (err)
		return err;
	if (len != e->codec->frame_bytes)
		e->uneven = true;
	e->offsets[e->n_frames] = (uint32_t)(e->len - len);
	e->offsets[++e->n_frames] = (uint32_t)e->len;
	return 0;
}

/* Encodes the first n samples per channel of what waits.                     */
static int encode_some(struct encoder *e, size_t n)
{
	const struct cln_codec *c = e->codec;
	size_t most = n / c->frame_samples * c->frame_bytes;
	int len, err;

	err = reserve_bytes(e, most);
	if (err)
		return err;
	len = c->encode(e->state, e->pcm, n, e->data + e->len, most);
	if (len < 0 || (size_t)len > most)
		return len < 0 ? len : -ENOBUFS;
	e->len += (size_t)len;
	e->fill = 0;
	if (!is_byte_codec(c))
		return note_frame(e, (size_t)len);
	e->n_frames += n;
	return (size_t)len == most ? 0 : -EBADMSG;
}

static int put_samples(struct encoder *e, const int16_t *pcm, size_t n)
{
	unsigned int ch = e->codec->channels;
	int err = 0;

	for (size_t i = 0; i < n && !err; i++) {
		for (unsigned int k = 0; k < ch; k++)
			e->pcm[e->fill * ch + k] = pcm[i];
		if (++e->fill == e->unit)
			err = encode_some(e, e->unit);
	}
	if (!e->resting)
		e->samples += n;
	return err;
}

static int put_block(struct encoder *e, const int16_t *pcm, size_t n)
{
	int16_t out[BLOCK];
	int err = 0;

	while (n && !err) {
		size_t taken = n, given;

		given = resampler_run(e->resampler, pcm, &taken, out, BLOCK);
		err = put_samples(e, out, given);
		pcm += taken;
		n -= taken;
		if (!taken && !given)
			return -EIO;
	}
	return err;
}

static int put_silence(struct encoder *e, size_t n)
{
	static const int16_t silence[BLOCK];
	int err = 0;

	while (n && !err) {
		size_t some = n < BLOCK ? n : BLOCK;

		err = put_samples(e, silence, some);
		n -= some;
	}
	return err;
}

static int finish(struct encoder *e)
{
	const struct cln_codec *c = e->codec;
	int16_t out[BLOCK];
	size_t n;
	int err = 0;

	while (!err && (n = resampler_finish(e->resampler, out, BLOCK)))
		err = put_samples(e, out, n);
	e->resting = true;
	if (!err && !is_byte_codec(c) && !(c->flags & CLN_CODEC_STATELESS))
		err = put_silence(e, (size_t)c->sample_rate * REST_MS / 1000);
	if (err || !e->fill)
		return err;
	if (is_byte_codec(c))
		return encode_some(e, e->fill);
	return put_silence(e, e->unit - e->fill);
}

static int encoder_open(struct encoder *e, const struct cln_codec *c,
			unsigned int rate)
{
	struct cln_codec_params params = {
		.size = sizeof(params),
		.ptime_ms = c->ptime_ms,
	};
	int err;

	e->codec = c;
	if (!c->frame_samples || !c->frame_bytes || !c->channels ||
	    c->channels > CHANNELS_MAX || !c->encode)
		return -ENOTSUP;
	e->unit = is_byte_codec(c) ? BLOCK : c->frame_samples;
	e->pcm = calloc(e->unit * c->channels, sizeof(*e->pcm));
	if (!e->pcm)
		return -ENOMEM;
	err = resampler_new(&e->resampler, rate, c->sample_rate);
	if (!err && c->open)
		err = c->open(&e->state, &params);
	return err;
}

static void encoder_close(struct encoder *e)
{
	if (e->state && e->codec->close)
		e->codec->close(e->state);
	resampler_free(e->resampler);
	free(e->pcm);
	free(e->data);
	free(e->offsets);
}

/* Moves the result out; offsets only where they tell something.              */
static void take_frames(struct prompt_frames *f, struct encoder *e)
{
	void *fit = e->len ? realloc(e->data, e->len) : NULL;

	f->codec = e->codec;
	f->data = fit ? fit : e->data;
	f->len = e->len;
	f->n_frames = e->n_frames;
	f->samples = e->samples;
	f->offsets = e->uneven ? e->offsets : NULL;
	e->data = NULL;
	if (e->uneven)
		e->offsets = NULL;
}

void frames_free(struct prompt_frames *frames)
{
	free((void *)frames->data);
	free((void *)frames->offsets);
	memset(frames, 0, sizeof(*frames));
}

/* G.711 into the same G.711 is not decoded at all: decoding and encoding would
 * turn mu-law's negative zero into the positive one.                         */
static int copy_law(struct encoder *e, struct decoder *d,
		    const atomic_bool *stop, char *why, size_t cap)
{
	ssize_t n;
	int err;

	if (decode_rewind(d))
		return -EBADMSG;
	do {
		if (atomic_load(stop))
			return -ECANCELED;
		err = reserve_bytes(e, BLOCK);
		if (err)
			return err;
		n = decode_read_law(d, e->data + e->len, BLOCK, why, cap);
		if (n > 0)
			e->len += (size_t)n;
	} while (n > 0);
	e->n_frames = e->len;
	e->samples = e->len;
	return (int)n;
}

static int encode_rest(struct encoder *es, size_t n, struct decoder *d,
		       const atomic_bool *stop, char *why, size_t cap)
{
	int16_t pcm[BLOCK];
	ssize_t got;
	int err;

	if (decode_rewind(d))
		return -EBADMSG;
	while ((got = decode_read(d, pcm, BLOCK, why, cap)) > 0) {
		for (size_t i = 0; i < n; i++) {
			if (is_same_law(es[i].codec, d))
				continue;
			err = put_block(&es[i], pcm, (size_t)got);
			if (err)
				return err;
		}
		if (atomic_load(stop))
			return -ECANCELED;
	}
	return (int)got;
}

static int encode_with(struct encoder *es, size_t n, struct decoder *d,
		       const atomic_bool *stop, char *why, size_t cap)
{
	int err = encode_rest(es, n, d, stop, why, cap);

	for (size_t i = 0; i < n && !err; i++) {
		if (is_same_law(es[i].codec, d))
			err = copy_law(&es[i], d, stop, why, cap);
		else
			err = finish(&es[i]);
		if (!err && !es[i].samples) {
			str_printf(why, cap, "there is no audio in it");
			err = -EBADMSG;
		}
	}
	return err;
}

int encode_recording(struct prompt_frames *frames,
		     const struct cln_codec *const *codecs, size_t n,
		     struct decoder *d, const atomic_bool *stop, char *why,
		     size_t cap)
{
	struct encoder *es = calloc(n, sizeof(*es));
	int err = es ? 0 : -ENOMEM;

	why[0] = '\0';
	for (size_t i = 0; i < n && !err; i++) {
		err = encoder_open(&es[i], codecs[i], decode_rate(d));
		if (err)
			str_printf(why, cap, "codec %s cannot be used: %s",
				   codecs[i]->api_name, strerror(-err));
	}
	if (!err)
		err = encode_with(es, n, d, stop, why, cap);
	for (size_t i = 0; i < n && !err; i++)
		take_frames(&frames[i], &es[i]);
	for (size_t i = 0; i < n && es; i++)
		encoder_close(&es[i]);
	free(es);
	if (err && !why[0])
		str_printf(why, cap, "encoding failed: %s", strerror(-err));
	return err;
}
