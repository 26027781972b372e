/* SPDX-License-Identifier: MIT */
/*
 * judge.h - what a caller does against RFC 3261, in words.
 */
#ifndef FAREND_JUDGE_H
#define FAREND_JUDGE_H

#include "msg.h"

enum { VERDICT_MAX = 24 };

/* A set of complaints; the texts are constants. */
struct verdict {
	const char *texts[VERDICT_MAX];
	int n;
};

struct call;

void verdict_add(struct verdict *v, const char *text);
void verdict_json(const struct verdict *v, struct txt *t, const char *key);
/* What any request must have. */
void judge_request(struct verdict *v, const struct msg *m);
void judge_cancel(struct verdict *v, const struct call *c,
		  const struct msg *m);
/* The ACK of a 2xx. */
void judge_ack(struct verdict *v, const struct call *c, const struct msg *m);
/* The ACK of any other final. */
void judge_ack_refused(struct verdict *v, const struct call *c,
		       const struct msg *m);
void judge_in_dialog(struct verdict *v, const struct call *c,
		     const struct msg *m);

#endif
