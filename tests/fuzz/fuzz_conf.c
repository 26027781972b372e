/*
 * fuzz_conf.c - any bytes as a configuration file: an error, never a crash.
 */
/* SPDX-License-Identifier: MIT */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct conf *c;
	char error[CONF_ERROR_LEN];
	struct config cfg;

	/* Kept for all inputs: to compile the schema takes longest. */
	if (!c && conf_new(&c, config_options))
		abort();
	if (conf_load_mem(c, "fuzz", (const char *)data, size, error)) {
		assert(error[0]);
		return 0;
	}
	if (!config_fill(&cfg, c, error))
		config_free(&cfg);
	else
		assert(error[0]);
	return 0;
}
