/*
 * session_bench.h - one session on a clock that the test moves, turn by turn,
 * with real packets on loopback.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_SESSION_BENCH_H
#define UNIT_SESSION_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "fake_prompt.h"
#include "far_end.h"
#include "media/session.h"

enum { FIRST_PORT = 7200, LAST_PORT = 7299, BIG = 16000, T0 = 1000 };

static uint8_t bytes[BIG], packet[2048];

static struct clock now;
static struct random seeded;
static struct addr local;
static struct ports *ports;
static struct port_pair pair;
static struct drain *drain;
static struct tally tally;
static struct far_end far;
static struct prompt a, b;
static struct script *script;
static struct ledger *ledger;
static struct playout playout;
static struct session s;
static uint16_t first_seq;
static int played, failed;

static inline void on_event(struct session *who, enum session_event e, int err)
{
	assert_ptr_equal(who, &s);
	if (e == SESSION_PLAYED)
		played++;
	else
		failed = err;
}

static inline void new_session(void)
{
	struct session_config cfg = {
		.clock = &now, .random = &seeded, .ports = pair, .rtcp = true,
		.cname = "test", .drain = drain, .tally = &tally,
		.on_event = on_event,
	};

	session_init(&s, &cfg);
	first_seq = s.seq;
}

static inline int start(void **state)
{
	(void)state;
	for (size_t i = 0; i < BIG; i++)
		bytes[i] = (uint8_t)(i * 5 + i / 256);
	memset(&tally, 0, sizeof(tally));
	script = NULL;
	ledger = NULL;
	played = failed = 0;
	clock_virtual(&now, T0 * MS_NS, 1700000000000);
	random_seeded(&seeded, 5);
	far_open(&far, "127.0.0.1");
	if (addr_parse_ip(&local, "127.0.0.1", 0) || drain_new(&drain) ||
	    ports_new(&ports, &local, FIRST_PORT, LAST_PORT, true, &now,
		      random_system()) || ports_open(ports, &pair))
		return -1;
	new_session();
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	script_unref(script);
	free(ledger);
	ports_close(ports, &pair);
	ports_free(ports);
	drain_free(drain);
	far_close(&far);
	return 0;
}

static inline struct session_aim aim(void)
{
	return (struct session_aim){
		.rtp = far.rtp, .rtcp = far.rtcp, .send = true,
	};
}

/* A cursor over the script in this codec. */
static inline void make_playout(struct playout *p,
				const struct cln_codec *codec,
				uint32_t ptime_ms, bool events, bool prelude)
{
	const struct cln_codec_params params = { .ptime_ms = ptime_ms };
	struct playout_config cfg = {
		.params = &params, .script = script, .ledger = ledger,
		.events = events, .prelude = prelude,
	};

	assert_int_equal(framing_init(&cfg.framing, codec, &params), 0);
	assert_int_equal(playout_init(p, &cfg), 0);
}

/* Plays len_a and len_b bytes as two items; the first packet is due at T0. */
static inline void play(size_t len_a, size_t len_b,
			const struct session_aim *at)
{
	struct prompt *list[] = { &a, &b };
	struct session_play p = { .playout = &playout, .packet = packet,
				  .aim = *at };

	a = fake_prompt(&fake_g711, bytes, len_a);
	b = fake_prompt(&fake_g711, bytes + len_a, len_b);
	script = fake_script(list, 2);
	ledger = ledger_new(2, 1);
	make_playout(&playout, &fake_g711, 20, false, false);
	session_start(&s, &p, T0 * MS_NS, T0 * MS_NS);
}

static inline void set_aim(const struct session_aim *at)
{
	session_set_aim(&s, at, T0 * MS_NS);
}

/* The next report is due so many ms after T0, and is not put off. */
static inline void report_at(int64_t ms)
{
	s.control.next_at_ns = (T0 + ms) * MS_NS;
	s.control.last_at_ns = s.control.next_at_ns - 10 * S_NS;
}

/* Ends it so many ms after T0. */
static inline void end(struct stream_report *report, int64_t ms)
{
	session_end(&s, (T0 + ms) * MS_NS);
	session_report(&s, report);
}

/* Runs each turn at its very time, up to `ms` after T0. */
static inline void run_until(int64_t ms)
{
	while (s.due_ns <= (T0 + ms) * MS_NS)
		session_turn(&s, s.due_ns);
}

static inline void expect_payload(const struct rtp_packet *p, size_t n)
{
	assert_int_equal(p->len, 160);
	assert_memory_equal(p->payload, bytes + 160 * n, 160);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

#endif
