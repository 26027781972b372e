/*
 * playout_bench.h - cursors over scripts made of fake prompts.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_PLAYOUT_BENCH_H
#define UNIT_PLAYOUT_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>

#include "fake_prompt.h"
#include "media/dtmf.h"
#include "media/playout.h"

enum { BIG = 1000 };

static uint8_t bytes[BIG], quiet[BIG];
static struct prompt silence;
static struct script *script;
static struct ledger *ledger;

static inline int start(void **state)
{
	(void)state;
	for (size_t i = 0; i < BIG; i++)
		bytes[i] = (uint8_t)(i * 7 + i / 256);
	memset(quiet, 0xfe, sizeof(quiet));
	silence = fake_prompt(&fake_g711, quiet, 100);
	silence.too = fake_frames(&fake_g729, quiet, 50);
	script = NULL;
	ledger = NULL;
	return 0;
}

static inline int stop(void **state)
{
	(void)state;
	script_unref(script);
	free(ledger);
	assert_int_equal(silence.refs, 0);
	return 0;
}

static inline void write_script(const struct script_step *steps, size_t n,
				uint32_t rounds)
{
	stop(NULL);
	assert_int_equal(script_new(&script, steps, n, rounds, &silence), 0);
	ledger = ledger_new(n, rounds);
	assert_non_null(ledger);
}

static inline void write_prompts(struct prompt *const *prompts, size_t n)
{
	struct script_step steps[CLN_ITEMS_MAX] = { 0 };

	for (size_t i = 0; i < n; i++)
		steps[i].prompt = prompts[i];
	write_script(steps, n, 1);
}

static inline int try_cursor(struct playout *p, const struct cln_codec *codec,
			     uint32_t ptime_ms, bool events)
{
	const struct cln_codec_params params = {
		.size = sizeof(params), .ptime_ms = ptime_ms,
	};
	struct playout_config cfg = {
		.params = &params, .script = script, .ledger = ledger,
		.events = events,
	};
	int err = framing_init(&cfg.framing, codec, &params);

	return err ? err : playout_init(p, &cfg);
}

/* The stream's first cursor. */
static inline void cursor(struct playout *p, const struct cln_codec *codec,
			  uint32_t ptime_ms)
{
	assert_int_equal(try_cursor(p, codec, ptime_ms, true), 0);
	playout_start(p);
}

/* Another one, that shall take over. */
static inline void spare(struct playout *p, const struct cln_codec *codec,
			 uint32_t ptime_ms)
{
	assert_int_equal(try_cursor(p, codec, ptime_ms, true), 0);
}

static inline void say(struct playout *p, int packets)
{
	uint8_t got[FRAMING_PAYLOAD_MAX];

	while (packets--) {
		assert_true(playout_peek(p, got) > 0);
		playout_advance(p);
	}
}

/* Plays it all into dst, checks that each packet is `packet` long. */
static inline size_t play_all(struct playout *p, uint8_t *dst, size_t packet)
{
	size_t total = 0, len;

	while ((len = playout_peek(p, dst + total)) > 0) {
		assert_int_equal(len, packet);
		playout_advance(p);
		total += len;
	}
	assert_true(playout_at_end(p));
	return total;
}

/* The same recording again, each byte one higher. */
static inline struct prompt both(uint8_t *other, const uint8_t *data,
				 size_t len)
{
	struct prompt p = fake_prompt(&fake_g711, data, len);

	for (size_t i = 0; i < len; i++)
		other[i] = (uint8_t)(data[i] + 1);
	p.too = fake_frames(&fake_alaw, other, len);
	return p;
}

static inline void expect_all(const uint8_t *got, uint8_t value, size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_int_equal(got[i], value);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, stop)

#endif
