/*
 * txn_machine.c - osip's state machine of one transaction.
 *
 * It says what to send and what it received by callbacks; they only note it in
 * the transaction, and txn.c acts on the notes when the machine has returned.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/txn_impl.h"

#include <errno.h>

#include "sip/build.h"

/* ---- the wire ------------------------------------------------------------- */

int txn_send_wire(struct txn *t)
{
	if (!t->wire)
		return 0;
	return hop_send(t->sip, &t->hop, t->wire, t->wire_len);
}

/* osip's ACK has neither Max-Forwards (8.1.1) nor the credentials that we keep
 * as text (22.1).                                                             */
static int complete_ack(const struct txn *t, osip_message_t *ack)
{
	const osip_message_t *req = t->tr->orig_request;
	int err = build_set_header(ack, "Max-Forwards", "70");

	if (!err)
		err = build_copy_headers(ack, req, "Authorization");
	if (!err)
		err = build_copy_headers(ack, req, "Proxy-Authorization");
	return err;
}

/* osip's way out. Its destination is ignored: we know where each goes.        */
static int send_message(osip_transaction_t *tr, osip_message_t *m, char *host,
			int port, int sock)
{
	struct txn *t = osip_transaction_get_your_instance(tr);
	bool ack = t->kind == ICT && MSG_IS_ACK(m);
	char *data;
	size_t len;
	int err;

	(void)host;
	(void)port;
	(void)sock;
	if (t->wire_of != m) {
		err = ack ? complete_ack(t, m) : 0;
		if (!err)
			err = build_wire(m, &data, &len);
		if (err)
			return err;
		osip_free(t->wire);
		t->wire = data;
		t->wire_len = len;
		t->wire_of = m;
	}
	err = txn_send_wire(t);
	/* The answer that is being acknowledged must reach its owner.         */
	return ack ? 0 : err;
}

/* ---- the machine's reports ------------------------------------------------ */

static void on_response(int type, osip_transaction_t *tr, osip_message_t *m)
{
	struct txn *t = osip_transaction_get_your_instance(tr);

	(void)type;
	t->received = m;
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
	struct txn *t = osip_transaction_get_your_instance(tr);

	(void)type;
	(void)error;
	t->verdict = 503;
}

void txn_machine_callbacks(osip_t *osip)
{
	for (int i = OSIP_ICT_STATUS_1XX_RECEIVED;
	     i <= OSIP_ICT_STATUS_6XX_RECEIVED; i++)
		osip_set_message_callback(osip, i, on_response);
	for (int i = OSIP_NICT_STATUS_1XX_RECEIVED;
	     i <= OSIP_NICT_STATUS_6XX_RECEIVED; i++)
		osip_set_message_callback(osip, i, on_response);
	osip_set_message_callback(osip, OSIP_ICT_STATUS_2XX_RECEIVED_AGAIN,
				  NULL);
	osip_set_message_callback(osip, OSIP_NICT_STATUS_2XX_RECEIVED_AGAIN,
				  NULL);
	osip_set_message_callback(osip, OSIP_ICT_STATUS_TIMEOUT, on_timeout);
	osip_set_message_callback(osip, OSIP_NICT_STATUS_TIMEOUT, on_timeout);
	for (int i = 0; i < OSIP_TRANSPORT_ERROR_CALLBACK_COUNT; i++)
		osip_set_transport_error_callback(osip, i, on_transport_error);
	osip_set_cb_send_message(osip, send_message);
}

/* ---- life ----------------------------------------------------------------- */

/* Lends req until the machine has got it.                                     */
int txn_machine_open(struct txn *t, osip_message_t *req)
{
	if (osip_transaction_init(&t->tr, t->kind, t->sip->osip, req))
		return -ENOMEM;
	osip_remove_transaction(t->sip->osip, t->tr);
	osip_transaction_set_your_instance(t->tr, t);
	return 0;
}

void txn_machine_close(struct txn *t)
{
	if (t->tr)
		osip_transaction_free2(t->tr);
	t->tr = NULL;
	t->wire_of = NULL;
}

/* One event for the machine. Takes msg.                                       */
void txn_machine_run(struct txn *t, type_t type, osip_message_t *msg)
{
	osip_event_t *evt = osip_malloc(sizeof(*evt));

	if (!evt) {
		osip_message_free(msg);
		return;
	}
	*evt = (osip_event_t){ .type = type, .sip = msg };
	osip_transaction_execute(t->tr, evt);
}
