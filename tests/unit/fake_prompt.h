/*
 * fake_prompt.h - prompts made of given bytes, and codecs to go with them, in
 * place of the prompt pool's.
 *
 * Thread: whose test it is; references are counted as in the real one, so that
 * a test sees what was not given back.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_FAKE_PROMPT_H
#define UNIT_FAKE_PROMPT_H

#include <stdatomic.h>
#include <string.h>

#include "media/prompt.h"
#include "media/script.h"

struct prompt {
	struct prompt_frames frames, too;	/* the second, if any         */
	atomic_int refs;
};

const struct prompt_frames *prompt_frames(const struct prompt *p,
					  const struct cln_codec *codec)
{
	return p->frames.codec == codec ? &p->frames :
	       p->too.codec == codec ? &p->too : NULL;
}

struct prompt *prompt_ref(struct prompt *p)
{
	atomic_fetch_add(&p->refs, 1);
	return p;
}

void prompt_unref(struct prompt *p)
{
	if (p)
		atomic_fetch_sub(&p->refs, 1);
}

uint32_t prompt_duration_ms(const struct prompt *p)
{
	return (uint32_t)(p->frames.samples * 1000 /
			  p->frames.codec->sample_rate);
}

/* Encodes a zero as 0xff, as mu-law does. */
static int fake_encode(void *state, const int16_t *pcm, size_t samples,
		       uint8_t *out, size_t cap)
{
	(void)state;
	if (samples > cap)
		return -1;
	for (size_t i = 0; i < samples; i++)
		out[i] = (uint8_t)~pcm[i];
	return (int)samples;
}

static const struct cln_codec fake_g711 = {
	.size = sizeof(struct cln_codec),
	.flags = CLN_CODEC_STATELESS,
	.name = "PCMU", .api_name = "mulaw",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
	.encode = fake_encode,
};

static const struct cln_codec fake_alaw = {
	.size = sizeof(struct cln_codec),
	.flags = CLN_CODEC_STATELESS,
	.name = "PCMA", .api_name = "alaw", .payload_type = 8,
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
	.encode = fake_encode,
};

/* 10 ms frames of 10 bytes or fewer, as G.729 has them. */
static const struct cln_codec fake_g729 = {
	.size = sizeof(struct cln_codec),
	.name = "G729", .api_name = "g729",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 80, .frame_bytes = 10, .ptime_ms = 20,
	.encode = fake_encode,
};

static inline struct prompt_frames fake_frames(const struct cln_codec *codec,
					       const uint8_t *data, size_t len)
{
	return (struct prompt_frames){
		.codec = codec, .data = data, .len = len,
		.n_frames = len / codec->frame_bytes,
		.samples = len / codec->frame_bytes * codec->frame_samples,
	};
}

static inline struct prompt fake_prompt(const struct cln_codec *codec,
					const uint8_t *data, size_t len)
{
	return (struct prompt){ .frames = fake_frames(codec, data, len) };
}

/* A script that plays them in a row. */
static inline struct script *fake_script(struct prompt *const *prompts,
					 size_t n)
{
	struct script_step steps[CLN_ITEMS_MAX] = { 0 };
	struct script *s;

	for (size_t i = 0; i < n; i++)
		steps[i].prompt = prompts[i];
	return script_new(&s, steps, n, 1, NULL) ? NULL : s;
}

#endif
