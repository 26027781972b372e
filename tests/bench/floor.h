/*
 * floor.h - the least that a call can cost: osip reads 4 messages and prints 3,
 * and 7 datagrams go over the loopback.
 *
 * No transaction, no dialog, no timer, no memory of anything: one blocking
 * socket, which sends the very messages that the real stack sent.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BENCH_FLOOR_H
#define BENCH_FLOOR_H

#include <stddef.h>

#include "far_end.h"

struct bare;

/* `far` has seen an answered call.                                            */
int bare_open(struct bare **bp, const struct far_end *far);
/* So many calls to their end, `at_once` of them side by side. 0 or -errno.    */
int bare_calls(struct bare *b, size_t n, size_t at_once);
void bare_close(struct bare *b);

#endif
