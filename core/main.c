/*
 * main.c - carillond: arguments, configuration, run, stop.
 *
 * Exit codes: 0 stopped as told, 1 could not start, 2 wrong use or
 * configuration.
 */
/* SPDX-License-Identifier: MIT */
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "args.h"
#include "base/buf.h"
#include "server.h"

enum {
	EXIT_USAGE = 2,
	/* By default each thread that allocates has one, up to eight a core,
	 * and what it took at its busiest stays its own. The media threads,
	 * which must not wait for one another, do not allocate.              */
	HEAPS_MAX = 4,
};

#define PRINT_MAX (1u << 20)

static int print(void (*make)(const struct cln_option *const *, struct buf *))
{
	struct buf b;
	int bad;

	buf_init(&b, PRINT_MAX);
	make(config_options, &b);
	bad = b.err || fputs(b.data, stdout) == EOF || fflush(stdout) == EOF;
	buf_deinit(&b);
	return bad ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int complain(const char *text)
{
	fprintf(stderr, "carillond: %s\n", text);
	return EXIT_USAGE;
}

static int run(const struct config *cfg, const struct conf *conf)
{
	char why[SERVER_WHY_LEN];
	struct server *s;
	int err;

	log_set_level(cfg->log_level);
	log_set_json(cfg->log_json);
	signal(SIGPIPE, SIG_IGN);
	mallopt(M_ARENA_MAX, HEAPS_MAX);
	err = server_new(&s, cfg, conf, why);
	if (err) {
		log_error("server: %s", why);
		return EXIT_FAILURE;
	}
	err = server_run(s);
	server_free(s);
	return err ? EXIT_FAILURE : EXIT_SUCCESS;
}

static int check(const struct config *cfg)
{
	char why[SERVER_WHY_LEN];

	if (server_check(cfg, why))
		return complain(why);
	puts("the configuration is good");
	return EXIT_SUCCESS;
}

static int configure(struct conf *conf, const struct args *args,
		     char error[CONF_ERROR_LEN])
{
	int err = 0;

	if (args->config)
		err = conf_load(conf, args->config, error);
	for (size_t i = 0; !err && i < args->n_sets; i++)
		err = conf_set(conf, args->sets[i], error);
	return err;
}

static int with_config(const struct args *args)
{
	char error[CONF_ERROR_LEN] = "not enough memory";
	struct conf *conf = NULL;
	struct config cfg;
	int code;

	if (conf_new(&conf, config_options) ||
	    configure(conf, args, error) || config_fill(&cfg, conf, error)) {
		conf_free(conf);
		return complain(error);
	}
	if (args->mode == ARGS_CHECK_CONFIG) {
		code = check(&cfg);
	} else {
		code = run(&cfg, conf);
	}
	config_free(&cfg);
	conf_free(conf);
	return code;
}

static int act(const struct args *args)
{
	switch (args->mode) {
	case ARGS_HELP:
		fputs(args_help(), stdout);
		return EXIT_SUCCESS;
	case ARGS_VERSION:
		puts("carillond " PACKAGE_VERSION);
		return EXIT_SUCCESS;
	case ARGS_PRINT_CONFIG:
		return print(conf_print_sample);
	case ARGS_PRINT_SCHEMA:
		return print(conf_print_schema);
	case ARGS_PRINT_OPTIONS:
		return print(conf_print_markdown);
	case ARGS_CHECK_CONFIG:
	case ARGS_RUN:
		break;
	}
	return with_config(args);
}

int main(int argc, char **argv)
{
	char error[ARGS_ERROR_LEN];
	struct args args;
	int code;

	if (args_parse(&args, argc, argv, error))
		return complain(error);
	code = act(&args);
	args_free(&args);
	return code;
}
