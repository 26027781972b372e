/* SPDX-License-Identifier: MIT */
/*
 * expect.h - what every call should hear, compared as the packets come.
 *
 * With thousands of calls their payloads cannot be kept and compared later. The
 * file of --expect has the payloads of one whole call, back to back; packet n of
 * a stream, by its sequence number, must be the n-th piece of it.
 */
#ifndef FAREND_EXPECT_H
#define FAREND_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct expected {
	uint8_t *data;          /* NULL: nothing is compared */
	size_t len;
};

/* Reads the file; 0 or -errno. */
int expected_read(struct expected *e, const char *path);
void expected_free(struct expected *e);

/* What one stream has heard of it. */
struct heard {
	const struct expected *expected;        /* NULL: nothing is compared */
	bool begun;
	uint8_t pt;             /* of the first packet; others are no audio */
	uint16_t first_seq;
	size_t piece;           /* bytes of the first packet */
	uint64_t right_bytes;
	uint64_t wrong;         /* packets */
};

struct rtp_packet;

void heard_take(struct heard *h, const struct rtp_packet *p,
		const uint8_t *payload);
/* Nothing was wrong, and nothing is missing. */
bool heard_all(const struct heard *h);

#endif
