/*
 * conn_io.c - one connection: the bytes in and out, and how it opens and ends.
 *
 * Whatever ends a connection only notes it (conn_lose, conn_part): those who
 * wait are told by the timer (conn_time.c), never from inside a call of theirs,
 * and the connection is freed there too, never under a function that works on
 * it.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/conn_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"

enum {
	READS_MAX = 4,			/* per round of the loop              */
	CLOSING_MS = 1000,		/* for the last answer to leave       */
	OUT_KEEP = 4096,		/* memory that an idle one may hold   */
};

#define DEAF "the other side does not take what we send"

/* ---- the end ------------------------------------------------------------- */

static void close_socket(struct conn *c)
{
	if (c->lfd.fd < 0)
		return;
	loop_remove(&c->lfd);
	close(c->lfd.fd);
	c->lfd.fd = -1;
}

static void note_why(struct conn *c, const char *why)
{
	char text[ADDR_TEXT_LEN];

	if (c->state == CONN_LOST || c->state == CONN_CLOSING)
		return;
	(void)str_copy(c->why, sizeof(c->why), why);
	addr_text(&c->hop.remote, text);
	log_debug("sip: %s %s: %s", sip_transport_name(c->hop.transport), text,
		  why);
}

void conn_lose(struct conn *c, const char *why)
{
	note_why(c, why);
	conn_forget(c);
	close_socket(c);
	conn_drop_out(c);
	c->state = CONN_LOST;
	conn_wake(c, conn_now_ns(c));
}

static const char *error_text(int err)
{
	switch (err) {
	case ECONNREFUSED:
		return "the connection was refused";
	case ECONNRESET:
		return "the connection was reset";
	case EPIPE:
		return "the other side closed the connection";
	case ETIMEDOUT:
		return "the connection timed out";
	case EHOSTUNREACH:
		return "the host cannot be reached";
	case ENETUNREACH:
		return "the network cannot be reached";
	default:
		return strerror(err);
	}
}

void conn_fail(struct conn *c, int err)
{
	bool lacking = c->tls && !c->proven && tls_is_lacking(c->tls);

	conn_lose(c, lacking ? "the other side asks for a certificate of ours" :
			       error_text(err));
}

/* ---- bytes out ----------------------------------------------------------- */

static void want_out(struct conn *c, bool want)
{
	if (c->wants_out == want)
		return;
	c->wants_out = want;
	(void)loop_modify(&c->lfd, want ? EPOLLIN | EPOLLOUT : EPOLLIN);
}

static void count_out(struct conn *c)
{
	if (!c->inbound)
		return;
	c->all->held += c->out.cap - c->held;
	c->held = c->out.cap;
}

void conn_drop_out(struct conn *c)
{
	c->sent = 0;
	buf_deinit(&c->out);
	count_out(c);
}

static void forget_out(struct conn *c)
{
	c->sent = 0;
	if (c->out.cap > OUT_KEEP)
		buf_deinit(&c->out);
	else
		buf_reset(&c->out);
	count_out(c);
}

/* Strangers who ask and do not listen: the greediest goes first.             */
static void relieve(struct conns *cs)
{
	while (cs->held > CONN_INBOUND_HELD_MAX) {
		struct conn *c, *worst = LIST_FIRST(&cs->list);

		LIST_FOREACH(c, &cs->list, link)
			if (c->held > worst->held)
				worst = c;
		conn_lose(worst, DEAF);
	}
}

/* For later. It may be the last straw, and c be lost.                        */
static void keep_out(struct conn *c)
{
	want_out(c, true);
	count_out(c);
	relieve(c->all);
}

/* Nothing is left to send: of a closing one, the other side may know.        */
static void drained(struct conn *c)
{
	forget_out(c);
	want_out(c, false);
	if (c->state == CONN_CLOSING)
		(void)shutdown(c->lfd.fd, SHUT_WR);
}

static void flush(struct conn *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->lfd.fd, c->out.data + c->sent,
				 c->out.len - c->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n >= 0) {
			c->sent += (size_t)n;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			keep_out(c);
			return;
		} else if (errno != EINTR) {
			conn_fail(c, errno);
			return;
		}
	}
	drained(c);
}

/* What the handshake or a message has left for the wire.                     */
static void take_tls(struct conn *c)
{
	if (c->tls)
		tls_take(c->tls, &c->out);
}

/* No byte is moved more than once for each one that was sent.                */
static void compact_out(struct conn *c)
{
	if (c->sent <= c->out.len / 2)
		return;
	memmove(c->out.data, c->out.data + c->sent, c->out.len - c->sent);
	c->out.len -= c->sent;
	c->sent = 0;
}

void conn_put(struct conn *c, const void *data, size_t len)
{
	compact_out(c);
	if (!c->tls)
		buf_write(&c->out, data, len);
	else if (tls_write(c->tls, data, len))
		conn_lose(c, tls_why(c->tls));
	if (c->state == CONN_LOST)
		return;
	take_tls(c);
	if (c->out.err || c->out.len - c->sent > conn_out_max(c))
		conn_lose(c, DEAF);
	else
		flush(c);
}

int conn_write(struct conn *c, const void *data, size_t len)
{
	if (c->state >= CONN_CLOSING)
		return -EPIPE;
	c->used_ns = c->sent_ns = conn_now_ns(c);
	if (c->state != CONN_OPEN) {
		buf_write(&c->waiting, data, len);
		if (!c->waiting.err)
			return 0;
		/* What waits already is whole, and still leaves.             */
		c->waiting.err = 0;
		return -ENOBUFS;
	}
	conn_put(c, data, len);
	return c->state == CONN_LOST ? -EPIPE : 0;
}

void conn_part(struct conn *c, const char *why)
{
	if (c->state >= CONN_CLOSING)
		return;
	note_why(c, why);
	conn_forget(c);
	if (c->tls)
		tls_close(c->tls);
	c->state = CONN_CLOSING;
	c->limit_ns = conn_now_ns(c) + CLOSING_MS * MS_NS;
	take_tls(c);
	flush(c);
	conn_wake(c, conn_now_ns(c));
}

/* ---- opening ------------------------------------------------------------- */

static void opened(struct conn *c)
{
	c->state = CONN_OPEN;
	if (c->waiting.len)
		conn_put(c, c->waiting.data, c->waiting.len);
	buf_deinit(&c->waiting);
	/* The watchers are told, and the other deadlines begin.              */
	conn_wake(c, conn_now_ns(c));
}

/* Goes on with the handshake, or begins it (len 0).                          */
static void shake_hands(struct conn *c, const char *data, size_t len)
{
	int err = tls_receive(c->tls, data, len);

	/* Also on an error: an alert says why.                               */
	take_tls(c);
	flush(c);
	if (c->state != CONN_SECURING)
		return;
	if (err)
		conn_lose(c, tls_why(c->tls));
	else if (tls_is_open(c->tls))
		opened(c);
}

static void connected(struct conn *c)
{
	int err = c->connect_error;
	socklen_t len = sizeof(err);

	if (!err && getsockopt(c->lfd.fd, SOL_SOCKET, SO_ERROR, &err, &len))
		err = errno;
	if (err) {
		conn_fail(c, err);
		return;
	}
	want_out(c, false);
	if (!c->tls) {
		opened(c);
		return;
	}
	c->state = CONN_SECURING;
	c->limit_ns = conn_now_ns(c) + CONN_OPEN_MS * MS_NS;
	shake_hands(c, NULL, 0);
}

/* ---- bytes in ------------------------------------------------------------ */

/* An empty line is the answer to a ping of ours.                             */
static void take_line(struct conn *c)
{
	c->pongs = c->pongs || c->pinged;
	c->pinged = false;
	if (c->proven)
		c->used_ns = conn_now_ns(c);
}

static void take_message(struct conn *c, const char *data, size_t len)
{
	const struct hop from = c->hop;

	c->proven = true;
	c->pinged = false;
	c->used_ns = conn_now_ns(c);
	c->half_ns = 0;
	c->all->cfg.message(c->all->cfg.arg, &from, data, len);
}

static void take_broken(struct conn *c, const char *head, size_t len,
			const char *why)
{
	struct hop from = c->hop;
	char text[CONN_WHY_LEN];

	c->all->cfg.broken(c->all->cfg.arg, &from, head, len, why);
	(void)str_printf(text, sizeof(text), "what came cannot be read: %s",
			 why);
	conn_part(c, text);
}

static void note_half(struct conn *c)
{
	if (!stream_frame_is_half(&c->frame))
		c->half_ns = 0;
	else if (!c->half_ns) {
		c->half_ns = conn_now_ns(c);
		conn_wake(c, c->half_ns + CONN_HALF_MS * MS_NS);
	}
}

static void take_plain(struct conn *c, const char *data, size_t len)
{
	const char *part, *why;
	enum stream_event event;
	bool ping = false;
	size_t n;

	if (stream_frame_put(&c->frame, data, len)) {
		conn_lose(c, "not enough memory");
		return;
	}
	while (c->state == CONN_OPEN) {
		event = stream_frame_next(&c->frame, &part, &n, &why);
		if (event == STREAM_MORE)
			break;
		if (event == STREAM_MESSAGE)
			take_message(c, part, n);
		else if (event == STREAM_BROKEN)
			take_broken(c, part, n, why);
		else
			take_line(c);
		ping = ping || event == STREAM_PING;
	}
	note_half(c);
	/* RFC 5626 4.4.1: two empty lines ask for one. Many in one piece get
	 * one answer, or noise would cost us a packet for four bytes.         */
	if (ping && c->state == CONN_OPEN)
		conn_put(c, "\r\n", 2);
}

static void take_secret(struct conn *c, const char *data, size_t len)
{
	struct conns *cs = c->all;
	int n = 0;

	if (c->state == CONN_SECURING)
		shake_hands(c, data, len);
	else if (tls_receive(c->tls, data, len))
		n = -EPROTO;
	while (c->state == CONN_OPEN && n >= 0) {
		n = tls_read(c->tls, cs->plain, sizeof(cs->plain));
		if (n <= 0)
			break;
		take_plain(c, cs->plain, (size_t)n);
	}
	if (c->state != CONN_OPEN)
		return;
	take_tls(c);
	flush(c);
	if (n == -EPIPE)
		conn_fail(c, EPIPE);
	else if (n < 0)
		conn_lose(c, tls_why(c->tls));
}

/* False: nothing more for now.                                               */
static bool read_some(struct conn *c)
{
	struct conns *cs = c->all;
	ssize_t n = recv(c->lfd.fd, cs->wire, sizeof(cs->wire), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return false;
	if (n <= 0)
		conn_fail(c, n ? errno : EPIPE);
	else if (c->state == CONN_CLOSING)
		return true;
	else if (c->tls)
		take_secret(c, cs->wire, (size_t)n);
	else
		take_plain(c, cs->wire, (size_t)n);
	return c->state != CONN_LOST && n == (ssize_t)sizeof(cs->wire);
}

void conn_on_event(struct loop_fd *lfd, uint32_t events)
{
	struct conn *c = lfd->arg;

	if (c->state == CONN_CONNECTING) {
		if (events & (EPOLLOUT | EPOLLERR | EPOLLHUP))
			connected(c);
		return;
	}
	if (events & EPOLLOUT)
		flush(c);
	if (c->state == CONN_LOST || !(events & ~(uint32_t)EPOLLOUT))
		return;
	for (int i = 0; i < READS_MAX; i++)
		if (!read_some(c))
			break;
}
