/*
 * test_destination.c - where a call goes, and what its carrier wants of it.
 * Needs: libcarillon.a, business.h (doubles of sip, media, prompt and store).
 */
/* SPDX-License-Identifier: MIT */
#include "business.h"

static struct stored_job *job;
static const char *from = "me";

/* A call to 0049301234 through this carrier, up to its INVITE. */
static const struct uac *call_through_carrier(const struct cln_carrier *d)
{
	static const struct cln_item item = { .text = "http://a/hello.wav" };
	const struct cln_recipient to = { .to = "0049301234" };
	const struct cln_play play = {
		.request_id = "job-1", .from = from, .carrier_id = d->id,
		.n_items = 1, .items = &item, .n_recipients = 1,
		.recipients = &to, .from_name = "The \"Shop\"",
	};
	struct store_job *data;
	struct job *j;

	add_carrier(d);
	assert_int_equal(store_play(&play, &data), 0);
	assert_int_equal(job_new(&j, x, data), 0);
	dialer_wake(x);
	job = stored("job-1");
	if (d->do_register)
		registration_becomes(0, REGISTRATION_REGISTERED, 200, "OK");
	run();
	all_prompts_arrive();
	advance(5);
	return n_uacs ? uacs[0] : NULL;
}

static struct cln_carrier carrier(void)
{
	struct cln_carrier d = carrier_data("aaaaaaaa");

	str_copy(d.number_format, sizeof(d.number_format), "as_is");
	str_copy(d.caller_id, sizeof(d.caller_id), "from");
	return d;
}

static void header_set(struct cln_carrier *d, const char *name,
		       const char *value)
{
	uint32_t i = d->headers.n++;

	str_copy(d->headers.items[i].name, CLN_HEADER_NAME_LEN, name);
	str_copy(d->headers.items[i].value, CLN_HEADER_VALUE_LEN, value);
}

static void plain_carrier_adds_nothing(void **state)
{
	struct cln_carrier d = carrier();
	const struct uac *u = call_through_carrier(&d);

	(void)state;
	assert_string_equal(u->uri, "sip:88880049301234@192.0.2.1");
	assert_int_equal(u->caller_id, UAC_CALLER_FROM);
	assert_string_equal(u->from_name, "The \"Shop\"");
	assert_string_equal(u->headers, "");
	assert_string_equal(u->routes, "");
	assert_int_equal(u->session_expires_s, 0);
	assert_int_equal(u->target.transport, SIP_UDP);
}

static void number_is_stripped_then_formatted_then_prefixed(void **state)
{
	struct cln_carrier d = carrier();

	(void)state;
	d.strip = 2;
	str_copy(d.number_format, sizeof(d.number_format), "e164");
	assert_string_equal(call_through_carrier(&d)->uri,
			    "sip:8888+49301234@192.0.2.1");
}

static void number_that_strip_uses_up_is_not_called(void **state)
{
	struct cln_carrier d = carrier();

	(void)state;
	d.strip = 10;
	assert_null(call_through_carrier(&d));
	run();
	assert_int_equal(job->rows[0].state, CLN_RCPT_FAILED);
	assert_string_equal(job->rows[0].reason, "number_too_short");
}

static void caller_is_named_as_the_carrier_wants_it(void **state)
{
	struct cln_carrier d = carrier();

	(void)state;
	str_copy(d.caller_id, sizeof(d.caller_id), "p_asserted_identity");
	assert_int_equal(call_through_carrier(&d)->caller_id,
			 UAC_CALLER_ASSERTED);
}

static void caller_may_be_private(void **state)
{
	struct cln_carrier d = carrier();

	(void)state;
	str_copy(d.caller_id, sizeof(d.caller_id), "privacy");
	assert_int_equal(call_through_carrier(&d)->caller_id,
			 UAC_CALLER_PRIVATE);
}

/* RFC 3325 9.1: "carillon" is nobody's identity.                              */
static void caller_that_nobody_named_is_not_asserted(void **state)
{
	struct cln_carrier d = carrier();
	const struct uac *u;

	(void)state;
	from = NULL;
	d.username[0] = d.from_user[0] = '\0';
	str_copy(d.caller_id, sizeof(d.caller_id), "p_asserted_identity");
	u = call_through_carrier(&d);
	from = "me";
	assert_int_equal(u->caller_id, UAC_CALLER_FROM);
	assert_string_equal(u->from_user, "carillon");
}

static void private_caller_that_nobody_named_has_no_user(void **state)
{
	struct cln_carrier d = carrier();
	const struct uac *u;

	(void)state;
	from = NULL;
	d.username[0] = d.from_user[0] = '\0';
	str_copy(d.caller_id, sizeof(d.caller_id), "privacy");
	u = call_through_carrier(&d);
	from = "me";
	assert_int_equal(u->caller_id, UAC_CALLER_PRIVATE);
	assert_string_equal(u->from_user, "");
}

static void headers_and_session_timer_are_the_carriers(void **state)
{
	struct cln_carrier d = carrier();
	const struct uac *u;

	(void)state;
	header_set(&d, "X-B", "1");
	header_set(&d, "X-A", "two; \"3\"");
	d.session_expires_s = 1800;
	u = call_through_carrier(&d);
	assert_string_equal(u->headers, "X-B: 1, X-A: two; \"3\"");
	assert_int_equal(u->session_expires_s, 1800);
}

static void registered_carrier_gives_server_and_routes(void **state)
{
	static const char route[] = "<sip:192.0.2.8;lr>";
	struct cln_carrier d = carrier();
	const struct uac *u;
	char server[ADDR_TEXT_LEN];

	(void)state;
	d.do_register = 1;
	str_copy(d.username, sizeof(d.username), "client1");
	assert_non_null(call_through_carrier(&d));
	registrations[0]->routes[0] = route;
	registrations[0]->status.server_transport = SIP_TCP;
	add_job("job-2", "aaaaaaaa", 1);
	run();
	all_prompts_arrive();
	advance(5);
	assert_int_equal(n_uacs, 2);
	u = uacs[1];
	assert_string_equal(u->routes, route);
	addr_text(&u->target.prefer, server);
	assert_string_equal(server, "192.0.2.7:5070");
	assert_int_equal(u->target.prefer_transport, SIP_TCP);
	assert_string_equal(u->username, "client1");
}

static void default_port_of_the_transport_is_not_shown(void **state)
{
	struct cln_carrier d = carrier();
	const struct uac *u;

	(void)state;
	d.port = 5061;
	str_copy(d.transport, sizeof(d.transport), "tls");
	u = call_through_carrier(&d);
	assert_string_equal(u->uri, "sip:88880049301234@192.0.2.1");
	assert_int_equal(u->target.port, 5061);
	assert_int_equal(u->target.transport, SIP_TLS);
	assert_string_equal(u->target.name, "192.0.2.1");
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(plain_carrier_adds_nothing),
		RULE(number_is_stripped_then_formatted_then_prefixed),
		RULE(number_that_strip_uses_up_is_not_called),
		RULE(caller_is_named_as_the_carrier_wants_it),
		RULE(caller_may_be_private),
		RULE(caller_that_nobody_named_is_not_asserted),
		RULE(private_caller_that_nobody_named_has_no_user),
		RULE(headers_and_session_timer_are_the_carriers),
		RULE(registered_carrier_gives_server_and_routes),
		RULE(default_port_of_the_transport_is_not_shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
