/*
 * test_transport.c - ways to a place by each transport, and our own addresses.
 * Needs: all of core/sip and core/base; osip2, cares, ssl, crypto.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/transport.h"

static struct loop *loop;
static struct sip *sip;
static struct addr peer;

static int open_stack(const char *const *listens, const char *advertise)
{
	struct sip_listen items[8];
	struct sip_config cfg = {
		.loop = loop, .random = random_system(), .listen = items,
		.advertise = advertise, .t1_ms = 500, .trace_bytes = 65536,
	};
	char why[256];

	for (; listens[cfg.n_listen]; cfg.n_listen++)
		assert_int_equal(sip_listen_parse(&items[cfg.n_listen],
						  listens[cfg.n_listen]), 0);
	return sip_new(&sip, &cfg, why, sizeof(why));
}

#define OPEN(...) \
	assert_int_equal(open_stack((const char *const[]){ __VA_ARGS__, NULL }, \
				    NULL), 0)

static int set_up(void **state)
{
	(void)state;
	log_set_level(LOG_ERROR);
	sip = NULL;
	return addr_parse(&peer, "127.0.0.1:9", 0) ||
	       loop_new(&loop, clock_system(), 16);
}

static int tear_down(void **state)
{
	(void)state;
	if (sip)
		sip_free(sip);
	loop_free(loop);
	return 0;
}

/* ---- UDP ----------------------------------------------------------------- */

static void udp_leaves_by_the_socket_of_the_family(void **state)
{
	struct addr v6;
	struct hop h;

	(void)state;
	OPEN("tcp:127.0.0.1:0", "udp:127.0.0.1:0", "udp:127.0.0.2:0",
	     "udp:[::1]:0");
	addr_parse(&v6, "[::1]:5060", 0);
	assert_int_equal(hop_open(&h, sip, SIP_UDP, &peer, "", -1), 0);
	assert_int_equal(h.sock, 1);
	assert_false(h.conn);
	assert_true(addr_equal(&h.remote, &peer));
	assert_true(addr_equal(&h.local, &sip->sockets[1].bound));
	assert_int_equal(hop_open(&h, sip, SIP_UDP, &peer, "", 2), 0);
	assert_int_equal(h.sock, 2);
	/* One that does not fit is no reason to fail.                        */
	assert_int_equal(hop_open(&h, sip, SIP_UDP, &peer, "", 0), 0);
	assert_int_equal(h.sock, 1);
	assert_int_equal(hop_open(&h, sip, SIP_UDP, &v6, "", 1), 0);
	assert_int_equal(h.sock, 3);
	assert_int_equal(hop_open(&h, sip, SIP_ANY, &peer, "", 1),
			 -EPROTONOSUPPORT);
}

static void udp_without_a_socket_is_no_way(void **state)
{
	struct addr v6;
	struct hop h;

	(void)state;
	OPEN("udp:127.0.0.1:0");
	addr_parse(&v6, "[::1]:5060", 0);
	assert_int_equal(hop_open(&h, sip, SIP_UDP, &v6, "", -1),
			 -EAFNOSUPPORT);
}

static int nobody_takes_it(void *arg, size_t sock, const struct addr *to,
			   const void *data, size_t len)
{
	(void)arg;
	(void)sock;
	(void)to;
	(void)data;
	(void)len;
	return -ENETUNREACH;
}

static void what_nobody_took_was_not_sent(void **state)
{
	struct sip_stats stats;
	struct hop h;

	(void)state;
	OPEN("udp:127.0.0.1:0");
	assert_int_equal(hop_open(&h, sip, SIP_UDP, &peer, "", -1), 0);
	assert_int_equal(hop_send(sip, &h, "x", 1), 0);
	stack_set_wire(sip, nobody_takes_it, NULL);
	assert_int_equal(hop_send(sip, &h, "x", 1), -ENETUNREACH);
	sip_get_stats(sip, &stats);
	assert_int_equal(stats.sent, 1);
}

static void reach_is_what_the_sockets_are(void **state)
{
	struct resolve_reach reach;

	(void)state;
	OPEN("udp:127.0.0.1:0", "tcp:[::1]:0");
	hop_reach(sip, -1, &reach);
	assert_int_equal(reach.family[SIP_UDP], AF_INET);
	assert_int_equal(reach.family[SIP_TCP], AF_UNSPEC);
	assert_int_equal(reach.family[SIP_TLS], AF_UNSPEC);
	tear_down(NULL);
	set_up(NULL);
	OPEN("udp:127.0.0.1:0", "udp:[::1]:0");
	hop_reach(sip, -1, &reach);
	assert_int_equal(reach.family[SIP_UDP], AF_UNSPEC);
	hop_reach(sip, 1, &reach);
	assert_int_equal(reach.family[SIP_UDP], AF_INET6);
	tear_down(NULL);
	set_up(NULL);
	OPEN("tcp:127.0.0.1:0");
	hop_reach(sip, -1, &reach);
	assert_int_equal(reach.family[SIP_UDP], -1);
}

static void a_wildcard_takes_the_address_of_the_route(void **state)
{
	struct hop h;
	char text[ADDR_TEXT_LEN];

	(void)state;
	OPEN("udp:0.0.0.0:0", "tcp:0.0.0.0:0");
	for (int t = SIP_UDP; t <= SIP_TCP; t++) {
		assert_int_equal(hop_open(&h, sip, (enum sip_transport)t,
					  &peer, "", -1), 0);
		addr_ip_text(&h.local, text);
		assert_string_equal(text, "127.0.0.1");
		assert_int_equal(addr_port(&h.local),
				 addr_port(&sip->sockets[t].bound));
	}
}

static void a_watcher_of_udp_hears_nothing(void **state)
{
	struct hop_watch w = { 0 };
	struct hop h;

	(void)state;
	OPEN("udp:127.0.0.1:0");
	assert_int_equal(hop_open(&h, sip, SIP_UDP, &peer, "", -1), 0);
	hop_watch(sip, &h, &w);
	assert_false(LIST_HAS(&w, link));
	assert_true(hop_is_open(sip, &h));
	hop_unwatch(&w);
}

/* ---- our address --------------------------------------------------------- */

static const char *sent_by(enum sip_transport transport)
{
	static char text[128];
	struct hop h = { .transport = transport };
	struct buf b;

	assert_int_equal(addr_parse(&h.local, "10.0.0.1:5070", 0), 0);
	buf_init(&b, 127);
	hop_sent_by(sip, &h, &b);
	str_copy(text, sizeof(text), b.data);
	buf_deinit(&b);
	return text;
}

static void advertise(const char *listen, const char *text)
{
	const char *const listens[] = { listen, NULL };

	if (sip)
		sip_free(sip);
	sip = NULL;
	assert_int_equal(open_stack(listens, text), 0);
}

static void advertised_name_stands_in_via(void **state)
{
	(void)state;
	advertise("udp:127.0.0.1:0", NULL);
	assert_string_equal(sent_by(SIP_UDP), "10.0.0.1:5070");
	advertise("udp:127.0.0.1:0", "pbx.example.com");
	assert_string_equal(sent_by(SIP_TCP), "pbx.example.com:5070");
	advertise("udp:127.0.0.1:0", "[2001:db8::7]:5080");
	assert_string_equal(sent_by(SIP_UDP), "[2001:db8::7]:5080");
	assert_string_equal(sent_by(SIP_TCP), "[2001:db8::7]:5080");
	/* TLS has a port of its own.                                         */
	assert_string_equal(sent_by(SIP_TLS), "[2001:db8::7]:5070");
}

static void a_connection_is_known_by_the_listening_port(void **state)
{
	struct hop h;

	(void)state;
	OPEN("udp:127.0.0.1:0", "tcp:127.0.0.2:0");
	/* Nobody listens where it comes from: its own port.                  */
	assert_int_equal(hop_open(&h, sip, SIP_TCP, &peer, "", -1), 0);
	assert_int_not_equal(addr_port(&h.local),
			     addr_port(&sip->sockets[1].bound));
	/* The wished socket is where it comes from.                          */
	assert_int_equal(hop_open(&h, sip, SIP_TCP, &peer, "", 1), 0);
	assert_true(addr_equal(&h.local, &sip->sockets[1].bound));
}

/* ---- connections --------------------------------------------------------- */

static int call_in(size_t sock)
{
	struct timeval limit = { .tv_sec = 5 };
	const struct addr *to = &sip->sockets[sock].bound;
	int fd = socket(to->sa.sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	assert_int_equal(connect(fd, &to->sa, addr_len(to)), 0);
	return fd;
}

#define REQUEST(method) \
	method " sip:x@127.0.0.1 SIP/2.0\r\n" \
	"Via: SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK1;rport\r\n" \
	"From: <sip:a@example.net>;tag=1\r\nTo: <sip:x@127.0.0.1>\r\n" \
	"Call-ID: c-7\r\nCSeq: 1 " method "\r\n"

/* What comes within a moment, to its end or up to `enough`.                  */
static const char *exchange(int fd, const char *text, const char *enough)
{
	static char got[4096];
	size_t n = 0;

	*got = '\0';
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL),
			 strlen(text));
	for (int i = 0; i < 500 && n < sizeof(got) - 1; i++) {
		ssize_t more;

		loop_once(loop, 5);
		more = recv(fd, got + n, sizeof(got) - 1 - n, MSG_DONTWAIT);
		if (!more)
			break;
		n += more > 0 ? (size_t)more : 0;
		got[n] = '\0';
		if (enough && strstr(got, enough))
			break;
	}
	return got;
}

static void options_is_answered_over_tcp(void **state)
{
	struct sip_trace_message m;
	struct sip_stats st;
	struct buf trace;
	size_t pos = 0;
	int fd;

	(void)state;
	OPEN("tcp:127.0.0.1:0");
	fd = call_in(0);
	assert_memory_equal(exchange(fd, REQUEST("OPTIONS")
				     "Content-Length: 0\r\n\r\n", "\r\n\r\n"),
			    "SIP/2.0 200 OK\r\n", 16);
	sip_get_stats(sip, &st);
	assert_int_equal(st.received, 1);
	assert_int_equal(st.sent, 1);
	buf_init(&trace, 65536);
	assert_int_equal(sip_trace(sip, "c-7", &trace), 0);
	assert_true(sip_trace_next(&trace, &pos, &m) && !m.sent);
	assert_int_equal(m.transport, SIP_TCP);
	assert_true(sip_trace_next(&trace, &pos, &m) && m.sent);
	assert_memory_equal(m.data, "SIP/2.0 200 OK\r\n", 16);
	assert_false(sip_trace_next(&trace, &pos, &m));
	buf_deinit(&trace);
	close(fd);
}

static void a_length_that_lies_is_answered_400_and_closed(void **state)
{
	static const char *const broken[] = {
		"\r\n", "Content-Length: -1\r\n\r\n",
		"Content-Length: 99999999999999999999\r\n\r\n",
	};
	char text[1024];

	(void)state;
	OPEN("tcp:127.0.0.1:0");
	for (size_t i = 0; i < ARRAY_LEN(broken); i++) {
		int fd = call_in(0);

		str_printf(text, sizeof(text), "%s%s", REQUEST("INVITE"),
			   broken[i]);
		assert_memory_equal(exchange(fd, text, NULL),
				    "SIP/2.0 400 ", 12);
		close(fd);
	}
}

static void what_has_no_answer_gets_none(void **state)
{
	static const char *const silent[] = {
		REQUEST("ACK") "\r\n",
		"SIP/2.0 200 OK\r\nVia: SIP/2.0/TCP x\r\n\r\n",
		"INVITE sip:x SIP/2.0\r\nl: x\r\n\r\n", "GET / HTTP/1.1\r\n",
		REQUEST("INVITE") "l: 1\r\nContent-Length: 2\r\n\r\nxx",
	};
	struct sip_stats st;

	(void)state;
	OPEN("tcp:127.0.0.1:0");
	for (size_t i = 0; i < ARRAY_LEN(silent); i++) {
		int fd = call_in(0);

		assert_string_equal(exchange(fd, silent[i], NULL), "");
		close(fd);
	}
	sip_get_stats(sip, &st);
	assert_int_equal(st.malformed, ARRAY_LEN(silent));
}

/* ---- the way back (18.2.2) -------------------------------------------------- */

static struct hop hop_back(uint64_t conn, const struct addr *at)
{
	struct hop h = { .transport = SIP_TCP, .remote = *at, .conn = conn };

	addr_set_port(&h.remote, 1);	/* gone, and no port of a listener    */
	return h;
}

static void an_answer_opens_a_connection_where_its_own_is_gone(void **state)
{
	struct addr a;
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), far;
	struct hop h;
	char got[16];

	(void)state;
	OPEN("tcp:127.0.0.1:0");
	addr_parse(&a, "127.0.0.1:0", 0);
	assert_int_equal(bind(fd, &a.sa, addr_len(&a)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, &a.sa, &len), 0);
	h = hop_back(12345, &a);
	assert_int_equal(hop_send(sip, &h, "hello", 5), -EPIPE);
	h.back_port = addr_port(&a);
	assert_int_equal(hop_send(sip, &h, "hello", 5), 0);
	/* Said again, it finds the same one.                                 */
	assert_int_equal(hop_send(sip, &h, "again", 5), 0);
	far = accept(fd, NULL, NULL);
	for (int i = 0; i < 10; i++)
		loop_once(loop, 5);
	assert_int_equal(recv(far, got, 10, MSG_WAITALL), 10);
	assert_memory_equal(got, "helloagain", 10);
	assert_int_equal(fcntl(fd, F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(accept(fd, NULL, NULL), -1);
	close(far);
	close(fd);
}

static void what_was_sent_by_a_connection_arrives(void **state)
{
	struct hop h, again;
	int fd, far;
	struct addr a;
	socklen_t len = sizeof(a);
	char got[8];

	(void)state;
	OPEN("udp:127.0.0.1:0");
	addr_parse(&a, "127.0.0.1:0", 0);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, &a.sa, addr_len(&a)), 0);
	assert_int_equal(listen(fd, 4), 0);
	assert_int_equal(getsockname(fd, &a.sa, &len), 0);
	assert_int_equal(hop_open(&h, sip, SIP_TCP, &a, "", -1), 0);
	assert_true(hop_is_open(sip, &h));
	assert_int_equal(hop_send(sip, &h, "hello", 5), 0);
	assert_int_equal(hop_open(&again, sip, SIP_TCP, &a, "", -1), 0);
	assert_true(again.conn == h.conn);
	far = accept(fd, NULL, NULL);
	for (int i = 0; i < 10; i++)
		loop_once(loop, 5);
	assert_int_equal(recv(far, got, sizeof(got), 0), 5);
	close(far);
	for (int i = 0; i < 500 && hop_is_open(sip, &h); i++)
		loop_once(loop, 5);
	assert_int_equal(hop_send(sip, &h, "hello", 5), -EPIPE);
	close(fd);
}

static void tls_needs_no_certificate_of_ours(void **state)
{
	struct hop h, tcp;

	(void)state;
	OPEN("udp:127.0.0.1:0");
	assert_int_equal(hop_open(&h, sip, SIP_TLS, &peer, "a.example", -1), 0);
	assert_int_equal(hop_open(&tcp, sip, SIP_TCP, &peer, "a.example", -1),
			 0);
	assert_true(h.conn != tcp.conn);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(udp_leaves_by_the_socket_of_the_family),
		CASE(udp_without_a_socket_is_no_way),
		CASE(what_nobody_took_was_not_sent),
		CASE(reach_is_what_the_sockets_are),
		CASE(a_wildcard_takes_the_address_of_the_route),
		CASE(a_watcher_of_udp_hears_nothing),
		CASE(advertised_name_stands_in_via),
		CASE(a_connection_is_known_by_the_listening_port),
		CASE(options_is_answered_over_tcp),
		CASE(a_length_that_lies_is_answered_400_and_closed),
		CASE(what_has_no_answer_gets_none),
		CASE(an_answer_opens_a_connection_where_its_own_is_gone),
		CASE(what_was_sent_by_a_connection_arrives),
		CASE(tls_needs_no_certificate_of_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
