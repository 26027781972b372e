/*
 * test_wav.c - the walk through a WAV file's chunks.
 * Needs: core/media/wav.c, core/base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>

#include "media/wav.h"
#include "recordings.h"

static const uint8_t audio[64] = { 1, 2, 3, 4, 5, 6, 7, 8 };
static char why[192];

static int parse(struct wav *w, struct file *f)
{
	/* A copy of the exact size, so that a sanitizer sees the end. */
	uint8_t *exact = malloc(f->len ? f->len : 1);
	int err;

	assert_non_null(exact);
	memcpy(exact, f->data, f->len);
	why[0] = '\0';
	err = wav_parse(w, exact, f->len, why, sizeof(why));
	free(exact);
	file_free(f);
	return err;
}

static void refused(struct file f, const char *sentence)
{
	struct wav w;

	assert_int_equal(parse(&w, &f), -EBADMSG);
	assert_non_null(strstr(why, sentence));
}

static void wav_finds_its_audio(void **state)
{
	struct file f = wav_make(1, 2, 44100, 24, audio, 60);
	struct wav w;

	(void)state;
	assert_int_equal(parse(&w, &f), 0);
	assert_int_equal(w.tag, WAV_PCM);
	assert_int_equal(w.channels, 2);
	assert_int_equal(w.rate, 44100);
	assert_int_equal(w.bits, 24);
	assert_int_equal(w.offset, 44);
	assert_int_equal(w.len, 60);
}

static void wav_leaves_out_half_a_frame(void **state)
{
	struct file f = wav_make(1, 1, 8000, 16, audio, 63);
	struct wav w;

	(void)state;
	assert_int_equal(parse(&w, &f), 0);
	assert_int_equal(w.len, 62);
}

static void wav_steps_over_odd_chunks(void **state)
{
	struct file f;
	struct wav w;

	(void)state;
	file_riff(&f, 0x100);
	file_chunk(&f, "LIST", 3, audio, 4);	/* padded to an even place */
	file_fmt(&f, 7, 1, 8000, 8);
	file_chunk(&f, "fact", 4, audio, 4);
	file_chunk(&f, "data", 64, audio, 64);
	file_chunk(&f, "junk", 0xffffffff, NULL, 0);	/* behind: no matter */
	assert_int_equal(parse(&w, &f), 0);
	assert_int_equal(w.tag, WAV_MULAW);
	assert_int_equal(w.len, 64);
}

static void wav_reads_the_extensible_tag(void **state)
{
	struct file f;
	struct wav w;

	(void)state;
	file_riff(&f, 0x100);
	file_chunk(&f, "fmt ", 40, NULL, 0);
	file_put16(&f, 0xfffe);
	file_put16(&f, 1);
	file_put32(&f, 16000);
	file_put32(&f, 64000);
	file_put16(&f, 4);
	file_put16(&f, 32);
	file_put16(&f, 22);
	file_put16(&f, 32);
	file_put32(&f, 4);
	file_put16(&f, 3);
	file_put(&f, audio, 14);
	file_chunk(&f, "data", 64, audio, 64);
	assert_int_equal(parse(&w, &f), 0);
	assert_int_equal(w.tag, WAV_FLOAT);
	assert_int_equal(w.bits, 32);
}

static struct file streamed(uint32_t riff_len, uint32_t data_len)
{
	struct file f;

	file_riff(&f, riff_len);
	file_fmt(&f, 1, 1, 8000, 16);
	file_chunk(&f, "data", data_len, audio, 64);
	return f;
}

static void wav_takes_a_streams_open_length(void **state)
{
	static const uint32_t open_lengths[][2] = {
		{ 0xffffffff, 0xffffffff }, { 0x7ffff024, 0x7ffff000 },
		{ 0x7fffffff, 0x7fffffff }, { 0, 0 }, { 36, 0 },
		{ 0xffffffff, 0xffffffdb },
	};
	struct wav w;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		struct file f = streamed(open_lengths[i][0],
					 open_lengths[i][1]);

		assert_int_equal(parse(&w, &f), 0);
		assert_int_equal(w.len, 64);
	}
}

static void wav_refuses_other_lengths_past_the_end(void **state)
{
	(void)state;
	refused(streamed(100, 1 << 20),
		"truncated: 1048576 bytes of audio announced, 64 there");
	refused(streamed(100, 66), "truncated");
	refused(streamed(100, 0x80000000), "truncated");
}

static void wav_without_audio_is_refused(void **state)
{
	struct file f;

	(void)state;
	refused(wav_make(1, 1, 8000, 16, NULL, 0), "no audio");
	refused(wav_make(1, 1, 8000, 16, audio, 1), "no audio");
	file_riff(&f, 28);
	file_fmt(&f, 1, 1, 8000, 16);
	refused(f, "no audio");
	file_riff(&f, 4);
	refused(f, "no audio");
	memset(&f, 0, sizeof(f));
	file_put(&f, "RIFF", 4);
	refused(f, "not a WAV");
}

static void wav_with_impossible_figures_is_refused(void **state)
{
	(void)state;
	refused(wav_make(1, 0, 8000, 16, audio, 64), "0 channels");
	refused(wav_make(1, 65535, 8000, 16, audio, 64), "65535 channels");
	refused(wav_make(1, 1, 0, 16, audio, 64), "0 Hz");
	refused(wav_make(1, 1, 0xffffffff, 16, audio, 64), "4294967295 Hz");
	refused(wav_make(1, 1, 8000, 0, audio, 64), "0 bits");
	refused(wav_make(1, 1, 8000, 12, audio, 64), "12 bits");
	refused(wav_make(3, 1, 8000, 16, audio, 64), "16 bits");
	refused(wav_make(0x31, 1, 8000, 16, audio, 64), "tag 0x0031");
}

static void wav_frame_size_must_fit(void **state)
{
	struct file f = wav_make(1, 1, 8000, 16, audio, 64);

	(void)state;
	f.data[32] = 0;
	refused(f, "frames of 0 bytes");
}

static void wav_chunks_that_lie_are_refused(void **state)
{
	struct file f;

	(void)state;
	file_riff(&f, 100);
	file_chunk(&f, "fmt ", 0xfffffff0, audio, 16);
	refused(f, "truncated: a WAV chunk of 4294967280 bytes");
	file_riff(&f, 100);
	file_chunk(&f, "fmt ", 2, audio, 2);
	refused(f, "format chunk of 2 bytes");
	file_riff(&f, 100);
	file_chunk(&f, "data", 64, audio, 64);
	refused(f, "data before its format");
	file_riff(&f, 100);
	file_fmt(&f, 1, 1, 8000, 16);
	file_fmt(&f, 1, 1, 8000, 16);
	refused(f, "two format chunks");
}

static void wav_chunks_are_counted(void **state)
{
	struct file f;

	(void)state;
	file_riff(&f, 400036);
	file_fmt(&f, 1, 1, 8000, 16);
	for (int i = 0; i < 50000; i++)
		file_chunk(&f, "junk", 0, NULL, 0);
	file_chunk(&f, "data", 64, audio, 64);
	refused(f, "more than 1000 chunks");
}

static void wav_header_of_ours_parses_to_the_same(void **state)
{
	static const struct wav in[] = {
		{ WAV_PCM, 2, 48000, 24, 0, 600 },
		{ WAV_FLOAT, 1, 192000, 64, 0, 64 },
		{ WAV_ALAW, 1, 4000, 8, 0, 1 },
	};
	struct wav out;

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		uint8_t file[WAV_HEADER_MAX + 600] = {0};
		size_t head = wav_header(&in[i], file);

		assert_in_range(head, 44, WAV_HEADER_MAX);
		assert_int_equal(wav_parse(&out, file, head + in[i].len, why,
					   sizeof(why)), 0);
		assert_int_equal(out.tag, in[i].tag);
		assert_int_equal(out.channels, in[i].channels);
		assert_int_equal(out.rate, in[i].rate);
		assert_int_equal(out.bits, in[i].bits);
		assert_int_equal(out.offset, head);
		assert_int_equal(out.len, in[i].len);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wav_finds_its_audio),
		cmocka_unit_test(wav_leaves_out_half_a_frame),
		cmocka_unit_test(wav_steps_over_odd_chunks),
		cmocka_unit_test(wav_reads_the_extensible_tag),
		cmocka_unit_test(wav_takes_a_streams_open_length),
		cmocka_unit_test(wav_refuses_other_lengths_past_the_end),
		cmocka_unit_test(wav_without_audio_is_refused),
		cmocka_unit_test(wav_with_impossible_figures_is_refused),
		cmocka_unit_test(wav_frame_size_must_fit),
		cmocka_unit_test(wav_chunks_that_lie_are_refused),
		cmocka_unit_test(wav_chunks_are_counted),
		cmocka_unit_test(wav_header_of_ours_parses_to_the_same),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
