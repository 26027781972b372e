/*
 * option.h - the description of one configuration value.
 *
 * The server's own keys and those of every plugin are described by the same
 * tables: the loader checks values against them, the sample configuration,
 * the schema and docs/CONFIG.md are made from them.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CARILLON_OPTION_H
#define CARILLON_OPTION_H

#include <stdint.h>

enum cln_option_type {
	CLN_OPT_STRING,		/* text, limits in bytes                      */
	CLN_OPT_INT,		/* decimal integer between min and max        */
	CLN_OPT_BOOL,		/* yes/no, true/false, 1/0                    */
	CLN_OPT_ENUM,		/* one of the words in `choices`              */
};

enum cln_option_flags {
	CLN_OPT_REPEAT = 1u << 0,	/* may stand several times            */
	CLN_OPT_SECRET = 1u << 1,	/* never printed, logged or answered  */
};

struct cln_option {
	uint32_t size;			/* sizeof(struct cln_option)          */
	enum cln_option_type type;
	uint32_t flags;			/* enum cln_option_flags              */
	const char *name;		/* "media.ports"; dots are nesting    */
	const char *def;		/* default as text; NULL: none        */
	int64_t min, max;		/* INT: range; STRING: length         */
	const char *const *choices;	/* ENUM: NULL-ended words             */
	const char *help;		/* one sentence                       */
};

#endif
