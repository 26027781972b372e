/*
 * registration.h - the inside of struct registration.
 *
 * register.c owns its life and its deadlines, register_answer.c the REGISTER
 * on the wire and what its answer means. For these two files only.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_REGISTRATION_H
#define SIP_REGISTRATION_H

#include "sip/binding.h"
#include "sip/client.h"
#include "sip/register.h"
#include "sip/service_route.h"
#include "sip/stack.h"
#include "sip/transport.h"

#define REG_CALL_ID_DIGITS 32
#define REG_WHO_LEN 32
#define REG_NEVER INT64_MAX

struct registration {
	struct sip *sip;
	struct sip_target target;
	char who[REG_WHO_LEN];
	char *registrar_host, *user, *domain;
	struct sip_auth *auth;
	uint16_t registrar_port;
	int asked_s;			/* raised by 423 */
	registration_fn *changed;
	void *arg;

	char call_id[REG_CALL_ID_DIGITS + 1];
	char tag[STACK_TAG_LEN];
	uint32_t cseq;			/* of the next request */
	struct client *client;		/* NULL: none is outstanding */
	char contact[BINDING_CONTACT_LEN];	/* of the request in hand */
	char bound[BINDING_CONTACT_LEN];	/* "": no binding */
	struct service_routes routes;
	struct hop_watch flow;		/* the connection of the binding */
	int64_t granted_ns;
	unsigned int flow_losses;	/* in a row */

	struct timer timer;
	int64_t attempt_ns, expiry_ns, stop_ns, notify_ns;
	unsigned int failures, too_brief;	/* in a row */
	bool stopping;
	bool unregistering;		/* request in hand: Expires: 0 */
	void (*done)(void *arg);
	void *done_arg;
	struct registration_status status;
};

/* ---- register.c ---------------------------------------------------------- */

int64_t reg_now_ns(const struct registration *r);
int64_t reg_wall_in_ms(const struct registration *r, int64_t in_ms);
void reg_attempt_in(struct registration *r, int64_t in_ms);
/* Cannot fail once the timer is in the heap.                                  */
int reg_reschedule(struct registration *r);
/* The end of stopping, told by the timer and never from inside.               */
void reg_stop_now(struct registration *r);

/* ---- register_answer.c --------------------------------------------------- */

/* Sends REGISTER, or with r->unregistering the same with Expires: 0.          */
int reg_send(struct registration *r);
void reg_failed(struct registration *r, int code, const char *reason,
		int retry_after_s);
void reg_set_status(struct registration *r, enum registration_state state,
		    int code, const char *reason);
void reg_drop(struct registration *r);
void reg_flow_lost(struct hop_watch *w, const char *why);

#endif
