/*
 * test_conf_xml.c - reading a file and naming what is wrong in it.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/conf.h"
#include "base/str.h"
#include "conf_bench.h"

static int try_load(struct conf *c, const char *xml)
{
	return conf_load_mem(c, "t.xml", xml, strlen(xml), error);
}

static void says(struct conf *c, const char *xml, const char *why)
{
	assert_int_equal(try_load(c, xml), -EINVAL);
	assert_string_equal(error, why);
}

static void conf_file_gives_its_values(void **state)
{
	struct conf *c = *state;

	assert_int_equal(try_load(c,
		"<?xml version=\"1.0\"?>\n<!-- x -->\n<carillon>\n"
		" <log><colour>\n\tblue </colour></log>\n"
		" <sip><!-- y --><direct><allow>10.0.0.0/8</allow></direct>"
		"<listen>a&amp;b<!-- z -->c<![CDATA[<d>]]></listen>\n"
		" </sip></carillon>\n"), 0);
	assert_string_equal(error, "");
	assert_string_equal(conf_str(c, "log.colour"), "blue");
	assert_string_equal(conf_str(c, "sip.direct.allow"), "10.0.0.0/8");
	assert_string_equal(conf_str(c, "sip.listen"), "a&bc<d>");
	assert_int_equal(conf_int(c, "sip.t1_ms"), 500);
}

static void conf_unknown_element_names_line_and_nearest(void **state)
{
	struct conf *c = *state;

	says(c, "<carillon>\n <sip>\n  <lisen>x</lisen></sip></carillon>",
	     "t.xml:3: <lisen> in <sip> is not known; did you mean <listen>?");
	says(c, "<carillon><spi/></carillon>",
	     "t.xml:1: <spi> in <carillon> is not known; did you mean <sip>?");
	says(c, "<carillon><plugins/></carillon>", "t.xml:1: <plugins> in "
	     "<carillon> is not known; did you mean <plugin>?");
	says(c, "<carillon><banana/></carillon>",
	     "t.xml:1: <banana> in <carillon> is not known");
	says(c, "<carillon><sip><direct><alow/></direct></sip></carillon>",
	     "t.xml:1: <alow> in <direct> is not known; did you mean <allow>?");
	says(c, "<carillon><x:sip xmlns:x=\"u\"/></carillon>",
	     "t.xml:1: <sip> in <carillon> is not known; did you mean <sip>?");
}

static void conf_wrong_value_names_line_and_key(void **state)
{
	says(*state, "<carillon>\n<media>\n\n<threads>abc</threads></media>"
	     "</carillon>", "t.xml:4: media.threads: \"abc\" is not a whole "
	     "number between 0 and 64");
}

static void conf_wrong_place_is_named(void **state)
{
	struct conf *c = *state;

	says(c, "<config/>",
	     "t.xml:1: <config> found where <carillon> was expected");
	says(c, "<carillon><sip>text</sip></carillon>",
	     "t.xml:1: <sip> holds elements only, not text");
	says(c, "<carillon>\n<sip port=\"1\"/></carillon>",
	     "t.xml:2: <sip> takes no attribute \"port\"");
	says(c, "<carillon><sip><t1_ms unit=\"s\">50</t1_ms></sip></carillon>",
	     "t.xml:1: <t1_ms> takes no attribute \"unit\"");
	says(c, "<carillon><sip><listen><a/></listen></sip></carillon>",
	     "t.xml:1: <a> in <listen> is not known; only a value may stand "
	     "there");
}

static void conf_twice_is_once_too_often(void **state)
{
	struct conf *c = *state;

	says(c, "<carillon><sip><t1_ms>50</t1_ms>\n<t1_ms>60</t1_ms></sip>"
	     "</carillon>", "t.xml:2: <t1_ms> stands twice, first at t.xml:1");
	says(c, "<carillon><sip/>\n\n<sip/></carillon>",
	     "t.xml:3: <sip> stands twice, first at line 1");
	says(c, "<carillon><plugin name=\"a\"/>\n<plugin name=\"a\"/>"
	     "</carillon>", "t.xml:2: <plugin name=\"a\"> stands twice");
}

static void conf_plugin_element_is_checked(void **state)
{
	struct conf *c = *state;

	says(c, "<carillon><plugin/></carillon>", "t.xml:1: <plugin> needs a "
	     "name of small letters, digits, - and _, at most 31");
	says(c, "<carillon><plugin name=\"A\"/></carillon>", "t.xml:1: "
	     "<plugin> needs a name of small letters, digits, - and _, at "
	     "most 31");
	says(c, "<carillon><plugin name=\"a\" required=\"perhaps\"/>"
	     "</carillon>", "t.xml:1: required: \"perhaps\" is neither yes "
	     "nor no");
	says(c, "<carillon><plugin name=\"a\" nam=\"b\"/></carillon>",
	     "t.xml:1: <plugin> takes no attribute \"nam\"");
	says(c, "<carillon><plugin name=\"a\"><opt/></plugin></carillon>",
	     "t.xml:1: <opt> in <plugin> is not known; did you mean <option>?");
	says(c, "<carillon><plugin name=\"a\"><option>1</option></plugin>"
	     "</carillon>", "t.xml:1: <option> needs the attribute \"name\" "
	     "and no other");
	says(c, "<carillon><plugin name=\"a\">x</plugin></carillon>",
	     "t.xml:1: <plugin> holds elements only, not text");
}

static void conf_broken_xml_names_the_line(void **state)
{
	struct conf *c = *state;

	says(c, "<carillon>\n<sip>\n</spi></carillon>", "t.xml:3: Opening and "
	     "ending tag mismatch: sip line 2 and spi");
	says(c, "", "t.xml:1: Document is empty");
	says(c, "not xml", "t.xml:1: Start tag expected, '<' not found");
	says(c, "<carillon>&nope;</carillon>",
	     "t.xml:1: Entity 'nope' not defined");
}

static void conf_refuses_any_doctype(void **state)
{
	struct conf *c = *state;

	says(c, "<!DOCTYPE carillon [\n<!ENTITY a \"xxxxxxxxxx\">\n"
	     "<!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">\n"
	     "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\">\n"
	     "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">]>\n"
	     "<carillon><sip><listen>&d;&d;</listen></sip></carillon>",
	     "t.xml:1: a DOCTYPE is not allowed here");
	says(c, "<!DOCTYPE carillon SYSTEM \"file:///etc/passwd\">\n"
	     "<carillon/>", "t.xml:1: a DOCTYPE is not allowed here");
}

static void conf_failed_load_leaves_nothing_of_the_file(void **state)
{
	struct conf *c = *state;

	says(c, "<carillon><sip><t1_ms>50</t1_ms></sip><x/></carillon>",
	     "t.xml:1: <x> in <carillon> is not known");
	assert_int_equal(conf_int(c, "sip.t1_ms"), 500);
}

static void conf_second_load_replaces_the_first(void **state)
{
	struct conf *c = *state;

	assert_int_equal(try_load(c, "<carillon><sip><t1_ms>50</t1_ms></sip>"
			      "<plugin name=\"a\" required=\"1\"/></carillon>"),
			 0);
	assert_int_equal(try_load(c, "<carillon><plugin name=\"a\"/></carillon>"),
			 0);
	assert_int_equal(conf_int(c, "sip.t1_ms"), 500);
	assert_false(conf_plugin_required(c, "a"));
}

static void conf_survives_deep_and_huge_input(void **state)
{
	struct conf *c = *state;
	struct buf b;

	buf_init(&b, 16 << 20);
	buf_puts(&b, "<carillon>");
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "<sip>");
	assert_int_equal(conf_load_mem(c, "t.xml", b.data, b.len, error),
			 -EINVAL);
	buf_reset(&b);
	buf_puts(&b, "<carillon><sip><listen>");
	for (int i = 0; i < 100000; i++)
		buf_puts(&b, "xxxxxxxxxx");
	buf_puts(&b, "</listen></sip></carillon>");
	assert_int_equal(conf_load_mem(c, "t.xml", b.data, b.len, error),
			 -EINVAL);
	assert_string_equal(error, "t.xml:1: <listen> is too long");
	for (int i = 0; i < 400000; i++)
		buf_puts(&b, "          ");
	assert_int_equal(conf_load_mem(c, "t.xml", b.data, b.len, error),
			 -EFBIG);
	assert_string_equal(error, "t.xml:1: the file is too large");
	buf_deinit(&b);
}

static void conf_load_reads_a_file(void **state)
{
	char path[] = "/tmp/carillon-conf-XXXXXX";
	static const char xml[] = "<carillon>\n<sip>\n<t1_ms>9</t1_ms>"
				  "</sip></carillon>";
	char expected[200];
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, xml, sizeof(xml) - 1), sizeof(xml) - 1);
	close(fd);
	assert_int_equal(conf_load(*state, path, error), -EINVAL);
	snprintf(expected, sizeof(expected), "%s:3: sip.t1_ms: \"9\" is not a "
		 "whole number between 10 and 5000", path);
	assert_string_equal(error, expected);
	unlink(path);
	assert_int_equal(conf_load(*state, path, error), -ENOENT);
	snprintf(expected, sizeof(expected), "%s: No such file or directory",
		 path);
	assert_string_equal(error, expected);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(conf_file_gives_its_values),
		T(conf_unknown_element_names_line_and_nearest),
		T(conf_wrong_value_names_line_and_key),
		T(conf_wrong_place_is_named),
		T(conf_twice_is_once_too_often),
		T(conf_plugin_element_is_checked),
		T(conf_broken_xml_names_the_line),
		T(conf_refuses_any_doctype),
		T(conf_failed_load_leaves_nothing_of_the_file),
		T(conf_second_load_replaces_the_first),
		T(conf_survives_deep_and_huge_input),
		T(conf_load_reads_a_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
