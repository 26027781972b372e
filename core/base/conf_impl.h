/*
 * conf_impl.h - what conf.c, conf_xml.c, conf_plugin.c and conf_print.c share.
 *
 * Not for others: their door is conf.h.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_CONF_IMPL_H
#define BASE_CONF_IMPL_H

#include <libxml/relaxng.h>
#include <stddef.h>

#include "base/conf.h"

enum {
	CONF_NAME_LEN = 128,		/* of a key, with its dots            */
	CONF_VALUE_MAX = 65536,		/* bytes of one value                 */
	CONF_FILE_MAX = 4 << 20,	/* bytes of a file                    */
};

/* One value and where it was found, "FILE:LINE" or "--set".                  */
struct conf_value {
	struct conf_value *next;
	char *text;
	char *where;
};

/* What was given for one name. The command line wins over the file.          */
struct conf_values {
	struct conf_value *file, *set;
};

/* An option of a plugin's section, known by its name only until the plugin is
 * there to check it.                                                         */
struct conf_plugin_option {
	struct conf_plugin_option *next;
	char *name;
	struct conf_values values;
};

struct conf_plugin {
	struct conf_plugin *next;
	char *name;
	bool in_file, required;
	struct conf_plugin_option *options;
};

struct conf {
	const struct cln_option *const *table;
	size_t n;
	struct conf_values *values;	/* in the order of the table          */
	struct conf_plugin *plugins;
	xmlRelaxNGPtr schema;		/* made on first use                  */
};

/* Appends copies; 0 or -ENOMEM.                                              */
int conf_value_add(struct conf_value **list, const char *text,
		   const char *where);
void conf_value_free(struct conf_value **list);
const struct conf_value *conf_value_nth(const struct conf_values *v,
					unsigned int nth);
/* Is `text` a value for `o`? If not, -EINVAL and the reason in why.          */
int conf_value_check(const struct cln_option *o, const char *text,
		     char why[CONF_ERROR_LEN]);

/* Index in the table, or c->n.                                               */
size_t conf_find(const struct conf *c, const char *name);

bool conf_plugin_name_ok(const char *name);
struct conf_plugin *conf_plugin_find(const struct conf *c, const char *name);
/* Finds or makes; NULL: no memory.                                           */
struct conf_plugin *conf_plugin_get(struct conf *c, const char *name);
struct conf_plugin_option *conf_plugin_option(struct conf_plugin *p,
					      const char *name);
void conf_plugins_free(struct conf *c);
/* Forgets what a file gave, keeps what the command line gave.                */
void conf_plugins_forget(struct conf *c);
/* "NAME.KEY" split; value as text; the rest of conf_set() for "plugin.".     */
int conf_plugin_set(struct conf *c, const char *name_and_key,
		    const char *value, char error[CONF_ERROR_LEN]);

/* If key i of the table lies below `prefix` ("", "sip.") and is the first
 * there with its next segment: copies the segment and returns true.          */
bool conf_segment(const struct cln_option *const *table, size_t i,
		  const char *prefix, char segment[CONF_NAME_LEN]);
const struct cln_option *conf_lookup(const struct cln_option *const *table,
				     const char *name);

/* The reading of a file: conf_xml.c makes the tree, conf_walk.c takes it in. */
int conf_walk(struct conf *c, const char *name, xmlNodePtr root,
	      char error[CONF_ERROR_LEN]);

#endif
