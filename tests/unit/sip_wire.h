/*
 * sip_wire.h - a signalling stack on a virtual clock, with nothing behind it.
 *
 * What the stack sends is kept here with its time; what it receives is written
 * by the test. Included once per program.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_SIP_WIRE_H
#define UNIT_SIP_WIRE_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/datagram.h"
#include "sip/sip.h"
#include "sip/stack.h"

#define WIRE_MAX 4096
#define PEER "192.0.2.9:5060"

struct sent {
	char *text;
	struct addr to;
	int64_t at_ms;			/* since the start                     */
};

static struct clock wire_clock;
static struct random wire_random;
static struct loop *wire_loop;
static struct sip *sip;
static struct sent sent[WIRE_MAX];
static size_t n_sent;
static int wire_error;			/* what sending returns                */
static bool wire_mute;			/* count only                          */
static bool wire_has_v6;		/* a second socket, on ::1             */
static const struct addr *wire_dns;	/* a name server, NULL: the system's   */

static inline int64_t wire_ms(void)
{
	return clock_now_ms(&wire_clock) - 1000000;
}

static inline int wire_send(void *arg, size_t sock, const struct addr *to,
			    const void *data, size_t len)
{
	(void)arg;
	(void)sock;
	if (wire_error)
		return wire_error;
	if (wire_mute)
		return 0;
	assert_true(n_sent < WIRE_MAX);
	sent[n_sent] = (struct sent){ strndup(data, len), *to, wire_ms() };
	n_sent++;
	return 0;
}

static inline void wire_forget(void)
{
	for (size_t i = 0; i < n_sent; i++)
		free(sent[i].text);
	n_sent = 0;
}

static inline int wire_open_with(const char *advertise)
{
	struct sip_listen listen[2];
	struct sip_config cfg = {
		.random = &wire_random, .listen = listen,
		.n_listen = wire_has_v6 ? 2 : 1,
		.user_agent = "carillon/test", .t1_ms = 500,
		.advertise = advertise,
		.dns_servers = wire_dns, .n_dns_servers = wire_dns ? 1 : 0,
	};
	char which[64];

	log_set_level(LOG_ERROR);
	clock_virtual(&wire_clock, 1000 * S_NS, INT64_C(1700000000000));
	random_seeded(&wire_random, 7);
	if (loop_new(&wire_loop, &wire_clock, 16))
		return -1;
	cfg.loop = wire_loop;
	if (sip_listen_parse(&listen[0], "udp:127.0.0.1:0") ||
	    sip_listen_parse(&listen[1], "udp:[::1]:0"))
		return -1;
	if (sip_new(&sip, &cfg, which, sizeof(which)))
		return -1;
	stack_set_wire(sip, wire_send, NULL);
	n_sent = 0;
	wire_error = 0;
	wire_mute = false;
	return 0;
}

static inline int wire_set_up(void **state)
{
	(void)state;
	return wire_open_with("198.51.100.1:5060");
}

static inline int wire_tear_down(void **state)
{
	(void)state;
	sip_free(sip);
	sip = NULL;
	loop_free(wire_loop);
	wire_forget();
	return 0;
}

/* What is due now, and what follows from it at once.                          */
static inline void wire_settle(void)
{
	for (int i = 0; i < 8; i++)
		loop_once(wire_loop, 0);
}

/* Time passes from deadline to deadline, so that each fires at its own moment. */
static inline void wire_pass(int64_t ms)
{
	int64_t end = clock_now_ns(&wire_clock) + ms * MS_NS;

	wire_settle();
	for (;;) {
		int64_t next = timers_next_ns(loop_timers(wire_loop));
		int64_t now = clock_now_ns(&wire_clock);

		if (next > end)
			break;
		if (next > now)
			clock_advance(&wire_clock, next - now);
		wire_settle();
	}
	clock_advance(&wire_clock, end - clock_now_ns(&wire_clock));
	wire_settle();
}

/* The way from and to a peer by our first socket.                             */
static inline void wire_hop(struct hop *hop, const struct addr *peer)
{
	*hop = (struct hop){ .transport = SIP_UDP, .remote = *peer };
	(void)sip_listen_addr(sip, 0, &hop->local);
}

static inline void wire_receive_from(const char *from, const char *text,
				     size_t len)
{
	struct hop hop;
	struct addr a;

	assert_int_equal(addr_parse(&a, from, 5060), 0);
	wire_hop(&hop, &a);
	datagram_receive(sip, &hop, text, len);
	wire_settle();
}

static inline void wire_receive(const char *text)
{
	wire_receive_from(PEER, text, strlen(text));
}

/* ---- reading what was sent ------------------------------------------------ */

static inline const char *last(void)
{
	assert_true(n_sent > 0);
	return sent[n_sent - 1].text;
}

static inline bool starts(const char *text, const char *with)
{
	return !strncmp(text, with, strlen(with));
}

/* Value of the nth header of that name, in one of 8 buffers that take turns;
 * NULL if there is none.                                                      */
static inline const char *header_nth(const char *text, const char *name,
				     int nth)
{
	static char values[8][1024];
	static unsigned int turn;
	char *value = values[turn++ % 8];
	size_t n = strlen(name);
	const char *p = strstr(text, "\r\n");

	for (; p && !starts(p, "\r\n\r\n"); p = strstr(p, "\r\n")) {
		p += 2;
		if (strncasecmp(p, name, n) || p[n] != ':' || nth-- > 0)
			continue;
		p += n + 1;
		p += strspn(p, " ");
		assert_int_equal(str_copy_n(value, 1024, p,
					    strcspn(p, "\r")), 0);
		return value;
	}
	return NULL;
}

static inline const char *header(const char *text, const char *name)
{
	return header_nth(text, name, 0);
}

/* The number that a header begins with.                                       */
static inline long number(const char *text, const char *name)
{
	const char *value = header(text, name);

	assert_non_null(value);
	return strtol(value, NULL, 10);
}

static inline const char *branch_of(const char *text)
{
	const char *p = strstr(header(text, "Via"), "branch=");

	assert_non_null(p);
	return p + 7;
}

static inline const char *body_of(const char *text)
{
	const char *p = strstr(text, "\r\n\r\n");

	assert_non_null(p);
	return p + 4;
}

/* How many of what was sent begin with that.                                  */
static inline size_t count_sent(const char *with)
{
	size_t n = 0;

	for (size_t i = 0; i < n_sent; i++)
		n += starts(sent[i].text, with);
	return n;
}

static inline const char *nth_sent(const char *with, size_t nth)
{
	for (size_t i = 0; i < n_sent; i++)
		if (starts(sent[i].text, with) && nth-- == 0)
			return sent[i].text;
	fail_msg("%s was not sent", with);
	return NULL;
}

/* ---- answering ------------------------------------------------------------ */

/* An answer to `request` as a peer would write it. `more` are whole lines.    */
static inline void wire_answer(const char *request, int code,
			       const char *to_tag, const char *more,
			       const char *body)
{
	char text[8192];
	const char *to = header(request, "To");
	bool tag = *to_tag && !strstr(to, ";tag=");

	assert_int_equal(str_printf(text, sizeof(text),
		"SIP/2.0 %d %s\r\nVia: %s\r\nFrom: %s\r\nTo: %s%s%s\r\n"
		"Call-ID: %s\r\nCSeq: %s\r\n%sContent-Length: %zu\r\n\r\n%s",
		code, sip_reason_phrase(code), header(request, "Via"),
		header(request, "From"), to, tag ? ";tag=" : "",
		tag ? to_tag : "", header(request, "Call-ID"),
		header(request, "CSeq"), more, strlen(body), body), 0);
	wire_receive(text);
}

static inline void wire_simple(const char *request, int code)
{
	wire_answer(request, code, code > 100 ? "peer" : "", "", "");
}

#endif
