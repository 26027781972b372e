/*
 * str.c - text helpers that cannot overflow.
 *
 * Any thread; no state.
 */
/* SPDX-License-Identifier: MIT */
#include "base/str.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

int str_copy_n(char *dst, size_t cap, const char *src, size_t n)
{
	size_t keep = n < cap ? n : cap - 1;

	if (!cap)
		return -ENAMETOOLONG;
	if (keep)
		memcpy(dst, src, keep);
	dst[keep] = '\0';
	return keep < n ? -ENAMETOOLONG : 0;
}

int str_copy(char *dst, size_t cap, const char *src)
{
	return str_copy_n(dst, cap, src, src ? strlen(src) : 0);
}

int str_set(char **dst, const char *src)
{
	char *copy = src ? strdup(src) : NULL;

	if (src && !copy)
		return -ENOMEM;
	free(*dst);
	*dst = copy;
	return 0;
}

int str_printf(char *dst, size_t cap, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(dst, cap, fmt, ap);
	va_end(ap);
	return n < 0 || (size_t)n >= cap ? -ENAMETOOLONG : 0;
}

/* Sums up below zero, where there is room for one number more.               */
static int parse_digits(int64_t *out, const char *s, bool negative)
{
	int64_t n = 0;

	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		if (n > INT64_MIN / 10 ||
		    (n == INT64_MIN / 10 && *s - '0' <= 8))
			n = n * 10 - (*s - '0');
		else
			return s[strspn(s, "0123456789")] ? -EINVAL : -ERANGE;
	}
	if (!negative && n == INT64_MIN)
		return -ERANGE;
	*out = negative ? n : -n;
	return 0;
}

int str_to_i64(int64_t *out, const char *s, int64_t min, int64_t max)
{
	bool negative = *s == '-';
	int64_t n = 0;
	int err = parse_digits(&n, s + negative, negative);

	if (err)
		return err;
	if (n < min || n > max)
		return -ERANGE;
	*out = n;
	return 0;
}

int str_to_bool(bool *out, const char *s)
{
	static const char *const words[] = {
		"no", "yes", "false", "true", "off", "on", "0", "1",
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (!strcmp(s, words[i])) {
			*out = i & 1;
			return 0;
		}
	}
	return -EINVAL;
}

bool str_has_ctl(const char *s)
{
	for (; *s; s++) {
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	}
	return false;
}

/* The second byte's range, which is what rules out overlong forms, surrogates
 * and what lies beyond U+10FFFF (RFC 3629, 4).                               */
static bool second_is_fine(unsigned char first, unsigned char second)
{
	unsigned char low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
	unsigned char high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;

	return second >= low && second <= high;
}

size_t str_utf8_len(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n;

	if (!len)
		return 0;
	if (u[0] < 0x80)
		return 1;
	if (u[0] < 0xc2 || u[0] > 0xf4)
		return 0;
	n = u[0] < 0xe0 ? 2 : u[0] < 0xf0 ? 3 : 4;
	if (n > len || !second_is_fine(u[0], u[1]))
		return 0;
	for (size_t i = 2; i < n; i++) {
		if ((u[i] & 0xc0) != 0x80)
			return 0;
	}
	return n;
}

bool str_is_utf8(const char *s, size_t len)
{
	while (len) {
		size_t n = str_utf8_len(s, len);

		if (!n)
			return false;
		s += n;
		len -= n;
	}
	return true;
}

bool str_starts(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

enum { WORD_MAX = 64 };

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

static bool same(char a, char b)
{
	return tolower((unsigned char)a) == tolower((unsigned char)b);
}

/* Edit distance with neighbouring transpositions (optimal string alignment);
 * three rows of the table are enough. Case does not count.                   */
static unsigned int distance(const char *a, size_t a_len, const char *b,
			     size_t b_len)
{
	unsigned int rows[3][WORD_MAX + 1];

	for (size_t j = 0; j <= b_len; j++)
		rows[0][j] = (unsigned int)j;
	for (size_t i = 1; i <= a_len; i++) {
		unsigned int *now = rows[i % 3], *up = rows[(i + 2) % 3];
		const unsigned int *up2 = rows[(i + 1) % 3];

		now[0] = (unsigned int)i;
		for (size_t j = 1; j <= b_len; j++) {
			unsigned int swap = !same(a[i - 1], b[j - 1]);

			now[j] = min3(up[j] + 1, now[j - 1] + 1,
				      up[j - 1] + swap);
			if (i > 1 && j > 1 && same(a[i - 1], b[j - 2]) &&
			    same(a[i - 2], b[j - 1]) && up2[j - 2] + 1 < now[j])
				now[j] = up2[j - 2] + 1;
		}
	}
	return rows[a_len % 3][b_len];
}

void str_nearest_step(const char *word, const char *candidate,
		      const char **best, unsigned int *cost)
{
	size_t w = strlen(word), c = strlen(candidate);
	size_t limit = (w + 2) / 3 < 3 ? (w + 2) / 3 : 3;
	unsigned int d;

	if (w > WORD_MAX || c > WORD_MAX)
		return;
	d = distance(word, w, candidate, c);
	if (d > limit || d >= w || d >= c)
		return;
	if (!*best || d < *cost) {
		*best = candidate;
		*cost = d;
	}
}

const char *str_nearest(const char *word, const char *const *words)
{
	const char *best = NULL;
	unsigned int cost = 0;

	for (; *words; words++)
		str_nearest_step(word, *words, &best, &cost);
	return best;
}

void str_hex(char *dst, const void *src, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	const unsigned char *u = src;

	for (size_t i = 0; i < len; i++) {
		*dst++ = digits[u[i] >> 4];
		*dst++ = digits[u[i] & 15];
	}
	*dst = '\0';
}

void str_rfc3339(char *dst, int64_t wall_ms)
{
	time_t seconds = (time_t)(wall_ms / 1000);
	struct tm tm;

	dst[0] = '\0';
	if (wall_ms <= 0 || !gmtime_r(&seconds, &tm))
		return;
	str_printf(dst, STR_TIME_LEN, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
		   tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		   tm.tm_min, tm.tm_sec, (int)(wall_ms % 1000));
}

bool str_equal_secret(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	volatile unsigned char diff = 0;

	if (a_len != b_len)
		return false;
	for (size_t i = 0; i < a_len; i++)
		diff |= (unsigned char)(a[i] ^ b[i]);
	return !diff;
}
