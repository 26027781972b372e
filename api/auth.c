/*
 * auth.c - API keys: who asks, and what that key may do.
 * Thread: made by main, then read by all workers.
 */
/* SPDX-License-Identifier: MIT */
#include "auth.h"

#include <errno.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "sha256.h"

enum { KEYS_MAX = 256, SECRET_MAX = 512 };

struct auth {
	unsigned int n;
	struct {
		uint8_t hash[SHA256_LEN];
		unsigned int scopes;
	} keys[KEYS_MAX];
};

struct auth *auth_new(void)
{
	return calloc(1, sizeof(struct auth));
}

void auth_free(struct auth *a)
{
	free(a);
}

bool auth_has_keys(const struct auth *a)
{
	return a->n > 0;
}

static int hex_digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

static int read_hash(uint8_t hash[SHA256_LEN], const char *hex, size_t len)
{
	size_t i;

	if (len != 2 * SHA256_LEN)
		return -EINVAL;
	for (i = 0; i < SHA256_LEN; i++) {
		int high = hex_digit(hex[2 * i]);
		int low = hex_digit(hex[2 * i + 1]);

		if (high < 0 || low < 0)
			return -EINVAL;
		hash[i] = (uint8_t)(high << 4 | low);
	}
	return 0;
}

static unsigned int scope_of(const char *word, size_t len)
{
	static const struct {
		const char *name;
		unsigned int scopes;
	} names[] = {
		{ "read", AUTH_READ },
		{ "call", AUTH_CALL },
		{ "admin", AUTH_ALL },
	};
	size_t i;

	for (i = 0; i < sizeof(names) / sizeof(*names); i++)
		if (strlen(names[i].name) == len &&
		    !memcmp(names[i].name, word, len))
			return names[i].scopes;
	return 0;
}

/* "read,call": 0 if a word is unknown or missing.                            */
static unsigned int read_scopes(const char *text)
{
	unsigned int scopes = 0;

	for (;;) {
		size_t len;
		unsigned int one;

		text += strspn(text, " ");
		len = strcspn(text, ", ");
		one = scope_of(text, len);
		if (!one)
			return 0;
		scopes |= one;
		text += len;
		text += strspn(text, " ");
		if (!*text)
			return scopes;
		if (*text++ != ',')
			return 0;
	}
}

int auth_add(struct auth *a, const char *value, char *why, size_t cap)
{
	size_t len = strcspn(value, " \t\n");
	const char *rest = value + len + strspn(value + len, " \t\n");
	unsigned int scopes = *rest ? read_scopes(rest) : AUTH_ALL;
	uint8_t *hash;

	if (a->n == KEYS_MAX) {
		snprintf(why, cap, "more than %d keys", KEYS_MAX);
		return -ENOSPC;
	}
	hash = a->keys[a->n].hash;
	if (!len || len > SECRET_MAX) {
		snprintf(why, cap, "a key must have 1 to %d characters",
			 SECRET_MAX);
		return -EINVAL;
	}
	if (!scopes) {
		snprintf(why, cap, "the scopes behind a key must be words of "
			 "read, call, admin with commas between");
		return -EINVAL;
	}
	if (strncmp(value, "sha256:", 7)) {
		sha256_of(value, len, hash);
	} else if (read_hash(hash, value + 7, len - 7)) {
		snprintf(why, cap, "expected 64 hexadecimal digits after "
			 "sha256:");
		return -EINVAL;
	}
	a->keys[a->n++].scopes = scopes;
	return 0;
}

/* Takes the same time wherever the first difference is.                      */
static bool same(const uint8_t *a, const uint8_t *b)
{
	unsigned int differ = 0;
	size_t i;

	for (i = 0; i < SHA256_LEN; i++)
		differ |= a[i] ^ b[i];
	return !differ;
}

enum auth_verdict auth_check(const struct auth *a, const char *header,
			     unsigned int *scopes, unsigned int *key)
{
	uint8_t hash[SHA256_LEN];
	enum auth_verdict verdict = AUTH_WRONG;
	unsigned int i;
	size_t len;

	*scopes = a->n ? 0 : AUTH_ALL;
	*key = 0;
	if (!a->n)
		return AUTH_OK;
	if (!header)
		return AUTH_MISSING;
	if (strncasecmp(header, "Bearer ", 7))
		return AUTH_MISSING;
	header += 7 + strspn(header + 7, " ");
	len = strcspn(header, " \t");
	if (!len || len > SECRET_MAX ||
	    header[len + strspn(header + len, " \t")])
		return AUTH_WRONG;
	sha256_of(header, len, hash);
	for (i = 0; i < a->n; i++) {
		if (!same(hash, a->keys[i].hash))
			continue;
		*scopes = a->keys[i].scopes;
		*key = i + 1;
		verdict = AUTH_OK;
	}
	return verdict;
}
