/*
 * stream.c - a stream as the signalling thread sees it: messages there and
 * back.
 *
 *	signalling            media thread
 *	  add, play, aim, stop  -->  session
 *	  played, failed,       <--
 *	  aimed, stopped
 *
 * Inboxes keep their order, hence `stopped` is the last that comes of a stream
 * and may free it.
 *
 * Thread: signalling; the handlers called media_...() run on the media thread.
 */
/* SPDX-License-Identifier: MIT */
#include "media/stream.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#define stream_of(ptr, member) \
	((struct stream *)((char *)(ptr) - offsetof(struct stream, member)))

/* ---- on the media thread ------------------------------------------------- */

static void media_add(struct msg *m)
{
	struct stream *s = stream_of(m, msg_add);

	worker_add(s->thread->worker, &s->session);
}

static void media_play(struct msg *m)
{
	struct stream *s = stream_of(m, msg_play);

	worker_start(s->thread->worker, &s->session, &s->play);
}

static void media_aim(struct msg *m)
{
	struct stream *s = stream_of(m, msg_aim);
	struct voice *v = s->new_voice;

	s->voice_taken = v && session_change(&s->session, &v->playout,
					     v->packet);
	session_set_aim(&s->session, &s->aim);
	inbox_complete(s->media->cfg.home, &s->msg_aimed);
}

static void media_stop(struct msg *m)
{
	struct stream *s = stream_of(m, msg_stop);

	worker_end(s->thread->worker, &s->session, &s->report);
	inbox_complete(s->media->cfg.home, &s->msg_stopped);
}

static void media_event(struct session *session, enum session_event e, int err)
{
	struct stream *s = stream_of(session, session);

	if (e == SESSION_FAILED)
		s->fail_err = err;
	inbox_complete(s->media->cfg.home, e == SESSION_PLAYED ?
					   &s->msg_played : &s->msg_failed);
}

/* ---- back on the signalling thread --------------------------------------- */

static void voice_free(struct voice *v)
{
	if (!v)
		return;
	playout_deinit(&v->playout);
	free(v->packet);
	free(v);
}

static void send_aim(struct stream *s)
{
	s->aim = s->next_aim;
	s->new_voice = s->next_voice;
	s->next_voice = NULL;
	s->aim_waits = false;
	s->aim_in_flight = true;
	inbox_complete(worker_inbox(s->thread->worker), &s->msg_aim);
}

static void home_aimed(struct msg *m)
{
	struct stream *s = stream_of(m, msg_aimed);

	if (s->voice_taken) {
		voice_free(s->voice);
		s->voice = s->new_voice;
	} else {
		voice_free(s->new_voice);
	}
	s->new_voice = NULL;
	s->aim_in_flight = false;
	if (s->aim_waits && !s->stopping)
		send_aim(s);
}

/* Who has asked for the end is told of nothing but the end. */
static void home_played(struct msg *m)
{
	struct stream *s = stream_of(m, msg_played);

	if (!s->stopping && s->events.played)
		s->events.played(s->arg);
}

static void home_failed(struct msg *m)
{
	struct stream *s = stream_of(m, msg_failed);

	if (!s->stopping && s->events.failed)
		s->events.failed(s->arg, s->fail_err);
}

static void stream_free(struct stream *s)
{
	voice_free(s->voice);
	voice_free(s->new_voice);
	voice_free(s->next_voice);
	free(s);
}

static void give_back(struct stream *s)
{
	ports_close(s->media->ports, &s->ports);
	s->thread->load--;
	s->media->n_streams--;
}

static void home_stopped(struct msg *m)
{
	struct stream *s = stream_of(m, msg_stopped);

	give_back(s);
	if (s->events.stopped)
		s->events.stopped(s->arg, &s->report);
	stream_free(s);
}

/* ---- the door ------------------------------------------------------------ */

static void set_messages(struct stream *s)
{
	s->msg_add.fn = media_add;
	s->msg_play.fn = media_play;
	s->msg_aim.fn = media_aim;
	s->msg_stop.fn = media_stop;
	s->msg_aimed.fn = home_aimed;
	s->msg_played.fn = home_played;
	s->msg_failed.fn = home_failed;
	s->msg_stopped.fn = home_stopped;
}

static struct media_thread *least_loaded(struct media *m)
{
	struct media_thread *best = &m->threads[0];

	for (unsigned int i = 1; i < m->n_threads; i++)
		if (m->threads[i].load < best->load)
			best = &m->threads[i];
	return best;
}

static void set_session(struct stream *s)
{
	struct media *m = s->media;
	struct session_config cfg = {
		.clock = worker_clock(),
		.random = m->cfg.random,
		.ports = s->ports,
		.rtcp = m->cfg.rtcp,
		.cname = m->cname,
		.drain = worker_drain(s->thread->worker),
		.tally = worker_tally(s->thread->worker),
		.on_event = media_event,
	};

	session_init(&s->session, &cfg);
}

int stream_new(struct stream **sp, struct media *m,
	       const struct stream_events *events, void *arg)
{
	struct stream *s;
	int err;

	if (m->n_streams >= m->max_open)
		return -EMFILE;
	if (m->cfg.max_streams && m->n_streams >= m->cfg.max_streams)
		return -EAGAIN;
	s = calloc(1, sizeof(*s));
	if (!s)
		return -ENOMEM;
	s->media = m;
	s->thread = least_loaded(m);
	s->events = *events;
	s->arg = arg;
	set_messages(s);
	err = ports_open(m->ports, &s->ports);
	if (err) {
		stream_free(s);
		return err;
	}
	set_session(s);
	s->thread->load++;
	m->n_streams++;
	err = inbox_post(worker_inbox(s->thread->worker), &s->msg_add);
	if (err) {
		give_back(s);
		stream_free(s);
		return err;
	}
	*sp = s;
	return 0;
}

uint16_t stream_port(const struct stream *s)
{
	return s->ports.port;
}

static int check_play(const struct stream *s, const struct stream_play *play)
{
	if (play->n_prompts > CLN_ITEMS_MAX)
		return -E2BIG;
	if (play->payload_type < 0 || play->payload_type > 127)
		return -EINVAL;
	/* 0.0.0.0 is a hold in either family. */
	if (play->rtp.sa.sa_family != s->media->cfg.address.sa.sa_family &&
	    !addr_is_any(&play->rtp))
		return -EAFNOSUPPORT;
	return 0;
}

static struct session_aim aim_of(const struct stream_play *play)
{
	return (struct session_aim){
		play->rtp, play->rtcp, play->rtcp_mux, play->send,
		(uint8_t)play->payload_type
	};
}

static int voice_new(struct voice **vp, const struct stream_play *play)
{
	struct voice *v = calloc(1, sizeof(*v));
	int err;

	if (!v)
		return -ENOMEM;
	err = playout_init(&v->playout, play->codec, &play->params,
			   play->prompts, play->n_prompts);
	if (!err) {
		v->packet = malloc(RTP_HEADER_LEN + v->playout.payload_max);
		err = v->packet ? 0 : -ENOMEM;
	}
	if (err)
		voice_free(v);
	else
		*vp = v;
	return err;
}

int stream_play(struct stream *s, const struct stream_play *play)
{
	int err;

	if (s->playing || s->stopping)
		return -EALREADY;
	err = check_play(s, play);
	if (!err)
		err = voice_new(&s->voice, play);
	if (err)
		return err;
	s->codec = play->codec;
	s->ptime_ms = play->params.ptime_ms;
	s->next_aim = aim_of(play);
	s->play = (struct session_play){
		.playout = &s->voice->playout,
		.packet = s->voice->packet,
		.aim = s->next_aim,
	};
	s->playing = true;
	inbox_complete(worker_inbox(s->thread->worker), &s->msg_play);
	return 0;
}

/* Replaces what waits to be taken, where it is not what is wanted now.       */
static int change_voice(struct stream *s, const struct stream_play *play)
{
	struct voice *v;
	int err;

	if (play->codec == s->codec && play->params.ptime_ms == s->ptime_ms)
		return 0;
	if (play->codec->clock_rate != s->codec->clock_rate)
		return -ENOTSUP;
	err = voice_new(&v, play);
	if (err)
		return err;
	voice_free(s->next_voice);
	s->next_voice = v;
	s->codec = play->codec;
	s->ptime_ms = play->params.ptime_ms;
	return 0;
}

int stream_update(struct stream *s, const struct stream_play *play)
{
	int err;

	if (s->stopping)
		return -EALREADY;
	err = check_play(s, play);
	if (!err && s->playing && play->codec)
		err = change_voice(s, play);
	if (err)
		return err;
	s->next_aim = aim_of(play);
	s->aim_waits = true;
	if (!s->aim_in_flight)
		send_aim(s);
	return 0;
}

void stream_stop(struct stream *s)
{
	assert(!s->stopping);
	s->stopping = true;
	inbox_complete(worker_inbox(s->thread->worker), &s->msg_stop);
}
