/*
 * fuzz_wav.c - any bytes as a fetched recording: WAV, FLAC, OGG, MP3.
 * Needs: core/media/{decode,wav}.c, core/base; -lsndfile -lm.
 *
 * Whatever the bytes are, decoding ends, stays within the allowed duration, and
 * a header that we write ourselves is always read back as it was.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/decode.h"
#include "media/wav.h"

enum { MAX_S = 2, BLOCK = 2048 };

/* libsndfile 1.2 loses some KB when it gives up on a broken Vorbis header.   */
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libsndfile.so\nleak:libvorbis.so\n";
}

static void check_wav(const uint8_t *data, size_t len)
{
	uint8_t header[WAV_HEADER_MAX];
	struct wav w;
	char why[192] = "";
	size_t n;

	if (wav_parse(&w, data, len, why, sizeof(why))) {
		if (!why[0])
			abort();
		return;
	}
	if (!w.len || w.offset > len || w.len > len - w.offset)
		abort();
	n = wav_header(&w, header);
	if (n > sizeof(header) || memcmp(header + n - 8, "data", 4))
		abort();
}

static void read_all(struct decoder *d)
{
	uint64_t most = (uint64_t)decode_rate(d) * MAX_S;
	int16_t pcm[BLOCK];
	uint8_t law[BLOCK];
	char why[192] = "";
	ssize_t n;

	while ((n = decode_read(d, pcm, BLOCK, why, sizeof(why))) > 0) {
		if (n > BLOCK || decode_frames(d) > most)
			abort();
	}
	if (n < 0 && !why[0])
		abort();
	if (decode_rewind(d) || decode_law(d) == LAW_NONE)
		return;
	while (decode_read_law(d, law, BLOCK, why, sizeof(why)) > 0)
		;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct decoder *d;
	char why[192] = "";

	check_wav(data, len);
	if (decode_open(&d, data, len, MAX_S, why, sizeof(why))) {
		if (!why[0])
			abort();
		return 0;
	}
	read_all(d);
	decode_close(d);
	return 0;
}
