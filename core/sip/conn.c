/*
 * conn.c - the connections of TCP and TLS: opened, found again, kept, lost.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/conn.h"

#include <ctype.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/conn_impl.h"

enum {
	UNACKED_MS = 20000,		/* data that the peer did not confirm */
};

/* ---- watchers ------------------------------------------------------------ */

void hop_unwatch(struct hop_watch *w)
{
	LIST_LEAVE(w, link);
}

static void on_late(struct timer *t)
{
	struct conns *cs = t->arg;
	struct hop_watch *w;

	while ((w = LIST_FIRST(&cs->late))) {
		hop_unwatch(w);
		w->lost(w, "the connection is gone");
	}
}

void conn_watch(struct conns *cs, uint64_t id, struct hop_watch *w)
{
	struct conn *c = slot_get(&cs->slots, id);

	hop_unwatch(w);
	if (c) {
		LIST_INSERT_HEAD(&c->fresh, w, link);
		if (c->state >= CONN_OPEN)
			conn_wake(c, conn_now_ns(c));
		return;
	}
	LIST_INSERT_HEAD(&cs->late, w, link);
	if (timer_set_ms(loop_timers(cs->cfg.loop), &cs->late_timer, 0))
		log_error("sip: no memory for a timer");
}

/* ---- the index ----------------------------------------------------------- */

/* Names without case, as DNS has them. Only TLS looks at the name.           */
static void make_key(char key[CONN_KEY_LEN], const struct conn_to *to)
{
	char remote[ADDR_TEXT_LEN], from[ADDR_TEXT_LEN] = "";

	addr_text(&to->remote, remote);
	if (to->from)
		addr_ip_text(to->from, from);
	(void)str_printf(key, CONN_KEY_LEN, "%s %s %s %s",
			 sip_transport_name(to->transport), remote, from,
			 to->transport == SIP_TLS && to->name ? to->name : "");
	for (char *p = key; *p; p++)
		*p = (char)tolower((unsigned char)*p);
}

/* Without memory, or with a twin there: it will not be found again, no more. */
static void remember(struct conn *c, const char *key)
{
	(void)str_copy(c->key, sizeof(c->key), key);
	if (map_put_str(c->all->index, key, c))
		*c->key = '\0';
}

void conn_forget(struct conn *c)
{
	if (*c->key)
		(void)map_remove_str(c->all->index, c->key);
	*c->key = '\0';
}

/* Its end may have come in since we last looked: a request must not be sent
 * after it.                                                                  */
static bool is_usable(struct conn *c)
{
	char byte;

	if (c->state != CONN_OPEN ||
	    recv(c->lfd.fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) != 0)
		return true;
	conn_lose(c, "the other side closed the connection");
	return false;
}

/* ---- making -------------------------------------------------------------- */

void conn_free(struct conn *c)
{
	struct conns *cs = c->all;

	conn_forget(c);
	timer_stop(loop_timers(cs->cfg.loop), &c->timer);
	while (!LIST_EMPTY(&c->fresh))
		hop_unwatch(LIST_FIRST(&c->fresh));
	while (!LIST_EMPTY(&c->told))
		hop_unwatch(LIST_FIRST(&c->told));
	if (c->lfd.fd >= 0) {
		loop_remove(&c->lfd);
		close(c->lfd.fd);
	}
	tls_session_free(c->tls);
	stream_frame_deinit(&c->frame);
	buf_deinit(&c->waiting);
	conn_drop_out(c);
	slot_remove(&cs->slots, c->hop.conn);
	LIST_REMOVE(c, link);
	cs->n--;
	cs->n_inbound -= c->inbound;
	free(c);
}

/* Takes fd, on an error too.                                                 */
static int new_conn(struct conn **cp, struct conns *cs, int fd, bool inbound)
{
	struct conn *c = calloc(1, sizeof(*c));

	if (!c || slot_add(&cs->slots, c, &c->hop.conn)) {
		close(fd);
		free(c);
		return -ENOMEM;
	}
	c->all = cs;
	c->lfd.fd = fd;
	c->inbound = inbound;
	stream_frame_init(&c->frame);
	buf_init(&c->waiting, CONN_WAITING_MAX);
	buf_init(&c->out, 2 * conn_out_max(c));
	LIST_INSERT_HEAD(&cs->list, c, link);
	cs->n++;
	cs->n_inbound += inbound;
	*cp = c;
	return 0;
}

/* A peer that is gone without a word is noticed before Timer B, and not only by
 * the requests that wait for it in vain.                                     */
static void tune(int fd)
{
	int one = 1, unacked = UNACKED_MS;

	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked,
			 sizeof(unacked));
	(void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
}

/* ---- who goes where there are too many ------------------------------------ */

/* One that has brought nothing yet goes before one that has; and nobody goes
 * whom somebody waits for.                                                   */
static bool is_worse(const struct conn *a, const struct conn *b)
{
	if (a->proven != b->proven)
		return !a->proven;
	return a->used_ns < b->used_ns;
}

/* Each Contact and Record-Route of a far end's may name another place: what was
 * opened for one and is of no more use goes first.                           */
static void spare_room(struct conns *cs)
{
	struct conn *c, *worst = NULL;
	size_t n = 0;

	if (cs->n - cs->n_inbound < CONN_SPARE_MAX)
		return;
	LIST_FOREACH(c, &cs->list, link) {
		if (c->inbound || c->state != CONN_OPEN || conn_is_watched(c))
			continue;
		n++;
		if (!worst || is_worse(c, worst))
			worst = c;
	}
	if (n >= CONN_SPARE_MAX)
		conn_part(worst, "too many connections");
}

/* ---- going out ----------------------------------------------------------- */

static int new_socket(struct conns *cs, int family)
{
	const int kind = SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC;
	int fd = socket(family, kind, 0);

	if (fd < 0 && errno == EMFILE && conns_evict(cs))
		fd = socket(family, kind, 0);
	return fd < 0 ? -errno : fd;
}

/* What the kernel refuses at once is told later, like what the peer refuses: a
 * socket that connects to nobody is reported as hung up (EPOLLHUP).          */
static int connect_to(struct conn *c, const struct conn_to *to)
{
	struct addr from;
	socklen_t len = sizeof(c->hop.local);

	tune(c->lfd.fd);
	if (to->from) {
		from = *to->from;
		addr_set_port(&from, 0);
		if (bind(c->lfd.fd, &from.sa, addr_len(&from)))
			c->connect_error = errno;
	}
	if (!c->connect_error &&
	    connect(c->lfd.fd, &to->remote.sa, addr_len(&to->remote)) &&
	    errno != EINPROGRESS)
		c->connect_error = errno;
	c->hop.local = to->remote;
	if (getsockname(c->lfd.fd, &c->hop.local.sa, &len))
		return -errno;
	return 0;
}

static int begin(struct conn **cp, struct conns *cs, const struct conn_to *to)
{
	struct conn *c;
	int fd, err;

	spare_room(cs);
	fd = new_socket(cs, to->remote.sa.sa_family);
	err = fd < 0 ? fd : new_conn(&c, cs, fd, false);
	if (err)
		return err;
	c->hop.transport = to->transport;
	c->hop.remote = to->remote;
	c->state = CONN_CONNECTING;
	err = connect_to(c, to);
	if (!err && to->tls)
		err = tls_connect(&c->tls, to->tls, to->name);
	if (!err)
		err = conn_start(c);
	if (err)
		conn_free(c);
	else
		*cp = c;
	return err;
}

int conn_open(struct hop *h, struct conns *cs, const struct conn_to *to)
{
	char key[CONN_KEY_LEN];
	struct conn *c;
	int err;

	make_key(key, to);
	c = map_get_str(cs->index, key);
	if (!c || !is_usable(c)) {
		err = begin(&c, cs, to);
		if (err)
			return err;
		remember(c, key);
	}
	*h = c->hop;
	return 0;
}

/* ---- coming in ----------------------------------------------------------- */

bool conns_evict(struct conns *cs)
{
	struct conn *c, *worst = NULL;

	LIST_FOREACH(c, &cs->list, link) {
		if (!c->inbound || c->lfd.fd < 0 || conn_is_watched(c))
			continue;
		if (!worst || is_worse(c, worst))
			worst = c;
	}
	if (worst)
		conn_lose(worst, "too many connections");
	return worst != NULL;
}

static size_t inbound_sockets(const struct conns *cs)
{
	const struct conn *c;
	size_t n = 0;

	if (cs->n_inbound < CONN_INBOUND_MAX)
		return cs->n_inbound;
	LIST_FOREACH(c, &cs->list, link)
		n += c->inbound && c->lfd.fd >= 0;
	return n;
}

static int name_ends(struct conn *c)
{
	socklen_t len = sizeof(c->hop.remote);

	if (getpeername(c->lfd.fd, &c->hop.remote.sa, &len))
		return -errno;
	len = sizeof(c->hop.local);
	return getsockname(c->lfd.fd, &c->hop.local.sa, &len) ? -errno : 0;
}

/* RFC 3261 18.1.1: requests to the very address that a connection came from may
 * go back by it. One of TLS proves no name: it is not for that (RFC 5923).    */
static void offer(struct conn *c)
{
	struct conn_to to = { .transport = SIP_TCP, .remote = c->hop.remote };
	char key[CONN_KEY_LEN];

	if (c->tls)
		return;
	make_key(key, &to);
	remember(c, key);
}

int conn_accept(struct conns *cs, enum sip_transport transport, size_t sock,
		int fd, struct tls *tls)
{
	const int room = CONN_INBOUND_SNDBUF;
	struct conn *c;
	int err;

	if (inbound_sockets(cs) >= CONN_INBOUND_MAX && !conns_evict(cs)) {
		close(fd);
		return -EMFILE;
	}
	err = new_conn(&c, cs, fd, true);
	if (err)
		return err;
	tune(fd);
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof(room));
	c->hop.transport = transport;
	c->hop.sock = sock;
	c->state = tls ? CONN_SECURING : CONN_OPEN;
	err = name_ends(c);
	if (!err && tls)
		err = tls_accept(&c->tls, tls);
	if (!err)
		err = conn_start(c);
	if (err)
		conn_free(c);
	else
		offer(c);
	return err;
}

/* ---- the door ------------------------------------------------------------ */

int conn_send(struct conns *cs, uint64_t id, const void *data, size_t len)
{
	struct conn *c = slot_get(&cs->slots, id);

	return c ? conn_write(c, data, len) : -EPIPE;
}

bool conn_is_open(const struct conns *cs, uint64_t id)
{
	const struct conn *c = slot_get(&cs->slots, id);

	return c && c->state < CONN_CLOSING;
}

size_t conns_count(const struct conns *cs)
{
	return cs->n;
}

int conns_new(struct conns **csp, const struct conn_config *cfg)
{
	struct conns *cs = calloc(1, sizeof(*cs));
	int err;

	if (!cs)
		return -ENOMEM;
	cs->cfg = *cfg;
	slots_init(&cs->slots);
	timer_init(&cs->late_timer, on_late, cs);
	err = map_new(&cs->index);
	if (err)
		free(cs);
	else
		*csp = cs;
	return err;
}

void conns_free(struct conns *cs)
{
	if (!cs)
		return;
	while (!LIST_EMPTY(&cs->list))
		conn_free(LIST_FIRST(&cs->list));
	while (!LIST_EMPTY(&cs->late))
		hop_unwatch(LIST_FIRST(&cs->late));
	timer_stop(loop_timers(cs->cfg.loop), &cs->late_timer);
	slots_deinit(&cs->slots);
	map_free(cs->index);
	free(cs);
}
