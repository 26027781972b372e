/*
 * fuzz_rtcp.c - RTCP compound packets from the wire.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "media/control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct random seeded;
	struct source source = { 0 };
	struct control_sent sent = { .packets = 1 };
	struct control c = { .ssrc = 0x11111111, .cname = "fuzz",
			     .random = &seeded, .round_trip_us = -1 };
	uint8_t out[RTCP_MAX], *copy = malloc(size ? size : 1);
	struct rtcp_news news;

	if (!copy)
		return 0;
	if (size)
		memcpy(copy, data, size);
	random_seeded(&seeded, 1);
	if (!control_take(&c, copy, size, 5000000000) &&
	    rtcp_parse(&news, copy, size, c.ssrc))
		abort();
	if (c.round_trip_us < -1)
		abort();
	if (control_pack(&c, out, &sent, &source, true, 6000000000) > RTCP_MAX)
		abort();
	free(copy);
	return 0;
}
