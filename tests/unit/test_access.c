/*
 * test_access.c - which URLs and addresses recordings may come from.
 * Needs: core/media/access.c, core/base; -lcurl.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "base/str.h"
#include "media/access.h"

static struct access nothing;
static char why[192];

static int judge(const struct access *a, const char *url)
{
	struct target t;

	why[0] = '\0';
	return access_url(a, url, &t, why, sizeof(why));
}

static void access_takes_http_and_https(void **state)
{
	struct target t;

	(void)state;
	assert_int_equal(access_url(&nothing, "HTTP://Example.ORG/a.wav?x=@#@",
				    &t, why, sizeof(why)), 0);
	assert_string_equal(t.host, "example.org");
	assert_int_equal(t.port, 80);
	assert_int_equal(access_url(&nothing, "https://[2606:4700::1]:8443/x",
				    &t, why, sizeof(why)), 0);
	assert_string_equal(t.host, "[2606:4700::1]");
	assert_int_equal(t.port, 8443);
}

static void access_refuses_what_is_no_http_url(void **state)
{
	static const char *const urls[] = {
		"", "x", "/etc/passwd", "prompt", "http", "http:", "http:/",
		"http://", "http:///x", "http://?", "file:///etc/passwd",
		"ftp://example.org/x", "gopher://example.org/x",
		"dict://example.org/x", "data:audio/wav;base64,UklGRg==",
		"javascript:x", "//example.org/x", "example.org/x.wav",
		"http://a b/", "http://a\r\nb/", "http://a/\x7f", "http://x:0/",
		"http://x:99999/", "http://x:y/", "http:\\\\example.org/",
		"http://good.example\\@evil/", " http://example.org/",
		"http://-/", "http://a..b/", "http://%00/", "http://a%0d%0ab/",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		assert_int_equal(judge(&nothing, urls[i]), -EINVAL);
		assert_string_not_equal(why, "");
	}
	judge(&nothing, "file:///etc/passwd");
	assert_non_null(strstr(why, "scheme file is not supported"));
}

static void access_refuses_a_user_part(void **state)
{
	(void)state;
	assert_int_equal(judge(&nothing, "http://me@example.org/"), -EINVAL);
	assert_int_equal(judge(&nothing, "http://me:x@example.org/"), -EINVAL);
	assert_int_equal(judge(&nothing, "http://@example.org/"), -EINVAL);
	assert_int_equal(judge(&nothing, "http://a@b@example.org/"), -EINVAL);
	assert_int_equal(judge(&nothing, "http://example.org/@"), 0);
}

static void access_refuses_a_url_too_long(void **state)
{
	char url[CLN_URL_MAX + 20];

	(void)state;
	memset(url, 'x', sizeof(url));
	memcpy(url, "http://example.org/", 19);
	url[sizeof(url) - 1] = '\0';
	assert_int_equal(judge(&nothing, url), -EINVAL);
	url[CLN_URL_MAX] = '\0';
	assert_int_equal(judge(&nothing, url), 0);
}

static void access_refuses_special_addresses_in_any_spelling(void **state)
{
	static const char *const urls[] = {
		"http://127.0.0.1/", "http://2130706433/", "http://0x7f000001/",
		"http://0177.0.0.1/", "http://127.1/", "http://0/",
		"http://0.0.0.0/", "http://[::1]/", "http://[::]/",
		"http://[::ffff:127.0.0.1]/", "http://[::ffff:7f00:1]/",
		"http://10.0.0.1/", "http://192.168.1.1/",
		"http://169.254.169.254/latest/meta-data", "http://[fe80::1]/",
		"http://[fd00::1]/", "http://224.0.0.1/", "http://100.64.0.1/",
		"http://[64:ff9b::127.0.0.1]/", "http://[2002:7f00:1::]/",
		"http://%31%32%37.0.0.1/",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		if (judge(&nothing, urls[i]) != -EPERM)
			print_error("%s: %s\n", urls[i], why);
		assert_int_equal(judge(&nothing, urls[i]), -EPERM);
	}
	judge(&nothing, "http://2130706433:22/");
	assert_string_equal(why, "address 127.0.0.1 may not be fetched from "
			    "(see fetch.allow)");
}

static void access_lets_through_what_is_allowed(void **state)
{
	struct allow list[3];
	struct access a = { list, 3 };
	struct target t = { "media.example", 80 };
	struct addr to;

	(void)state;
	assert_int_equal(allow_parse(&list[0], "127.0.0.0/8"), 0);
	assert_int_equal(allow_parse(&list[1], "10.1.2.3:8080"), 0);
	assert_int_equal(allow_parse(&list[2], "media.example:80"), 0);
	assert_int_equal(judge(&a, "http://127.0.0.9:99/"), 0);
	assert_int_equal(judge(&a, "http://10.1.2.3:8080/"), 0);
	assert_int_equal(judge(&a, "http://10.1.2.3/"), -EPERM);
	assert_int_equal(judge(&a, "http://10.1.2.4:8080/"), -EPERM);
	assert_int_equal(addr_parse_ip(&to, "192.168.0.1", 80), 0);
	assert_true(access_addr(&a, &t, &to));
	addr_set_port(&to, 81);
	assert_false(access_addr(&a, &t, &to));
	addr_set_port(&to, 80);
	assert_int_equal(str_copy(t.host, sizeof(t.host), "other"), 0);
	assert_false(access_addr(&a, &t, &to));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(access_takes_http_and_https),
		cmocka_unit_test(access_refuses_what_is_no_http_url),
		cmocka_unit_test(access_refuses_a_user_part),
		cmocka_unit_test(access_refuses_a_url_too_long),
		cmocka_unit_test(
			access_refuses_special_addresses_in_any_spelling),
		cmocka_unit_test(access_lets_through_what_is_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
