/*
 * business.h - an exchange on a virtual clock, its neighbours being doubles.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_BUSINESS_H
#define TESTS_BUSINESS_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include "base/log.h"
#include "call/call.h"
#include "call/room.h"
#include "media_double.h"
#include "sip_double.h"
#include "store_double.h"

#define START_NS (1000 * S_NS)
#define WALL_MS INT64_C(1700000000000)

static struct clock now;
static struct random seeded;
static struct exchange *x;
static int ready_err = 1;		/* 1: not yet                          */
static int n_stopped;

static const char answer_sdp[] =
	"v=0\r\no=- 1 1 IN IP4 192.0.2.9\r\ns=-\r\nc=IN IP4 192.0.2.9\r\n"
	"t=0 0\r\nm=audio 40000 RTP/AVP 8\r\n";

static inline bool allow_private(void *arg, const char *host,
				 const struct addr *addr)
{
	(void)arg;
	(void)host;
	return addr && addr_is_private(addr);
}

static inline void on_ready(void *arg, int err)
{
	(void)arg;
	ready_err = err;
}

static inline void on_stopped(void *arg)
{
	(void)arg;
	n_stopped++;
}

/* Everything that can happen now happens.                                     */
static inline void run(void)
{
	for (int i = 0; i < 6; i++) {
		loop_once(x->cfg.loop, 0);
		if (!store_answer() && i > 2)
			break;
	}
}

static inline void advance(int ms)
{
	while (ms--) {
		clock_advance(&now, MS_NS);
		run();
	}
}

static inline void business_new(void)
{
	struct exchange_config cfg = {
		.random = &seeded,
		.store = &the_store,
		.max_channels = 1000,
		.max_cps = 1000,
		.ring_timeout_s = 60,
		.carrier_wait_s = 60,
		.call_max_s = 7200,
		.direct_allowed = allow_private,
	};

	log_set_level(LOG_ERROR);
	clock_virtual(&now, START_NS, WALL_MS);
	random_seeded(&seeded, 1);
	store_double_init();
	sip_double_init();
	media_double_init();
	ready_err = 1;
	n_stopped = 0;
	assert_int_equal(loop_new(&cfg.loop, &now, 100), 0);
	addr_parse_ip(&cfg.media_address, "127.0.0.1", 0);
	assert_int_equal(exchange_new(&x, &cfg), 0);
}

static inline void business_start(void)
{
	exchange_start(x, on_ready, NULL);
	run();
	assert_int_equal(ready_err, 0);
}

/* Whatever the test left alive comes to its end.                              */
static inline void business_free(void)
{
	struct loop *loop = x->cfg.loop;

	the_store.hold = false;
	memset(the_store.fail, 0, sizeof(the_store.fail));
	exchange_stop(x, true, on_stopped, NULL);
	run();
	for (size_t i = 0; i < n_uacs; i++)
		if (uacs[i])
			uacs[i]->events->ended(uacs[i]->arg,
				&(struct uac_result){
					.end = UAC_END_CANCELED });
	for (size_t i = 0; i < n_streams; i++)
		if (streams[i])
			stream_stopped(i, false, 0);
	run();
	assert_int_equal(exchange_calls(x), 0);
	assert_int_equal(x->channels, 0);
	assert_int_equal(x->pacer.promised, 0);
	assert_int_equal(x->n_failing, 0);
	exchange_free(x);
	store_answer();
	inbox_run(loop_inbox(loop));
	assert_int_equal(live_prompts, 0);
	for (size_t i = 0; i < n_registrations; i++)
		assert_null(registrations[i]);
	for (size_t i = 0; i < n_pings; i++)
		assert_null(pings[i]);
	assert_int_equal(live_auths, 0);
	loop_free(loop);
	store_double_deinit();
}

static inline int setup(void **state)
{
	(void)state;
	business_new();
	business_start();
	return 0;
}

static inline int teardown(void **state)
{
	(void)state;
	business_free();
	return 0;
}

/* ---- carriers and jobs ------------------------------------------------------ */

static inline struct cln_carrier carrier_data(const char *id)
{
	struct cln_carrier d = {
		.size = sizeof(d), .version = 1, .expires_s = 3600,
		.enabled = 1, .codecs = { .n = 2, .names = { "mulaw",
							     "alaw" } },
	};

	str_copy(d.id, sizeof(d.id), id);
	str_copy(d.host, sizeof(d.host), "192.0.2.1");
	str_copy(d.transport, sizeof(d.transport), "udp");
	str_copy(d.prefix, sizeof(d.prefix), "8888");
	return d;
}

static inline struct carrier *add_carrier(const struct cln_carrier *d)
{
	struct carrier *c;

	assert_int_equal(carrier_new(&c, x, d), 0);
	carrier_start(c);
	return c;
}

/* A carrier that does not register.                                           */
static inline struct carrier *plain_carrier(const char *id)
{
	struct cln_carrier d = carrier_data(id);

	return add_carrier(&d);
}

static inline struct carrier *registering_carrier(const char *id)
{
	struct cln_carrier d = carrier_data(id);

	d.do_register = 1;
	d.password_set = 1;
	str_copy(d.username, sizeof(d.username), "client1");
	str_copy(d.password, sizeof(d.password), "password1");
	return add_carrier(&d);
}

/* n numbers by this carrier, with one item.                                   */
static inline struct stored_job *add_job(const char *id,
					 const char *carrier_id, size_t n)
{
	static const struct cln_item item = { .text = "http://a/hello.wav" };
	struct cln_recipient to[ROWS_MAX] = { { 0 } };
	struct cln_play play = {
		.request_id = id, .from = "me", .carrier_id = carrier_id,
		.n_items = 1, .items = &item, .n_recipients = n,
		.recipients = to,
	};
	struct store_job *data;
	struct job *j;

	for (size_t i = 0; i < n; i++)
		to[i].to = "123456";
	assert_int_equal(store_play(&play, &data), 0);
	assert_int_equal(job_new(&j, x, data), 0);
	dialer_wake(x);
	return stored(id);
}

/* ---- what the far end does -------------------------------------------------- */

static inline void answer(size_t i)
{
	uacs[i]->events->picked_up(uacs[i]->arg);
	uacs[i]->events->answered(uacs[i]->arg, 200, answer_sdp,
				  sizeof(answer_sdp) - 1);
}

static inline void end(size_t i, enum uac_end how, int code,
		       const char *reason)
{
	struct uac_result r = { .end = how, .code = code };

	str_copy(r.reason, sizeof(r.reason), reason);
	uacs[i]->events->ended(uacs[i]->arg, &r);
}

/* A whole call that is answered and heard out.                                */
static inline void call_through(size_t i)
{
	answer(i);
	streams[i]->events->played(streams[i]->arg);
	uacs[i]->events->hangup(uacs[i]->arg, UAC_END_BYE_SENT);
	stream_stopped(i, true, 1);
	end(i, UAC_END_BYE_SENT, 200, "OK");
}

#endif
