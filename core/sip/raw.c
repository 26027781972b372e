/*
 * raw.c - the bytes of a message, before a parser may have them.
 *
 * osip reads whatever comes, and takes its time: each part of a header goes into
 * a list through which it walks for the next one. What nobody sends who means to
 * call is dropped here.
 *
 * Pure functions; any thread.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/raw.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/chars.h"

enum {
	PARTS_MAX = 512,		/* lines, and what stands between
					 * separators in them                  */
	BODIES_MAX = 64,		/* of a multipart one                  */
	BODY_PARTS_MAX = 2048,		/* of all of them                      */
	SHORT_LINE_MAX = 4096,		/* start line, From, To: answers repeat
					 * them, up to three times as long, and
					 * must fit BUILD_MESSAGE_MAX          */
};

/* Length of the start line and headers with the empty line, 0 if that is
 * missing.                                                                    */
static size_t headers_len(const char *data, size_t len)
{
	const char *p = data, *end = data + len;

	if (len > RAW_HEAD_MAX)
		end = data + RAW_HEAD_MAX;
	while (p < end) {
		const char *at = memchr(p, '\n', (size_t)(end - p));
		size_t left;

		if (!at)
			return 0;
		p = at + 1;
		left = (size_t)(data + len - p);
		if (left && *p == '\n')
			return (size_t)(p + 1 - data);
		if (left > 1 && p[0] == '\r' && p[1] == '\n')
			return (size_t)(p + 2 - data);
	}
	return 0;
}

/* Any of eight bytes is a control character; some others may seem so.         */
static bool may_have_ctl(const char *data)
{
	const uint64_t ones = UINT64_C(0x0101010101010101);
	uint64_t w, del;

	memcpy(&w, data, sizeof(w));
	del = w ^ ones * 0x7f;
	return ((w - ones * 0x20) & ~w & ones * 0x80) ||
	       ((del - ones) & ~del & ones * 0x80);
}

/* Only text: no NUL, and no control but what ends or folds a line.            */
static bool is_text(const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char ch = (unsigned char)data[i];

		while (len - i >= 8 && !may_have_ctl(data + i))
			i += 8;
		if (i == len)
			break;
		ch = (unsigned char)data[i];
		if (ch == '\r' && (i + 1 == len || data[i + 1] != '\n'))
			return false;
		if ((ch < 0x20 && ch != '\r' && ch != '\n' && ch != '\t') ||
		    ch == 0x7f)
			return false;
	}
	return true;
}

static bool is_separator(char ch)
{
	return ch == ',' || ch == ';' || ch == '&' || ch == '\n';
}

static size_t count_parts(const char *data, size_t len)
{
	size_t n = 0;

	for (size_t i = 0; i < len; i++)
		n += is_separator(data[i]);
	return n;
}

/* RFC 2046 5.1.1: each of a multipart body's begins with such a line, and has
 * headers of its own. `end`: of the message's head, with its line feed.       */
static bool has_many_bodies(const char *end, size_t len)
{
	const char *p = end;
	size_t n = 0;

	while (n <= BODIES_MAX &&
	       (p = memmem(p, len - (size_t)(p - end), "\n--", 3))) {
		p++;
		n++;
	}
	return n > BODIES_MAX ||
	       (n && count_parts(end, len) > BODY_PARTS_MAX);
}

/* "SIP/2.0 486 Busy", the phrase may be empty but not its space (25.1).       */
static bool status_line_ok(const char *data, size_t len)
{
	return len > 13 && !memcmp(data, "SIP/2.0 ", 8) &&
	       data[8] >= '1' && data[8] <= '6' && char_is_digit(data[9]) &&
	       char_is_digit(data[10]) && data[11] == ' ';
}

/* "METHOD uri SIP/x.y": exactly two spaces (25.1).                            */
static bool request_line_ok(const char *data, size_t len)
{
	size_t spaces = 0, i;

	for (i = 0; i < len && data[i] != '\r' && data[i] != '\n'; i++)
		if (char_is_blank(data[i]))
			spaces++;
	return spaces == 2 && i > 8 && data[0] != ' ';
}

size_t raw_line_len(const char *p, const char *end)
{
	const char *q = p;

	while (q < end) {
		q = memchr(q, '\n', (size_t)(end - q));
		if (!q)
			return (size_t)(end - p);
		q++;
		if (q >= end || !char_is_blank(*q))
			break;
	}
	return (size_t)(q - p);
}

const char *raw_header_value(const char *line, size_t len, const char *name)
{
	size_t n = strlen(name);
	const char *p = line + n, *end = line + len;

	if (len <= n || strncasecmp(line, name, n))
		return NULL;
	while (p < end && char_is_blank(*p))
		p++;
	return p < end && *p == ':' ? p + 1 : NULL;
}

static bool is_party(const char *line, size_t len)
{
	static const char *const names[] = { "from", "to", "f", "t" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (raw_header_value(line, len, names[i]))
			return true;
	return false;
}

static bool is_short(const char *data, size_t head)
{
	size_t n;

	for (size_t at = 0; at < head; at += n) {
		n = raw_line_len(data + at, data + head);
		if (n > SHORT_LINE_MAX &&
		    (!at || is_party(data + at, n)))
			return false;
	}
	return true;
}

int raw_check(const char *data, size_t len, size_t *head, const char **why)
{
	bool response = len > 4 && !memcmp(data, "SIP/", 4);

	*head = headers_len(data, len);
	*why = "no end of headers";
	if (!*head)
		return -EBADMSG;
	*why = "control characters";
	if (!is_text(data, *head))
		return -EBADMSG;
	*why = "broken start line";
	if (response ? !status_line_ok(data, *head) :
		       !request_line_ok(data, *head))
		return -EBADMSG;
	*why = "too many parts";
	if (count_parts(data, *head) > PARTS_MAX ||
	    has_many_bodies(data + *head - 1, len - *head + 1))
		return -EBADMSG;
	*why = "a long start line, From or To";
	return is_short(data, *head) ? 0 : -EBADMSG;
}
