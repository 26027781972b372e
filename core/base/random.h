/*
 * random.h - unpredictable bytes, injected so that a test can replay a call.
 *
 * The system source may be used by any thread; a seeded one by one thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_RANDOM_H
#define BASE_RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	void (*fill)(struct random *, void *dst, size_t len);
	uint64_t state;				/* seeded source only         */
};

struct random *random_system(void);		/* getrandom(2), buffered     */
void random_seeded(struct random *r, uint64_t seed);

static inline void random_fill(struct random *r, void *dst, size_t len)
{
	r->fill(r, dst, len);
}

uint32_t random_u32(struct random *r);
/* Even over 0..n-1; n > 0.                                                   */
uint32_t random_below(struct random *r, uint32_t n);
/* `digits` hex digits and NUL.                                               */
void random_hex(struct random *r, char *dst, size_t digits);
#define UUID_LEN 37
void random_uuid(struct random *r, char dst[UUID_LEN]);	/* version 4          */

#endif
