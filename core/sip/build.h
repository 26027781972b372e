/*
 * build.h - writes SIP messages: escaped parts, answers, parsed requests.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_BUILD_H
#define SIP_BUILD_H

#include "sip/stack.h"

#define BUILD_MESSAGE_MAX 65000		/* fits a datagram                     */
/* What we can, in every message that says so: methods (RFC 3261 20.5), option
 * tags (20.37).                                                               */
#define BUILD_ALLOW "INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, UPDATE, PRACK"
#define BUILD_SUPPORTED "100rel, timer"

/* User part of a URI, everything but plain characters escaped (19.1.2).       */
void build_user(struct buf *out, const char *user);
/* Quoted string with its quotes (25.1).                                       */
void build_quoted(struct buf *out, const char *text);

/* Text of a request into a message that osip can run. -EINVAL if osip cannot
 * read it. The caller frees, or hands over, the message.                      */
int build_parse(osip_message_t **mp, const struct buf *text);
/* Replaces or adds a header that osip keeps as text. 0 or -ENOMEM.            */
int build_set_header(osip_message_t *m, const char *name, const char *value);
/* User-Agent or Server; none where the configuration leaves it empty.         */
int build_add_agent(osip_message_t *m, const char *name,
		    const struct sip *sip);
int build_add_header(osip_message_t *m, const char *name, const char *value);
/* Allow and Supported, as one line each: osip would make a line of each word.  */
int build_add_abilities(osip_message_t *m);
void build_remove_header(osip_message_t *m, const char *name);
int build_set_sdp(osip_message_t *m, const char *sdp);
/* Sole Via of a request of ours (RFC 3261 18.1.1, RFC 3581 3).                */
int build_set_via(osip_message_t *m, enum sip_transport transport,
		  const char *sent_by, const char *branch);
/* The same as a line.                                                         */
void build_via(struct buf *out, enum sip_transport transport,
	       const char *sent_by, const char *branch);
/* A URI's transport parameter, where it is not the default (19.1.1).          */
void build_transport(struct buf *out, enum sip_transport transport);
int build_set_cseq(osip_message_t *m, uint32_t number);
/* "Reason: Q.850;cause=16"; nothing for 0.                                    */
int build_set_q850(osip_message_t *m, int cause);

/* Answer to a request (8.2.6): Via, From, To, Call-ID, CSeq copied. `to_tag`
 * is added where To has none.                                                 */
int build_response(osip_message_t **rp, const struct sip *sip,
		   const osip_message_t *req, int code, const char *to_tag);
/* The bytes of a message, NUL-ended; data is freed by osip_free().            */
struct wire {
	char *data;
	size_t len;
};

int build_wire(osip_message_t *m, struct wire *wire);

#endif
