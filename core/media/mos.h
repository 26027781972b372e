/*
 * mos.h - how good it sounded: a mean opinion score by the E-model (G.107).
 *
 * Thread: any; no state.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_MOS_H
#define MEDIA_MOS_H

#include <stdint.h>

#include <carillon/codec.h>

struct mos_facts {
	const struct cln_codec *codec;
	uint64_t expected, lost;	/* packets                            */
	int32_t jitter_us;		/* -1: not known                      */
	int32_t round_trip_us;		/* -1: not known                      */
};

/* 100 to 450; -1: nothing was expected, or G.113 does not tell of the codec. */
int32_t mos_x100(const struct mos_facts *f);

#endif
