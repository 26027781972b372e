/*
 * log.c - one escaped line per event, as text or JSON, to standard error.
 *
 * Any thread. The line is built on the stack of the caller; nothing is
 * allocated and nothing is locked, so a media thread may complain too.
 */
/* SPDX-License-Identifier: MIT */
#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/str.h"

enum {
	MESSAGE_LEN = 4096,
	LINE_LEN = 12288,
	CONTEXT_LEN = 72,
	NUMBER_LEN = 16,
	NUMBERS = 4,
	SHOWN = 2,		/* last digits of a number ... */
	SHOWN_FROM = 5,		/* ... that has so many */
	TAIL = 16,		/* kept free for the end of the line */
	PIECE = 64,
};

struct line {
	char data[LINE_LEN];
	size_t len;
};

static const char *const words[] = { "error", "warn", "info", "debug", NULL };

static atomic_int wanted = LOG_INFO;
static atomic_bool as_json;
static _Thread_local char context[CONTEXT_LEN];

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&wanted, (int)level, memory_order_relaxed);
}

bool log_enabled(enum log_level level)
{
	return (int)level <= atomic_load_explicit(&wanted,
						  memory_order_relaxed);
}

void log_set_json(bool json)
{
	atomic_store_explicit(&as_json, json, memory_order_relaxed);
}

int log_level_parse(enum log_level *level, const char *word)
{
	for (int i = 0; words[i]; i++) {
		if (!strcmp(words[i], word)) {
			*level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

void log_context(const char *id)
{
	str_copy(context, sizeof(context), id);
}

static void put(struct line *l, const char *s, size_t n)
{
	if (n > sizeof(l->data) - TAIL - l->len)
		return;
	memcpy(l->data + l->len, s, n);
	l->len += n;
}

static void put_str(struct line *l, const char *s)
{
	put(l, s, strlen(s));
}

/* A byte that may not stand in a line as it is. In JSON the backslash of \xNN
 * is doubled: the reader of the message sees the same text in both formats.  */
static void put_escaped(struct line *l, unsigned char c, bool json)
{
	char out[8];

	if (json && c == '"')
		str_printf(out, sizeof(out), "\\\"");
	else if (c == '"')
		str_printf(out, sizeof(out), "\"");
	else if (c == '\n' || c == '\r' || c == '\t' || c == '\\')
		str_printf(out, sizeof(out), "\\%c", c == '\n' ? 'n' :
			   c == '\r' ? 'r' : c == '\t' ? 't' : '\\');
	else
		str_printf(out, sizeof(out), "%s\\x%02x", json ? "\\" : "", c);
	put_str(l, out);
}

static bool is_plain_ascii(unsigned char c)
{
	return c >= 0x20 && c < 0x7f && c != '\\' && c != '"';
}

/* How many bytes at s need no escape. C1 controls (C2 80 .. C2 9F) do need it:
 * some terminals obey them as they obey ESC.                                 */
static size_t plain_len(const char *s, size_t len)
{
	const unsigned char *u = (const unsigned char *)s;
	size_t n = 0;

	/* In pieces, so that a line that is cut loses little.                */
	while (n < len && n < PIECE && is_plain_ascii(u[n]))
		n++;
	if (n || u[0] < 0x80)
		return n;
	if (len > 1 && u[0] == 0xc2 && u[1] < 0xa0)
		return 0;
	return str_utf8_len(s, len);
}

static void put_text(struct line *l, const char *s, bool json)
{
	size_t len = strlen(s);

	while (len) {
		size_t n = plain_len(s, len);

		if (n) {
			put(l, s, n);
		} else {
			n = 1;
			put_escaped(l, (unsigned char)*s, json);
		}
		s += n;
		len -= n;
	}
}

static void build_text(struct line *l, const char *now, const char *word,
		       const char *message)
{
	put_str(l, now);
	put_str(l, " ");
	put_str(l, word);
	put_str(l, " ");
	if (context[0]) {
		put_str(l, "[");
		put_text(l, context, false);
		put_str(l, "] ");
	}
	put_text(l, message, false);
}

static void build_json(struct line *l, const char *now, const char *word,
		       const char *message)
{
	put_str(l, "{\"time\":\"");
	put_str(l, now);
	put_str(l, "\",\"level\":\"");
	put_str(l, word);
	if (context[0]) {
		put_str(l, "\",\"id\":\"");
		put_text(l, context, true);
	}
	put_str(l, "\",\"message\":\"");
	put_text(l, message, true);
	/* put() keeps TAIL bytes free, so the object is always closed. */
	memcpy(l->data + l->len, "\"}", 2);
	l->len += 2;
}

/* Only the milliseconds differ from the line before, mostly.                 */
static const char *time_stamp(void)
{
	static _Thread_local char text[STR_TIME_LEN];
	static _Thread_local int64_t second;
	int64_t ms = clock_wall_ms(clock_system());
	char *point = strchr(text, '.');

	if (!point || ms / S_MS != second) {
		str_rfc3339(text, ms);
		second = ms / S_MS;
		return text;
	}
	for (int i = 3; i; i--, ms /= 10)
		point[i] = (char)('0' + ms % 10);
	return text;
}

static void emit(enum log_level level, const char *message)
{
	const char *now = time_stamp();
	struct line l;
	ssize_t n;

	l.len = 0;
	if (atomic_load_explicit(&as_json, memory_order_relaxed))
		build_json(&l, now, words[level], message);
	else
		build_text(&l, now, words[level], message);
	l.data[l.len++] = '\n';
	do
		n = write(STDERR_FILENO, l.data, l.len);
	while (n < 0 && errno == EINTR);
}

void log_write(enum log_level level, const char *fmt, ...)
{
	static const char cut[] = " ...";
	char message[MESSAGE_LEN];
	int saved = errno;
	va_list ap;
	int n;

	if (!log_enabled(level))
		return;
	va_start(ap, fmt);
	n = vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	if (n < 0)
		str_copy(message, sizeof(message), fmt);
	else if ((size_t)n >= sizeof(message))
		memcpy(message + sizeof(message) - sizeof(cut), cut,
		       sizeof(cut));
	emit(level, message);
	errno = saved;
}

/* Counted from the end alone: what stands before, such as a prefix that a
 * carrier wants, does not make more of it show.                              */
const char *log_number(const char *number)
{
	static _Thread_local char texts[NUMBERS][NUMBER_LEN];
	static _Thread_local unsigned int turn;
	char *dst = texts[turn++ % NUMBERS];
	size_t len = number ? strlen(number) : 0;

	str_printf(dst, NUMBER_LEN, "****%s",
		   len < SHOWN_FROM ? "" : number + len - SHOWN);
	return dst;
}
