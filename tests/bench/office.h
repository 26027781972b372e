/*
 * office.h - a signalling stack of its own that makes calls: what is measured.
 *
 * The real room with real sockets on the real loop. Only its clock is special:
 * it can be put forward, so that records which the RFC wants kept for 64*T1 end
 * within the measurement, and their end is counted.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BENCH_OFFICE_H
#define BENCH_OFFICE_H

#include <stddef.h>

#include "far_end.h"

struct office;

int office_open(struct office **op, const struct addr *peer,
		const char *listen_ip);
/* So many calls to `user` (far_end.h) until each has ended and is freed;
 * "answer" is hung up as soon as it is answered. 0; -EPROTO: one took another
 * course than it should.                                                      */
int office_calls(struct office *o, size_t n, const char *user,
		 size_t at_once);
/* So many calls to "ring", until all of them do. They stay.                   */
int office_ring(struct office *o, size_t n, size_t at_once);
/* Puts the clock forward by more than 64*T1 and lets everything end that is due. */
void office_pass(struct office *o);
size_t office_transactions(const struct office *o);
/* Ringing calls are dropped without a word.                                   */
void office_close(struct office *o);

#endif
