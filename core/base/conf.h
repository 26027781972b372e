/*
 * conf.h - configuration values from an XML file and the command line.
 *
 * Keys are described by option tables (<carillon/option.h>); a dot in a key is
 * an element inside an element: sip.listen is <sip><listen>...</listen></sip>
 * below <carillon>. A plugin's own options stand in
 * <plugin name="g729" required="yes"><option name="..">..</option></plugin>.
 * Main thread, before the others start; afterwards read-only for all.
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_CONF_H
#define BASE_CONF_H

#include <stdbool.h>
#include <stdint.h>

#include <carillon/option.h>

#include "base/buf.h"

struct conf;

#define CONF_ERROR_LEN 512

/* `table`: NULL-ended, lent for the life of the conf.                        */
int conf_new(struct conf **cp, const struct cln_option *const *table);
void conf_free(struct conf *c);
/* 0, or -errno with "FILE:LINE: what was found; what is near" in error.      */
int conf_load(struct conf *c, const char *path, char error[CONF_ERROR_LEN]);
int conf_load_mem(struct conf *c, const char *name, const char *xml, size_t len,
		  char error[CONF_ERROR_LEN]);
/* "NAME=VALUE"; wins over the file; a repeatable key set twice keeps both and
 * drops the file's. "plugin.NAME.KEY=VALUE" sets a plugin's option.          */
int conf_set(struct conf *c, const char *assignment,
	     char error[CONF_ERROR_LEN]);

/* Is there such a key in the table?                                          */
bool conf_has(const struct conf *c, const char *name);
/* Value of a key of the table (its default where unset; NULL: none). The key
 * must be in the table (asserted).                                           */
const char *conf_str(const struct conf *c, const char *name);
int64_t conf_int(const struct conf *c, const char *name);
bool conf_bool(const struct conf *c, const char *name);
/* nth value of a repeatable key, NULL past the end; default is value 0 where
 * nothing was set.                                                           */
const char *conf_nth(const struct conf *c, const char *name, unsigned int nth);

/* Writes "FILE:LINE: key: why" about the nth value and returns -EINVAL; for
 * checks that go beyond the table.                                           */
int conf_refuse(const struct conf *c, const char *name, unsigned int nth,
		char error[CONF_ERROR_LEN], const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

/* Plugins' sections. */
/* Name of the nth section, NULL past the end.                                 */
const char *conf_plugin_at(const struct conf *c, unsigned int nth);
bool conf_plugin_required(const struct conf *c, const char *plugin);
const char *conf_plugin_nth(const struct conf *c, const char *plugin,
			    const char *name, unsigned int nth);
/* Checks the plugin's section against its table: as conf_load.               */
int conf_plugin_check(const struct conf *c, const char *plugin,
		      const struct cln_option *const *table,
		      char error[CONF_ERROR_LEN]);

/* Texts made from the table: a commented sample file, the RELAX NG schema, and
 * the table of docs/CONFIG.md.                                               */
void conf_print_sample(const struct cln_option *const *table, struct buf *out);
void conf_print_schema(const struct cln_option *const *table, struct buf *out);
void conf_print_markdown(const struct cln_option *const *table,
			 struct buf *out);

#endif
