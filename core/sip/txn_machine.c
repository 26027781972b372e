/*
 * txn_machine.c - osip's state machine of one transaction.
 *
 * osip keeps its transactions in linear lists and times them by the wall clock.
 * Each is taken out of its list at birth, and txn.c gives it its timers as
 * events. What the machine says by callbacks is only noted; txn_client.c and
 * txn_server.c act on it when the machine has returned.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/txn_impl.h"

#include <errno.h>
#include <strings.h>

#include "base/log.h"
#include "base/str.h"

/* ---- the ACK of a refusal (17.1.1.3) -------------------------------------- */

/* What osip leaves out, since we keep it as text (8.1.1, 22.1).               */
static bool is_left_out(const char *name)
{
	static const char *const names[] = {
		"Max-Forwards", "Authorization", "Proxy-Authorization",
	};

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (!strcasecmp(name, names[i]))
			return true;
	return false;
}

static int complete_ack(osip_transaction_t *tr, osip_message_t *ack)
{
	osip_from_t *from = tr->from;
	osip_list_iterator_t at;
	const osip_header_t *h;
	int err = 0;

	/* osip takes From from the refusal; it has to be ours.                */
	tr->from = ack->from;
	ack->from = from;
	h = osip_list_get_first(&tr->orig_request->headers, &at);
	for (; h && !err; h = osip_list_get_next(&at))
		if (is_left_out(h->hname))
			err = build_add_header(ack, h->hname, h->hvalue);
	return err;
}

/* In the place of the INVITE, which is not repeated any more.                 */
static void print_ack(struct txn *t, osip_message_t *ack)
{
	struct wire wire = { 0 };
	int err = complete_ack(t->tr, ack);

	if (!err)
		err = build_wire(ack, &wire);
	if (err)
		log_warn("sip: no ACK of a refusal: error %d", -err);
	txn_set_wire(t, wire);
}

/* ---- what the machine says ------------------------------------------------ */

/* osip's way out. Its destination is ignored: we know where each goes, and all
 * but the ACK was printed before.                                             */
static int send_message(osip_transaction_t *tr, osip_message_t *m, char *host,
			int port, int sock)
{
	struct txn *t = osip_transaction_get_your_instance(tr);
	bool ack = MSG_IS_ACK(m);
	int err;

	(void)host;
	(void)port;
	(void)sock;
	if (ack)
		print_ack(t, m);
	err = txn_send_wire(t);
	/* An answer that is lost is asked for again, and a refusal must reach
	 * its owner even if its ACK does not leave.                           */
	return t->server || ack ? 0 : err;
}

static void on_timeout(int type, osip_transaction_t *tr, osip_message_t *m)
{
	struct txn *t = osip_transaction_get_your_instance(tr);

	(void)type;
	(void)m;
	t->verdict = 408;
}

static void on_transport_error(int type, osip_transaction_t *tr, int error)
{
	(void)type;
	txn_client_unsent(osip_transaction_get_your_instance(tr), error);
}

int txn_machines_start(struct sip *sip)
{
	if (osip_init(&sip->osip))
		return -ENOMEM;
	osip_set_cb_send_message(sip->osip, send_message);
	osip_set_message_callback(sip->osip, OSIP_ICT_STATUS_TIMEOUT,
				  on_timeout);
	osip_set_message_callback(sip->osip, OSIP_NICT_STATUS_TIMEOUT,
				  on_timeout);
	osip_set_transport_error_callback(sip->osip, OSIP_ICT_TRANSPORT_ERROR,
					  on_transport_error);
	osip_set_transport_error_callback(sip->osip, OSIP_NICT_TRANSPORT_ERROR,
					  on_transport_error);
	return 0;
}

/* ---- one machine ---------------------------------------------------------- */

int txn_machine_open(struct txn *t, osip_message_t *req)
{
	osip_fsm_type_t type = t->invite ? ICT : NICT;

	if (t->server)
		type = t->invite ? IST : NIST;
	if (osip_transaction_init(&t->tr, type, t->sip->osip, req))
		return -ENOMEM;
	osip_remove_transaction(t->sip->osip, t->tr);
	osip_transaction_set_your_instance(t->tr, t);
	return 0;
}

void txn_machine_close(struct txn *t)
{
	if (!t->tr)
		return;
	if (t->lent)
		t->tr->orig_request = NULL;
	osip_transaction_free2(t->tr);
	t->tr = NULL;
}

int txn_machine_run(struct txn *t, type_t type, osip_message_t *msg)
{
	osip_event_t *evt = osip_malloc(sizeof(*evt));

	if (!evt)
		return -ENOMEM;
	*evt = (osip_event_t){ .type = type, .sip = msg };
	osip_transaction_execute(t->tr, evt);
	return 0;
}

osip_message_t *txn_machine_heard(struct txn *t)
{
	osip_message_t *resp = t->tr->last_response;

	t->tr->last_response = NULL;
	return resp;
}
