/*
 * test_items_json.c - a playlist as text and back.
 * Needs: core/store/items_json.c, base; libjansson.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "base/str.h"
#include "store/items_json.h"

static struct cln_item *back;
static size_t n_back;

static void there_and_back(const struct cln_item *items, size_t n)
{
	char *text = items_to_json(items, n);

	assert_non_null(text);
	assert_int_equal(items_from_json(&back, &n_back, text), 0);
	assert_int_equal(n_back, n);
	free(text);
}

static int forget(void **state)
{
	(void)state;
	items_free(back, n_back);
	back = NULL;
	n_back = 0;
	return 0;
}

static void items_come_back_as_they_were(void **state)
{
	static const struct cln_item items[] = {
		{ .text = "http://a/\"1\".wav", .repeat = 7 },
		{ .type = CLN_ITEM_SAY, .text = "h\xc3\xa9", .language = "fr",
		  .repeat = 2 },
		{ .type = CLN_ITEM_PAUSE, .pause_ms = 500, .repeat = 3 },
		{ .type = CLN_ITEM_DTMF, .text = "12#", .repeat = 1 },
	};

	(void)state;
	there_and_back(items, ARRAY_LEN(items));
	for (size_t i = 0; i < n_back; i++) {
		assert_int_equal(back[i].type, items[i].type);
		assert_int_equal(back[i].repeat, items[i].repeat);
		assert_int_equal(back[i].pause_ms, items[i].pause_ms);
		if (items[i].text)
			assert_string_equal(back[i].text, items[i].text);
		assert_null(back[i].gather);
	}
	assert_string_equal(back[1].language, "fr");
	assert_null(back[0].language);
}

static void a_gather_comes_back_as_it_was(void **state)
{
	static const struct cln_gather g = {
		.digits = 4, .timeout_ms = 9000, .terminator = '#',
		.interrupt = 1, .n_branches = 3,
		.branches = {
			{ "1234", 0 }, { "*", CLN_GOTO_STOP },
			{ "0", CLN_GOTO_NEXT },
		},
		.otherwise = CLN_GOTO_STOP, .on_timeout = 0,
	};
	static const struct cln_item item = {
		.type = CLN_ITEM_GATHER, .gather = &g,
	};

	(void)state;
	there_and_back(&item, 1);
	assert_int_equal(back[0].type, CLN_ITEM_GATHER);
	assert_ptr_not_equal(back[0].gather, &g);
	assert_memory_equal(back[0].gather, &g, sizeof(g));
}

/* What is on the disk of a server that was brought up to date. */
static void items_of_an_older_version_are_read(void **state)
{
	(void)state;
	assert_int_equal(items_from_json(&back, &n_back,
		"[{\"play\":\"http://a/1.wav\"},"
		"{\"say\":\"hello\",\"language\":\"en\"}]"), 0);
	assert_int_equal(n_back, 2);
	assert_int_equal(back[0].type, CLN_ITEM_PLAY);
	assert_int_equal(back[0].repeat, 1);
	assert_string_equal(back[1].language, "en");
}

static void broken_text_is_an_error(void **state)
{
	static const char *const broken[] = {
		"", "{}", "[7]", "[{}]", "[{\"play\":7}]",
		"[{\"pause_ms\":\"5\"}]", "[{\"gather\":[]}]",
		("[{\"gather\":{\"on\":"
		 "{\"123456789012345678901234567890123\":1}}}]"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		assert_int_equal(items_from_json(&back, &n_back, broken[i]),
				 -EIO);
		forget(NULL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(items_come_back_as_they_were, forget),
		cmocka_unit_test_teardown(a_gather_comes_back_as_it_was,
					  forget),
		cmocka_unit_test_teardown(items_of_an_older_version_are_read,
					  forget),
		cmocka_unit_test(broken_text_is_an_error),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
