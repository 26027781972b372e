/*
 * random.c - unpredictable bytes, injected so that a test can replay a call.
 *
 * Each thread keeps a small store of the system's bytes, so that a branch or
 * a tag does not cost a system call.
 */
/* SPDX-License-Identifier: MIT */
#include "base/random.h"

#include <assert.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/str.h"

enum { STORE_LEN = 256 };

/* There is no way on without entropy: a guessable tag is an open door.       */
static void from_system(void *dst, size_t len)
{
	unsigned char *p = dst;

	while (len) {
		ssize_t n = getrandom(p, len, 0);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		p += n;
		len -= (size_t)n;
	}
}

static void system_fill(struct random *r, void *dst, size_t len)
{
	static _Thread_local unsigned char store[STORE_LEN];
	static _Thread_local size_t left;

	(void)r;
	if (len > sizeof(store)) {
		from_system(dst, len);
		return;
	}
	if (len > left) {
		from_system(store, sizeof(store));
		left = sizeof(store);
	}
	left -= len;
	memcpy(dst, store + left, len);
	/* What was handed out is not kept where a leak could show it. */
	memset(store + left, 0, len);
}

struct random *random_system(void)
{
	static struct random r = { .fill = system_fill };

	return &r;
}

/* splitmix64 by Sebastiano Vigna: any seed will do.                          */
static uint64_t seeded_next(struct random *r)
{
	uint64_t z = r->state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static void seeded_fill(struct random *r, void *dst, size_t len)
{
	unsigned char *p = dst;

	while (len) {
		uint64_t word = seeded_next(r);
		size_t n = len < sizeof(word) ? len : sizeof(word);

		memcpy(p, &word, n);
		p += n;
		len -= n;
	}
}

void random_seeded(struct random *r, uint64_t seed)
{
	*r = (struct random){ .fill = seeded_fill, .state = seed };
}

uint32_t random_u32(struct random *r)
{
	uint32_t n;

	random_fill(r, &n, sizeof(n));
	return n;
}

uint32_t random_below(struct random *r, uint32_t n)
{
	uint32_t least, x;

	assert(n);
	/* 2^32 mod n values are too many for an even spread: draw again. */
	least = -n % n;
	do
		x = random_u32(r);
	while (x < least);
	return x % n;
}

void random_hex(struct random *r, char *dst, size_t digits)
{
	static const char hex[] = "0123456789abcdef";

	random_fill(r, dst, digits);
	for (size_t i = 0; i < digits; i++)
		dst[i] = hex[dst[i] & 15];
	dst[digits] = '\0';
}

void random_uuid(struct random *r, char dst[UUID_LEN])
{
	static const size_t cuts[] = { 4, 2, 2, 2, 6 };
	unsigned char b[16];
	const unsigned char *p = b;

	random_fill(r, b, sizeof(b));
	b[6] = (b[6] & 0x0f) | 0x40;
	b[8] = (b[8] & 0x3f) | 0x80;
	for (size_t i = 0; i < ARRAY_LEN(cuts); i++) {
		str_hex(dst, p, cuts[i]);
		p += cuts[i];
		dst += 2 * cuts[i];
		*dst++ = '-';
	}
	dst[-1] = '\0';
}
