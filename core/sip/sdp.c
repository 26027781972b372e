/*
 * sdp.c - writes our offers and our answers to later offers (RFC 4566, 3264).
 * Thread: signalling; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/sdp.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sip/sdp_text.h"

/* Directions as two bits: who takes part can be combined by "and". */
enum { SENDS = 1, RECEIVES = 2 };

static void put_text(struct buf *out, struct sdp_text t)
{
	buf_write(out, t.p, t.len);
}

static void put_address(struct buf *out, const struct addr *a)
{
	char ip[ADDR_TEXT_LEN];

	addr_ip_text(a, ip);
	buf_printf(out, "IN %s %s", a->sa.sa_family == AF_INET6 ? "IP6" : "IP4",
		   ip);
}

static void put_session(struct buf *out, const struct sdp_session *s,
			const struct addr *a, struct sdp_text times)
{
	buf_printf(out, "v=0\r\no=- %" PRIu64 " %" PRIu64 " ", s->id,
		   s->version);
	put_address(out, a);
	buf_puts(out, "\r\ns=-\r\nc=");
	put_address(out, a);
	buf_puts(out, "\r\nt=");
	put_text(out, times);
	buf_puts(out, "\r\n");
}

static void put_format(struct buf *out, const struct sdp_format *f)
{
	if (f->name[0]) {
		buf_printf(out, "a=rtpmap:%d %s/%" PRIu32, f->pt, f->name,
			   f->clock_rate);
		if (f->channels > 1)
			buf_printf(out, "/%" PRIu32, f->channels);
		buf_puts(out, "\r\n");
	}
	if (f->fmtp[0])
		buf_printf(out, "a=fmtp:%d %s\r\n", f->pt, f->fmtp);
}

static void put_rtcp(struct buf *out, const struct sdp_audio *a)
{
	uint16_t port = addr_port(&a->rtcp);

	if (a->rtcp_mux)
		buf_puts(out, "a=rtcp-mux\r\n");
	else if (port && port != addr_port(&a->rtp) + 1)
		buf_printf(out, "a=rtcp:%u\r\n", port);
}

static void put_audio(struct buf *out, const struct sdp_audio *a)
{
	static const char *const directions[] = {
		[SDP_SENDRECV] = "sendrecv", [SDP_SENDONLY] = "sendonly",
		[SDP_RECVONLY] = "recvonly", [SDP_INACTIVE] = "inactive",
	};
	size_t i;

	buf_printf(out, "m=audio %u RTP/%s", addr_port(&a->rtp),
		   a->secure ? "SAVP" : "AVP");
	for (i = 0; i < a->n_formats; i++)
		buf_printf(out, " %d", a->formats[i].pt);
	buf_puts(out, "\r\n");
	for (i = 0; i < a->n_formats; i++)
		put_format(out, &a->formats[i]);
	for (i = 0; i < a->n_crypto; i++)
		sdp_put_crypto(out, &a->crypto[i]);
	if (a->ptime_ms)
		buf_printf(out, "a=ptime:%" PRIu32 "\r\n", a->ptime_ms);
	if (a->maxptime_ms)
		buf_printf(out, "a=maxptime:%" PRIu32 "\r\n", a->maxptime_ms);
	put_rtcp(out, a);
	buf_printf(out, "a=%s\r\n", directions[a->direction]);
}

/* A stream that is refused, or no longer used, keeps its media, its proto and a
 * list of formats. */
static void put_refused(struct buf *out, const struct sdp_media *m)
{
	buf_puts(out, "m=");
	put_text(out, m->media);
	buf_puts(out, " 0 ");
	put_text(out, m->proto);
	buf_putc(out, ' ');
	put_text(out, m->formats);
	buf_puts(out, "\r\n");
}

/* The m= lines of a description, in their order: the one at `slot` is ours. */
static void put_media(struct buf *out, const char *text, size_t len,
		      const struct sdp_audio *ours, size_t slot)
{
	struct sdp_lines lines = sdp_lines(text, len);
	struct sdp_line line;
	struct sdp_media m;
	size_t index = 0;

	while (sdp_next_line(&lines, &line) > 0) {
		if (line.type != 'm' || sdp_read_media(&m, line.value))
			continue;
		if (index++ == slot)
			put_audio(out, ours);
		else
			put_refused(out, &m);
	}
}

void sdp_write(struct buf *out, const struct sdp_session *s,
	       const struct sdp_audio *audio, const char *before)
{
	static const struct sdp_text always = { "0 0", 3 };

	put_session(out, s, &audio->rtp, always);
	if (before)
		put_media(out, before, strlen(before), audio,
			  sdp_slot(before));
	else
		put_audio(out, audio);
}

/* Only the audio stream of ours has a port; where it was ended, its place is
 * free for the next (RFC 3264 8.1). */
size_t sdp_slot(const char *ours)
{
	struct sdp_lines lines = sdp_lines(ours, strlen(ours));
	struct sdp_line line;
	struct sdp_media m;
	size_t index = 0, ended = 0;
	bool found = false;

	while (sdp_next_line(&lines, &line) > 0) {
		if (line.type != 'm' || sdp_read_media(&m, line.value))
			continue;
		if (m.port)
			return index;
		if (!found && sdp_profile(&m)) {
			found = true;
			ended = index;
		}
		index++;
	}
	return ended;
}

/* ---- answer -------------------------------------------------------------- */

static unsigned int bits_of(enum sdp_direction d)
{
	return (d == SDP_SENDRECV || d == SDP_SENDONLY ? SENDS : 0u) |
	       (d == SDP_SENDRECV || d == SDP_RECVONLY ? RECEIVES : 0u);
}

/* RFC 3264 6.1: we may receive what they send, and the other way round. */
static enum sdp_direction mirror(enum sdp_direction theirs,
				 enum sdp_direction ours)
{
	unsigned int t = bits_of(theirs), bits = bits_of(ours);

	if (!(t & SENDS))
		bits &= ~(unsigned int)RECEIVES;
	if (!(t & RECEIVES))
		bits &= ~(unsigned int)SENDS;
	if (bits == SENDS)
		return SDP_SENDONLY;
	if (bits == RECEIVES)
		return SDP_RECVONLY;
	return bits ? SDP_SENDRECV : SDP_INACTIVE;
}

/* Which of the offer's formats is meant by ours: the one with that number where
 * there are several of the name. */
static const struct sdp_format *find_offered(const struct sdp_audio *offer,
					     const struct sdp_format *mine)
{
	const struct sdp_format *found = NULL;
	size_t i;

	for (i = 0; i < offer->n_formats; i++) {
		const struct sdp_format *f = &offer->formats[i];

		if (sdp_format_same(mine, f) && (!found || f->pt == mine->pt))
			found = f;
	}
	return found;
}

/* Our formats that are offered, in the offer's order and by its numbers
 * (RFC 3264 6.1). -ENOENT if no voice is among them. */
static int choose_formats(struct sdp_audio *answer,
			  const struct sdp_audio *offer,
			  const struct sdp_audio *ours)
{
	bool voice = false;
	size_t i, j;

	answer->n_formats = 0;
	for (i = 0; i < offer->n_formats; i++) {
		for (j = 0; j < ours->n_formats; j++) {
			const struct sdp_format *mine = &ours->formats[j];
			struct sdp_format *f;

			if (find_offered(offer, mine) != &offer->formats[i])
				continue;
			f = &answer->formats[answer->n_formats++];
			*f = *mine;
			f->pt = offer->formats[i].pt;
			voice = voice || sdp_format_is_voice(mine);
		}
	}
	return voice ? 0 : -ENOENT;
}

/* RFC 3264 6: the t= line of the answer equals the offer's. */
static struct sdp_text times_of(const char *offer, size_t len)
{
	struct sdp_lines lines = sdp_lines(offer, len);
	struct sdp_line line;

	while (sdp_next_line(&lines, &line) > 0 && line.type != 'm') {
		if (line.type == 't' && line.value.len < 64)
			return line.value;
	}
	return (struct sdp_text){ "0 0", 3 };
}

int sdp_answer(struct buf *out, const struct sdp_session *s, const char *offer,
	       size_t len, const struct sdp_audio *ours)
{
	struct sdp_audio answer = *ours;
	struct sdp_parsed p;
	size_t slot;
	int err = sdp_parse(&p, ours->secure ? SDP_SAVP : SDP_AVP, offer, len,
			    NULL, 0);

	slot = p.audio_index;
	if (!err)
		err = choose_formats(&answer, &p.audio, ours);
	else if (err == -ECONNREFUSED && !p.n_open) {
		slot = p.n_media;	/* all of them were ended */
		err = 0;
	}
	if (err)
		return err;
	answer.direction = mirror(p.audio.direction, ours->direction);
	/* RFC 5761 5.1.1: only where the offer has it too. */
	answer.rtcp_mux = ours->rtcp_mux && p.audio.rtcp_mux;
	put_session(out, s, &answer.rtp, times_of(offer, len));
	put_media(out, offer, len, &answer, slot);
	return 0;
}
