/*
 * str.h - text helpers that cannot overflow.
 *
 * Any thread; no state.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_STR_H
#define BASE_STR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Copies src (NULL = ""); -ENAMETOOLONG if it was cut (still NUL-ended).     */
int str_copy(char *dst, size_t cap, const char *src);
int str_copy_n(char *dst, size_t cap, const char *src, size_t n);
/* *dst becomes a copy of its own, NULL for NULL, and what it was is freed.
 * -ENOMEM: it stays as it was.                                               */
int str_set(char **dst, const char *src);
/* snprintf; -ENAMETOOLONG if it was cut.                                     */
int str_printf(char *dst, size_t cap, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The whole string is a decimal number in the range. 0, -EINVAL, -ERANGE.    */
int str_to_i64(int64_t *out, const char *s, int64_t min, int64_t max);
/* yes/no, true/false, on/off, 1/0. 0 or -EINVAL.                            */
int str_to_bool(bool *out, const char *s);
bool str_has_ctl(const char *s);		/* bytes < 0x20 or 0x7f       */
bool str_is_utf8(const char *s, size_t len);
/* Bytes of the valid UTF-8 sequence at s, 0 if there is none.                */
size_t str_utf8_len(const char *s, size_t len);
bool str_starts(const char *s, const char *prefix);
/* Nearest of the NULL-ended words by edit distance (transpositions count one),
 * NULL if none is near enough to be worth naming.                            */
const char *str_nearest(const char *word, const char *const *words);
/* Same, one at a time: keeps the best; start with *best = NULL, *cost = 0.   */
void str_nearest_step(const char *word, const char *candidate,
		      const char **best, unsigned int *cost);
void str_hex(char *dst, const void *src, size_t len);	/* dst: 2*len+1       */
/* "2026-11-23T03:30:55.123Z"; dst of 32 bytes. 0 gives "".                   */
#define STR_TIME_LEN 32
void str_rfc3339(char *dst, int64_t wall_ms);
/* Constant time for equal lengths.                                           */
bool str_equal_secret(const char *a, const char *b);

#endif
