/*
 * coder.c - how a codec codes, as a short name.
 * Thread: one of the prompt pool.
 */
/* SPDX-License-Identifier: MIT */
#include "media/coder.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "media/encode.h"
#include "media/wav.h"

/* A rate that every codec has to be resampled from.                          */
enum { RATE = 11025, SAMPLES = RATE / 5, MAX_S = 1 };

/* A chirp in noise, loud and soft in turn: all of it in integers, so that it is
 * the same everywhere.                                                       */
static void make_sound(int16_t *pcm, size_t n)
{
	uint32_t noise = 1, phase = 0, step = 1 << 26;

	for (size_t i = 0; i < n; i++) {
		int32_t saw, v;

		phase += step;
		step += 1 << 16;
		noise = noise * 1664525u + 1013904223u;
		saw = (int32_t)(phase >> 17) - 16384;
		v = saw + (int32_t)(noise >> 20) - 2048;
		pcm[i] = (int16_t)((i / 512) % 2 ? v / 16 : v);
	}
}

static int encode_sound(struct prompt_frames *f, const struct cln_codec *codec)
{
	uint8_t file[WAV_HEADER_MAX + SAMPLES * sizeof(int16_t)];
	struct wav wav = { .tag = WAV_PCM, .channels = 1, .rate = RATE,
			   .bits = 16, .len = SAMPLES * sizeof(int16_t) };
	size_t head = wav_header(&wav, file);
	const atomic_bool stop = false;
	int16_t pcm[SAMPLES];
	struct decoder *d;
	char why[PROMPT_WHY_LEN];
	int err;

	make_sound(pcm, SAMPLES);
	for (size_t i = 0; i < SAMPLES; i++) {
		file[head + 2 * i] = (uint8_t)pcm[i];
		file[head + 2 * i + 1] = (uint8_t)((uint16_t)pcm[i] >> 8);
	}
	err = decode_open(&d, file, head + wav.len, MAX_S, why, sizeof(why));
	if (err)
		return err;
	err = encode_recording(f, &codec, 1, d, &stop, why, sizeof(why));
	decode_close(d);
	return err;
}

int coder_name(struct content *name, const struct cln_codec *c)
{
	struct prompt_frames f;
	struct hasher *h;
	char figures[256];
	int err;

	err = encode_sound(&f, c);
	if (err)
		return err;
	err = hasher_new(&h);
	if (!err) {
		str_printf(figures, sizeof(figures), "%d %s %s %u %u %u %u %u "
			   "%u %u", ENCODE_VERSION, c->api_name, c->name,
			   c->flags, c->clock_rate, c->sample_rate, c->channels,
			   c->frame_samples, c->frame_bytes, c->ptime_ms);
		hasher_add(h, figures, strlen(figures));
		hasher_add(h, f.data, f.len);
		if (f.offsets)
			hasher_add(h, f.offsets,
				   (f.n_frames + 1) * sizeof(*f.offsets));
		err = hasher_end(h, name);
		hasher_free(h);
	}
	frames_free(&f);
	return err;
}
