/*
 * negotiate.c - our side of offer and answer: codecs to formats and back.
 *
 * Thread: signalling. RFC 3264 5, 6, 8; RFC 3551 6 for static payload types.
 */
/* SPDX-License-Identifier: MIT */
#include "call/negotiate.h"

#include <errno.h>

#include "base/str.h"

#define PT_DYNAMIC_FIRST 96
/* What nearly all use for it; some far ends know it by no other.              */
#define PT_EVENTS 101

static int next_dynamic(int *last)
{
	(*last)++;
	if (*last == PT_EVENTS)
		(*last)++;
	return *last;
}

static void format_of(struct sdp_format *f, const struct cln_codec *codec,
		      int *last_dynamic)
{
	*f = (struct sdp_format){
		.pt = codec->payload_type == CLN_PT_DYNAMIC ?
			next_dynamic(last_dynamic) : codec->payload_type,
		.clock_rate = codec->clock_rate,
		.channels = codec->channels,
	};
	str_copy(f->name, sizeof(f->name), codec->name);
	str_copy(f->fmtp, sizeof(f->fmtp), codec->fmtp);
}

static bool has_events(const struct sdp_audio *a, uint32_t clock_rate)
{
	size_t index;

	return sdp_match_events(a, a, clock_rate, &index) >= 0;
}

/* RFC 4733 2.1: events bear timestamps of the voice, so that each clock rate
 * needs a format of its own. 0-15 are the digits (3.2).                       */
static void add_events(struct sdp_audio *local, const struct codec_order *set,
		       int *last_dynamic)
{
	int pt = PT_EVENTS;

	for (size_t i = 0; i < set->n; i++) {
		uint32_t clock_rate = set->codecs[i]->clock_rate;
		struct sdp_format *f = &local->formats[local->n_formats];

		if (has_events(local, clock_rate))
			continue;
		*f = (struct sdp_format){
			.pt = pt,
			.name = "telephone-event",
			.clock_rate = clock_rate,
			.channels = 1,
			.fmtp = "0-15",
		};
		local->n_formats++;
		pt = next_dynamic(last_dynamic);
	}
}

static uint32_t offered_ptime(const struct negotiate_side *us)
{
	const struct codec_order *set = &us->codecs;
	uint32_t least = us->wishes->ptime_ms;

	for (size_t i = 0; i < set->n && !us->wishes->ptime_ms; i++) {
		uint32_t ms = set->codecs[i]->ptime_ms;

		if (!least || ms < least)
			least = ms;
	}
	return least;
}

void negotiate_local(struct negotiate_side *us, const struct codec_order *set,
		     const struct negotiate_wishes *wishes,
		     const struct addr *address, uint16_t port)
{
	struct sdp_audio *local = &us->audio;
	int last_dynamic = PT_DYNAMIC_FIRST - 1;

	*us = (struct negotiate_side){ .codecs = *set, .wishes = wishes };
	local->rtp = *address;
	local->direction = SDP_SENDRECV;
	local->ptime_ms = offered_ptime(us);
	local->n_formats = set->n;
	addr_set_port(&local->rtp, port);
	local->rtcp = local->rtp;
	addr_set_port(&local->rtcp, (uint16_t)(port + 1));
	for (size_t i = 0; i < set->n; i++)
		format_of(&local->formats[i], set->codecs[i], &last_dynamic);
	if (wishes->events)
		add_events(local, set, &last_dynamic);
	secrecy_offer(local, wishes->secrecy, wishes->keys);
}

static void move_to_front(struct negotiate_side *us, size_t i)
{
	const struct cln_codec *codec = us->codecs.codecs[i];
	struct sdp_format format = us->audio.formats[i];

	for (; i > 0; i--) {
		us->codecs.codecs[i] = us->codecs.codecs[i - 1];
		us->audio.formats[i] = us->audio.formats[i - 1];
	}
	us->codecs.codecs[0] = codec;
	us->audio.formats[0] = format;
}

void negotiate_within(struct negotiate_side *us,
		      const struct cln_codec *playing)
{
	size_t n_codecs = us->codecs.n, kept = 0;

	for (size_t i = 0; i < n_codecs; i++) {
		const struct cln_codec *codec = us->codecs.codecs[i];

		if (codec->clock_rate != playing->clock_rate)
			continue;
		us->codecs.codecs[kept] = codec;
		us->audio.formats[kept] = us->audio.formats[i];
		if (codec == playing)
			move_to_front(us, kept);
		kept++;
	}
	us->codecs.n = kept;
	for (size_t i = n_codecs; i < us->audio.n_formats; i++)
		if (us->audio.formats[i].clock_rate == playing->clock_rate)
			us->audio.formats[kept++] = us->audio.formats[i];
	us->audio.n_formats = kept;
	us->audio.ptime_ms = offered_ptime(us);
}

/* ---- one format ------------------------------------------------------------- */

/* The packet time that the far end asked for, else the one that we would like,
 * as far as the codec's frames and our bounds allow. 0: its maxptime is shorter
 * than any of our packets.                                                    */
static uint32_t choose_ptime(const struct cln_codec *codec, uint32_t wish_ms,
			     const struct sdp_audio *remote)
{
	uint32_t frame_ms = codec->frame_samples * 1000 / codec->sample_rate;
	uint32_t ours_ms = wish_ms ? wish_ms : codec->ptime_ms;
	uint32_t ms = remote->ptime_ms ? remote->ptime_ms : ours_ms;

	if (remote->maxptime_ms && ms > remote->maxptime_ms)
		ms = remote->maxptime_ms;
	if (ms > PTIME_MAX_MS)
		ms = PTIME_MAX_MS;
	if (ms < PTIME_MIN_MS)
		ms = PTIME_MIN_MS;
	if (frame_ms)
		ms = ms < frame_ms ? frame_ms : ms - ms % frame_ms;
	return remote->maxptime_ms && ms > remote->maxptime_ms ? 0 : ms;
}

/* -ENOTSUP: neither by its parameters nor by its packet time is it for us.    */
static int settle_format(struct negotiated *n, const struct cln_codec *codec,
			 uint32_t wish_ms, const struct sdp_audio *remote,
			 const struct sdp_format *format)
{
	uint32_t ptime_ms = choose_ptime(codec, wish_ms, remote);

	if (!ptime_ms)
		return -ENOTSUP;
	n->codec = codec;
	n->payload_type = format->pt;
	n->params = (struct cln_codec_params){
		.size = sizeof(n->params),
		.ptime_ms = ptime_ms,
	};
	str_copy(n->params.fmtp, sizeof(n->params.fmtp), format->fmtp);
	if (!codec->match)
		return 0;
	return codec->match(codec->fmtp, format->fmtp, ptime_ms, &n->params);
}

/* The first format of theirs that can be used; with `only`, of that codec.
 * Returns which of ours it is; -ENOENT: none is ours; -ENOTSUP: *refused is one
 * of ours whose parameters do not suit.                                       */
static int choose(struct negotiated *n, const struct negotiate_side *us,
		  const struct sdp_audio *remote, const struct cln_codec *only,
		  const struct cln_codec **refused)
{
	struct negotiated found;
	int err = -ENOENT, at = -1;
	size_t ours;

	for (;;) {
		const struct cln_codec *codec;

		at = sdp_match(&us->audio, remote, (size_t)(at + 1), &ours);
		if (at < 0)
			return err;
		codec = us->codecs.codecs[ours];
		if (only && codec != only)
			continue;
		found = *n;
		if (!settle_format(&found, codec, us->wishes->ptime_ms,
				   remote, &remote->formats[at])) {
			*n = found;
			return (int)ours;
		}
		*refused = codec;
		err = -ENOTSUP;
	}
}

/* ---- digits ----------------------------------------------------------------- */

/* Their events at the clock rate of the voice that was chosen, by both numbers;
 * -1: they want none.                                                         */
static void settle_events(struct negotiated *n, const struct negotiate_side *us,
			  const struct sdp_audio *remote)
{
	size_t ours;
	int at = sdp_match_events(&us->audio, remote, n->codec->clock_rate,
				  &ours);

	n->event_out = at < 0 ? -1 : remote->formats[at].pt;
	n->event_in = at < 0 ? -1 : us->audio.formats[ours].pt;
}

/* ---- addresses and direction ------------------------------------------------ */

/* RTP is bound in one family. 0.0.0.0 is the old way of putting on hold.       */
static bool is_reachable(const struct sdp_audio *local,
			 const struct sdp_audio *remote)
{
	return addr_is_any(&remote->rtp) ||
	       remote->rtp.sa.sa_family == local->rtp.sa.sa_family;
}

static void settle_address(struct negotiated *n, const struct sdp_audio *remote,
			   bool rtcp_mux)
{
	n->rtp = remote->rtp;
	n->rtcp = remote->rtcp;
	n->rtcp_mux = rtcp_mux && remote->rtcp_mux;
	n->send = (remote->direction == SDP_SENDRECV ||
		   remote->direction == SDP_RECVONLY) &&
		  !addr_is_any(&remote->rtp);
	n->far_silent = remote->direction == SDP_RECVONLY ||
			remote->direction == SDP_INACTIVE;
}

/* ---- their answer ----------------------------------------------------------- */

/* RFC 3264 6: the n-th m= line answers the n-th of the offer, so an audio stream
 * elsewhere is none that was offered.                                         */
static int read_answer(struct sdp_parsed *p, const struct negotiate_side *us,
		       const char *sdp, size_t len, char *why, size_t cap)
{
	bool secure = us->audio.secure;
	int err = sdp_parse(p, secure ? SDP_SAVP : SDP_AVP, sdp, len, why, cap);

	if (err && !why[0])
		str_copy(why, cap, err == -ECONNREFUSED ?
			 "the answer refuses audio" : secure ?
			 "the answer has no audio over RTP/SAVP" :
			 "the answer has no audio over RTP/AVP");
	if (err)
		return err;
	if (p->audio_index != us->slot) {
		str_copy(why, cap, "the answer's media lines are not in the "
			 "order of the offer's");
		return -EBADMSG;
	}
	if (!is_reachable(&us->audio, &p->audio)) {
		str_copy(why, cap, "the answer's address is of the other IP "
			 "version");
		return -EAFNOSUPPORT;
	}
	return 0;
}

/* Without a=crypto it stays plain, where that will do (RFC 8643 3.3). With one
 * that is none of ours the far end would seal what we cannot open.            */
static int settle_answered(struct negotiated *n,
			   const struct negotiate_side *us,
			   const struct sdp_audio *remote, char *why,
			   size_t cap)
{
	enum secrecy secrecy = us->wishes->secrecy;
	int err;

	n->crypto = (struct srtp_crypto){ .suite = SRTP_NONE };
	if (secrecy == SECRECY_OFF ||
	    (secrecy == SECRECY_OPTIONAL && !remote->has_crypto))
		return 0;
	err = secrecy_answered(&n->crypto, &us->audio, remote);
	if (err)
		str_copy(why, cap, "the answer has no usable a=crypto");
	return err;
}

/* RFC 3264 5.1: all that we offered may come, by our numbers.                  */
static void hear_all(struct negotiated *n, const struct negotiate_side *us)
{
	n->n_hear = us->codecs.n;
	for (size_t i = 0; i < us->codecs.n; i++)
		n->hear[i] = (struct hear_format){
			.payload_type = us->audio.formats[i].pt,
			.codec = us->codecs.codecs[i],
		};
}

int negotiate_answer(struct negotiated *n, const struct negotiate_side *us,
		     const char *sdp, size_t len, char *why, size_t cap)
{
	const struct cln_codec *refused = NULL;
	struct negotiated found = *n;
	struct sdp_parsed p;
	int err;

	if (!sdp || !len) {
		str_copy(why, cap, "the answer has no SDP");
		return -EBADMSG;
	}
	err = read_answer(&p, us, sdp, len, why, cap);
	if (err)
		return err;
	err = choose(&found, us, &p.audio, NULL, &refused);
	if (err < 0) {
		str_copy(why, cap, "the answer holds no codec that was offered");
		if (refused)
			str_printf(why, cap, "the answer's %s parameters do "
				   "not suit", refused->name);
		return err;
	}
	err = settle_answered(&found, us, &p.audio, why, cap);
	if (err)
		return err;
	settle_events(&found, us, &p.audio);
	settle_address(&found, &p.audio, us->audio.rtcp_mux);
	hear_all(&found, us);
	*n = found;
	return 0;
}

/* ---- their offer ------------------------------------------------------------ */

/* A stream of the kind that we want. Where plain will not do, one of RTP/SAVP
 * goes first; a key may also come with RTP/AVP (RFC 8643 3.1).                */
static int read_offer(struct sdp_parsed *p, const struct negotiate_side *us,
		      const char *sdp, size_t len)
{
	int err;

	switch (us->wishes->secrecy) {
	case SECRECY_OFF:
		return sdp_parse(p, SDP_AVP, sdp, len, NULL, 0);
	case SECRECY_OPTIONAL:
		break;
	case SECRECY_REQUIRED:
		err = sdp_parse(p, SDP_SAVP, sdp, len, NULL, 0);
		if (err != -ENOTSUP)
			return err;
		break;
	}
	return sdp_parse(p, SDP_AVP | SDP_SAVP, sdp, len, NULL, 0);
}

/* Our key goes into `ours`, by the tag of the offer (RFC 4568 5.1.2). Keys that
 * are not for us may be left alone where plain is offered (RFC 8643 3.2).     */
static int choose_secrecy(struct negotiated *n, const struct negotiate_side *us,
			  const struct sdp_audio *remote,
			  struct sdp_audio *ours)
{
	int err = secrecy_choose(&n->crypto, &ours->crypto[0], &us->audio,
				 remote);

	ours->secure = remote->secure;
	ours->n_crypto = err ? 0 : 1;
	if (!err)
		return 0;
	if (remote->secure || us->wishes->secrecy == SECRECY_REQUIRED)
		return -ENOTSUP;
	n->crypto = (struct srtp_crypto){ .suite = SRTP_NONE };
	return 0;
}

/* We answer with one codec and its events, and hear what we answered.          */
static void put_formats(struct negotiated *n, const struct negotiate_side *us,
			const struct sdp_parsed *p, size_t index,
			struct sdp_audio *ours)
{
	size_t at;

	settle_events(n, us, &p->audio);
	ours->formats[0] = us->audio.formats[index];
	ours->formats[0].pt = n->payload_type;
	ours->n_formats = 1;
	n->hear[0] = (struct hear_format){ n->payload_type, n->codec };
	n->n_hear = 1;
	if (n->event_out < 0)
		return;
	sdp_match_events(&us->audio, &p->audio, n->codec->clock_rate, &at);
	ours->formats[1] = us->audio.formats[at];
	ours->formats[1].pt = n->event_in = n->event_out;
	ours->n_formats = 2;
}

/* The codec that plays goes on where it can; else the offer's order counts
 * (RFC 3264 5.1). Leaves in `ours` what we answer with.                       */
static int choose_answer(struct negotiated *n, const struct negotiate_side *us,
			 const struct sdp_parsed *p, struct sdp_audio *ours)
{
	const struct cln_codec *refused;
	int index, err;

	if (!is_reachable(&us->audio, &p->audio))
		return -EAFNOSUPPORT;
	index = choose(n, us, &p->audio, n->codec, &refused);
	if (index < 0)
		index = choose(n, us, &p->audio, NULL, &refused);
	if (index < 0)
		return index;
	err = choose_secrecy(n, us, &p->audio, ours);
	if (err)
		return err;
	settle_address(n, &p->audio, true);
	put_formats(n, us, p, (size_t)index, ours);
	ours->ptime_ms = n->params.ptime_ms;
	ours->rtcp_mux = true;		/* if they can do it too               */
	return 0;
}

/* RFC 3264 8.2: without any stream nothing is sent, nor reported, but a later
 * offer may bring it back.                                                    */
static void end_stream(struct negotiated *n)
{
	n->send = false;
	n->far_silent = true;
	addr_set_port(&n->rtp, 0);
	addr_set_port(&n->rtcp, 0);
}

static int write_answer(const struct sdp_session *session, const char *sdp,
			size_t len, const struct sdp_audio *ours, char *answer,
			size_t cap)
{
	struct buf b;
	int err;

	buf_init(&b, cap - 1);
	err = sdp_answer(&b, session, sdp, len, ours);
	if (!err)
		err = b.err ? b.err : str_copy(answer, cap, b.data);
	buf_deinit(&b);
	return err;
}

int negotiate_offer(struct negotiated *n, const struct negotiate_side *us,
		    const struct sdp_session *session, const char *sdp,
		    size_t len, char *answer, size_t cap)
{
	struct sdp_audio ours = us->audio;
	struct negotiated found = *n;
	struct sdp_parsed p;
	int err = read_offer(&p, us, sdp, len);

	if (!err) {
		err = choose_answer(&found, us, &p, &ours);
	} else if (err == -ECONNREFUSED && !p.n_open) {
		end_stream(&found);
		err = 0;
	}
	if (!err)
		err = write_answer(session, sdp, len, &ours, answer, cap);
	if (!err)
		*n = found;
	return err;
}
