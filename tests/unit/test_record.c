/*
 * test_record.c - an origin as a file, and back.
 * Needs: core/media/{record,origin,content}.c, core/base; -lcrypto.
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
#include "media/access.h"
#include "media/record.h"

static struct buf b;

static int setup(void **state)
{
	(void)state;
	buf_init(&b, RECORD_LEN_MAX);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	buf_deinit(&b);
	return 0;
}

static struct origin *make(const char *url, const char *etag,
			   const char *modified)
{
	struct origin *o;

	assert_int_equal(origin_new(&o, url, "http://b/x", etag, modified), 0);
	memset(o->content.hash, 0x5a, CONTENT_LEN);
	o->fetched_ms = 1795427483000;
	o->fresh_until_ms = 1795427543000;
	o->stale_until_ms = 1795427544000;
	return o;
}

static struct origin *there_and_back(struct origin *o)
{
	struct origin *back;

	buf_reset(&b);
	record_write(&b, o);
	assert_int_equal(b.err, 0);
	origin_free(o);
	assert_int_equal(record_read(&back, b.data, b.len), 0);
	return back;
}

static void what_is_written_is_read(void **state)
{
	struct origin *o = there_and_back(make("http://a/?b=c d", "W/\"1\"",
					       "Mon, 23 Nov 2026"));

	(void)state;
	assert_string_equal(o->url, "http://a/?b=c d");
	assert_string_equal(o->from, "http://b/x");
	assert_string_equal(o->etag, "W/\"1\"");
	assert_string_equal(o->modified, "Mon, 23 Nov 2026");
	assert_int_equal(o->content.hash[31], 0x5a);
	assert_true(o->fetched_ms == 1795427483000);
	assert_true(o->fresh_until_ms == 1795427543000);
	assert_true(o->stale_until_ms == 1795427544000);
	origin_free(o);
}

static void validators_that_fit_no_line_are_left_out(void **state)
{
	char longest[VALIDATOR_LEN_MAX + 2];
	struct origin *o;

	(void)state;
	memset(longest, 'x', sizeof(longest));
	longest[VALIDATOR_LEN_MAX + 1] = '\0';
	o = there_and_back(make("u", "a\nfetched 1", longest));
	assert_null(o->etag);
	assert_null(o->modified);
	origin_free(o);
	longest[VALIDATOR_LEN_MAX] = '\0';
	o = there_and_back(make("u", NULL, longest));
	assert_string_equal(o->modified, longest);
	origin_free(o);
}

static void the_longest_of_all_fits(void **state)
{
	char url[CLN_URL_MAX + 1], text[VALIDATOR_LEN_MAX + 1];
	struct origin *o;

	(void)state;
	memset(url, 'u', CLN_URL_MAX);
	url[CLN_URL_MAX] = '\0';
	memset(text, 't', VALIDATOR_LEN_MAX);
	text[VALIDATOR_LEN_MAX] = '\0';
	o = make(url, text, text);
	assert_int_equal(str_set(&o->from, url), 0);
	o = there_and_back(o);
	assert_string_equal(o->from, url);
	origin_free(o);
}

/* Every byte turned around, every length cut: never read, never a crash. */
static void anything_else_is_no_record(void **state)
{
	struct origin *o = make("http://a/", "\"e\"", NULL), *back;
	char *copy;

	(void)state;
	record_write(&b, o);
	origin_free(o);
	for (size_t i = 0; i < b.len; i++) {
		copy = malloc(b.len);
		assert_non_null(copy);
		memcpy(copy, b.data, b.len);
		copy[i] ^= 1;
		assert_int_equal(record_read(&back, copy, b.len), -EBADMSG);
		free(copy);
		copy = malloc(i + 1);
		assert_non_null(copy);
		memcpy(copy, b.data, i);
		assert_int_equal(record_read(&back, copy, i), -EBADMSG);
		free(copy);
	}
}

/* A seal is no secret: what is sealed may still be wrong. */
static void sealed_nonsense_is_no_record(void **state)
{
	static const char short_hash[] =
		"carillon-url 1\nurl a\nfrom a\ncontent 00\nfetched 1\n"
		"fresh-until 1\nstale-until 1\n";
	const char *const in[] = {
		"", "carillon-url 1\n", "carillon-url 2\nurl a\n",
		short_hash, "carillon-url 1\nurl \n",
	};
	struct origin *o;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		buf_reset(&b);
		buf_puts(&b, in[i]);
		record_seal(&b);
		assert_int_equal(record_read(&o, b.data, b.len), -EBADMSG);
	}
}

static void nothing_is_believed_for_longer_than_ever(void **state)
{
	static const struct { int64_t fetched, fresh, stale; int err; } in[] = {
		{ 1, 1, 1, 0 }, { 7, 86400007, 172800007, 0 },
		{ 7, 86400008, 86400008, -EBADMSG }, { 7, 6, 8, -EBADMSG },
		{ 7, 8, 7, -EBADMSG }, { 7, 8, 86400009, -EBADMSG },
		{ 0, INT64_MAX, INT64_MAX, -EBADMSG },
		{ INT64_MAX, INT64_MAX, 0, -EBADMSG },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		struct origin *o = make("http://a/", NULL, NULL), *back = NULL;

		o->fetched_ms = in[i].fetched;
		o->fresh_until_ms = in[i].fresh;
		o->stale_until_ms = in[i].stale;
		buf_reset(&b);
		record_write(&b, o);
		assert_int_equal(record_read(&back, b.data, b.len), in[i].err);
		origin_free(back);
		origin_free(o);
	}
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(what_is_written_is_read),
		TEST(validators_that_fit_no_line_are_left_out),
		TEST(the_longest_of_all_fits),
		TEST(anything_else_is_no_record),
		TEST(sealed_nonsense_is_no_record),
		TEST(nothing_is_believed_for_longer_than_ever),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
