/*
 * retry.c - when the next REGISTER is due: refresh and back-off.
 *
 * Everything has some chance in it, so that many bindings that began together,
 * or that lost their registrar together, do not come back together.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/retry.h"

#include <stdbool.h>

#include "base/clock.h"

enum {
	FIRST_MS = 2000,
	MOST_MS = 300 * 1000,
	MARGIN_MS = 60 * 1000,
	RETRY_AFTER_MAX_S = 24 * 3600,
	FLOW_MOST_MS = 1800 * 1000,
};

/* 0..most_ms, evenly. */
static int64_t some(struct random *random, int64_t most_ms)
{
	return random_below(random, (uint32_t)most_ms + 1);
}

int64_t retry_refresh_ms(struct random *random, int granted_s)
{
	int64_t life = granted_s * S_MS, margin = life / 2;

	/* Room for a try that times out at once, and another one. */
	if (margin > MARGIN_MS)
		margin = MARGIN_MS;
	return life - margin - some(random, margin / 4);
}

/* What a later try may cure by itself: a time-out, an overload, a fault of the
 * server. The rest stays as it is until somebody sets it right. */
static bool is_passing(int code)
{
	return code < 400 || code == 408 || code == 429 || code == 480 ||
	       code >= 500;
}

static int64_t backoff_ms(struct random *random, unsigned int nth, int code)
{
	int64_t ms = is_passing(code) ? FIRST_MS : MOST_MS;

	for (; nth > 1 && ms < MOST_MS; nth--)
		ms *= 2;
	if (ms > MOST_MS)
		ms = MOST_MS;
	return ms - ms / 4 + some(random, ms / 2);
}

int64_t retry_after_failure_ms(struct random *random, unsigned int nth,
			       int code, int retry_after_s)
{
	int64_t ms = backoff_ms(random, nth, code), asked;

	if (retry_after_s <= 0)
		return ms;
	if (retry_after_s > RETRY_AFTER_MAX_S)
		retry_after_s = RETRY_AFTER_MAX_S;
	/* RFC 3261 20.33: not before that. */
	asked = retry_after_s * S_MS;
	return ms < asked ? asked + some(random, asked / 10) : ms;
}

int64_t retry_flow_ms(struct random *random, unsigned int nth)
{
	int64_t ms = FIRST_MS;

	for (; nth > 1 && ms < FLOW_MOST_MS; nth--)
		ms *= 2;
	if (ms > FLOW_MOST_MS)
		ms = FLOW_MOST_MS;
	return ms - some(random, ms / 2);
}
