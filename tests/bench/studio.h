/*
 * studio.h - the real media room with so many calls on one thread: what is
 * measured.
 *
 * The prompt is not fetched and its codec is a double, but all that happens in
 * a packet's turn is the real thing: sockets, playlist, RTCP, figures.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BENCH_STUDIO_H
#define BENCH_STUDIO_H

#include "player.h"

void studio_run(struct player *p, const struct player_config *cfg);

#endif
