/*
 * ping.c - is a server alive? OPTIONS outside a dialog, again and again.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/ping.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/build.h"
#include "sip/client.h"
#include "sip/msg.h"

struct ping {
	struct sip *sip;
	struct ping_params params;	/* its strings are ours                */
	char *host, *user, *domain;
	char who[PING_WHO_LEN];
	char call_id[PING_CALL_ID_LEN];	/* of the last that was written        */
	struct client *client;		/* NULL: none is under way             */
	struct timer timer;
	int64_t sent_ns;		/* of the last try                     */
	unsigned int misses;		/* in a row                            */
	struct ping_status status;
};

/* ---- time ----------------------------------------------------------------- */

static void again_in(struct ping *p, int64_t ms)
{
	int64_t tenth = ms / 10;

	ms += (int64_t)random_below(p->sip->random,
				    (uint32_t)(2 * tenth) + 1) - tenth;
	if (timer_set_ms(stack_timers(p->sip), &p->timer, ms))
		log_error("%s: no memory for a timer", p->who);
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static int64_t wait_ms(const struct ping *p, int retry_after_s)
{
	int64_t ms = p->params.interval_s * S_MS, asked_ms;

	if (p->status.state == PING_DOWN)
		ms = least(ms, PING_DOWN_MS);
	else if (p->misses)
		ms = least(ms, PING_AGAIN_MS);
	if (retry_after_s > SIP_REST_MAX_S)
		retry_after_s = SIP_REST_MAX_S;
	/* RFC 3261 20.33: not before that, though chance takes a tenth off.   */
	asked_ms = retry_after_s * S_MS * 12 / 10;
	return ms < asked_ms ? asked_ms : ms;
}

/* ---- the answer ----------------------------------------------------------- */

static void note_reason(struct ping *p, const osip_message_t *resp, int code,
			const char *note)
{
	if (!note || !*note)
		note = resp ? resp->reason_phrase : NULL;
	sip_reason_text(p->status.last_reason, code, note);
}

static void log_change(const struct ping *p)
{
	const struct ping_status *st = &p->status;

	if (st->state == PING_UP)
		log_info("%s: %s is up: %d %s to OPTIONS", p->who, p->host,
			 st->last_code, st->last_reason);
	else if (st->rtt_ms < 0)
		log_warn("%s: %s is down: %s", p->who, p->host,
			 st->last_reason);
	else
		log_warn("%s: %s is down: %d %s to OPTIONS", p->who, p->host,
			 st->last_code, st->last_reason);
}

static enum ping_state judge(struct ping *p, bool alive)
{
	p->misses = alive ? 0 : p->misses + 1;
	if (alive)
		return PING_UP;
	return p->misses >= PING_MISSES ? PING_DOWN : p->status.state;
}

static void on_response(void *arg, const osip_message_t *resp, int code,
			bool final, const char *note)
{
	struct ping *p = arg;
	struct client *c = p->client;
	struct ping_status *st = &p->status, now;
	enum ping_state before = st->state;
	bool alive = resp && code != 503;
	int64_t rtt_ns = stack_now_ns(p->sip) - p->sent_ns;

	if (!final)
		return;
	st->state = judge(p, alive);
	st->last_code = code;
	note_reason(p, resp, code, note);
	hop_server_text(p->status.server, client_hop(c));
	(void)str_copy(st->call_id, sizeof(st->call_id), p->call_id);
	st->at = clock_wall_ms(loop_clock(p->sip->loop));
	st->rtt_ms = resp ? (int)(rtt_ns / MS_NS) : -1;
	again_in(p, wait_ms(p, resp && !alive ? msg_retry_after(resp) : 0));
	p->client = NULL;
	client_free(c);
	if (st->state == before)
		return;
	log_change(p);
	now = *st;
	p->params.changed(p->params.arg, &now);
}

static int on_leaves(void *arg, const osip_message_t *req,
		     const struct hop *hop)
{
	struct ping *p = arg;

	(void)req;
	(void)hop;
	p->sent_ns = stack_now_ns(p->sip);
	return 0;
}

/* ---- the request ---------------------------------------------------------- */

static void put_host(struct buf *b, const char *host)
{
	bool bare_v6 = strchr(host, ':') && *host != '[';

	buf_printf(b, bare_v6 ? "[%s]" : "%s", host);
}

static int make_request(struct ping *p, osip_message_t **mp)
{
	char tag[STACK_TAG_LEN];
	struct buf b;
	int err;

	random_hex(p->sip->random, p->call_id, sizeof(p->call_id) - 1);
	stack_tag(p->sip, tag);
	buf_init(&b, BUILD_MESSAGE_MAX);
	buf_puts(&b, "OPTIONS sip:");
	put_host(&b, p->host);
	if (p->params.port)
		buf_printf(&b, ":%u", p->params.port);
	buf_puts(&b, " SIP/2.0\r\nFrom: <sip:");
	if (*p->user) {
		build_user(&b, p->user);
		buf_putc(&b, '@');
	}
	put_host(&b, p->domain);
	buf_printf(&b, ">;tag=%s\r\nTo: <sip:", tag);
	put_host(&b, p->host);
	buf_printf(&b, ">\r\nCall-ID: %s\r\nCSeq: 1 OPTIONS\r\n"
		   "Accept: application/sdp\r\n\r\n", p->call_id);
	err = b.err ? b.err : build_parse(mp, &b);
	buf_deinit(&b);
	return err;
}

static int send_ping(struct ping *p, const struct sip_target *target)
{
	struct client_params params = {
		.target = *target,
		.auth = p->params.auth,
		.own_target = true,
		.silence_ms = stack_64t1_ms(p->sip) / CLIENT_SHARE,
		.leaves = on_leaves,
		.response = on_response,
		.arg = p,
	};
	int err = make_request(p, &params.request);

	if (!err)
		err = client_new(&p->client, p->sip, &params);
	return err ? err : client_start(p->client);
}

static void on_timer(struct timer *t)
{
	struct ping *p = t->arg;
	struct sip_target target;
	int err;

	if (p->client)
		return;
	if (!p->params.target(p->params.arg, &target)) {
		again_in(p, p->params.interval_s * S_MS);
		return;
	}
	err = send_ping(p, &target);
	if (!err)
		return;
	log_warn("%s: OPTIONS not sent: %s", p->who, strerror(-err));
	client_free(p->client);
	p->client = NULL;
	again_in(p, p->params.interval_s * S_MS);
}

/* ---- the door ------------------------------------------------------------- */

int ping_new(struct ping **pp, struct sip *sip,
	     const struct ping_params *params)
{
	struct ping *p;

	if (!host_is_valid(params->host) || !host_is_valid(params->domain) ||
	    str_has_ctl(params->user) || params->interval_s < 1)
		return -EINVAL;
	p = calloc(1, sizeof(*p));
	if (!p)
		return -ENOMEM;
	p->sip = sip;
	p->params = *params;
	(void)str_copy(p->who, sizeof(p->who), params->who ? params->who :
							     "ping");
	p->status.rtt_ms = -1;
	p->host = strdup(params->host);
	p->user = strdup(params->user);
	p->domain = strdup(params->domain);
	(void)sip_auth_ref(params->auth);
	timer_init(&p->timer, on_timer, p);
	if (!p->host || !p->user || !p->domain) {
		ping_free(p);
		return -ENOMEM;
	}
	*pp = p;
	return 0;
}

void ping_start(struct ping *p, int delay_ms)
{
	if (!p->client &&
	    timer_set_ms(stack_timers(p->sip), &p->timer, delay_ms))
		log_error("%s: no memory for a timer", p->who);
}

void ping_get(const struct ping *p, struct ping_status *st)
{
	*st = p->status;
}

void ping_free(struct ping *p)
{
	if (!p)
		return;
	client_free(p->client);
	timer_stop(stack_timers(p->sip), &p->timer);
	sip_auth_unref(p->params.auth);
	free(p->host);
	free(p->user);
	free(p->domain);
	free(p);
}
