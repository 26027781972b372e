/*
 * register_bench.h - a registration on a virtual clock, for its tests.
 *
 * client.h and transport.h are played here: nothing is sent, a test looks at the
 * request in hand and answers it, and loses the connection. Included once per program, since it defines those functions.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_REGISTER_BENCH_H
#define UNIT_REGISTER_BENCH_H

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
#include "sip/register.h"
#include "sip/stack.h"
#include "sip/transport.h"

#define WALL INT64_C(1700000000000)
#define OWN "Contact: <sip:bob@127.0.0.1:5060>"
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
static const char *local_text = "127.0.0.1:5060";
static enum sip_transport way = SIP_UDP;	/* that the next one takes     */

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
	if (start_error)
		return start_error;
	/* RFC 3261 10.2: one at a time. */
	assert_null(outstanding);
	assert_int_equal(c->p.prepare(c->p.arg, c->p.request, &c->hop), 0);
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

void hop_sent_by(const struct sip *sip, const struct hop *h, struct buf *out)
{
	char text[ADDR_TEXT_LEN];

	(void)sip;
	addr_text(&h->local, text);
	buf_puts(out, text);
}

/* ---- the connection that is not there ------------------------------------- */

static struct hop_watch *watching;

void hop_watch(struct sip *sip, const struct hop *h, struct hop_watch *w)
{
	(void)sip;
	(void)h;
	assert_null(watching);
	watching = w;
}

void hop_unwatch(struct hop_watch *w)
{
	if (watching == w)
		watching = NULL;
}

static inline void lose_connection(const char *why)
{
	struct hop_watch *w = watching;

	assert_non_null(w);
	watching = NULL;
	w->lost(w, why);
}

/* ---- the account that nobody looks into ----------------------------------- */

struct sip_auth {
	unsigned int refs;
};

static struct sip_auth account;

struct sip_auth *sip_auth_ref(struct sip_auth *a)
{
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

/* ---- the bench ----------------------------------------------------------- */

static struct clock wall;
static struct random rnd;
static struct sip sip;
static struct registration *reg;
static struct registration_status told;
static unsigned int n_told, n_done;
static bool free_when_told;

static inline void changed(void *arg, const struct registration_status *st)
{
	assert_ptr_equal(arg, &told);
	told = *st;
	n_told++;
	if (free_when_told) {
		registration_free(reg);
		reg = NULL;
	}
}

static inline void done(void *arg)
{
	assert_ptr_equal(arg, &n_done);
	n_done++;
}

static inline struct registration_params params(void)
{
	return (struct registration_params){
		.target = { .host = "proxy.example.com", .listen = -1 },
		.registrar_host = "example.com",
		.aor_user = "bob",
		.aor_domain = "example.com",
		.auth = &account,
		.expires_s = 3600,
	};
}

static inline int set_up(void **state)
{
	struct registration_params p = params();

	(void)state;
	log_set_level(LOG_ERROR);
	parser_start();
	clock_virtual(&wall, 1000 * S_NS, WALL);
	random_seeded(&rnd, 11);
	memset(&sip, 0, sizeof(sip));
	sip.random = &rnd;
	sip.t1_ms = 500;
	if (loop_new(&sip.loop, &wall, 16))
		return -1;
	n_requests = n_told = n_done = 0;
	start_error = 0;
	free_when_told = false;
	local_text = "127.0.0.1:5060";
	way = SIP_UDP;
	account.refs = 0;
	memset(&told, 0, sizeof(told));
	return registration_new(&reg, &sip, &p, changed, &told);
}

static inline int tear_down(void **state)
{
	(void)state;
	registration_free(reg);
	reg = NULL;
	assert_null(outstanding);
	assert_null(watching);
	assert_int_equal(account.refs, 0);
	loop_free(sip.loop);
	return 0;
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

static inline struct registration_status now(void)
{
	struct registration_status st;

	registration_get(reg, &st);
	return st;
}

static inline osip_message_t *request(void)
{
	assert_non_null(outstanding);
	return outstanding->p.request;
}

static inline const char *expires_of(const osip_message_t *m)
{
	osip_header_t *h = NULL;

	osip_message_header_get_byname(m, "expires", 0, &h);
	assert_non_null(h);
	return h->hvalue;
}

static inline void final_answer(int code, const char *phrase,
				const char *headers, const char *note)
{
	struct client *c = outstanding;
	osip_message_t *m;
	char text[2048];

	assert_non_null(c);
	snprintf(text, sizeof(text), "SIP/2.0 %d %s\r\n"
		 "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n"
		 "From: <sip:bob@example.com>;tag=1\r\n"
		 "To: <sip:bob@example.com>;tag=2\r\nCall-ID: x\r\n"
		 "CSeq: 1 REGISTER\r\n%s%sContent-Length: 0\r\n\r\n", code,
		 phrase, headers, *headers ? "\r\n" : "");
	assert_int_equal(osip_message_init(&m), 0);
	assert_int_equal(osip_message_parse(m, text, strlen(text)), 0);
	c->p.response(c->p.arg, m, code, true, note);
	osip_message_free(m);
	run();
}

static inline void answer(int code, const char *headers)
{
	final_answer(code, sip_reason_phrase(code), headers, NULL);
}

/* What client.h tells when nobody answered. */
static inline void time_out(void)
{
	struct client *c = outstanding;

	assert_non_null(c);
	pass_ms(32000);
	if (outstanding == c)
		c->p.response(c->p.arg, NULL, 408, true, NULL);
	run();
}

static inline void start(void)
{
	registration_start(reg, 0);
	assert_int_equal(n_told, 0);
	run();
}

static inline void start_and_bind(const char *headers)
{
	start();
	answer(200, headers);
	assert_int_equal(now().state, REGISTRATION_REGISTERED);
}

#endif
