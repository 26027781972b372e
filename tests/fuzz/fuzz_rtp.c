/*
 * fuzz_rtp.c - RTP packets from the wire: parsed, counted, reported on.
 *
 * The input is a row of packets, each behind a length byte.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/rtp.h"
#include "media/source.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void take(struct source *s, const uint8_t *data, size_t len)
{
	/* A block of its own, so that one byte too far is seen. */
	uint8_t *copy = malloc(len ? len : 1), sum = 0;
	struct rtp_packet p;

	if (!copy)
		return;
	if (len)
		memcpy(copy, data, len);
	rtp_is_rtcp(copy, len);
	if (!rtp_parse(&p, copy, len)) {
		if (p.len > len || p.payload < copy ||
		    p.payload + p.len > copy + len)
			abort();
		for (size_t i = 0; i < p.len; i++)
			sum ^= p.payload[i];
		source_take(s, &p.header, p.header.timestamp ^ sum);
	}
	free(copy);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct source s = { 0 };
	struct rtcp_block b;

	while (size) {
		size_t len = data[0];

		data++;
		size--;
		if (len > size)
			len = size;
		take(&s, data, len);
		data += len;
		size -= len;
		if (len & 1)
			source_report(&s, &b);
	}
	if (source_lost(&s) < 0)
		abort();
	return 0;
}
