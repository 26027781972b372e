/*
 * binding.h - what a REGISTER says, and what its answer grants (RFC 3261 10).
 *
 * Inside core/sip/, for register.c: messages in, values out; no state.
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_BINDING_H
#define SIP_BINDING_H

#include "sip/osip.h"
#include "sip/sip.h"

#define BINDING_CONTACT_LEN 768

enum {
	/* Longest that a binding is believed to live, 30 days; above it, times
	 * of a hostile registrar would not fit anywhere.                      */
	BINDING_EXPIRES_MAX_S = 30 * 24 * 3600,
};

struct binding_request {
	const char *registrar_host;
	uint16_t registrar_port;	/* 0: not written                      */
	const char *user, *domain;	/* of the address-of-record            */
	const char *call_id, *tag;
	uint32_t cseq;
	int expires_s;			/* 0: un-register                      */
};

/* REGISTER without Contact, Via and what client.h adds. 0 or -ENOMEM.         */
int binding_request(osip_message_t **mp, const struct binding_request *b);
/* Our Contact's URI, "sip:user@192.0.2.7:5060"; the user part is escaped.     */
int binding_contact(char dst[BINDING_CONTACT_LEN], const char *user,
		    const char *sent_by, enum sip_transport transport);
/* Puts <contact> in the place of any Contact of the request.                  */
int binding_set_contact(osip_message_t *req, const char *contact);
/* Seconds that a 2xx grants to `contact`: its own expires parameter, else the
 * Expires header, else what was asked for (10.2.4). Where a border controller
 * shows a single binding that it has rewritten, no more than that one has.    */
int binding_granted(const osip_message_t *resp, const char *contact,
		    int asked_s);
/* A header that starts with seconds (Retry-After, Min-Expires); -1: none.     */
int binding_seconds(const osip_message_t *resp, const char *header);

#endif
