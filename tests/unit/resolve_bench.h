/*
 * resolve_bench.h - a resolver on the test's own loop, asking the name server of
 * name_server.h. Included once per program.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_RESOLVE_BENCH_H
#define UNIT_RESOLVE_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "name_server.h"
#include "sip/resolve.h"

static struct clock wall;
static struct random luck;
static struct loop *loop;
static struct resolver *resolver;
static struct addr dns_at;		/* the name server                     */
static struct resolve_result got;
static unsigned int n_got;

static inline int bench_open_on(const struct clock *clock,
				const struct zone_line *lines)
{
	zone = lines;
	n_got = 0;
	random_seeded(&luck, 3);
	assert_int_equal(loop_new(&loop, clock, 16), 0);
	name_server_open(loop, &dns_at);
	return resolver_new(&resolver, loop, &luck, &dns_at, 1);
}

static inline int bench_open(const struct zone_line *lines)
{
	clock_virtual(&wall, 1000 * S_NS, 0);
	return bench_open_on(&wall, lines);
}

static inline int bench_close(void **state)
{
	(void)state;
	resolver_free(resolver);
	resolver = NULL;
	name_server_close();
	loop_free(loop);
	return 0;
}

static inline void bench_told(void *arg, const struct resolve_result *result)
{
	(void)arg;
	got = *result;
	n_got++;
}

/* So often the loop may turn until the result is there.                       */
static inline void rounds(int n)
{
	while (n-- && !n_got)
		loop_once(loop, 10);
}

static inline void assert_way(size_t i, const char *text)
{
	char ip[ADDR_TEXT_LEN];

	assert_true(i < got.n);
	addr_text(&got.ways[i].addr, ip);
	assert_string_equal(ip, text);
}

#endif
