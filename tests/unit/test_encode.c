/*
 * test_encode.c - decoded recordings into frames of several codecs.
 * Needs: core/media/{encode,decode,resample,wav}.c, core/base;
 * -lsndfile -lspeexdsp -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "codec_doubles.h"
#include "media/encode.h"
#include "recordings.h"

static char why[192];
static atomic_bool stop;

static int encode(struct prompt_frames *frames,
		  const struct cln_codec *const *codecs, size_t n,
		  struct file *f)
{
	struct decoder *d;
	int err;

	assert_int_equal(decode_open(&d, f->data, f->len, 3600, why,
				     sizeof(why)), 0);
	err = encode_recording(frames, codecs, n, d, &stop, why, sizeof(why));
	decode_close(d);
	file_free(f);
	assert_int_equal(atomic_load(&framed_open), 0);
	return err;
}

static struct prompt_frames encode_one(const struct cln_codec *c, struct file f)
{
	struct prompt_frames frames;

	assert_int_equal(encode(&frames, &c, 1, &f), 0);
	assert_ptr_equal(frames.codec, c);
	return frames;
}

static void encode_passes_pcm_at_the_codecs_rate_untouched(void **state)
{
	static int16_t in[5001];
	struct prompt_frames f;

	(void)state;
	tone(in, 5001, 440, 8000);
	f = encode_one(&linear8_codec, wav_pcm(8000, in, 5001));
	assert_int_equal(f.len, sizeof(in));
	assert_int_equal(f.n_frames, 5001);
	assert_int_equal(f.samples, 5001);
	assert_null(f.offsets);
	assert_memory_equal(f.data, in, sizeof(in));
	frames_free(&f);
}

static void encode_copies_g711_into_the_same_law(void **state)
{
	uint8_t in[256];
	struct prompt_frames f;

	(void)state;
	for (int i = 0; i < 256; i++)
		in[i] = (uint8_t)i;	/* 0x7f is mu-law's negative zero */
	f = encode_one(&mulaw_codec, wav_make(7, 1, 8000, 8, in, 256));
	assert_int_equal(f.len, 256);
	assert_int_equal(f.samples, 256);
	assert_memory_equal(f.data, in, 256);
	frames_free(&f);
}

static void encode_converts_another_law_by_way_of_pcm(void **state)
{
	uint8_t in[256];
	struct prompt_frames f;

	(void)state;
	for (int i = 0; i < 256; i++)
		in[i] = (uint8_t)i;
	f = encode_one(&mulaw_codec, wav_make(6, 1, 8000, 8, in, 256));
	assert_int_equal(f.len, 256);
	assert_int_equal(f.data[0xd5], 0xfe);	/* A-law 8 is mu-law 8 */
	frames_free(&f);
	f = encode_one(&mulaw_codec, wav_make(7, 1, 16000, 8, in, 256));
	assert_int_equal(f.len, 128);
	frames_free(&f);
}

static void encode_serves_several_codecs_at_once(void **state)
{
	const struct cln_codec *codecs[] = { &mulaw_codec, &linear16_codec,
					     &framed_codec };
	struct prompt_frames frames[3];
	static int16_t in[44100];
	struct file f;

	(void)state;
	tone(in, 44100, 440, 44100);
	f = wav_pcm(44100, in, 44100);
	assert_int_equal(encode(frames, codecs, 3, &f), 0);
	assert_int_equal(frames[0].samples, 8000);
	assert_int_equal(frames[0].len, 8000);
	assert_int_equal(frames[1].samples, 16000);
	assert_int_equal(frames[1].len, 32000);
	assert_int_equal(frames[2].samples, 8000);
	for (int i = 0; i < 3; i++)
		frames_free(&frames[i]);
}

static void encode_pads_the_last_frame_and_adds_40_ms_of_rest(void **state)
{
	static int16_t in[165];
	struct prompt_frames f;

	(void)state;
	tone(in, 165, 440, 8000);
	f = encode_one(&framed_codec, wav_pcm(8000, in, 165));
	/* 165 + 320 samples are 6.06 frames of 80. */
	assert_int_equal(f.n_frames, 7);
	assert_int_equal(f.len, 70);
	assert_int_equal(f.samples, 165);
	assert_null(f.offsets);
	for (unsigned int i = 0; i < 7; i++) {
		assert_int_equal(f.data[i * 10], i);
		assert_int_equal(f.data[i * 10 + 1], i < 3);
	}
	frames_free(&f);
}

/* A codec with memory: each sample is told as what it differs by from 7/8 of the
 * one before, which encoder and decoder remember.                            */
static int memory_open(void **statep, const struct cln_codec_params *params)
{
	(void)params;
	*statep = calloc(1, sizeof(int));
	return *statep ? 0 : -ENOMEM;
}

static int memory_encode(void *state, const int16_t *pcm, size_t n,
			 uint8_t *out, size_t cap)
{
	int *last = state;

	if (n != 80 || cap < 320)
		return -EINVAL;
	for (size_t i = 0; i < n; i++) {
		int diff = pcm[i] - *last * 7 / 8;

		memcpy(out + 4 * i, &diff, 4);
		*last = pcm[i];
	}
	return 320;
}

static const struct cln_codec memory_codec = {
	.size = sizeof(struct cln_codec),
	.name = "MEMORY", .api_name = "memory",
	.clock_rate = 8000, .sample_rate = 8000, .channels = 1,
	.frame_samples = 80, .frame_bytes = 320, .ptime_ms = 20,
	.open = memory_open, .encode = memory_encode, .close = free,
};

static void memory_decode(int *last, const struct prompt_frames *f, int *out)
{
	for (size_t i = 0; i < f->n_frames * 80; i++) {
		int diff;

		memcpy(&diff, f->data + 4 * i, 4);
		out[i] = *last = diff + *last * 7 / 8;
	}
}

/* One decoder hears two recordings that were encoded apart.                  */
static void encode_lets_a_codec_with_memory_join_without_a_click(void **state)
{
	static int16_t one[807], two[400];
	static int heard[1200];
	struct prompt_frames a, b;
	int last = 0;

	(void)state;
	for (size_t i = 0; i < 807; i++)
		one[i] = 32000;		/* it ends at full height             */
	tone(two, 400, 440, 8000);
	a = encode_one(&memory_codec, wav_pcm(8000, one, 807));
	b = encode_one(&memory_codec, wav_pcm(8000, two, 400));
	assert_int_equal(a.n_frames, 15);	/* 807 + 320, up to a frame   */
	memory_decode(&last, &a, heard);
	for (size_t i = 0; i < 15 * 80; i++)
		assert_int_equal(heard[i], i < 807 ? 32000 : 0);
	memory_decode(&last, &b, heard);
	for (size_t i = 0; i < 400; i++)
		assert_int_equal(heard[i], two[i]);
	frames_free(&a);
	frames_free(&b);
}

static void encode_tells_where_uneven_frames_start(void **state)
{
	static int16_t in[250];
	struct prompt_frames f;

	(void)state;
	for (int i = 80; i < 160; i++)
		in[i] = 5;
	f = encode_one(&uneven_codec, wav_pcm(8000, in, 250));
	assert_int_equal(f.n_frames, 4);	/* no rest: stateless */
	assert_int_equal(f.len, 7);
	assert_non_null(f.offsets);
	assert_int_equal(f.offsets[0], 0);
	assert_int_equal(f.offsets[1], 1);
	assert_int_equal(f.offsets[2], 5);
	assert_int_equal(f.offsets[3], 6);
	assert_int_equal(f.offsets[4], 7);
	frames_free(&f);
}

static void encode_fails_for_all_when_one_codec_fails(void **state)
{
	const struct cln_codec *codecs[] = { &framed_codec, &failing_codec };
	struct prompt_frames frames[2];
	int16_t in[100] = {0};
	struct file f = wav_pcm(8000, in, 100);

	(void)state;
	assert_int_equal(encode(frames, codecs, 2, &f), -EINVAL);
	assert_non_null(strstr(why, "codec failing cannot be used"));
}

static void encode_without_a_sample_is_no_audio(void **state)
{
	const struct cln_codec *codec = &mulaw_codec;
	struct prompt_frames frames;
	int16_t in[5] = {0};
	struct file f = wav_pcm(192000, in, 5);

	(void)state;
	assert_int_equal(encode(&frames, &codec, 1, &f), -EBADMSG);
	assert_non_null(strstr(why, "no audio"));
}

static void encode_stops_when_told(void **state)
{
	const struct cln_codec *codec = &framed_codec;
	struct prompt_frames frames;
	static int16_t in[9000];
	struct file f = wav_pcm(8000, in, 9000);

	(void)state;
	atomic_store(&stop, true);
	assert_int_equal(encode(&frames, &codec, 1, &f), -ECANCELED);
	atomic_store(&stop, false);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(encode_passes_pcm_at_the_codecs_rate_untouched),
		cmocka_unit_test(encode_copies_g711_into_the_same_law),
		cmocka_unit_test(encode_converts_another_law_by_way_of_pcm),
		cmocka_unit_test(encode_serves_several_codecs_at_once),
		cmocka_unit_test(
			encode_pads_the_last_frame_and_adds_40_ms_of_rest),
		cmocka_unit_test(
			encode_lets_a_codec_with_memory_join_without_a_click),
		cmocka_unit_test(encode_tells_where_uneven_frames_start),
		cmocka_unit_test(encode_fails_for_all_when_one_codec_fails),
		cmocka_unit_test(encode_without_a_sample_is_no_audio),
		cmocka_unit_test(encode_stops_when_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
