/*
 * msg.h - reads SIP messages: checks what osip lets through, finds headers.
 *
 * Pure functions. Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_MSG_H
#define SIP_MSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sip/osip.h"

/* A whole datagram. 0; -EBADMSG: nothing to answer to, drop it; -EPROTO: *mp is
 * set, but the message breaks a rule and a request deserves a 400. `why` says
 * which (static text). The message is freed by osip_message_free().           */
int msg_parse(osip_message_t **mp, const char *data, size_t len,
	      const char **why);

/* After msg_parse() these exist in each message: */
const osip_via_t *msg_via(const osip_message_t *m);	/* top               */
size_t msg_via_count(const osip_message_t *m);
const char *msg_call_id(const osip_message_t *m);	/* without "@host"   */
uint32_t msg_cseq(const osip_message_t *m);
/* "" where there is none.                                                     */
const char *msg_branch(const osip_message_t *m);
const char *msg_from_tag(const osip_message_t *m);
const char *msg_to_tag(const osip_message_t *m);

/* nth value of a header that osip keeps as text, NULL past the end.           */
const char *msg_header(const osip_message_t *m, const char *name, int nth);
/* All of them, one after the other: osip's lists are linear, and whoever went
 * through them by number would take a stranger's message for minutes.         */
struct msg_values {
	osip_list_iterator_t at;
	const char *name;
};

const char *msg_first(struct msg_values *v, const osip_message_t *m,
		      const char *name);
const char *msg_next(struct msg_values *v);	/* NULL past the end         */
/* nth challenge of a 401 or 407, as it came (osip's own reading loses empty and
 * unknown parameters); `proxy` picks Proxy-Authenticate.                      */
const char *msg_challenge(const osip_message_t *m, bool proxy, int nth);
/* The session description, from a plain or a multipart body. NULL: none. Lent. */
const char *msg_sdp(const osip_message_t *m, size_t *len);
bool msg_has_body(const osip_message_t *m);
int msg_q850_cause(const osip_message_t *m);	/* Reason (RFC 3326), 0: none  */
int msg_retry_after(const osip_message_t *m);	/* seconds, 0: none            */
/* First URI of Contact as a Request-URI may have it, NULL if there is none.
 * Caller: osip_free.                                                          */
char *msg_contact_uri(const osip_message_t *m);

#endif
