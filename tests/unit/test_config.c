/*
 * test_config.c - the server's own keys and their values.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"
#include "config.h"

static char error[CONF_ERROR_LEN];

static int setup(void **state)
{
	struct conf *c;

	if (conf_new(&c, config_options))
		return -1;
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	conf_free(*state);
	return 0;
}

static void set(struct conf *c, const char *assignment)
{
	if (conf_set(c, assignment, error))
		fail_msg("%s", error);
}

static void fill(struct config *cfg, const struct conf *c)
{
	if (config_fill(cfg, c, error))
		fail_msg("%s", error);
}

static void config_defaults_are_safe_and_local(void **state)
{
	struct config cfg;

	fill(&cfg, *state);
	assert_int_equal(cfg.n_listen, 1);
	assert_true(addr_is_loopback(&cfg.listen[0].addr));
	assert_int_equal(addr_port(&cfg.listen[0].addr), 5060);
	assert_int_equal(cfg.listen[0].transport, SIP_UDP);
	assert_string_equal(cfg.advertise_host, "");
	assert_int_equal(cfg.n_direct + cfg.n_dns + cfg.n_fetch, 0);
	assert_int_equal(cfg.n_plugins, 0);
	assert_int_equal(cfg.t1_ms, 500);
	assert_string_equal(cfg.user_agent, "Carillon");
	assert_int_equal(cfg.trace_bytes, 4096 * 1024);
	assert_null(cfg.tls_certificate);
	assert_true(addr_is_loopback(&cfg.media_address));
	assert_false(cfg.has_media_advertise);
	assert_int_equal(cfg.port_first, 16384);
	assert_int_equal(cfg.port_last, 32767);
	assert_in_range(cfg.media_threads, 1, 4);
	assert_true(cfg.rtcp);
	assert_int_equal(cfg.fetch_max_bytes, 67108864);
	assert_null(cfg.fetch_proxy);
	assert_int_equal(cfg.max_channels, 1000);
	assert_int_equal(cfg.max_cps, 50);
	assert_int_equal(cfg.log_level, LOG_INFO);
	assert_false(cfg.log_json);
	assert_true(strlen(cfg.node_id) > 0);
	assert_non_null(cfg.plugins_dir);
	config_free(&cfg);
	config_free(&cfg);
}

static void config_takes_what_is_set(void **state)
{
	struct config cfg;
	struct addr a;

	set(*state, "sip.listen=udp:[::1]:5070");
	set(*state, "sip.listen=udp:192.0.2.1");
	set(*state, "sip.listen=tcp:192.0.2.1");
	set(*state, "sip.listen=tls:192.0.2.1");
	set(*state, "sip.tls.certificate=a.pem");
	set(*state, "sip.tls.key=a.key");
	set(*state, "sip.tls.ca=ca.pem");
	set(*state, "sip.trace_kb=0");
	set(*state, "sip.advertise=sip.example.org:5080");
	set(*state, "sip.direct.allow=10.0.0.0/8");
	set(*state, "sip.direct.allow=pbx.example.org");
	set(*state, "dns.server=192.0.2.53");
	set(*state, "media.advertise=192.0.2.9");
	set(*state, "media.ports=20001-20010");
	set(*state, "media.threads=7");
	set(*state, "plugins.load=g729");
	set(*state, "log.level=debug");
	set(*state, "log.format=json");
	set(*state, "node.id=n1");
	set(*state, "state.dir=/srv/x");
	set(*state, "api.key=sha256:0123456789abcdef0123456789abcdef"
	    "0123456789abcdef0123456789ABCDEF read,call");
	set(*state, "api.key=plain");
	fill(&cfg, *state);
	assert_int_equal(cfg.n_listen, 4);
	assert_int_equal(addr_port(&cfg.listen[0].addr), 5070);
	assert_int_equal(addr_port(&cfg.listen[1].addr), 5060);
	assert_int_equal(addr_port(&cfg.listen[2].addr), 5060);
	assert_int_equal(cfg.listen[2].transport, SIP_TCP);
	assert_int_equal(addr_port(&cfg.listen[3].addr), 5061);
	assert_int_equal(cfg.listen[3].transport, SIP_TLS);
	assert_string_equal(cfg.tls_certificate, "a.pem");
	assert_string_equal(cfg.tls_key, "a.key");
	assert_string_equal(cfg.tls_ca, "ca.pem");
	assert_int_equal(cfg.trace_bytes, 0);
	assert_string_equal(cfg.advertise_host, "sip.example.org");
	assert_int_equal(cfg.advertise_port, 5080);
	addr_parse(&a, "10.1.1.1:5060", 0);
	assert_true(allow_has(cfg.direct, cfg.n_direct, NULL, &a));
	addr_parse(&a, "192.0.2.5:5060", 0);
	assert_false(allow_has(cfg.direct, cfg.n_direct, NULL, &a));
	assert_true(allow_has(cfg.direct, cfg.n_direct, "PBX.example.org", &a));
	assert_int_equal(addr_port(&cfg.dns[0]), 53);
	assert_true(cfg.has_media_advertise);
	assert_int_equal(cfg.port_first, 20002);
	assert_int_equal(cfg.port_last, 20009);
	assert_int_equal(cfg.media_threads, 7);
	assert_string_equal(cfg.plugins[0], "g729");
	assert_int_equal(cfg.log_level, LOG_DEBUG);
	assert_true(cfg.log_json);
	assert_string_equal(cfg.node_id, "n1");
	assert_string_equal(cfg.state_dir, "/srv/x");
	config_free(&cfg);
}

static void refuses(const char *assignment, const char *why)
{
	struct config cfg;
	struct conf *c;

	assert_int_equal(conf_new(&c, config_options), 0);
	set(c, assignment);
	assert_int_not_equal(config_fill(&cfg, c, error), 0);
	if (!strstr(error, why))
		fail_msg("%s: \"%s\"", assignment, error);
	conf_free(c);
}

static void config_refuses_what_cannot_work(void **state)
{
	(void)state;
	refuses("sip.listen=5060", "--set sip.listen: \"5060\" is not udp:");
	refuses("sip.listen=udp:localhost", "is not udp:");
	refuses("sip.listen=sctp:127.0.0.1:5060", "is not udp:, tcp: or tls:");
	refuses("sip.listen=tls:127.0.0.1", "needs sip.tls.certificate");
	refuses("sip.tls.key=x.pem", "there is no sip.tls.certificate");
	refuses("sip.advertise=a b", "is not a host or an address");
	refuses("sip.direct.allow=http://x", "is not a host, an address");
	refuses("dns.server=dns.example.org", "is not an IP address");
	refuses("media.address=eth0", "is not an IP address");
	refuses("media.advertise=0.0.0.0", "nobody can send to this address");
	refuses("media.ports=80", "is not FIRST-LAST");
	refuses("media.ports=80-90", "is not FIRST-LAST");
	refuses("media.ports=5000-4000", "holds no even port");
	refuses("media.ports=5001-5002", "holds no even port");
	refuses("api.listen=8080", "is not an IP address and a port");
	refuses("api.key=", "the key is empty");
	refuses("api.key=x read,cal", "scopes are read, call and admin");
	refuses("api.key=x ", "scopes are read, call and admin");
	refuses("api.key=sha256:abc", "must be followed by 64 hex digits");
	refuses("fetch.allow=10.0.0.0/99", "is not a host with a port");
	refuses("plugins.load=", "is not the name of a plugin");
	refuses("node.id=", "it must have 1 to 63 bytes");
}

static void config_error_names_file_and_line(void **state)
{
	static const char xml[] =
		"<carillon>\n<media>\n<ports>9-8</ports></media></carillon>";
	struct config cfg;

	assert_int_equal(conf_load_mem(*state, "c.xml", xml, sizeof(xml) - 1,
				       error), 0);
	assert_int_not_equal(config_fill(&cfg, *state, error), 0);
	assert_true(str_starts(error, "c.xml:3: media.ports: \"9-8\""));
}

static void config_table_is_sound(void **state)
{
	char why[CONF_ERROR_LEN];

	for (size_t i = 0; config_options[i]; i++) {
		const struct cln_option *o = config_options[i];

		assert_int_equal(o->size, sizeof(*o));
		assert_int_equal(o->help[strlen(o->help) - 1], '.');
		for (size_t k = 0; k < i; k++)
			assert_string_not_equal(o->name,
						config_options[k]->name);
		if (!o->def)
			continue;
		str_printf(why, sizeof(why), "%s=%s", o->name, o->def);
		set(*state, why);
	}
}

/* The files that are made from the table and kept beside it.                 */
static void matches(const char *path,
		    void (*print)(const struct cln_option *const *,
				  struct buf *))
{
	const char *top = getenv("srcdir");
	static char kept[200000];
	char full[1000];
	struct buf b;
	bool same;
	FILE *f;

	str_printf(full, sizeof(full), "%s/%s", top ? top : ".", path);
	f = fopen(full, "r");
	if (!f)
		fail_msg("cannot open %s", full);
	kept[fread(kept, 1, sizeof(kept) - 1, f)] = '\0';
	fclose(f);
	buf_init(&b, sizeof(kept));
	print(config_options, &b);
	same = !b.err && !strcmp(b.data, kept);
	buf_deinit(&b);
	if (!same)
		fail_msg("%s is older than the option table: make it anew with "
			 "carillond --print-config, --print-schema", path);
}

static void config_files_agree_with_the_table(void **state)
{
	(void)state;
	matches("core/carillon.xml.sample", conf_print_sample);
	matches("core/carillon.rng", conf_print_schema);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(config_defaults_are_safe_and_local),
		T(config_takes_what_is_set),
		cmocka_unit_test(config_refuses_what_cannot_work),
		T(config_error_names_file_and_line),
		T(config_table_is_sound),
		cmocka_unit_test(config_files_agree_with_the_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
