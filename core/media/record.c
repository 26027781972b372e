/*
 * record.c - an origin as a small file, and back.
 * Thread: any; it keeps no state.
 */
/* SPDX-License-Identifier: MIT */
#include "media/record.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "base/clock.h"
#include "base/str.h"
#include "media/access.h"
#include "media/freshness.h"

#define FIRST_LINE "carillon-url 1\n"

void record_seal(struct buf *b)
{
	char hex[CONTENT_HEX_LEN];
	struct content sum;

	if (b->err)
		return;
	b->err = content_of(&sum, b->data, b->len);
	content_hex(&sum, hex);
	buf_printf(b, "sum %s\n", hex);
}

size_t record_unseal(const char *data, size_t len)
{
	struct content sum, said;
	char hex[CONTENT_HEX_LEN];
	size_t rest;

	if (len <= RECORD_SUM_LEN || data[len - 1] != '\n')
		return 0;
	rest = len - RECORD_SUM_LEN;
	str_copy_n(hex, sizeof(hex), data + rest + 4, CONTENT_HEX_LEN - 1);
	if (memcmp(data + rest, "sum ", 4) || content_parse(&said, hex) ||
	    content_of(&sum, data, rest) || !content_is(&sum, &said))
		return 0;
	return rest;
}

int record_line(const char *data, size_t len, size_t *pos, const char *name,
		char *value, size_t cap)
{
	const char *line = data + *pos, *end;
	size_t n = strlen(name), left = len - *pos;

	end = memchr(line, '\n', left);
	if (!end || (size_t)(end - line) <= n || memcmp(line, name, n) ||
	    line[n] != ' ')
		return -ENOENT;
	line += n + 1;
	*pos += (size_t)(end + 1 - (data + *pos));
	if (memchr(line, '\0', (size_t)(end - line)))
		return -ENOENT;
	return str_copy_n(value, cap, line, (size_t)(end - line));
}

static void write_validator(struct buf *b, const char *name, const char *value)
{
	if (value && *value && strlen(value) <= VALIDATOR_LEN_MAX &&
	    !str_has_ctl(value))
		buf_printf(b, "%s %s\n", name, value);
}

void record_write(struct buf *b, const struct origin *o)
{
	char hex[CONTENT_HEX_LEN];

	content_hex(&o->content, hex);
	buf_printf(b, FIRST_LINE "url %s\nfrom %s\ncontent %s\n", o->url,
		   o->from, hex);
	write_validator(b, "etag", o->etag);
	write_validator(b, "modified", o->modified);
	buf_printf(b, "fetched %" PRId64 "\nfresh-until %" PRId64
		   "\nstale-until %" PRId64 "\n", o->fetched_ms,
		   o->fresh_until_ms, o->stale_until_ms);
	record_seal(b);
}

struct reader {
	const char *data;
	size_t len, pos;
	int err;			/* the first one                      */
	char value[CLN_URL_MAX + 1];
};

static const char *take(struct reader *r, const char *name)
{
	int err = record_line(r->data, r->len, &r->pos, name, r->value,
			      sizeof(r->value));

	if (err && !r->err)
		r->err = err;
	if (err)
		r->value[0] = '\0';
	return r->value;
}

/* Of a line that need not be there: "" where it is not.                      */
static void take_validator(struct reader *r, const char *name,
			   char value[VALIDATOR_LEN_MAX + 1])
{
	size_t pos = r->pos;

	value[0] = '\0';
	if (record_line(r->data, r->len, &pos, name, value,
			VALIDATOR_LEN_MAX + 1) || str_has_ctl(value))
		value[0] = '\0';
	else
		r->pos = pos;
}

static void take_time(struct reader *r, const char *name, int64_t *ms)
{
	int err = str_to_i64(ms, take(r, name), 0, INT64_MAX);

	if (err && !r->err)
		r->err = err;
}

/* No longer than we ever believe anything; none is negative.                 */
static bool times_are_ours(const struct origin *o)
{
	int64_t fresh = o->fresh_until_ms - o->fetched_ms;
	int64_t stale = o->stale_until_ms - o->fresh_until_ms;

	return fresh >= 0 && fresh <= FRESH_MAX_S * S_MS &&
	       stale >= 0 && stale <= FRESH_MAX_S * S_MS;
}

static void read_lines(struct reader *r, struct origin *o, char *url,
		       char *from, char *etag, char *modified)
{
	str_copy(url, CLN_URL_MAX + 1, take(r, "url"));
	str_copy(from, CLN_URL_MAX + 1, take(r, "from"));
	if (content_parse(&o->content, take(r, "content")))
		r->err = -EBADMSG;
	take_validator(r, "etag", etag);
	take_validator(r, "modified", modified);
	take_time(r, "fetched", &o->fetched_ms);
	take_time(r, "fresh-until", &o->fresh_until_ms);
	take_time(r, "stale-until", &o->stale_until_ms);
	if (!times_are_ours(o))
		r->err = -EBADMSG;
	if (r->pos != r->len || str_has_ctl(url) || str_has_ctl(from) ||
	    !*url || !*from)
		r->err = -EBADMSG;
}

int record_read(struct origin **op, const char *data, size_t len)
{
	char url[CLN_URL_MAX + 1], from[CLN_URL_MAX + 1];
	char etag[VALIDATOR_LEN_MAX + 1], modified[VALIDATOR_LEN_MAX + 1];
	struct reader r = { .data = data, .pos = sizeof(FIRST_LINE) - 1 };
	struct origin found = {0}, *o;
	int err;

	r.len = len <= RECORD_LEN_MAX ? record_unseal(data, len) : 0;
	if (r.len < r.pos || memcmp(data, FIRST_LINE, r.pos))
		return -EBADMSG;
	read_lines(&r, &found, url, from, etag, modified);
	if (r.err)
		return -EBADMSG;
	err = origin_new(&o, url, from, etag[0] ? etag : NULL,
			 modified[0] ? modified : NULL);
	if (err)
		return err;
	o->content = found.content;
	o->fetched_ms = found.fetched_ms;
	o->fresh_until_ms = found.fresh_until_ms;
	o->stale_until_ms = found.stale_until_ms;
	*op = o;
	return 0;
}
