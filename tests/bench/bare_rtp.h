/*
 * bare_rtp.h - the least that paced RTP can cost: one loop, one socket a call,
 * ready packets, and nothing but the system calls.
 *
 * The calls lie evenly over the slots of 1 ms, a slot's deadline is absolute. In
 * each turn the sequence number and the timestamp of a packet are patched and
 * sendmmsg() sends it. No codec, no playlist, no RTCP, no figures.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BENCH_BARE_RTP_H
#define BENCH_BARE_RTP_H

#include "player.h"

void bare_rtp_run(struct player *p, const struct player_config *cfg);

#endif
