/*
 * test_services_trace.c - an app reads the messages of a call from its own
 * thread.
 * Needs: libcarillon.a, app_bench.h. The test's thread is the signalling thread.
 */
/* SPDX-License-Identifier: MIT */
#include "app_bench.h"
#include "sip/trace.h"

#define TEXT "X\r\ni: c\r\n\r\n"

static struct sip wire;			/* nothing in it but a trace           */
static struct cln_trace_message got[4];
static char bytes[2048];
static size_t n_got, n_bytes;
static const char *asked;
static int32_t form;

static void keep(void *arg, const struct cln_trace_message *m)
{
	(void)arg;
	got[n_got] = *m;
	got[n_got++].data = NULL;
	memcpy(bytes + n_bytes, m->data, m->len);
	n_bytes += m->len;
}

static void keep_bytes(void *arg, const char *data, size_t len)
{
	(void)arg;
	assert_true(len < sizeof(bytes));
	memcpy(bytes, data, len);
	bytes[len] = '\0';
	n_bytes = len;
}

static void read_messages(struct app *a)
{
	a->err = a->s->trace(a->s->ctx, asked, keep, NULL);
}

static void read_file(struct app *a)
{
	a->err = a->s->trace_file(a->s->ctx, asked, form, keep_bytes, NULL);
}

static void add(bool sent, const char *text)
{
	struct hop h = { .transport = SIP_TCP };

	addr_parse(&h.local, "192.0.2.1:5060", 0);
	addr_parse(&h.remote, "[2001:db8::9]:5062", 0);
	trace_add(wire.trace, sent, &h, text, strlen(text));
}

static void messages_come_with_their_times(void **state)
{
	struct app a = { 0 };

	(void)state;
	add(true, TEXT);
	clock_advance(&now, 1500000);
	add(false, TEXT "body");
	app_run(&a, read_messages);
	assert_int_equal(a.err, 0);
	assert_int_equal(n_got, 2);
	assert_true(got[0].sent);
	assert_string_equal(got[0].transport, "tcp");
	assert_string_equal(got[0].local, "192.0.2.1:5060");
	assert_string_equal(got[0].remote, "[2001:db8::9]:5062");
	assert_int_equal(got[0].at, WALL_MS);
	assert_int_equal(got[0].offset_us, 0);
	assert_false(got[1].sent);
	assert_int_equal(got[1].at, WALL_MS + 1);
	assert_int_equal(got[1].offset_us, 1500);
	assert_int_equal(got[1].cut, 0);
	assert_int_equal(n_bytes, 2 * strlen(TEXT) + 4);
	assert_memory_equal(bytes, TEXT TEXT "body", n_bytes);
}

static void a_file_comes_in_its_form(void **state)
{
	struct app a = { 0 };

	(void)state;
	add(true, TEXT);
	form = CLN_TRACE_TEXT;
	app_run(&a, read_file);
	assert_int_equal(a.err, 0);
	assert_non_null(strstr(bytes, "1 SIP message"));
	form = CLN_TRACE_PCAP;
	app_run(&a, read_file);
	assert_int_equal(a.err, 0);
	assert_memory_equal(bytes, "\xd4\xc3\xb2\xa1", 4);
}

static void what_is_not_kept_does_not_exist(void **state)
{
	struct app a = { 0 };

	(void)state;
	app_run(&a, read_messages);
	assert_int_equal(a.err, -ENOENT);
	app_run(&a, read_file);
	assert_int_equal(a.err, -ENOENT);
	trace_free(wire.trace);
	wire.trace = NULL;
	app_run(&a, read_file);
	assert_int_equal(a.err, -ENOENT);
	assert_int_equal(n_got, 0);
}

static void it_is_read_while_the_server_stops(void **state)
{
	struct app a = { 0 };

	(void)state;
	add(true, TEXT);
	x->stopping = true;
	app_run(&a, read_messages);
	assert_int_equal(a.err, 0);
	x->stopping = false;
}

static int set_up(void **state)
{
	(void)state;
	business_new();
	business_start();
	asked = "c";
	n_got = n_bytes = 0;
	x->cfg.sip = &wire;
	return trace_new(&wire.trace, &now, TRACE_BYTES_MIN);
}

static int tear_down(void **state)
{
	(void)state;
	trace_free(wire.trace);
	business_free();
	return 0;
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(messages_come_with_their_times),
		CASE(a_file_comes_in_its_form),
		CASE(what_is_not_kept_does_not_exist),
		CASE(it_is_read_while_the_server_stops),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
