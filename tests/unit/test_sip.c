/*
 * test_sip.c - the stack on real sockets of the loopback, and its own names.
 * Needs: all of core/sip and core/base; osip2, cares, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/stack.h"

static struct loop *loop;
static struct sip *sip;
static struct sip_listen listens[4];
static char why[256];

static int open_stack(size_t n, const char *advertise)
{
	struct sip_config cfg = {
		.loop = loop, .random = random_system(), .listen = listens,
		.n_listen = n, .advertise = advertise, .t1_ms = 500,
	};

	return sip_new(&sip, &cfg, why, sizeof(why));
}

static int set_up(void **state)
{
	(void)state;
	log_set_level(LOG_ERROR);
	sip = NULL;
	if (sip_listen_parse(&listens[0], "udp:127.0.0.1:0") ||
	    sip_listen_parse(&listens[1], "udp:[::1]:0"))
		return -1;
	return loop_new(&loop, clock_system(), 16);
}

static int tear_down(void **state)
{
	(void)state;
	sip_free(sip);
	loop_free(loop);
	return 0;
}

static const char request[] =
	"OPTIONS sip:x@127.0.0.1 SIP/2.0\r\n"
	"Via: SIP/2.0/UDP 127.0.0.1:9;branch=z9hG4bK%d;rport\r\n"
	"From: <sip:a@example.net>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\n"
	"Call-ID: c\r\nCSeq: 1 OPTIONS\r\n\r\n";

static void ask_n(size_t sock, int n)
{
	struct timeval limit = { .tv_sec = 5 };
	char text[1024];
	struct addr to;
	int fd;

	assert_int_equal(sip_listen_addr(sip, sock, &to), 0);
	fd = socket(to.sa.sa_family, SOCK_DGRAM, 0);
	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	for (int i = 0; i < n; i++) {
		str_printf(text, sizeof(text), request, i);
		assert_true(sendto(fd, text, strlen(text), 0, &to.sa,
				   addr_len(&to)) > 0);
	}
	for (int i = 0; i < 20; i++)
		loop_once(loop, 10);
	for (int i = 0; i < n; i++) {
		ssize_t len = recv(fd, text, sizeof(text) - 1, 0);

		assert_true(len > 15);
		assert_memory_equal(text, "SIP/2.0 200 OK\r\n", 16);
	}
	close(fd);
}

static void options_is_answered_over_ipv4(void **state)
{
	(void)state;
	assert_int_equal(open_stack(1, NULL), 0);
	ask_n(0, 1);
}

static void a_burst_is_taken_in_batches(void **state)
{
	struct sip_stats st;

	(void)state;
	assert_int_equal(open_stack(1, NULL), 0);
	ask_n(0, 100);
	sip_get_stats(sip, &st);
	assert_int_equal(st.received, 100);
	assert_int_equal(st.sent, 100);
}

static void options_is_answered_over_ipv6(void **state)
{
	(void)state;
	if (open_stack(2, NULL))
		skip();
	ask_n(1, 1);
}

static void a_taken_port_is_named(void **state)
{
	(void)state;
	assert_int_equal(open_stack(1, NULL), 0);
	assert_int_equal(sip_listen_addr(sip, 0, &listens[2].addr), 0);
	sip_free(sip);
	sip = NULL;
	listens[0].addr = listens[2].addr;
	listens[1].addr = listens[2].addr;
	assert_int_equal(open_stack(2, NULL), -EADDRINUSE);
	assert_memory_equal(why, "sip.listen udp:127.0.0.1:", 25);
	assert_non_null(strstr(why, ": Address already in use"));
}

static void tls_without_a_certificate_is_refused(void **state)
{
	(void)state;
	listens[1] = (struct sip_listen){ SIP_TLS, listens[0].addr };
	assert_int_equal(open_stack(2, NULL), -EINVAL);
	assert_memory_equal(why, "sip.tls.certificate: ", 21);
}

static void listen_is_found_by_its_name(void **state)
{
	char name[80], text[ADDR_TEXT_LEN];
	struct addr a;

	(void)state;
	assert_int_equal(open_stack(1, NULL), 0);
	assert_int_equal(sip_listen_addr(sip, 0, &a), 0);
	addr_text(&a, text);
	str_printf(name, sizeof(name), "udp:%s", text);
	assert_int_equal(sip_listen_find(sip, name), 0);
	assert_int_equal(sip_listen_find(sip, "udp:127.0.0.1:1"), -ENOENT);
	assert_int_equal(sip_listen_find(sip, "nonsense"), -ENOENT);
	assert_int_equal(sip_listen_addr(sip, 1, &a), -ENOENT);
}

static void a_wrong_advertised_name_is_refused(void **state)
{
	(void)state;
	assert_int_equal(open_stack(1, "bad host"), -EINVAL);
	assert_int_equal(open_stack(1, "pbx.example.com:5080"), 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(options_is_answered_over_ipv4),
		CASE(a_burst_is_taken_in_batches),
		CASE(options_is_answered_over_ipv6),
		CASE(a_taken_port_is_named),
		CASE(listen_is_found_by_its_name),
		CASE(tls_without_a_certificate_is_refused),
		CASE(a_wrong_advertised_name_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
