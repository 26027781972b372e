/*
 * dialog.h - a dialog as the side that called (RFC 3261 12): who, where, by
 * which route, with which numbers.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_DIALOG_H
#define SIP_DIALOG_H

#include <stdbool.h>

#include "sip/stack.h"

#define DIALOG_ROUTES_MAX 16

struct inbound;

/* Who takes the requests of a dialog; embedded in its owner.                  */
struct dialog_user {
	/* Answers it (uas_answer). The request is gone after that.            */
	void (*request)(struct dialog_user *du, struct inbound *in);
	void (*ack)(struct dialog_user *du, const osip_message_t *ack);
	/* Its requests since then: each that is answered costs memory for a
	 * while (datagram.c).                                                 */
	int64_t since_ns;
	unsigned int requests;
};

/* How the INVITE left that began it.                                          */
struct dialog_way {
	enum sip_transport transport;	/* never SIP_ANY                       */
	int listen;			/* socket, -1: any                     */
	const char *name;		/* of the certificate                  */
	struct addr remote;		/* to there                            */
};

struct dialog {
	char *call_id;
	char *local, *remote;		/* values of From and To, with tags    */
	char *local_tag, *remote_tag;
	char *target;			/* URI                                 */
	char *routes[DIALOG_ROUTES_MAX];
	size_t n_routes;
	uint32_t local_cseq;		/* last used                           */
	int64_t remote_cseq;		/* highest seen, -1: none              */
	int listen;			/* socket that it began on             */
	enum sip_transport transport;	/* that it began by                    */
	struct addr blind;		/* next hop of all, whatever routes and
					 * target say; AF_UNSPEC: none         */
	char *name;			/* of the certificate, "": none        */
};

/* From an answer to our INVITE; `fallback` is the target where it names no
 * Contact. 0, -ENOMEM, -EBADMSG. On an error d is empty.                      */
int dialog_init(struct dialog *d, const osip_message_t *resp,
		const char *fallback, const struct dialog_way *way);
/* The same where that fails: the answer is only to be ACKed and hung up. Its
 * requests go to `request_uri` by the way that the INVITE took.               */
int dialog_init_blind(struct dialog *d, const osip_message_t *resp,
		      const char *request_uri, const struct dialog_way *way);
/* From now on, since its next hop cannot be found.                            */
int dialog_go_blind(struct dialog *d, const char *request_uri,
		    const struct dialog_way *way);
void dialog_deinit(struct dialog *d);
/* Next hop of its requests: first route, else the target. Where that URI names no
 * transport, what the dialog began by is kept: no way down from TLS.          */
int dialog_next_hop(const struct dialog *d, struct sip_target *t);
/* Request line, Route, From, To, Call-ID and CSeq, without the empty line.     */
int dialog_write(const struct dialog *d, const char *method, uint32_t cseq,
		 struct buf *out);
/* A request inside the dialog, complete but for Via and Contact (client.h).   */
int dialog_request(const struct dialog *d, const char *method, uint32_t cseq,
		   osip_message_t **mp);
/* Contact of a re-INVITE, UPDATE or their 2xx replaces the target (12.2). Where
 * that could not be reached, the target stays as it is: -errno.               */
int dialog_refresh_target(struct dialog *d, const osip_message_t *m);
/* Would it? 0 or -errno.                                                      */
int dialog_check_target(const struct dialog *d, const osip_message_t *m);

/* The index, by which inbound requests find their dialog.                     */
int dialog_register(struct sip *sip, const struct dialog *d,
		    struct dialog_user *du);
void dialog_unregister(struct sip *sip, const struct dialog *d);
struct dialog_user *dialog_find(const struct sip *sip,
				const osip_message_t *req);

#endif
