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

#include "sip/chars.h"

static const char *find(const struct lines *w, char c)
{
	return memchr(w->data + w->pos, c, w->len - w->pos);
}

/* Moves behind the physical line at w->pos; returns where it ended. That there
 * is no LF any more is found out once: a body of nothing but CR would be looked
 * through for each of them.                                                   */
static size_t pass_line(struct lines *w)
{
	const char *lf = w->no_lf ? NULL : find(w, '\n');
	const char *end = lf;
	size_t from = w->pos;

	w->no_lf = !lf;
	if (!lf)
		end = find(w, '\r');
	if (!end)
		return w->pos = w->len;
	w->pos = (size_t)(end - w->data) + 1;
	if (lf && lf > w->data + from && lf[-1] == '\r')
		end--;
	return (size_t)(end - w->data);
}

static bool is_continued(const struct lines *w)
{
	return w->pos < w->len && char_is_blank(w->data[w->pos]);
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
	while (l->name_at < end && char_is_space(data[l->name_at]))
		l->name_at++;
	while (end > l->name_at && char_is_space(data[end - 1]))
		end--;
	l->name_len = end - l->name_at;
}

bool line_next(struct lines *w, struct line *l)
{
	size_t end;

	if (w->pos >= w->len)
		return false;
	l->at = w->pos;
	end = pass_line(w);
	/* An empty line cannot be continued: it ends the headers.             */
	while (end > l->at && is_continued(w))
		end = pass_line(w);
	l->len = end - l->at;
	find_name(w->data, l);
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

	while (from < end && char_is_space(data[from]))
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
	struct lines w = lines_of(data, len);
	struct line l;

	/* Empty lines before the start line are to be ignored (7.5).          */
	while (w.pos < len && (data[w.pos] == '\r' || data[w.pos] == '\n'))
		w.pos++;
	while (line_next(&w, &l) && l.len)
		if (line_is_named(data, &l, "Call-ID") ||
		    line_is_named(data, &l, "i"))
			return read_word(data, &l, at, id_len);
	return -ENOENT;
}
