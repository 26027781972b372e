/*
 * destination.h - where a call goes, and what its carrier wants of it.
 *
 * Thread: signalling. Within core/call/.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_DESTINATION_H
#define CALL_DESTINATION_H

#include "call/call.h"
#include "call/number.h"

struct destination {
	struct sip_target target;
	struct sip_auth *auth;		/* lent by the carrier                 */
	char uri[NUMBER_URI_LEN];
	char from_domain[SIP_HOST_LEN];
	char from_user[STORE_FROM_LEN];
	enum uac_caller_id caller_id;
	char lines[CLN_HEADERS_MAX][CLN_HEADER_NAME_LEN + 2 +
				    CLN_HEADER_VALUE_LEN];
	const char *headers[CLN_HEADERS_MAX + 1];
	const char *const *routes;	/* lent by the carrier                 */
	int session_expires_s;
};

/* What is lent is valid until the carrier is changed: use it at once. Writes the
 * carrier and the reason for it into c->attempt. 0; -ENODEV the carrier was
 * deleted, -ERANGE `strip` leaves nothing of the number, -EPERM not where a SIP
 * URI may lead.                                                               */
int destination_find(struct call *c, struct destination *d);

#endif
