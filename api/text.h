/*
 * text.h - growing text, and the small forms of text that answers are made of.
 *
 * Values; one thread at a time.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_TEXT_H
#define API_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/services.h>

/* Write, write, write, then test `err` once. NUL-ended behind `len`.         */
struct text {
	char *data;		/* NULL until the first write                 */
	size_t len, cap;
	int err;		/* 0 or -ENOMEM; later writes do nothing      */
};

void text_free(struct text *t);			/* contents; t is empty again */
void text_write(struct text *t, const void *data, size_t len);
void text_puts(struct text *t, const char *s);
void text_putc(struct text *t, char c);
void text_printf(struct text *t, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* Copies what fits, never half a UTF-8 character.                            */
void text_copy(char *dst, size_t cap, const char *src);
/* The word of the NULL-ended list that is most like `word`; NULL if none is
 * like enough to have been meant.                                            */
const char *text_nearest(const char *word, const char *const *known);
/* Edits (insert, delete, replace, swap) between two words, capped at 255.    */
unsigned int text_distance(const char *a, const char *b);

#define TEXT_TIME_LEN 32
/* RFC 3339, UTC, milliseconds.                                               */
void text_time(char dst[TEXT_TIME_LEN], int64_t ms);
/* A random UUID (RFC 9562 version 4).                                        */
int text_uuid(char dst[CLN_UUID_LEN]);
bool text_is_uuid(const char *s);
bool text_is_carrier_id(const char *s);

/* Length of the well-formed UTF-8 character at `s`, 0 if it is none.         */
size_t text_utf8(const unsigned char *s, size_t len);
bool text_has_control(const char *s);

/* Position in a list, given out and taken back as an opaque word.            */
#define TEXT_CURSOR_LEN 160
void text_cursor(char dst[TEXT_CURSOR_LEN], char kind, const char *position);
int text_cursor_read(const char *cursor, char kind, char *position, size_t cap);

#endif
