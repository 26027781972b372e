/*
 * test_cache.c - prompts in memory: references, eviction, who frees.
 * Needs: core/media/{cache,prompt,flight,fetch,fetcher,access,maker,encode,
 * decode,resample,wav}.c, core/base; -lcurl -lsndfile -lspeexdsp -lm.
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

static struct prompt *make(const char *url, size_t len)
{
	struct prompt_frames f = { .codec = &mulaw_codec, .len = len,
				   .data = calloc(1, len), .n_frames = len };
	struct prompt *p;

	assert_non_null(f.data);
	assert_int_equal(prompt_new(&p, &cache, url, &f, 1, 10), 0);
	return p;
}

/* In the cache and idle. */
static void put(const char *url, size_t len)
{
	struct prompt *p = make(url, len);

	cache_put(&cache, p);
	prompt_unref(p);
}

static void cache_finds_what_was_put(void **state)
{
	(void)state;
	put("a", 100);
	assert_null(cache_get(&cache, "b"));
	assert_string_equal(cache_get(&cache, "a")->url, "a");
	assert_int_equal(cache.bytes, 100);
}

static void cache_replaces_the_prompt_of_a_url(void **state)
{
	struct prompt *held;

	(void)state;
	put("a", 100);
	held = prompt_ref(cache_get(&cache, "a"));
	put("a", 50);
	assert_int_equal(cache_get(&cache, "a")->bytes, 50);
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
	cache_get(&cache, "a");
	put("c", 100);
	assert_non_null(cache_get(&cache, "a"));
	assert_null(cache_get(&cache, "b"));
	assert_non_null(cache_get(&cache, "c"));
}

static void cache_keeps_what_is_in_use(void **state)
{
	struct prompt *held;

	(void)state;
	put("a", 200);
	held = prompt_ref(cache_get(&cache, "a"));
	put("b", 100);
	put("c", 20);
	assert_null(cache_get(&cache, "b"));
	assert_non_null(cache_get(&cache, "c"));
	assert_non_null(cache_get(&cache, "a"));
	prompt_unref(held);
	cache_get(&cache, "c");
	put("d", 100);
	assert_null(cache_get(&cache, "a"));
	assert_non_null(cache_get(&cache, "c"));
	assert_non_null(cache_get(&cache, "d"));
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
		TEST(cache_replaces_the_prompt_of_a_url),
		TEST(cache_evicts_the_longest_unused),
		TEST(cache_keeps_what_is_in_use),
		TEST(cache_frees_on_the_home_thread_only),
		TEST(unref_of_nothing_is_fine),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
