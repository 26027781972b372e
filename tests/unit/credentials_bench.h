/*
 * credentials_bench.h - one account, one request, and the answers to it.
 *
 * Included once per program.
 * Needs: core/sip/credentials.c auth.c digest.c challenge.c msg.c build.c
 * names.c osip.c; all of core/base; osip2; crypto.
 */
/* SPDX-License-Identifier: MIT */
#ifndef UNIT_CREDENTIALS_BENCH_H
#define UNIT_CREDENTIALS_BENCH_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "sip/auth_impl.h"
#include "sip/build.h"
#include "sip/credentials.h"
#include "sip/msg.h"

#define WWW "WWW-Authenticate: Digest "
#define PROXY "Proxy-Authenticate: Digest "
#define R_N1 "realm=\"r\", nonce=\"n1\", qop=\"auth\"\r\n"
#define R_N2 "realm=\"r\", nonce=\"n2\", qop=\"auth\"\r\n"
#define R_N3 "realm=\"r\", nonce=\"n3\", qop=\"auth\"\r\n"
#define P_N1 "realm=\"p\", nonce=\"p1\", qop=\"auth\"\r\n"

static const struct sip_account bob = { "bob", "secret", NULL };
static struct sip_auth *auth;
static struct credentials_use use;
static osip_message_t *req;
static struct random seeded;
static struct hop home, elsewhere;
static const char *note;

static inline void new_request(const char *method, const char *body)
{
	struct buf text;

	osip_message_free(req);
	req = NULL;
	use = (struct credentials_use){ .known_realms_only =
					use.known_realms_only };
	buf_init(&text, 4096);
	buf_printf(&text, "%s sip:carrier.example SIP/2.0\r\n"
		   "Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
		   "From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>\r\n"
		   "Call-ID: c\r\nCSeq: 1 %s\r\n"
		   "Content-Length: %zu\r\n\r\n%s", method, method,
		   strlen(body), body);
	assert_int_equal(build_parse(&req, &text), 0);
	buf_deinit(&text);
}

static inline void use_account(const struct sip_account *account)
{
	sip_auth_unref(auth);
	assert_int_equal(sip_auth_new(&auth, account), 0);
}

static inline int set_up(void **state)
{
	(void)state;
	parser_start();
	random_seeded(&seeded, 7);
	home = (struct hop){ .transport = SIP_UDP };
	elsewhere = home;
	(void)addr_parse(&home.remote, "192.0.2.1:5060", 0);
	(void)addr_parse(&elsewhere.remote, "203.0.113.9:5060", 0);
	memset(&use, 0, sizeof(use));
	use_account(&bob);
	new_request("INVITE", "");
	return 0;
}

static inline int tear_down(void **state)
{
	(void)state;
	sip_auth_unref(auth);
	auth = NULL;
	osip_message_free(req);
	req = NULL;
	return 0;
}

/* An answer to the request; `headers` end with CRLF each.                     */
static inline osip_message_t *answer(int code, const char *headers)
{
	char text[8192];
	osip_message_t *resp = NULL;
	const char *why;

	assert_int_equal(str_printf(text, sizeof(text), "SIP/2.0 %d X\r\n"
		"Via: SIP/2.0/UDP h;branch=z9hG4bK1\r\n"
		"From: <sip:a@b>;tag=1\r\nTo: <sip:a@b>;tag=2\r\n"
		"Call-ID: c\r\nCSeq: 1 %s\r\n%sContent-Length: 0\r\n\r\n",
		code, req->sip_method, headers), 0);
	assert_int_equal(msg_parse(&resp, text, strlen(text), &why), 0);
	return resp;
}

static inline int learn_from(const struct hop *from, int code, const char *headers)
{
	osip_message_t *resp = answer(code, headers);
	int err = credentials_learn(auth, &use, resp, from, &note);

	osip_message_free(resp);
	return err;
}

static inline int learn(int code, const char *headers)
{
	return learn_from(&home, code, headers);
}

static inline void inform(const char *headers)
{
	osip_message_t *resp = answer(200, headers);

	credentials_info(auth, resp, &home);
	osip_message_free(resp);
}

static inline int count(const char *name)
{
	int n = 0;

	while (msg_header(req, name, n))
		n++;
	return n;
}

/* How many answers of both kinds a request to that place carries.             */
static inline int apply_to(const struct hop *to)
{
	assert_int_equal(credentials_apply(auth, &use, req, to, &seeded), 0);
	return count("Authorization") + count("Proxy-Authorization");
}

static inline int apply(void)
{
	return apply_to(&home);
}

static inline void assert_holds(const char *name, int nth, const char *part)
{
	const char *value = msg_header(req, name, nth);

	assert_non_null(value);
	if (!strstr(value, part))
		fail_msg("no %s in %s", part, value);
}

/* One request that is asked, and content with the answer.                     */
static inline void asked_once(const char *method, int code, const char *headers)
{
	new_request(method, "");
	(void)apply();
	assert_int_equal(learn(code, headers), 0);
	assert_true(apply() > 0);
}

#define RULE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

#endif
