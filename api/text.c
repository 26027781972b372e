/*
 * text.c - growing text, and the small forms of text that answers are made of.
 * Thread: the caller's.
 */
/* SPDX-License-Identifier: MIT */
#include "text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

enum { NEAR_MAX = 63 };		/* longer words are compared by their start   */

static const char hex_digits[] = "0123456789abcdef";

void text_free(struct text *t)
{
	free(t->data);
	*t = (struct text){ 0 };
}

/* Room for `more` bytes and the NUL.                                         */
static int text_grow(struct text *t, size_t more)
{
	size_t cap = t->cap ? t->cap : 256;
	char *data;

	if (t->err)
		return t->err;
	if (more >= SIZE_MAX / 4 - t->len)
		return t->err = -ENOMEM;
	if (t->len + more + 1 <= t->cap)
		return 0;
	while (cap < t->len + more + 1)
		cap *= 2;
	data = realloc(t->data, cap);
	if (!data)
		return t->err = -ENOMEM;
	t->data = data;
	t->cap = cap;
	return 0;
}

void text_write(struct text *t, const void *data, size_t len)
{
	if (text_grow(t, len))
		return;
	if (len)
		memcpy(t->data + t->len, data, len);
	t->len += len;
	t->data[t->len] = '\0';
}

void text_puts(struct text *t, const char *s)
{
	text_write(t, s, strlen(s));
}

void text_putc(struct text *t, char c)
{
	text_write(t, &c, 1);
}

void text_printf(struct text *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || text_grow(t, (size_t)n))
		return;
	va_start(ap, fmt);
	vsnprintf(t->data + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

void text_copy(char *dst, size_t cap, const char *src)
{
	size_t len = strlen(src);

	if (len >= cap) {
		len = cap - 1;
		while (len && ((unsigned char)src[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(dst, src, len);
	dst[len] = '\0';
}

static unsigned int min3(unsigned int a, unsigned int b, unsigned int c)
{
	unsigned int m = a < b ? a : b;

	return m < c ? m : c;
}

/* Optimal string alignment: three rows of the usual matrix suffice.          */
unsigned int text_distance(const char *a, const char *b)
{
	unsigned int rows[3][NEAR_MAX + 1];
	size_t la = strnlen(a, NEAR_MAX), lb = strnlen(b, NEAR_MAX);
	size_t i, j;

	for (j = 0; j <= lb; j++)
		rows[0][j] = (unsigned int)j;
	for (i = 1; i <= la; i++) {
		unsigned int *now = rows[i % 3], *up = rows[(i + 2) % 3];
		const unsigned int *up2 = rows[(i + 1) % 3];

		now[0] = (unsigned int)i;
		for (j = 1; j <= lb; j++) {
			now[j] = min3(up[j] + 1, now[j - 1] + 1,
				      up[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && up2[j - 2] + 1 < now[j])
				now[j] = up2[j - 2] + 1;
		}
	}
	return rows[la % 3][lb];
}

const char *text_nearest(const char *word, const char *const *known)
{
	/* One edit more than a third of the letters is another word.         */
	size_t least = 2 + strnlen(word, NEAR_MAX) / 3;
	const char *best = NULL;

	for (; *known; known++) {
		size_t d = text_distance(word, *known);

		if (d < least) {
			best = *known;
			least = d;
		}
	}
	return best;
}

void text_time(char dst[TEXT_TIME_LEN], int64_t ms)
{
	int64_t s = ms >= 0 ? ms / 1000 : -((-ms + 999) / 1000);
	time_t t = (time_t)s;
	char day[24];
	struct tm tm;

	if (!gmtime_r(&t, &tm) ||
	    !strftime(day, sizeof(day), "%Y-%m-%dT%H:%M:%S", &tm))
		day[0] = '\0';
	snprintf(dst, TEXT_TIME_LEN, "%s.%03dZ", day, (int)(ms - s * 1000));
}

int text_uuid(char dst[CLN_UUID_LEN])
{
	unsigned char raw[16];
	char *p = dst;
	size_t i;

	if (getrandom(raw, sizeof(raw), 0) != (ssize_t)sizeof(raw))
		return -EIO;
	raw[6] = (unsigned char)((raw[6] & 0x0f) | 0x40);
	raw[8] = (unsigned char)((raw[8] & 0x3f) | 0x80);
	for (i = 0; i < sizeof(raw); i++) {
		if (i == 4 || i == 6 || i == 8 || i == 10)
			*p++ = '-';
		*p++ = hex_digits[raw[i] >> 4];
		*p++ = hex_digits[raw[i] & 15];
	}
	*p = '\0';
	return 0;
}

static bool is_hex(char c)
{
	return c && strchr(hex_digits, c);
}

bool text_is_uuid(const char *s)
{
	size_t i;

	for (i = 0; i < CLN_UUID_LEN - 1; i++) {
		bool dash = i == 8 || i == 13 || i == 18 || i == 23;

		if (dash ? s[i] != '-' : !is_hex(s[i]))
			return false;
	}
	return !s[i];
}

bool text_is_carrier_id(const char *s)
{
	return strlen(s) == CLN_ID_LEN - 1 &&
	       strspn(s, hex_digits) == CLN_ID_LEN - 1;
}

/* The table of well-formed sequences of the Unicode standard (3-7), which
 * leaves out surrogates, overlong forms and what lies beyond U+10FFFF.       */
size_t text_utf8(const unsigned char *s, size_t len)
{
	unsigned char low = 0x80, high = 0xbf;
	size_t n, i;

	if (!len)
		return 0;
	if (s[0] < 0x80)
		return 1;
	if (s[0] < 0xc2 || s[0] > 0xf4)
		return 0;
	n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (s[0] == 0xe0)
		low = 0xa0;
	else if (s[0] == 0xed)
		high = 0x9f;
	else if (s[0] == 0xf0)
		low = 0x90;
	else if (s[0] == 0xf4)
		high = 0x8f;
	if (len < n || s[1] < low || s[1] > high)
		return 0;
	for (i = 2; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

bool text_has_control(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* Hexadecimal hides nothing; it says "do not build on this".                 */
void text_cursor(char dst[TEXT_CURSOR_LEN], char kind, const char *position)
{
	size_t at = 0;

	dst[at++] = kind;
	for (; *position && at + 3 < TEXT_CURSOR_LEN; position++) {
		dst[at++] = hex_digits[(unsigned char)*position >> 4];
		dst[at++] = hex_digits[*position & 15];
	}
	dst[at] = '\0';
}

int text_cursor_read(const char *cursor, char kind, char *position, size_t cap)
{
	size_t n = 0;

	if (*cursor++ != kind)
		return -EINVAL;
	for (; *cursor; cursor += 2) {
		int c;

		if (!is_hex(cursor[0]) || !is_hex(cursor[1]) || n + 1 >= cap)
			return -EINVAL;
		c = (int)(strchr(hex_digits, cursor[0]) - hex_digits) * 16 +
		    (int)(strchr(hex_digits, cursor[1]) - hex_digits);
		if (c < 0x20 || c > 0x7e)
			return -EINVAL;
		position[n++] = (char)c;
	}
	position[n] = '\0';
	return n ? 0 : -EINVAL;
}
