/*
 * lines.h - walks the lines of a message, however broken it is.
 *
 * Pure functions; any thread. Where msg.h wants a message that osip can read,
 * this one takes any bytes.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_LINES_H
#define SIP_LINES_H

#include <stdbool.h>
#include <stddef.h>

/* A line with those that continue it (RFC 3261 7.3.1), without its end.       */
struct line {
	size_t at, len;			/* in the message                      */
	size_t name_at, name_len;	/* before the colon, without space     */
	size_t value_at;		/* behind the colon; where there is
					 * none, name_len is 0 and this `at`   */
};

/* A walk through them: it looks at each byte a few times at most, whatever
 * stands there.                                                               */
struct lines {
	const char *data;		/* lent                                */
	size_t len;
	size_t pos;			/* where the next one begins           */
	bool no_lf;			/* none from `pos` on                  */
};

static inline struct lines lines_of(const char *data, size_t len)
{
	return (struct lines){ .data = data, .len = len };
}

/* False past the end. CR LF and LF end a line, CR alone only where no LF
 * follows anywhere.                                                           */
bool line_next(struct lines *w, struct line *l);
bool line_is_named(const char *data, const struct line *l, const char *name);
/* Finds the Call-ID, also as "i:", before the body. 0 or -ENOENT.             */
int lines_call_id(const char *data, size_t len, size_t *at, size_t *id_len);

#endif
