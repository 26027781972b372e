/*
 * lines.c - walks the lines of a message, however broken it is.
 *
 * Pure functions; any thread.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/lines.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

static bool is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* The end of the physical line that begins at `at`.                           */
static size_t line_end(const char *data, size_t len, size_t at)
{
	const char *end = memchr(data + at, '\n', len - at);

	if (end)
		return (size_t)(end - data) - (end > data + at &&
					       end[-1] == '\r');
	end = memchr(data + at, '\r', len - at);
	return end ? (size_t)(end - data) : len;
}

static size_t skip_end(const char *data, size_t len, size_t at)
{
	if (at < len && data[at] == '\r') {
		at++;
		return at < len && data[at] == '\n' ? at + 1 : at;
	}
	return at < len ? at + 1 : at;
}

static void find_name(const char *data, struct line *l)
{
	const char *colon = memchr(data + l->at, ':', l->len);
	size_t end;

	l->name_at = l->value_at = l->at;
	l->name_len = 0;
	if (!colon)
		return;
	end = (size_t)(colon - data);
	l->value_at = end + 1;
	while (l->name_at < end && is_space(data[l->name_at]))
		l->name_at++;
	while (end > l->name_at && is_space(data[end - 1]))
		end--;
	l->name_len = end - l->name_at;
}

bool line_next(const char *data, size_t len, size_t *pos, struct line *l)
{
	size_t end, next;

	if (*pos >= len)
		return false;
	l->at = *pos;
	end = line_end(data, len, *pos);
	next = skip_end(data, len, end);
	/* An empty line cannot be continued: it ends the headers.             */
	while (end > l->at && next < len &&
	       (data[next] == ' ' || data[next] == '\t')) {
		end = line_end(data, len, next);
		next = skip_end(data, len, end);
	}
	l->len = end - l->at;
	*pos = next;
	find_name(data, l);
	return true;
}

bool line_is_named(const char *data, const struct line *l, const char *name)
{
	return l->name_len == strlen(name) &&
	       !strncasecmp(data + l->name_at, name, l->name_len);
}

/* RFC 3261 25.1: a Call-ID is one word.                                       */
static int read_word(const char *data, const struct line *l, size_t *at,
		     size_t *word_len)
{
	size_t end = l->at + l->len, from = l->value_at, to;

	while (from < end && is_space(data[from]))
		from++;
	for (to = from; to < end && (unsigned char)data[to] > ' '; to++)
		;
	if (to == from)
		return -ENOENT;
	*at = from;
	*word_len = to - from;
	return 0;
}

int lines_call_id(const char *data, size_t len, size_t *at, size_t *id_len)
{
	size_t pos = 0;
	struct line l;

	/* Empty lines before the start line are to be ignored (7.5).          */
	while (pos < len && (data[pos] == '\r' || data[pos] == '\n'))
		pos++;
	while (line_next(data, len, &pos, &l) && l.len)
		if (line_is_named(data, &l, "Call-ID") ||
		    line_is_named(data, &l, "i"))
			return read_word(data, &l, at, id_len);
	return -ENOENT;
}
