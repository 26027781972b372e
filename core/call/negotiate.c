/*
 * negotiate.c - our side of offer and answer: codecs to formats and back.
 *
 * Thread: signalling. RFC 3264 5, 6, 8; RFC 3551 6 for static payload types.
 */
/* SPDX-License-Identifier: MIT */
#include "call/negotiate.h"

#include <errno.h>
#include <string.h>

#include "base/str.h"

#define PTIME_MIN_MS 10
#define PTIME_MAX_MS 60
#define PT_DYNAMIC_FIRST 96

static void format_of(struct sdp_format *f, const struct cln_codec *codec,
		      int *next_dynamic)
{
	*f = (struct sdp_format){
		.pt = codec->payload_type == CLN_PT_DYNAMIC ?
			(*next_dynamic)++ : codec->payload_type,
		.clock_rate = codec->clock_rate,
		.channels = codec->channels,
	};
	str_copy(f->name, sizeof(f->name), codec->name);
	str_copy(f->fmtp, sizeof(f->fmtp), codec->fmtp);
}

void negotiate_local(struct sdp_audio *local, const struct codec_set *set,
		     const struct addr *address, uint16_t port)
{
	int next_dynamic = PT_DYNAMIC_FIRST;

	*local = (struct sdp_audio){
		.rtp = *address,
		.direction = SDP_SENDRECV,
		.n_formats = set->n,
	};
	addr_set_port(&local->rtp, port);
	local->rtcp = local->rtp;
	addr_set_port(&local->rtcp, (uint16_t)(port + 1));
	for (size_t i = 0; i < set->n; i++) {
		format_of(&local->formats[i], set->codecs[i], &next_dynamic);
		if (!local->ptime_ms ||
		    set->codecs[i]->ptime_ms < local->ptime_ms)
			local->ptime_ms = set->codecs[i]->ptime_ms;
	}
}

/* The packet time that the far end asked for, as far as the codec's frames and
 * our bounds allow.                                                           */
static uint32_t choose_ptime(const struct cln_codec *codec,
			     const struct sdp_audio *remote)
{
	uint32_t frame_ms = codec->frame_samples * 1000 / codec->sample_rate;
	uint32_t ms = remote->ptime_ms ? remote->ptime_ms : codec->ptime_ms;

	if (remote->maxptime_ms && ms > remote->maxptime_ms)
		ms = remote->maxptime_ms;
	if (ms > PTIME_MAX_MS)
		ms = PTIME_MAX_MS;
	if (ms < PTIME_MIN_MS)
		ms = PTIME_MIN_MS;
	if (frame_ms)
		ms = ms < frame_ms ? frame_ms : ms - ms % frame_ms;
	return ms;
}

static int settle(struct negotiated *n, const struct cln_codec *codec,
		  const struct sdp_audio *remote,
		  const struct sdp_format *format)
{
	n->codec = codec;
	n->params = (struct cln_codec_params){
		.size = sizeof(n->params),
		.ptime_ms = choose_ptime(codec, remote),
	};
	str_copy(n->params.fmtp, sizeof(n->params.fmtp), format->fmtp);
	n->payload_type = format->pt;
	n->rtp = remote->rtp;
	n->rtcp = remote->rtcp;
	n->rtcp_mux = remote->rtcp_mux;
	n->send = (remote->direction == SDP_SENDRECV ||
		   remote->direction == SDP_RECVONLY) &&
		  !addr_is_any(&remote->rtp);
	if (!codec->match)
		return 0;
	return codec->match(codec->fmtp, format->fmtp, n->params.ptime_ms,
			    &n->params);
}

/* RTP is bound in one family. 0.0.0.0 is the old way of putting on hold.       */
static bool is_reachable(const struct sdp_audio *local,
			 const struct sdp_audio *remote)
{
	return addr_is_any(&remote->rtp) ||
	       remote->rtp.sa.sa_family == local->rtp.sa.sa_family;
}

int negotiate_answer(struct negotiated *n, const struct codec_set *set,
		     const struct sdp_audio *local, const char *sdp,
		     size_t len, char *why, size_t cap)
{
	struct sdp_parsed p;
	size_t offered;
	int err, index;

	if (!sdp || !len) {
		str_copy(why, cap, "the answer has no SDP");
		return -EBADMSG;
	}
	err = sdp_parse(&p, sdp, len, why, cap);
	if (err && !why[0])
		str_copy(why, cap, err == -ECONNREFUSED ?
			 "the answer refuses audio" :
			 "the answer has no audio over RTP/AVP");
	if (err)
		return err;
	if (!is_reachable(local, &p.audio)) {
		str_copy(why, cap, "the answer's address is of the other IP "
			 "version");
		return -EAFNOSUPPORT;
	}
	index = sdp_match(local, &p.audio, &offered);
	if (index < 0) {
		str_copy(why, cap, "the answer holds no codec that was offered");
		return -ENOTSUP;
	}
	err = settle(n, set->codecs[offered], &p.audio, &p.audio.formats[index]);
	if (err)
		str_printf(why, cap, "the answer's %s parameters do not suit",
			   set->codecs[offered]->name);
	return err;
}

void negotiate_narrow(struct sdp_audio *local, const struct cln_codec *codec)
{
	for (size_t i = 0; i < local->n_formats; i++) {
		const struct sdp_format *f = &local->formats[i];

		if (strcmp(f->name, codec->name) ||
		    f->clock_rate != codec->clock_rate ||
		    f->channels != codec->channels)
			continue;
		local->formats[0] = *f;
		local->n_formats = 1;
		local->ptime_ms = codec->ptime_ms;
		return;
	}
}

int negotiate_offer(struct negotiated *n, const struct sdp_session *session,
		    const struct sdp_audio *local, const char *sdp,
		    size_t len, char *answer, size_t cap)
{
	struct sdp_audio ours = *local;
	struct sdp_parsed p;
	struct buf b;
	char why[96];
	size_t offered;
	int err, index;

	negotiate_narrow(&ours, n->codec);
	err = sdp_parse(&p, sdp, len, why, sizeof(why));
	if (err)
		return err;
	if (!is_reachable(local, &p.audio))
		return -EAFNOSUPPORT;
	index = sdp_match(&ours, &p.audio, &offered);
	if (index < 0)
		return -ENOTSUP;
	buf_init(&b, cap - 1);
	err = sdp_answer(&b, session, sdp, len, &ours);
	if (!err)
		err = b.err ? b.err : str_copy(answer, cap, b.data);
	if (!err)
		err = settle(n, n->codec, &p.audio, &p.audio.formats[index]);
	buf_deinit(&b);
	return err;
}
