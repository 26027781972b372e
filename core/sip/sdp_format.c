/*
 * sdp_format.c - payload formats: the static ones, and which ones are the same.
 * Thread: signalling; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/sdp.h"

#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/sdp_text.h"

/* RFC 3551 6, table 4; the numbers that are missing have no meaning. */
static const struct sdp_format static_formats[] = {
	{ .pt = 0, .name = "PCMU", .clock_rate = 8000, .channels = 1 },
	{ .pt = 3, .name = "GSM", .clock_rate = 8000, .channels = 1 },
	{ .pt = 4, .name = "G723", .clock_rate = 8000, .channels = 1 },
	{ .pt = 5, .name = "DVI4", .clock_rate = 8000, .channels = 1 },
	{ .pt = 6, .name = "DVI4", .clock_rate = 16000, .channels = 1 },
	{ .pt = 7, .name = "LPC", .clock_rate = 8000, .channels = 1 },
	{ .pt = 8, .name = "PCMA", .clock_rate = 8000, .channels = 1 },
	{ .pt = 9, .name = "G722", .clock_rate = 8000, .channels = 1 },
	{ .pt = 10, .name = "L16", .clock_rate = 44100, .channels = 2 },
	{ .pt = 11, .name = "L16", .clock_rate = 44100, .channels = 1 },
	{ .pt = 12, .name = "QCELP", .clock_rate = 8000, .channels = 1 },
	{ .pt = 13, .name = "CN", .clock_rate = 8000, .channels = 1 },
	{ .pt = 14, .name = "MPA", .clock_rate = 90000, .channels = 1 },
	{ .pt = 15, .name = "G728", .clock_rate = 8000, .channels = 1 },
	{ .pt = 16, .name = "DVI4", .clock_rate = 11025, .channels = 1 },
	{ .pt = 17, .name = "DVI4", .clock_rate = 22050, .channels = 1 },
	{ .pt = 18, .name = "G729", .clock_rate = 8000, .channels = 1 },
};

void sdp_static_format(struct sdp_format *f, int pt)
{
	size_t i;

	memset(f, 0, sizeof(*f));
	f->pt = pt;
	for (i = 0; i < ARRAY_LEN(static_formats); i++) {
		if (static_formats[i].pt == pt)
			*f = static_formats[i];
	}
}

bool sdp_format_is_voice(const struct sdp_format *f)
{
	return strcasecmp(f->name, "telephone-event") != 0 &&
	       strcasecmp(f->name, "tone") != 0 &&
	       strcasecmp(f->name, "CN") != 0;
}

static uint32_t channels_of(const struct sdp_format *f)
{
	return f->channels ? f->channels : 1;
}

bool sdp_format_same(const struct sdp_format *offered,
		     const struct sdp_format *answered)
{
	/* Some answer a dynamic number without its rtpmap: they mean ours. */
	if (!answered->name[0])
		return answered->pt == offered->pt;
	return strcasecmp(offered->name, answered->name) == 0 &&
	       offered->clock_rate == answered->clock_rate &&
	       channels_of(offered) == channels_of(answered);
}

static bool is_events(const struct sdp_format *f, uint32_t clock_rate)
{
	return strcasecmp(f->name, "telephone-event") == 0 &&
	       f->clock_rate == clock_rate;
}

int sdp_match_events(const struct sdp_audio *offer,
		     const struct sdp_audio *answer, uint32_t clock_rate,
		     size_t *offered)
{
	size_t i, j;

	for (i = 0; i < offer->n_formats; i++) {
		if (!is_events(&offer->formats[i], clock_rate))
			continue;
		for (j = 0; j < answer->n_formats; j++) {
			if (!sdp_format_same(&offer->formats[i],
					     &answer->formats[j]))
				continue;
			*offered = i;
			return (int)j;
		}
	}
	return -ENOENT;
}

int sdp_match(const struct sdp_audio *offer, const struct sdp_audio *answer,
	      size_t from, size_t *offered)
{
	size_t i, j;

	for (i = from; i < answer->n_formats; i++) {
		for (j = 0; j < offer->n_formats; j++) {
			if (!sdp_format_same(&offer->formats[j],
					     &answer->formats[i]) ||
			    !sdp_format_is_voice(&offer->formats[j]))
				continue;
			*offered = j;
			return (int)i;
		}
	}
	return -ENOENT;
}
