/*
 * test_dns_cache.c - answers for their time, and one look-up for all who ask.
 * The channel is a double: the test says when which answer comes.
 * Needs: core/sip/dns_cache.c dns_answer.c; all of core/base.
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
#include "sip/dns_cache.h"

enum { WAITS = 4, ASKED_MAX = 9000, MAX_BYTES = 20000 };

/* ---- the channel --------------------------------------------------------- */

static struct asked {
	dns_channel_fn *fn;
	void *arg;
	enum dns_type type;
	char name[64];
} asked[ASKED_MAX];
static size_t n_asked;
static int at_once_err;			/* 1: later */

static struct dns_answer *make(int err, size_t n, uint32_t ttl_s)
{
	struct dns_record records[DNS_RECORDS_MAX];
	struct dns_answer *a;

	memset(records, 0, sizeof(records));
	a = dns_answer_new(err, records, n);
	assert_non_null(a);
	a->ttl_s = ttl_s;
	return a;
}

void dns_channel_ask(struct dns_channel *c, enum dns_type type,
		     const char *name, dns_channel_fn *fn, void *arg)
{
	struct asked *a = &asked[n_asked++];

	(void)c;
	assert_true(n_asked <= ASKED_MAX);
	a->fn = fn;
	a->arg = arg;
	a->type = type;
	str_copy(a->name, sizeof(a->name), name);
	if (at_once_err <= 0)
		fn(arg, make(at_once_err, at_once_err ? 0 : 1, 0));
}

static void answer(size_t i, struct dns_answer *a)
{
	asked[i].fn(asked[i].arg, a);
	asked[i].fn = NULL;
}

/* ---- the bench ----------------------------------------------------------- */

static struct clock wall;
static struct loop *loop;
static struct dns_cache *cache;
static struct dns_wait waits[WAITS];
static struct dns_answer *got[WAITS];
static size_t n_got;
static int again;			/* a wait that asks anew when told */

static int set_up(void **state)
{
	(void)state;
	clock_virtual(&wall, 1000 * S_NS, 0);
	n_asked = n_got = 0;
	at_once_err = 1;
	again = -1;
	memset(waits, 0, sizeof(waits));
	memset(got, 0, sizeof(got));
	assert_int_equal(loop_new(&loop, &wall, 16), 0);
	return dns_cache_new(&cache, loop, NULL, MAX_BYTES);
}

static int tear_down(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < WAITS; i++) {
		dns_cache_leave(&waits[i]);
		dns_answer_unref(got[i]);
	}
	dns_cache_free(cache);
	loop_free(loop);
	return 0;
}

static void told(struct dns_wait *w, struct dns_answer *a)
{
	size_t i = (size_t)(w - waits);
	int err;

	assert_false(LIST_HAS(w, link));
	dns_answer_unref(got[i]);
	got[i] = a;
	n_got++;
	if (again == (int)i) {
		again = -1;
		a = dns_cache_ask(cache, DNS_A, "sip.example", w, &err);
		assert_int_equal(err, 0);
		if (a) {
			dns_answer_unref(got[i]);
			got[i] = a;
		}
	}
}

/* True: known at once. */
static bool ask(size_t i, enum dns_type type, const char *name)
{
	struct dns_answer *a;
	int err;

	waits[i].fn = told;
	a = dns_cache_ask(cache, type, name, &waits[i], &err);
	assert_int_equal(err, 0);
	if (!a)
		return false;
	dns_answer_unref(got[i]);
	got[i] = a;
	return true;
}

static void pass(int64_t ms)
{
	clock_advance(&wall, ms * MS_NS);
	loop_once(loop, 0);
}

/* ---- one look-up --------------------------------------------------------- */

static void all_who_ask_share_one_look_up(void **state)
{
	(void)state;
	assert_false(ask(0, DNS_A, "sip.example"));
	assert_false(ask(1, DNS_A, "SIP.Example"));
	assert_false(ask(2, DNS_AAAA, "sip.example"));
	assert_int_equal(n_asked, 2);
	answer(0, make(0, 2, 60));
	assert_int_equal(n_got, 2);
	assert_ptr_equal(got[0], got[1]);
	assert_int_equal(got[0]->n, 2);
	assert_null(got[2]);
}

static void one_that_left_is_not_told(void **state)
{
	(void)state;
	ask(0, DNS_A, "sip.example");
	ask(1, DNS_A, "sip.example");
	ask(2, DNS_A, "sip.example");
	dns_cache_leave(&waits[1]);
	dns_cache_leave(&waits[1]);
	answer(0, make(0, 1, 60));
	assert_int_equal(n_got, 2);
	assert_null(got[1]);
	assert_true(ask(1, DNS_A, "sip.example"));
}

static void an_answer_may_come_at_once(void **state)
{
	(void)state;
	at_once_err = 0;
	assert_true(ask(0, DNS_A, "sip.example"));
	assert_int_equal(got[0]->err, 0);
	at_once_err = -EIO;
	assert_true(ask(0, DNS_A, "other.example"));
	assert_int_equal(got[0]->err, -EIO);
	assert_int_equal(n_got, 0);
}

static void one_who_is_told_may_ask_again(void **state)
{
	(void)state;
	again = 1;
	ask(0, DNS_A, "sip.example");
	ask(1, DNS_A, "sip.example");
	ask(2, DNS_A, "sip.example");
	answer(0, make(0, 1, 0));	/* for them alone */
	assert_int_equal(n_got, 3);
	assert_int_equal(n_asked, 2);
	answer(1, make(0, 2, 60));
	assert_int_equal(n_got, 4);
	assert_int_equal(got[1]->n, 2);
	assert_int_equal(got[0]->n, 1);
}

/* ---- time ---------------------------------------------------------------- */

static void an_answer_lasts_for_its_ttl(void **state)
{
	(void)state;
	ask(0, DNS_SRV, "sip.example");
	answer(0, make(0, 1, 60));
	pass(59999);
	assert_true(ask(0, DNS_SRV, "sip.example"));
	pass(1);
	assert_false(ask(0, DNS_SRV, "sip.example"));
	assert_int_equal(n_asked, 2);
}

static void time_to_live_has_a_ceiling(void **state)
{
	(void)state;
	ask(0, DNS_A, "sip.example");
	answer(0, make(0, 1, UINT32_MAX));
	pass(DNS_TTL_MAX_S * S_MS);
	assert_false(ask(0, DNS_A, "sip.example"));
}

/* What lasts, and what the cache makes of it. */
static void expect_life(int err, enum dns_type type, uint32_t ttl_s,
			int64_t life_s)
{
	size_t i = n_asked;
	char name[16];

	str_printf(name, sizeof(name), "n%zu.example", i);
	assert_false(ask(0, type, name));
	answer(i, make(err, 0, ttl_s));
	assert_int_equal(got[0]->err, err);
	pass(life_s * S_MS - 1);
	assert_true(ask(0, type, name));
	assert_int_equal(got[0]->err, err);
	pass(1);
	assert_false(ask(0, type, name));
	dns_cache_leave(&waits[0]);
}

static void none_is_kept_too(void **state)
{
	(void)state;
	expect_life(-ENOENT, DNS_NAPTR, 60, 60);
	expect_life(-ENOENT, DNS_A, 86400, DNS_NONE_TTL_MAX_S);
	expect_life(-ENOENT, DNS_A, 0, DNS_NONE_TTL_S);
}

static void failures_are_kept_for_seconds(void **state)
{
	(void)state;
	expect_life(-EIO, DNS_A, 0, DNS_FAILED_S);
	expect_life(-ETIMEDOUT, DNS_AAAA, 0, DNS_FAILED_S);
	expect_life(-EIO, DNS_SRV, 0, DNS_FAILED_EXTRA_S);
	expect_life(-ETIMEDOUT, DNS_NAPTR, 0, DNS_FAILED_EXTRA_S);
}

static void nobody_waits_longer_than_a_look_up_may_take(void **state)
{
	(void)state;
	ask(0, DNS_A, "sip.example");
	pass(DNS_LOOKUP_MS - 1);
	ask(1, DNS_A, "sip.example");
	assert_int_equal(n_got, 0);
	pass(1);
	assert_int_equal(n_got, 2);
	assert_int_equal(got[0]->err, -ETIMEDOUT);
	assert_int_equal(got[1]->err, -ETIMEDOUT);
	/* Late, but there for the next. */
	answer(0, make(0, 1, 60));
	assert_int_equal(n_got, 2);
	assert_true(ask(0, DNS_A, "sip.example"));
	assert_int_equal(got[0]->err, 0);
	assert_int_equal(n_asked, 1);
}

/* The failure is over, the question still under way: joined, not repeated. */
static void a_question_under_way_is_not_asked_twice(void **state)
{
	(void)state;
	ask(0, DNS_A, "sip.example");
	pass(DNS_LOOKUP_MS);
	pass(DNS_FAILED_S * S_MS);
	assert_false(ask(0, DNS_A, "sip.example"));
	assert_int_equal(n_asked, 1);
	pass(DNS_LOOKUP_MS);
	assert_int_equal(n_got, 2);
}

/* RFC 8767. */
static void what_was_known_stands_in_for_a_failure(void **state)
{
	(void)state;
	ask(0, DNS_A, "sip.example");
	answer(0, make(0, 3, 60));
	pass(60000);
	ask(0, DNS_A, "sip.example");
	answer(1, make(-EIO, 0, 0));
	assert_int_equal(got[0]->n, 3);
	/* Not for ever, and not against a plain "no". */
	pass(DNS_STALE_S * S_MS);
	assert_false(ask(0, DNS_A, "sip.example"));
	pass(DNS_LOOKUP_MS);
	assert_int_equal(got[0]->err, -ETIMEDOUT);
	answer(2, make(0, 1, 10));
	pass(10000);
	ask(0, DNS_A, "sip.example");
	answer(3, make(-ENOENT, 0, 10));
	assert_int_equal(got[0]->err, -ENOENT);
}

/* Most domains have no NAPTR, and their calls wait no longer than others. */
static void that_there_is_none_stands_in_too(void **state)
{
	(void)state;
	ask(0, DNS_NAPTR, "sip.example");
	answer(0, make(-ENOENT, 0, 10));
	pass(10000);
	ask(0, DNS_NAPTR, "sip.example");
	answer(1, make(-EIO, 0, 0));
	assert_int_equal(got[0]->err, -ENOENT);
}

/* RFC 8767 5: the client response timer, 1.8 s. */
static void who_knows_something_waits_for_less(void **state)
{
	(void)state;
	ask(0, DNS_A, "sip.example");
	answer(0, make(0, 3, 60));
	pass(60000);
	assert_false(ask(1, DNS_A, "sip.example"));
	pass(DNS_CLIENT_MS - 1);
	assert_null(got[1]);
	pass(1);
	assert_int_equal(got[1]->n, 3);
	/* An answer that comes after all is there for the next. */
	answer(1, make(0, 2, 60));
	assert_true(ask(1, DNS_A, "sip.example"));
	assert_int_equal(got[1]->n, 2);
}

/* Once the name server has failed nobody waits for it: it is asked in the
 * background, and followed as soon as it says something. */
static void nobody_waits_for_a_server_that_fails(void **state)
{
	size_t i;

	(void)state;
	ask(0, DNS_A, "sip.example");
	answer(0, make(0, 3, 60));
	pass(60000);
	ask(0, DNS_A, "sip.example");
	answer(1, make(-ETIMEDOUT, 0, 0));
	for (i = 2; i < 6; i++) {
		pass(DNS_FAILED_S * S_MS - 1);
		assert_true(ask(0, DNS_A, "sip.example"));
		assert_int_equal(n_asked, i);
		pass(1);
		assert_true(ask(0, DNS_A, "sip.example"));
		assert_int_equal(n_asked, i + 1);
		assert_true(ask(1, DNS_A, "sip.example"));
		assert_int_equal(n_asked, i + 1);
		assert_int_equal(got[1]->n, 3);
		answer(i, make(-EIO, 0, 0));
	}
	pass(DNS_FAILED_S * S_MS);
	assert_true(ask(0, DNS_A, "sip.example"));
	answer(i, make(0, 1, 60));
	assert_true(ask(0, DNS_A, "sip.example"));
	assert_int_equal(got[0]->n, 1);
	/* It is well again: what is over is waited for. */
	pass(60000);
	assert_false(ask(0, DNS_A, "sip.example"));
}

/* ---- room ---------------------------------------------------------------- */

static void fill(size_t n)
{
	char name[32];
	size_t i;

	for (i = 0; i < n; i++) {
		str_printf(name, sizeof(name), "n%zu.example", i);
		if (!ask(0, DNS_A, name))
			answer(n_asked - 1, make(0, 1, 3600));
		assert_true(ask(1, DNS_A, "sip.example"));
	}
}

static void the_least_used_go_first(void **state)
{
	size_t before;

	(void)state;
	ask(1, DNS_A, "sip.example");
	answer(0, make(0, 1, 3600));
	fill(200);
	assert_in_range(dns_cache_bytes(cache), MAX_BYTES / 2,
			MAX_BYTES + 1000);
	before = n_asked;
	assert_true(ask(0, DNS_A, "n199.example"));
	assert_false(ask(0, DNS_A, "n0.example"));
	assert_int_equal(n_asked, before + 1);
}

/* c-ares holds on to them. */
static void what_is_asked_for_stays(void **state)
{
	(void)state;
	ask(2, DNS_A, "slow.example");
	ask(1, DNS_A, "sip.example");
	answer(1, make(0, 1, 3600));
	fill(200);
	answer(0, make(0, 1, 60));
	assert_non_null(got[2]);
}

static void questions_under_way_are_bounded(void **state)
{
	char name[32];
	int i, err = 0;

	(void)state;
	for (i = 0; !err && i < ASKED_MAX; i++) {
		dns_cache_leave(&waits[0]);
		str_printf(name, sizeof(name), "n%d.example", i);
		assert_null(dns_cache_ask(cache, DNS_A, name, &waits[0],
					  &err));
	}
	assert_int_equal(err, -EBUSY);
	answer(0, make(0, 1, 60));
	assert_false(ask(0, DNS_A, name));
}

static void no_memory_for_an_answer_is_a_failure(void **state)
{
	(void)state;
	ask(0, DNS_A, "sip.example");
	answer(0, NULL);
	assert_int_equal(got[0]->err, -EIO);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(all_who_ask_share_one_look_up),
		CASE(one_that_left_is_not_told),
		CASE(an_answer_may_come_at_once),
		CASE(one_who_is_told_may_ask_again),
		CASE(an_answer_lasts_for_its_ttl),
		CASE(time_to_live_has_a_ceiling),
		CASE(none_is_kept_too),
		CASE(failures_are_kept_for_seconds),
		CASE(nobody_waits_longer_than_a_look_up_may_take),
		CASE(a_question_under_way_is_not_asked_twice),
		CASE(what_was_known_stands_in_for_a_failure),
		CASE(that_there_is_none_stands_in_too),
		CASE(who_knows_something_waits_for_less),
		CASE(nobody_waits_for_a_server_that_fails),
		CASE(the_least_used_go_first),
		CASE(what_is_asked_for_stays),
		CASE(questions_under_way_are_bounded),
		CASE(no_memory_for_an_answer_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
