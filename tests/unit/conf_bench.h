/*
 * conf_bench.h - a conf over the small table, made and freed around each test.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONF_BENCH_H
#define TESTS_CONF_BENCH_H

#include <string.h>

#include "base/conf.h"
#include "conf_table.h"

static char error[CONF_ERROR_LEN];

static inline int setup(void **state)
{
	struct conf *c;

	if (conf_new(&c, test_table))
		return -1;
	*state = c;
	return 0;
}

static inline int teardown(void **state)
{
	conf_free(*state);
	return 0;
}

static inline void load(struct conf *c, const char *xml)
{
	if (conf_load_mem(c, "t.xml", xml, strlen(xml), error))
		fail_msg("%s", error);
}

#endif
