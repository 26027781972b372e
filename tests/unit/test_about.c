/*
 * test_about.c - what an uploaded recording is, as a file, and back.
 * Needs: core/media/{about,record,origin,content}.c, core/base; -lcrypto.
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

#include "base/str.h"
#include "media/about.h"
#include "media/record.h"

static struct buf b;
static struct content content;

static int setup(void **state)
{
	struct cln_prompt_info info = {
		.size = sizeof(info), .name = "Gr\xc3\xbc\xc3\x9f Gott",
		.format = "wav pcm_16", .rate = 48000, .channels = 2,
		.bytes = 123456789012, .duration_ms = 3500,
		.created_at = 1795427483000,
	};

	(void)state;
	assert_int_equal(content_of(&content, "abc", 3), 0);
	buf_init(&b, ABOUT_LEN_MAX);
	about_write(&b, &info, &content);
	assert_int_equal(b.err, 0);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_deinit(&b);
	return 0;
}

static void what_is_written_is_read(void **state)
{
	struct cln_prompt_info info;
	struct content c;

	(void)state;
	assert_int_equal(about_read(&info, &c, b.data, b.len), 0);
	assert_true(content_is(&c, &content));
	assert_int_equal(info.size, sizeof(info));
	assert_string_equal(info.id, "ba7816bf8f01cfea414140de5dae2223");
	assert_string_equal(info.name, "Gr\xc3\xbc\xc3\x9f Gott");
	assert_string_equal(info.format, "wav pcm_16");
	assert_int_equal(info.rate, 48000);
	assert_int_equal(info.channels, 2);
	assert_true(info.bytes == 123456789012);
	assert_true(info.duration_ms == 3500);
	assert_true(info.created_at == 1795427483000);
}

static void no_name_is_one_too(void **state)
{
	struct cln_prompt_info info = { .format = "mp3" };
	struct content c;

	(void)state;
	buf_reset(&b);
	about_write(&b, &info, &content);
	assert_int_equal(about_read(&info, &c, b.data, b.len), 0);
	assert_string_equal(info.name, "");
}

static void anything_else_is_nothing(void **state)
{
	struct cln_prompt_info info;
	struct content c;

	(void)state;
	for (size_t i = 0; i < b.len; i++) {
		char *copy = malloc(b.len);

		assert_non_null(copy);
		memcpy(copy, b.data, b.len);
		copy[i] ^= 2;
		assert_int_equal(about_read(&info, &c, copy, b.len), -EBADMSG);
		assert_int_equal(about_read(&info, &c, b.data, i), -EBADMSG);
		free(copy);
	}
}

static void sealed_nonsense_is_nothing(void **state)
{
	struct cln_prompt_info info;
	struct content c;

	(void)state;
	buf_reset(&b);
	buf_puts(&b, "carillon-prompt 1\ncontent 12\n");
	record_seal(&b);
	assert_int_equal(about_read(&info, &c, b.data, b.len), -EBADMSG);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(no_name_is_one_too),
		TEST(anything_else_is_nothing),
		TEST(sealed_nonsense_is_nothing),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
