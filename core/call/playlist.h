/*
 * playlist.h - what a playlist may hold, whichever app it comes from.
 *
 * Pure functions. Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_PLAYLIST_H
#define CALL_PLAYLIST_H

#include <carillon/services.h>

#include "media/prompt.h"

/* The items and their course: a problem for each that cannot be.              */
void playlist_check(const struct prompts *prompts, const struct cln_play *play,
		    struct cln_problems *problems);

#endif
