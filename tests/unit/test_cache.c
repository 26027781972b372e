/*
 * test_cache.c - prompts in memory: references, eviction, who frees.
 * Needs: core/media, all of the prompt pool; -lcurl -lsndfile -lspeexdsp -lm.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "codec_doubles.h"
#include "media/cache.h"

static struct inbox *home;
static struct cache cache;
static int n_freed;

static void on_freed(void *arg)
{
	(void)arg;
	n_freed++;
}

static int setup(void **state)
{
	(void)state;
	n_freed = 0;
	assert_int_equal(inbox_new(&home, 10), 0);
	assert_int_equal(cache_init(&cache, home, 250), 0);
	cache.freed = on_freed;
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	cache_clear(&cache);
	inbox_run(home);
	assert_int_equal(cache.n_prompts, 0);
	assert_int_equal(cache.bytes, 0);
	assert_int_equal(cache.cached_bytes, 0);
	cache_deinit(&cache);
	inbox_free(home);
	return 0;
}

static struct content content(const char *name)
{
	struct content c;

	assert_int_equal(content_of(&c, name, strlen(name)), 0);
	return c;
}

static struct prompt *make_as(const char *name, const struct prompt *base,
			      const struct cln_codec *codec, size_t len)
{
	struct content c = content(name);
	struct prompt_frames f = { .codec = codec, .len = len,
				   .data = calloc(1, len), .n_frames = len };
	struct prompt *p;

	assert_non_null(f.data);
	assert_int_equal(prompt_new(&p, &cache, &c, base, &f, 1, 10), 0);
	return p;
}

static struct prompt *make(const char *name, size_t len)
{
	return make_as(name, NULL, &mulaw_codec, len);
}

static struct prompt *find(const char *name)
{
	struct content c = content(name);

	return cache_get(&cache, &c);
}

/* In the cache and idle. */
static void put(const char *name, size_t len)
{
	struct prompt *p = make(name, len);

	cache_put(&cache, p);
	prompt_unref(p);
}

static void cache_finds_what_was_put(void **state)
{
	(void)state;
	put("a", 100);
	assert_null(find("b"));
	assert_int_equal(find("a")->bytes, 100);
	assert_int_equal(cache.bytes, 100);
}

static void cache_replaces_the_prompt_of_a_content(void **state)
{
	struct prompt *held;

	(void)state;
	put("a", 100);
	held = prompt_ref(find("a"));
	put("a", 50);
	assert_int_equal(find("a")->bytes, 50);
	assert_int_equal(held->bytes, 100);
	assert_int_equal(cache.bytes, 150);
	prompt_unref(held);
	inbox_run(home);
	assert_int_equal(cache.bytes, 50);
}

static void cache_evicts_the_longest_unused(void **state)
{
	(void)state;
	put("a", 100);
	put("b", 100);
	find("a");
	put("c", 100);
	assert_non_null(find("a"));
	assert_null(find("b"));
	assert_non_null(find("c"));
}

static void cache_keeps_what_is_in_use(void **state)
{
	struct prompt *held;

	(void)state;
	put("a", 200);
	held = prompt_ref(find("a"));
	put("b", 100);
	put("c", 20);
	assert_null(find("b"));
	assert_non_null(find("c"));
	assert_non_null(find("a"));
	prompt_unref(held);
	find("c");
	put("d", 100);
	assert_null(find("a"));
	assert_non_null(find("c"));
	assert_non_null(find("d"));
}

/* Wanted in a codec more: each encoding is there once, and lives as long as the
 * last prompt that has it.                                                   */
static void a_wider_prompt_shares_what_there_was(void **state)
{
	struct prompt *narrow, *wide;

	(void)state;
	put("a", 100);
	narrow = prompt_ref(find("a"));
	wide = make_as("a", narrow, &framed_codec, 50);
	cache_put(&cache, wide);
	assert_ptr_equal(find("a"), wide);
	assert_int_equal(cache.bytes, 150);
	assert_int_equal(cache.cached_bytes, 150);
	assert_ptr_equal(prompt_frames(wide, &mulaw_codec),
			 prompt_frames(narrow, &mulaw_codec));
	assert_null(prompt_frames(narrow, &framed_codec));
	prompt_unref(wide);
	put("b", 250);			/* the wide one goes */
	assert_null(find("a"));
	assert_int_equal(cache.bytes, 350);
	assert_int_equal(prompt_frames(narrow, &mulaw_codec)->data[99], 0);
	prompt_unref(narrow);
	inbox_run(home);
	assert_int_equal(cache.bytes, 250);
}

static void what_was_held_goes_once_it_is_idle(void **state)
{
	struct prompt *held[2];

	(void)state;
	put("a", 200);
	held[0] = prompt_ref(find("a"));
	put("b", 200);
	held[1] = prompt_ref(find("b"));
	cache_trim(&cache);
	assert_int_equal(cache.cached_bytes, 400);
	prompt_unref(held[0]);
	prompt_unref(held[1]);
	cache_trim(&cache);
	assert_int_equal(cache.cached_bytes, 200);
	assert_null(find("a"));
	assert_non_null(find("b"));
}

static void *unref_elsewhere(void *arg)
{
	prompt_unref(arg);
	return NULL;
}

static void cache_frees_on_the_home_thread_only(void **state)
{
	struct prompt *p = make("a", 100);
	pthread_t t;

	(void)state;
	assert_int_equal(pthread_create(&t, NULL, unref_elsewhere, p), 0);
	pthread_join(t, NULL);
	assert_int_equal(cache.n_prompts, 1);
	assert_int_equal(n_freed, 0);
	inbox_run(home);
	assert_int_equal(cache.n_prompts, 0);
	assert_int_equal(n_freed, 1);
}

static void unref_of_nothing_is_fine(void **state)
{
	(void)state;
	prompt_unref(NULL);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(cache_finds_what_was_put),
		TEST(cache_replaces_the_prompt_of_a_content),
		TEST(cache_evicts_the_longest_unused),
		TEST(cache_keeps_what_is_in_use),
		TEST(a_wider_prompt_shares_what_there_was),
		TEST(what_was_held_goes_once_it_is_idle),
		TEST(cache_frees_on_the_home_thread_only),
		TEST(unref_of_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
