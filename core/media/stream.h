/*
 * stream.h - what media.c and stream.c share: the room and one stream in it.
 *
 * Thread: signalling, but for `session` and what belongs to it, which are the
 * media thread's between the message that hands them over and `stopped`.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_STREAM_H
#define MEDIA_STREAM_H

#include <time.h>

#include "base/inbox.h"
#include "media/gather.h"
#include "media/media.h"
#include "media/playout.h"
#include "media/ports.h"
#include "media/session.h"
#include "media/worker.h"

struct media_thread {
	struct worker *worker;
	unsigned int load;		/* streams that belong to it          */
};

struct media {
	struct media_config cfg;
	char cname[256];
	struct ports *ports;
	struct media_thread *threads;
	unsigned int n_threads;
	unsigned int n_streams;
	unsigned int max_open;		/* streams that descriptors allow     */
};

/* A cursor over the script in one codec, and room for its packets.           */
struct voice {
	struct playout playout;
	uint8_t packet[];		/* header, payload, what sealing adds */
};

/* What the session is to have, on its way to the media thread; on its way back
 * with what it has no more. NULL, but for srtp: as it was.                   */
struct gear {
	struct voice *voice;
	struct hear *hear;
	struct srtp *srtp;		/* NULL: plain                        */
};

struct stream_change {
	struct msg msg;			/* there and back                     */
	struct stream *stream;
	struct gear gear;
	bool starts;			/* all of `play` counts, else its aim */
	struct session_play play;
};

struct stream {
	struct media *media;
	struct media_thread *thread;
	struct stream_events events;
	void *arg;
	struct port_pair ports;
	bool playing, stopping;
	struct timespec answered_at;	/* wall time; if session.answered     */

	struct script *script;		/* our reference                      */
	struct ledger *ledger;
	struct gather *gather;		/* NULL: no step waits for digits     */
	/* What was asked for last; the session may still be behind.          */
	const struct cln_codec *codec;
	uint32_t ptime_ms;
	bool events_out, prelude;
	struct hear_config *hear_cfg;	/* NULL: nobody listens               */
	/* An update that comes while another is in flight waits until that is
	 * back.                                                              */
	bool in_flight;
	struct stream_change *waiting;	/* NULL: none                         */

	/* All messages that each stream needs are there from the start.      */
	struct msg msg_add, msg_stop;	/* to the worker                      */
	struct msg msg_played, msg_failed, msg_stopped; /* and home           */

	struct gear gear;		/* the session's                      */
	struct session session;
	int fail_err;
};

/* stream_gear.c */
/* Makes what `play` needs for stream_play(), or else what of it is other than
 * it was.                                                                    */
int gear_make(struct gear *g, struct stream *s, const struct stream_play *play,
	      bool starts);
void gear_free(struct gear *g);

#endif
