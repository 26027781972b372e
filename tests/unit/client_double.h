/*
 * client_double.h - client.h and auth.h played, on a virtual clock: nothing is
 * sent, a test looks at the request in hand and answers it. Included once per
 * program, since it defines those functions.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_CLIENT_DOUBLE_H
#define UNIT_CLIENT_DOUBLE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/client.h"
#include "sip/stack.h"

#define WALL INT64_C(1700000000000)
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

/* ---- the client that is not there ---------------------------------------- */

struct client {
	struct client_params p;
	uint32_t cseq;
	struct hop hop;
};

static struct client *outstanding;
static unsigned int n_requests;
static int start_error;
static const char *local_text;
static enum sip_transport way;		/* that the next one takes             */

int client_new(struct client **cp, struct sip *sip,
	       const struct client_params *params)
{
	struct client *c = calloc(1, sizeof(*c));

	(void)sip;
	assert_non_null(c);
	c->p = *params;
	c->cseq = (uint32_t)strtoul(params->request->cseq->number, NULL, 10);
	c->hop.transport = way;
	addr_parse(&c->hop.local, local_text, 0);
	addr_parse(&c->hop.remote, "192.0.2.9:5060", 0);
	*cp = c;
	return 0;
}

int client_start(struct client *c)
{
	osip_message_t *req = c->p.request;

	if (start_error)
		return start_error;
	/* RFC 3261 10.2: one at a time. */
	assert_null(outstanding);
	if (c->p.prepare)
		assert_int_equal(c->p.prepare(c->p.arg, req, &c->hop), 0);
	if (c->p.leaves)
		assert_int_equal(c->p.leaves(c->p.arg, req, &c->hop), 0);
	outstanding = c;
	n_requests++;
	return 0;
}

uint32_t client_cseq(const struct client *c)
{
	return c->cseq;
}

const struct hop *client_hop(const struct client *c)
{
	return &c->hop;
}

void client_free(struct client *c)
{
	if (!c)
		return;
	if (c == outstanding)
		outstanding = NULL;
	osip_message_free(c->p.request);
	free(c);
}

/* ---- the account that nobody looks into ----------------------------------- */

struct sip_auth {
	unsigned int refs;
};

static struct sip_auth account;

struct sip_auth *sip_auth_ref(struct sip_auth *a)
{
	if (a)
		a->refs++;
	return a;
}

void sip_auth_unref(struct sip_auth *a)
{
	if (a)
		a->refs--;
}

void stack_tag(const struct sip *sip, char tag[STACK_TAG_LEN])
{
	random_hex(sip->random, tag, 16);
}

/* ---- the stack, of which little is there ----------------------------------- */

static struct clock wall;
static struct random rnd;
static struct sip sip;

static inline int double_open(void)
{
	log_set_level(LOG_ERROR);
	parser_start();
	clock_virtual(&wall, 1000 * S_NS, WALL);
	random_seeded(&rnd, 11);
	memset(&sip, 0, sizeof(sip));
	sip.random = &rnd;
	sip.t1_ms = 500;
	n_requests = account.refs = 0;
	start_error = 0;
	local_text = "127.0.0.1:5060";
	way = SIP_UDP;
	return loop_new(&sip.loop, &wall, 16);
}

static inline void double_close(void)
{
	assert_null(outstanding);
	assert_int_equal(account.refs, 0);
	loop_free(sip.loop);
}

static inline void run(void)
{
	while (timers_run(loop_timers(sip.loop)) <= clock_now_ns(&wall))
		;
}

static inline void pass_ms(int64_t ms)
{
	clock_advance(&wall, ms * MS_NS);
	run();
}

#endif
