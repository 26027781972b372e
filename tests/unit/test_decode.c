/*
 * test_decode.c - files of every promised format into mono 16-bit PCM.
 * Needs: core/media/{decode,wav}.c, core/base; -lsndfile -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "media/decode.h"
#include "recordings.h"

#define MAX_S 10

static char why[192];
static int16_t pcm[300000];

/* Decodes all of f into pcm; frames, or -errno. Takes f. */
static ssize_t decode_all(struct file f, unsigned int *rate)
{
	uint8_t *exact = malloc(f.len ? f.len : 1);
	struct decoder *d = NULL;
	ssize_t n = 0, got = 0;
	int err;

	assert_non_null(exact);
	if (f.len)
		memcpy(exact, f.data, f.len);
	why[0] = '\0';
	err = decode_open(&d, exact, f.len, MAX_S, why, sizeof(why));
	while (!err && (n = decode_read(d, pcm + got, 777, why,
					sizeof(why))) > 0)
		got += n;
	if (!err && rate)
		*rate = decode_rate(d);
	decode_close(d);
	free(exact);
	file_free(&f);
	if (err || n)
		assert_string_not_equal(why, "");
	return err ? err : n ? n : got;
}

static void refused(struct file f, int err, const char *sentence)
{
	assert_int_equal(decode_all(f, NULL), err);
	assert_non_null(strstr(why, sentence));
}

static void decode_leaves_16_bit_mono_untouched(void **state)
{
	static int16_t in[65536];
	unsigned int rate;

	(void)state;
	for (int i = 0; i < 65536; i++)
		in[i] = (int16_t)(i - 32768);
	assert_int_equal(decode_all(wav_pcm(8000, in, 65536), &rate), 65536);
	assert_int_equal(rate, 8000);
	assert_memory_equal(pcm, in, sizeof(in));
}

static void decode_averages_two_channels(void **state)
{
	static const int16_t in[] = { 100, 300, -5, -5, 32767, 32767,
				      -32768, -32768, 32767, -32768 };

	(void)state;
	assert_int_equal(decode_all(wav_make(1, 2, 8000, 16, in, sizeof(in)),
				    NULL), 5);
	assert_int_equal(pcm[0], 200);
	assert_int_equal(pcm[1], -5);
	assert_int_equal(pcm[2], 32767);
	assert_int_equal(pcm[3], -32768);
	assert_in_range(pcm[4] + 1, 0, 1);
}

static void decode_rounds_wide_samples(void **state)
{
	/* 24 bits: 1.5, 1.49.., -1.5, the largest, the smallest. */
	static const uint8_t in[] = { 0x80, 1, 0, 0x7f, 1, 0, 0x80, 0xfe, 0xff,
				      0xff, 0xff, 0x7f, 0, 0, 0x80 };

	(void)state;
	assert_int_equal(decode_all(wav_make(1, 1, 8000, 24, in, sizeof(in)),
				    NULL), 5);
	assert_int_equal(pcm[0], 2);
	assert_int_equal(pcm[1], 1);
	assert_int_equal(pcm[2], -1);
	assert_int_equal(pcm[3], 32767);
	assert_int_equal(pcm[4], -32768);
}

static void decode_reads_8_and_32_bits(void **state)
{
	static const uint8_t in8[] = { 0, 128, 255 };
	static const int32_t in32[] = { 5 << 16, INT32_MAX, INT32_MIN };

	(void)state;
	assert_int_equal(decode_all(wav_make(1, 1, 8000, 8, in8, 3), NULL), 3);
	assert_int_equal(pcm[0], -32768);
	assert_int_equal(pcm[1], 0);
	assert_int_equal(pcm[2], 127 << 8);
	assert_int_equal(decode_all(wav_make(1, 1, 8000, 32, in32, 12), NULL),
			 3);
	assert_int_equal(pcm[0], 5);
	assert_int_equal(pcm[1], 32767);
	assert_int_equal(pcm[2], -32768);
}

static void decode_clips_floats_and_survives_nan(void **state)
{
	static const float in[] = { 0.5f, -1.0f, 1.0f, 7e20f, -7e20f, NAN,
				    INFINITY, -INFINITY };
	static const double in64[] = { -0.25, 1e300 };

	(void)state;
	assert_int_equal(decode_all(wav_make(3, 1, 8000, 32, in, sizeof(in)),
				    NULL), 8);
	assert_int_equal(pcm[0], 16384);
	assert_int_equal(pcm[1], -32768);
	assert_int_equal(pcm[2], 32767);
	assert_int_equal(pcm[3], 32767);
	assert_int_equal(pcm[4], -32768);
	assert_int_equal(pcm[5], 0);
	assert_int_equal(pcm[6], 32767);
	assert_int_equal(pcm[7], -32768);
	assert_int_equal(decode_all(wav_make(3, 1, 8000, 64, in64, 16), NULL),
			 2);
	assert_int_equal(pcm[0], -8192);
	assert_int_equal(pcm[1], 32767);
}

static void decode_gives_g711_bytes_as_they_are(void **state)
{
	uint8_t in[256], out[300];
	struct decoder *d;
	struct file f;

	(void)state;
	for (int i = 0; i < 256; i++)
		in[i] = (uint8_t)i;
	f = wav_make(7, 1, 8000, 8, in, 256);
	assert_int_equal(decode_open(&d, f.data, f.len, MAX_S, why,
				     sizeof(why)), 0);
	assert_int_equal(decode_law(d), LAW_MULAW);
	assert_int_equal(decode_read(d, pcm, 100, why, sizeof(why)), 100);
	assert_int_equal(pcm[0], -32124);
	assert_int_equal(decode_rewind(d), 0);
	assert_int_equal(decode_read_law(d, out, 300, why, sizeof(why)), 256);
	assert_memory_equal(in, out, 256);
	assert_int_equal(decode_read_law(d, out, 300, why, sizeof(why)), 0);
	decode_close(d);
	file_free(&f);
}

static void decode_knows_the_law(void **state)
{
	static const struct { unsigned int tag, channels; enum law law; } in[] =
		{ { 6, 1, LAW_ALAW }, { 6, 2, LAW_NONE }, { 7, 2, LAW_NONE } };
	struct decoder *d;

	(void)state;
	for (int i = 0; i < 3; i++) {
		struct file f = wav_make(in[i].tag, in[i].channels, 8000, 8,
					 "abcd", 4);

		assert_int_equal(decode_open(&d, f.data, f.len, MAX_S, why,
					     sizeof(why)), 0);
		assert_int_equal(decode_law(d), in[i].law);
		decode_close(d);
		file_free(&f);
	}
}

static float *float_tone(size_t n, int channels, double rate)
{
	float *t = calloc(n * (size_t)channels, sizeof(*t));

	assert_non_null(t);
	for (size_t i = 0; i < n * (size_t)channels; i++)
		t[i] = (float)(0.3 * sin(2 * M_PI * 440 *
					 (double)(i / (size_t)channels) /
					 rate));
	return t;
}

static double level(size_t from, size_t to)
{
	double sum = 0;

	for (size_t i = from; i < to; i++)
		sum += (double)pcm[i] * pcm[i];
	return sqrt(sum / (double)(to - from));
}

static void decode_reads_compressed_formats(void **state)
{
	static const struct { int format, channels, rate, slack; } in[] = {
		{ SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, 16000, 0 },
		{ SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 2, 44100, 0 },
		{ SF_FORMAT_OGG | SF_FORMAT_VORBIS, 2, 44100, 0 },
		{ SF_FORMAT_OGG | SF_FORMAT_OPUS, 1, 48000, 0 },
		{ SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 1, 44100, 2304 },
		{ SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 2, 16000, 2304 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		size_t n = (size_t)in[i].rate * 2;
		float *t = float_tone(n, in[i].channels, in[i].rate);
		struct file f = sound_make(in[i].format, in[i].channels,
					   in[i].rate, t, n);
		unsigned int rate = 0;
		ssize_t got;

		free(t);
		if (!f.len)	/* this libsndfile does not write it */
			continue;
		got = decode_all(f, &rate);
		assert_int_equal(rate, in[i].rate);
		assert_in_range(got, n - (size_t)in[i].slack,
				n + (size_t)in[i].slack);
		/* 0.3 * 32768 / sqrt(2) */
		assert_in_range(level(n / 4, n / 2), 6700, 7200);
	}
}

static struct file mp3_make(size_t seconds)
{
	size_t n = 44100 * seconds;
	float *t = float_tone(n, 1, 44100);
	struct file f;

	/* A varying bit rate, so that the first frame tells no length. */
	for (size_t i = n / 4; i < n; i++)
		t[i] += (float)(i * 2654435761u % 1000) / 4000;
	f = sound_make(SF_FORMAT_MPEG | SF_FORMAT_MPEG_LAYER_III, 1, 44100, t,
		       n);
	free(t);
	return f;
}

/* The first frame is no audio but the encoder's own notes. */
static void drop_first_frame(struct file *f)
{
	size_t at = 4;

	while (at + 2 < f->len && memcmp(f->data + at, f->data, 2))
		at++;
	f->len -= at;
	memmove(f->data, f->data + at, f->len);
}

static void decode_reads_mp3_to_its_end_without_a_length(void **state)
{
	struct file f = mp3_make(5);

	(void)state;
	if (!f.len)
		skip();
	drop_first_frame(&f);
	assert_in_range(decode_all(f, NULL), 5 * 44100, 5 * 44100 + 4 * 1152);
}

static void decode_notices_where_an_mp3_is_lost(void **state)
{
	struct file f = mp3_make(4);
	size_t len = f.len;

	(void)state;
	if (!f.len)
		skip();
	for (int i = 0; i < 10; i++) {
		f.pos = f.len;
		for (size_t k = 0; k < 10000; k++)
			file_put(&f, "\x55", 1);
	}
	drop_first_frame(&f);
	assert_true(len > 20000);
	refused(f, -EBADMSG, "the MP3 is damaged after ");
}

static void decode_refuses_other_formats(void **state)
{
	float *t = float_tone(8000, 1, 8000);
	struct file f = {0};

	(void)state;
	refused(f, -ENOTSUP, "not a recording in");
	file_put(&f, "this is no audio at all\n", 24);
	refused(f, -ENOTSUP, "not a recording in");
	refused(sound_make(SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 1, 8000, t, 800),
		-ENOTSUP, "not a recording in");
	free(t);
}

/* Behind a tag the same is looked for: libsndfile would take what it finds.  */
static struct file behind_a_tag(struct file inner)
{
	struct file f = {0};

	file_put(&f, "ID3\x03\0\0\0\0\0\x0a", 10);
	file_put(&f, "\0\0\0\0\0\0\0\0\0\0", 10);
	file_put(&f, inner.data, inner.len);
	file_free(&inner);
	return f;
}

static void decode_looks_behind_an_id3_tag(void **state)
{
	static const int16_t in[100];
	float *t = float_tone(8000, 1, 8000);

	(void)state;
	assert_int_equal(decode_all(behind_a_tag(wav_pcm(8000, in, 100)),
				    NULL), 100);
	refused(behind_a_tag(sound_make(SF_FORMAT_AIFF | SF_FORMAT_PCM_16, 1,
					8000, t, 800)), -ENOTSUP,
		"an AIFF file, not a recording in");
	free(t);
}

static void decode_rounds_real_numbers_as_whole_ones(void **state)
{
	/* Halves go upward, in any format and of any sign.                   */
	static const float in[] = { 1.5f / 32768, -1.5f / 32768,
				    2.5f / 32768, -2.5f / 32768 };
	static const double fine[] = { 1.49999999999 / 32768 };
	static const int16_t two[] = { 2, 3, -2, -3 };

	(void)state;
	assert_int_equal(decode_all(wav_make(3, 1, 8000, 32, in, sizeof(in)),
				    NULL), 4);
	assert_int_equal(pcm[0], 2);
	assert_int_equal(pcm[1], -1);
	assert_int_equal(pcm[2], 3);
	assert_int_equal(pcm[3], -2);
	assert_int_equal(decode_all(wav_make(3, 1, 8000, 64, fine,
					     sizeof(fine)), NULL), 1);
	assert_int_equal(pcm[0], 1);
	assert_int_equal(decode_all(wav_make(1, 2, 8000, 16, two, sizeof(two)),
				    NULL), 2);
	assert_int_equal(pcm[0], 3);
	assert_int_equal(pcm[1], -2);
}

static void format_is(struct file f, const char *name, unsigned int channels)
{
	struct decoder *d;

	assert_int_equal(decode_open(&d, f.data, f.len, MAX_S, why,
				     sizeof(why)), 0);
	assert_string_equal(decode_format(d), name);
	assert_int_equal(decode_channels(d), channels);
	decode_close(d);
	file_free(&f);
}

static void decode_names_the_format(void **state)
{
	float *t = float_tone(1000, 2, 8000);

	(void)state;
	format_is(wav_make(1, 2, 8000, 16, t, 400), "wav pcm_16", 2);
	format_is(wav_make(3, 1, 8000, 64, t, 400), "wav float_64", 1);
	format_is(wav_make(7, 1, 8000, 8, t, 400), "wav mulaw", 1);
	format_is(sound_make(SF_FORMAT_FLAC | SF_FORMAT_PCM_24, 2, 8000, t,
			     1000), "flac", 2);
	format_is(sound_make(SF_FORMAT_OGG | SF_FORMAT_OPUS, 1, 8000, t,
			     1000), "ogg opus", 1);
	format_is(sound_make(SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1, 8000, t,
			     1000), "ogg vorbis", 1);
	free(t);
}

static void decode_stops_at_the_longest_duration(void **state)
{
	size_t n = 8000 * MAX_S + 1;
	int16_t *in = calloc(n, sizeof(*in));
	float *t = calloc(n, sizeof(*t));

	(void)state;
	assert_non_null(in);
	assert_int_equal(decode_all(wav_pcm(8000, in, n - 1), NULL), n - 1);
	refused(wav_pcm(8000, in, n), -EFBIG, "longer than 10 s");
	refused(sound_make(SF_FORMAT_OGG | SF_FORMAT_VORBIS, 1, 8000, t, n),
		-EFBIG, "longer than 10 s");
	free(in);
	free(t);
}

static void decode_refuses_a_flac_cut_short(void **state)
{
	float *t = float_tone(32000, 1, 16000);
	struct file f = sound_make(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, 16000,
				   t, 32000);

	(void)state;
	free(t);
	f.len /= 2;
	assert_int_equal(decode_all(f, NULL), -EBADMSG);
}

static void decode_refuses_many_channels_and_odd_rates(void **state)
{
	float *t = float_tone(8000, 6, 8000);

	(void)state;
	refused(sound_make(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 6, 8000, t, 8000),
		-EBADMSG, "6 channels");
	refused(sound_make(SF_FORMAT_FLAC | SF_FORMAT_PCM_16, 1, 1000, t, 8000),
		-EBADMSG, "1000 Hz");
	free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(decode_leaves_16_bit_mono_untouched),
		cmocka_unit_test(decode_averages_two_channels),
		cmocka_unit_test(decode_rounds_wide_samples),
		cmocka_unit_test(decode_reads_8_and_32_bits),
		cmocka_unit_test(decode_clips_floats_and_survives_nan),
		cmocka_unit_test(decode_gives_g711_bytes_as_they_are),
		cmocka_unit_test(decode_knows_the_law),
		cmocka_unit_test(decode_reads_compressed_formats),
		cmocka_unit_test(decode_reads_mp3_to_its_end_without_a_length),
		cmocka_unit_test(decode_notices_where_an_mp3_is_lost),
		cmocka_unit_test(decode_refuses_other_formats),
		cmocka_unit_test(decode_looks_behind_an_id3_tag),
		cmocka_unit_test(decode_rounds_real_numbers_as_whole_ones),
		cmocka_unit_test(decode_names_the_format),
		cmocka_unit_test(decode_stops_at_the_longest_duration),
		cmocka_unit_test(decode_refuses_a_flac_cut_short),
		cmocka_unit_test(decode_refuses_many_channels_and_odd_rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
