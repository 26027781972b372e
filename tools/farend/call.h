/* SPDX-License-Identifier: MIT */
/*
 * call.h - one call that the far end answers.
 *
 *   TRYING -> RINGING -> ANSWERED -> TALKING -> ENDED -> handed to the
 *   finisher; any state may end. A leg is one To tag: the first is the
 *   call, others are forks.
 */
#ifndef FAREND_CALL_H
#define FAREND_CALL_H

#include "farend.h"
#include "judge.h"
#include "sdp.h"

enum { LEGS_MAX = 4, CALL_KEY = 512 };

enum call_state {
	CALL_TRYING,
	CALL_RINGING,
	CALL_ANSWERED,          /* 2xx sent, not acknowledged */
	CALL_TALKING,
	CALL_ENDED,
};

struct leg {
	struct call *call;
	char tag[40];
	bool has_rtp;
	struct rtp rtp;
	enum sdp_dir dir;
	struct txt ok;          /* the 2xx, repeated until the ACK */
	long ok_cseq;
	bool ok_acked;
	struct timer resend;
	int interval_ms;
	int64_t deadline_ms;
	int again;              /* 200xN: repetitions still to come */
	unsigned int oks;       /* 2xx sent, repetitions included */
	unsigned int acks;      /* of the first INVITE */
	unsigned int reacks;    /* of re-INVITEs */
	int64_t answered_ns;
	int64_t ack_ns;
	int64_t bye_ns;
};

struct call {
	struct map_node node;
	char key[CALL_KEY];     /* Call-ID and From tag */
	struct farend *fe;
	uint64_t number;
	enum call_state state;

	/* The INVITE. */
	char uri[MSG_URI];
	char dialled[128];      /* without --prefix */
	char call_id[256];
	char from[MSG_HEADER];
	char to[MSG_HEADER];
	char from_tag[MSG_TAG];
	char contact[MSG_URI];  /* the caller's; our remote target */
	char branch[MSG_TAG];
	char asserted[256];     /* P-Asserted-Identity */
	char privacy[64];
	char user_agent[128];
	long invite_cseq;
	struct msg *invite;     /* kept for its responses; owned */
	char *invite_raw;       /* owned */
	const struct listener *listener;
	struct addr source;
	struct addr local;      /* ours, as the caller sees it */
	struct srvtx *invite_tx;
	unsigned int invite_copies;

	/* Media. */
	struct sdp offer;
	bool has_offer;
	struct txt offer_text;
	struct txt answer_text;
	struct sdp_codec codec;
	bool has_codec;
	uint64_t sdp_session;
	int sdp_version;
	struct leg legs[LEGS_MAX];
	int n_legs;

	/* The script. */
	struct script script;
	unsigned int step;
	bool slept;             /* the step's time has passed */
	bool wait_ack;
	bool wait_prack;
	struct timer script_timer;
	struct txt rel;         /* a reliable 1xx, repeated until its PRACK */
	struct timer rel_timer;
	int rel_interval_ms;
	long rseq;

	/* The dialog, as we send in it. */
	long local_cseq;
	long remote_cseq;
	struct txt routes;      /* Route lines */
	struct clitx *out_tx;
	enum reoffer out_reoffer;
	const char *out_name;

	/* What happened. */
	int64_t invite_ns, ringing_ns, cancel_ns, our_bye_ns, ended_ns;
	int64_t final_ns;
	const char *ended_by;
	int final_code;
	bool final_acked;
	bool ack_credentials;
	int our_bye_code;
	unsigned int cancels, byes, pracks, updates, infos, reinvites;
	struct verdict verdict;
	struct txt journal;     /* our own requests, as JSON objects */
	struct timer end_timer;
};

/* call.c: beginning and end. */
void call_on_invite(struct farend *fe, const struct msg *m);
void call_on_invite_again(struct call *c);
struct call *call_find(struct farend *fe, const struct msg *m);
struct leg *call_leg(struct call *c, const char *tag);
void call_end(struct call *c, const char *by, int64_t at_ns);
/* Ends the call in our linger time, or at once. */
void call_finish_in(struct call *c, int ms);
void call_free(struct call *c);
void calls_shutdown(struct farend *fe);
void call_event(struct call *c, const char *name, int64_t at_ns, int code);

/* callrun.c: the script and the answers to the INVITE. */
void call_run(struct call *c);
void call_refuse(struct call *c, int code, const char *headers);
void call_contact(const struct call *c, struct txt *headers);
void leg_send_ok(struct leg *l, const struct txt *ok, long cseq);
/* Repeats a 2xx that has been acknowledged, as 200xN asks for. */
void leg_repeat_ok(struct leg *l);
/* Opens the leg's RTP and writes its SDP. */
int leg_media(struct leg *l);
void leg_sdp(struct leg *l, struct txt *out, bool as_answer);

/* callin.c: what the caller sends within its call. */
void call_on_ack(struct call *c, struct leg *l, const struct msg *m);
void call_on_cancel(struct call *c, const struct msg *m);
void call_on_request(struct call *c, struct leg *l, const struct msg *m);
void call_set_peer(struct call *c, struct leg *l, const struct sdp *sdp);

/* callout.c: what the script makes us send within the call. */
void call_bye(struct call *c);
void call_reoffer(struct call *c, enum reoffer kind);
void call_options(struct call *c);

#endif
