/*
 * fuzz_srtp.c - any bytes as sealed RTP and RTCP, in each suite: nothing that we
 * have not sealed is opened, and what we sealed is opened only untouched.
 * Needs: core/media/srtp.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "media/srtp.h"

enum { PACKET_MAX = 2048 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(bool right)
{
	if (!right)
		abort();
}

/* Exactly as long as what came, so that a byte too far is seen. */
static int open_copy(struct srtp *s, const uint8_t *data, size_t size,
		     bool rtcp)
{
	uint8_t *copy = malloc(size ? size : 1);
	int n;

	check(copy != NULL);
	memcpy(copy, data, size);
	n = rtcp ? srtp_open_rtcp(s, copy, size) : srtp_open_rtp(s, copy, size);
	free(copy);
	return n;
}

/* What can be sealed at all comes out as it went in, once. */
static void check_round(struct srtp *s, const uint8_t *data, size_t size,
			bool rtcp)
{
	uint8_t packet[PACKET_MAX + SRTP_GROWTH_MAX];
	int n;

	memcpy(packet, data, size);
	n = rtcp ? srtp_seal_rtcp(s, packet, size) :
		   srtp_seal_rtp(s, packet, size);
	if (n < 0)
		return;
	check((size_t)n > size && (size_t)n <= size + SRTP_GROWTH_MAX);
	packet[n - 1] ^= 1;
	check(open_copy(s, packet, (size_t)n, rtcp) < 0);
	packet[n - 1] ^= 1;
	if (packet[0] >> 6 != 2)
		return;
	if (open_copy(s, packet, (size_t)n, rtcp) < 0)
		return;
	check(open_copy(s, packet, (size_t)n, rtcp) < 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* The same key both ways, so that ours can be opened here. */
	static const struct srtp_crypto keys = { .suite = SRTP_NONE };
	struct srtp_crypto crypto = keys;
	struct srtp *s;

	if (size < 1 || size > PACKET_MAX)
		return 0;
	crypto.suite = (enum srtp_suite)(1 + data[0] % (SRTP_SUITES - 1));
	data++;
	size--;
	if (srtp_new(&s, &crypto))
		return 0;
	check(open_copy(s, data, size, false) < 0);
	check(open_copy(s, data, size, true) < 0);
	check_round(s, data, size, false);
	check_round(s, data, size, true);
	srtp_free(s);
	return 0;
}
