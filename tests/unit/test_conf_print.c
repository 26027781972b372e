/*
 * test_conf_print.c - texts made from an option table.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <libxml/parser.h>
#include <libxml/relaxng.h>
#include <string.h>

#include "base/conf.h"
#include "conf_table.h"

static char error[CONF_ERROR_LEN];

static void conf_sample_shows_defaults_in_comments(void **state)
{
	struct buf b;
	struct conf *c;

	(void)state;
	buf_init(&b, 100000);
	conf_print_sample(test_table, &b);
	assert_int_equal(b.err, 0);
	assert_non_null(strstr(b.data, "\t<sip>\n\t\t<!-- Where to listen. "
			       "May stand several times. -->\n\t\t<!-- "
			       "<listen>udp:127.0.0.1:5060</listen> -->\n"
			       "\t\t<direct>\n"));
	assert_non_null(strstr(b.data, "Which colour &lt;b&gt;."));
	assert_non_null(strstr(b.data, "one per core - - or so"));
	assert_int_equal(conf_new(&c, test_table), 0);
	if (conf_load_mem(c, "sample", b.data, b.len, error))
		fail_msg("%s", error);
	conf_free(c);
	buf_deinit(&b);
}

/* "<!-- <a>b</a> -->" becomes "<a>b</a>".                                    */
static void uncomment(char *s)
{
	for (char *p = s; (p = strstr(p, "<!-- <")); p++) {
		memset(p, ' ', 5);
		p = strstr(p, " -->");
		memset(p, ' ', 4);
	}
}

static void conf_sample_loads_with_its_comments_taken_off(void **state)
{
	/* Keys without a default show "...", which is no number. */
	static const struct cln_option *const table[] = {
		&opt_listen, &opt_allow, &opt_t1, &opt_threads, &opt_rtcp,
		&opt_colour, NULL
	};
	struct buf b;
	struct conf *c;

	(void)state;
	buf_init(&b, 100000);
	conf_print_sample(table, &b);
	uncomment(b.data);
	assert_int_equal(conf_new(&c, table), 0);
	if (conf_load_mem(c, "sample", b.data, b.len, error))
		fail_msg("%s", error);
	assert_string_equal(conf_str(c, "sip.direct.allow"), "...");
	assert_string_equal(conf_plugin_nth(c, "g729", "...", 0), "...");
	conf_free(c);
	buf_deinit(&b);
}

static void quiet(void *arg, xmlErrorPtr e)
{
	(void)arg;
	(void)e;
}

static bool valid(xmlRelaxNGPtr schema, const char *xml)
{
	xmlRelaxNGValidCtxtPtr ctxt = xmlRelaxNGNewValidCtxt(schema);
	xmlDocPtr doc = xmlReadMemory(xml, (int)strlen(xml), "t", NULL, 0);
	int err;

	assert_non_null(doc);
	xmlRelaxNGSetValidStructuredErrors(ctxt, quiet, NULL);
	err = xmlRelaxNGValidateDoc(ctxt, doc);
	xmlFreeDoc(doc);
	xmlRelaxNGFreeValidCtxt(ctxt);
	return !err;
}

static void conf_schema_judges_by_itself(void **state)
{
	xmlRelaxNGParserCtxtPtr parser;
	xmlRelaxNGPtr s;
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	conf_print_schema(test_table, &b);
	parser = xmlRelaxNGNewMemParserCtxt(b.data, (int)b.len);
	s = xmlRelaxNGParse(parser);
	assert_non_null(s);
	assert_true(valid(s, "<carillon/>"));
	assert_true(valid(s, "<carillon><plugin name=\"a-b_1\" required=\"no\">"
			  "<option name=\"o\">x</option></plugin><log><colour> "
			  "red </colour></log><plugin name=\"b\"/><sip>"
			  "<listen>a</listen><t1_ms>10</t1_ms>"
			  "<listen>b</listen></sip></carillon>"));
	assert_false(valid(s, "<carillon><sip><lisen/></sip></carillon>"));
	assert_false(valid(s, "<carillon><sip><t1_ms>9</t1_ms></sip>"
			   "</carillon>"));
	assert_false(valid(s, "<carillon><sip><t1_ms>9x</t1_ms></sip>"
			   "</carillon>"));
	assert_false(valid(s, "<carillon><log><colour>pink</colour></log>"
			   "</carillon>"));
	assert_false(valid(s, "<carillon><media><rtcp>2</rtcp></media>"
			   "</carillon>"));
	assert_false(valid(s, "<carillon><sip/><sip/></carillon>"));
	assert_false(valid(s, "<carillon><plugin name=\"A\"/></carillon>"));
	assert_false(valid(s, "<carillon><plugin/></carillon>"));
	xmlRelaxNGFree(s);
	xmlRelaxNGFreeParserCtxt(parser);
	buf_deinit(&b);
}

static void conf_markdown_is_one_row_per_key(void **state)
{
	struct buf b;

	(void)state;
	buf_init(&b, 100000);
	conf_print_markdown(test_table, &b);
	assert_non_null(strstr(b.data, "\n| `sip.listen` | text; repeatable | "
			       "`udp:127.0.0.1:5060` | Where to listen. |\n"));
	assert_non_null(strstr(b.data, "\n| `media.threads` | 0 to 64 | `0` | "
			       "Threads; 0 \\| one per core -- or so. |\n"));
	assert_non_null(strstr(b.data, "\n| `log.colour` | red, green, blue | "
			       "`red` |"));
	assert_non_null(strstr(b.data, "\n| `api.key` | text; repeatable; "
			       "secret |  |"));
	assert_non_null(strstr(b.data, "\n| `media.any` | whole number |  |"));
	buf_deinit(&b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(conf_sample_shows_defaults_in_comments),
		cmocka_unit_test(conf_sample_loads_with_its_comments_taken_off),
		cmocka_unit_test(conf_schema_judges_by_itself),
		cmocka_unit_test(conf_markdown_is_one_row_per_key),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
