/*
 * register_bench.h - a registration on a virtual clock, for its tests.
 *
 * transport.h is played here and client.h in client_double.h: a test answers the
 * request in hand, and loses the connection. Included once per program.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_REGISTER_BENCH_H
#define UNIT_REGISTER_BENCH_H

#include "client_double.h"
#include "sip/register.h"
#include "sip/transport.h"

#define OWN "Contact: <sip:bob@127.0.0.1:5060>"

/* ---- the way that is not there -------------------------------------------- */

void hop_sent_by(const struct sip *s, const struct hop *h, struct buf *out)
{
	char text[ADDR_TEXT_LEN];

	(void)s;
	addr_text(&h->local, text);
	buf_puts(out, text);
}

static struct hop_watch *watching;

void hop_watch(struct sip *s, const struct hop *h, struct hop_watch *w)
{
	(void)s;
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

/* ---- the bench ----------------------------------------------------------- */

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
	if (double_open())
		return -1;
	n_told = n_done = 0;
	free_when_told = false;
	memset(&told, 0, sizeof(told));
	return registration_new(&reg, &sip, &p, changed, &told);
}

static inline int tear_down(void **state)
{
	(void)state;
	registration_free(reg);
	reg = NULL;
	assert_null(watching);
	double_close();
	return 0;
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
