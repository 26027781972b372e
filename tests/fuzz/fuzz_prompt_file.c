/*
 * fuzz_prompt_file.c - any bytes as the cache's and the library's files.
 * Needs: core/media/{record,about,frames_file,origin,content,encode}.c,
 * core/base; -lcrypto.
 *
 * The first byte chooses: a URL's record, a recording's description, or frames;
 * as it is, or with its checksum put right, since that is no secret. What is
 * read is within its bounds, and the texts are read again as they are written.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/about.h"
#include "media/access.h"
#include "media/encode.h"
#include "media/frames_file.h"
#include "media/record.h"

static void need(int holds)
{
	if (!holds)
		abort();
}

/* With its seal put right where that is asked for. */
static void put_text(struct buf *b, const uint8_t *data, size_t len, int sealed)
{
	buf_init(b, RECORD_LEN_MAX + RECORD_SUM_LEN);
	buf_write(b, data, len);
	if (sealed)
		record_seal(b);
}

static void fuzz_record(const uint8_t *data, size_t len, int sealed)
{
	struct origin *o, *again = NULL;
	struct buf b;

	put_text(&b, data, len, sealed);
	if (!b.err && !record_read(&o, b.data ? b.data : "", b.len)) {
		need(strlen(o->url) <= CLN_URL_MAX && o->url[0] && o->from[0]);
		need(!o->etag || strlen(o->etag) <= VALIDATOR_LEN_MAX);
		need(o->fetched_ms >= 0 && o->stale_until_ms >= 0);
		buf_reset(&b);
		record_write(&b, o);
		need(!b.err && !record_read(&again, b.data, b.len));
		need(!strcmp(o->url, again->url) &&
		     !strcmp(o->from, again->from) &&
		     content_is(&o->content, &again->content) &&
		     o->fresh_until_ms == again->fresh_until_ms);
		origin_free(again);
		origin_free(o);
	}
	buf_deinit(&b);
}

static void fuzz_about(const uint8_t *data, size_t len, int sealed)
{
	struct cln_prompt_info info, again;
	struct content c, d;
	struct buf b;

	put_text(&b, data, len, sealed);
	if (!b.err && !about_read(&info, &c, b.data ? b.data : "", b.len)) {
		buf_reset(&b);
		about_write(&b, &info, &c);
		need(!b.err && !about_read(&again, &d, b.data, b.len));
		need(!memcmp(&info, &again, sizeof(info)) &&
		     content_is(&c, &d));
	}
	buf_deinit(&b);
}

static const struct cln_codec codec = {
	.size = sizeof(struct cln_codec), .name = "X", .api_name = "x",
	.frame_samples = 80, .frame_bytes = 10,
};

static void seal_frames(uint8_t *file, size_t len)
{
	static const struct prompt_frames none = { .codec = &codec };
	struct frames_head head, *h = (struct frames_head *)file;
	struct frames_key key = {0};
	struct hasher *hasher;

	if (len <= sizeof(head))
		return;
	need(!frames_file_head(&head, &key, &none, 0));
	memcpy(file, &head, offsetof(struct frames_head, key));
	memset(file + offsetof(struct frames_head, key), 0, sizeof(key));
	need(!hasher_new(&hasher));
	hasher_add(hasher, file, offsetof(struct frames_head, sum));
	hasher_add(hasher, file + sizeof(head), len - sizeof(head));
	need(!hasher_end(hasher, &h->sum));
	hasher_free(hasher);
}

static void fuzz_frames(const uint8_t *data, size_t len, int sealed)
{
	uint8_t *file = malloc(len ? len : 1);
	struct frames_key key = {0};
	struct prompt_frames f;
	uint32_t duration;

	need(file != NULL);
	memcpy(file, data, len);
	if (sealed)
		seal_frames(file, len);
	if (!frames_file_read(&f, &duration, &key, &codec, file, len)) {
		need(f.len && f.len < len && f.n_frames);
		need(f.offsets || f.n_frames * codec.frame_bytes == f.len);
		for (size_t i = 0; f.offsets && i < f.n_frames; i++)
			need(f.offsets[i] <= f.offsets[i + 1] &&
			     f.offsets[i + 1] <= f.len);
		frames_free(&f);
	}
	free(file);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	int sealed;

	if (!len)
		return 0;
	sealed = data[0] & 4;
	if (data[0] % 4 == 0)
		fuzz_record(data + 1, len - 1, sealed);
	else if (data[0] % 4 == 1)
		fuzz_about(data + 1, len - 1, sealed);
	else
		fuzz_frames(data + 1, len - 1, sealed);
	return 0;
}
