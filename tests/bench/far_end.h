/*
 * far_end.h - a carrier in a process of its own, so that its CPU is not counted.
 *
 * It copies what an answer must repeat and adds the rest from fixed text. What
 * it does with an INVITE is said by the user part of the Request-URI:
 *
 *	answer	100, 180, 200 with SDP; BYE gets 200
 *	ring	100, 180, and nothing more
 *	busy	100, 486
 */
/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FAR_END_H
#define BENCH_FAR_END_H

#include "base/addr.h"

enum { MESSAGE_MAX = 4096 };

/* The seven messages of an answered call, in the order of the wire.           */
enum message {
	M_INVITE, M_100, M_180, M_200, M_ACK, M_BYE, M_BYE_200, MESSAGES,
};

struct far_end {
	struct addr addr;
	int pid;
	/* The first answered call; shared with the process.                   */
	struct {
		size_t len;		/* 0: not seen yet                     */
		char data[MESSAGE_MAX];
	} *seen;
};

/* 0 or -errno. It ends with this process, or with far_end_stop().             */
int far_end_start(struct far_end *f);
void far_end_stop(struct far_end *f);

#endif
