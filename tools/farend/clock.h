/* SPDX-License-Identifier: MIT */
/*
 * clock.h - the two clocks of the far end.
 */
#ifndef FAREND_CLOCK_H
#define FAREND_CLOCK_H

#include <stdint.h>
#include <time.h>

/* Monotonic; what timers run on. */
static inline int64_t clock_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Wall clock, which is also the clock of the kernel's packet time stamps. */
static inline int64_t clock_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

#endif
