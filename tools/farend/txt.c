/* SPDX-License-Identifier: MIT */
/*
 * txt.c - a growing text, and JSON written into it.
 * Thread: any; a text belongs to whoever fills it.
 */
#include "txt.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static bool txt_reserve(struct txt *t, size_t more)
{
	size_t cap = t->cap ? t->cap : 256;
	char *p;

	if (t->err || more > TXT_MAX || t->len + more + 1 > TXT_MAX) {
		t->err = true;
		return false;
	}
	if (t->len + more + 1 <= t->cap)
		return true;
	while (cap < t->len + more + 1)
		cap *= 2;
	p = realloc(t->p, cap);
	if (!p) {
		t->err = true;
		return false;
	}
	t->p = p;
	t->cap = cap;
	return true;
}

void txt_free(struct txt *t)
{
	free(t->p);
	memset(t, 0, sizeof(*t));
}

void txt_reset(struct txt *t)
{
	t->len = 0;
	t->err = false;
	if (t->p)
		t->p[0] = '\0';
}

void txt_add(struct txt *t, const void *p, size_t len)
{
	if (!txt_reserve(t, len))
		return;
	if (len)
		memcpy(t->p + t->len, p, len);
	t->len += len;
	t->p[t->len] = '\0';
}

void txt_str(struct txt *t, const char *s)
{
	txt_add(t, s, strlen(s));
}

void txt_fmt(struct txt *t, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0 || !txt_reserve(t, (size_t)n)) {
		t->err = true;
		return;
	}
	va_start(ap, fmt);
	vsnprintf(t->p + t->len, (size_t)n + 1, fmt, ap);
	va_end(ap);
	t->len += (size_t)n;
}

void txt_copy(char *dst, size_t size, const char *src)
{
	size_t n = src ? strlen(src) : 0;

	if (n >= size)
		n = size - 1;
	if (n)
		memcpy(dst, src, n);
	dst[n] = '\0';
}

static void json_quoted(struct txt *t, const char *s)
{
	const unsigned char *p = (const unsigned char *)s;

	txt_str(t, "\"");
	for (; *p; p++) {
		if (*p == '"' || *p == '\\')
			txt_fmt(t, "\\%c", *p);
		else if (*p == '\n')
			txt_str(t, "\\n");
		else if (*p == '\r')
			txt_str(t, "\\r");
		else if (*p < 0x20 || *p >= 0x7f)
			/* Bytes beyond ASCII are shown as Latin-1, so that
			 * whatever a stranger sent is valid JSON. */
			txt_fmt(t, "\\u%04x", *p);
		else
			txt_add(t, p, 1);
	}
	txt_str(t, "\"");
}

static void json_key(struct txt *t, const char *key)
{
	char last = t->len ? t->p[t->len - 1] : '{';

	if (last != '{' && last != '[')
		txt_str(t, ",");
	if (key) {
		json_quoted(t, key);
		txt_str(t, ":");
	}
}

void json_begin(struct txt *t, const char *key, char bracket)
{
	if (t->len)
		json_key(t, key);
	txt_add(t, &bracket, 1);
}

void json_end(struct txt *t, char bracket)
{
	txt_add(t, &bracket, 1);
}

void json_str(struct txt *t, const char *key, const char *value)
{
	json_key(t, key);
	if (value)
		json_quoted(t, value);
	else
		txt_str(t, "null");
}

void json_int(struct txt *t, const char *key, int64_t value)
{
	json_key(t, key);
	txt_fmt(t, "%lld", (long long)value);
}

void json_num(struct txt *t, const char *key, double value)
{
	json_key(t, key);
	if (isfinite(value))
		txt_fmt(t, "%.3f", value);
	else
		txt_str(t, "null");
}

void json_bool(struct txt *t, const char *key, bool value)
{
	json_key(t, key);
	txt_str(t, value ? "true" : "false");
}

void json_null(struct txt *t, const char *key)
{
	json_str(t, key, NULL);
}

void json_raw(struct txt *t, const char *key, const char *json)
{
	json_key(t, key);
	txt_str(t, json);
}
