/*
 * sdp_crypto.c - the lines that carry keys, a=crypto (RFC 4568).
 *
 *	a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:KEY|2^20|1:4 KDR=0
 *	         tag suite                 key   life MKI  session parameters
 *
 * Thread: signalling; pure functions.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/sdp.h"

#include <errno.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "base/str.h"
#include "sip/sdp_text.h"

enum {
	TAG_MAX = 999999999,		/* nine digits                        */
	LIFE_BITS_MAX = 48,		/* of RTP (RFC 3711 9.2)              */
	LIFE_DIGITS_MAX = 15,		/* of 2^48                            */
	KEY_TEXT_MAX = SDP_KEY_MAX / 3 * 4,
};

static bool starts(struct sdp_text t, const char *with)
{
	size_t n = strlen(with);

	return t.len >= n && strncasecmp(t.p, with, n) == 0;
}

/* Padding may be missing, as some leave it out. */
static int read_key(struct sdp_crypto *c, struct sdp_text t)
{
	static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";
	char text[KEY_TEXT_MAX + 1];
	uint8_t key[SDP_KEY_MAX];
	size_t n;

	while (t.len > 0 && t.p[t.len - 1] == '=')
		t.len--;
	if (!t.len || t.len % 4 == 1 || sdp_copy(text, sizeof(text), t) ||
	    strspn(text, alphabet) != t.len)
		return -EINVAL;
	for (n = t.len; n % 4; n++)
		text[n] = '=';
	EVP_DecodeBlock(key, (const unsigned char *)text, (int)n);
	c->key_len = t.len * 3 / 4;
	memcpy(c->key, key, c->key_len);
	OPENSSL_cleanse(key, sizeof(key));
	OPENSSL_cleanse(text, sizeof(text));
	return 0;
}

/* How many packets the key is good for: "2^20" or "1048576". Changing it in time
 * is the business of whoever seals with it. */
static bool is_lifetime(struct sdp_text t)
{
	uint32_t n;
	size_t i;

	if (starts(t, "2^")) {
		t.p += 2;
		t.len -= 2;
		return !sdp_number(&n, t, 0, LIFE_BITS_MAX);
	}
	if (!t.len || t.len > LIFE_DIGITS_MAX || t.p[0] == '0')
		return false;
	for (i = 0; i < t.len; i++) {
		if (t.p[i] < '0' || t.p[i] > '9')
			return false;
	}
	return true;
}

/* One key without a key identifier (MKI): with one, and so with several keys,
 * packets have a field that we do not read. */
static int read_key_params(struct sdp_crypto *c, struct sdp_text t)
{
	struct sdp_text key;

	if (!starts(t, "inline:"))
		return -EINVAL;
	t.p += strlen("inline:");
	t.len -= strlen("inline:");
	key = sdp_cut(&t, '|');
	if (t.p && !is_lifetime(t))
		return -EINVAL;
	return read_key(c, key);
}

/* RFC 4568 6.3.7: who does not know a parameter must leave the line alone,
 * unless it begins with a dash. A key derivation rate of 0 is the default
 * (6.3.1), and a window size is a hint (6.3.6). */
static bool knows(struct sdp_text parameter)
{
	return parameter.p[0] == '-' || sdp_is(parameter, "KDR=0") ||
	       starts(parameter, "WSH=");
}

int sdp_read_crypto(struct sdp_crypto *c, struct sdp_text value)
{
	struct sdp_crypto read = { 0 };
	struct sdp_text word;

	if (sdp_number(&read.tag, sdp_word(&value), 0, TAG_MAX) ||
	    sdp_copy(read.suite, sizeof(read.suite), sdp_word(&value)) ||
	    !read.suite[0] || read_key_params(&read, sdp_word(&value)))
		return -EINVAL;
	while ((word = sdp_word(&value)).len) {
		if (!knows(word))
			return -ENOTSUP;
	}
	*c = read;
	return 0;
}

void sdp_put_crypto(struct buf *out, const struct sdp_crypto *c)
{
	char text[KEY_TEXT_MAX + 1];

	EVP_EncodeBlock((unsigned char *)text, c->key, (int)c->key_len);
	buf_printf(out, "a=crypto:%u %s inline:%s\r\n", c->tag, c->suite, text);
	OPENSSL_cleanse(text, sizeof(text));
}
