/* SPDX-License-Identifier: MIT */
/*
 * g711.h - G.711 as ITU-T G.191's reference tools compute it.
 *
 * Linear samples are 16 bits, left-justified: mu-law looks at the upper 14,
 * A-law at the upper 13.
 */
#ifndef FAREND_G711_H
#define FAREND_G711_H

#include <stdint.h>

enum { G711_MULAW_SILENCE = 0xff, G711_ALAW_SILENCE = 0xd5 };

uint8_t g711_mulaw_encode(int16_t sample);
uint8_t g711_alaw_encode(int16_t sample);
int16_t g711_mulaw_decode(uint8_t code);
int16_t g711_alaw_decode(uint8_t code);

#endif
