/*
 * session.c - the media thread's half of a stream: set up, changed, reported.
 * Thread: set up on the signalling thread, then the media worker's alone.
 */
/* SPDX-License-Identifier: MIT */
#include "media/session_impl.h"

#include "media/figures.h"

enum {
	/* Both are random, so that nobody can guess them and what follows; the
	 * sequence number leaves room before its first wrap, for far ends that
	 * take one near the beginning for a restart.                         */
	FIRST_SEQ_MASK = 0x7fff,
	AUDIO_RATE = 8000,	/* RFC 3551's, until the codec is known */
};

void session_init(struct session *s, const struct session_config *cfg)
{
	uint64_t seed;

	random_fill(cfg->random, &seed, sizeof(seed));
	*s = (struct session){
		.ssrc = random_u32(cfg->random),
		.timestamp = random_u32(cfg->random),
		.seq = (uint16_t)(random_u32(cfg->random) & FIRST_SEQ_MASK),
		.marker = true,
		.ports = cfg->ports,
		.drain = cfg->drain,
		.tally = cfg->tally,
		.on_event = cfg->on_event,
	};
	/* The configured source may belong to the signalling thread. */
	random_seeded(&s->random, seed);
	s->receive.clock_rate = AUDIO_RATE;
	s->receive.control = &s->control;
	s->receive.tally = cfg->tally;
	s->control = (struct control){
		.enabled = cfg->rtcp,
		.ssrc = s->ssrc,
		.cname = cfg->cname,
		.random = &s->random,
		.wall_minus_mono_ns = clock_wall_ms(cfg->clock) * MS_NS -
				      clock_now_ns(cfg->clock),
		.round_trip_us = -1,
	};
	s->due_ns = clock_now_ns(cfg->clock) + SESSION_DRAIN_MS * MS_NS;
}

void session_set_aim(struct session *s, const struct session_aim *aim,
		     int64_t now_ns)
{
	struct addr rtcp = aim->rtcp;

	/* 0.0.0.0 is how RFC 2543 put a call on hold, port 0 has no receiver:
	 * nothing may be sent there (RFC 3264 8.4).                          */
	s->send = aim->send && addr_port(&aim->rtp) &&
		  !addr_is_any(&aim->rtp);
	s->far_silent = aim->far_silent;
	s->failing_since_ns = 0;
	s->payload_type = aim->payload_type;
	s->event_type = aim->event_type;
	s->rtcp_mux = aim->rtcp_mux || !addr_port(&rtcp);
	if (s->rtcp_mux)
		rtcp = aim->rtp;
	receive_set_remote(&s->receive, &aim->rtp, &rtcp, now_ns);
	receive_expect(&s->receive, aim->expected, aim->n_expected);
	s->to = s->receive.learnt ? s->receive.from : aim->rtp;
}

struct srtp *session_set_srtp(struct session *s, struct srtp *srtp)
{
	struct srtp *before = s->receive.srtp;

	if (srtp && before)
		srtp_take_over(srtp, before);
	s->receive.srtp = srtp;
	return before;
}

void session_set_hear(struct session *s, struct hear *hear)
{
	if (!s->receive.hear)
		return;
	hear_take_over(hear, s->receive.hear);
	s->receive.hear = hear;
}

static void set_start(struct session *s, const struct session_play *play)
{
	s->start = (uint8_t)play->start;
	s->asked_ns = play->asked_ns;
	s->waiting = play->start != CLN_START_ANSWER;
	s->start_as = CLN_STARTED_ANSWER;
	s->wait_until_ns = play->asked_ns + play->start_wait_ms * MS_NS;
}

/* What waits in the socket may have come before the answer, and is nobody's, or
 * since: then it may be the only packet for long, or a digit. Later on nothing
 * is early, however far somebody sets the wall clock back.                   */
static void take_waiting(struct session *s, const struct timespec *answered_at,
			 int64_t now_ns)
{
	s->receive.answered_at = *answered_at;
	session_receive(s, now_ns);
	s->receive.answered_at = (struct timespec){ 0 };
}

void session_start(struct session *s, const struct session_play *play,
		   int64_t start_ns, int64_t now_ns)
{
	s->playout = play->playout;
	s->packet = play->packet;
	s->gather = play->gather;
	s->receive.clock_rate = play->playout->track.framing.codec->clock_rate;
	s->rtp_timeout_ns = play->rtp_timeout_ms * MS_NS;
	set_start(s, play);
	session_set_aim(s, &play->aim, now_ns);
	s->receive.hear = play->hear;
	if (play->symmetric)
		receive_learn(&s->receive, now_ns);
	take_waiting(s, &play->answered_at, now_ns);
	s->state = SESSION_PLAYING;
	s->anchor_ns = start_ns;
	s->due_ns = start_ns;
	s->drain_ns = s->rtcp_drain_ns = start_ns;
	s->turn = 0;
	playout_start(s->playout);
	control_begin(&s->control, start_ns);
}

/* How many packets the far end has seen, up to the newest. Its cycles may begin
 * at another number than ours, so the lower 16 bits are taken as what is
 * nearest below the last packet sent.                                        */
static uint64_t confirmed_packets(const struct session *s)
{
	uint16_t behind;

	if (!s->control.told || !s->sent)
		return 0;
	behind = (uint16_t)(s->seq - 1 - s->control.block.highest_seq);
	/* Ahead of us, or before our first: it has not heard anything yet. */
	if (behind >= s->sent || behind >= 0x8000)
		return 0;
	return s->sent - behind;
}

void session_note_heard(struct session *s)
{
	ledger_confirm(s->playout->ledger, confirmed_packets(s));
}

bool session_change(struct session *s, struct playout *playout,
		    uint8_t *packet)
{
	if (s->state != SESSION_PLAYING || playout_at_end(s->playout))
		return false;
	s->timestamp = session_timestamp(s, s->turn);
	s->anchor_ns += s->turn * session_period_ns(s);
	s->turn = 0;
	session_note_heard(s);
	playout_take_over(playout, s->playout, s->sent);
	s->playout = playout;
	s->packet = packet;
	s->in_event = s->in_event && playout_in_event(playout);
	return true;
}

void session_end(struct session *s, int64_t now_ns)
{
	s->rtcp_drain_ns = 0;
	session_receive(s, now_ns);
	session_say_bye(s, now_ns);
	if (s->playout)
		session_note_heard(s);
	session_take_digits(s);
	if (s->gather && !s->waiting)
		gather_end(s->gather, s->playout, now_ns);
	s->state = SESSION_OVER;
}

/* ---- report -------------------------------------------------------------- */

void session_report(const struct session *s, struct stream_report *report)
{
	const struct figures_sent sent = {
		.packets = s->sent,
		.bytes = s->sent_bytes,
		.confirmed = confirmed_packets(s),
		.late_max_ns = s->late_max_ns,
	};

	const struct cln_codec *codec = s->playout ?
					s->playout->track.framing.codec : NULL;

	*report = (struct stream_report){
		.started = s->started,
		.started_ms = s->started_ms,
		.complete = s->complete,
	};
	figures_fill(&report->rtp, &s->receive, codec, &sent);
	if (codec)
		report->n_items = ledger_report(s->playout->ledger,
						codec->clock_rate,
						s->control.told,
						report->items, CLN_ITEMS_MAX);
	if (s->gather)
		report->n_gathered = gather_report(s->gather,
						   report->gathered);
}
