/*
 * conf_plugin.c - plugins' sections, kept by name until the plugin is there
 * to say what its options mean.
 *
 * Main thread, before the others start; afterwards read-only for all.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf_impl.h"
#include "base/str.h"

bool conf_plugin_name_ok(const char *name)
{
	size_t len = strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-");

	return len && len <= 31 && !name[len];
}

struct conf_plugin *conf_plugin_find(const struct conf *c, const char *name)
{
	struct conf_plugin *p = c->plugins;

	while (p && strcmp(p->name, name) != 0)
		p = p->next;
	return p;
}

struct conf_plugin *conf_plugin_get(struct conf *c, const char *name)
{
	struct conf_plugin *p = conf_plugin_find(c, name);

	if (p)
		return p;
	p = calloc(1, sizeof(*p));
	if (!p)
		return NULL;
	p->name = strdup(name);
	if (!p->name) {
		free(p);
		return NULL;
	}
	p->next = c->plugins;
	c->plugins = p;
	return p;
}

static struct conf_plugin_option *option_find(const struct conf_plugin *p,
					      const char *name)
{
	struct conf_plugin_option *o = p->options;

	while (o && strcmp(o->name, name) != 0)
		o = o->next;
	return o;
}

struct conf_plugin_option *conf_plugin_option(struct conf_plugin *p,
					      const char *name)
{
	struct conf_plugin_option *o = option_find(p, name);

	if (o)
		return o;
	o = calloc(1, sizeof(*o));
	if (!o)
		return NULL;
	o->name = strdup(name);
	if (!o->name) {
		free(o);
		return NULL;
	}
	o->next = p->options;
	p->options = o;
	return o;
}

static void options_free(struct conf_plugin *p)
{
	while (p->options) {
		struct conf_plugin_option *o = p->options;

		p->options = o->next;
		conf_value_free(&o->values.file);
		conf_value_free(&o->values.set);
		free(o->name);
		free(o);
	}
}

void conf_plugins_free(struct conf *c)
{
	while (c->plugins) {
		struct conf_plugin *p = c->plugins;

		c->plugins = p->next;
		options_free(p);
		free(p->name);
		free(p);
	}
}

void conf_plugins_forget(struct conf *c)
{
	for (struct conf_plugin *p = c->plugins; p; p = p->next) {
		p->in_file = p->required = false;
		for (struct conf_plugin_option *o = p->options; o; o = o->next)
			conf_value_free(&o->values.file);
	}
}

int conf_plugin_set(struct conf *c, const char *name_and_key,
		    const char *value, char error[CONF_ERROR_LEN])
{
	const char *dot = strchr(name_and_key, '.');
	struct conf_plugin_option *o;
	struct conf_plugin *p;
	char name[32];

	if (!dot || !dot[1] ||
	    str_copy_n(name, sizeof(name), name_and_key,
		       (size_t)(dot - name_and_key)) ||
	    !conf_plugin_name_ok(name)) {
		str_printf(error, CONF_ERROR_LEN, "--set plugin.%.100s: "
			   "plugin.NAME.KEY=VALUE was expected", name_and_key);
		return -EINVAL;
	}
	p = conf_plugin_get(c, name);
	o = p ? conf_plugin_option(p, dot + 1) : NULL;
	return o ? conf_value_add(&o->values.set, value, "--set") : -ENOMEM;
}

const char *conf_plugin_at(const struct conf *c, unsigned int nth)
{
	const struct conf_plugin *p = c->plugins;

	while (p && nth--)
		p = p->next;
	return p ? p->name : NULL;
}

bool conf_plugin_required(const struct conf *c, const char *plugin)
{
	const struct conf_plugin *p = conf_plugin_find(c, plugin);

	return p && p->required;
}

const char *conf_plugin_nth(const struct conf *c, const char *plugin,
			    const char *name, unsigned int nth)
{
	const struct conf_plugin *p = conf_plugin_find(c, plugin);
	const struct conf_plugin_option *o = p ? option_find(p, name) : NULL;
	const struct conf_value *v;

	v = o ? conf_value_nth(&o->values, nth) : NULL;
	return v ? v->text : NULL;
}

/* "FILE:LINE: plugin g729: ...", the start of each complaint.                */
static int complain(const struct conf_plugin *p, const struct conf_value *v,
		    char *error, const char *name, const char *why)
{
	str_printf(error, CONF_ERROR_LEN, "%.200s: plugin %s: %.100s%s",
		   v->where, p->name, name, why);
	return -EINVAL;
}

static int unknown_option(const struct conf_plugin *p,
			  const struct conf_plugin_option *o,
			  const struct cln_option *const *table, char *error)
{
	const char *near = NULL;
	unsigned int cost = 0;
	char why[CONF_ERROR_LEN / 4];

	for (; *table; table++)
		str_nearest_step(o->name, (*table)->name, &near, &cost);
	str_printf(why, sizeof(why), " is not known%s%s%s",
		   near ? "; did you mean " : "", near ? near : "",
		   near ? "?" : "");
	return complain(p, conf_value_nth(&o->values, 0), error, o->name, why);
}

static int check_list(const struct conf_plugin *p, const struct cln_option *o,
		      const struct conf_value *v, char *error)
{
	char why[CONF_ERROR_LEN], text[CONF_ERROR_LEN];

	for (bool first = true; v; v = v->next, first = false) {
		if (!first && !(o->flags & CLN_OPT_REPEAT))
			return complain(p, v, error, o->name,
					" may be given once only");
		if (conf_value_check(o, v->text, why)) {
			str_printf(text, sizeof(text), ": %.300s", why);
			return complain(p, v, error, o->name, text);
		}
	}
	return 0;
}

int conf_plugin_check(const struct conf *c, const char *plugin,
		      const struct cln_option *const *table,
		      char error[CONF_ERROR_LEN])
{
	static const struct cln_option *const none[] = { NULL };
	const struct conf_plugin *p = conf_plugin_find(c, plugin);

	error[0] = '\0';
	for (const struct conf_plugin_option *o = p ? p->options : NULL; o;
	     o = o->next) {
		const struct cln_option *known;
		int err;

		if (!o->values.set && !o->values.file)
			continue;
		known = conf_lookup(table ? table : none, o->name);
		if (!known)
			return unknown_option(p, o, table ? table : none,
					      error);
		err = check_list(p, known, o->values.file, error);
		if (!err)
			err = check_list(p, known, o->values.set, error);
		if (err)
			return err;
	}
	return 0;
}
