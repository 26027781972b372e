/*
 * media.h - the RTP engine's door: streams that play prompts and count.
 *
 * All functions are for the signalling thread. Each stream belongs to one
 * media thread for life; the two speak by messages only. Sockets are opened on
 * the signalling thread, because the offer needs the port, and handed over.
 *
 *   stream_new (port bound, and drained from now on)
 *     -> stream_answered (what comes waits)
 *     -> stream_play (remote, codec, script) -> `played` when the last
 *        packet's time is over -> stream_stop (nothing is sent from now on)
 *     -> `stopped` with the final figures -> stream is gone
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_MEDIA_H
#define MEDIA_MEDIA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <carillon/codec.h>
#include <carillon/services.h>

#include "base/addr.h"
#include "base/inbox.h"
#include "base/random.h"
#include "media/hear.h"
#include "media/prompt.h"
#include "media/script.h"
#include "media/srtp.h"

struct media;
struct stream;

struct media_config {
	struct inbox *home;		/* the signalling thread's inbox      */
	struct random *random;
	struct addr address;		/* to bind to                         */
	uint16_t port_min, port_max;	/* even port RTP, odd port RTCP       */
	unsigned int threads;		/* 0: one per core                    */
	bool rtcp;
	unsigned int max_streams;	/* 0: as many as there are ports      */
	const char *cname;		/* of RTCP; NULL: a random one        */
};

/* Raises this process's limit of open files as far as the streams need.      */
int media_new(struct media **mp, const struct media_config *cfg);
/* All streams must be gone. Joins the threads.                               */
void media_free(struct media *m);

/* What there is to tell of a stream when it has ended.                       */
struct stream_report {
	struct cln_rtp_figures rtp;
	uint32_t n_items;		/* items begun, in playlist order     */
	struct cln_played items[CLN_ITEMS_MAX];
	int32_t started;		/* enum cln_started                   */
	int32_t started_ms;		/* after stream_play()                */
	uint32_t n_gathered;		/* the last ones                      */
	struct cln_gathered gathered[CLN_GATHERED_MAX];
	bool complete;			/* the whole playlist was sent        */
};

struct stream_events {
	/* The playlist was sent to its end, and the last packet's time and a
	 * short tail for the far end's jitter buffer are over.               */
	void (*played)(void *arg);
	/* Final figures; the stream frees itself after this returns.         */
	void (*stopped)(void *arg, const struct stream_report *report);
	/* Sending failed for good (e.g. network unreachable); -ETIMEDOUT: the
	 * far end had sent packets and then none for rtp_timeout_ms.         */
	void (*failed)(void *arg, int err);
};

/* Binds a port pair on the least loaded thread's account. -EMFILE (descriptors)
 * / -ENOBUFS (ports) / -EAGAIN (threads): a limit, not a failure.            */
int stream_new(struct stream **sp, struct media *m,
	       const struct stream_events *events, void *arg);
uint16_t stream_port(const struct stream *s);

struct stream_play {
	const struct cln_codec *codec;
	struct cln_codec_params params;	/* ptime and fmtp as negotiated       */
	int payload_type;		/* as the answer numbers it           */
	struct addr rtp, rtcp;		/* where to send; rtcp port 0: muxed,
					 * same address as rtp                */
	bool rtcp_mux;
	bool send;			/* false while the far end holds us   */
	bool far_silent;		/* it said that it sends nothing: then
					 * no rtp_timeout_ms passes           */
	/* What is played (stream_play() only; a reference is taken).         */
	struct script *script;
	int32_t start;			/* enum cln_start                     */
	uint32_t start_wait_ms;
	/* What we may be sent, by the numbers of our description.            */
	struct hear_format hear[CLN_CODECS_MAX];
	size_t n_hear;
	int event_in;			/* RFC 4733 by our number, -1: none   */
	int event_out;			/* and by the far end's               */
	bool tones;			/* a gather listens to the sound, too */
	bool symmetric;			/* learn the far end's port, once     */
	uint32_t rtp_timeout_ms;	/* 0: none                            */
	struct srtp_crypto crypto;
};

/* The call is answered: what comes from now on is part of it and waits for
 * stream_play(), what came before is early media and nobody's. Where this was
 * not called, stream_play() is the answer.                                   */
void stream_answered(struct stream *s);
/* Once a stream. -EALREADY: it was called, or stopped; -ENOENT: a prompt is not
 * there in this codec, or no silence where one is needed; -EAFNOSUPPORT: an
 * address of another family than we are bound to; -EINVAL, -EMSGSIZE: payload
 * type or packet time that cannot be; -ENOMEM.                               */
int stream_play(struct stream *s, const struct stream_play *play);
/* A re-INVITE's change: of address or payload number, hold and resume, and also
 * of codec and packet time. The script stays and is not looked at; it stands
 * still while `send` is false and goes on where it was, to the sample if both
 * codecs count in samples; SSRC, sequence and timestamp go on too, so the new
 * codec must have the clock rate of the old one. -ENOTCONN: before
 * stream_play(); -EALREADY: it was stopped; -ENOTSUP: another clock rate; else
 * as of stream_play(), and then all stays as it was.                         */
int stream_update(struct stream *s, const struct stream_play *play);
/* Nothing leaves after the media thread has taken this but an RTCP BYE, where
 * the end of the playlist has not sent it; `stopped` follows and no other event
 * before it. Also for a stream that never played. Call once.                 */
void stream_stop(struct stream *s);

struct media_stats {
	uint64_t streams;		/* live now                           */
	uint64_t sent, received, strangers;
	int64_t late_p99_us;
};
void media_get_stats(const struct media *m, struct media_stats *st);

#endif
