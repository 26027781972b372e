/*
 * accepted_leg.c - one 2xx with its To tag: its ACK, and the BYE of a surplus
 * one (RFC 3261 13.2.2.4).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/accepted_impl.h"
#include "sip/build.h"
#include "sip/credentials.h"

/* ---- BYE of a fork -------------------------------------------------------- */

static void on_bye_answer(void *arg, const osip_message_t *resp, int code,
			  bool final, const char *note)
{
	struct leg *leg = arg;

	(void)resp;
	(void)code;
	(void)note;
	if (!final)
		return;
	client_free(leg->bye);
	leg->bye = NULL;
}

static void send_bye(struct leg *leg)
{
	struct accepted *a = leg->a;
	struct client_params p = {
		.auth = a->auth,
		.response = on_bye_answer,
		.arg = leg,
	};
	int err = dialog_next_hop(&leg->dialog, &p.target);

	if (!err)
		err = dialog_request(&leg->dialog, "BYE",
				     leg->dialog.local_cseq + 1, &p.request);
	if (!err)
		err = client_new(&leg->bye, a->sip, &p);
	if (!err)
		err = client_start(leg->bye);
	if (err) {
		log_warn("sip: BYE of a fork not sent: error %d", -err);
		client_free(leg->bye);
		leg->bye = NULL;
	}
}

/* ---- ACK ------------------------------------------------------------------ */

/* Via, second of all lines, Max-Forwards, and what 22.1 asks for.             */
static void write_ack(const struct leg *leg, const char *sent_by,
		      struct buf *out)
{
	const struct accepted *a = leg->a;
	const char *lines = strchr(leg->ack, '\n') + 1;
	char branch[STACK_BRANCH_LEN];

	stack_branch(a->sip, branch);
	buf_write(out, leg->ack, (size_t)(lines - leg->ack));
	build_via(out, leg->hop.transport, sent_by, branch);
	buf_puts(out, lines);
	buf_puts(out, "Max-Forwards: 70\r\n");
	if (a->credentials && credentials_may_go(a->auth, &leg->hop))
		buf_puts(out, a->credentials);
	buf_puts(out, "Content-Length: 0\r\n\r\n");
}

static int complete_ack(struct leg *leg)
{
	struct buf sent_by, out;
	int err;

	buf_init(&sent_by, SIP_HOST_LEN + 16);
	buf_init(&out, BUILD_MESSAGE_MAX);
	hop_sent_by(leg->a->sip, &leg->hop, &sent_by);
	if (!sent_by.err)
		write_ack(leg, sent_by.data, &out);
	err = sent_by.err ? sent_by.err : out.err;
	buf_deinit(&sent_by);
	if (!err) {
		leg->wire_len = out.len;
		leg->wire = buf_take(&out);
	}
	buf_deinit(&out);
	return err;
}

static int first_ack(struct leg *leg, const struct resolve_result *result)
{
	struct sip *sip = leg->a->sip;
	const struct resolve_way *way = &result->ways[0];
	int err = result->err;

	if (!err)
		err = hop_open(&leg->hop, sip, way->transport, &way->addr,
			       leg->name, leg->a->way.listen);
	if (!err)
		err = complete_ack(leg);
	if (err)
		return err;
	/* One that does not get out counts as lost on the way: the far end then
	 * repeats its 2xx, and is answered with the same ACK.                 */
	(void)hop_send(sip, &leg->hop, leg->wire, leg->wire_len);
	return 0;
}

/* The connection that it went by may be gone; then by another (13.2.2.4).     */
void leg_repeat_ack(struct leg *leg)
{
	struct sip *sip = leg->a->sip;

	if (!hop_is_open(sip, &leg->hop) &&
	    hop_open(&leg->hop, sip, leg->hop.transport, &leg->hop.remote,
		     leg->name, leg->a->way.listen))
		return;
	(void)hop_send(sip, &leg->hop, leg->wire, leg->wire_len);
}

static bool is_blind(const struct leg *leg)
{
	return leg->dialog.blind.sa.sa_family != AF_UNSPEC;
}

/* A fork whose Contact or Record-Route lead nowhere is ended all the same.     */
static int end_blindly(struct leg *leg)
{
	struct accepted *a = leg->a;
	int err = dialog_go_blind(&leg->dialog, a->request_uri, &a->way);

	return err ? err : leg_ack(leg, &leg->dialog);
}

static void on_resolved(void *arg, const struct resolve_result *result)
{
	struct leg *leg = arg;
	void (*done)(void *, int) = leg->done;
	int err;

	leg->query = NULL;
	err = first_ack(leg, result);
	if (err && leg->surplus && !is_blind(leg) && !end_blindly(leg))
		return;
	free(leg->ack);
	leg->ack = NULL;
	leg->done = NULL;
	if (err)
		log_warn("sip: ACK not sent: error %d", -err);
	if (leg->surplus)
		send_bye(leg);
	if (done)
		done(leg->arg, err);
}

/* 13.2.2.4: the CSeq number of the INVITE, its credentials, a branch of its own
 * (given when the address is known).                                          */
static int make_ack(struct leg *leg, const struct dialog *d)
{
	struct buf out;
	int err;

	buf_init(&out, BUILD_MESSAGE_MAX);
	err = dialog_write(d, "ACK", leg->cseq, &out);
	if (!err) {
		free(leg->ack);
		leg->ack = buf_take(&out);
	}
	buf_deinit(&out);
	return err;
}

static int start_ack(struct leg *leg, const struct sip_target *t)
{
	struct sip *sip = leg->a->sip;
	struct resolve_reach reach;
	int err = str_set(&leg->name, *t->name ? t->name : t->host);

	if (err)
		return err;
	hop_reach(sip, t->listen, &reach);
	return resolve_start(&leg->query, sip->resolver, t, &reach,
			     on_resolved, leg);
}

int leg_ack(struct leg *leg, const struct dialog *d)
{
	struct sip_target t;
	int err = make_ack(leg, d);

	if (!err)
		err = dialog_next_hop(d, &t);
	return err ? err : start_ack(leg, &t);
}

int leg_expect(struct leg *leg, const struct dialog *d)
{
	struct sip_target *t = malloc(sizeof(*t));
	int err = t ? make_ack(leg, d) : -ENOMEM;

	if (!err)
		err = dialog_next_hop(d, t);
	if (err)
		free(t);
	else
		leg->expected = t;
	return err;
}

void leg_ack_expected(struct leg *leg)
{
	int err = start_ack(leg, leg->expected);

	/* Then the next repetition of the 2xx finds it again.                 */
	if (err) {
		log_warn("sip: ACK not sent: error %d", -err);
		return;
	}
	free(leg->expected);
	leg->expected = NULL;
}

int leg_end(struct leg *leg, const osip_message_t *resp)
{
	struct accepted *a = leg->a;
	int err = dialog_init(&leg->dialog, resp, a->request_uri, &a->way);

	if (err)
		err = dialog_init_blind(&leg->dialog, resp, a->request_uri,
					&a->way);
	if (err)
		return err;
	leg->surplus = true;
	if (leg->dialog.local_cseq < a->cseq)
		leg->dialog.local_cseq = a->cseq;
	err = leg_ack(leg, &leg->dialog);
	return err && !is_blind(leg) ? end_blindly(leg) : err;
}

/* A re-INVITE comes long after what was before it, whose ACK is forgotten. So is
 * that it was surplus: a 2xx to a try that was given up may have come first, and
 * the call's own bears the same To tag.                                       */
void leg_forget_ack(struct leg *leg)
{
	client_free(leg->bye);
	leg->bye = NULL;
	if (leg->surplus)
		dialog_deinit(&leg->dialog);
	leg->surplus = false;
	if (leg->query)
		resolve_cancel(leg->query);
	leg->query = NULL;
	free(leg->ack);
	leg->ack = NULL;
	free(leg->expected);
	leg->expected = NULL;
	free(leg->wire);
	leg->wire = NULL;
}

void leg_free(struct leg *leg)
{
	leg_forget_ack(leg);
	free(leg->to_tag);
	free(leg->name);
	free(leg);
}
