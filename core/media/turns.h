/*
 * turns.h - how many fetches one server has to bear at once.
 *
 * Home thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_TURNS_H
#define MEDIA_TURNS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/map.h"
#include "media/access.h"

#define TURNS_MAX 8		/* fetches at once from one host and port     */

struct host;			/* of a URL; counted                          */

int host_get(struct host **hp, struct map *hosts, const struct target *t);
void host_put(struct map *hosts, struct host *h);	/* NULL is fine       */
bool host_has_turn(const struct host *h);
void host_begin(struct host *h);		/* a fetch                    */
void host_end(struct host *h);

#endif
