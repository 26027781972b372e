/*
 * clock.c - monotonic and wall time, injected so that tests can move it.
 *
 * Any thread may read; only a test moves a virtual clock.
 */
/* SPDX-License-Identifier: MIT */
#include "base/clock.h"

#include <time.h>

static int64_t system_mono_ns(const struct clock *c)
{
	struct timespec t;

	(void)c;
	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * S_NS + t.tv_nsec;
}

static int64_t system_wall_ms(const struct clock *c)
{
	struct timespec t;

	(void)c;
	clock_gettime(CLOCK_REALTIME, &t);
	return t.tv_sec * S_MS + t.tv_nsec / MS_NS;
}

const struct clock *clock_system(void)
{
	static const struct clock c = {
		.mono_ns = system_mono_ns,
		.wall_ms = system_wall_ms,
	};

	return &c;
}

/* Atomic, since a test may move the clock while other threads read it.       */
static int64_t virtual_mono_ns(const struct clock *c)
{
	return __atomic_load_n(&c->virtual_ns, __ATOMIC_SEQ_CST);
}

/* The wall runs in whole milliseconds since the start of the clock, which the
 * monotonic half counts to the nanosecond.                                   */
static int64_t virtual_wall_ms(const struct clock *c)
{
	return c->virtual_wall_ms + virtual_mono_ns(c) / MS_NS;
}

void clock_virtual(struct clock *c, int64_t mono_ns, int64_t wall_ms)
{
	*c = (struct clock){
		.mono_ns = virtual_mono_ns,
		.wall_ms = virtual_wall_ms,
		.virtual_ns = mono_ns,
		.virtual_wall_ms = wall_ms - mono_ns / MS_NS,
	};
}

void clock_advance(struct clock *c, int64_t ns)
{
	__atomic_add_fetch(&c->virtual_ns, ns, __ATOMIC_SEQ_CST);
}
