/*
 * test_freshness.c - Cache-Control, Expires, Date and Age.
 * Needs: core/media/freshness.c; -lcurl.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "media/freshness.h"

/* 2026-11-23 12:00:00 UTC */
#define NOW INT64_C(1795435200)

struct answer {
	const char *control, *control2, *expires, *date, *age;
};

static const char *header(void *arg, const char *name, size_t nth)
{
	const struct answer *a = arg;

	if (!strcasecmp(name, "Cache-Control"))
		return nth ? (nth == 1 ? a->control2 : NULL) : a->control;
	if (!strcasecmp(name, "Expires"))
		return a->expires;
	if (!strcasecmp(name, "Date"))
		return a->date;
	return a->age;
}

static struct freshness read_answer(struct answer a)
{
	struct freshness f;

	freshness_read(&f, header, &a, NOW);
	return f;
}

static void max_age_less_age_is_what_is_left(void **state)
{
	static const struct { const char *control, *age; int fresh_s; } in[] = {
		{ NULL, NULL, -1 }, { "", NULL, -1 }, { "public", "5", -1 },
		{ "max-age=100", NULL, 100 }, { "MAX-AGE=100", "30", 70 },
		{ "max-age=100", "100", 0 }, { "max-age=100", "9999999999", 0 },
		{ "max-age=31536000", NULL, FRESH_MAX_S },
		{ "max-age=99999999999999999999", "5", FRESH_MAX_S },
		{ "max-age", NULL, 0 }, { "max-age=", NULL, 0 },
		{ "max-age=junk", NULL, 0 }, { "max-age=-1", NULL, 0 },
		{ "max-age=\"50\"", NULL, 50 }, { " ,, max-age=7 ,", NULL, 7 },
		{ "max-age=100, max-age=50", NULL, 50 },
		{ "x-max-age=100", NULL, -1 }, { "s-maxage=100", NULL, -1 },
		{ "a=\"max-age=9, \\\", no-store\", max-age=8", NULL, 8 },
		{ "private, max-age=60", NULL, 60 },
		{ "max-age=100", "junk", 100 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		struct answer a = { .control = in[i].control,
				    .age = in[i].age };

		assert_int_equal(read_answer(a).fresh_s, in[i].fresh_s);
	}
}

static void several_headers_are_one_list(void **state)
{
	struct freshness f;

	(void)state;
	f = read_answer((struct answer){ .control = "max-age=100",
					 .control2 = "no-cache" });
	assert_int_equal(f.fresh_s, 0);
	assert_false(f.no_store);
}

static void no_store_and_no_cache_are_never_fresh(void **state)
{
	struct freshness f;

	(void)state;
	f = read_answer((struct answer){
		.control = "No-Store, max-age=100, stale-if-error=9" });
	assert_int_equal(f.fresh_s, 0);
	assert_true(f.no_store);
	assert_int_equal(f.stale_s, 0);
	f = read_answer((struct answer){
		.control = "max-age=5, no-cache=\"set-cookie\", "
			   "stale-if-error=9" });
	assert_int_equal(f.fresh_s, 0);
	assert_false(f.no_store);
	assert_int_equal(f.stale_s, 0);
}

static void expires_counts_from_its_date(void **state)
{
	static const char noon[] = "Mon, 23 Nov 2026 12:00:00 GMT";
	static const char later[] = "Mon, 23 Nov 2026 12:01:40 GMT";

	(void)state;
	assert_int_equal(read_answer((struct answer){ .expires = later })
			 .fresh_s, 100);
	assert_int_equal(read_answer((struct answer){
			.expires = later, .date = later }).fresh_s, 0);
	assert_int_equal(read_answer((struct answer){
			.expires = later, .date = noon, .age = "30" }).fresh_s,
			70);
	assert_int_equal(read_answer((struct answer){
			.expires = later, .date = "yesterday, or so" }).fresh_s,
			100);
	assert_int_equal(read_answer((struct answer){ .expires = "0" })
			 .fresh_s, 0);
	assert_int_equal(read_answer((struct answer){
			.expires = later, .control = "max-age=5" }).fresh_s, 5);
}

static void stale_if_error_yields_to_must_revalidate(void **state)
{
	(void)state;
	assert_int_equal(read_answer((struct answer){
			.control = "max-age=1, stale-if-error=300" }).stale_s,
			300);
	assert_int_equal(read_answer((struct answer){
			.control = "max-age=1, stale-if-error=300, "
				   "must-revalidate" }).stale_s, 0);
	assert_int_equal(read_answer((struct answer){
			.control = "stale-if-error=99999999" }).stale_s,
			FRESH_MAX_S);
}

static void without_cache_control_nothing_is_said_of_stale_use(void **state)
{
	(void)state;
	assert_int_equal(read_answer((struct answer){ .age = "5" }).stale_s,
			 -1);
	assert_int_equal(read_answer((struct answer){
			.expires = "Mon, 23 Nov 2026 12:01:40 GMT" }).stale_s,
			-1);
	assert_int_equal(read_answer((struct answer){
			.control = "private" }).stale_s, 0);
	assert_int_equal(read_answer((struct answer){
			.control = "stale-if-error=30" }).fresh_s, -1);
}

static void a_redirect_limits_stale_use_and_never_grants_it(void **state)
{
	static const struct { int answer, way, both; } in[] = {
		{ -1, -1, -1 }, { -1, 60, -1 }, { -1, 0, 0 },
		{ 50, -1, 50 }, { 50, 60, 50 }, { 50, 20, 20 }, { 50, 0, 0 },
		{ 0, 60, 0 }, { 0, -1, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(in); i++) {
		struct freshness a = { .stale_s = in[i].answer };
		struct freshness b = { .stale_s = in[i].way };

		freshness_join(&a, &b);
		assert_int_equal(a.stale_s, in[i].both);
	}
}

static void of_two_answers_the_shorter_time_holds(void **state)
{
	struct freshness a = { .fresh_s = -1, .stale_s = 50 };
	struct freshness b = { .fresh_s = 30, .stale_s = 20, .no_store = true };

	(void)state;
	freshness_join(&a, &b);
	assert_int_equal(a.fresh_s, 30);
	assert_int_equal(a.stale_s, 20);
	assert_true(a.no_store);
	b = (struct freshness){ .fresh_s = -1, .stale_s = 100 };
	freshness_join(&a, &b);
	assert_int_equal(a.fresh_s, 30);
	b.fresh_s = 0;
	freshness_join(&a, &b);
	assert_int_equal(a.fresh_s, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(max_age_less_age_is_what_is_left),
		cmocka_unit_test(several_headers_are_one_list),
		cmocka_unit_test(no_store_and_no_cache_are_never_fresh),
		cmocka_unit_test(expires_counts_from_its_date),
		cmocka_unit_test(stale_if_error_yields_to_must_revalidate),
		cmocka_unit_test(
			without_cache_control_nothing_is_said_of_stale_use),
		cmocka_unit_test(
			a_redirect_limits_stale_use_and_never_grants_it),
		cmocka_unit_test(of_two_answers_the_shorter_time_holds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
