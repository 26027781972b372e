/* SPDX-License-Identifier: MIT */
/*
 * txt.h - a growing text, and JSON written into it.
 */
#ifndef FAREND_TXT_H
#define FAREND_TXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { TXT_MAX = 64 << 20 };    /* no text of ours grows beyond this */

struct txt {
	char *p;                /* NUL-terminated once something was added */
	size_t len;
	size_t cap;
	bool err;               /* out of memory or too long; test once */
};

void txt_free(struct txt *t);
void txt_reset(struct txt *t);
void txt_add(struct txt *t, const void *p, size_t len);
void txt_str(struct txt *t, const char *s);
void txt_fmt(struct txt *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* Copies with truncation; the result is always terminated. */
void txt_copy(char *dst, size_t size, const char *src);

/* A key of NULL writes an element of an array. Commas come by themselves. */
void json_begin(struct txt *t, const char *key, char bracket);
void json_end(struct txt *t, char bracket);
void json_str(struct txt *t, const char *key, const char *value);
void json_int(struct txt *t, const char *key, int64_t value);
void json_num(struct txt *t, const char *key, double value);
void json_bool(struct txt *t, const char *key, bool value);
void json_null(struct txt *t, const char *key);
/* Adds text that is JSON already. */
void json_raw(struct txt *t, const char *key, const char *json);

#endif
