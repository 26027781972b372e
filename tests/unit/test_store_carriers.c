/*
 * test_store_carriers.c - carriers and their histories over a restart; ids are
 * given out once.
 * Needs: libcarillon.a, libsqlite3.
 */
/* SPDX-License-Identifier: MIT */
#include "store_bench.h"

static struct cln_carrier *list(size_t *n)
{
	struct store_req r = { .op = STORE_CARRIER_LIST };

	assert_int_equal(call_store(&r), 0);
	*n = r.carriers.n;
	return r.carriers.items;
}

static int delete(const char *id)
{
	struct store_req r = { .op = STORE_CARRIER_DELETE,
			       .del = { .id = id } };

	return call_store(&r);
}

static int put(const struct cln_carrier *c)
{
	struct store_req r = { .op = STORE_CARRIER_PUT,
			       .put = { .carrier = c } };

	return call_store(&r);
}

static void carrier_survives_with_every_field(void **state)
{
	struct cln_carrier want = a_carrier("aaaaaaaa"), *items;
	size_t n;

	(void)state;
	assert_int_equal(carrier_add("bbbbbbbb"), 0);
	assert_int_equal(carrier_add("aaaaaaaa"), 0);
	store_restart();
	items = list(&n);
	assert_int_equal(n, 2);
	/* What was left "" and has a default in the table comes as that. */
	str_copy(items[0].protocol, sizeof(items[0].protocol), "");
	assert_memory_equal(&items[0], &want, sizeof(want));
	assert_string_equal(items[1].id, "bbbbbbbb");
	free(items);
}

static void missing_password_is_not_an_empty_one(void **state)
{
	struct cln_carrier c = a_carrier("aaaaaaaa"), *items;
	size_t n;

	(void)state;
	carrier_add("aaaaaaaa");
	c.password_set = 0;
	c.password[0] = '\0';
	c.version = 4;
	assert_int_equal(put(&c), 0);
	items = list(&n);
	assert_int_equal(items[0].password_set, 0);
	assert_int_equal(items[0].version, 4);
	free(items);
	assert_int_equal(query("SELECT count(*) FROM carriers WHERE fields "
			       "LIKE '%password%'"), 0);
}

/* One that was written before there was a choice goes on as it was. */
static void fields_that_are_newer_than_the_row_have_their_defaults(void **state)
{
	struct cln_carrier *items;
	size_t n;

	(void)state;
	carrier_add("aaaaaaaa");
	query("UPDATE carriers SET fields="
	      "'{\"name\":\"old\",\"host\":\"192.0.2.1\",\"transport\":\"udp\","
	      "\"codecs\":[\"mulaw\"]}'");
	store_restart();
	items = list(&n);
	assert_int_equal(n, 1);
	assert_string_equal(items[0].transport, "udp");
	assert_string_equal(items[0].number_format, "as_is");
	assert_string_equal(items[0].caller_id, "from");
	assert_int_equal(items[0].headers.n, 0);
	assert_int_equal(items[0].options_ping_s, 0);
	assert_int_equal(items[0].strip, 0);
	free(items);
}

static void id_is_never_used_again(void **state)
{
	(void)state;
	assert_int_equal(carrier_add("aaaaaaaa"), 0);
	assert_int_equal(carrier_add("aaaaaaaa"), -EEXIST);
	assert_int_equal(delete("aaaaaaaa"), 0);
	assert_int_equal(delete("aaaaaaaa"), -ENOENT);
	assert_int_equal(carrier_add("aaaaaaaa"), -EEXIST);
	store_restart();
	assert_int_equal(carrier_add("aaaaaaaa"), -EEXIST);
}

static void change_of_nobody_is_refused(void **state)
{
	struct cln_carrier c = a_carrier("aaaaaaaa");

	(void)state;
	assert_int_equal(put(&c), -ENOENT);
}

static void history_add(const char *id, int code)
{
	struct store_req r = {
		.op = STORE_HISTORY_ADD,
		.hist_add = { .id = id,
			      .t = { .at = 10, .state = CLN_REG_FAILED,
				     .code = code, .reason = "No" } },
	};

	assert_int_equal(call_store(&r), 0);
}

static void history_keeps_the_newest_in_order(void **state)
{
	struct store_req r = { .op = STORE_HISTORY_LIST,
			       .hist = { .id = "aaaaaaaa" } };

	(void)state;
	carrier_add("aaaaaaaa");
	carrier_add("bbbbbbbb");
	for (int i = 0; i < CLN_HISTORY_MAX + 10; i++) {
		history_add("aaaaaaaa", 400 + i);
		history_add("bbbbbbbb", 1);
	}
	store_restart();
	assert_int_equal(call_store(&r), 0);
	assert_int_equal(r.hist.n, CLN_HISTORY_MAX);
	for (int i = 0; i < CLN_HISTORY_MAX; i++)
		assert_int_equal(r.hist.items[i].code, 410 + i);
	assert_string_equal(r.hist.items[0].reason, "No");
	assert_int_equal(r.hist.items[0].state, CLN_REG_FAILED);
	assert_int_equal(r.hist.items[0].at, 10);
	free(r.hist.items);
	assert_int_equal(query("SELECT count(*) FROM history"),
			 2 * CLN_HISTORY_MAX);
}

static void history_goes_with_its_carrier(void **state)
{
	(void)state;
	carrier_add("aaaaaaaa");
	history_add("aaaaaaaa", 1);
	delete("aaaaaaaa");
	/* A transition that comes too late leaves nothing behind. */
	history_add("aaaaaaaa", 2);
	assert_int_equal(query("SELECT count(*) FROM history"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		RULE(carrier_survives_with_every_field),
		RULE(missing_password_is_not_an_empty_one),
		RULE(fields_that_are_newer_than_the_row_have_their_defaults),
		RULE(id_is_never_used_again),
		RULE(change_of_nobody_is_refused),
		RULE(history_keeps_the_newest_in_order),
		RULE(history_goes_with_its_carrier),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
