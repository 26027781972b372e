/*
 * sha256.h - SHA-256 (FIPS 180-4), for API keys and fingerprints of requests.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_SHA256_H
#define API_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32

struct sha256 {
	uint32_t h[8];
	uint64_t bytes;
	uint8_t block[64];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t len);
void sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN]);
void sha256_of(const void *data, size_t len, uint8_t out[SHA256_LEN]);

#endif
