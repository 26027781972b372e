/*
 * buf.h - a byte buffer with a ceiling that remembers its first error.
 *
 * Write, write, write, then test b->err once. The content is always
 * NUL-ended behind `len`. One thread at a time.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_BUF_H
#define BASE_BUF_H

#include <stddef.h>

struct buf {
	char *data;		/* NULL until the first write                 */
	size_t len, cap;
	size_t ceiling;		/* most bytes of content                      */
	int err;		/* 0, or -errno: later writes do nothing  */
};

void buf_init(struct buf *b, size_t ceiling);
void buf_deinit(struct buf *b);
void buf_reset(struct buf *b);			/* keeps memory, clears err   */
void buf_write(struct buf *b, const void *data, size_t len);
void buf_puts(struct buf *b, const char *s);
void buf_putc(struct buf *b, char c);
void buf_printf(struct buf *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
char *buf_take(struct buf *b);	/* caller frees; b is empty; NULL on b->err   */

#endif
