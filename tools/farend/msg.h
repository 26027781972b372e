/* SPDX-License-Identifier: MIT */
/*
 * msg.h - SIP messages in and out. osip's parser is used here only.
 */
#ifndef FAREND_MSG_H
#define FAREND_MSG_H

#include "net.h"
#include "txt.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { MSG_MAX = 65536, MSG_URI = 512, MSG_TAG = 128, MSG_HEADER = 1024 };

struct osip_message;

struct msg {
	struct osip_message *osip;
	const struct listener *via_listener;    /* where it came in */
	struct addr source;
	int64_t at_ns;
	const char *raw;        /* lent, NUL-terminated */
	size_t raw_len;

	bool request;
	int code;               /* of a response */
	char method[24];        /* of the CSeq in a response */
	char uri[MSG_URI];      /* the Request-URI as it was written */
	char user[128];         /* its user part */
	char call_id[256];
	char from[MSG_HEADER];  /* the whole value */
	char to[MSG_HEADER];
	char from_tag[MSG_TAG];
	char to_tag[MSG_TAG];
	char contact_uri[MSG_URI]; /* of the first Contact */
	char branch[MSG_TAG];
	char sent_by[160];      /* host:port of the top Via */
	unsigned int via_port;
	int n_vias;
	bool rport;
	long cseq;
	char cseq_method[24];
	const char *body;       /* lent */
	size_t body_len;
};

/* Once, before the first message. */
void msg_start(void);
/* Parses; the buffer must outlive the message. 0, or -EINVAL. */
int msg_parse(struct msg *m, const char *buf, size_t len);
void msg_free(struct msg *m);
/* The n-th header of that name that osip keeps apart; NULL: none. */
const char *msg_header(const struct msg *m, const char *name, int n);
/* The value of an (Proxy-)Authorization header; the caller frees. */
char *msg_credentials(const struct msg *m, bool proxy, int n);
/* The n-th Contact, "*" included; the caller frees. expires -1: not said. */
char *msg_contact(const struct msg *m, int n, int *expires);
int msg_routes(const struct msg *m);
/* The Record-Route values in their order, one per line of "Route: ". */
void msg_route_set(const struct msg *m, struct txt *lines);
/* Where responses go: RFC 3261 18.2.2, RFC 3581 4. */
void msg_reply_addr(const struct msg *m, struct addr *to);
/* The reason phrase that belongs to a code. */
const char *msg_reason(int code);
/*
 * Writes a response. to_tag may be NULL; headers are whole lines; a body is
 * SDP.
 */
void msg_response(struct txt *t, const struct msg *req, int code,
		  const char *to_tag, const char *headers, const char *body);

#endif
