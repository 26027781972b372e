/*
 * test_worker.c - a media thread: starts at once, keeps the time, idles for
 * nothing.
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

#include <stdlib.h>
#include <time.h>

#include "base/thread.h"
#include "fake_prompt.h"
#include "far_end.h"
#include "media/worker.h"

enum { FIRST_PORT = 7300, LAST_PORT = 7499, STREAMS = 40 };

struct job {
	struct msg msg;
	struct worker *worker;
	struct session *session;
	const struct session_play *play;
	struct stream_report report;
	struct waiter done;
};

static uint8_t bytes[16000];
static struct addr local;
static struct ports *ports;
static struct worker *worker;
static struct far_end far;
static struct waiter over;

static int start(void **state)
{
	(void)state;
	waiter_init(&over);
	far_open(&far, "127.0.0.1");
	if (addr_parse_ip(&local, "127.0.0.1", 0) ||
	    ports_new(&ports, &local, FIRST_PORT, LAST_PORT, true,
		      clock_system(), random_system()))
		return -1;
	return worker_new(&worker, 0);
}

static int stop(void **state)
{
	(void)state;
	worker_free(worker);
	ports_free(ports);
	far_close(&far);
	waiter_deinit(&over);
	return 0;
}

static void add(struct msg *m)
{
	struct job *j = (struct job *)m;

	worker_add(j->worker, j->session);
	worker_start(j->worker, j->session, j->play);
	waiter_done(&j->done);
}

static void end(struct msg *m)
{
	struct job *j = (struct job *)m;

	worker_end(j->worker, j->session);
	session_report(j->session, &j->report);
	waiter_done(&j->done);
}

static struct stream_report run_job(void (*fn)(struct msg *),
				    struct session *s,
				    const struct session_play *play)
{
	struct job j = { .msg = { .fn = fn }, .worker = worker, .session = s,
			 .play = play };

	waiter_init(&j.done);
	inbox_complete(worker_inbox(worker), &j.msg);
	waiter_wait(&j.done);
	waiter_deinit(&j.done);
	return j.report;
}

static void on_event(struct session *s, enum session_event e, int err)
{
	(void)s;
	(void)err;
	if (e == SESSION_PLAYED)
		waiter_done(&over);
}

/* One stream with all that it needs. */
struct one {
	struct port_pair pair;
	struct session session;
	struct script *script;
	struct ledger *ledger;
	struct playout playout;
	struct prompt prompt;
	uint8_t packet[256];
};

static void begin(struct one *o, size_t len)
{
	static const struct cln_codec_params params = { .ptime_ms = 20 };
	struct prompt *list[] = { &o->prompt };
	struct playout_config p;
	struct session_play play = {
		.playout = &o->playout, .packet = o->packet,
		.aim = { .rtp = far.rtp, .rtcp = far.rtcp, .send = true },
	};
	struct session_config cfg = {
		.clock = worker_clock(), .random = random_system(),
		.rtcp = true, .cname = "t", .drain = worker_drain(worker),
		.tally = worker_tally(worker), .on_event = on_event,
	};

	o->prompt = fake_prompt(&fake_g711, bytes, len);
	o->script = fake_script(list, 1);
	o->ledger = ledger_new(1, 1);
	p = (struct playout_config){ .params = &params, .script = o->script,
				     .ledger = o->ledger };
	assert_int_equal(framing_init(&p.framing, &fake_g711, &params), 0);
	assert_int_equal(playout_init(&o->playout, &p), 0);
	assert_int_equal(ports_open(ports, &o->pair), 0);
	cfg.ports = o->pair;
	session_init(&o->session, &cfg);
	run_job(add, &o->session, &play);
}

static struct stream_report finish(struct one *o)
{
	struct stream_report r = run_job(end, &o->session, NULL);

	ports_close(ports, &o->pair);
	script_unref(o->script);
	free(o->ledger);
	return r;
}

static void first_packet_leaves_at_once_and_the_rest_on_time(void **state)
{
	struct stream_report r;
	struct one o;
	int64_t t0, took;

	(void)state;
	t0 = clock_now_ms(clock_system());
	begin(&o, 1600);
	far_rtp(&far);
	took = clock_now_ms(clock_system()) - t0;
	assert_in_range(took, 0, 100);
	waiter_wait(&over);
	took = clock_now_ms(clock_system()) - t0;
	assert_in_range(took, 200 + SESSION_TAIL_MS,
			200 + SESSION_TAIL_MS + 1000);
	r = finish(&o);
	assert_int_equal(r.rtp.sent, 10);
	assert_true(r.complete);
}

static void streams_that_start_together_are_spread_over_slots(void **state)
{
	struct one *all = calloc(STREAMS, sizeof(*all));
	unsigned int used = 0;

	(void)state;
	assert_non_null(all);
	for (int i = 0; i < STREAMS; i++)
		begin(&all[i], sizeof(bytes));
	for (int i = 0; i < STREAMS; i++)
		finish(&all[i]);
	for (int i = 0; i < STREAMS; i++)
		used |= 1u << all[i].session.anchor_ns / MS_NS % 20;
	assert_true(__builtin_popcount(used) >= 5);
	free(all);
}

/* CPU time of the whole process while the worker has nothing to do. */
static void idle_worker_costs_nothing(void **state)
{
	struct timespec a, b, pause = { 0, 300 * MS_NS };
	int64_t ns;

	(void)state;
	nanosleep(&pause, NULL);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &a);
	nanosleep(&pause, NULL);
	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &b);
	ns = (b.tv_sec - a.tv_sec) * S_NS + b.tv_nsec - a.tv_nsec;
	assert_true(ns < 10 * MS_NS);
}

/* The wheel slept all the while; it must not turn through the time missed. */
static void worker_that_idled_starts_in_the_present(void **state)
{
	struct timespec pause = { 1, 200 * MS_NS };
	struct one o;

	(void)state;
	nanosleep(&pause, NULL);
	begin(&o, 160);
	waiter_wait(&over);
	assert_int_equal(finish(&o).rtp.sent, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(first_packet_leaves_at_once_and_the_rest_on_time),
		TEST(streams_that_start_together_are_spread_over_slots),
		TEST(idle_worker_costs_nothing),
		TEST(worker_that_idled_starts_in_the_present),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
