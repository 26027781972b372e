/*
 * source.c - what one RTP source sends us: sequence, loss, jitter.
 * Thread: the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#include "media/source.h"

enum {
	SEQ_MOD = 1 << 16,
	MAX_DROPOUT = 3000,	/* a jump up to here is loss (A.1)           */
	MAX_MISORDER = 100,	/* a step back up to here is disorder (A.1)  */
	MIN_SEQUENTIAL = 2,	/* packets in order make a source (A.1)      */
	LOST_MAX = 0x7fffff,	/* what 24 bits hold (6.4.1)                 */
};

static int64_t lost_now(const struct source *s)
{
	uint32_t expected = s->cycles + s->max_seq - s->base_seq + 1;

	/* Duplicates count as received, so there may be more than expected. */
	return (int64_t)expected - s->received;
}

static void init_seq(struct source *s, uint16_t seq)
{
	s->base_seq = seq;
	s->max_seq = seq;
	s->bad_seq = SEQ_MOD + 1;	/* equals no sequence number */
	s->cycles = 0;
	s->received = 0;
	s->received_prior = 0;
	s->expected_prior = 0;
}

static void keep_loss(struct source *s)
{
	if (s->known && !s->probation && lost_now(s) > 0)
		s->lost_before += lost_now(s);
}

static void begin(struct source *s, const struct rtp_header *h)
{
	keep_loss(s);
	init_seq(s, h->seq);
	s->known = true;
	s->ssrc = h->ssrc;
	s->max_seq = (uint16_t)(h->seq - 1);
	s->probation = MIN_SEQUENTIAL;
	s->has_transit = false;
	s->jitter = 0;
}

static bool on_probation(struct source *s, uint16_t seq)
{
	if (seq == (uint16_t)(s->max_seq + 1)) {
		s->max_seq = seq;
		if (--s->probation)
			return false;
		init_seq(s, seq);
		s->received++;
		return true;
	}
	s->probation = MIN_SEQUENTIAL - 1;
	s->max_seq = seq;
	return false;
}

/* A.1 update_seq(). True if the packet counts. */
static bool update_seq(struct source *s, uint16_t seq)
{
	uint16_t delta = (uint16_t)(seq - s->max_seq);

	if (s->probation)
		return on_probation(s, seq);
	if (delta < MAX_DROPOUT) {
		if (seq < s->max_seq)
			s->cycles += SEQ_MOD;
		s->max_seq = seq;
	} else if (delta <= SEQ_MOD - MAX_MISORDER) {
		if (seq != s->bad_seq) {
			s->bad_seq = (seq + 1) & (SEQ_MOD - 1);
			return false;
		}
		/* Two in order after a jump: the other side restarted. */
		keep_loss(s);
		init_seq(s, seq);
		s->has_transit = false;
	}
	s->received++;
	return true;
}

static void update_jitter(struct source *s, uint32_t timestamp,
			  uint32_t arrival)
{
	uint32_t transit = arrival - timestamp;

	/* The packets of one event (RFC 4733 2.5.1.3) all bear the time of its
	 * beginning, and a repetition that of the first: they do not say when
	 * they were sent.                                                    */
	if (s->has_transit && s->timestamp == timestamp)
		return;
	if (s->has_transit) {
		int32_t d = (int32_t)(transit - s->transit);

		/* A.8 in integers, the estimate kept 16 times as large. */
		s->jitter += (d < 0 ? -(uint32_t)d : (uint32_t)d) -
			     ((s->jitter + 8) >> 4);
	}
	s->transit = transit;
	s->timestamp = timestamp;
	s->has_transit = true;
}

void source_take(struct source *s, const struct rtp_header *h, uint32_t arrival)
{
	if (!s->known || s->ssrc != h->ssrc)
		begin(s, h);
	if (update_seq(s, h->seq))
		update_jitter(s, h->timestamp, arrival);
}

void source_change_rate(struct source *s, uint32_t from, uint32_t to)
{
	s->jitter = (uint32_t)((uint64_t)s->jitter * to / from);
	s->has_transit = false;
}

int64_t source_lost(const struct source *s)
{
	int64_t now = s->known && !s->probation ? lost_now(s) : 0;

	return s->lost_before + (now > 0 ? now : 0);
}

uint32_t source_jitter(const struct source *s)
{
	return s->jitter >> 4;
}

static uint8_t fraction_lost(struct source *s, uint32_t expected)
{
	uint32_t want = expected - s->expected_prior;
	uint32_t got = s->received - s->received_prior;

	if (!want || got >= want)
		return 0;
	return (uint8_t)(((uint64_t)(want - got) << 8) / want > 255 ? 255 :
			 ((uint64_t)(want - got) << 8) / want);
}

bool source_report(struct source *s, struct rtcp_block *b)
{
	uint32_t highest = s->cycles + s->max_seq;
	uint32_t expected = highest - s->base_seq + 1;
	int64_t lost = (int64_t)expected - s->received;

	if (!s->known || s->probation || s->received == s->received_prior)
		return false;
	if (lost > LOST_MAX)
		lost = LOST_MAX;
	if (lost < -LOST_MAX - 1)
		lost = -LOST_MAX - 1;
	*b = (struct rtcp_block){
		.ssrc = s->ssrc,
		.fraction_lost = fraction_lost(s, expected),
		.lost = (int32_t)lost,
		.highest_seq = highest,
		.jitter = source_jitter(s),
	};
	s->expected_prior = expected;
	s->received_prior = s->received;
	return true;
}
