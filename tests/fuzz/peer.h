/*
 * peer.h - a far end that follows a script of bytes, against the real stack.
 *
 * A script is a row of lines, one step each; any bytes are a script, since each
 * letter is taken modulo the choices that there are. The stack runs on a virtual
 * clock with seeded random numbers, and its datagrams end here: they must be
 * messages that can be read, in a number that has a bound.
 *
 *	a B CODE T S HEADERS	answers the Bth last request of the stack (0: the
 *				last): "a0200a1X: y~Z: w" is a 200 with To tag a,
 *				body 1, and two more headers
 *	w T			so much time passes
 *	d			the last message once more
 *	m P V ...		bytes of the next message are overwritten
 *	i B			ICMP says that the Bth last did not get there
 *	e N			sending fails from now on (N odd), or works again
 *
 * Other letters are for the target that includes this. Once per program.
 */
/* SPDX-License-Identifier: MIT */
#ifndef FUZZ_PEER_H
#define FUZZ_PEER_H

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/auth.h"
#include "sip/build.h"
#include "sip/datagram.h"
#include "sip/msg.h"
#include "sip/stack.h"

#define PASSWORD "s3cret"
#define PEER_SDP "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\n" \
	"c=IN IP4 198.51.100.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 0\r\n"

enum {
	PEER_KEPT = 8,			/* requests that may be answered       */
	PEER_STEPS = 64,
	PEER_LASTS_MS = 4 * 3600000,	/* a script; longer waits are skipped  */
	PEER_MUTATIONS = 16,
	/* Of the stack, at one moment: more is a loop. A 2xx of each fork is
	 * ACKed and BYEd, and a moment may end many transactions.             */
	PEER_BURST = 200,
	PEER_MESSAGE = 4096,
};

static struct clock now;
static struct random seed;
static struct loop *loop;
static struct sip *sip;
static struct hop peer;

/* What the stack sent, the last first at [n % PEER_KEPT].                     */
static char requests[PEER_KEPT][PEER_MESSAGE];
static size_t n_requests;
static char last_received[2 * PEER_MESSAGE];
static size_t last_len;
static int wire_error;
static unsigned int burst;
static uint32_t peer_cseq;
static uint8_t mutations[PEER_MUTATIONS][2];
static size_t n_mutations;
static int64_t begun_ns;

/* The target's own look at each message of the stack.                         */
static void target_sees(const char *text, const osip_message_t *m);

/* ---- from the stack ------------------------------------------------------- */

/* A 400 repeats the headers that were broken (RFC 3261 8.2.6.2).              */
static osip_message_t *must_read(const char *data, size_t len)
{
	osip_message_t *m = NULL;
	const char *why;

	if (msg_parse(&m, data, len, &why) &&
	    !(m && MSG_IS_RESPONSE(m) && m->status_code == 400)) {
		fprintf(stderr, "%s: %.*s\n", why, (int)len, data);
		abort();
	}
	return m;
}

/* A repetition, which is nothing new to look at or to answer.                 */
static bool is_known(const char *data, size_t len)
{
	for (size_t i = 0; i < PEER_KEPT && i < n_requests; i++)
		if (!strncmp(requests[i], data, len) && !requests[i][len])
			return true;
	return false;
}

static int wire(void *arg, size_t sock, const struct addr *to,
		const void *data, size_t len)
{
	osip_message_t *m;
	char *text;

	(void)arg;
	(void)sock;
	(void)to;
	if (++burst > PEER_BURST)
		abort();
	if (wire_error || (len < PEER_MESSAGE && is_known(data, len)))
		return wire_error;
	m = must_read(data, len);
	text = strndup(data, len);
	if (!text)
		abort();
	target_sees(text, m);
	if (MSG_IS_REQUEST(m) && !MSG_IS_ACK(m) && len < PEER_MESSAGE)
		str_copy(requests[n_requests++ % PEER_KEPT], PEER_MESSAGE,
			 text);
	free(text);
	osip_message_free(m);
	return 0;
}

/* ---- life ----------------------------------------------------------------- */

static void peer_open(void)
{
	struct sip_listen listen;
	struct sip_config cfg = { .random = &seed, .listen = &listen,
				  .n_listen = 1, .t1_ms = 500,
				  .user_agent = "fuzz/1", .n_dns_servers = 1,
				  .advertise = "198.51.100.1" };
	struct addr nobody;
	char which[64];

	log_set_level((enum log_level)(LOG_ERROR - 1));	/* nothing     */
	clock_virtual(&now, 1000 * S_NS, INT64_C(1700000000000));
	random_seeded(&seed, 3);
	cfg.dns_servers = &nobody;
	if (loop_new(&loop, &now, 8) || addr_parse(&nobody, "127.0.0.1:9", 0))
		abort();
	cfg.loop = loop;
	peer.transport = SIP_UDP;
	if (sip_listen_parse(&listen, "127.0.0.1:0") ||
	    sip_new(&sip, &cfg, which, sizeof(which)) ||
	    sip_listen_addr(sip, 0, &peer.local) ||
	    addr_parse(&peer.remote, "192.0.2.9:5060", 0))
		abort();
	stack_set_wire(sip, wire, NULL);
}

static void peer_begin(void)
{
	if (!sip)
		peer_open();
	random_seeded(&seed, 3);
	n_requests = last_len = n_mutations = 0;
	wire_error = 0;
	burst = 0;
	peer_cseq = 100;
	begun_ns = clock_now_ns(&now);
}

static void pass(int64_t ms)
{
	struct timers *timers = loop_timers(loop);
	int64_t end = clock_now_ns(&now) + ms * MS_NS, next;

	burst = 0;
	while ((next = timers_run(timers)) <= end)
		if (next > clock_now_ns(&now)) {
			clock_advance(&now, next - clock_now_ns(&now));
			burst = 0;
		}
	clock_advance(&now, end - clock_now_ns(&now));
}

/* Nothing may be left of what a run has begun.                                */
static void peer_end(void)
{
	struct sip_stats st;

	wire_error = 0;
	pass(400000);
	sip_get_stats(sip, &st);
	if (st.transactions || st.dialogs || map_count(sip->accepted) ||
	    !LIST_EMPTY(&sip->orphans))
		abort();
}

/* ---- to the stack --------------------------------------------------------- */

static void deliver(const char *text, size_t len)
{
	char *exact;

	/* Of its exact size, so that a read past the end is seen.             */
	exact = malloc(len ? len : 1);
	if (!exact)
		abort();
	memcpy(exact, text, len);
	datagram_receive(sip, &peer, exact, len);
	free(exact);
	pass(0);
}

static void send_to_stack(struct buf *b)
{
	if (b->err || b->len > sizeof(last_received))
		return;
	for (size_t i = 0; i < n_mutations && b->len; i++)
		b->data[mutations[i][0] * b->len / 256] =
			(char)mutations[i][1];
	n_mutations = 0;
	memcpy(last_received, b->data, b->len);
	last_len = b->len;
	deliver(last_received, last_len);
}

/* The value of a header of ours, which are never folded.                      */
static void put_value(struct buf *b, const char *text, const char *name)
{
	const char *p = strstr(text, name);

	if (!p)
		abort();
	p += strlen(name);
	buf_write(b, p, strcspn(p, "\r"));
}

static void put_header(struct buf *b, const char *text, const char *name)
{
	buf_puts(b, name + 2);
	put_value(b, text, name);
	buf_puts(b, "\r\n");
}

/* "~" ends a header of the script; "!" in front leaves out the Contact.       */
static void put_script_headers(struct buf *b, const char *s, size_t len)
{
	if (len && *s == '!') {
		s++;
		len--;
	} else {
		buf_puts(b, "Contact: <sip:peer@192.0.2.9:5062>\r\n");
	}
	if (!len)
		return;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '~')
			buf_puts(b, "\r\n");
		else
			buf_putc(b, s[i]);
	}
	buf_puts(b, "\r\n");
}

static void put_body(struct buf *b, unsigned int which)
{
	static const char *const bodies[] = {
		"", PEER_SDP,
		"v=0\r\no=- 1 2 IN IP4 192.0.2.9\r\ns=-\r\n"
		"c=IN IP4 0.0.0.0\r\nt=0 0\r\nm=audio 6000 RTP/AVP 8 0\r\n"
		"a=sendonly\r\n",
		"v=0\r\no=- 1 3 IN IP4 192.0.2.9\r\ns=-\r\nt=0 0\r\n"
		"m=audio 0 RTP/AVP 0\r\n",
		"v=0\r\nm=audio", "--b\r\nContent-Type: application/sdp\r\n"
		"\r\n" PEER_SDP "\r\n--b--\r\n", "Signal=1\r\n",
	};
	const char *body = bodies[which % ARRAY_LEN(bodies)];
	const char *type = "application/sdp";

	if (body[0] == '-')
		type = "multipart/mixed;boundary=b";
	if (body[0] == 'S')
		type = "application/dtmf-relay";
	if (*body)
		buf_printf(b, "Content-Type: %s\r\n", type);
	buf_printf(b, "Content-Length: %zu\r\n\r\n%s", strlen(body), body);
}

/* ---- steps ---------------------------------------------------------------- */

struct step {
	const char *p;
	size_t len;
};

/* The next letter, '0' where the line has ended.                              */
static unsigned int letter(struct step *s)
{
	if (!s->len)
		return '0';
	s->len--;
	return (unsigned char)*s->p++;
}

/* A digit, or whatever stands there, counted from '0'.                        */
static unsigned int number(struct step *s, unsigned int choices)
{
	return (uint8_t)(letter(s) - '0') % choices;
}

static const char *nth_request(struct step *s)
{
	size_t back = number(s, PEER_KEPT);

	if (back >= n_requests)
		return NULL;
	return requests[(n_requests - 1 - back) % PEER_KEPT];
}

static void put_tag(struct buf *b, unsigned int tag)
{
	if (tag > ' ' && tag < 0x7f && !strchr("0;,\"<>", (int)tag))
		buf_printf(b, ";tag=%c", (int)tag);
}

static void step_answer(struct step *s)
{
	const char *to = nth_request(s);
	const char *request = to;
	unsigned int code = 100 * (1 + (number(s, 6) + 5) % 6);
	unsigned int tag, body;
	struct buf b;

	code += 10 * number(s, 10);
	code += number(s, 10);
	tag = letter(s);
	body = number(s, 7);
	if (!request)
		return;
	buf_init(&b, sizeof(last_received));
	buf_printf(&b, "SIP/2.0 %u Fuzz\r\n", code);
	put_header(&b, request, "\r\nVia: ");
	put_header(&b, request, "\r\nFrom: ");
	buf_puts(&b, "To: ");
	put_value(&b, request, "\r\nTo: ");
	to = strstr(request, "\r\nTo: ") + 2;
	if (!memmem(to, strcspn(to, "\r"), ";tag=", 5))
		put_tag(&b, tag);
	buf_puts(&b, "\r\n");
	put_header(&b, request, "\r\nCall-ID: ");
	put_header(&b, request, "\r\nCSeq: ");
	put_script_headers(&b, s->p, s->len);
	put_body(&b, body);
	send_to_stack(&b);
	buf_deinit(&b);
}

static void step_wait(struct step *s)
{
	static const int64_t times[] = {
		0, 1, 200, 500, 1000, 2000, 4000, 5000, 16000, 32000, 64000,
		95000, 200000, 900000, 1800000, 3600000,
	};

	if (clock_now_ns(&now) - begun_ns < PEER_LASTS_MS * MS_NS)
		pass(times[number(s, ARRAY_LEN(times))]);
}

static void step_mutate(struct step *s)
{
	while (s->len > 1 && n_mutations < PEER_MUTATIONS) {
		mutations[n_mutations][0] = (uint8_t)letter(s);
		mutations[n_mutations++][1] = (uint8_t)letter(s);
	}
}

static void step_icmp(struct step *s)
{
	const char *request = nth_request(s);

	if (request)
		datagram_refused(sip, &peer.remote, -ECONNREFUSED, request,
				 strlen(request));
	pass(0);
}

/* True if it was one of those that every target knows.                        */
static bool common_step(unsigned int which, struct step *s)
{
	switch (which) {
	case 'a':
		step_answer(s);
		return true;
	case 'w':
		step_wait(s);
		return true;
	case 'd':
		if (last_len)
			deliver(last_received, last_len);
		return true;
	case 'm':
		step_mutate(s);
		return true;
	case 'i':
		step_icmp(s);
		return true;
	case 'e':
		wire_error = number(s, 2) ? -ENETUNREACH : 0;
		return true;
	default:
		return false;
	}
}

/* Each line of the script as a step.                                          */
static void play(const uint8_t *data, size_t size,
		 void (*own)(unsigned int which, struct step *s))
{
	const char *p = (const char *)data, *end = p + size;

	for (int i = 0; p < end && i < PEER_STEPS; i++) {
		const char *lf = memchr(p, '\n', (size_t)(end - p));
		struct step s = { p, (size_t)((lf ? lf : end) - p) };
		unsigned int which = letter(&s);

		if (!common_step(which, &s))
			own(which, &s);
		p = lf ? lf + 1 : end;
	}
}

#endif
