/*
 * test_api_playlist.c - the playlist of a request as the core gets it, and each
 * fault of it at its place.
 *
 * Needs api/{playlist,gather,fields,field_lists,errors,text,json}.c; -ljansson.
 */
/* SPDX-License-Identifier: MIT */
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>

#include <cmocka.h>

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "../../api/errors.h"
#include "../../api/playlist.h"

static struct playlist list;
static struct cln_problems problems;
static json_t *body;

/* Reads this list; the tree stays until the next one.                        */
static void read_list(const char *text)
{
	char whole[4096];

	json_decref(body);
	snprintf(whole, sizeof(whole), "{\"playlist\":%s}", text);
	body = json_loads(whole, 0, NULL);
	assert_non_null(body);
	problems_init(&problems);
	playlist_free(&list);
	playlist_read(&list, body, &problems);
}

static int done(void **state)
{
	(void)state;
	playlist_free(&list);
	memset(&list, 0, sizeof(list));
	json_decref(body);
	body = NULL;
	return 0;
}

static bool is_wrong_at(int code, const char *pointer)
{
	uint32_t i;

	for (i = 0; i < problems.n; i++)
		if (problems.items[i].code == code &&
		    !strcmp(problems.items[i].pointer, pointer))
			return true;
	return false;
}

/* This list has this fault, and no other.                                    */
static void wrong(const char *text, const char *pointer)
{
	read_list(text);
	if (problems.n != 1 || !is_wrong_at(CLN_INVALID, pointer))
		fail_msg("%s: %u problems, the first at %s: %s", text,
			 problems.n, problems.items[0].pointer,
			 problems.items[0].detail);
}

static void wrong_gather(const char *members, const char *pointer)
{
	char text[512], where[96];

	snprintf(text, sizeof(text), "[{\"play\":\"u\"},{\"gather\":{%s}}]",
		 members);
	snprintf(where, sizeof(where), "/playlist/1/gather%s", pointer);
	wrong(text, where);
}

/* ---- what is right --------------------------------------------------------- */

static void each_kind_becomes_an_item(void **state)
{
	(void)state;
	read_list("[{\"play\":\"http://h/a.wav\",\"repeat\":100},"
		  "{\"say\":\"hello\",\"language\":\"en-GB\",\"repeat\":2},"
		  "{\"pause_ms\":60000,\"repeat\":null},"
		  "{\"dtmf\":\"0123456789*#ABCD\",\"repeat\":3},"
		  "{\"play\":\"prompt:0123456789abcdef0123456789abcdef\"}]");
	assert_int_equal(problems.n, 0);
	assert_int_equal(list.n, 5);
	assert_int_equal(list.items[0].type, CLN_ITEM_PLAY);
	assert_string_equal(list.items[0].text, "http://h/a.wav");
	assert_int_equal(list.items[0].repeat, 100);
	assert_int_equal(list.items[1].type, CLN_ITEM_SAY);
	assert_string_equal(list.items[1].language, "en-GB");
	assert_int_equal(list.items[1].repeat, 2);
	assert_int_equal(list.items[2].type, CLN_ITEM_PAUSE);
	assert_int_equal(list.items[2].pause_ms, 60000);
	assert_int_equal(list.items[2].repeat, 1);
	assert_int_equal(list.items[3].type, CLN_ITEM_DTMF);
	assert_string_equal(list.items[3].text, "0123456789*#ABCD");
	assert_int_equal(list.items[4].type, CLN_ITEM_PLAY);
	assert_null(list.gathers);
}

static void a_gather_is_read_whole(void **state)
{
	const struct cln_gather *g;

	(void)state;
	read_list("[{\"play\":\"u\"},{\"gather\":{\"digits\":2,\"timeout_s\":"
		  "7,\"terminator\":\"#\",\"interrupt\":false,\"on\":{\"1\":0,"
		  "\"42\":\"stop\",\"*\":\"next\"},\"otherwise\":1,"
		  "\"on_timeout\":\"stop\"}}]");
	assert_int_equal(problems.n, 0);
	assert_int_equal(list.items[1].type, CLN_ITEM_GATHER);
	g = list.items[1].gather;
	assert_int_equal(g->digits, 2);
	assert_int_equal(g->timeout_ms, 7000);
	assert_int_equal(g->terminator, '#');
	assert_false(g->interrupt);
	assert_int_equal(g->n_branches, 3);
	assert_string_equal(g->branches[0].digits, "1");
	assert_int_equal(g->branches[0].go, 0);
	assert_string_equal(g->branches[1].digits, "42");
	assert_int_equal(g->branches[1].go, CLN_GOTO_STOP);
	assert_int_equal(g->branches[2].go, CLN_GOTO_NEXT);
	assert_int_equal(g->otherwise, 1);
	assert_int_equal(g->on_timeout, CLN_GOTO_STOP);
}

static void a_gather_has_defaults(void **state)
{
	const struct cln_gather *g;

	(void)state;
	read_list("[{\"gather\":{\"on\":null,\"terminator\":null,"
		  "\"otherwise\":null}}]");
	assert_int_equal(problems.n, 0);
	g = list.items[0].gather;
	assert_int_equal(g->digits, 1);
	assert_int_equal(g->timeout_ms, 5000);
	assert_int_equal(g->terminator, 0);
	assert_true(g->interrupt);
	assert_int_equal(g->n_branches, 0);
	assert_int_equal(g->otherwise, CLN_GOTO_NEXT);
	assert_int_equal(g->on_timeout, CLN_GOTO_NEXT);
}

/* ---- what is not ----------------------------------------------------------- */

static void an_item_is_one_thing(void **state)
{
	(void)state;
	wrong("[]", "/playlist");
	wrong("{}", "/playlist");
	wrong("[7]", "/playlist/0");
	wrong("[{}]", "/playlist/0");
	wrong("[{\"play\":null}]", "/playlist/0");
	wrong("[{\"play\":\"u\",\"pause_ms\":5}]", "/playlist/0");
	wrong("[{\"dtmf\":\"1\",\"gather\":{}}]", "/playlist/0");
	wrong("[{\"repeat\":2}]", "/playlist/0");
	assert_string_equal(problems.items[0].detail, "must have exactly one "
			    "of \"play\", \"say\", \"pause_ms\", \"dtmf\", "
			    "\"gather\"; it has none");
}

static void each_member_has_its_bounds(void **state)
{
	(void)state;
	wrong("[{\"play\":\"a b\"}]", "/playlist/0/play");
	wrong("[{\"play\":\"u\",\"repeat\":0}]", "/playlist/0/repeat");
	wrong("[{\"play\":\"u\",\"repeat\":101}]", "/playlist/0/repeat");
	wrong("[{\"play\":\"u\",\"repeat\":1.5}]", "/playlist/0/repeat");
	wrong("[{\"play\":\"u\",\"repeat\":\"2\"}]", "/playlist/0/repeat");
	wrong("[{\"pause_ms\":0}]", "/playlist/0/pause_ms");
	wrong("[{\"pause_ms\":60001}]", "/playlist/0/pause_ms");
	wrong("[{\"pause_ms\":true}]", "/playlist/0/pause_ms");
	wrong("[{\"pause_ms\":5,\"repeat\":101}]", "/playlist/0/repeat");
	wrong("[{\"dtmf\":\"\"}]", "/playlist/0/dtmf");
	wrong("[{\"dtmf\":12}]", "/playlist/0/dtmf");
	wrong("[{\"dtmf\":\"12a\"}]", "/playlist/0/dtmf");
	wrong("[{\"dtmf\":\"1 2\"}]", "/playlist/0/dtmf");
	wrong("[{\"dtmf\":\"123456789012345678901234567890123\"}]",
	      "/playlist/0/dtmf");
	wrong("[{\"gather\":{},\"repeat\":2}]", "/playlist/0/repeat");
	wrong("[{\"pause_ms\":5,\"language\":\"en\"}]",
	      "/playlist/0/language");
}

static void each_member_of_a_gather_has_its_bounds(void **state)
{
	(void)state;
	wrong("[{\"gather\":5}]", "/playlist/0/gather");
	wrong_gather("\"digits\":0", "/digits");
	wrong_gather("\"digits\":33", "/digits");
	wrong_gather("\"timeout_s\":0", "/timeout_s");
	wrong_gather("\"timeout_s\":121", "/timeout_s");
	wrong_gather("\"timeout_s\":\"5\"", "/timeout_s");
	wrong_gather("\"terminator\":\"##\"", "/terminator");
	wrong_gather("\"terminator\":\"x\"", "/terminator");
	wrong_gather("\"terminator\":\"\"", "/terminator");
	wrong_gather("\"interrupt\":1", "/interrupt");
	wrong_gather("\"otherwise\":2", "/otherwise");
	wrong_gather("\"otherwise\":-1", "/otherwise");
	wrong_gather("\"on_timeout\":\"again\"", "/on_timeout");
	wrong_gather("\"on_timeout\":1.0", "/on_timeout");
}

static void each_branch_leads_from_digits_to_an_item(void **state)
{
	(void)state;
	wrong_gather("\"on\":[]", "/on");
	wrong_gather("\"on\":{\"x\":0}", "/on/x");
	wrong_gather("\"on\":{\"\":0}", "/on/");
	wrong_gather("\"on\":{\"12\":0}", "/on/12");
	wrong_gather("\"on\":{\"1\":2}", "/on/1");
	wrong_gather("\"on\":{\"1\":-2}", "/on/1");
	wrong_gather("\"on\":{\"1\":\"end\"}", "/on/1");
	wrong_gather("\"on\":{\"1\":{}}", "/on/1");
	wrong_gather("\"on\":{\"1\":null}", "/on/1");
	wrong_gather("\"terminator\":\"#\",\"on\":{\"#\":0}", "/on/#");
	wrong_gather("\"digits\":2,\"on\":{\"0\":0,\"1\":0,\"2\":0,\"3\":0,"
		     "\"4\":0,\"5\":0,\"6\":0,\"7\":0,\"8\":0,\"9\":0,\"10\":0,"
		     "\"11\":0,\"12\":0,\"13\":0,\"14\":0,\"15\":0,\"16\":0}",
		     "/on");
	/* What is longer than nobody knows what is no fault of its own. */
	wrong_gather("\"digits\":\"2\",\"on\":{\"12\":0}", "/digits");
}

static void an_unknown_member_names_its_neighbour(void **state)
{
	(void)state;
	read_list("[{\"puase_ms\":5},{\"gather\":{\"digit\":1,\"onn\":{}}},"
		  "{\"play\":\"u\",\"repeats\":1}]");
	assert_int_equal(problems.n, 5);
	assert_true(is_wrong_at(CLN_UNKNOWN_FIELD, "/playlist/0/puase_ms"));
	assert_non_null(strstr(problems.items[0].detail, "\"pause_ms\""));
	assert_true(is_wrong_at(CLN_INVALID, "/playlist/0"));
	assert_true(is_wrong_at(CLN_UNKNOWN_FIELD,
				"/playlist/1/gather/digit"));
	assert_non_null(strstr(problems.items[2].detail, "\"digits\""));
	assert_true(is_wrong_at(CLN_UNKNOWN_FIELD, "/playlist/1/gather/onn"));
	assert_true(is_wrong_at(CLN_UNKNOWN_FIELD, "/playlist/2/repeats"));
	assert_non_null(strstr(problems.items[4].detail, "\"repeat\""));
}

static void all_faults_come_at_once(void **state)
{
	(void)state;
	read_list("[{\"play\":7,\"repeat\":0},{\"gather\":{\"digits\":0,"
		  "\"on\":{\"1\":9,\"x\":0}}},{\"pause_ms\":-1}]");
	assert_int_equal(problems.n, 6);
	assert_true(is_wrong_at(CLN_INVALID, "/playlist/0/play"));
	assert_true(is_wrong_at(CLN_INVALID, "/playlist/0/repeat"));
	assert_true(is_wrong_at(CLN_INVALID, "/playlist/1/gather/digits"));
	assert_true(is_wrong_at(CLN_INVALID, "/playlist/1/gather/on/1"));
	assert_true(is_wrong_at(CLN_INVALID, "/playlist/1/gather/on/x"));
	assert_true(is_wrong_at(CLN_INVALID, "/playlist/2/pause_ms"));
}

#define TEST(test) cmocka_unit_test_teardown(test, done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(each_kind_becomes_an_item),
		TEST(a_gather_is_read_whole),
		TEST(a_gather_has_defaults),
		TEST(an_item_is_one_thing),
		TEST(each_member_has_its_bounds),
		TEST(each_member_of_a_gather_has_its_bounds),
		TEST(each_branch_leads_from_digits_to_an_item),
		TEST(an_unknown_member_names_its_neighbour),
		TEST(all_faults_come_at_once),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
