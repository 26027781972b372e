/*
 * fuzz_decode.c - any bytes as a recording: MP3, OGG, FLAC, WAV, as maker.c and
 * the library take them. Needs: core/media, core/base; -lsndfile -lspeexdsp -lm.
 *
 * Whatever the bytes are, what is found lies in the file, decoding and resampling
 * end and stay within the allowed duration, and a refusal is a sentence.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/container.h"
#include "media/decode.h"
#include "media/resample.h"

enum { MAX_S = 2, BLOCK = 2048 };

/* libsndfile 1.2 loses some KB when it gives up on a broken Vorbis header.   */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libsndfile.so\nleak:libvorbis.so\nleak:libmpg123.so\n";
}

static void check_container(const uint8_t *data, size_t len)
{
	struct container c;
	char why[192] = "";

	if (container_find(&c, data, len, why, sizeof(why))) {
		if (!why[0])
			abort();
		return;
	}
	if (c.data < data || !c.len || c.len > len ||
	    (size_t)(c.data - data) > len - c.len)
		abort();
}

static void take(struct resampler *r, const int16_t *pcm, size_t n)
{
	int16_t out[BLOCK];

	while (n) {
		size_t taken = n;

		if (!resampler_run(r, pcm, &taken, out, BLOCK) && !taken)
			abort();
		pcm += taken;
		n -= taken;
	}
}

static void read_all(struct decoder *d, struct resampler *r)
{
	uint64_t most = (uint64_t)decode_rate(d) * MAX_S, made = 0;
	int16_t pcm[BLOCK];
	char why[192] = "";
	ssize_t n;
	size_t some;

	if (decode_channels(d) < 1 || decode_channels(d) > 2 ||
	    !decode_format(d)[0])
		abort();
	while ((n = decode_read(d, pcm, BLOCK, why, sizeof(why))) > 0) {
		if (n > BLOCK || decode_frames(d) > most)
			abort();
		take(r, pcm, (size_t)n);
	}
	if (n < 0 && !why[0])
		abort();
	while ((some = resampler_finish(r, pcm, BLOCK)))
		made += some;
	if (made > (uint64_t)MAX_S * 8000 + 1)
		abort();
}

/* A page of OGG has a checksum, behind which nothing broken is looked at (RFC
 * 3533 section 6). So mutations are given a right one.                       */
static uint32_t ogg_crc(const uint8_t *p, size_t len)
{
	uint32_t crc = 0;

	for (size_t i = 0; i < len; i++) {
		crc ^= (uint32_t)p[i] << 24;
		for (int bit = 0; bit < 8; bit++)
			crc = crc << 1 ^ (crc >> 31 ? 0x04c11db7u : 0);
	}
	return crc;
}

static void mend_page(uint8_t *p, size_t len)
{
	uint32_t crc;

	memset(p + 22, 0, 4);
	crc = ogg_crc(p, len);
	for (int i = 0; i < 4; i++)
		p[22 + i] = (uint8_t)(crc >> 8 * i);
}

static void mend(uint8_t *data, size_t len)
{
	size_t pos = 0;

	while (len - pos >= 27 && !memcmp(data + pos, "OggS", 4) &&
	       len - pos >= 27u + data[pos + 26]) {
		size_t size = 27u + data[pos + 26];

		for (size_t i = 0; i < data[pos + 26]; i++)
			size += data[pos + 27 + i];
		if (size > len - pos)
			size = len - pos;
		mend_page(data + pos, size);
		pos += size;
	}
}

size_t LLVMFuzzerMutate(uint8_t *data, size_t len, size_t cap);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t cap,
			       unsigned int seed);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t len, size_t cap,
			       unsigned int seed)
{
	len = LLVMFuzzerMutate(data, len, cap);
	if (seed % 8)
		mend(data, len);
	return len;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct resampler *r = NULL;
	struct decoder *d;
	char why[192] = "";

	check_container(data, len);
	if (decode_open(&d, data, len, MAX_S, why, sizeof(why))) {
		if (!why[0])
			abort();
		return 0;
	}
	if (resampler_new(&r, decode_rate(d), 8000))
		abort();
	read_all(d, r);
	resampler_free(r);
	decode_close(d);
	return 0;
}
