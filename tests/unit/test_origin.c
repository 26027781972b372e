/*
 * test_origin.c - what is known of URLs, and for how long.
 * Needs: core/media/{origin,content}.c, core/base; -lcrypto.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>

#include "base/str.h"
#include "media/origin.h"

static struct origin *make(const char *url)
{
	struct origin *o;

	assert_int_equal(origin_new(&o, url, url, "\"e\"", NULL), 0);
	o->fetched_ms = 1000;
	o->fresh_until_ms = 2000;
	o->stale_until_ms = 3000;
	return o;
}

static void fresh_is_from_the_fetch_to_the_end(void **state)
{
	struct origin *o = make("u");

	(void)state;
	assert_true(origin_is_fresh(o, 1000));
	assert_true(origin_is_fresh(o, 1999));
	assert_false(origin_is_fresh(o, 2000));
	assert_false(origin_is_fresh(o, 999));	/* the clock went back */
	assert_true(origin_serves_stale(o, 2999));
	assert_false(origin_serves_stale(o, 3000));
	assert_false(origin_serves_stale(o, 999));
	origin_free(o);
	origin_free(NULL);
}

static void a_copy_is_all_of_it(void **state)
{
	struct origin *o = make("u"), *c;

	(void)state;
	memset(o->content.hash, 7, CONTENT_LEN);
	assert_int_equal(origin_copy(&c, o), 0);
	assert_string_equal(c->url, "u");
	assert_string_equal(c->etag, "\"e\"");
	assert_null(c->modified);
	assert_true(content_is(&c->content, &o->content));
	assert_true(c->fetched_ms == 1000 && c->fresh_until_ms == 2000 &&
		    c->stale_until_ms == 3000);
	origin_free(o);
	assert_string_equal(c->from, "u");
	origin_free(c);
}

static void the_longest_unused_is_forgotten(void **state)
{
	struct origins os;

	(void)state;
	assert_int_equal(origins_init(&os, 3), 0);
	for (int i = 0; i < 3; i++) {
		char url[8];

		str_printf(url, sizeof(url), "u%d", i);
		origins_put(&os, make(url));
	}
	assert_non_null(origins_get(&os, "u0"));
	origins_put(&os, make("u3"));
	assert_null(origins_get(&os, "u1"));
	assert_non_null(origins_get(&os, "u0"));
	origins_put(&os, make("u0"));	/* in its own place */
	assert_non_null(origins_get(&os, "u2"));
	origins_remove(&os, "u2");
	origins_remove(&os, "u2");
	assert_null(origins_get(&os, "u2"));
	assert_int_equal(os.n, 2);
	origins_deinit(&os);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fresh_is_from_the_fetch_to_the_end),
		cmocka_unit_test(a_copy_is_all_of_it),
		cmocka_unit_test(the_longest_unused_is_forgotten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
