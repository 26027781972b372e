/*
 * test_media.c - the media room: opened, bounded, closed.
 * Needs: all of core/media but the prompt pool, core/base/addr.c, clock.c,
 * inbox.c, log.c, buf.c, random.c, str.c, thread.c; doubles for prompt.c in
 * fake_prompt.h.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <sys/resource.h>

#include "base/log.h"
#include "fake_prompt.h"
#include "far_end.h"
#include "media/media.h"

enum { FIRST_PORT = 8100, LAST_PORT = 8107, FILES = 40 };

static struct inbox *home;
static struct media_config cfg;
static int stopped;

static int start(void **state)
{
	(void)state;
	stopped = 0;
	log_set_level(LOG_ERROR);
	cfg = (struct media_config){
		.random = random_system(), .port_min = FIRST_PORT,
		.port_max = LAST_PORT, .threads = 1, .rtcp = true,
	};
	if (inbox_new(&home, 10))
		return -1;
	cfg.home = home;
	return addr_parse_ip(&cfg.address, "127.0.0.1", 0);
}

static int stop(void **state)
{
	(void)state;
	inbox_free(home);
	return 0;
}

static void on_stopped(void *arg, const struct stream_report *r)
{
	(void)arg;
	(void)r;
	stopped++;
}

static const struct stream_events events = { .stopped = on_stopped };

static void stop_all(struct stream **list, int n)
{
	for (int i = 0; i < n; i++)
		stream_stop(list[i]);
	while (stopped < n) {
		inbox_wait(home, 1000);
		inbox_run(home);
	}
}

static void media_opens_and_closes_with_one_thread_or_one_per_core(
	void **state)
{
	struct media_stats st;
	struct media *m;

	(void)state;
	for (cfg.threads = 0; cfg.threads < 3; cfg.threads++) {
		assert_int_equal(media_new(&m, &cfg), 0);
		media_get_stats(m, &st);
		assert_int_equal(st.streams, 0);
		assert_int_equal(st.sent, 0);
		assert_int_equal(st.late_p99_us, 0);
		media_free(m);
	}
	media_free(NULL);
}

static void media_refuses_a_range_without_a_pair(void **state)
{
	struct media *m = NULL;

	(void)state;
	cfg.port_max = cfg.port_min;
	assert_int_equal(media_new(&m, &cfg), -EINVAL);
	assert_null(m);
}

static void ports_are_the_limit_where_nothing_else_is(void **state)
{
	struct stream *list[5];
	struct media *m;

	(void)state;
	assert_int_equal(media_new(&m, &cfg), 0);
	for (int i = 0; i < 4; i++)
		assert_int_equal(stream_new(&list[i], m, &events, NULL), 0);
	assert_int_equal(stream_new(&list[4], m, &events, NULL), -ENOBUFS);
	stop_all(list, 4);
	/* They rest. */
	assert_int_equal(stream_new(&list[4], m, &events, NULL), -ENOBUFS);
	media_free(m);
}

static void limit_of_open_files_is_kept_away_from(void **state)
{
	struct rlimit old, few;
	struct stream *list[FILES];
	struct media *m;
	int n = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few = (struct rlimit){ FILES, FILES };
	cfg.port_max = cfg.port_min + 199;
	if (old.rlim_max == RLIM_INFINITY || old.rlim_max > FILES)
		few.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(media_new(&m, &cfg), 0);
	/* Raised as far as is allowed. */
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &few), 0);
	assert_true(few.rlim_cur > FILES);
	media_free(m);
	setrlimit(RLIMIT_NOFILE, &old);

	few = (struct rlimit){ FILES, FILES };
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	assert_int_equal(media_new(&m, &cfg), 0);
	while (n < FILES && !stream_new(&list[n], m, &events, NULL))
		n++;
	assert_int_equal(n, FILES / 4);
	assert_int_equal(stream_new(&list[n], m, &events, NULL), -EMFILE);
	stop_all(list, n);
	media_free(m);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(media_opens_and_closes_with_one_thread_or_one_per_core),
		TEST(media_refuses_a_range_without_a_pair),
		TEST(ports_are_the_limit_where_nothing_else_is),
		/* Last, since it lowers the limit for good. */
		TEST(limit_of_open_files_is_kept_away_from),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
