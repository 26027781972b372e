/* SPDX-License-Identifier: MIT */
/*
 * script.h - how a number answers, read from a small comma list.
 */
#ifndef FAREND_SCRIPT_H
#define FAREND_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

enum { SCRIPT_STEPS = 32 };

enum step_kind {
	STEP_CODE,              /* send a response */
	STEP_WAIT,
	STEP_FORK,              /* another 2xx with a To tag of its own */
	STEP_BYE,
	STEP_REOFFER,           /* a re-INVITE or UPDATE; see reoffer */
	STEP_SEND,              /* begin to send RTP for a while */
	STEP_DTMF,
	STEP_OPTIONS,           /* an OPTIONS within the dialog */
};

enum reoffer {
	REOFFER_SAME,           /* re-INVITE with the session as it is */
	REOFFER_HOLD,           /* a=sendonly */
	REOFFER_HOLD0,          /* the old way: c=0.0.0.0 */
	REOFFER_RESUME,         /* a=sendrecv again */
	REOFFER_DELAYED,        /* re-INVITE without SDP */
	REOFFER_MOVE,           /* a new RTP port */
	REOFFER_UPDATE,         /* UPDATE with the session as it is */
};

enum send_mode {
	SEND_DEFAULT,           /* what --send says */
	SEND_NONE,
	SEND_SILENCE,
	SEND_TONE,
	SEND_ECHO,
};

enum bad_sdp {
	BAD_SDP_NOT,
	BAD_SDP_GARBAGE,
	BAD_SDP_NONE,           /* no body at all */
	BAD_SDP_PORT0,
	BAD_SDP_FOREIGN,        /* a codec that was not offered */
	BAD_SDP_PORTBIG,        /* m=audio 4294967296 */
	BAD_SDP_PTIME,          /* a=ptime:-20 */
	BAD_SDP_FORMATS,        /* 300 formats */
	BAD_SDP_FMTP,           /* an fmtp of 5 kB */
};

struct step {
	enum step_kind kind;
	enum reoffer reoffer;
	enum send_mode send;
	int code;
	int ms;
	int again;              /* 200xN: sent N times more after the ACK */
	bool sdp;               /* 183sdp */
	bool reliable;          /* 183rel: RFC 3262 */
	char arg[128];
};

struct script {
	struct step steps[SCRIPT_STEPS];
	unsigned int n;
	bool silent;
	bool ignore_cancel;
	bool ignore_bye;
	bool other_port;
	bool record_route;
	bool play_later;        /* a play step says when RTP begins */
	enum send_mode send;
	enum bad_sdp bad_sdp;
	int ptime;
	int drop;               /* INVITE copies to ignore */
	int bye_code;           /* how the caller's BYE is answered */
	char codec[24];
};

/* Reads a script; false and a text in err if it makes no sense. */
bool script_parse(struct script *s, const char *text, char *err,
		  size_t err_len);
/* The script built in for a number, NULL if it is an ordinary one. */
const char *script_builtin(const char *number, char *buf, size_t size);

#endif
