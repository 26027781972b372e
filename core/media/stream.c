/*
 * stream.c - a stream as the signalling thread sees it: messages there and
 * back.
 *
 *	signalling            media thread
 *	  add, change, stop     -->  session
 *	  changed, played,      <--
 *	  failed, stopped
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

/* What is taken changes places with what was there. */
static void swap_voice(struct stream *s, struct gear *g)
{
	struct voice *before = s->gear.voice;

	if (!g->voice)
		return;
	if (before && !session_change(&s->session, &g->voice->playout,
				      g->voice->packet))
		return;
	s->gear.voice = g->voice;
	g->voice = before;
}

static void swap_hear(struct stream *s, struct gear *g)
{
	struct hear *before = s->gear.hear;

	if (!g->hear)
		return;
	session_set_hear(&s->session, g->hear);
	s->gear.hear = g->hear;
	g->hear = before;
}

static void swap_srtp(struct stream *s, struct gear *g)
{
	struct srtp *before = session_set_srtp(&s->session, g->srtp);

	s->gear.srtp = g->srtp;
	g->srtp = before;
}

static void home_changed(struct msg *m);

static void media_change(struct msg *m)
{
	struct stream_change *c = (struct stream_change *)m;
	struct stream *s = c->stream;

	swap_voice(s, &c->gear);
	swap_hear(s, &c->gear);
	swap_srtp(s, &c->gear);
	if (c->starts)
		worker_start(s->thread->worker, &s->session, &c->play);
	else
		session_set_aim(&s->session, &c->play.aim,
				clock_now_ns(worker_clock()));
	c->msg.fn = home_changed;
	inbox_complete(s->media->cfg.home, &c->msg);
}

static void media_stop(struct msg *m)
{
	struct stream *s = stream_of(m, msg_stop);

	worker_end(s->thread->worker, &s->session);
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

static void change_free(struct stream_change *c)
{
	if (c)
		gear_free(&c->gear);
	free(c);
}

static void send_change(struct stream *s, struct stream_change *c)
{
	c->msg.fn = media_change;
	inbox_complete(worker_inbox(s->thread->worker), &c->msg);
}

static void home_changed(struct msg *m)
{
	struct stream_change *c = (struct stream_change *)m;
	struct stream *s = c->stream;

	if (!c->starts)
		s->in_flight = false;
	change_free(c);
	if (s->in_flight || !s->waiting || s->stopping)
		return;
	send_change(s, s->waiting);
	s->waiting = NULL;
	s->in_flight = true;
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
	change_free(s->waiting);
	gear_free(&s->gear);
	free(s->hear_cfg);
	free(s->gather);
	free(s->ledger);
	script_unref(s->script);
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
	struct stream_report report;

	session_report(&s->session, &report);
	give_back(s);
	if (s->events.stopped)
		s->events.stopped(s->arg, &report);
	stream_free(s);
}

/* ---- the door ------------------------------------------------------------ */

static void set_messages(struct stream *s)
{
	s->msg_add.fn = media_add;
	s->msg_stop.fn = media_stop;
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
	if (play->payload_type < 0 || play->payload_type > 127 ||
	    play->event_out > 127)
		return -EINVAL;
	/* 0.0.0.0 is a hold in either family. */
	if (play->rtp.sa.sa_family != s->media->cfg.address.sa.sa_family &&
	    !addr_is_any(&play->rtp))
		return -EAFNOSUPPORT;
	return 0;
}

static struct session_aim aim_of(const struct stream_play *play)
{
	struct session_aim a = {
		.rtp = play->rtp,
		.rtcp = play->rtcp,
		.rtcp_mux = play->rtcp_mux,
		.send = play->send,
		.far_silent = play->far_silent,
		.payload_type = (uint8_t)play->payload_type,
		.event_type = (uint8_t)(play->event_out < 0 ? 0 :
					play->event_out),
	};

	for (size_t i = 0; i < play->n_hear && i < CLN_CODECS_MAX; i++)
		a.expected[a.n_expected++] = (struct receive_type){
			(uint8_t)play->hear[i].payload_type,
			play->hear[i].codec->clock_rate,
		};
	if (play->event_in >= 0)
		a.expected[a.n_expected++] = (struct receive_type){
			.payload_type = (uint8_t)play->event_in,
		};
	return a;
}

static int change_new(struct stream_change **cp, struct stream *s,
		      const struct stream_play *play, bool starts)
{
	struct stream_change *c = calloc(1, sizeof(*c));
	int err;

	if (!c)
		return -ENOMEM;
	c->stream = s;
	c->play.aim = aim_of(play);
	err = gear_make(&c->gear, s, play, starts);
	if (err)
		free(c);
	else
		*cp = c;
	return err;
}

/* What the session begins with. */
static void set_start(struct stream_change *c, struct stream *s,
		      const struct stream_play *play)
{
	c->starts = true;
	c->play.playout = &c->gear.voice->playout;
	c->play.packet = c->gear.voice->packet;
	c->play.hear = c->gear.hear;
	c->play.gather = s->gather;
	c->play.asked_ns = clock_now_ns(worker_clock());
	c->play.answered_at = s->answered_at;
	c->play.start = play->start;
	c->play.start_wait_ms = play->start_wait_ms;
	c->play.rtp_timeout_ms = play->rtp_timeout_ms;
	c->play.symmetric = play->symmetric;
}

/* Nothing is thrown away before its time is taken. */
void stream_answered(struct stream *s)
{
	if (!atomic_exchange(&s->session.answered, true))
		clock_gettime(CLOCK_REALTIME, &s->answered_at);
}

int stream_play(struct stream *s, const struct stream_play *play)
{
	struct stream_change *c;
	int err;

	if (s->playing || s->stopping)
		return -EALREADY;
	err = check_play(s, play);
	if (!err)
		err = change_new(&c, s, play, true);
	if (err)
		return err;
	stream_answered(s);
	set_start(c, s, play);
	s->playing = true;
	send_change(s, c);
	return 0;
}

/* The later of two that wait; what only the earlier brings is still wanted.  */
static void merge(struct stream_change *to, struct stream_change *from)
{
	if (!to->gear.voice) {
		to->gear.voice = from->gear.voice;
		from->gear.voice = NULL;
	}
	if (!to->gear.hear) {
		to->gear.hear = from->gear.hear;
		from->gear.hear = NULL;
	}
	change_free(from);
}

int stream_update(struct stream *s, const struct stream_play *play)
{
	struct stream_change *c;
	int err;

	if (s->stopping)
		return -EALREADY;
	if (!s->playing)
		return -ENOTCONN;
	err = check_play(s, play);
	if (!err)
		err = change_new(&c, s, play, false);
	if (err)
		return err;
	if (s->in_flight) {
		if (s->waiting)
			merge(c, s->waiting);
		s->waiting = c;
	} else {
		s->in_flight = true;
		send_change(s, c);
	}
	return 0;
}

void stream_stop(struct stream *s)
{
	assert(!s->stopping);
	s->stopping = true;
	inbox_complete(worker_inbox(s->thread->worker), &s->msg_stop);
}
