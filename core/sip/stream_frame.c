/*
 * stream_frame.c - finds where SIP messages begin and end in a byte stream.
 *
 *	(CR LF)* start-line headers CR LF CR LF body (CR LF)* start-line ...
 *
 * What is no SIP at all (HTTP, TLS, noise) is known by its first line, so that
 * nobody waits for the end of headers that will not come. Line ends are looked
 * for once in each byte, and the lengths once more when the head is complete,
 * however small the pieces are that they come in.
 *
 * Any thread.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/stream_frame.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/chars.h"

enum {
	KEEP_BYTES = 4096,		/* memory of an idle stream            */
	NO_LENGTH = -1,
	BAD_LENGTH = -2,
	BIG_LENGTH = -3,
};

void stream_frame_init(struct stream_frame *f)
{
	*f = (struct stream_frame){ 0 };
	buf_init(&f->in, STREAM_MESSAGE_MAX + 2 * STREAM_CHUNK_MAX);
}

void stream_frame_deinit(struct stream_frame *f)
{
	buf_deinit(&f->in);
}

static void compact(struct stream_frame *f)
{
	size_t left = f->in.len - f->at;

	if (!f->at)
		return;
	if (!left && f->in.cap > KEEP_BYTES) {
		buf_deinit(&f->in);
		buf_init(&f->in, STREAM_MESSAGE_MAX + 2 * STREAM_CHUNK_MAX);
	} else {
		memmove(f->in.data, f->in.data + f->at, left);
		f->in.len = left;
	}
	f->at = 0;
}

int stream_frame_put(struct stream_frame *f, const char *data, size_t len)
{
	compact(f);
	buf_write(&f->in, data, len);
	return f->in.err;
}

bool stream_frame_is_half(const struct stream_frame *f)
{
	return f->in.len > f->at;
}

/* ---- the start line ------------------------------------------------------ */

/* "SIP/2.0 200 OK" or "METHOD uri SIP/2.0"; any version, as there is an answer
 * to a wrong one. Whether the rest is right, the parser will say.            */
static bool is_start_line(const char *p, size_t len)
{
	const char *last = memrchr(p, ' ', len);

	if (len > 8 && !memcmp(p, "SIP/", 4))
		return true;
	return last && len - (size_t)(last - p) > 4 &&
	       !strncasecmp(last + 1, "SIP/", 4);
}

/* NULL: fine so far.                                                         */
static const char *look_at_start(struct stream_frame *f, const char *p,
				 size_t len)
{
	const char *end;
	size_t n;

	if (f->line_ok)
		return NULL;
	if (!char_is_token(*p))
		return "not SIP";
	/* find_head() has seen no LF before: the first one would end this.   */
	end = memchr(p + f->scanned, '\n', len - f->scanned);
	if (!end)
		return NULL;
	n = (size_t)(end - p);
	if (n && p[n - 1] == '\r')
		n--;
	if (!is_start_line(p, n))
		return "not SIP";
	f->line_ok = true;
	return NULL;
}

/* ---- the length ---------------------------------------------------------- */

/* Of the header line at p, if it is that one (compact: l); else NULL.         */
static const char *length_value(const char *p, size_t len)
{
	const char *value = raw_header_value(p, len, "content-length");

	return value ? value : raw_header_value(p, len, "l");
}

/* Digits between blanks, folded lines among them. The sum stops growing before
 * it could overflow.                                                         */
static int read_length(const char *p, const char *end)
{
	int n = 0;

	while (p < end && char_is_space(*p))
		p++;
	while (p < end && char_is_space(end[-1]))
		end--;
	if (p == end)
		return BAD_LENGTH;
	for (; p < end; p++) {
		if (!char_is_digit(*p))
			return BAD_LENGTH;
		if (n <= STREAM_MESSAGE_MAX)
			n = n * 10 + (*p - '0');
	}
	return n > STREAM_MESSAGE_MAX ? BIG_LENGTH : n;
}

/* Two that differ are a way to smuggle a message past somebody.              */
static int content_length(const char *head, size_t len)
{
	const char *p = head, *end = head + len;
	int found = NO_LENGTH;

	while (p < end) {
		size_t line = raw_line_len(p, end);
		const char *value = p == head ? NULL : length_value(p, line);
		int n = value ? read_length(value, p + line) : NO_LENGTH;

		if (n < NO_LENGTH)
			return n;
		if (value && found != NO_LENGTH && n != found)
			return BAD_LENGTH;
		if (value)
			found = n;
		p += line;
	}
	return found;
}

/* ---- the head ------------------------------------------------------------ */

/* Looks for the empty line, going on where it stopped the last time.         */
static size_t find_head(struct stream_frame *f, const char *p, size_t len)
{
	size_t i = f->scanned;
	const char *q;

	while (i < len && (q = memchr(p + i, '\n', len - i))) {
		i = (size_t)(q - p) + 1;
		if (i < len && p[i] == '\n')
			return i + 1;
		if (i + 1 < len && p[i] == '\r' && p[i + 1] == '\n')
			return i + 2;
		if (i + 1 >= len) {
			/* Its successors decide, and are still to come.      */
			f->scanned = i - 1;
			return 0;
		}
	}
	f->scanned = len;
	return 0;
}

static const char *take_head(struct stream_frame *f, const char *p, size_t len)
{
	const char *why = look_at_start(f, p, len);
	size_t head;
	int body;

	if (why)
		return why;
	head = find_head(f, p, len);
	if (!head)
		return len > RAW_HEAD_MAX ? "no end of headers" : NULL;
	if (head > RAW_HEAD_MAX)
		return "the headers are too long";
	f->head = head;
	body = content_length(p, head);
	if (body == NO_LENGTH)
		return "no Content-Length";
	if (body == BAD_LENGTH)
		return "broken Content-Length";
	if (body == BIG_LENGTH || head + (size_t)body > STREAM_MESSAGE_MAX)
		return "the message is too long";
	f->total = head + (size_t)body;
	return NULL;
}

/* ---- the door ------------------------------------------------------------ */

/* An empty line between messages; half of one waits for its end.             */
static enum stream_event skip_line(struct stream_frame *f, const char *p,
				   size_t len)
{
	enum stream_event event = f->crlf ? STREAM_PING : STREAM_CRLF;
	size_t n = 1;

	if (*p == '\r') {
		if (len == 1)
			return STREAM_MORE;
		n = p[1] == '\n' ? 2 : 1;
	}
	f->at += n;
	f->crlf = !f->crlf;
	return event;
}

static enum stream_event hand_out(struct stream_frame *f, const char *p,
				  const char **data, size_t *len)
{
	*data = p;
	*len = f->total;
	f->at += f->total;
	f->head = f->total = f->scanned = 0;
	f->line_ok = f->crlf = false;
	return STREAM_MESSAGE;
}

enum stream_event stream_frame_next(struct stream_frame *f, const char **data,
				    size_t *len, const char **why)
{
	size_t left = f->in.len - f->at;
	const char *p;

	*data = NULL;
	*len = 0;
	*why = NULL;
	if (!left)
		return STREAM_MORE;
	p = f->in.data + f->at;
	if (!f->total && !f->line_ok && (*p == '\r' || *p == '\n'))
		return skip_line(f, p, left);
	if (!f->total)
		*why = take_head(f, p, left);
	if (*why) {
		*data = p;
		*len = f->head;
		return STREAM_BROKEN;
	}
	if (f->total && left >= f->total)
		return hand_out(f, p, data, len);
	return STREAM_MORE;
}
