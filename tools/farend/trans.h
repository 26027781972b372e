/* SPDX-License-Identifier: MIT */
/*
 * trans.h - SIP transactions over UDP, RFC 3261 17, as small records.
 */
#ifndef FAREND_TRANS_H
#define FAREND_TRANS_H

#include "map.h"
#include "msg.h"
#include "timer.h"

enum { T2_MS = 4000, TRANS_KEY = 384 };

struct trans {
	struct timers *timers;
	struct map server;
	struct map client;
	int t1_ms;
};

/* A request that came in, and what it was answered with. */
struct srvtx {
	struct map_node node;
	struct trans *trans;
	char key[TRANS_KEY];
	struct timer resend;
	struct timer expiry;
	const struct listener *listener;
	struct addr to;
	struct txt response;
	bool invite;
	bool acked;
	int code;
	int interval_ms;
	unsigned int copies;    /* of the request, the first included */
	void *owner;            /* the call; it clears this when it goes */
	struct srvtx **ref;     /* the owner's pointer, NULLed when tx goes */
	void (*on_ack)(void *owner, const struct msg *ack);
	void (*on_timeout)(void *owner);
};

/* A request of ours; done tells a final code, 408 for none. */
struct clitx {
	struct map_node node;
	struct trans *trans;
	char key[TRANS_KEY];
	struct timer resend;
	struct timer expiry;
	const struct listener *listener;
	struct addr to;
	struct txt request;
	struct txt ack;         /* repeated with each repeated final */
	bool invite;
	bool done;
	int interval_ms;
	void *owner;
	struct clitx **ref;
	void (*on_final)(void *owner, struct clitx *tx, int code,
			 const struct msg *m);
};

int trans_init(struct trans *t, struct timers *timers, int t1_ms);
void trans_deinit(struct trans *t);

/* The transaction that a request (or an ACK, a CANCEL) belongs to. */
struct srvtx *srvtx_find(const struct trans *t, const struct msg *m,
			 const char *method);
struct srvtx *srvtx_new(struct trans *t, const struct msg *m);
/* Sends a response; finals are kept for 64*T1 to answer repetitions. */
void srvtx_respond(struct srvtx *tx, int code, const struct txt *response);
/* The request came again. */
void srvtx_again(struct srvtx *tx);
/* The ACK of a final that is not 2xx. */
void srvtx_ack(struct srvtx *tx, const struct msg *ack);
/* Forgets a transaction at the usual time without having answered it. */
void srvtx_abandon(struct srvtx *tx);

struct clitx *clitx_new(struct trans *t, const char *branch,
			const char *method, const struct listener *l,
			const struct addr *to);
/* Parts a transaction from an owner that goes. */
void srvtx_detach(struct srvtx *tx);
void clitx_detach(struct clitx *tx);
/* Sends tx->request and keeps sending. */
void clitx_start(struct clitx *tx);
void trans_on_response(struct trans *t, const struct msg *m);

#endif
