/*
 * greeting.h - is whoever answered still speaking? (voicemail, or a person)
 *
 * Thread: the media worker that owns the stream; no I/O, nothing allocated.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_GREETING_H
#define MEDIA_GREETING_H

#include <stddef.h>
#include <stdint.h>

enum greeting_verdict {
	GREETING_GOES_ON,
	GREETING_SILENCE,		/* it spoke, and has been silent since;
					 * or it never spoke                  */
	GREETING_BEEP,			/* a tone has just ended              */
};

struct greeting;			/* one KB                             */
size_t greeting_size(void);
/* `rate` from 8000 to 16000.                                                 */
void greeting_init(struct greeting *g, uint32_t rate);
/* The verdict after n more samples; once it is not GOES_ON it stays.         */
enum greeting_verdict greeting_feed(struct greeting *g, const int16_t *pcm,
				    size_t n);

#endif
