/*
 * args.h - the command line of carillond.
 *
 * Main thread, at the start.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CORE_ARGS_H
#define CORE_ARGS_H

#include <stddef.h>

#define ARGS_ERROR_LEN 256

enum args_mode {
	ARGS_RUN,
	ARGS_CHECK_CONFIG,
	ARGS_PRINT_CONFIG,	/* the sample file                            */
	ARGS_PRINT_SCHEMA,
	ARGS_PRINT_OPTIONS,	/* the table of docs/CONFIG.md                */
	ARGS_VERSION,
	ARGS_HELP,
};

struct args {
	enum args_mode mode;
	const char *config;	/* NULL: none given; lent by argv             */
	const char **sets;	/* each NAME=VALUE, in order; lent by argv    */
	size_t n_sets;
};

/* 0, or -errno with a sentence in error and nothing to free.                 */
int args_parse(struct args *a, int argc, char **argv,
	       char error[ARGS_ERROR_LEN]);
void args_free(struct args *a);
const char *args_help(void);		/* several lines for --help           */

#endif
