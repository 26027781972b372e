/*
 * figures.c - the figures of one stream, as a report tells them.
 * Thread: signalling, once the media worker has let go of the stream.
 */
/* SPDX-License-Identifier: MIT */
#include "media/figures.h"

#include "base/clock.h"
#include "media/mos.h"

static int32_t units_to_us(uint32_t units, uint32_t clock_rate)
{
	uint64_t us = clock_rate ? (uint64_t)units * 1000000 / clock_rate : 0;

	return us > INT32_MAX ? INT32_MAX : (int32_t)us;
}

static int32_t ns_to_us(int64_t ns)
{
	return ns / 1000 > INT32_MAX ? INT32_MAX : (int32_t)(ns / 1000);
}

/* As the far end's last report has it, of what it could have had by then.    */
static void fill_far(struct cln_rtp_figures *f, const struct receive *r,
		     const struct cln_codec *codec,
		     const struct figures_sent *sent)
{
	const struct rtcp_block *b = &r->control->block;
	struct mos_facts facts = { .codec = codec,
				   .expected = sent->confirmed,
				   .round_trip_us = f->round_trip_us };

	/* Duplicates on the way may make it negative (A.3). */
	f->far_lost = b->lost > 0 ? b->lost : 0;
	f->far_jitter_us = units_to_us(b->jitter, codec->clock_rate);
	facts.lost = (uint64_t)f->far_lost;
	facts.jitter_us = f->far_jitter_us;
	f->far_mos_x100 = mos_x100(&facts);
}

void figures_fill(struct cln_rtp_figures *f, const struct receive *r,
		  const struct cln_codec *codec,
		  const struct figures_sent *sent)
{
	struct mos_facts facts = { .codec = codec };

	*f = (struct cln_rtp_figures){
		.sent = sent->packets,
		.sent_bytes = sent->bytes,
		.received = r->received,
		.strangers = r->strangers,
		.lost = source_lost(&r->source),
		.jitter_us = units_to_us(source_jitter(&r->source),
					 r->clock_rate),
		.far_lost = -1,
		.far_jitter_us = -1,
		.round_trip_us = r->control->round_trip_us,
		.late_max_us = ns_to_us(sent->late_max_ns),
		.far_mos_x100 = -1,
	};
	facts.lost = (uint64_t)f->lost;
	facts.expected = f->received + facts.lost;
	facts.jitter_us = f->jitter_us;
	facts.round_trip_us = f->round_trip_us;
	f->mos_x100 = mos_x100(&facts);
	if (codec && r->control->told)
		fill_far(f, r, codec, sent);
}
