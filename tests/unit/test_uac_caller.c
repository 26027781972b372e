/*
 * test_uac_caller.c - who calls (RFC 3323, 3325), the routes that a call begins
 * with (RFC 3608) and headers of the operator's.
 * Needs: uac_bench.h sip_wire.h; all of core/sip and core/base; osip2, cares,
 * ssl, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include "uac_bench.h"

static void by_default_only_from_says_who_calls(void **state)
{
	(void)state;
	invite();
	assert_null(header(last(), "P-Asserted-Identity"));
	assert_null(header(last(), "Privacy"));
}

static void rfc3325_9_1_the_identity_is_asserted(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.caller_id = UAC_CALLER_ASSERTED;
	p.from_name = "Bob, \"the\" Caller";
	begin(&p);
	assert_string_equal(header(last(), "P-Asserted-Identity"),
			    "\"Bob, \\\"the\\\" Caller\" "
			    "<sip:me@sip.carrier1.com>");
	assert_true(starts(header(last(), "From"),
			   "\"Bob, \\\"the\\\" Caller\" "
			   "<sip:me@sip.carrier1.com>;tag="));
	assert_null(header(last(), "Privacy"));
	assert_string_equal(header(last(), "Contact"),
			    "<sip:me@198.51.100.1:5060>");
}

static void rfc3323_4_1_who_is_private_is_anonymous(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.caller_id = UAC_CALLER_PRIVATE;
	p.from_name = "Bob";
	p.auth = account("u", "p");
	begin(&p);
	for (int i = 0; i < 2; i++) {
		assert_true(starts(header(last(), "From"), "\"Anonymous\" "
				   "<sip:anonymous@anonymous.invalid>;tag="));
		assert_string_equal(header(last(), "P-Asserted-Identity"),
				    "\"Bob\" <sip:me@sip.carrier1.com>");
		assert_null(header_nth(last(), "P-Asserted-Identity", 1));
		assert_string_equal(header(last(), "Privacy"), "id");
		assert_null(header_nth(last(), "Privacy", 1));
		assert_string_equal(header(last(), "Contact"),
				    "<sip:198.51.100.1:5060>");
		if (!i)
			wire_answer(last(), 407, "p", "Proxy-Authenticate: "
				    "Digest realm=\"r\", nonce=\"n\"\r\n",
				    "");
	}
}

static void without_a_domain_it_is_ours(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.caller_id = UAC_CALLER_PRIVATE;
	p.from_domain = NULL;
	begin(&p);
	assert_non_null(strstr(header(last(), "From"),
			       "@anonymous.invalid>"));
	assert_string_equal(header(last(), "P-Asserted-Identity"),
			    "<sip:me@198.51.100.1>");
}

static void who_has_no_number_asserts_none(void **state)
{
	struct uac_params p = params();

	(void)state;
	p.caller_id = UAC_CALLER_PRIVATE;
	p.from_user = NULL;
	begin(&p);
	assert_null(header(last(), "P-Asserted-Identity"));
	assert_string_equal(header(last(), "Privacy"), "id");
}

/* ---- routes --------------------------------------------------------------- */

static void rfc3608_6_1_a_call_begins_with_the_service_route(void **state)
{
	static const char *const routes[] = {
		"<sip:192.0.2.51;lr>", "\"P, 2\" <sip:192.0.2.52:5066;lr;x=1>",
		NULL,
	};
	static const char *const bare[] = { "sip:192.0.2.51;lr", NULL };
	struct uac_params p = params();
	struct uac *u = NULL;

	(void)state;
	p.routes = bare;
	assert_int_equal(uac_new(&u, sip, &p, &events, NULL), -EINVAL);
	p.routes = (const char *const[]){ "<sip:a>\r\nX: y", NULL };
	assert_int_equal(uac_new(&u, sip, &p, &events, NULL), -EINVAL);
	p.routes = (const char *const[]){ routes[0], "<sip:192.0.2.52:5066;"
					  "lr;x=1>", NULL };
	begin(&p);
	assert_string_equal(header_nth(last(), "Route", 0), routes[0]);
	assert_string_equal(header_nth(last(), "Route", 1),
			    "<sip:192.0.2.52:5066;lr;x=1>");
	assert_null(header_nth(last(), "Route", 2));
	/* The next hop stays the one that the call was given. */
	assert_int_equal(sent[0].to.in4.sin_addr.s_addr, htonl(0xc0000209));
	/* 9.1, 17.1.1.3: CANCEL and ACK go the same way. */
	wire_simple(last(), 180);
	uac_hangup(call, 0);
	assert_true(starts(last(), "CANCEL "));
	assert_string_equal(header_nth(last(), "Route", 0), routes[0]);
	wire_simple(sent[0].text, 487);
	assert_true(starts(last(), "ACK "));
	assert_string_equal(header_nth(last(), "Route", 0), routes[0]);
	assert_non_null(header_nth(last(), "Route", 1));
}

/* ---- headers -------------------------------------------------------------- */

static void the_operators_headers_are_in_the_invite_only(void **state)
{
	static const char *const headers[] = {
		"X-Account: a, b; c=\"d\"", "X-Empty:", "X-Tight:1", NULL,
	};
	struct uac_params p = params();

	(void)state;
	p.headers = headers;
	begin(&p);
	assert_string_equal(header(last(), "X-Account"), "a, b; c=\"d\"");
	assert_non_null(header(last(), "X-Empty"));
	assert_string_equal(header(last(), "X-Tight"), "1");
	answer_with("peer");
	assert_null(header(last(), "X-Account"));
}

static void a_header_cannot_become_two(void **state)
{
	static const char *const broken[] = {
		"X: a\r\nY: b", "X: a\nb", "no colon", ": no name", "",
	};
	struct uac_params p = params();
	struct uac *u = NULL;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		const char *const headers[] = { broken[i], NULL };

		p.headers = headers;
		assert_int_equal(uac_new(&u, sip, &p, &events, NULL),
				 -EINVAL);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(by_default_only_from_says_who_calls),
		CASE(rfc3325_9_1_the_identity_is_asserted),
		CASE(rfc3323_4_1_who_is_private_is_anonymous),
		CASE(without_a_domain_it_is_ours),
		CASE(who_has_no_number_asserts_none),
		CASE(rfc3608_6_1_a_call_begins_with_the_service_route),
		CASE(the_operators_headers_are_in_the_invite_only),
		CASE(a_header_cannot_become_two),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
