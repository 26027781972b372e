/*
 * control.c - the RTCP side of one stream: when to report, what the far end
 * said.
 * Thread: the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#include "media/control.h"

#include "base/clock.h"

static uint64_t ntp_of(const struct control *c, int64_t mono_ns)
{
	return rtcp_ntp(mono_ns + c->wall_minus_mono_ns);
}

static void set_next(struct control *c)
{
	c->next_at_ns = c->last_at_ns +
			rtcp_interval_ms(c->random, c->first) * MS_NS;
}

static void set_last(struct control *c, int64_t now_ns, bool first)
{
	c->last_at_ns = now_ns;
	c->first = first;
	set_next(c);
}

void control_begin(struct control *c, int64_t now_ns)
{
	if (c->begun)
		return;
	c->begun = true;
	set_last(c, now_ns, true);
}

bool control_due(struct control *c, int64_t now_ns)
{
	if (!c->enabled || !c->begun || c->said_bye || now_ns < c->next_at_ns)
		return false;
	set_next(c);
	return now_ns >= c->next_at_ns;
}

static bool make_block(struct control *c, struct rtcp_block *b,
		       struct source *source, int64_t now_ns)
{
	if (!source_report(source, b))
		return false;
	if (c->last_sr && c->last_sr_of == b->ssrc) {
		int64_t ago = now_ns - c->last_sr_at_ns;

		b->last_sr = c->last_sr;
		b->since_last_sr = (uint32_t)(ago / S_NS * 65536 +
					      ago % S_NS * 65536 / S_NS);
	}
	return true;
}

size_t control_pack(struct control *c, uint8_t *dst,
		    const struct control_sent *sent, struct source *source,
		    bool bye, int64_t now_ns)
{
	struct rtcp_block block;
	struct rtcp_sender sender = {
		.ntp = ntp_of(c, now_ns),
		.timestamp = sent->timestamp,
		.packets = (uint32_t)sent->packets,
		.bytes = (uint32_t)sent->bytes,
	};
	struct rtcp_report r = {
		.ssrc = c->ssrc,
		/* 6.4: a sender is who sent within the last two intervals. */
		.sender = sent->packets != c->sent_earlier ? &sender : NULL,
		.block = make_block(c, &block, source, now_ns) ? &block : NULL,
		.cname = c->cname,
		.bye = bye,
	};

	c->sent_earlier = c->sent_then;
	c->sent_then = sent->packets;
	c->reported = true;
	c->said_bye = bye;
	set_last(c, now_ns, false);
	return rtcp_pack(dst, &r);
}

void control_rename(struct control *c, uint32_t ssrc, int64_t now_ns)
{
	c->ssrc = ssrc;
	c->sent_then = c->sent_earlier = 0;
	c->reported = c->said_bye = false;
	set_last(c, now_ns, false);
}

int control_take(struct control *c, const uint8_t *data, size_t len,
		 int64_t at_ns)
{
	struct rtcp_news news;
	int err = rtcp_parse(&news, data, len, c->ssrc);

	if (err)
		return err;
	c->reporter = news.ours ? c->ssrc : news.ssrc;
	if (news.ours)
		return 0;
	if (news.has_sender) {
		c->last_sr_of = news.ssrc;
		c->last_sr = rtcp_ntp_middle(news.sender.ntp);
		c->last_sr_at_ns = at_ns;
	}
	if (news.has_block) {
		int32_t us = rtcp_round_trip_us(&news.block,
			rtcp_ntp_middle(ntp_of(c, at_ns)));

		c->told = true;
		c->block = news.block;
		if (us >= 0)
			c->round_trip_us = us;
	}
	/* A BYE of the far end's RTCP ends nothing: SIP does that. */
	return 0;
}
