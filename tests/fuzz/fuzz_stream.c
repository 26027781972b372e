/*
 * fuzz_stream.c - any bytes of a connection, in pieces of any size: the same
 * messages come out as from the whole at once, all within bounds.
 * The first byte seeds the sizes of the pieces.
 * Needs: core/sip/stream_frame.c; core/base/buf.c str.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sip/stream_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
	size_t messages, lines, pings;
	bool broken;
	uint64_t sum;			/* of what was handed out             */
};

static void add(struct outcome *o, const char *data, size_t len)
{
	for (size_t i = 0; i < len; i++)
		o->sum = (o->sum ^ (unsigned char)data[i]) *
			 UINT64_C(1099511628211);
}

static void drain(struct outcome *o, struct stream_frame *f)
{
	const char *data, *why;
	size_t len;

	for (;;) {
		switch (stream_frame_next(f, &data, &len, &why)) {
		case STREAM_MORE:
			return;
		case STREAM_MESSAGE:
			if (len < 8 || len > STREAM_MESSAGE_MAX)
				abort();
			o->messages++;
			add(o, data, len);
			break;
		case STREAM_CRLF:
			o->lines++;
			break;
		case STREAM_PING:
			o->pings++;
			break;
		case STREAM_BROKEN:
			if (!why || len > RAW_HEAD_MAX)
				abort();
			o->broken = true;
			return;
		}
	}
}

static struct outcome feed(const char *data, size_t size, uint32_t seed)
{
	struct outcome o = { 0 };
	struct stream_frame f;
	size_t n;

	stream_frame_init(&f);
	for (size_t at = 0; at < size && !o.broken; at += n) {
		seed = seed * 1103515245 + 12345;
		n = seed & 0xff ? 1 + (seed >> 16) % 40 : STREAM_CHUNK_MAX;
		n = n < size - at ? n : size - at;
		if (stream_frame_put(&f, data + at, n))
			abort();
		drain(&o, &f);
	}
	if (f.in.len > STREAM_MESSAGE_MAX + STREAM_CHUNK_MAX)
		abort();
	stream_frame_deinit(&f);
	return o;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	struct outcome a, b;

	if (size < 2)
		return 0;
	a = feed(text, size - 1, 0xffffff00);
	b = feed(text, size - 1, data[0]);
	if (a.messages != b.messages || a.lines != b.lines ||
	    a.pings != b.pings || a.broken != b.broken || a.sum != b.sum)
		abort();
	return 0;
}
