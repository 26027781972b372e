/*
 * about.c - what an uploaded recording is, as a small file, and back.
 * Thread: any; it keeps no state.
 */
/* SPDX-License-Identifier: MIT */
#include "media/about.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/str.h"
#include "media/record.h"

#define FIRST_LINE "carillon-prompt 1\n"

void about_id(char id[CLN_PROMPT_ID_LEN], const struct content *c)
{
	str_hex(id, c->hash, (CLN_PROMPT_ID_LEN - 1) / 2);
}

void about_write(struct buf *b, const struct cln_prompt_info *info,
		 const struct content *c)
{
	char hex[CONTENT_HEX_LEN];

	content_hex(c, hex);
	buf_printf(b, FIRST_LINE "content %s\nname %s\nformat %s\nrate %d\n"
		   "channels %d\nbytes %" PRId64 "\nduration %" PRId64
		   "\ncreated %" PRId64 "\n", hex, info->name, info->format,
		   info->rate, info->channels, info->bytes, info->duration_ms,
		   info->created_at);
	record_seal(b);
}

struct reader {
	const char *data;
	size_t len, pos;
	bool bad;
};

static void take_text(struct reader *r, const char *name, char *value,
		      size_t cap)
{
	if (record_line(r->data, r->len, &r->pos, name, value, cap) ||
	    str_has_ctl(value))
		r->bad = true;
}

static int64_t take_number(struct reader *r, const char *name, int64_t max)
{
	char value[32] = "";
	int64_t n = 0;

	take_text(r, name, value, sizeof(value));
	if (str_to_i64(&n, value, 0, max))
		r->bad = true;
	return n;
}

int about_read(struct cln_prompt_info *info, struct content *c,
	       const char *data, size_t len)
{
	struct reader r = { .data = data, .pos = sizeof(FIRST_LINE) - 1 };
	char hex[CONTENT_HEX_LEN] = "";

	r.len = len <= ABOUT_LEN_MAX ? record_unseal(data, len) : 0;
	if (r.len < r.pos || memcmp(data, FIRST_LINE, r.pos))
		return -EBADMSG;
	memset(info, 0, sizeof(*info));
	info->size = sizeof(*info);
	take_text(&r, "content", hex, sizeof(hex));
	take_text(&r, "name", info->name, sizeof(info->name));
	take_text(&r, "format", info->format, sizeof(info->format));
	info->rate = (int32_t)take_number(&r, "rate", INT32_MAX);
	info->channels = (int32_t)take_number(&r, "channels", INT32_MAX);
	info->bytes = take_number(&r, "bytes", INT64_MAX);
	info->duration_ms = take_number(&r, "duration", INT64_MAX);
	info->created_at = take_number(&r, "created", INT64_MAX);
	if (r.bad || r.pos != r.len || content_parse(c, hex))
		return -EBADMSG;
	about_id(info->id, c);
	return 0;
}
