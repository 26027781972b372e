/*
 * conn_time.c - one connection: its deadlines, and telling those who wait.
 *
 * One timer serves all deadlines. It is also the place where watchers are told
 * and the connection is freed, since nobody stands above it on the stack.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/conn_impl.h"

#include <errno.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "base/str.h"

/* ---- those who wait ------------------------------------------------------ */

void conn_wake(struct conn *c, int64_t at_ns)
{
	if (timer_pending(&c->timer) && c->timer.at_ns <= at_ns)
		return;
	if (timer_set_ns(loop_timers(c->all->cfg.loop), &c->timer, at_ns))
		log_error("sip: no memory for a timer");
}

static void tell_opened(struct conn *c)
{
	struct hop_watch *w;

	while (c->state == CONN_OPEN && (w = LIST_FIRST(&c->fresh))) {
		hop_unwatch(w);
		LIST_INSERT_HEAD(&c->told, w, link);
		if (w->opened)
			w->opened(w);
	}
}

/* Its id is gone first: whoever watches it from now on is a late one.        */
static void tell_lost(struct conn *c)
{
	struct hop_watch *w;

	slot_remove(&c->all->slots, c->hop.conn);
	while ((w = LIST_EMPTY(&c->fresh) ? LIST_FIRST(&c->told) :
					    LIST_FIRST(&c->fresh))) {
		hop_unwatch(w);
		w->lost(w, c->why);
	}
}

/* ---- deadlines ----------------------------------------------------------- */

/* When a connection that nobody uses may go; INT64_MAX: not while watched.   */
static int64_t idle_end(const struct conn *c)
{
	if (c->inbound && !c->proven)
		return c->used_ns + CONN_STRANGER_MS * MS_NS;
	/* Its watchers end some time: then look again.                       */
	return (conn_is_watched(c) ? conn_now_ns(c) : c->used_ns) +
	       CONN_IDLE_MS * MS_NS;
}

static int64_t ping_at(const struct conn *c)
{
	return c->inbound ? INT64_MAX : c->sent_ns + c->ping_after_ns;
}

static int64_t pong_end(const struct conn *c)
{
	return c->pinged && c->pongs ? c->sent_ns + CONN_PONG_MS * MS_NS :
				       INT64_MAX;
}

static int64_t half_end(const struct conn *c)
{
	return c->half_ns ? c->half_ns + CONN_HALF_MS * MS_NS : INT64_MAX;
}

/* Connections that were opened together do not ping together.                 */
static int64_t ping_wait_ns(const struct conn *c)
{
	uint32_t spread = random_below(c->all->cfg.random,
				       CONN_PING_SPREAD_MS);

	return (CONN_PING_MS + (int64_t)spread) * MS_NS;
}

/* A peer that never answered a ping may not know them: only one that did is
 * given up for its silence.                                                  */
static void ping(struct conn *c)
{
	c->ping_after_ns = ping_wait_ns(c);
	c->sent_ns = conn_now_ns(c);
	c->pinged = true;
	conn_put(c, "\r\n\r\n", 4);
}

static void look_at_time(struct conn *c)
{
	int64_t now = conn_now_ns(c);

	if (c->state == CONN_CONNECTING && now >= c->limit_ns)
		conn_lose(c, "the connection was not open in time");
	else if (c->state == CONN_SECURING && now >= c->limit_ns)
		conn_lose(c, "the TLS handshake was not done in time");
	else if (c->state == CONN_CLOSING && now >= c->limit_ns)
		conn_lose(c, c->why);
	if (c->state != CONN_OPEN)
		return;
	if (now >= half_end(c))
		conn_part(c, "a message was not finished in time");
	else if (now >= pong_end(c))
		conn_lose(c, "no answer to a keep-alive");
	else if (now >= idle_end(c))
		conn_part(c, "the connection was idle");
	else if (now >= ping_at(c))
		ping(c);
}

static int64_t earliest(const struct conn *c)
{
	int64_t all[] = { idle_end(c), ping_at(c), pong_end(c), half_end(c) };
	int64_t at = all[0];

	if (c->state != CONN_OPEN)
		return c->limit_ns;
	for (size_t i = 1; i < ARRAY_LEN(all); i++)
		if (all[i] < at)
			at = all[i];
	return at;
}

static void on_timer(struct timer *t)
{
	struct conn *c = t->arg;

	look_at_time(c);
	tell_opened(c);
	if (c->state >= CONN_CLOSING)
		tell_lost(c);
	if (c->state == CONN_LOST)
		conn_free(c);
	else
		conn_wake(c, earliest(c));
}

int conn_start(struct conn *c)
{
	bool connecting = c->state == CONN_CONNECTING;

	c->lfd.fn = conn_on_event;
	c->lfd.arg = c;
	c->wants_out = connecting;
	c->used_ns = c->sent_ns = conn_now_ns(c);
	c->limit_ns = c->used_ns + CONN_OPEN_MS * MS_NS;
	c->ping_after_ns = ping_wait_ns(c);
	timer_init(&c->timer, on_timer, c);
	conn_wake(c, earliest(c));
	if (!timer_pending(&c->timer))
		return -ENOMEM;
	return loop_add(c->all->cfg.loop, &c->lfd,
			connecting ? EPOLLIN | EPOLLOUT : EPOLLIN);
}
