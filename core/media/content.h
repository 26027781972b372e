/*
 * content.h - a file's bytes, named by their SHA-256.
 *
 * Values; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef MEDIA_CONTENT_H
#define MEDIA_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CONTENT_LEN 32
#define CONTENT_HEX_LEN 65	/* 64 hex digits and NUL                      */

struct content {
	uint8_t hash[CONTENT_LEN];
};

struct hasher;			/* for bytes that come in pieces              */

int hasher_new(struct hasher **hp);			/* 0 or -ENOMEM       */
void hasher_free(struct hasher *h);
void hasher_add(struct hasher *h, const void *data, size_t len);
/* Begins anew afterwards. 0, or -ENOMEM where any step failed.               */
int hasher_end(struct hasher *h, struct content *c);

int content_of(struct content *c, const void *data, size_t len);
bool content_is(const struct content *a, const struct content *b);
void content_hex(const struct content *c, char dst[CONTENT_HEX_LEN]);
/* The whole string is 64 lower-case hex digits. 0 or -EINVAL.                */
int content_parse(struct content *c, const char *hex);

#endif
