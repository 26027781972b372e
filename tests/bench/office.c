/*
 * office.c - a signalling stack of its own that makes calls: what is measured.
 */
/* SPDX-License-Identifier: MIT */
#include "office.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/random.h"
#include "base/str.h"
#include "sip/uac.h"

enum {
	T1_MS = 500,
	TRACE_BYTES = 4096 * 1024,	/* sip.trace_kb as an operator has it  */
	RING_TIMEOUT_MS = 24 * 3600 * 1000,
	PATIENCE_MS = 10000,
};

#define OFFER \
	"v=0\r\n" \
	"o=- 8839021 8839021 IN IP4 127.0.0.1\r\n" \
	"s=-\r\n" \
	"c=IN IP4 127.0.0.1\r\n" \
	"t=0 0\r\n" \
	"m=audio 20000 RTP/AVP 8 0 18 101\r\n" \
	"a=rtpmap:8 PCMA/8000\r\n" \
	"a=rtpmap:0 PCMU/8000\r\n" \
	"a=rtpmap:18 G729/8000\r\n" \
	"a=fmtp:18 annexb=no\r\n" \
	"a=rtpmap:101 telephone-event/8000\r\n" \
	"a=fmtp:101 0-16\r\n" \
	"a=ptime:20\r\n" \
	"a=sendrecv\r\n"

struct office {
	struct clock clock;		/* virtual_ns: how far it was put
					 * forward                             */
	struct loop *loop;
	struct sip *sip;
	struct addr peer;
	struct uac_params params;
	struct sip_auth *auth;
	size_t ringing, answered, ended, wrong;
	struct call **rung;		/* those that stay                     */
	size_t n_rung;
};

struct call {
	struct office *o;
	struct uac *uac;
};

/* ---- the clock ------------------------------------------------------------ */

static int64_t mono_ns(const struct clock *c)
{
	return clock_now_ns(clock_system()) + c->virtual_ns;
}

static int64_t wall_ms(const struct clock *c)
{
	return clock_wall_ms(clock_system()) + c->virtual_ns / MS_NS;
}

/* ---- what a call tells ---------------------------------------------------- */

static int local_offer(void *arg, const struct addr *local, char *sdp,
		       size_t cap)
{
	(void)arg;
	(void)local;
	return str_copy(sdp, cap, OFFER);
}

static void provisional(void *arg, int code, const char *reason)
{
	struct call *c = arg;

	(void)reason;
	if (code == 180)
		c->o->ringing++;
}

static void answered(void *arg, int code, const char *sdp, size_t len)
{
	struct call *c = arg;

	(void)code;
	(void)sdp;
	if (!len)
		c->o->wrong++;
	c->o->answered++;
	uac_hangup(c->uac, 16);
}

static void ended(void *arg, const struct uac_result *result)
{
	struct call *c = arg;

	if (result->end != UAC_END_BYE_SENT &&
	    (result->end != UAC_END_FAILED || result->code != 486))
		c->o->wrong++;
	c->o->ended++;
	uac_free(c->uac);
	free(c);
}

static const struct uac_events events = {
	.local_offer = local_offer,
	.provisional = provisional,
	.answered = answered,
	.ended = ended,
};

/* ---- calls ---------------------------------------------------------------- */

static int begin(struct office *o, const char *user, struct call **cp)
{
	struct call *c = calloc(1, sizeof(*c));
	char uri[128];
	int err;

	if (!c)
		return -ENOMEM;
	c->o = o;
	(void)str_printf(uri, sizeof(uri), "sip:%s@127.0.0.1:%u", user,
			 addr_port(&o->peer));
	o->params.request_uri = uri;
	err = uac_new(&c->uac, o->sip, &o->params, &events, c);
	if (!err)
		err = uac_invite(c->uac);
	if (err) {
		uac_free(c->uac);
		free(c);
		return err;
	}
	*cp = c;
	return 0;
}

static bool is_late(struct office *o, int64_t since_ns)
{
	return clock_now_ns(&o->clock) - since_ns > PATIENCE_MS * MS_NS;
}

int office_calls(struct office *o, size_t n, const char *user, size_t at_once)
{
	int64_t since = clock_now_ns(&o->clock);
	size_t begun = 0, before = o->answered;
	struct call *c;
	int err = 0;

	o->ended = o->wrong = 0;
	while (o->ended < n && !err) {
		while (begun < n && begun - o->ended < at_once && !err) {
			err = begin(o, user, &c);
			begun++;
		}
		loop_once(o->loop, 1000);
		if (o->wrong || is_late(o, since))
			err = -EPROTO;
	}
	if (!err && !strcmp(user, "answer") && o->answered != before + n)
		err = -EPROTO;
	return err;
}

int office_ring(struct office *o, size_t n, size_t at_once)
{
	int64_t since = clock_now_ns(&o->clock);
	int err = 0;

	o->rung = calloc(n, sizeof(struct call *));
	if (!o->rung)
		return -ENOMEM;
	o->ringing = o->wrong = 0;
	while (o->ringing < n && !err) {
		while (o->n_rung < n && o->n_rung - o->ringing < at_once &&
		       !err) {
			err = begin(o, "ring", &o->rung[o->n_rung]);
			o->n_rung += !err;
		}
		loop_once(o->loop, 1000);
		if (o->wrong || is_late(o, since))
			err = -EPROTO;
	}
	return err;
}

void office_pass(struct office *o)
{
	o->clock.virtual_ns += 65 * T1_MS * MS_NS;
	/* A timer may set another one that is due as well.                    */
	while (timers_next_ns(loop_timers(o->loop)) <= clock_now_ns(&o->clock))
		loop_once(o->loop, 0);
}

size_t office_transactions(const struct office *o)
{
	struct sip_stats stats;

	sip_get_stats(o->sip, &stats);
	return (size_t)stats.transactions;
}

/* ---- life ----------------------------------------------------------------- */

static int start(struct office *o, const char *listen_ip)
{
	struct sip_listen listen = { .transport = SIP_UDP };
	struct sip_config cfg = {
		.random = random_system(),
		.listen = &listen, .n_listen = 1,
		.user_agent = "carillon",
		.t1_ms = T1_MS,
		.trace_bytes = TRACE_BYTES,
	};
	char which[96];
	int err = loop_new(&o->loop, &o->clock, 16);

	if (err)
		return err;
	cfg.loop = o->loop;
	addr_parse_ip(&listen.addr, listen_ip, 0);
	return sip_new(&o->sip, &cfg, which, sizeof(which));
}

int office_open(struct office **op, const struct addr *peer,
		const char *listen_ip)
{
	const struct sip_account account = { .username = "8001234567",
					     .password = "secret" };
	struct office *o = calloc(1, sizeof(*o));
	int err;

	if (!o)
		return -ENOMEM;
	o->clock = (struct clock){ .mono_ns = mono_ns, .wall_ms = wall_ms };
	o->peer = *peer;
	o->params = (struct uac_params){
		.target = { .host = "127.0.0.1", .port = addr_port(peer),
			    .transport = SIP_UDP, .listen = -1 },
		.from_user = "8001234567",
		.ring_timeout_ms = RING_TIMEOUT_MS,
	};
	err = sip_auth_new(&o->auth, &account);
	o->params.auth = o->auth;
	if (!err)
		err = start(o, listen_ip);
	if (err)
		office_close(o);
	else
		*op = o;
	return err;
}

void office_close(struct office *o)
{
	for (size_t i = 0; i < o->n_rung; i++) {
		uac_free(o->rung[i]->uac);
		free(o->rung[i]);
	}
	free(o->rung);
	sip_free(o->sip);
	sip_auth_unref(o->auth);
	loop_free(o->loop);
	free(o);
}
