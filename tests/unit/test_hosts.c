/*
 * test_hosts.c - a hosts file of the test's own: what is found, when it is read.
 * Needs: core/sip/hosts.c dns_answer.c; core/base.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.h"
#include "base/str.h"
#include "sip/hosts.h"

static char path[] = "/tmp/test_hosts.XXXXXX";
static struct hosts *hosts;

static void write_file(const char *text)
{
	FILE *f = fopen(path, "we");

	assert_non_null(f);
	assert_true(fputs(text, f) >= 0);
	assert_int_equal(fclose(f), 0);
}

static void set_time(time_t s)
{
	struct timespec times[2] = { { .tv_sec = s }, { .tv_sec = s } };

	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
}

static int set_up(void **state)
{
	int fd;

	(void)state;
	log_set_level(LOG_ERROR);
	memset(path + strlen(path) - 6, 'X', 6);
	fd = mkstemp(path);
	if (fd < 0)
		return -1;
	close(fd);
	return hosts_new(&hosts, path);
}

static int tear_down(void **state)
{
	(void)state;
	hosts_free(hosts);
	(void)unlink(path);
	return 0;
}

/* "2001:db8::1 192.0.2.1", or "" where it is not known.                      */
static void finds(const char *name, const char *expected)
{
	struct dns_answer *a = hosts_find(hosts, name);
	char text[4096] = "", one[ADDR_TEXT_LEN];
	size_t n = 0;

	assert_non_null(a);
	assert_int_equal(a->err, a->n ? 0 : -ENOENT);
	for (size_t i = 0; i < a->n; i++) {
		addr_ip_text(&a->records[i].addr, one);
		assert_int_equal(addr_port(&a->records[i].addr), 0);
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s%s",
				      i ? " " : "", one);
	}
	assert_string_equal(text, expected);
	dns_answer_unref(a);
}

static void names_and_their_others_are_found(void **state)
{
	(void)state;
	write_file("# a remark\n\n"
		   "192.0.2.1\tpbx pbx.example # and a remark\n"
		   "  2001:db8::1 PBX.example\r\n"
		   "192.0.2.2 pbx.example\n"
		   "nonsense pbx\n192.0.2 pbx\n192.0.2.9\n#192.0.2.8 pbx\n"
		   "192.0.2.3 last");
	finds("pbx", "192.0.2.1");
	finds("pbx.example", "2001:db8::1 192.0.2.1 192.0.2.2");
	finds("Pbx.Example", "2001:db8::1 192.0.2.1 192.0.2.2");
	finds("last", "192.0.2.3");
	finds("example", "");
	finds("a", "");
	finds("192.0.2.1", "");
	finds("", "");
}

static void of_many_addresses_the_first_are_taken(void **state)
{
	char text[4096] = "", expected[4096] = "";
	size_t n = 0, m = 0;

	(void)state;
	for (int i = 1; i <= 40; i++) {
		n += (size_t)snprintf(text + n, sizeof(text) - n,
				      "192.0.2.%d many\n", i);
		if (i <= DNS_RECORDS_MAX / 2)
			m += (size_t)snprintf(expected + m,
					      sizeof(expected) - m,
					      "%s192.0.2.%d", i > 1 ? " " : "",
					      i);
	}
	write_file(text);
	finds("many", expected);
}

/* Its time and size stay: whoever reads it all the same sees another address. */
static void it_is_read_only_when_it_has_changed(void **state)
{
	(void)state;
	write_file("192.0.2.1 pbx\n");
	set_time(1000);
	finds("pbx", "192.0.2.1");
	write_file("192.0.2.2 pbx\n");
	set_time(1000);
	finds("pbx", "192.0.2.1");
	finds("other", "");
	set_time(1001);
	finds("pbx", "192.0.2.2");
	write_file("192.0.2.33 pbx\n");
	set_time(1001);
	finds("pbx", "192.0.2.33");
}

static void it_may_come_and_go(void **state)
{
	(void)state;
	unlink(path);
	finds("pbx", "");
	finds("pbx", "");
	write_file("192.0.2.1 pbx\n");
	set_time(1000);
	finds("pbx", "192.0.2.1");
	unlink(path);
	finds("pbx", "");
	write_file("192.0.2.1 pbx\n");
	set_time(1000);
	finds("pbx", "192.0.2.1");
}

/* A directory, for one.                                                      */
static void what_cannot_be_read_knows_no_name(void **state)
{
	(void)state;
	hosts_free(hosts);
	assert_int_equal(hosts_new(&hosts, "/"), 0);
	finds("pbx", "");
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(names_and_their_others_are_found),
		CASE(of_many_addresses_the_first_are_taken),
		CASE(it_is_read_only_when_it_has_changed),
		CASE(it_may_come_and_go),
		CASE(what_cannot_be_read_knows_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
