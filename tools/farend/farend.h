/* SPDX-License-Identifier: MIT */
/*
 * farend.h - the far end as a whole.
 */
#ifndef FAREND_FAREND_H
#define FAREND_FAREND_H

#include "auth.h"
#include "event.h"
#include "net.h"
#include "options.h"
#include "rtp.h"
#include "timer.h"
#include "trans.h"

struct finisher;
struct registrar;

struct farend {
	const struct options *opt;
	struct timers timers;
	struct listener listeners[LISTEN_MAX];
	int n_listeners;
	struct trans trans;
	struct auth auth;
	struct registrar *registrar;
	struct map calls;
	struct rtp_sweep sweep;
	struct rtp_range ports;
	struct events *events;
	struct finisher *finisher;
	struct expected expected;       /* of every call */
	uint64_t n_calls;       /* so far; also numbers them */
	uint64_t active;
	uint64_t active_max;
	uint64_t seed;
	uint64_t malformed;
	bool deaf;              /* SIGUSR2: as if the wire were cut */
	bool stop;
};

/* What belongs to no transaction: answers, then forgets. */
void farend_receive(struct farend *fe, struct listener *l);
/* A random-looking token for tags and branches. */
void farend_token(struct farend *fe, char *out, size_t size,
		  const char *prefix);
/* Answers a request within a transaction of its own. */
void farend_reply(struct farend *fe, const struct msg *m, int code,
		  const char *headers);

#endif
