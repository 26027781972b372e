/*
 * test_auth.c - an account and the nonces that its servers gave.
 * Needs: core/sip/auth.c; core/base/addr.c str.c; crypto.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "sip/auth_impl.h"

static const struct sip_account bob = { "bob", "secret", NULL };
static struct sip_auth *auth;

static int set_up(void **state)
{
	(void)state;
	return sip_auth_new(&auth, &bob);
}

static int tear_down(void **state)
{
	(void)state;
	sip_auth_unref(auth);
	return 0;
}

static struct hop hop(enum sip_transport transport, const char *remote)
{
	struct hop h = { .transport = transport };

	assert_int_equal(addr_parse(&h.remote, remote, 5060), 0);
	return h;
}

static struct auth_session *put(const char *realm, const char *nonce,
				const struct hop *from)
{
	const struct digest_challenge c = { .realm = realm, .nonce = nonce };
	struct auth_session *s = auth_put(auth, &c, from);

	assert_non_null(s);
	return s;
}

static size_t choose(const struct hop *to, unsigned int methods)
{
	struct auth_session *chosen[AUTH_SESSIONS_MAX];

	return auth_choose(auth, to, methods, chosen);
}

/* ---- the account ---------------------------------------------------------- */

static void account_is_copied(void **state)
{
	char name[] = "bob", password[] = "secret", realm[] = "r";
	const struct sip_account account = { name, password, realm };
	struct sip_auth *a;

	(void)state;
	assert_int_equal(sip_auth_new(&a, &account), 0);
	memset(name, 'x', 3);
	memset(password, 'x', 6);
	memset(realm, 'x', 1);
	assert_string_equal(a->account.username, "bob");
	assert_string_equal(a->account.password, "secret");
	assert_string_equal(a->account.realm, "r");
	sip_auth_unref(a);
}

static void account_may_be_empty(void **state)
{
	const struct sip_account nobody = { NULL, NULL, NULL };
	struct sip_auth *a;

	(void)state;
	assert_int_equal(sip_auth_new(&a, &nobody), 0);
	assert_null(a->account.username);
	assert_null(a->account.password);
	sip_auth_unref(a);
}

static void user_name_of_two_lines_is_refused(void **state)
{
	const struct sip_account evil = { "bob\r\nEvil: 1", "p", NULL };
	struct sip_auth *a = NULL;

	(void)state;
	assert_int_equal(sip_auth_new(&a, &evil), -EINVAL);
	assert_null(a);
}

static void last_reference_frees(void **state)
{
	struct sip_auth *a;

	(void)state;
	assert_int_equal(sip_auth_new(&a, &bob), 0);
	assert_ptr_equal(sip_auth_ref(a), a);
	sip_auth_unref(a);
	assert_string_equal(a->account.username, "bob");
	sip_auth_unref(a);
	assert_null(sip_auth_ref(NULL));
	sip_auth_unref(NULL);
}

/* A thousand carriers have one each.                                          */
static void memory_is_modest(void **state)
{
	(void)state;
	assert_true(sizeof(struct sip_auth) <= 1024);
	assert_true(sizeof(struct auth_session) <= 256);
}

/* ---- sessions ------------------------------------------------------------- */

static void session_copies_its_challenge(void **state)
{
	char realm[] = "r", nonce[] = "n", opaque[] = "o";
	const struct digest_challenge c = { .realm = realm, .nonce = nonce,
					    .opaque = opaque, .proxy = true };
	const struct hop a = hop(SIP_UDP, "192.0.2.1");
	struct auth_session *s = auth_put(auth, &c, &a);

	(void)state;
	realm[0] = nonce[0] = opaque[0] = 'x';
	assert_string_equal(s->digest.challenge.realm, "r");
	assert_string_equal(s->digest.challenge.nonce, "n");
	assert_string_equal(s->digest.challenge.opaque, "o");
	assert_ptr_equal(auth_find(auth, true, "r", &a), s);
	assert_null(auth_find(auth, false, "r", &a));
	assert_null(auth_find(auth, true, "R", &a));
}

static void session_belongs_to_one_address_and_port(void **state)
{
	const struct hop a = hop(SIP_UDP, "192.0.2.1:5060");
	const struct hop tcp = hop(SIP_TCP, "192.0.2.1:5060");
	const struct hop port = hop(SIP_UDP, "192.0.2.1:5062");
	const struct hop other = hop(SIP_UDP, "192.0.2.2:5060");
	const struct hop mapped = hop(SIP_UDP, "[::ffff:192.0.2.1]:5060");
	struct auth_session *s = put("r", "n", &a);

	(void)state;
	assert_ptr_equal(auth_find(auth, false, "r", &tcp), s);
	assert_ptr_equal(auth_find(auth, false, "r", &mapped), s);
	assert_null(auth_find(auth, false, "r", &port));
	assert_null(auth_find(auth, false, "r", &other));
}

static void nonce_of_tls_is_not_for_clear_text(void **state)
{
	const struct hop tls = hop(SIP_TLS, "192.0.2.1:5060");
	const struct hop udp = hop(SIP_UDP, "192.0.2.1:5060");

	(void)state;
	put("r", "n", &tls)->methods = AUTH_CALLS;
	assert_int_equal(choose(&udp, AUTH_CALLS), 0);
	assert_int_equal(choose(&tls, AUTH_CALLS), 1);
}

static void count_begins_anew_with_a_new_nonce_only(void **state)
{
	const struct hop a = hop(SIP_UDP, "192.0.2.1");
	struct auth_session *s = put("r", "n", &a);
	uint32_t id = s->id;

	(void)state;
	s->methods = AUTH_CALLS;
	s->digest.nc = 7;
	s = put("r", "n", &a);
	assert_int_equal(s->digest.nc, 7);
	assert_int_equal(s->methods, AUTH_CALLS);
	s = put("r", "m", &a);
	assert_int_equal(s->digest.nc, 0);
	assert_int_equal(s->id, id);
	assert_string_equal(s->digest.challenge.nonce, "m");
}

static void longest_unused_session_makes_room(void **state)
{
	const struct hop first = hop(SIP_UDP, "192.0.2.1");
	struct hop other;
	char ip[32];

	(void)state;
	put("r", "n", &first);
	for (int i = 0; i < 20; i++) {
		(void)str_printf(ip, sizeof(ip), "198.51.100.%d", i + 1);
		other = hop(SIP_UDP, ip);
		put("r", "n", &other);
		assert_int_equal(choose(&first, AUTH_CALLS), 1);
	}
	assert_int_equal(choose(&other, AUTH_CALLS), 1);
	other = hop(SIP_UDP, "198.51.100.13");
	assert_int_equal(choose(&other, AUTH_CALLS), 0);
	other = hop(SIP_UDP, "198.51.100.14");
	assert_int_equal(choose(&other, AUTH_CALLS), 1);
}

static void forgotten_session_is_gone(void **state)
{
	const struct hop a = hop(SIP_UDP, "192.0.2.1");

	(void)state;
	auth_forget(auth, put("r", "n", &a));
	assert_null(auth_find(auth, false, "r", &a));
	auth_forget(auth, NULL);
}

static void methods_that_are_asked_alike_are_told_apart(void **state)
{
	const struct hop a = hop(SIP_UDP, "192.0.2.1");
	struct auth_session *chosen[AUTH_SESSIONS_MAX];

	(void)state;
	put("registrar", "n", &a)->methods = AUTH_REGISTER;
	/* Nothing is known about calls yet: the one there is may do.          */
	assert_int_equal(choose(&a, AUTH_CALLS), 1);
	put("proxy", "n", &a)->methods = AUTH_CALLS;
	assert_int_equal(auth_choose(auth, &a, AUTH_CALLS, chosen), 1);
	assert_string_equal(chosen[0]->digest.challenge.realm, "proxy");
	assert_int_equal(auth_choose(auth, &a, AUTH_REGISTER, chosen), 1);
	assert_string_equal(chosen[0]->digest.challenge.realm, "registrar");
}

/* ---- what configured targets have met ------------------------------------- */

static void servers_are_known_by_address_and_port(void **state)
{
	const struct hop a = hop(SIP_UDP, "192.0.2.1:5060");
	const struct hop port = hop(SIP_UDP, "192.0.2.1:5062");
	struct hop other;
	char ip[32];

	(void)state;
	assert_false(auth_knows_server(auth, &a));
	auth_meet_server(auth, &a);
	auth_meet_server(auth, &a);
	assert_int_equal(auth->n_servers, 1);
	assert_true(auth_knows_server(auth, &a));
	assert_false(auth_knows_server(auth, &port));
	for (int i = 0; i < AUTH_SERVERS_MAX; i++) {
		(void)str_printf(ip, sizeof(ip), "198.51.100.%d", i + 1);
		other = hop(SIP_UDP, ip);
		auth_meet_server(auth, &other);
	}
	assert_true(auth_knows_server(auth, &other));
	assert_false(auth_knows_server(auth, &a));
}

static void clear_text_is_noticed(void **state)
{
	const struct hop tls = hop(SIP_TLS, "192.0.2.1");
	const struct hop tcp = hop(SIP_TCP, "192.0.2.1");

	(void)state;
	auth_meet_server(auth, &tls);
	assert_false(auth->in_clear);
	auth_meet_server(auth, &tcp);
	assert_true(auth->in_clear);
}

static void realms_are_known_as_they_were_written(void **state)
{
	char realm[16];

	(void)state;
	assert_int_equal(auth_meet_realm(auth, "r"), 0);
	assert_int_equal(auth_meet_realm(auth, "r"), 0);
	assert_true(auth_knows_realm(auth, "r"));
	assert_false(auth_knows_realm(auth, "R"));
	assert_null(auth->realms[1]);
	for (int i = 0; i < AUTH_REALMS_MAX; i++) {
		(void)str_printf(realm, sizeof(realm), "r%d", i);
		assert_int_equal(auth_meet_realm(auth, realm), 0);
	}
	assert_true(auth_knows_realm(auth, realm));
	assert_false(auth_knows_realm(auth, "r"));
}

#define WITH_AUTH(test) \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(account_is_copied),
		cmocka_unit_test(account_may_be_empty),
		cmocka_unit_test(user_name_of_two_lines_is_refused),
		cmocka_unit_test(last_reference_frees),
		cmocka_unit_test(memory_is_modest),
		WITH_AUTH(session_copies_its_challenge),
		WITH_AUTH(session_belongs_to_one_address_and_port),
		WITH_AUTH(nonce_of_tls_is_not_for_clear_text),
		WITH_AUTH(count_begins_anew_with_a_new_nonce_only),
		WITH_AUTH(longest_unused_session_makes_room),
		WITH_AUTH(forgotten_session_is_gone),
		WITH_AUTH(methods_that_are_asked_alike_are_told_apart),
		WITH_AUTH(servers_are_known_by_address_and_port),
		WITH_AUTH(clear_text_is_noticed),
		WITH_AUTH(realms_are_known_as_they_were_written),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
