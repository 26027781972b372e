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

static bool is_token(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	       (ch >= '0' && ch <= '9') || (ch && strchr("-.!%*_+`'~", ch));
}

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
	if (!is_token(*p))
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

/* The value of the header line at p if it is Content-Length (compact: l), with
 * blanks around the colon as 7.3.1 lets them be. NULL: another header.       */
static const char *length_value(const char *p, const char *end)
{
	static const char name[] = "content-length";
	size_t n = strlen(name);

	if ((size_t)(end - p) > n && !strncasecmp(p, name, n))
		p += n;
	else if (p < end && (*p == 'l' || *p == 'L'))
		p++;
	else
		return NULL;
	while (p < end && (*p == ' ' || *p == '\t'))
		p++;
	return p < end && *p == ':' ? p + 1 : NULL;
}

static bool is_blank(char ch)
{
	return ch == ' ' || ch == '\t' || ch == '\r' || ch == '\n';
}

/* Digits between blanks, folded lines among them. The sum stops growing before
 * it could overflow.                                                         */
static int read_length(const char *p, const char *end)
{
	int n = 0;

	while (p < end && is_blank(*p))
		p++;
	while (p < end && is_blank(end[-1]))
		end--;
	if (p == end)
		return BAD_LENGTH;
	for (; p < end; p++) {
		if (*p < '0' || *p > '9')
			return BAD_LENGTH;
		if (n <= STREAM_MESSAGE_MAX)
			n = n * 10 + (*p - '0');
	}
	return n > STREAM_MESSAGE_MAX ? BIG_LENGTH : n;
}

/* The end of a header line and of the lines that continue it (7.3.1).        */
static const char *line_end(const char *p, const char *end)
{
	while (p < end) {
		p = memchr(p, '\n', (size_t)(end - p));
		if (!p)
			return end;
		p++;
		if (p == end || (*p != ' ' && *p != '\t'))
			return p;
	}
	return end;
}

/* Two that differ are a way to smuggle a message past somebody.              */
static int content_length(const char *head, size_t len)
{
	const char *p = head, *end = head + len;
	int found = NO_LENGTH;

	while (p < end) {
		const char *next = line_end(p, end);
		const char *value = p == head ? NULL : length_value(p, next);
		int n = value ? read_length(value, next) : NO_LENGTH;

		if (n < NO_LENGTH)
			return n;
		if (value && found != NO_LENGTH && n != found)
			return BAD_LENGTH;
		if (value)
			found = n;
		p = next;
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
		return len > STREAM_HEAD_MAX ? "no end of headers" : NULL;
	if (head > STREAM_HEAD_MAX)
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
