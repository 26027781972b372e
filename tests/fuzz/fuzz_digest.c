/*
 * fuzz_digest.c - any bytes as a challenge: what is taken from it can be
 * answered in one line, and the answer names the same nonce.
 * Needs: core/sip/digest.c challenge.c; core/base/buf.c random.c str.c; crypto.
 */
/* SPDX-License-Identifier: MIT */
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sip/digest.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_answer(const struct digest_challenge *challenge)
{
	static const struct sip_account account = {
		.username = "a\"b\\c@d", .password = "p",
	};
	static const struct digest_request req = {
		.method = "INVITE", .uri = "sip:x@y", .body = "b",
		.body_len = 1,
	};
	struct digest_session s = { .challenge = *challenge };
	struct digest_challenge again;
	struct random random;
	struct buf out;

	random_seeded(&random, 1);
	buf_init(&out, 8192);
	if (digest_answer(&s, &account, &req, &random, &out) || out.err)
		abort();
	/* The answer has the form of a challenge with other parameters. */
	if (strpbrk(out.data, "\r\n") ||
	    digest_parse(&again, out.data, challenge->proxy) ||
	    strcmp(again.realm, challenge->realm) != 0 ||
	    strcmp(again.nonce, challenge->nonce) != 0 ||
	    strcmp(again.opaque, challenge->opaque) != 0)
		abort();
	buf_deinit(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct digest_challenge c;
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	if (digest_parse(&c, text, size & 1) == 0)
		check_answer(&c);
	free(text);
	return 0;
}
