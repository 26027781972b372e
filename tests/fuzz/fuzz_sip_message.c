/*
 * fuzz_sip_message.c - hostile datagrams against the whole signalling stack.
 *
 * Each input is a row of datagrams, split at byte 0x1e. They arrive while a call
 * of ours is out, on a virtual clock and with a fixed seed. "$V", "$F", "$T",
 * "$I" and "$N" stand for Via, From, To, Call-ID and CSeq number of our INVITE,
 * so that answers and requests inside the dialog come through the outer doors.
 *
 * Needs: all of core/sip and core/base; osip2, cares, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/datagram.h"
#include "sip/msg.h"
#include "sip/stack.h"
#include "sip/uac.h"

#define OFFER "v=0\r\no=- 1 1 IN IP4 198.51.100.1\r\ns=-\r\n"

static struct clock now;
static struct random seed;
static struct loop *loop;
static struct sip *sip;
static struct addr peer;
static char invite[4096];		/* the first that was sent             */

static int keep(void *arg, size_t sock, const struct addr *to,
		const void *data, size_t len)
{
	(void)arg;
	(void)sock;
	(void)to;
	if (!*invite && len > 7 && !memcmp(data, "INVITE ", 7))
		str_copy_n(invite, sizeof(invite), data, len);
	return 0;
}

static int offer(void *arg, const char *sdp, size_t len, char *answer,
		 size_t cap)
{
	(void)arg;
	if (answer)
		str_copy(answer, cap, OFFER);
	return sdp && len % 5 == 1 ? 488 : 200;
}

static const struct uac_events events = { .offer = offer };

static void open_stack(void)
{
	struct sip_listen listen;
	struct sip_config cfg = { .random = &seed, .listen = &listen,
				  .n_listen = 1, .t1_ms = 500,
				  .advertise = "198.51.100.1" };
	char which[64];

	log_set_level(LOG_ERROR);
	clock_virtual(&now, 1000 * S_NS, INT64_C(1700000000000));
	random_seeded(&seed, 3);
	if (loop_new(&loop, &now, 8))
		abort();
	cfg.loop = loop;
	if (sip_listen_parse(&listen, "127.0.0.1:0") ||
	    sip_new(&sip, &cfg, which, sizeof(which)) ||
	    addr_parse(&peer, "192.0.2.9:5060", 0))
		abort();
	stack_set_wire(sip, keep, NULL);
}

static void pass(int64_t ms)
{
	struct timers *timers = loop_timers(loop);
	int64_t end = clock_now_ns(&now) + ms * MS_NS, next;

	while ((next = timers_run(timers)) <= end)
		if (next > clock_now_ns(&now))
			clock_advance(&now, next - clock_now_ns(&now));
	clock_advance(&now, end - clock_now_ns(&now));
}

static struct uac *call(void)
{
	struct uac_params p = {
		.request_uri = "sip:123@192.0.2.9", .from_user = "me",
		.sdp = OFFER, .ring_timeout_ms = 5000,
	};
	static const struct sip_account account = { "bob", "secret", NULL };
	struct uac *u = NULL;

	invite[0] = '\0';
	random_seeded(&seed, 3);
	if (sip_auth_new(&p.auth, &account) ||
	    sip_target_parse(&p.target, "192.0.2.9") ||
	    uac_new(&u, sip, &p, &events, NULL) || uac_invite(u))
		abort();
	sip_auth_unref(p.auth);
	pass(1);
	if (!*invite)
		abort();
	return u;
}

static void put_header(struct buf *out, const char *name)
{
	const char *p = strstr(invite, name);

	p += strlen(name);
	buf_write(out, p, strcspn(p, !strcmp(name, "\r\nCSeq: ") ? " " : "\r"));
}

static void expand(struct buf *out, const uint8_t *data, size_t size)
{
	static const struct {
		char letter;
		const char *name;
	} names[] = {
		{ 'V', "\r\nVia: " }, { 'F', "\r\nFrom: " },
		{ 'T', "\r\nTo: " }, { 'I', "\r\nCall-ID: " },
		{ 'N', "\r\nCSeq: " },
	};

	for (size_t i = 0; i < size; i++) {
		size_t n = 0;

		while (data[i] == '$' && i + 1 < size && n < ARRAY_LEN(names) &&
		       names[n].letter != (char)data[i + 1])
			n++;
		if (data[i] != '$' || i + 1 == size || n == ARRAY_LEN(names)) {
			buf_putc(out, (char)data[i]);
			continue;
		}
		put_header(out, names[n].name);
		i++;
	}
}

static void feed(const uint8_t *data, size_t size)
{
	struct hop hop = { .transport = SIP_UDP, .remote = peer };
	struct buf out;
	char *exact;

	buf_init(&out, 65535);
	expand(&out, data, size);
	/* Of its exact size, so that a read past the end is seen.             */
	exact = malloc(out.len + 1);
	if (!out.err && exact) {
		memcpy(exact, out.len ? out.data : "", out.len);
		exact = realloc(exact, out.len ? out.len : 1);
		datagram_receive(sip, &hop, exact, out.len);
		datagram_refused(sip, &peer, -ECONNREFUSED, exact, out.len);
	}
	free(exact);
	buf_deinit(&out);
	pass(1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sip_stats st;
	struct uac *u;

	if (!sip)
		open_stack();
	u = call();
	while (size) {
		const uint8_t *end = memchr(data, 0x1e, size);
		size_t n = end ? (size_t)(end - data) : size;

		feed(data, n);
		data += end ? n + 1 : n;
		size -= end ? n + 1 : n;
	}
	uac_free(u);
	pass(200000);
	sip_get_stats(sip, &st);
	if (st.transactions || st.dialogs || map_count(sip->accepted))
		abort();
	return 0;
}
