/*
 * playout.c - a cursor over a playlist: the payload of the next packet.
 *
 * A packet goes on with the next item where an item ends: frames stand for
 * themselves, and those of codecs with memory were made to be joined. Only
 * what is left at the end of the whole playlist is filled up with silence, and
 * only for codecs whose silence needs no memory; others send a shorter packet.
 *
 * Thread: set up and torn down on the signalling thread, moved by the media
 * worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#include "media/playout.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As many whole frames as the packet time holds, one at least. */
static int set_packet(struct playout *p, uint32_t ptime_ms)
{
	const struct cln_codec *c = p->codec;
	uint64_t samples;

	if (!c->frame_samples || !c->frame_bytes || !c->sample_rate)
		return -EINVAL;
	if (!ptime_ms)
		ptime_ms = c->ptime_ms;
	if (ptime_ms > PLAYOUT_PTIME_MAX)
		ptime_ms = PLAYOUT_PTIME_MAX;
	p->packet_frames = (uint32_t)((uint64_t)ptime_ms * c->sample_rate /
				      1000 / c->frame_samples);
	if (!p->packet_frames)
		p->packet_frames = 1;
	samples = (uint64_t)p->packet_frames * c->frame_samples;
	p->packet_ms = (uint32_t)(samples * 1000 / c->sample_rate);
	p->packet_units = (uint32_t)(samples * c->clock_rate / c->sample_rate);
	if (!p->packet_ms || p->packet_ms > PLAYOUT_PTIME_MAX ||
	    (uint64_t)p->packet_ms * c->sample_rate != samples * 1000)
		return -EINVAL;
	if ((uint64_t)p->packet_frames * c->frame_bytes > PLAYOUT_PAYLOAD_MAX)
		return -EMSGSIZE;
	p->payload_max = (size_t)p->packet_frames * c->frame_bytes;
	return 0;
}

/* Silence is what the codec makes of zeros: 0xff for mu-law, 0xd5 for A-law. */
static int encode_silence(struct playout *p,
			  const struct cln_codec_params *params)
{
	const struct cln_codec *c = p->codec;
	size_t channels = c->channels ? c->channels : 1;
	int16_t *zeros = calloc(c->frame_samples * channels, sizeof(*zeros));
	void *state = NULL;
	int n = -ENOMEM;

	p->silence = malloc(c->frame_bytes);
	if (!zeros || !p->silence)
		goto out;
	n = c->open ? c->open(&state, params) : 0;
	if (n)
		goto out;
	n = c->encode(state, zeros, c->frame_samples, p->silence,
		      c->frame_bytes);
	if (c->close)
		c->close(state);
	if (!n)
		n = -EINVAL;
 out:
	free(zeros);
	if (n < 0)
		return n;
	p->silence_len = (size_t)n;
	return 0;
}

static int take_items(struct playout *p, struct prompt *const *prompts,
		      size_t n)
{
	p->items = calloc(n ? n : 1, sizeof(*p->items));
	if (!p->items)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++) {
		const struct prompt_frames *f =
			prompt_frames(prompts[i], p->codec);

		if (!f)
			return -ENOENT;
		p->items[i].frames = f;
		p->items[i].prompt = prompt_ref(prompts[i]);
		p->n_items++;
	}
	return 0;
}

/* Items without sound are never the cursor's place. */
static void skip_empty(const struct playout *p, struct playout_place *at)
{
	while (at->item < p->n_items &&
	       at->frame >= p->items[at->item].frames->n_frames) {
		at->item++;
		at->frame = 0;
	}
}

int playout_init(struct playout *p, const struct cln_codec *codec,
		 const struct cln_codec_params *params,
		 struct prompt *const *prompts, size_t n)
{
	int err;

	*p = (struct playout){ .codec = codec };
	err = set_packet(p, params->ptime_ms);
	if (!err)
		err = take_items(p, prompts, n);
	if (!err && codec->flags & CLN_CODEC_STATELESS)
		err = encode_silence(p, params);
	if (err)
		playout_deinit(p);
	else
		skip_empty(p, &p->at);
	p->begin = p->heard = p->at;
	return err;
}

void playout_deinit(struct playout *p)
{
	for (size_t i = 0; i < p->n_items; i++)
		prompt_unref(p->items[i].prompt);
	free(p->items);
	free(p->silence);
	*p = (struct playout){ 0 };
}

/* `n` frames of an item, from `frame` on. Returns their bytes. */
static size_t copy_frames(const struct playout *p, uint8_t *dst, size_t room,
			  size_t frame, size_t n)
{
	const struct prompt_frames *f = p->items[p->next.item].frames;
	size_t from, len;

	if (f->offsets) {
		from = f->offsets[frame];
		len = f->offsets[frame + n] - from;
	} else {
		from = frame * p->codec->frame_bytes;
		len = n * p->codec->frame_bytes;
	}
	if (len > room)
		len = room;
	memcpy(dst, f->data + from, len);
	return len;
}

/* Fills up the last packet of the playlist. */
static size_t pad(const struct playout *p, uint8_t *dst, size_t room,
		  uint32_t frames)
{
	size_t len = 0;

	if (!p->silence)
		return 0;
	for (; frames && len + p->silence_len <= room; frames--) {
		memcpy(dst + len, p->silence, p->silence_len);
		len += p->silence_len;
	}
	return len;
}

size_t playout_peek(struct playout *p, uint8_t *dst)
{
	uint32_t want = p->packet_frames;
	size_t len = 0;

	p->next = p->at;
	while (want && p->next.item < p->n_items) {
		size_t left = p->items[p->next.item].frames->n_frames -
			      p->next.frame;
		size_t n = left < want ? left : want;

		len += copy_frames(p, dst + len, p->payload_max - len,
				   p->next.frame, n);
		want -= (uint32_t)n;
		p->next.frame += n;
		skip_empty(p, &p->next);
	}
	if (len && want)
		len += pad(p, dst + len, p->payload_max - len, want);
	return len;
}

void playout_advance(struct playout *p)
{
	p->at = p->next;
}

bool playout_at_end(const struct playout *p)
{
	return p->at.item >= p->n_items;
}

/* ---- from one codec to another ------------------------------------------- */

/* The same moment of the same recording. What a frame codec adds behind it has
 * no counterpart elsewhere: that is the beginning of the next item.          */
static struct playout_place same_moment(const struct playout *p,
					const struct playout *from,
					struct playout_place at)
{
	uint64_t samples = (uint64_t)at.frame * from->codec->frame_samples;

	samples = samples * p->codec->sample_rate / from->codec->sample_rate;
	at.frame = (size_t)(samples / p->codec->frame_samples);
	skip_empty(p, &at);
	return at;
}

/* How far the far end has heard it, which saw so many packets. What it says of
 * packets before the last change is not looked up any more: it has then heard
 * what it had confirmed at that change, at least.                            */
static struct playout_place heard_place(const struct playout *p,
					int64_t confirmed)
{
	struct playout_place at = p->begin;
	uint64_t frames;

	if (confirmed < 0 || (uint64_t)confirmed < p->packets_before)
		return p->heard;
	frames = ((uint64_t)confirmed - p->packets_before) * p->packet_frames;
	while (frames && at.item < p->n_items) {
		size_t left = p->items[at.item].frames->n_frames - at.frame;
		size_t n = left < frames ? left : (size_t)frames;

		frames -= n;
		at.frame += n;
		skip_empty(p, &at);
	}
	return at;
}

void playout_take_over(struct playout *p, const struct playout *from,
		       uint64_t sent, int64_t confirmed)
{
	p->at = same_moment(p, from, from->at);
	p->begin = p->at;
	p->heard = same_moment(p, from, heard_place(from, confirmed));
	p->packets_before = sent;
}

/* ---- report -------------------------------------------------------------- */

/* Time of an item's first `frames` frames; the padding of its last frame is no
 * part of it.                                                                */
static int32_t frames_ms(const struct playout *p, size_t item, uint64_t frames)
{
	uint64_t samples = frames * p->codec->frame_samples;

	if (samples > p->items[item].frames->samples)
		samples = p->items[item].frames->samples;
	return (int32_t)(samples * 1000 / p->codec->sample_rate);
}

/* Frames of an item that lie before a place. */
static uint64_t frames_before(const struct playout *p, size_t item,
			      const struct playout_place *at)
{
	if (item == at->item)
		return at->frame;
	return item < at->item ? p->items[item].frames->n_frames : 0;
}

uint32_t playout_report(const struct playout *p, int64_t confirmed,
			struct cln_played *items, uint32_t cap)
{
	struct playout_place heard = heard_place(p, confirmed);
	uint32_t n = 0;

	for (size_t i = 0; i < p->n_items && n < cap; i++) {
		uint64_t sent = frames_before(p, i, &p->at);
		uint64_t got = frames_before(p, i, &heard);

		if (i > p->at.item || (i == p->at.item && !sent))
			break;
		if (got > sent)
			got = sent;
		items[n++] = (struct cln_played){
			.item = (int32_t)i,
			.sent_ms = frames_ms(p, i, sent),
			.confirmed_ms = confirmed < 0 ? -1 :
					frames_ms(p, i, got),
		};
	}
	return n;
}
