/*
 * app_bench.h - an app with a thread of its own, while the test's thread is the
 * signalling thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_APP_BENCH_H
#define TESTS_APP_BENCH_H

#include <stdatomic.h>

#include "base/thread.h"
#include "business.h"
#include "call/ask.h"

struct app {
	struct thread thread;
	void (*fn)(struct app *);
	atomic_bool done;
	const struct cln_services *s;
	int err;
	char id[CLN_ID_LEN];
	int64_t version;
	struct cln_carrier carrier;
	struct cln_codec_list warnings;
	struct cln_problems problems;
	struct cln_carrier_status status;
	const struct cln_play *play;
	struct cln_job job;
	char why[128];
	size_t n;
	char ids[8][CLN_ID_LEN];
};

static inline void app_thread(void *arg)
{
	struct app *a = arg;

	a->fn(a);
	atomic_store(&a->done, true);
}

static inline void app_start(struct app *a, void (*fn)(struct app *))
{
	a->fn = fn;
	a->s = exchange_services(x);
	a->carrier.size = sizeof(a->carrier);
	a->problems = (struct cln_problems){ .size = sizeof(a->problems) };
	atomic_store(&a->done, false);
	assert_int_equal(thread_start(&a->thread, "app", app_thread, a), 0);
}

static inline void app_join(struct app *a)
{
	while (!atomic_load(&a->done)) {
		store_answer();
		loop_once(x->cfg.loop, 1);
	}
	thread_join(&a->thread);
}

static inline void app_run(struct app *a, void (*fn)(struct app *))
{
	app_start(a, fn);
	app_join(a);
}

#endif
