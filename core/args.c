/*
 * args.c - the command line of carillond.
 *
 * Main thread, at the start: getopt_long(3) keeps its state in globals.
 */
/* SPDX-License-Identifier: MIT */
#include "args.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

#include "base/str.h"

/* Beyond the values of enum args_mode.                                       */
enum { OPT_CONFIG = 100, OPT_SET };

static const struct option options[] = {
	{ "config", required_argument, NULL, OPT_CONFIG },
	{ "set", required_argument, NULL, OPT_SET },
	{ "check-config", no_argument, NULL, ARGS_CHECK_CONFIG },
	{ "print-config", no_argument, NULL, ARGS_PRINT_CONFIG },
	{ "print-schema", no_argument, NULL, ARGS_PRINT_SCHEMA },
	{ "print-options", no_argument, NULL, ARGS_PRINT_OPTIONS },
	{ "version", no_argument, NULL, ARGS_VERSION },
	{ "help", no_argument, NULL, ARGS_HELP },
	{ NULL, 0, NULL, 0 },
};

const char *args_help(void)
{
	return
"Usage: carillond [OPTION]...\n"
"A SIP voice server that takes REST requests and plays prompts to the called.\n"
"\n"
"  --config FILE      read the configuration from FILE\n"
"  --set NAME=VALUE   set one value, over the file's; may be repeated\n"
"  --check-config     check the configuration and stop\n"
"  --print-config     print a sample configuration with all defaults\n"
"  --print-schema     print the RELAX NG schema of the configuration\n"
"  --print-options    print the table of all values as Markdown\n"
"  --version          print the version\n"
"  --help             print this text\n"
"\n"
"Without --config all values have their defaults.\n";
}

/* getopt_long() has just refused `word`; says why in words of ours.          */
static int refuse(const char *word, int why, char *error)
{
	char name[64];
	const char *near = NULL;
	unsigned int cost = 0;

	if (why == ':') {
		str_printf(error, ARGS_ERROR_LEN, "%.100s needs a value", word);
		return -EINVAL;
	}
	str_copy_n(name, sizeof(name), word + strspn(word, "-"),
		   strcspn(word + strspn(word, "-"), "="));
	for (const struct option *o = options; o->name; o++) {
		if (!strcmp(o->name, name)) {
			str_printf(error, ARGS_ERROR_LEN,
				   "--%s takes no value", name);
			return -EINVAL;
		}
		str_nearest_step(name, o->name, &near, &cost);
	}
	if (near)
		str_printf(error, ARGS_ERROR_LEN, "%.100s is not known; did "
			   "you mean --%s?", word, near);
	else
		str_printf(error, ARGS_ERROR_LEN, "%.100s is not known; --help "
			   "lists the options", word);
	return -EINVAL;
}

/* The last one of several wins, but --help before all.                       */
static void take(struct args *a, int opt)
{
	if (opt == OPT_CONFIG)
		a->config = optarg;
	else if (opt == OPT_SET)
		a->sets[a->n_sets++] = optarg;
	else if (a->mode != ARGS_HELP)
		a->mode = (enum args_mode)opt;
}

static int parse(struct args *a, int argc, char **argv, char *error)
{
	int opt;

	opterr = 0;
	optind = 0;		/* makes glibc start anew */
	for (;;) {
		int at = optind ? optind : 1;

		/* "+" stops at the first other word, so that argv[at] is the
		 * one in hand.                                               */
		opt = getopt_long(argc, argv, "+:", options, NULL);
		if (opt == -1)
			break;
		if (opt == '?' || opt == ':')
			return refuse(argv[at], opt, error);
		take(a, opt);
	}
	if (optind == argc)
		return 0;
	str_printf(error, ARGS_ERROR_LEN, "\"%.100s\" was not expected; --help "
		   "lists the options", argv[optind]);
	return -EINVAL;
}

int args_parse(struct args *a, int argc, char **argv,
	       char error[ARGS_ERROR_LEN])
{
	int err;

	*a = (struct args){ .mode = ARGS_RUN };
	error[0] = '\0';
	a->sets = calloc((size_t)argc + 1, sizeof(*a->sets));
	if (!a->sets) {
		str_copy(error, ARGS_ERROR_LEN, "no memory");
		return -ENOMEM;
	}
	err = parse(a, argc, argv, error);
	if (err)
		args_free(a);
	return err;
}

void args_free(struct args *a)
{
	free(a->sets);
	*a = (struct args){ .mode = ARGS_RUN };
}
