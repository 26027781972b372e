/*
 * session_send.c - packets on their way: sound, digits, reports.
 * Thread: the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#include "media/session_impl.h"

#include <errno.h>
#include <sys/socket.h>

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

/* ---- RTP ----------------------------------------------------------------- */

/* Full buffers pass, and a refusal by the far end's host is about a packet that
 * left before: neither says that this address cannot be sent to.             */
static bool passes_by_itself(int err)
{
	return err == -EAGAIN || err == -ENOBUFS || err == -ENOMEM ||
	       err == -EINTR || err == -ECONNREFUSED;
}

/* The cursor has not moved: the same sound goes out in the next turn. But what
 * was sealed has used up its number, for a key stream serves once (RFC 3711
 * 9.1).                                                                      */
static void not_sent(struct session *s, int err, int64_t now_ns)
{
	s->marker = true;
	if (s->receive.srtp)
		s->seq++;
	if (passes_by_itself(err))
		return;
	if (!s->failing_since_ns)
		s->failing_since_ns = now_ns;
	if (now_ns - s->failing_since_ns < SESSION_FAIL_MS * MS_NS)
		return;
	s->state = SESSION_OVER;
	s->on_event(s, SESSION_FAILED, err);
}

static void was_sent(struct session *s, size_t payload_len, int64_t now_ns,
		     int64_t late_ns)
{
	if (late_ns > s->late_max_ns)
		s->late_max_ns = late_ns;
	s->failing_since_ns = 0;
	s->seq++;
	s->sent++;
	s->sent_bytes += payload_len;
	tally_add(&s->tally->sent, 1);
	tally_late(s->tally, late_ns / 1000);
	playout_advance(s->playout);
	if (s->started == CLN_STARTED_NOT && !s->waiting) {
		s->started = s->start_as;
		s->started_ms = (int32_t)((now_ns - s->asked_ns) / MS_NS);
	}
}

static int seal_and_send(struct session *s, const struct rtp_header *h,
			 size_t payload_len)
{
	int len = (int)(RTP_HEADER_LEN + payload_len);

	rtp_pack(s->packet, h);
	if (s->receive.srtp)
		len = srtp_seal_rtp(s->receive.srtp, s->packet, (size_t)len);
	return len < 0 ? len : send_to(s->ports.rtp_fd, &s->to, s->packet,
				       (size_t)len);
}

static void send_sound(struct session *s, int64_t now_ns, int64_t late_ns)
{
	struct rtp_header h = {
		.marker = s->marker,
		.payload_type = s->payload_type,
		.seq = s->seq,
		.timestamp = session_timestamp(s, s->turn),
		.ssrc = s->ssrc,
	};
	size_t len = playout_peek(s->playout, s->packet + RTP_HEADER_LEN);
	int err = seal_and_send(s, &h, len);

	if (err) {
		not_sent(s, err, now_ns);
		return;
	}
	s->marker = false;
	was_sent(s, len, now_ns, late_ns);
}

/* RFC 4733 2.5.1: all packets of a digit bear the timestamp of its beginning.
 * In the gap behind it silence is sent. False: no digit is under way.        */
static bool send_event(struct session *s, int64_t now_ns, int64_t late_ns)
{
	const struct dtmf_send before = s->event;
	struct rtp_header h = {
		.payload_type = s->event_type,
		.seq = s->seq,
		.timestamp = s->event.timestamp,
		.ssrc = s->ssrc,
	};
	int err;

	if (!dtmf_next(&s->event, s->playout->track.framing.packet_units,
		       s->packet + RTP_HEADER_LEN, &h.marker)) {
		s->in_event = false;
		return false;
	}
	err = seal_and_send(s, &h, DTMF_EVENT_LEN);
	if (err) {
		s->event = before;
		not_sent(s, err, now_ns);
	} else {
		was_sent(s, DTMF_EVENT_LEN, now_ns, late_ns);
	}
	return true;
}

static void begin_event(struct session *s, char digit)
{
	const struct cln_codec *codec = s->playout->track.framing.codec;

	/* Asked again where the first packet could not leave. */
	s->in_event = !dtmf_begin(&s->event, digit,
				  session_timestamp(s, s->turn),
				  codec->clock_rate);
}

void session_send(struct session *s, int64_t now_ns, int64_t late_ns)
{
	char digit = playout_event(s->playout);

	if (digit)
		begin_event(s, digit);
	if (!s->in_event || !send_event(s, now_ns, late_ns))
		send_sound(s, now_ns, late_ns);
}

/* ---- RTCP ---------------------------------------------------------------- */

/* The RTP timestamp of any moment, also between two packets and in a hold. */
static uint32_t timestamp_at(const struct session *s, int64_t now_ns)
{
	int64_t period = session_period_ns(s);
	int64_t turn = (now_ns - s->anchor_ns) / period;
	int64_t rest = (now_ns - s->anchor_ns) % period;
	int64_t units = s->playout->track.framing.packet_units;

	return session_timestamp(s, turn) + (uint32_t)(rest * units / period);
}

void session_send_report(struct session *s, bool bye, int64_t now_ns)
{
	struct control_sent sent = {
		.packets = s->sent - s->sent_as_other,
		.bytes = s->sent_bytes - s->bytes_as_other,
		.timestamp = timestamp_at(s, now_ns),
	};
	bool muxed = s->rtcp_mux || s->ports.rtcp_fd < 0;
	const struct addr *to = s->rtcp_mux ? &s->to : &s->receive.rtcp;
	uint8_t data[RTCP_MAX + SRTP_GROWTH_MAX];
	int len;

	/* It stays due, and nothing counts as told. */
	if (!addr_port(to) || addr_is_any(to))
		return;
	len = (int)control_pack(&s->control, data, &sent, &s->receive.source,
				bye, now_ns);
	if (s->receive.srtp)
		len = srtp_seal_rtcp(s->receive.srtp, data, (size_t)len);
	/* A report that is lost is not missed: the next one says it all. */
	if (len > 0)
		send_to(muxed ? s->ports.rtp_fd : s->ports.rtcp_fd, to, data,
			(size_t)len);
}

void session_say_bye(struct session *s, int64_t now_ns)
{
	if (s->control.enabled && s->control.begun && !s->control.said_bye &&
	    (s->sent != s->sent_as_other || s->control.reported))
		session_send_report(s, true, now_ns);
}
