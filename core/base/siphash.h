/*
 * siphash.h - SipHash-2-4: a hash that strangers cannot aim.
 *
 * Any thread; no state.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_SIPHASH_H
#define BASE_SIPHASH_H

#include <stddef.h>
#include <stdint.h>

uint64_t siphash(const uint64_t key[2], const void *data, size_t len);

#endif
