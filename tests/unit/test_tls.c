/*
 * test_tls.c - two ends of TLS in one process, and whom they trust.
 * Needs: core/sip/tls.c tls_peer.c; core/base; ssl, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "sip/tls.h"
#include "tls_certs.h"

static struct tls *ours, *theirs;
static struct tls_session *client, *server;
static char why[TLS_WHY_LEN];

static const struct cert_wish wishes[] = {
	{ .file = "good", .cn = "x", .names = "DNS:sip.example.com" },
	{ .file = "old", .cn = "x", .names = "DNS:sip.example.com",
	  .from_s = -9 * CERT_DAY, .to_s = -CERT_DAY },
	{ .file = "early", .cn = "x", .names = "DNS:sip.example.com",
	  .from_s = CERT_DAY, .to_s = 9 * CERT_DAY },
	{ .file = "self", .cn = "sip.example.com",
	  .names = "DNS:sip.example.com", .stranger = true },
	{ .file = "uri", .cn = "x", .names = "URI:sip:example.com" },
	{ .file = "user", .cn = "x", .names = "URI:sip:bob@example.com" },
	{ .file = "ip", .cn = "x", .names = "IP:192.0.2.1,IP:2001:db8::1" },
	{ .file = "cn", .cn = "sip.example.com" },
	{ .file = "other", .cn = "sip.example.com",
	  .names = "URI:sip:example.org" },
	{ .file = "star", .cn = "x", .names = "DNS:*.example.com" },
	{ .file = "person", .cn = "x", .names = "DNS:sip.example.com",
	  .usage = "emailProtection" },
};

static int set_up_all(void **state)
{
	(void)state;
	cert_begin();
	for (size_t i = 0; i < ARRAY_LEN(wishes); i++)
		cert_make(&wishes[i]);
	return 0;
}

static int tear_down_all(void **state)
{
	(void)state;
	cert_end();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	tls_session_free(client);
	tls_session_free(server);
	tls_free(ours);
	tls_free(theirs);
	client = server = NULL;
	ours = theirs = NULL;
	return 0;
}

static const char *file(const char *name, const char *suffix)
{
	char both[64];

	str_printf(both, sizeof(both), "%s.%s", name, suffix);
	return cert_path(both);
}

static struct tls *make(const char *cert, const char *ca, bool is_server)
{
	struct sip_tls cfg = {
		.certificate = cert ? file(cert, "pem") : NULL,
		.key = cert ? file(cert, "key") : NULL,
		.ca = ca ? file(ca, "pem") : NULL,
	};
	struct tls *t;

	if (tls_new(&t, &cfg, is_server, why, sizeof(why)))
		fail_msg("%s", why);
	return t;
}

/* What one end has for the wire goes into the other; its verdict.            */
static int carry(struct tls_session *from, struct tls_session *to)
{
	struct buf b;
	int err = 0;

	buf_init(&b, 1 << 20);
	tls_take(from, &b);
	if (b.len)
		err = tls_receive(to, b.data, b.len);
	buf_deinit(&b);
	return err;
}

/* 0, or the error of the client.                                             */
static int meet(const char *name)
{
	int err;

	assert_int_equal(tls_connect(&client, ours, name), 0);
	assert_int_equal(tls_accept(&server, theirs), 0);
	err = tls_receive(client, NULL, 0);
	for (int i = 0; i < 4 && !err; i++) {
		(void)carry(client, server);
		err = carry(server, client);
	}
	if (!err)
		assert_true(tls_is_open(client) && tls_is_open(server));
	else
		assert_false(tls_is_open(client));
	return err;
}

static int visit(const char *cert, const char *name)
{
	tear_down(NULL);
	ours = make(NULL, "ca", false);
	theirs = make(cert, NULL, true);
	return meet(name);
}

static void refused(const char *cert, const char *name, const char *reason)
{
	assert_int_equal(visit(cert, name), -EPROTO);
	assert_string_equal(tls_why(client), reason);
	/* Nothing of ours leaves to somebody who is not who he says.         */
	assert_int_equal(tls_write(client, "secret", 6), -EPIPE);
}

static void says(struct tls_session *from, struct tls_session *to,
		 const char *text)
{
	char got[64] = "";

	assert_int_equal(tls_write(from, text, strlen(text)), 0);
	assert_int_equal(carry(from, to), 0);
	assert_int_equal(tls_read(to, got, sizeof(got)), strlen(text));
	assert_string_equal(got, text);
	assert_int_equal(tls_read(to, got, sizeof(got)), 0);
}

static void what_one_end_says_the_other_hears(void **state)
{
	char byte;

	(void)state;
	assert_int_equal(visit("good", "sip.example.com"), 0);
	says(client, server, "INVITE");
	says(server, client, "100 Trying");
	tls_close(client);
	assert_int_equal(carry(client, server), 0);
	assert_int_equal(tls_read(server, &byte, 1), -EPIPE);
}

static void a_long_text_is_many_records(void **state)
{
	static char text[300000], got[300000];
	size_t n = 0;
	int err;

	(void)state;
	assert_int_equal(visit("good", "sip.example.com"), 0);
	memset(text, 'a', sizeof(text));
	assert_int_equal(tls_write(client, text, sizeof(text)), 0);
	assert_int_equal(carry(client, server), 0);
	while ((err = tls_read(server, got + n, sizeof(got) - n)) > 0)
		n += (size_t)err;
	assert_int_equal(n, sizeof(text));
}

static void rfc5922_7_2_the_name_must_be_in_the_certificate(void **state)
{
	(void)state;
	assert_int_equal(visit("good", "SIP.Example.COM"), 0);
	refused("good", "other.example.com", "the certificate is not for "
		"other.example.com but for sip.example.com");
	refused("good", "example.com", "the certificate is not for "
		"example.com but for sip.example.com");
	refused("ip", "sip.example.com",
		"the certificate is not for sip.example.com but for x");
}

static void rfc5922_7_1_a_sip_uri_names_the_domain(void **state)
{
	(void)state;
	assert_int_equal(visit("uri", "example.com"), 0);
	refused("user", "example.com", "the certificate is not for "
		"example.com but for sip:bob@example.com");
}

static void the_common_name_counts_where_nothing_else_does(void **state)
{
	(void)state;
	assert_int_equal(visit("cn", "sip.example.com"), 0);
	refused("other", "sip.example.com", "the certificate is not for "
		"sip.example.com but for sip:example.org");
}

static void a_star_is_one_whole_label(void **state)
{
	(void)state;
	assert_int_equal(visit("star", "sip.example.com"), 0);
	assert_int_equal(visit("star", "a.b.example.com"), -EPROTO);
	assert_int_equal(visit("star", "example.com"), -EPROTO);
}

static void an_address_may_be_the_name(void **state)
{
	(void)state;
	assert_int_equal(visit("ip", "192.0.2.1"), 0);
	assert_int_equal(visit("ip", "2001:db8::1"), 0);
	assert_int_equal(visit("ip", "[2001:db8::1]"), 0);
	assert_int_equal(visit("ip", "192.0.2.2"), -EPROTO);
}

static void a_certificate_that_is_no_good_is_named_so(void **state)
{
	(void)state;
	refused("old", "sip.example.com", "the certificate has expired");
	refused("early", "sip.example.com",
		"the certificate is not valid yet");
	refused("self", "sip.example.com", "the certificate is self-signed");
	refused("person", "sip.example.com",
		"the certificate is not one for a server");
}

static void an_unknown_authority_is_not_trusted(void **state)
{
	(void)state;
	ours = make(NULL, NULL, false);	/* the system's                       */
	theirs = make("good", NULL, true);
	assert_int_equal(meet("sip.example.com"), -EPROTO);
	assert_string_equal(tls_why(client),
			    "the certificate's authority is not trusted");
}

static void a_client_shows_its_certificate(void **state)
{
	(void)state;
	ours = make("good", "ca", false);
	theirs = make("good", NULL, true);
	assert_int_equal(meet("sip.example.com"), 0);
	says(client, server, "hello");
	assert_false(tls_is_lacking(client));
}

static void noise_is_no_handshake(void **state)
{
	(void)state;
	ours = make(NULL, "ca", false);
	theirs = make("good", NULL, true);
	assert_int_equal(tls_connect(&client, ours, "x"), 0);
	assert_int_equal(tls_receive(client, NULL, 0), 0);
	assert_int_equal(tls_receive(client, "SIP/2.0 400 No\r\n\r\n", 18),
			 -EPROTO);
	assert_string_equal(tls_why(client),
			    "the other side does not speak TLS");
	assert_int_equal(tls_accept(&server, theirs), 0);
	assert_int_equal(tls_receive(server, "OPTIONS sip:x SIP/2.0\r\n", 23),
			 -EPROTO);
	assert_int_equal(tls_receive(server, "x", 1), -EPROTO);
}

static void wrong(const struct sip_tls *cfg, bool is_server,
		  const char *expected)
{
	struct tls *t;

	assert_int_equal(tls_new(&t, cfg, is_server, why, sizeof(why)),
			 -EINVAL);
	if (!strstr(why, expected))
		fail_msg("\"%s\" is not in \"%s\"", expected, why);
}

static void wrong_files_are_named(void **state)
{
	const char *good = file("good", "pem"), *key = file("good", "key");
	const char *other = file("old", "key");
	FILE *f = fopen(cert_path("junk.pem"), "w");

	(void)state;
	assert_true(f && fputs("junk\n", f) >= 0 && !fclose(f));
	wrong(&(struct sip_tls){ 0 }, true, "sip.tls.certificate: ");
	wrong(&(struct sip_tls){ .key = key }, false, "sip.tls.key: ");
	wrong(&(struct sip_tls){ .certificate = "/nowhere.pem", .key = key },
	      false, "/nowhere.pem: No such file");
	wrong(&(struct sip_tls){ .certificate = good, .key = "/nowhere.key" },
	      false, "/nowhere.key: No such file");
	wrong(&(struct sip_tls){ .certificate = good, .key = other }, true,
	      "sip.tls.key: ");
	assert_non_null(strstr(why, "not the key of the certificate"));
	wrong(&(struct sip_tls){ .certificate = good }, true,
	      "there is no key in it");
	wrong(&(struct sip_tls){ .certificate = cert_path("junk.pem"),
	      .key = key }, true, "not PEM");
	wrong(&(struct sip_tls){ .ca = "/nowhere" }, false,
	      "sip.tls.ca: /nowhere: No such file");
	wrong(&(struct sip_tls){ .ca = cert_path("junk.pem") }, false,
	      "sip.tls.ca: ");
}

static void a_key_with_a_password_is_refused_without_asking(void **state)
{
	EVP_PKEY *key = EVP_EC_gen("P-256");
	FILE *f = fopen(cert_path("locked.key"), "w");

	(void)state;
	assert_non_null(f);
	PEM_write_PrivateKey(f, key, EVP_aes_128_cbc(),
			     (const unsigned char *)"secret", 6, NULL, NULL);
	fclose(f);
	EVP_PKEY_free(key);
	wrong(&(struct sip_tls){ .certificate = file("good", "pem"),
	      .key = cert_path("locked.key") }, true, "password");
}

static void key_and_certificate_may_share_a_file(void **state)
{
	FILE *f = fopen(cert_path("both.pem"), "w");
	const char *const parts[] = { "good.pem", "good.key" };
	struct sip_tls cfg = { .certificate = cert_path("both.pem") };
	char text[4096];

	(void)state;
	assert_non_null(f);
	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		FILE *in = fopen(cert_path(parts[i]), "r");
		size_t n = fread(text, 1, sizeof(text), in);

		fclose(in);
		assert_int_equal(fwrite(text, 1, n, f), n);
	}
	fclose(f);
	assert_int_equal(tls_new(&theirs, &cfg, true, why, sizeof(why)), 0);
}

#define T(name) cmocka_unit_test_teardown(name, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(what_one_end_says_the_other_hears),
		T(a_long_text_is_many_records),
		T(rfc5922_7_2_the_name_must_be_in_the_certificate),
		T(rfc5922_7_1_a_sip_uri_names_the_domain),
		T(the_common_name_counts_where_nothing_else_does),
		T(a_star_is_one_whole_label),
		T(an_address_may_be_the_name),
		T(a_certificate_that_is_no_good_is_named_so),
		T(an_unknown_authority_is_not_trusted),
		T(a_client_shows_its_certificate),
		T(noise_is_no_handshake),
		T(wrong_files_are_named),
		T(a_key_with_a_password_is_refused_without_asking),
		T(key_and_certificate_may_share_a_file),
	};

	return cmocka_run_group_tests(tests, set_up_all, tear_down_all);
}
