/*
 * test_prompt_disk.c - the pool across restarts: what is fetched again, and what
 * is only asked for again.
 * Needs: core/media, all of the prompt pool; -lcurl -lsndfile -lspeexdsp -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "prompt_bench.h"

static void a_restart_finds_what_is_fresh_without_a_request(void **state)
{
	(void)state;
	hear("/file");
	restart();
	hear("/file");
	requests(1, 0);
	assert_int_equal(stats().disk_hits, 1);
	assert_true(stats().disk_bytes > SAMPLES);
}

static void a_restart_asks_once_for_what_is_stale(void **state)
{
	(void)state;
	hear("/file");
	clock_advance(&now, PROMPT_FRESH_S * S_NS);
	restart();
	hear("/file");
	hear("/file");
	requests(1, 1);
	assert_int_equal(stats().unchanged, 1);
	assert_int_equal(stats().fetched, 1);
	restart();			/* and it is fresh again from then on */
	hear("/file");
	requests(1, 1);
}

static void what_changed_is_fetched(void **state)
{
	(void)state;
	hear("/file");
	clock_advance(&now, PROMPT_FRESH_S * S_NS);
	speak(880);
	say_tag("\"v2\"");
	hear("/file");
	requests(2, 0);
	restart();
	hear("/file");
	requests(2, 0);
}

static void a_304_keeps_what_was_said_of_the_time(void **state)
{
	(void)state;
	say_terms("Cache-Control: max-age=1000\r\n");
	hear("/file");
	clock_advance(&now, 1000 * S_NS);
	say_terms("");
	hear("/file");
	requests(1, 1);
	clock_advance(&now, 999 * S_NS);
	hear("/file");
	requests(1, 1);
	clock_advance(&now, S_NS);
	hear("/file");
	requests(1, 2);
}

static void no_cache_is_asked_each_time(void **state)
{
	(void)state;
	say_terms("Cache-Control: no-cache\r\n");
	hear("/file");
	hear("/file");
	restart();
	hear("/file");
	requests(1, 2);
}

static void no_store_never_reaches_the_disk(void **state)
{
	(void)state;
	say_terms("Cache-Control: no-store\r\n");
	hear("/file");
	hear("/file");
	/* Nobody holds it: it goes, once the disk has said that it is gone. */
	for (int i = 0; i < 20 && stats().bytes; i++) {
		inbox_run(home);
		inbox_wait(home, 100);
	}
	assert_int_equal(stats().bytes, 0);
	restart();
	assert_int_equal(scratch_count("prompts/blobs"), 0);
	assert_int_equal(scratch_count("prompts/frames"), 0);
	assert_int_equal(scratch_count("prompts/urls"), 0);
	hear("/file");
	requests(3, 0);
}

static void no_store_is_obeyed_from_the_moment_it_is_said(void **state)
{
	(void)state;
	say_terms("Cache-Control: no-cache\r\n");
	hear("/file");
	say_terms("Cache-Control: no-store\r\n");
	hear("/file");
	requests(1, 1);
	stop();
	assert_int_equal(scratch_count("prompts/urls"), 0);
	start();
	hear("/file");
	requests(2, 1);
}

static void a_redirect_for_once_is_asked_each_time(void **state)
{
	(void)state;
	say_terms("Cache-Control: max-age=1000\r\n");
	hear("/moved");
	restart();
	hear("/moved");
	requests(1, 1);
}

static void another_codec_comes_from_the_file_on_disk(void **state)
{
	struct told t;

	(void)state;
	hear("/file");
	restart();
	t = get("/file", linear);
	assert_int_equal(t.err, 0);
	assert_memory_equal(prompt_frames(t.prompt, &linear8_codec)->data, pcm,
			    sizeof(pcm));
	prompt_unref(t.prompt);
	restart();
	assert_int_equal(scratch_count("prompts/frames"), 2);
	requests(1, 0);
}

static void a_server_that_fails_fails_the_get(void **state)
{
	struct told t;

	(void)state;
	hear("/file");
	clock_advance(&now, PROMPT_FRESH_S * S_NS);
	say_status("503 Service Unavailable");
	t = get("/file", mulaw);
	assert_int_equal(t.err, -EBADMSG);
	assert_non_null(strstr(t.why, "http status 503"));
	say_status(NULL);
	hear("/file");
	requests(1, 1);
}

static void stale_if_error_is_used_as_long_as_it_says(void **state)
{
	struct told t;

	(void)state;
	say_terms("Cache-Control: max-age=10, stale-if-error=100\r\n");
	hear("/file");
	clock_advance(&now, 10 * S_NS);
	restart();
	say_status("500 Internal Server Error");
	hear("/file");
	clock_advance(&now, 99 * S_NS);
	hear("/file");
	clock_advance(&now, S_NS);
	t = get("/file", mulaw);
	assert_int_equal(t.err, -EBADMSG);
	say_status("404 Not Found");	/* no failure, but a word */
	clock_advance(&now, -100 * S_NS);
	t = get("/file", mulaw);
	assert_int_equal(t.err, -EBADMSG);
}

static void stale_if_error_needs_no_max_age(void **state)
{
	struct told t;

	(void)state;
	say_terms("Cache-Control: stale-if-error=100\r\n");
	hear("/file");
	clock_advance(&now, PROMPT_FRESH_S * S_NS);
	say_status("500 Internal Server Error");
	hear("/file");
	clock_advance(&now, 100 * S_NS);
	t = get("/file", mulaw);
	assert_int_equal(t.err, -EBADMSG);
}

static void a_304_may_take_stale_use_back(void **state)
{
	struct told t;

	(void)state;
	say_terms("Cache-Control: max-age=0, stale-if-error=100\r\n");
	hear("/file");
	say_terms("");			/* this one does not */
	hear("/file");
	requests(1, 1);
	say_status("500 Internal Server Error");
	hear("/file");
	say_status(NULL);
	say_terms("Cache-Control: must-revalidate\r\n");
	hear("/file");
	requests(1, 2);
	say_status("500 Internal Server Error");
	t = get("/file", mulaw);
	assert_int_equal(t.err, -EBADMSG);
}

/* RFC 9111 4.2.3: an answer that took long on its way is no younger for it.  */
static void the_age_of_an_answer_counts_from_its_request(void **state)
{
	(void)state;
	say_terms("Cache-Control: max-age=1\r\n");
	hear("/slow");
	clock_advance(&now, S_NS - SLOW_MS * MS_NS);
	hear("/slow");
	requests(1, 1);
}

static void a_clock_that_went_back_is_not_believed(void **state)
{
	(void)state;
	hear("/file");
	clock_advance(&now, -3600 * S_NS);
	hear("/file");
	requests(1, 1);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(a_restart_finds_what_is_fresh_without_a_request),
		TEST(a_restart_asks_once_for_what_is_stale),
		TEST(what_changed_is_fetched),
		TEST(a_304_keeps_what_was_said_of_the_time),
		TEST(no_cache_is_asked_each_time),
		TEST(no_store_never_reaches_the_disk),
		TEST(no_store_is_obeyed_from_the_moment_it_is_said),
		TEST(a_redirect_for_once_is_asked_each_time),
		TEST(another_codec_comes_from_the_file_on_disk),
		TEST(a_server_that_fails_fails_the_get),
		TEST(stale_if_error_is_used_as_long_as_it_says),
		TEST(stale_if_error_needs_no_max_age),
		TEST(a_304_may_take_stale_use_back),
		TEST(the_age_of_an_answer_counts_from_its_request),
		TEST(a_clock_that_went_back_is_not_believed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
