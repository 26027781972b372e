/*
 * trace_bench.h - a trace of messages on a virtual clock, for its tests.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_TRACE_BENCH_H
#define UNIT_TRACE_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sip/trace.h"

#define WALL INT64_C(1700000000000)	/* 2023-11-14T22:13:20Z                */

static struct clock now;
static struct trace *trace;
static struct buf copy, out;

static inline int open_with(size_t bytes)
{
	clock_virtual(&now, 1000 * S_NS, WALL);
	buf_init(&copy, 32 << 20);
	buf_init(&out, 32 << 20);
	return trace_new(&trace, &now, bytes);
}

static inline int set_up(void **state)
{
	(void)state;
	return open_with(1 << 20);
}

static inline int tear_down(void **state)
{
	(void)state;
	trace_free(trace);
	trace = NULL;
	buf_deinit(&copy);
	buf_deinit(&out);
	return 0;
}

static inline struct hop hop_of(enum sip_transport transport,
				const char *local, const char *remote)
{
	struct hop h = { .transport = transport };

	assert_int_equal(addr_parse(&h.local, local, 0), 0);
	assert_int_equal(addr_parse(&h.remote, remote, 0), 0);
	return h;
}

/* In memory of its exact size.                                                */
static inline void add_bytes(bool sent, const struct hop *h, const char *data,
			     size_t len)
{
	char *exact = malloc(len ? len : 1);

	assert_non_null(exact);
	memcpy(exact, data, len);
	trace_add(trace, sent, h, exact, len);
	free(exact);
}

static inline void add(bool sent, const char *text)
{
	struct hop h = hop_of(SIP_UDP, "192.0.2.1:5060", "192.0.2.9:5062");

	add_bytes(sent, &h, text, strlen(text));
}

static inline void pass_us(int64_t us)
{
	clock_advance(&now, us * 1000);
}

/* How many messages of it are kept.                                           */
static inline size_t read_call(const char *call_id)
{
	struct sip_trace_message m;
	size_t pos = 0, n = 0;
	int err;

	buf_reset(&copy);
	err = trace_copy(trace, call_id, &copy);
	assert_int_equal(copy.err, 0);
	while (sip_trace_next(&copy, &pos, &m))
		n++;
	assert_int_equal(err, n ? 0 : -ENOENT);
	return n;
}

/* nth message of the copy.                                                    */
static inline struct sip_trace_message nth(size_t n)
{
	struct sip_trace_message m = { 0 };
	size_t pos = 0;

	do
		assert_true(sip_trace_next(&copy, &pos, &m));
	while (n--);
	return m;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
