/*
 * test_mpeg.c - the frames of an MP3 follow each other, and all are there.
 * Needs: core/media/mpeg.c, core/base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "media/mpeg.h"

static uint8_t file[200000];
static size_t len, used;
static char why[192];

/* A frame of MPEG 1 layer III at 44.1 kHz, 128 kbit/s: 417 or 418 bytes.     */
static void put_frame(uint8_t padding, uint8_t mode)
{
	uint8_t *p = file + len;

	memset(p, 0, 418);
	p[0] = 0xff;
	p[1] = 0xfb;
	p[2] = (uint8_t)(0x90 | padding << 1);
	p[3] = (uint8_t)(mode << 6);
	len += 417u + padding;
}

static void put_frames(int n)
{
	while (n--)
		put_frame(0, 0);
}

/* Frames that the note says there are.                                       */
static void put_note(uint8_t frames)
{
	size_t at = len;

	put_frame(0, 0);
	memcpy(file + at + 36, "Xing\0\0\0\1\0\0\0", 11);
	file[at + 47] = frames;
}

static int walk(void)
{
	why[0] = '\0';
	return mpeg_walk(&used, file, len, why, sizeof(why));
}

static int again(void **state)
{
	(void)state;
	len = used = 0;
	return 0;
}

static void refused(int err, const char *sentence)
{
	assert_int_equal(walk(), err);
	if (!strstr(why, sentence))
		fail_msg("\"%s\" is not in \"%s\"", sentence, why);
}

static void mpeg_counts_padding_and_ends_before_a_tag(void **state)
{
	(void)state;
	put_frame(1, 0);
	put_frame(0, 1);
	put_frame(1, 2);
	memcpy(file + len, "TAGsomething", 12);
	len += 12;
	assert_int_equal(walk(), 0);
	assert_int_equal(used, 418 + 417 + 418);
}

static void mpeg_knows_the_rates_of_all_versions(void **state)
{
	static const struct { uint8_t head[4]; size_t size; } in[] = {
		{ { 0xff, 0xfb, 0x54, 0 }, 192 },	/* 1, 48 kHz, 64      */
		{ { 0xff, 0xfb, 0x58, 0 }, 288 },	/* 1, 32 kHz, 64      */
		{ { 0xff, 0xf3, 0x80, 0 }, 208 },	/* 2, 22.05 kHz, 64   */
		{ { 0xff, 0xf3, 0x88, 0 }, 288 },	/* 2, 16 kHz, 64      */
		{ { 0xff, 0xe3, 0x88, 0xc0 }, 576 },	/* 2.5, 8 kHz, 64     */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(in) / sizeof(in[0]); i++) {
		memset(file, 0, 2 * in[i].size);
		memcpy(file, in[i].head, 4);
		memcpy(file + in[i].size, in[i].head, 4);
		len = 2 * in[i].size;
		assert_int_equal(walk(), 0);
		assert_int_equal(used, len);
	}
}

static void mpeg_refuses_a_cut_in_a_frame(void **state)
{
	(void)state;
	put_frames(10);
	len--;
	refused(-EBADMSG, "truncated: the last MP3 frame, at byte 3753, ");
	len = 4;
	refused(-EBADMSG, "truncated: the last MP3 frame, at byte 0, ");
}

static void mpeg_refuses_a_note_that_is_wrong(void **state)
{
	(void)state;
	put_note(9);
	put_frames(9);
	assert_int_equal(walk(), 0);
	file[47] = 10;			/* counts itself                      */
	assert_int_equal(walk(), 0);
	file[47] = 11;
	refused(-EBADMSG, "truncated: an MP3 of 11 frames by its own header, 9 "
		"are there");
	file[47] = 8;
	refused(-EBADMSG, "joined files: an MP3 of 8 frames");
	len = 40;
	refused(-EBADMSG, "truncated");
}

static void mpeg_refuses_a_stream_that_changes(void **state)
{
	(void)state;
	put_frames(5);
	put_frame(0, 3);		/* mono now                           */
	put_frames(200);
	refused(-EBADMSG, "the MP3 is damaged after 2085 bytes");
}

static void mpeg_refuses_other_layers_and_free_format(void **state)
{
	(void)state;
	put_frames(2);
	file[1] = 0xfd;
	assert_true(mpeg_is(file, len));
	refused(-ENOTSUP, "not MP3 (layer III)");
	file[1] = 0xfb;
	file[2] = 0;
	refused(-ENOTSUP, "of free format");
}

static void mpeg_is_none_without_all_of_its_header(void **state)
{
	static const uint8_t bad[][4] = {
		{ 0xff, 0xf1, 0x50, 0x80 },	/* AAC                        */
		{ 0xff, 0xfb, 0xf0, 0 },	/* no such bit rate           */
		{ 0xff, 0xfb, 0x9c, 0 },	/* no such sample rate        */
		{ 0xff, 0xeb, 0x90, 0 },	/* no such version            */
		{ 0xff, 0x1b, 0x90, 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(mpeg_is(bad[i], 4));
	put_frames(1);
	assert_true(mpeg_is(file, 4));
	assert_false(mpeg_is(file, 3));
}

#define TEST(f) cmocka_unit_test_setup(f, again)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(mpeg_counts_padding_and_ends_before_a_tag),
		TEST(mpeg_knows_the_rates_of_all_versions),
		TEST(mpeg_refuses_a_cut_in_a_frame),
		TEST(mpeg_refuses_a_note_that_is_wrong),
		TEST(mpeg_refuses_a_stream_that_changes),
		TEST(mpeg_refuses_other_layers_and_free_format),
		TEST(mpeg_is_none_without_all_of_its_header),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
