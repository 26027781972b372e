/*
 * buf.c - a byte buffer with a ceiling that remembers its first error.
 *
 * One thread at a time.
 */
/* SPDX-License-Identifier: MIT */
#include "base/buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_CAP = 256 };

void buf_init(struct buf *b, size_t ceiling)
{
	*b = (struct buf){ .ceiling = ceiling };
}

void buf_deinit(struct buf *b)
{
	free(b->data);
	*b = (struct buf){ .ceiling = b->ceiling };
}

void buf_reset(struct buf *b)
{
	b->len = 0;
	b->err = 0;
	if (b->data)
		b->data[0] = '\0';
}

/* Makes room for `more` bytes of content and the NUL; 0 or b->err.           */
static int reserve(struct buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : FIRST_CAP;
	char *data;

	if (b->err)
		return b->err;
	if (more > b->ceiling - b->len)
		return b->err = -ENOBUFS;
	if (b->len + more < b->cap)
		return 0;
	while (cap <= b->len + more)
		cap = cap > SIZE_MAX / 2 ? b->len + more + 1 : cap * 2;
	data = realloc(b->data, cap);
	if (!data)
		return b->err = -ENOMEM;
	b->data = data;
	b->cap = cap;
	return 0;
}

void buf_write(struct buf *b, const void *data, size_t len)
{
	if (reserve(b, len))
		return;
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void buf_puts(struct buf *b, const char *s)
{
	buf_write(b, s, strlen(s));
}

void buf_putc(struct buf *b, char c)
{
	buf_write(b, &c, 1);
}

/* Most texts fit into the room that is there: then they are written once.   */
void buf_printf(struct buf *b, const char *fmt, ...)
{
	size_t room;
	va_list ap;
	int n;

	if (reserve(b, 0))
		return;
	room = b->cap - b->len;
	if (room > b->ceiling - b->len)
		room = b->ceiling - b->len + 1;
	va_start(ap, fmt);
	n = vsnprintf(b->data + b->len, room, fmt, ap);
	va_end(ap);
	if (n >= 0 && (size_t)n >= room && !reserve(b, (size_t)n)) {
		va_start(ap, fmt);
		n = vsnprintf(b->data + b->len, b->cap - b->len, fmt, ap);
		va_end(ap);
	}
	if (n < 0 && !b->err)
		b->err = -EINVAL;
	if (b->err)
		b->data[b->len] = '\0';
	else
		b->len += (size_t)n;
}

char *buf_take(struct buf *b)
{
	char *data;

	if (reserve(b, 0))
		return NULL;
	data = b->data;
	data[b->len] = '\0';
	*b = (struct buf){ .ceiling = b->ceiling };
	return data;
}
