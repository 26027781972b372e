/*
 * test_service_route.c - which Service-Route becomes the way of our calls.
 * Needs: core/sip/service_route.c msg.c osip.c names.c, base, osip2.
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
#include "sip/service_route.h"

static struct service_routes routes;

static int read_header(const char *header)
{
	osip_message_t *m;
	char text[4096];
	int err;

	snprintf(text, sizeof(text), "SIP/2.0 200 OK\r\n"
		 "Via: SIP/2.0/UDP 127.0.0.1;branch=z9hG4bKx\r\n"
		 "From: <sip:bob@example.com>;tag=1\r\n"
		 "To: <sip:bob@example.com>;tag=2\r\nCall-ID: x\r\n"
		 "CSeq: 1 REGISTER\r\n%sContent-Length: 0\r\n\r\n", header);
	assert_int_equal(osip_message_init(&m), 0);
	assert_int_equal(osip_message_parse(m, text, strlen(text)), 0);
	err = service_routes_read(&routes, m);
	osip_message_free(m);
	return err;
}

static int set_up(void **state)
{
	(void)state;
	parser_start();
	memset(&routes, 0, sizeof(routes));
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	service_routes_clear(&routes);
	assert_null(routes.values[0]);
	return 0;
}

static void routes_stand_in_their_order(void **state)
{
	(void)state;
	assert_int_equal(read_header("Service-Route: <sip:a;lr>,<sip:b;lr>\r\n"
				     "Service-Route: <sips:c.example:5061;lr;x=1>"
				     ";y=\"2, 3\"\r\n"), 0);
	assert_string_equal(routes.values[0], "<sip:a;lr>");
	assert_string_equal(routes.values[1], "<sip:b;lr>");
	assert_string_equal(routes.values[2],
			    "<sips:c.example:5061;lr;x=1>;y=\"2, 3\"");
	assert_null(routes.values[3]);
}

static void display_names_are_left_out(void **state)
{
	(void)state;
	assert_int_equal(read_header("Service-Route: \"a \\\"<, b\" <sip:a1;lr>,"
				     " P One <sip:b1;lr>\r\n"), 0);
	assert_string_equal(routes.values[0], "<sip:a1;lr>");
	assert_string_equal(routes.values[1], "<sip:b1;lr>");
	assert_null(routes.values[2]);
}

static void nothing_said_is_none(void **state)
{
	(void)state;
	assert_int_equal(read_header("Service-Route: <sip:a;lr>\r\n"), 0);
	assert_int_equal(read_header(""), 0);
	assert_null(routes.values[0]);
}

static void four_are_the_most(void **state)
{
	(void)state;
	assert_int_equal(read_header("Service-Route: <sip:a1>,<sip:b1>,<sip:c1>,"
				     "<sip:d1>\r\n"), 0);
	assert_non_null(routes.values[3]);
	/* Half of a way leads somewhere else. */
	assert_int_equal(read_header("Service-Route: <sip:a1>,<sip:b1>,<sip:c1>,"
				     "<sip:d1>,<sip:e1>\r\n"), -E2BIG);
	assert_null(routes.values[0]);
}

static void what_can_be_no_route_is_refused(void **state)
{
	static const char *const bad[] = {
		"sip:a;lr", "<tel:123>", "<sip:>", "<>", "<sip:a", "nonsense",
		"<http://a>", "<sip:a;lr>, nonsense",
	};
	char header[256];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		snprintf(header, sizeof(header), "Service-Route: %s\r\n",
			 bad[i]);
		if (!read_header(header))
			fail_msg("accepted %s", bad[i]);
		assert_null(routes.values[0]);
	}
}

static void a_long_one_is_refused(void **state)
{
	char header[512];

	(void)state;
	snprintf(header, sizeof(header), "Service-Route: <sip:%0*d.example>"
		 "\r\n", 244, 1);
	assert_int_equal(read_header(header), -E2BIG);
}

#define RULE(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(routes_stand_in_their_order),
		RULE(display_names_are_left_out),
		RULE(nothing_said_is_none),
		RULE(four_are_the_most),
		RULE(what_can_be_no_route_is_refused),
		RULE(a_long_one_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
