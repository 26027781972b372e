/*
 * content.c - SHA-256 by OpenSSL.
 * Thread: any.
 */
/* SPDX-License-Identifier: MIT */
#include "media/content.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "base/str.h"

struct hasher {
	EVP_MD_CTX *ctx;
	bool ok;
};

static void begin(struct hasher *h)
{
	h->ok = EVP_DigestInit_ex(h->ctx, EVP_sha256(), NULL) == 1;
}

int hasher_new(struct hasher **hp)
{
	struct hasher *h = calloc(1, sizeof(*h));

	if (!h)
		return -ENOMEM;
	h->ctx = EVP_MD_CTX_new();
	if (!h->ctx) {
		free(h);
		return -ENOMEM;
	}
	begin(h);
	*hp = h;
	return 0;
}

void hasher_free(struct hasher *h)
{
	if (!h)
		return;
	EVP_MD_CTX_free(h->ctx);
	free(h);
}

void hasher_add(struct hasher *h, const void *data, size_t len)
{
	h->ok = h->ok && EVP_DigestUpdate(h->ctx, data, len) == 1;
}

int hasher_end(struct hasher *h, struct content *c)
{
	unsigned int len = CONTENT_LEN;
	bool ok = h->ok && EVP_DigestFinal_ex(h->ctx, c->hash, &len) == 1;

	begin(h);
	return ok ? 0 : -ENOMEM;
}

int content_of(struct content *c, const void *data, size_t len)
{
	unsigned int out = CONTENT_LEN;

	return EVP_Digest(data, len, c->hash, &out, EVP_sha256(), NULL) == 1 ?
	       0 : -ENOMEM;
}

bool content_is(const struct content *a, const struct content *b)
{
	return !memcmp(a->hash, b->hash, CONTENT_LEN);
}

void content_hex(const struct content *c, char dst[CONTENT_HEX_LEN])
{
	str_hex(dst, c->hash, CONTENT_LEN);
}

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

int content_parse(struct content *c, const char *hex)
{
	struct content found;

	if (strlen(hex) != CONTENT_HEX_LEN - 1)
		return -EINVAL;
	for (size_t i = 0; i < CONTENT_LEN; i++) {
		int high = nibble(hex[2 * i]), low = nibble(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		found.hash[i] = (uint8_t)(high << 4 | low);
	}
	*c = found;
	return 0;
}
