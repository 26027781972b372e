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
#include "sip/oversize.h"
#include "sip/resolve.h"
#include "sip/stack.h"
#include "sip/trace.h"
#include "sip/transport.h"
#include "sip/txn.h"
#include "sip/uac_call.h"

void stack_set_wire(struct sip *sip, stack_send_fn *send, void *arg)
{
	sip->send = send;
	sip->send_arg = arg;
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

static int open_sockets(struct sip *sip, const struct sip_config *cfg,
			char *why, size_t cap)
{
	char text[ADDR_TEXT_LEN];

	for (size_t i = 0; i < cfg->n_listen; i++) {
		const struct sip_listen *l = &cfg->listen[i];
		int err = transport_listen(sip->transport, i, l);

		if (err) {
			addr_text(&l->addr, text);
			str_printf(why, cap, "sip.listen %s:%s: %s",
				   sip_transport_name(l->transport), text,
				   strerror(-err));
			return err;
		}
		sip->n_sockets = i + 1;
	}
	return 0;
}

static int start(struct sip *sip, const struct sip_config *cfg, char *why,
		 size_t cap)
{
	int err = txn_start(sip);

	if (!err)
		err = map_new(&sip->dialogs);
	if (!err)
		err = map_new(&sip->accepted);
	if (!err)
		err = map_new(&sip->no_tcp);
	if (!err && cfg->trace_bytes)
		err = trace_new(&sip->trace, loop_clock(sip->loop),
				cfg->trace_bytes);
	if (!err)
		err = resolver_new(&sip->resolver, sip->loop, sip->random,
				   cfg->dns_servers, cfg->n_dns_servers);
	if (!err)
		err = transport_new(&sip->transport, sip, cfg, why, cap);
	if (!err)
		err = set_advertise(sip, cfg->advertise);
	if (!err)
		err = open_sockets(sip, cfg, why, cap);
	return err;
}

int sip_new(struct sip **sipp, const struct sip_config *cfg, char *why,
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
		*why = '\0';
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
	err = start(sip, cfg, why, cap);
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
	txn_stop(sip);
	resolver_free(sip->resolver);
	transport_free(sip->transport);
	trace_free(sip->trace);
	if (sip->no_tcp)
		oversize_forget(sip);
	map_free(sip->no_tcp);
	map_free(sip->dialogs);
	map_free(sip->accepted);
	free(sip);
}

int sip_listen_addr(const struct sip *sip, size_t index, struct addr *a)
{
	if (index >= sip->n_sockets)
		return -ENOENT;
	*a = sip->sockets[index].bound;
	return 0;
}

int sip_listen_find(const struct sip *sip, const char *text)
{
	struct sip_listen l;

	if (sip_listen_parse(&l, text))
		return -ENOENT;
	for (size_t i = 0; i < sip->n_sockets; i++)
		if (sip->sockets[i].transport == l.transport &&
		    addr_equal(&sip->sockets[i].bound, &l.addr))
			return (int)i;
	return -ENOENT;
}

void sip_listen_list(const struct sip *sip, char *text, size_t cap)
{
	char one[ADDR_TEXT_LEN];
	size_t len = 0;

	*text = '\0';
	for (size_t i = 0; i < sip->n_sockets && len + 1 < cap; i++) {
		const struct stack_socket *s = &sip->sockets[i];

		addr_text(&s->bound, one);
		(void)str_printf(text + len, cap - len, "%s%s:%s",
				 len ? ", " : "",
				 sip_transport_name(s->transport), one);
		len = strlen(text);
	}
}

void sip_get_stats(const struct sip *sip, struct sip_stats *stats)
{
	*stats = sip->stats;
	stats->transactions = map_count(sip->txns);
	stats->dialogs = map_count(sip->dialogs);
}
