/*
 * session.c - the media thread's half of a stream: sockets, pacing, figures.
 * Thread: set up on the signalling thread, then the media worker's alone.
 */
/* SPDX-License-Identifier: MIT */
#include "media/session.h"

#include <errno.h>
#include <sys/socket.h>

enum {
	RTCP_DRAIN_MS = 100,
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
		.clock = cfg->clock,
		.drain = cfg->drain,
		.tally = cfg->tally,
		.on_event = cfg->on_event,
	};
	/* The configured source may belong to the signalling thread. */
	random_seeded(&s->random, seed);
	s->first_seq = s->seq;
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
	s->due_ns = clock_now_ns(cfg->clock) + SESSION_IDLE_MS * MS_NS;
}

void session_set_aim(struct session *s, const struct session_aim *aim)
{
	s->aim = *aim;
	/* 0.0.0.0 is how RFC 2543 put a call on hold, port 0 has no receiver:
	 * nothing may be sent there (RFC 3264 8.4).                          */
	s->send = aim->send && addr_port(&aim->rtp) &&
		  !addr_is_any(&aim->rtp);
	if (!addr_port(&aim->rtcp))
		s->aim.rtcp_mux = true;
	if (s->aim.rtcp_mux)
		s->aim.rtcp = aim->rtp;
	s->receive.rtp = s->aim.rtp;
	s->receive.rtcp = s->aim.rtcp;
	s->receive.has_remote = true;
}

void session_start(struct session *s, const struct session_play *play,
		   int64_t start_ns)
{
	s->playout = play->playout;
	s->packet = play->packet;
	s->receive.clock_rate = play->playout->codec->clock_rate;
	session_set_aim(s, &play->aim);
	s->state = SESSION_PLAYING;
	s->anchor_ns = start_ns;
	s->due_ns = start_ns;
	s->turn = 0;
	control_begin(&s->control, start_ns);
}

static int64_t period_ns(const struct session *s)
{
	return (int64_t)s->playout->packet_ms * MS_NS;
}

/* Unconnected, with the address each time: a connected socket saves 0.3 of
 * 2.7 us a packet on loopback, but the kernel would then drop whatever comes
 * from another port, without our counting it, and mix the ICMP errors of a
 * far end whose port is not open yet into our sends.                         */
static int send_to(int fd, const struct addr *to, const uint8_t *data,
		   size_t len)
{
	if (sendto(fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL, &to->sa,
		   addr_len(to)) < 0)
		return -errno;
	return 0;
}

/* Full buffers pass, and a refusal by the far end's host is about a packet that
 * left before: neither says that this address cannot be sent to.             */
static bool passes_by_itself(int err)
{
	return err == -EAGAIN || err == -ENOBUFS || err == -ENOMEM ||
	       err == -EINTR || err == -ECONNREFUSED;
}

/* The cursor has not moved: the same sound goes out in the next turn. */
static void not_sent(struct session *s, int err, int64_t now_ns)
{
	s->marker = true;
	if (passes_by_itself(err))
		return;
	if (!s->failing_since_ns)
		s->failing_since_ns = now_ns;
	if (now_ns - s->failing_since_ns < SESSION_FAIL_MS * MS_NS)
		return;
	s->state = SESSION_OVER;
	s->on_event(s, SESSION_FAILED, err);
}

static void was_sent(struct session *s, size_t payload_len, int64_t late_ns)
{
	if (late_ns > s->late_max_ns)
		s->late_max_ns = late_ns;
	s->marker = false;
	s->failing_since_ns = 0;
	s->seq++;
	s->sent++;
	s->sent_bytes += payload_len;
	tally_add(&s->tally->sent, 1);
	tally_late(s->tally, late_ns / 1000);
	playout_advance(s->playout);
}

/* RTP timestamp of a turn, counted in whole packet times. */
static uint32_t turn_timestamp(const struct session *s, int64_t turn)
{
	return s->timestamp + (uint32_t)turn * s->playout->packet_units;
}

static void send_packet(struct session *s, int64_t now_ns, int64_t late_ns)
{
	struct rtp_header h = {
		.marker = s->marker,
		.payload_type = s->aim.payload_type,
		.seq = s->seq,
		.timestamp = turn_timestamp(s, s->turn),
		.ssrc = s->ssrc,
	};
	size_t len = playout_peek(s->playout, s->packet + RTP_HEADER_LEN);
	int err;

	rtp_pack(s->packet, &h);
	err = send_to(s->ports.rtp_fd, &s->aim.rtp, s->packet,
		      RTP_HEADER_LEN + len);
	if (err)
		not_sent(s, err, now_ns);
	else
		was_sent(s, len, late_ns);
}

/* The RTP timestamp of any moment, also between two packets and in a hold. */
static uint32_t timestamp_at(const struct session *s, int64_t now_ns)
{
	int64_t turn = (now_ns - s->anchor_ns) / period_ns(s);
	int64_t rest = (now_ns - s->anchor_ns) % period_ns(s);

	return turn_timestamp(s, turn) +
	       (uint32_t)(rest * s->playout->packet_units / period_ns(s));
}

static void send_report(struct session *s, bool bye, int64_t now_ns)
{
	struct control_sent sent = {
		.packets = s->sent - s->sent_before,
		.bytes = s->sent_bytes - s->bytes_before,
		.timestamp = timestamp_at(s, now_ns),
	};
	bool muxed = s->aim.rtcp_mux || s->ports.rtcp_fd < 0;
	uint8_t data[RTCP_MAX];
	size_t len = control_pack(&s->control, data, &sent, &s->receive.source,
				  bye, now_ns);

	if (!addr_port(&s->aim.rtcp) || addr_is_any(&s->aim.rtcp))
		return;
	/* A report that is lost is not missed: the next one says it all. */
	send_to(muxed ? s->ports.rtp_fd : s->ports.rtcp_fd, &s->aim.rtcp, data,
		len);
}

/* 6.3.7: an SSRC that never sent anything leaves without a word. */
static void say_bye(struct session *s, int64_t now_ns)
{
	if (s->control.enabled && s->control.begun && !s->control.said_bye &&
	    (s->sent != s->sent_before || s->control.reported))
		send_report(s, true, now_ns);
}

/* RFC 3550 8.2: the far end has drawn the same number. Sequence and time go on,
 * so that nothing is lost where the new name is taken for the old.           */
static void change_ssrc(struct session *s, int64_t now_ns)
{
	uint32_t old = s->ssrc;

	s->receive.collided = false;
	say_bye(s, now_ns);
	while (s->ssrc == old)
		s->ssrc = random_u32(&s->random);
	s->sent_before = s->sent;
	s->bytes_before = s->sent_bytes;
	s->marker = true;
	control_rename(&s->control, s->ssrc, now_ns);
}

/* With the whole playlist sent, time runs on to the end of the last packet and
 * of the tail.                                                               */
static void begin_tail(struct session *s)
{
	s->complete = true;
	s->state = SESSION_TAIL;
	s->tail_until_ns = s->due_ns + SESSION_TAIL_MS * MS_NS +
			   (s->sent ? period_ns(s) : 0);
}

static void skip_lost_time(struct session *s, int64_t now_ns)
{
	int64_t turns = (now_ns - s->due_ns) / period_ns(s);

	if (turns < SESSION_CATCH_UP_MAX)
		return;
	s->turn += turns;
	s->due_ns += turns * period_ns(s);
	s->marker = true;
}

static void play_turn(struct session *s, int64_t now_ns)
{
	int64_t late_ns = now_ns - s->due_ns;	/* also what is skipped */

	skip_lost_time(s, now_ns);
	if (playout_at_end(s->playout))
		begin_tail(s);
	else if (s->send)
		send_packet(s, now_ns, late_ns);
	else
		s->marker = true;
	if (s->state == SESSION_PLAYING && playout_at_end(s->playout))
		begin_tail(s);
	if (s->state == SESSION_PLAYING && control_due(&s->control, now_ns))
		send_report(s, false, now_ns);
}

static void tail_turn(struct session *s, int64_t now_ns)
{
	if (now_ns < s->tail_until_ns)
		return;
	say_bye(s, now_ns);
	s->state = SESSION_OVER;
	s->on_event(s, SESSION_PLAYED, 0);
}

static void receive_all(struct session *s, int64_t now_ns)
{
	receive_rtp(&s->receive, s->drain, s->ports.rtp_fd, now_ns);
	if (s->ports.rtcp_fd >= 0 && now_ns >= s->rtcp_drain_ns) {
		s->rtcp_drain_ns = now_ns + RTCP_DRAIN_MS * MS_NS;
		receive_rtcp(&s->receive, s->drain, s->ports.rtcp_fd, now_ns);
	}
	if (s->receive.collided)
		change_ssrc(s, now_ns);
}

void session_turn(struct session *s, int64_t now_ns)
{
	switch (s->state) {
	case SESSION_PLAYING:
		play_turn(s, now_ns);
		s->turn++;
		s->due_ns = s->anchor_ns + s->turn * period_ns(s);
		break;
	case SESSION_TAIL:
		tail_turn(s, now_ns);
		s->due_ns = now_ns + period_ns(s);
		if (s->state == SESSION_TAIL && s->due_ns > s->tail_until_ns)
			s->due_ns = s->tail_until_ns;
		break;
	case SESSION_IDLE:
	case SESSION_OVER:
		s->due_ns = now_ns + SESSION_IDLE_MS * MS_NS;
		break;
	}
	/* Sending first: that has a deadline. A turn that is already late for
	 * the next leaves the rest to it.                                    */
	if (s->due_ns > now_ns)
		receive_all(s, now_ns);
}

/* How many packets the far end has seen, up to the newest; -1: it never
 * said. Its cycles may begin at another number than ours, so the lower 16 bits
 * are taken as what is nearest below the last packet sent.                   */
static int64_t confirmed_packets(const struct session *s)
{
	uint16_t behind;

	if (!s->control.told || !s->sent)
		return -1;
	behind = (uint16_t)(s->seq - 1 - s->control.block.highest_seq);
	/* Ahead of us, or before our first: it has not heard anything yet. */
	if (behind >= s->sent || behind >= 0x8000)
		return 0;
	return (int64_t)s->sent - behind;
}

bool session_change(struct session *s, struct playout *playout,
		    uint8_t *packet)
{
	if (s->state != SESSION_PLAYING || playout_at_end(s->playout))
		return false;
	s->timestamp = turn_timestamp(s, s->turn);
	s->anchor_ns += s->turn * period_ns(s);
	s->turn = 0;
	playout_take_over(playout, s->playout, s->sent, confirmed_packets(s));
	s->playout = playout;
	s->packet = packet;
	s->receive.clock_rate = playout->codec->clock_rate;
	return true;
}

static int32_t units_to_us(uint32_t units, uint32_t clock_rate)
{
	uint64_t us = clock_rate ? (uint64_t)units * 1000000 / clock_rate : 0;

	return us > INT32_MAX ? INT32_MAX : (int32_t)us;
}

static int32_t ns_to_us(int64_t ns)
{
	return ns / 1000 > INT32_MAX ? INT32_MAX : (int32_t)(ns / 1000);
}

static void fill_figures(const struct session *s, struct cln_rtp_figures *f)
{
	const struct control *c = &s->control;
	const struct receive *r = &s->receive;

	*f = (struct cln_rtp_figures){
		.sent = s->sent,
		.sent_bytes = s->sent_bytes,
		.received = r->received,
		.strangers = r->strangers,
		.lost = source_lost(&r->source),
		.jitter_us = units_to_us(source_jitter(&r->source),
					 r->clock_rate),
		.far_lost = -1,
		.far_jitter_us = -1,
		.round_trip_us = c->round_trip_us,
		.late_max_us = ns_to_us(s->late_max_ns),
	};
	if (!c->told)
		return;
	/* Duplicates on the way may make it negative (A.3). */
	f->far_lost = c->block.lost > 0 ? c->block.lost : 0;
	f->far_jitter_us = units_to_us(c->block.jitter, r->clock_rate);
}

void session_end(struct session *s, struct stream_report *report,
		 int64_t now_ns)
{
	s->rtcp_drain_ns = 0;
	receive_all(s, now_ns);
	say_bye(s, now_ns);
	s->state = SESSION_OVER;
	*report = (struct stream_report){ .complete = s->complete };
	fill_figures(s, &report->rtp);
	if (s->playout)
		report->n_items = playout_report(s->playout,
						 confirmed_packets(s),
						 report->items,
						 CLN_ITEMS_MAX);
}
