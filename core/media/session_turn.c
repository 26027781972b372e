/*
 * session_turn.c - what is due in a turn: a packet, a start, an end, and a look
 * at what came.
 *
 * The sockets are read in the stream's own turn: in each where somebody waits
 * for what comes, else only now and then, for the kernel stamps each packet's
 * arrival and one call takes a batch.
 *
 * Thread: the media worker that owns the stream.
 */
/* SPDX-License-Identifier: MIT */
#include "media/session_impl.h"

#include <errno.h>

enum {
	/* Where so many came at once, more are looked for in the next turn:
	 * some half of what a socket holds.                                  */
	FLOOD = 32,
	/* A report comes every few seconds, and bears its time of arrival.   */
	RTCP_DRAIN_MS = 500,
};

/* ---- what came ----------------------------------------------------------- */

/* RFC 3550 8.2: the far end has drawn the same number. Sequence and time go on,
 * so that nothing is lost where the new name is taken for the old.           */
static void change_ssrc(struct session *s, int64_t now_ns)
{
	uint32_t old = s->ssrc;

	s->receive.collided = false;
	session_say_bye(s, now_ns);
	while (s->ssrc == old)
		s->ssrc = random_u32(&s->random);
	s->sent_as_other = s->sent;
	s->bytes_as_other = s->sent_bytes;
	s->marker = true;
	control_rename(&s->control, s->ssrc, now_ns);
}

static bool is_awaited(const struct session *s, int64_t now_ns)
{
	const struct receive *r = &s->receive;

	return s->waiting || r->hear ||
	       (r->learn && !r->learnt && now_ns < r->learn_until_ns);
}

/* RFC 4961: the far end's packets come from where it wants ours. */
static void follow(struct session *s)
{
	if (s->receive.learnt)
		s->to = s->receive.from;
}

/* Its rhythm stays what it was: those whom a stall has kept waiting together
 * would else stay together, each time in the way of what is to be sent.      */
static int64_t next_time(int64_t at_ns, int64_t every_ms, int64_t now_ns)
{
	return now_ns - (now_ns - at_ns) % (every_ms * MS_NS) +
	       every_ms * MS_NS;
}

void session_receive(struct session *s, int64_t now_ns)
{
	uint64_t before = s->receive.received + s->receive.strangers;

	receive_rtp(&s->receive, s->drain, s->ports.rtp_fd, now_ns);
	if (!is_awaited(s, now_ns) &&
	    s->receive.received + s->receive.strangers - before < FLOOD)
		s->drain_ns = next_time(s->drain_ns, SESSION_DRAIN_MS, now_ns);
	if (s->ports.rtcp_fd >= 0 && now_ns >= s->rtcp_drain_ns) {
		s->rtcp_drain_ns = next_time(s->rtcp_drain_ns, RTCP_DRAIN_MS,
					     now_ns);
		receive_rtcp(&s->receive, s->drain, s->ports.rtcp_fd, now_ns);
	}
	follow(s);
	if (s->playout && s->reports != s->receive.reports)
		session_note_heard(s);
	s->reports = s->receive.reports;
	if (s->receive.collided)
		change_ssrc(s, now_ns);
}

/* ---- the start, and digits ----------------------------------------------- */

static void start_script(struct session *s, enum cln_started as)
{
	s->waiting = false;
	s->start_as = (uint8_t)as;
	if (s->playout->at.step == TRACK_PRELUDE)
		playout_go(s->playout, 0);
	/* Nobody listens any more. */
	if (!s->gather)
		s->receive.hear = NULL;
}

/* While the far end holds us: its music is no greeting, and no time passes. */
static void put_off_start(struct session *s)
{
	s->wait_until_ns += session_period_ns(s);
	if (s->receive.hear)
		hear_greeting_anew(s->receive.hear);
}

static void try_start(struct session *s, int64_t now_ns)
{
	enum greeting_verdict said = GREETING_GOES_ON;

	if (s->start == CLN_START_SILENCE && s->receive.hear)
		said = hear_greeting(s->receive.hear);
	if (s->start == CLN_START_MEDIA && s->receive.first_ns)
		start_script(s, CLN_STARTED_MEDIA);
	else if (said == GREETING_SILENCE)
		start_script(s, CLN_STARTED_SILENCE);
	else if (said == GREETING_BEEP)
		start_script(s, CLN_STARTED_BEEP);
	else if (now_ns >= s->wait_until_ns)
		start_script(s, CLN_STARTED_WAIT);
}

void session_take_digits(struct session *s)
{
	char digits[CLN_DIGITS_MAX + 1];
	size_t n;

	if (!s->gather || !s->receive.hear)
		return;
	n = hear_digits(s->receive.hear, digits);
	gather_type(s->gather, digits, n);
}

static void listen_to(struct session *s, int64_t now_ns)
{
	if (s->receive.hear)
		hear_tick(s->receive.hear, now_ns);
	session_take_digits(s);
	if (s->waiting && s->send)
		try_start(s, now_ns);
	else if (s->waiting)
		put_off_start(s);
	/* A digit of ours that has begun is said to its end: what cuts short
	 * comes behind it.                                                   */
	if (s->gather && !s->waiting && !s->in_event)
		gather_turn(s->gather, s->playout, !s->send, now_ns);
}

/* ---- turns --------------------------------------------------------------- */

/* With the whole script sent, time runs on to the end of the last packet and of
 * the tail.                                                                  */
static void begin_tail(struct session *s)
{
	s->complete = true;
	s->state = SESSION_TAIL;
	s->tail_until_ns = s->due_ns + SESSION_TAIL_MS * MS_NS +
			   (s->sent ? session_period_ns(s) : 0);
}

static void skip_lost_time(struct session *s, int64_t now_ns)
{
	int64_t turns = (now_ns - s->due_ns) / session_period_ns(s);

	if (turns < SESSION_CATCH_UP_MAX)
		return;
	s->turn += turns;
	s->due_ns += turns * session_period_ns(s);
	s->marker = true;
}

/* Whoever has sent RTP before and falls silent is gone: who only reports owes
 * us none, nor does one that is on hold, or holds us, or said that it would. */
static bool is_gone(struct session *s, int64_t now_ns)
{
	int64_t last = s->receive.last_ns;

	if (!s->rtp_timeout_ns || !last || !s->receive.received)
		return false;
	if (!s->send || s->far_silent)
		s->alive_ns = now_ns;
	if (s->alive_ns > last)
		last = s->alive_ns;
	return now_ns - last >= s->rtp_timeout_ns;
}

/* What came since the last look counts, too. */
static bool has_gone(struct session *s, int64_t now_ns)
{
	if (!is_gone(s, now_ns))
		return false;
	session_receive(s, now_ns);
	return is_gone(s, now_ns);
}

static void send_what_is_due(struct session *s, int64_t now_ns, int64_t late_ns)
{
	if (playout_at_end(s->playout))
		begin_tail(s);
	else if (s->send && !(s->waiting && s->start == CLN_START_MEDIA))
		session_send(s, now_ns, late_ns);
	else
		s->marker = true;
	if (s->state == SESSION_PLAYING && playout_at_end(s->playout))
		begin_tail(s);
}

static void play_turn(struct session *s, int64_t now_ns)
{
	int64_t late_ns = now_ns - s->due_ns;	/* also what is skipped */

	if (late_ns >= session_period_ns(s))
		skip_lost_time(s, now_ns);
	if (has_gone(s, now_ns)) {
		s->state = SESSION_OVER;
		s->on_event(s, SESSION_FAILED, -ETIMEDOUT);
		return;
	}
	if (s->waiting || s->gather)
		listen_to(s, now_ns);
	send_what_is_due(s, now_ns, late_ns);
	if (s->state == SESSION_PLAYING && control_due(&s->control, now_ns))
		session_send_report(s, false, now_ns);
}

static void tail_turn(struct session *s, int64_t now_ns)
{
	if (now_ns < s->tail_until_ns)
		return;
	session_say_bye(s, now_ns);
	s->state = SESSION_OVER;
	s->on_event(s, SESSION_PLAYED, 0);
}

static bool waits_for_start(struct session *s)
{
	return s->state == SESSION_IDLE && atomic_load(&s->answered);
}

void session_turn(struct session *s, int64_t now_ns)
{
	switch (s->state) {
	case SESSION_PLAYING:
		play_turn(s, now_ns);
		s->turn++;
		s->due_ns = s->anchor_ns + s->turn * session_period_ns(s);
		break;
	case SESSION_TAIL:
		tail_turn(s, now_ns);
		s->due_ns = now_ns + session_period_ns(s);
		if (s->state == SESSION_TAIL && s->due_ns > s->tail_until_ns)
			s->due_ns = s->tail_until_ns;
		break;
	case SESSION_IDLE:
	case SESSION_OVER:
		s->due_ns = now_ns + SESSION_DRAIN_MS * MS_NS;
		break;
	}
	/* Sending first: that has a deadline. A turn that is already late for
	 * the next leaves the rest to it.                                    */
	if (now_ns >= s->drain_ns && s->due_ns > now_ns && !waits_for_start(s))
		session_receive(s, now_ns);
}
