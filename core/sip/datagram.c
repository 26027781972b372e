/*
 * datagram.c - a message comes in: who is it for?
 *
 *	response -> transaction (branch, method)
 *	         -> a call's record of 2xx (accepted.c) -> stray
 *	request  -> transaction that answered it already
 *	         -> dialog (Call-ID and both tags)      -> stranger (uas.c)
 *
 * All that arrives is hostile until proven otherwise: what cannot be read is
 * dropped and counted, never logged above debug, so that a flood fills no disk.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/datagram.h"

#include <assert.h>
#include <errno.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/accepted.h"
#include "sip/dialog.h"
#include "sip/msg.h"
#include "sip/txn.h"
#include "sip/uas.h"

/* Of one dialog within 64*T1 (32 s): many times what keys sent by INFO take.    */
#define DIALOG_REQUESTS_MAX 512

/* ---- responses ------------------------------------------------------------ */

static bool is_invite_2xx(const osip_message_t *m)
{
	return MSG_IS_STATUS_2XX(m) && !strcmp(m->cseq->method, "INVITE");
}

/* Takes m.                                                                    */
static void receive_response(struct sip *sip, osip_message_t *m)
{
	struct txn *t = txn_find_client(sip, m);
	bool mine;

	/* 18.1.2: it must carry what we wrote, and nobody else's Via below.   */
	mine = t && msg_via_count(m) == 1 && txn_matches(t, m);
	/* Who sent the INVITE has left; its 2xx is to be ACKed all the same.  */
	if (mine && txn_is_detached(t) && !txn_is_over(t) && is_invite_2xx(m))
		(void)accepted_receive(sip, m);
	if (mine && !(txn_is_over(t) && is_invite_2xx(m))) {
		txn_receive_response(t, m);
		return;
	}
	if (msg_via_count(m) != 1 || !is_invite_2xx(m) ||
	    !accepted_receive(sip, m))
		sip->stats.stray++;
	osip_message_free(m);
}

/* ---- requests ------------------------------------------------------------- */

/* An ACK has no answer; it is for a refusal of ours, or for a 2xx of a dialog. */
static void receive_ack(struct sip *sip, osip_message_t *m)
{
	struct txn *t = txn_find_server(sip, m, true);
	struct dialog_user *du;

	/* Some peers repeat the INVITE's branch in the ACK of a 2xx.          */
	if (t && !txn_awaits_ack(t)) {
		txn_receive_request(t, m);
		return;
	}
	du = dialog_find(sip, m);
	if (du)
		du->ack(du, m);
	osip_message_free(m);
}

/* 9.2: whatever we answered to the INVITE was final, so a CANCEL changes
 * nothing.                                                                    */
static int cancel_code(struct sip *sip, const osip_message_t *m)
{
	return txn_find_server(sip, m, true) ? 200 : 481;
}

/* A 2xx to an INVITE needs its transaction, which repeats it.                 */
static void ask_dialog(struct dialog_user *du, struct inbound *in)
{
	assert(in->txn || !MSG_IS_INVITE(in->req));
	du->request(du, in);
}

static void dispatch(struct inbound *in, struct dialog_user *du)
{
	bool in_dialog = *msg_to_tag(in->req);

	if (MSG_IS_CANCEL(in->req))
		uas_answer(in, cancel_code(in->sip, in->req));
	else if (du)
		ask_dialog(du, in);
	else if (uas_refused(in))
		return;
	else if (in_dialog)
		uas_answer(in, 481);
	else
		uas_stranger(in);
}

/* An answer is kept for 64*T1: whoever is called could fill our memory.        */
static bool is_flood(const struct sip *sip, struct dialog_user *du)
{
	int64_t now_ns = stack_now_ns(sip);

	if (now_ns - du->since_ns >= stack_64t1_ms(sip) * MS_NS) {
		du->since_ns = now_ns;
		du->requests = 0;
	}
	return ++du->requests > DIALOG_REQUESTS_MAX;
}

/* The end of the call is heard all the same.                                  */
static void refuse_flood(struct inbound *in, struct dialog_user *du)
{
	if (MSG_IS_BYE(in->req) || MSG_IS_CANCEL(in->req))
		dispatch(in, du);
	else
		uas_answer(in, 500);
}

/* Takes m. Strangers are answered without memory (8.2.7), and so is a call whose
 * far end asks without end: nobody can fill ours, nor have a refusal repeated
 * towards an address that is not his.                                         */
static void new_request(struct inbound *in, osip_message_t *m)
{
	struct dialog_user *du = dialog_find(in->sip, m);

	if (!du) {
		dispatch(in, NULL);
		osip_message_free(m);
	} else if (is_flood(in->sip, du)) {
		refuse_flood(in, du);
		osip_message_free(m);
	} else {
		uas_in_call(in);
		if (!txn_server(&in->txn, in->sip, m, &in->back))
			dispatch(in, du);
	}
}

/* Takes m.                                                                    */
static void receive_request(struct sip *sip, const struct hop *from,
			    osip_message_t *m)
{
	struct inbound in = { .sip = sip, .from = *from };
	struct txn *t;

	if (MSG_IS_ACK(m)) {
		receive_ack(sip, m);
		return;
	}
	t = txn_find_server(sip, m, false);
	if (t)
		txn_receive_request(t, m);
	else if (uas_open(&in, m))
		osip_message_free(m);
	else
		new_request(&in, m);
}

/* A request that breaks a rule but says where it comes from.                  */
static void refuse_broken(struct sip *sip, const struct hop *from,
			  osip_message_t *m)
{
	struct inbound in = { .sip = sip, .from = *from };

	if (MSG_IS_REQUEST(m) && !MSG_IS_ACK(m) && !uas_open(&in, m))
		uas_answer(&in, 400);
	osip_message_free(m);
}

/* ---- the door ------------------------------------------------------------- */

/* RFC 5626 3.5.1, 4.4.1: keep-alives of CR LF, and STUN, whose first two bits
 * are zero.                                                                   */
static bool is_keep_alive(const char **data, size_t *len)
{
	while (*len && (**data == '\r' || **data == '\n')) {
		(*data)++;
		(*len)--;
	}
	return !*len || (unsigned char)**data < 0x20 || **data == ' ';
}

static void log_received(const struct addr *from, const osip_message_t *m)
{
	char text[ADDR_TEXT_LEN];

	if (!log_enabled(LOG_DEBUG))
		return;
	addr_text(from, text);
	if (MSG_IS_REQUEST(m))
		log_debug("sip: %s from %s", m->sip_method, text);
	else
		log_debug("sip: %d to %s from %s", m->status_code,
			  m->cseq->method, text);
}

void datagram_receive(struct sip *sip, const struct hop *from,
		      const char *data, size_t len)
{
	osip_message_t *m = NULL;
	const char *why;
	int err;

	if (is_keep_alive(&data, &len))
		return;
	sip->stats.received++;
	err = msg_parse(&m, data, len, &why);
	if (err) {
		sip->stats.malformed++;
		log_debug("sip: broken message: %s", why);
	}
	if (err && err != -EPROTO)
		return;
	log_received(&from->remote, m);
	if (err)
		refuse_broken(sip, from, m);
	else if (MSG_IS_RESPONSE(m))
		receive_response(sip, m);
	else
		receive_request(sip, from, m);
}

/* ---- what came back ------------------------------------------------------- */

static size_t token_len(const char *p, const char *end)
{
	const char *from = p;

	while (p < end && !strchr(" ;,\t\r\n", *p))
		p++;
	return (size_t)(p - from);
}

/* A BYE, say, may find its peer back in a moment.                             */
static bool is_given_up(const char *method)
{
	return !strcmp(method, "INVITE") || !strcmp(method, "REGISTER") ||
	       !strcmp(method, "OPTIONS");
}

/* Whoever could forge this saw the branch go by. Only requests that begin
 * something are given up for it.                                              */
void datagram_refused(struct sip *sip, const struct addr *to, int err,
		      const char *data, size_t len)
{
	static const char mark[] = ";branch=";
	const char *end = data + len;
	const char *at = memmem(data, len, mark, strlen(mark));
	char method[16], branch[STACK_BRANCH_LEN];

	if (!at)
		return;
	at += strlen(mark);
	if (str_copy_n(method, sizeof(method), data, token_len(data, end)) ||
	    str_copy_n(branch, sizeof(branch), at, token_len(at, end)))
		return;
	if (is_given_up(method))
		txn_refused(sip, branch, method, to, err);
}
