/*
 * session_impl.h - what the files of the session share; for them alone.
 *
 *	session.c	set up, changed, ended, reported
 *	session_turn.c	what is due in a turn
 *	session_send.c	packets on their way
 *
 * Thread: the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_SESSION_IMPL_H
#define MEDIA_SESSION_IMPL_H

#include "media/session.h"

static inline int64_t session_period_ns(const struct session *s)
{
	return (int64_t)s->playout->track.framing.packet_ms * MS_NS;
}

/* RTP timestamp of a turn, counted in whole packet times. */
static inline uint32_t session_timestamp(const struct session *s, int64_t turn)
{
	return s->timestamp +
	       (uint32_t)turn * s->playout->track.framing.packet_units;
}

/* Sends what the cursor holds, and moves it if that left.                    */
void session_send(struct session *s, int64_t now_ns, int64_t late_ns);
void session_send_report(struct session *s, bool bye, int64_t now_ns);
/* 6.3.7: an SSRC that never sent anything leaves without a word.             */
void session_say_bye(struct session *s, int64_t now_ns);
/* What came is read, and acted upon.                                         */
void session_receive(struct session *s, int64_t now_ns);
/* What the far end has pressed, also ahead of the start.                     */
void session_take_digits(struct session *s);
/* What the far end has confirmed, into the ledger.                           */
void session_note_heard(struct session *s);

#endif
