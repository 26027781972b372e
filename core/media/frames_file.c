/*
 * frames_file.c - a recording's frames in one codec as a file, and back.
 * Thread: any; it keeps no state.
 */
/* SPDX-License-Identifier: MIT */
#include "media/frames_file.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { BYTE_ORDER_MARK = 0x01020304, FORMAT = 1 };

static const char magic[8] = "CLNFRAME";

_Static_assert(sizeof(struct frames_head) == 144,
	       "the head is written as it lies in memory: no gaps");

size_t frames_offsets_bytes(const struct prompt_frames *f)
{
	return f->offsets ? (f->n_frames + 1) * sizeof(*f->offsets) : 0;
}

static int sum_of(struct content *sum, const struct frames_head *h,
		  const void *data, size_t len, const void *more,
		  size_t more_len)
{
	struct hasher *hasher;
	int err = hasher_new(&hasher);

	if (err)
		return err;
	hasher_add(hasher, h, offsetof(struct frames_head, sum));
	hasher_add(hasher, data, len);
	hasher_add(hasher, more, more_len);
	err = hasher_end(hasher, sum);
	hasher_free(hasher);
	return err;
}

int frames_file_head(struct frames_head *h, const struct frames_key *key,
		     const struct prompt_frames *f, uint32_t duration_ms)
{
	memset(h, 0, sizeof(*h));
	memcpy(h->magic, magic, sizeof(magic));
	h->order = BYTE_ORDER_MARK;
	h->version = FORMAT;
	h->key = *key;
	h->len = f->len;
	h->n_frames = f->n_frames;
	h->samples = f->samples;
	h->duration_ms = duration_ms;
	h->has_offsets = f->offsets ? 1 : 0;
	return sum_of(&h->sum, h, f->data, f->len, f->offsets,
		      frames_offsets_bytes(f));
}

/* Do the lengths agree with each other, with the codec and with the file? The
 * order of the tests keeps every product within 64 bits.                     */
static bool is_consistent(const struct frames_head *h,
			  const struct cln_codec *c, size_t rest)
{
	if (h->has_offsets > 1 || !h->len || h->len > rest ||
	    h->len > UINT32_MAX || !h->n_frames || h->n_frames > rest)
		return false;
	if (h->has_offsets)
		return rest - h->len == (h->n_frames + 1) * sizeof(uint32_t);
	return rest == h->len && h->n_frames * c->frame_bytes == h->len;
}

static bool is_ours(const struct frames_head *h, const struct frames_key *key)
{
	return !memcmp(h->magic, magic, sizeof(magic)) &&
	       h->order == BYTE_ORDER_MARK && h->version == FORMAT &&
	       content_is(&h->key.content, &key->content) &&
	       content_is(&h->key.coder, &key->coder);
}

/* Each frame ends behind its beginning and is no longer than the codec says. */
static bool offsets_are_good(const uint32_t *offsets, size_t n, size_t len,
			     size_t most)
{
	if (offsets[0])
		return false;
	for (size_t i = 0; i < n; i++) {
		if (offsets[i + 1] < offsets[i] ||
		    offsets[i + 1] - offsets[i] > most)
			return false;
	}
	return offsets[n] == len;
}

static int copy_out(struct prompt_frames *f, const struct frames_head *h,
		    const struct cln_codec *codec, const uint8_t *body)
{
	size_t more = h->has_offsets ? (h->n_frames + 1) * sizeof(uint32_t) : 0;
	uint8_t *data = malloc(h->len);
	uint32_t *offsets = more ? malloc(more) : NULL;

	if (!data || (more && !offsets)) {
		free(data);
		free(offsets);
		return -ENOMEM;
	}
	memcpy(data, body, h->len);
	if (more)
		memcpy(offsets, body + h->len, more);
	if (more && !offsets_are_good(offsets, h->n_frames, h->len,
				      codec->frame_bytes)) {
		free(data);
		free(offsets);
		return -EBADMSG;
	}
	*f = (struct prompt_frames){
		.codec = codec, .data = data, .len = h->len,
		.offsets = offsets, .n_frames = h->n_frames,
		.samples = h->samples,
	};
	return 0;
}

int frames_file_read(struct prompt_frames *f, uint32_t *duration_ms,
		     const struct frames_key *key,
		     const struct cln_codec *codec, const uint8_t *file,
		     size_t len)
{
	const uint8_t *body = file + sizeof(struct frames_head);
	struct frames_head h;
	struct content sum;
	size_t rest;
	int err;

	if (len <= sizeof(h))
		return -EBADMSG;
	memcpy(&h, file, sizeof(h));
	rest = len - sizeof(h);
	if (!is_ours(&h, key) || !is_consistent(&h, codec, rest))
		return -EBADMSG;
	err = sum_of(&sum, &h, body, rest, NULL, 0);
	if (err)
		return err;
	if (!content_is(&sum, &h.sum))
		return -EBADMSG;
	err = copy_out(f, &h, codec, body);
	if (!err)
		*duration_ms = h.duration_ms;
	return err;
}
