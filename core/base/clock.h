/*
 * clock.h - monotonic and wall time, injected so that tests can move it.
 *
 * Any thread may read; only a test moves a virtual clock.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdint.h>

#define MS_NS INT64_C(1000000)
#define S_MS INT64_C(1000)
#define S_NS INT64_C(1000000000)

struct clock {
	int64_t (*mono_ns)(const struct clock *);
	int64_t (*wall_ms)(const struct clock *);
	/* Virtual clock only: now, and the wall time at monotonic zero.      */
	int64_t virtual_ns, virtual_wall_ms;
};

const struct clock *clock_system(void);
void clock_virtual(struct clock *c, int64_t mono_ns, int64_t wall_ms);
void clock_advance(struct clock *c, int64_t ns);	/* both times         */

static inline int64_t clock_now_ns(const struct clock *c)
{
	return c->mono_ns(c);
}

static inline int64_t clock_now_ms(const struct clock *c)
{
	return c->mono_ns(c) / MS_NS;
}

static inline int64_t clock_wall_ms(const struct clock *c)
{
	return c->wall_ms(c);
}

#endif
