/*
 * codec_doubles.h - small codecs that stand in for plugins in tests.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CODEC_DOUBLES_H
#define TESTS_CODEC_DOUBLES_H

#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <carillon/codec.h>

/* Mu-law by ITU-T G.191: the one's complement of negative samples. */
static inline uint8_t mulaw_byte(int16_t s)
{
	unsigned int mag = ((unsigned int)(s < 0 ? ~s : s) >> 2) + 33;
	unsigned int seg = 1;

	if (mag > 0x1fff)
		mag = 0x1fff;
	for (unsigned int v = mag >> 6; v; v >>= 1)
		seg++;
	return (uint8_t)((s < 0 ? 0 : 0x80) | (8 - seg) << 4 |
			 (15 - ((mag >> seg) & 15)));
}

static inline int mulaw_encode(void *state, const int16_t *pcm, size_t n,
			       uint8_t *out, size_t cap)
{
	(void)state;
	if (n > cap)
		return -ENOBUFS;
	for (size_t i = 0; i < n; i++)
		out[i] = mulaw_byte(pcm[i]);
	return (int)n;
}

static const struct cln_codec mulaw_codec = {
	.size = sizeof(struct cln_codec),
	.flags = CLN_CODEC_STATELESS,
	.name = "PCMU", .api_name = "mulaw",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 1, .frame_bytes = 1, .ptime_ms = 20,
	.encode = mulaw_encode,
};

/* Linear PCM as it is, at 8 kHz and at 16 kHz. */
static inline int linear_encode(void *state, const int16_t *pcm, size_t n,
				uint8_t *out, size_t cap)
{
	(void)state;
	if (n * 2 > cap)
		return -ENOBUFS;
	memcpy(out, pcm, n * 2);
	return (int)(n * 2);
}

static const struct cln_codec linear8_codec = {
	.size = sizeof(struct cln_codec),
	.flags = CLN_CODEC_STATELESS,
	.name = "L16", .api_name = "l16",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 1, .frame_bytes = 2, .ptime_ms = 20,
	.encode = linear_encode,
};

static const struct cln_codec linear16_codec = {
	.size = sizeof(struct cln_codec),
	.flags = CLN_CODEC_STATELESS,
	.name = "L16", .api_name = "l16wide",
	.clock_rate = 16000, .sample_rate = 16000, .channels = 1,
	.frame_samples = 1, .frame_bytes = 2, .ptime_ms = 20,
	.encode = linear_encode,
};

/* Frames of 80 samples with a state: byte 0 counts, byte 1 is 0 for silence.
 * Each open state is counted.                                                */
static atomic_int framed_open;

static inline int framed_open_state(void **statep,
				    const struct cln_codec_params *params)
{
	(void)params;
	*statep = calloc(1, 1);
	if (!*statep)
		return -ENOMEM;
	atomic_fetch_add(&framed_open, 1);
	return 0;
}

static inline void framed_close(void *state)
{
	free(state);
	atomic_fetch_sub(&framed_open, 1);
}

static inline int framed_encode(void *state, const int16_t *pcm, size_t n,
				uint8_t *out, size_t cap)
{
	uint8_t *count = state;

	if (n != 80 || cap < 10)
		return -EINVAL;
	memset(out, 0, 10);
	out[0] = (*count)++;
	for (size_t i = 0; i < n; i++)
		out[1] |= pcm[i] != 0;
	return 10;
}

static const struct cln_codec framed_codec = {
	.size = sizeof(struct cln_codec),
	.name = "FRAMED", .api_name = "framed",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 80, .frame_bytes = 10, .ptime_ms = 20,
	.open = framed_open_state, .encode = framed_encode,
	.close = framed_close,
};

/* Stateless frames of 80 samples: 4 bytes for sound, 1 for silence. */
static inline int uneven_encode(void *state, const int16_t *pcm, size_t n,
				uint8_t *out, size_t cap)
{
	(void)state;
	if (n != 80 || cap < 4)
		return -EINVAL;
	memset(out, 7, 4);
	for (size_t i = 0; i < n; i++) {
		if (pcm[i])
			return 4;
	}
	return 1;
}

static const struct cln_codec uneven_codec = {
	.size = sizeof(struct cln_codec),
	.flags = CLN_CODEC_STATELESS,
	.name = "UNEVEN", .api_name = "uneven",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 80, .frame_bytes = 4, .ptime_ms = 20,
	.encode = uneven_encode,
};

static inline int failing_open(void **statep,
			       const struct cln_codec_params *params)
{
	(void)statep;
	(void)params;
	return -EINVAL;
}

static const struct cln_codec failing_codec = {
	.size = sizeof(struct cln_codec),
	.name = "FAILING", .api_name = "failing",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 80, .frame_bytes = 4, .ptime_ms = 20,
	.open = failing_open, .encode = uneven_encode,
};

#endif
