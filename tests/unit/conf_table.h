/*
 * conf_table.h - a small option table that the tests of conf share.
 */
/* SPDX-License-Identifier: MIT */
#ifndef TESTS_CONF_TABLE_H
#define TESTS_CONF_TABLE_H

#include "base/conf.h"

#define OPTION(id, ...) \
	static const struct cln_option id = { \
		.size = sizeof(struct cln_option), __VA_ARGS__ \
	}

static const char *const colours[] = { "red", "green", "blue", NULL };

OPTION(opt_listen, .type = CLN_OPT_STRING, .flags = CLN_OPT_REPEAT,
       .name = "sip.listen", .def = "udp:127.0.0.1:5060", .max = 60,
       .help = "Where to listen.");
OPTION(opt_allow, .type = CLN_OPT_STRING, .flags = CLN_OPT_REPEAT,
       .name = "sip.direct.allow", .help = "Who may be called.");
OPTION(opt_t1, .type = CLN_OPT_INT, .name = "sip.t1_ms", .def = "500",
       .min = 10, .max = 5000, .help = "Timer T1.");
OPTION(opt_threads, .type = CLN_OPT_INT, .name = "media.threads", .def = "0",
       .min = 0, .max = 64, .help = "Threads; 0 | one per core -- or so.");
OPTION(opt_any, .type = CLN_OPT_INT, .name = "media.any",
       .help = "Any number.");
OPTION(opt_rtcp, .type = CLN_OPT_BOOL, .name = "media.rtcp", .def = "yes",
       .help = "Send RTCP?");
OPTION(opt_colour, .type = CLN_OPT_ENUM, .name = "log.colour", .def = "red",
       .choices = colours, .help = "Which colour <b>.");
OPTION(opt_key, .type = CLN_OPT_STRING,
       .flags = CLN_OPT_REPEAT | CLN_OPT_SECRET, .name = "api.key", .min = 4,
       .max = 16, .help = "A key.");

static const struct cln_option *const test_table[] = {
	&opt_listen, &opt_allow, &opt_t1, &opt_threads, &opt_any, &opt_rtcp,
	&opt_colour, &opt_key, NULL
};

#endif
