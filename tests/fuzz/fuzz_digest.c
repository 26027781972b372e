/*
 * fuzz_digest.c - any bytes as a challenge, or as a whole answer with some.
 *
 * What is taken from a challenge can be answered in one line that names the same
 * nonce. A 401 or 407 makes no request of more than the bounded number of
 * answers, none for a foreign realm, and none to a server that did not ask.
 * Needs: core/sip/auth.c credentials.c digest.c challenge.c msg.c build.c
 * names.c osip.c; core/base; osip2; crypto.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sip/auth_impl.h"
#include "sip/build.h"
#include "sip/client.h"
#include "sip/credentials.h"
#include "sip/msg.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* ---- one challenge -------------------------------------------------------- */

static bool same_text(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : !a && !b;
}

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
	struct digest_texts texts;
	struct random random;
	struct buf out;

	random_seeded(&random, 1);
	buf_init(&out, 8192);
	if (digest_answer(&s, &account, &req, &random, &out) || out.err)
		abort();
	/* The answer has the form of a challenge with other parameters. */
	if (strpbrk(out.data, "\r\n") ||
	    digest_parse(&again, &texts, out.data, challenge->proxy) ||
	    !same_text(again.realm, challenge->realm) ||
	    !same_text(again.nonce, challenge->nonce) ||
	    !same_text(again.opaque, challenge->opaque))
		abort();
	buf_deinit(&out);
}

static void feed_value(const char *text, bool proxy)
{
	struct digest_challenge c;
	struct digest_texts texts;
	char nonce[16];

	if (!digest_parse(&c, &texts, text, proxy))
		check_answer(&c);
	if (!digest_unquote(nonce, sizeof(nonce), text) && !nonce[0])
		abort();
}

/* ---- a whole answer ------------------------------------------------------- */

static const char request[] = "INVITE sip:c SIP/2.0\r\n"
	"Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\nFrom: <sip:a@b>;tag=1\r\n"
	"To: <sip:a@b>\r\nCall-ID: c\r\nCSeq: 1 INVITE\r\n"
	"Content-Length: 4\r\n\r\nbody";

static struct hop hop_to(const char *ip)
{
	struct hop h = { .transport = SIP_UDP };

	if (addr_parse_ip(&h.remote, ip, 5060))
		abort();
	return h;
}

/* Answers in the request, each one line; none for a realm but the named one.  */
static size_t count(const osip_message_t *req, const char *realm)
{
	static const char *const names[] = {
		"Authorization", "Proxy-Authorization",
	};
	struct digest_challenge c;
	struct digest_texts texts;
	const char *value;
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		for (int k = 0; (value = msg_header(req, names[i], k)); k++) {
			n++;
			if (strpbrk(value, "\r\n") ||
			    digest_parse(&c, &texts, value, i) ||
			    (realm && strcmp(c.realm, realm)))
				abort();
		}
	}
	return n;
}

static void apply(struct sip_auth *auth, struct credentials_use *use,
		  osip_message_t *req, const struct hop *to)
{
	struct random random;

	random_seeded(&random, 1);
	if (credentials_apply(auth, use, req, to, &random))
		abort();
}

/* The same challenge again and again, as an always-401 server does.           */
static void converse(struct sip_auth *auth, osip_message_t *req,
		     const osip_message_t *resp, bool known_only)
{
	const char *realm = auth->account.realm, *note;
	const struct hop home = hop_to("192.0.2.1");
	const struct hop foreign = hop_to("192.0.2.2");
	struct credentials_use use = { .known_realms_only = known_only };
	int answered = 0;

	apply(auth, &use, req, &home);
	while (!credentials_learn(auth, &use, resp,
				  known_only ? &foreign : &home, &note)) {
		apply(auth, &use, req, known_only ? &foreign : &home);
		if (!count(req, realm) || ++answered > CLIENT_MAX_CHALLENGES)
			abort();
	}
	credentials_info(auth, resp, &home);
	apply(auth, &use, req, &home);
	if (count(req, realm) > AUTH_SESSIONS_MAX)
		abort();
	if (known_only)
		return;
	apply(auth, &use, req, &foreign);
	if (count(req, realm))
		abort();
}

static void feed_message(const char *data, size_t size)
{
	static const struct sip_account accounts[] = {
		{ "bob", "secret", NULL }, { "bob", "secret", "r" },
	};
	struct sip_auth *auth;
	osip_message_t *resp = NULL, *req = NULL;
	struct buf text;
	const char *why;

	if (msg_parse(&resp, data, size, &why) == -EBADMSG || !resp)
		return;
	buf_init(&text, sizeof(request));
	buf_puts(&text, request);
	if (build_parse(&req, &text))
		abort();
	for (size_t i = 0; MSG_IS_RESPONSE(resp) && i < 4; i++) {
		if (sip_auth_new(&auth, &accounts[i % 2]))
			abort();
		converse(auth, req, resp, false);
		if (i >= 2)
			converse(auth, req, resp, true);
		sip_auth_unref(auth);
	}
	buf_deinit(&text);
	osip_message_free(req);
	osip_message_free(resp);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	parser_start();
	memcpy(text, data, size);
	text[size] = '\0';
	if (str_starts(text, "SIP/"))
		feed_message(text, size);
	else
		feed_value(text, size & 1);
	free(text);
	return 0;
}
