/*
 * drain.h - empties a UDP socket in batches, with the kernel's time stamps.
 *
 * One per media worker, shared by its streams in turn: 16 buffers instead of
 * 16 a stream. Thread: the worker that owns it.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_DRAIN_H
#define MEDIA_DRAIN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>

#include "base/addr.h"

struct drain;

struct datagram {
	uint8_t *data;			/* valid inside the callback only, and
					 * the callback's to change in it     */
	size_t len;
	bool cut;			/* it was longer than this            */
	const struct addr *from;
	struct timespec at;		/* wall time of its arrival           */
};

typedef void drain_fn(void *arg, const struct datagram *d);

int drain_new(struct drain **dp);
void drain_free(struct drain *d);
/* Hands over all that waits in the socket, up to a bound that a flood cannot
 * talk it out of; what is left waits for the next turn. Never blocks.        */
size_t drain_socket(struct drain *d, int fd, drain_fn *fn, void *arg);

#endif
