/*
 * sip.c - opens the signalling stack: sockets, names of ourselves, counters.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/sip.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/accepted.h"
#include "sip/datagram.h"
#include "sip/resolve.h"
#include "sip/stack.h"
#include "sip/txn.h"
#include "sip/uac_call.h"

static int socket_send(void *arg, size_t sock, const struct addr *to,
		       const void *data, size_t len)
{
	struct sip *sip = arg;

	return udp_send(sip->sockets[sock].udp, to, data, len);
}

void stack_set_wire(struct sip *sip, stack_send_fn *send, void *arg)
{
	sip->send = send;
	sip->send_arg = arg;
}

int stack_send(struct sip *sip, size_t sock, const struct addr *to,
	       const void *data, size_t len)
{
	sip->stats.sent++;
	return sip->send(sip->send_arg, sock, to, data, len);
}

static const struct addr *bound(const struct sip *sip, size_t sock)
{
	return udp_addr(sip->sockets[sock].udp);
}

int stack_pick(const struct sip *sip, int listen, int family)
{
	if (listen >= 0 && (size_t)listen < sip->n_sockets &&
	    bound(sip, (size_t)listen)->sa.sa_family == family)
		return listen;
	for (size_t i = 0; i < sip->n_sockets; i++)
		if (bound(sip, i)->sa.sa_family == family)
			return (int)i;
	return -EAFNOSUPPORT;
}

int stack_family(const struct sip *sip, int listen)
{
	int family;

	if (listen >= 0 && (size_t)listen < sip->n_sockets)
		return bound(sip, (size_t)listen)->sa.sa_family;
	family = bound(sip, 0)->sa.sa_family;
	for (size_t i = 1; i < sip->n_sockets; i++)
		if (bound(sip, i)->sa.sa_family != family)
			return AF_UNSPEC;
	return family;
}

int stack_local(const struct sip *sip, size_t sock, const struct addr *remote,
		struct addr *local)
{
	const struct addr *own = bound(sip, sock);
	int err;

	if (!addr_is_any(own)) {
		*local = *own;
		return 0;
	}
	err = addr_local_for(local, remote);
	if (!err)
		addr_set_port(local, addr_port(own));
	return err;
}

void stack_sent_by(const struct sip *sip, const struct addr *local,
		   struct buf *out)
{
	char host[ADDR_TEXT_LEN];
	unsigned int port = addr_port(local);

	if (!*sip->advertise_host) {
		addr_host_text(local, host);
		buf_printf(out, "%s:%u", host, port);
		return;
	}
	if (sip->advertise_port)
		port = sip->advertise_port;
	buf_printf(out, "%s:%u", sip->advertise_host, port);
}

/* 96 random bits: the branch is also what a stranger would have to guess to
 * forge an answer.                                                            */
void stack_branch(const struct sip *sip, char branch[STACK_BRANCH_LEN])
{
	str_copy(branch, STACK_BRANCH_LEN, "z9hG4bK");
	random_hex(sip->random, branch + strlen(branch), 24);
}

void stack_tag(const struct sip *sip, char tag[STACK_TAG_LEN])
{
	random_hex(sip->random, tag, 16);
}

static int set_advertise(struct sip *sip, const char *text)
{
	struct sip_target t;
	struct addr a;
	int err;

	if (!text || !*text)
		return 0;
	err = sip_target_parse(&t, text);
	if (err)
		return err;
	sip->advertise_port = t.port;
	if (!addr_parse_ip(&a, t.host, 0))
		addr_host_text(&a, sip->advertise_host);
	else
		err = str_copy(sip->advertise_host,
			       sizeof(sip->advertise_host), t.host);
	return err;
}

static void from_socket(void *arg, const struct addr *from, const char *data,
			size_t len)
{
	struct stack_socket *s = arg;

	datagram_receive(s->sip, s->index, from, data, len);
}

static void refused(void *arg, const struct addr *to, const char *data,
		    size_t len)
{
	struct stack_socket *s = arg;

	datagram_refused(s->sip, to, data, len);
}

static int open_sockets(struct sip *sip, const struct sip_config *cfg,
			char *which, size_t cap)
{
	char text[ADDR_TEXT_LEN];

	for (size_t i = 0; i < cfg->n_listen; i++) {
		const struct sip_listen *l = &cfg->listen[i];
		struct stack_socket *s = &sip->sockets[i];
		int err = -EPROTONOSUPPORT;

		s->sip = sip;
		s->index = i;
		s->transport = l->transport;
		if (l->transport == SIP_UDP)
			err = udp_open(&s->udp, sip->loop, &l->addr,
				       from_socket, refused, s);
		if (err) {
			addr_text(&l->addr, text);
			str_printf(which, cap, "%s:%s",
				   sip_transport_name(l->transport), text);
			return err;
		}
		sip->n_sockets = i + 1;
	}
	return 0;
}

static int start(struct sip *sip, const struct sip_config *cfg, char *which,
		 size_t cap)
{
	int err = map_new(&sip->txns);

	if (!err)
		err = map_new(&sip->dialogs);
	if (!err)
		err = map_new(&sip->accepted);
	if (!err)
		err = resolver_new(&sip->resolver, sip->loop,
				   cfg->dns_servers, cfg->n_dns_servers);
	if (!err)
		err = txn_start(sip);
	if (!err)
		err = set_advertise(sip, cfg->advertise);
	if (!err)
		err = open_sockets(sip, cfg, which, cap);
	return err;
}

int sip_new(struct sip **sipp, const struct sip_config *cfg, char *which,
	    size_t cap)
{
	struct sip *sip;
	int err;

	if (!cfg->n_listen || cfg->n_listen > STACK_SOCKETS_MAX)
		return -EINVAL;
	sip = calloc(1, sizeof(*sip));
	if (!sip)
		return -ENOMEM;
	if (cap)
		*which = '\0';
	parser_start();
	sip->loop = cfg->loop;
	sip->random = cfg->random;
	sip->t1_ms = cfg->t1_ms > 0 ? cfg->t1_ms : 500;
	/* T2 and T4 keep their ratio to T1 (RFC 3261 17.1.2.1, table 4).      */
	sip->t2_ms = 8 * sip->t1_ms;
	sip->t4_ms = 10 * sip->t1_ms;
	random_fill(sip->random, &sip->secret, sizeof(sip->secret));
	(void)str_copy(sip->user_agent, sizeof(sip->user_agent),
		       cfg->user_agent ? cfg->user_agent : "carillon");
	stack_set_wire(sip, socket_send, sip);
	err = start(sip, cfg, which, cap);
	if (err)
		sip_free(sip);
	else
		*sipp = sip;
	return err;
}

void sip_free(struct sip *sip)
{
	if (!sip)
		return;
	uac_free_orphans(sip);
	if (sip->accepted)
		accepted_free_all(sip);
	if (sip->txns)
		txn_stop(sip);
	resolver_free(sip->resolver);
	for (size_t i = 0; i < STACK_SOCKETS_MAX; i++)
		udp_close(sip->sockets[i].udp);
	map_free(sip->txns);
	map_free(sip->dialogs);
	map_free(sip->accepted);
	free(sip);
}

int sip_listen_addr(const struct sip *sip, size_t index, struct addr *a)
{
	if (index >= sip->n_sockets)
		return -ENOENT;
	*a = *bound(sip, index);
	return 0;
}

int sip_listen_find(const struct sip *sip, const char *text)
{
	struct sip_listen l;

	if (sip_listen_parse(&l, text))
		return -ENOENT;
	for (size_t i = 0; i < sip->n_sockets; i++)
		if (sip->sockets[i].transport == l.transport &&
		    addr_equal(bound(sip, i), &l.addr))
			return (int)i;
	return -ENOENT;
}

void sip_get_stats(const struct sip *sip, struct sip_stats *stats)
{
	*stats = sip->stats;
	stats->transactions = map_count(sip->txns);
	stats->dialogs = map_count(sip->dialogs);
}
