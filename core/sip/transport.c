/*
 * transport.c - how messages leave, and where those that come in go to.
 *
 *	hop_send --- UDP ------> udp.c                 (or a test's wire)
 *	         \-- TCP TLS --> conn.c ... tls.c
 *	datagram_receive <----- udp.c, conn.c + stream_frame.c
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/transport.h"

#include <errno.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/conn.h"
#include "sip/datagram.h"
#include "sip/listener.h"
#include "sip/msg.h"
#include "sip/route.h"
#include "sip/tls.h"
#include "sip/trace.h"
#include "sip/uas.h"

struct transport {
	struct sip *sip;
	struct conns *conns;
	struct tls *tls;		/* NULL: not needed so far            */
	struct routes routes;
	struct listener *listeners[STACK_SOCKETS_MAX];
};

/* ---- our own addresses --------------------------------------------------- */

static const struct stack_socket *socket_at(const struct sip *sip, int listen)
{
	if (listen < 0 || (size_t)listen >= sip->n_sockets)
		return NULL;
	return &sip->sockets[listen];
}

static bool serves(const struct stack_socket *s, enum sip_transport transport,
		   int family)
{
	return s && s->transport == transport &&
	       s->bound.sa.sa_family == family;
}

/* The socket that a datagram leaves by: `listen` if it fits, else the first. */
static const struct stack_socket *pick_udp(const struct sip *sip, int listen,
					   int family)
{
	const struct stack_socket *s = socket_at(sip, listen);

	if (serves(s, SIP_UDP, family))
		return s;
	for (size_t i = 0; i < sip->n_sockets; i++)
		if (serves(&sip->sockets[i], SIP_UDP, family))
			return &sip->sockets[i];
	return NULL;
}

/* The address that `remote` will see us at: bound, or the route's.           */
static int seen_at(struct addr *local, const struct stack_socket *s,
		   const struct addr *remote)
{
	struct transport *t = s->sip->transport;
	int err;

	if (!addr_is_any(&s->bound)) {
		*local = s->bound;
		return 0;
	}
	err = route_local(&t->routes, loop_clock(s->sip->loop), local, remote);
	if (!err)
		addr_set_port(local, addr_port(&s->bound));
	return err;
}

/* A port that takes connections at the address that this one comes from: what
 * the far end should remember of us, since the connection may go.            */
static uint16_t listening_port(const struct sip *sip, const struct hop *h,
			       int listen)
{
	int family = h->local.sa.sa_family;
	const struct stack_socket *s = socket_at(sip, listen);

	if (serves(s, h->transport, family))
		return addr_port(&s->bound);
	for (size_t i = 0; i < sip->n_sockets; i++) {
		s = &sip->sockets[i];
		if (serves(s, h->transport, family) &&
		    (addr_is_any(&s->bound) ||
		     addr_same_ip(&s->bound, &h->local)))
			return addr_port(&s->bound);
	}
	return 0;
}

/* An advertised port is that of the first sip.listen. UDP and TCP share port
 * numbers; TLS has one of its own.                                           */
static bool is_advertised(const struct sip *sip, enum sip_transport transport)
{
	return sip->advertise_port &&
	       (sip->sockets[0].transport == SIP_TLS) == (transport == SIP_TLS);
}

void hop_sent_by(const struct sip *sip, const struct hop *h, struct buf *out)
{
	char host[ADDR_TEXT_LEN];
	unsigned int port = addr_port(&h->local);

	if (!*sip->advertise_host) {
		addr_host_text(&h->local, host);
		buf_printf(out, "%s:%u", host, port);
		return;
	}
	if (is_advertised(sip, h->transport))
		port = sip->advertise_port;
	buf_printf(out, "%s:%u", sip->advertise_host, port);
}

/* ---- ways ---------------------------------------------------------------- */

static int udp_family(const struct sip *sip, int listen)
{
	const struct stack_socket *s = socket_at(sip, listen);
	bool v4 = pick_udp(sip, -1, AF_INET), v6 = pick_udp(sip, -1, AF_INET6);

	if (s && s->transport == SIP_UDP)
		return s->bound.sa.sa_family;
	if (v4 && v6)
		return AF_UNSPEC;
	return v4 ? AF_INET : v6 ? AF_INET6 : -1;
}

void hop_reach(const struct sip *sip, int listen, struct resolve_reach *reach)
{
	reach->family[SIP_UDP] = udp_family(sip, listen);
	reach->family[SIP_TCP] = AF_UNSPEC;
	reach->family[SIP_TLS] = AF_UNSPEC;
}

static int open_udp(struct hop *h, struct sip *sip, const struct addr *remote,
		    int listen)
{
	const struct stack_socket *s = pick_udp(sip, listen,
						remote->sa.sa_family);

	if (!s)
		return -EAFNOSUPPORT;
	*h = (struct hop){
		.transport = SIP_UDP, .remote = *remote, .sock = s->index,
	};
	return seen_at(&h->local, s, remote);
}

/* Without certificates of ours, TLS is set up when the first connection asks,
 * which is mostly a REGISTER at the start: the system's authorities take 20 ms
 * to read, once, and 2 MB to keep, which those who never use TLS are spared.
 * RTP is paced by other threads; no SIP timer is as short.                   */
static int need_tls(struct transport *t, const struct sip_tls *cfg, bool server,
		    char *why, size_t cap)
{
	return t->tls ? 0 : tls_new(&t->tls, cfg, server, why, cap);
}

static int open_conn(struct hop *h, struct sip *sip,
		     enum sip_transport transport, const struct addr *remote,
		     const char *name, int listen)
{
	const struct sip_tls none = { 0 };
	const struct stack_socket *s = socket_at(sip, listen);
	struct conn_to to = {
		.transport = transport, .remote = *remote, .name = name,
	};
	char why[TLS_WHY_LEN];
	uint16_t port;
	int err = 0;

	if (transport == SIP_TLS)
		err = need_tls(sip->transport, &none, false, why, sizeof(why));
	if (err)
		return err;
	if (transport == SIP_TLS)
		to.tls = sip->transport->tls;
	if (s && s->bound.sa.sa_family == remote->sa.sa_family &&
	    !addr_is_any(&s->bound))
		to.from = &s->bound;
	err = conn_open(h, sip->transport->conns, &to);
	port = err ? 0 : listening_port(sip, h, listen);
	if (port)
		addr_set_port(&h->local, port);
	return err;
}

int hop_open(struct hop *h, struct sip *sip, enum sip_transport transport,
	     const struct addr *remote, const char *name, int listen)
{
	switch (transport) {
	case SIP_UDP:
		return open_udp(h, sip, remote, listen);
	case SIP_TCP:
	case SIP_TLS:
		return open_conn(h, sip, transport, remote, name, listen);
	default:
		return -EPROTONOSUPPORT;
	}
}

/* RFC 3261 18.2.2: the connection that brought the request is gone. What is sent
 * again finds the new one.                                                   */
static bool open_back(struct hop *back, struct sip *sip, const struct hop *h)
{
	struct addr to = h->remote;

	addr_set_port(&to, h->back_port);
	return h->back_port && !hop_open(back, sip, h->transport, &to, NULL, -1);
}

int hop_send(struct sip *sip, const struct hop *h, const void *data,
	     size_t len)
{
	struct hop back;
	int err;

	if (h->transport == SIP_UDP)
		err = sip->send(sip->send_arg, h->sock, &h->remote, data, len);
	else
		err = conn_send(sip->transport->conns, h->conn, data, len);
	if (err == -EPIPE && open_back(&back, sip, h)) {
		h = &back;
		err = conn_send(sip->transport->conns, h->conn, data, len);
	}
	if (err)
		return err;
	sip->stats.sent++;
	trace_add(sip->trace, true, h, data, len);
	return 0;
}

void hop_watch(struct sip *sip, const struct hop *h, struct hop_watch *w)
{
	if (hop_is_reliable(h))
		conn_watch(sip->transport->conns, h->conn, w);
}

bool hop_is_open(const struct sip *sip, const struct hop *h)
{
	return !hop_is_reliable(h) ||
	       conn_is_open(sip->transport->conns, h->conn);
}

/* ---- what comes in ------------------------------------------------------- */

static void receive(struct sip *sip, const struct hop *from, const char *data,
		    size_t len)
{
	trace_add(sip->trace, false, from, data, len);
	datagram_receive(sip, from, data, len);
}

static void from_udp(void *arg, const struct addr *from, const struct addr *to,
		     const char *data, size_t len)
{
	struct stack_socket *s = arg;
	const struct hop hop = {
		.transport = SIP_UDP, .remote = *from, .local = *to,
		.sock = s->index,
	};

	receive(s->sip, &hop, data, len);
}

static void refused(void *arg, const struct addr *to, int err,
		    const char *data, size_t len)
{
	struct stack_socket *s = arg;

	datagram_refused(s->sip, to, err, data, len);
}

static void from_conn(void *arg, const struct hop *from, const char *data,
		      size_t len)
{
	const struct transport *t = arg;

	receive(t->sip, from, data, len);
}

/* 18.3: a request whose end cannot be found is answered 400 where that much of
 * it can be read; the connection then closes.                                */
static void broken_conn(void *arg, const struct hop *from, const char *head,
			size_t len, const char *why)
{
	const struct transport *t = arg;
	struct inbound in = { .sip = t->sip, .from = *from };
	osip_message_t *m = NULL;
	const char *also;
	int err;

	t->sip->stats.received++;
	t->sip->stats.malformed++;
	log_debug("sip: broken stream: %s", why);
	if (!len)
		return;
	trace_add(t->sip->trace, false, from, head, len);
	err = msg_parse(&m, head, len, &also);
	if (err && err != -EPROTO)
		return;
	if (MSG_IS_REQUEST(m) && !MSG_IS_ACK(m) && !uas_open(&in, m))
		uas_answer(&in, 400);
	osip_message_free(m);
}

/* ---- start and stop ------------------------------------------------------ */

static int socket_send(void *arg, size_t sock, const struct addr *to,
		       const void *data, size_t len)
{
	struct sip *sip = arg;

	return udp_send(sip->sockets[sock].udp, to, data, len);
}

static int start_tls(struct transport *t, const struct sip_config *cfg,
		     char *why, size_t cap)
{
	const struct sip_tls *tls = &cfg->tls;
	bool server = false;

	for (size_t i = 0; i < cfg->n_listen; i++)
		server = server || cfg->listen[i].transport == SIP_TLS;
	if (!server && !tls->certificate && !tls->key && !tls->ca)
		return 0;
	return need_tls(t, tls, server, why, cap);
}

int sip_check_files(const struct sip_config *cfg, char *why, size_t cap)
{
	struct transport t = { 0 };
	int err = start_tls(&t, cfg, why, cap);

	tls_free(t.tls);
	return err;
}

int transport_new(struct transport **tp, struct sip *sip,
		  const struct sip_config *cfg, char *why, size_t cap)
{
	struct transport *t = calloc(1, sizeof(*t));
	const struct conn_config conns = {
		.loop = sip->loop, .random = sip->random,
		.message = from_conn, .broken = broken_conn, .arg = t,
	};
	int err;

	if (!t)
		return -ENOMEM;
	t->sip = sip;
	stack_set_wire(sip, socket_send, sip);
	err = start_tls(t, cfg, why, cap);
	if (!err)
		err = conns_new(&t->conns, &conns);
	if (err)
		transport_free(t);
	else
		*tp = t;
	return err;
}

static int listen_stream(struct transport *t, size_t index,
			 const struct sip_listen *l)
{
	const struct listener_config cfg = {
		.loop = t->sip->loop, .conns = t->conns,
		.transport = l->transport, .addr = l->addr, .sock = index,
		.tls = l->transport == SIP_TLS ? t->tls : NULL,
	};

	return listener_open(&t->listeners[index], &cfg,
			     &t->sip->sockets[index].bound);
}

int transport_listen(struct transport *t, size_t index,
		     const struct sip_listen *l)
{
	struct stack_socket *s = &t->sip->sockets[index];
	int err;

	s->sip = t->sip;
	s->index = index;
	s->transport = l->transport;
	if (l->transport != SIP_UDP)
		return listen_stream(t, index, l);
	err = udp_open(&s->udp, t->sip->loop, &l->addr, from_udp, refused, s);
	if (!err)
		s->bound = *udp_addr(s->udp);
	return err;
}

void transport_free(struct transport *t)
{
	if (!t)
		return;
	for (size_t i = 0; i < STACK_SOCKETS_MAX; i++) {
		listener_close(t->listeners[i]);
		udp_close(t->sip->sockets[i].udp);
		t->sip->sockets[i].udp = NULL;
	}
	conns_free(t->conns);
	tls_free(t->tls);
	free(t);
}
