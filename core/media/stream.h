/*
 * stream.h - what media.c and stream.c share: the room and one stream in it.
 *
 * Thread: signalling, but for `session`, `report` and `fail_err`, which belong
 * to the media thread between the message that hands them over and `stopped`.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_STREAM_H
#define MEDIA_STREAM_H

#include "base/inbox.h"
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

/* A cursor over the playlist in one codec, and room for its packets.         */
struct voice {
	struct playout playout;
	uint8_t *packet;		/* header and payload                 */
};

struct stream {
	struct media *media;
	struct media_thread *thread;
	struct stream_events events;
	void *arg;
	struct port_pair ports;
	bool playing, stopping;

	struct voice *voice;		/* the session's; NULL: none yet      */
	struct session_play play;
	/* What was asked for last; the session may still be behind.          */
	const struct cln_codec *codec;
	uint32_t ptime_ms;
	/* An aim is in flight as a value; one that comes meanwhile waits until
	 * the message is back. With it may go another voice.                 */
	struct session_aim aim, next_aim;
	struct voice *new_voice, *next_voice;
	bool voice_taken;		/* the media thread's answer          */
	bool aim_in_flight, aim_waits;

	/* All messages that can ever be needed are there from the start.     */
	/* To the worker, and home.                                           */
	struct msg msg_add, msg_play, msg_aim, msg_stop;
	struct msg msg_aimed, msg_played, msg_failed, msg_stopped;

	struct session session;
	struct stream_report report;
	int fail_err;
};

#endif
