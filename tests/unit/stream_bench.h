/*
 * stream_bench.h - streams with real media threads and real packets on
 * loopback.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_STREAM_BENCH_H
#define UNIT_STREAM_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "base/clock.h"
#include "fake_prompt.h"
#include "far_end.h"
#include "media/media.h"
#include "media/session.h"

enum {
	FIRST_PORT = 7500, LAST_PORT = 8099, BIG = 16000,
	WATCHDOG_MS = 5000, MANY = 100,
};

struct heard {
	int played, failed, stopped;
	struct stream_report report;
};

static uint8_t bytes[BIG];
static struct inbox *home;
static struct media *media;
static struct far_end far;
static struct prompt a, b, c;
static struct script *scripts[MANY + 8];
static size_t n_scripts;

static inline void on_played(void *arg)
{
	((struct heard *)arg)->played++;
}

static inline void on_failed(void *arg, int err)
{
	((struct heard *)arg)->failed = err;
}

static inline void on_stopped(void *arg, const struct stream_report *report)
{
	struct heard *h = arg;

	h->stopped++;
	h->report = *report;
}

static const struct stream_events events = {
	on_played, on_stopped, on_failed,
};

static inline int start(void **state)
{
	struct media_config cfg = {
		.random = random_system(), .port_min = FIRST_PORT,
		.port_max = LAST_PORT, .threads = 2, .rtcp = true,
		.max_streams = MANY, .cname = "test",
	};

	(void)state;
	for (size_t i = 0; i < BIG; i++)
		bytes[i] = (uint8_t)(i * 11 + i / 256);
	a = fake_prompt(&fake_g711, bytes, 250);
	b = fake_prompt(&fake_g711, bytes + 250, 1000);
	c = fake_prompt(&fake_g711, bytes + 1250, 350);
	far_open(&far, "127.0.0.1");
	if (inbox_new(&home, 100) ||
	    addr_parse_ip(&cfg.address, "127.0.0.1", 0))
		return -1;
	cfg.home = home;
	return media_new(&media, &cfg);
}

static inline int stop(void **state)
{
	(void)state;
	media_free(media);
	inbox_free(home);
	far_close(&far);
	while (n_scripts)
		script_unref(scripts[--n_scripts]);
	assert_int_equal(a.refs + b.refs + c.refs, 0);
	return 0;
}

/* Runs the signalling thread's inbox until *what reaches `n`. */
static inline void wait_for(const int *what, int n)
{
	int64_t end = clock_now_ms(clock_system()) + WATCHDOG_MS;

	while (*what < n) {
		inbox_wait(home, 100);
		inbox_run(home);
		assert_true(clock_now_ms(clock_system()) < end);
	}
}

static inline struct stream_play playlist(struct prompt **list, size_t n)
{
	assert_true(n_scripts < sizeof(scripts) / sizeof(scripts[0]));
	scripts[n_scripts] = fake_script(list, n);
	return (struct stream_play){
		.codec = &fake_g711,
		.params = { .size = sizeof(struct cln_codec_params),
			    .ptime_ms = 20 },
		.rtp = far.rtp, .rtcp = far.rtcp, .send = true,
		.script = scripts[n_scripts++],
		.event_in = -1, .event_out = -1,
	};
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

#endif
