/*
 * test_frames_file.c - frames as a file, and back.
 * Needs: core/media/{frames_file,content,encode}.c, core/base; -lcrypto.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "codec_doubles.h"
#include "media/encode.h"
#include "media/frames_file.h"

enum { FRAMES = 5, CAP = 1024 };

static uint8_t file[CAP];
static size_t len;
static struct frames_key key;

static void write_file(const struct prompt_frames *f)
{
	size_t more = frames_offsets_bytes(f);
	struct frames_head h;

	memset(&key, 3, sizeof(key));
	key.coder.hash[0] = 4;
	assert_int_equal(frames_file_head(&h, &key, f, 77), 0);
	memcpy(file, &h, sizeof(h));
	memcpy(file + sizeof(h), f->data, f->len);
	if (more)
		memcpy(file + sizeof(h) + f->len, f->offsets, more);
	len = sizeof(h) + f->len + more;
}

/* The head's own sum put right again: what is left to be found out. */
static void seal(void)
{
	struct frames_head *h = (struct frames_head *)file;
	struct hasher *hasher;

	assert_int_equal(hasher_new(&hasher), 0);
	hasher_add(hasher, file, offsetof(struct frames_head, sum));
	hasher_add(hasher, file + sizeof(*h), len - sizeof(*h));
	assert_int_equal(hasher_end(hasher, &h->sum), 0);
	hasher_free(hasher);
}

static int read_as(const struct cln_codec *codec, struct prompt_frames *f)
{
	uint8_t *exact = malloc(len ? len : 1);
	uint32_t duration = 0;
	int err;

	assert_non_null(exact);
	memcpy(exact, file, len);
	err = frames_file_read(f, &duration, &key, codec, exact, len);
	if (!err)
		assert_int_equal(duration, 77);
	free(exact);
	return err;
}

static const uint8_t data[50] = "frames of ten bytes each, and what is in them";
static const uint32_t offsets[FRAMES + 1] = { 0, 4, 4, 5, 9, 10 };

static const struct prompt_frames even = {
	.codec = &framed_codec, .data = data, .len = 50, .n_frames = FRAMES,
	.samples = 399,
};
static const struct prompt_frames uneven = {
	.codec = &uneven_codec, .data = data, .len = 10, .n_frames = FRAMES,
	.offsets = offsets, .samples = 400,
};

static void what_is_written_is_read(void **state)
{
	struct prompt_frames f;

	(void)state;
	write_file(&even);
	assert_int_equal(read_as(&framed_codec, &f), 0);
	assert_ptr_equal(f.codec, &framed_codec);
	assert_int_equal(f.len, 50);
	assert_memory_equal(f.data, data, 50);
	assert_int_equal(f.n_frames, FRAMES);
	assert_int_equal(f.samples, 399);
	assert_null(f.offsets);
	frames_free(&f);
	write_file(&uneven);
	assert_int_equal(read_as(&uneven_codec, &f), 0);
	assert_memory_equal(f.offsets, offsets, sizeof(offsets));
	frames_free(&f);
}

static void anything_else_is_not(void **state)
{
	struct prompt_frames f;
	size_t whole;

	(void)state;
	write_file(&uneven);
	for (size_t i = 0; i < len; i++) {
		file[i] ^= 0x10;
		assert_int_equal(read_as(&uneven_codec, &f), -EBADMSG);
		file[i] ^= 0x10;
	}
	whole = len;
	for (len = 0; len < whole; len++)
		assert_int_equal(read_as(&uneven_codec, &f), -EBADMSG);
	len = whole + 1;
	assert_int_equal(read_as(&uneven_codec, &f), -EBADMSG);
}

static void frames_of_others_are_not_taken(void **state)
{
	struct prompt_frames f;

	(void)state;
	write_file(&even);
	key.content.hash[0]++;
	assert_int_equal(read_as(&framed_codec, &f), -EBADMSG);
	write_file(&even);
	key.coder.hash[31]++;
	assert_int_equal(read_as(&framed_codec, &f), -EBADMSG);
	/* Of a codec whose frames are longer. */
	write_file(&even);
	assert_int_equal(read_as(&uneven_codec, &f), -EBADMSG);
}

static void lengths_that_lie_are_found_out(void **state)
{
	struct frames_head *h = (struct frames_head *)file;
	static const uint64_t lies[] = { 0, 1, 9, 11, 1 << 20, UINT32_MAX,
		UINT64_MAX, UINT64_MAX / 4, UINT64_MAX / 4 - 1 };
	struct prompt_frames f;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		write_file(&uneven);
		h->len = lies[i];
		seal();
		assert_int_equal(read_as(&uneven_codec, &f), -EBADMSG);
		write_file(&uneven);
		h->n_frames = lies[i];
		seal();
		assert_int_equal(read_as(&uneven_codec, &f), -EBADMSG);
		write_file(&even);
		h->n_frames = lies[i];
		seal();
		assert_int_equal(read_as(&framed_codec, &f), -EBADMSG);
	}
	write_file(&even);
	h->has_offsets = 1;
	seal();
	assert_int_equal(read_as(&framed_codec, &f), -EBADMSG);
}

static void offsets_that_lie_are_found_out(void **state)
{
	static const uint32_t lies[][FRAMES + 1] = {
		{ 1, 4, 4, 5, 9, 10 }, { 0, 4, 3, 5, 9, 10 },
		{ 0, 5, 5, 5, 9, 10 }, { 0, 4, 4, 5, 9, 9 },
		{ 0, 4, 4, 5, UINT32_MAX, 10 },
	};
	struct prompt_frames f;

	(void)state;
	for (size_t i = 0; i < sizeof(lies) / sizeof(lies[0]); i++) {
		write_file(&uneven);
		memcpy(file + len - sizeof(lies[i]), lies[i], sizeof(lies[i]));
		seal();
		assert_int_equal(read_as(&uneven_codec, &f), -EBADMSG);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_written_is_read),
		cmocka_unit_test(anything_else_is_not),
		cmocka_unit_test(frames_of_others_are_not_taken),
		cmocka_unit_test(lengths_that_lie_are_found_out),
		cmocka_unit_test(offsets_that_lie_are_found_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
