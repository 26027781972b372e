/*
 * conf.c - configuration values: kept, checked, set and asked for.
 *
 * Main thread, before the others start; afterwards read-only for all.
 */
/* SPDX-License-Identifier: MIT */
#include "base/conf.h"

#include <assert.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf_impl.h"
#include "base/str.h"

int conf_new(struct conf **cp, const struct cln_option *const *table)
{
	struct conf *c = calloc(1, sizeof(*c));

	if (!c)
		return -ENOMEM;
	c->table = table;
	while (table[c->n])
		c->n++;
	c->values = calloc(c->n + 1, sizeof(*c->values));
	if (!c->values) {
		free(c);
		return -ENOMEM;
	}
	*cp = c;
	return 0;
}

void conf_free(struct conf *c)
{
	if (!c)
		return;
	for (size_t i = 0; i < c->n; i++) {
		conf_value_free(&c->values[i].file);
		conf_value_free(&c->values[i].set);
	}
	conf_plugins_free(c);
	xmlRelaxNGFree(c->schema);
	free(c->values);
	free(c);
}

int conf_value_add(struct conf_value **list, const char *text,
		   const char *where)
{
	struct conf_value *v = calloc(1, sizeof(*v));

	if (!v)
		return -ENOMEM;
	v->text = strdup(text);
	v->where = strdup(where);
	if (!v->text || !v->where) {
		conf_value_free(&v);
		return -ENOMEM;
	}
	while (*list)
		list = &(*list)->next;
	*list = v;
	return 0;
}

void conf_value_free(struct conf_value **list)
{
	while (*list) {
		struct conf_value *v = *list;

		*list = v->next;
		free(v->text);
		free(v->where);
		free(v);
	}
}

const struct conf_value *conf_value_nth(const struct conf_values *values,
					unsigned int nth)
{
	const struct conf_value *v = values->set ? values->set : values->file;

	while (v && nth--)
		v = v->next;
	return v;
}

const struct cln_option *conf_lookup(const struct cln_option *const *table,
				     const char *name)
{
	for (; *table; table++) {
		if (!strcmp((*table)->name, name))
			return *table;
	}
	return NULL;
}

size_t conf_find(const struct conf *c, const char *name)
{
	size_t i = 0;

	while (i < c->n && strcmp(c->table[i]->name, name) != 0)
		i++;
	return i;
}

bool conf_has(const struct conf *c, const char *name)
{
	return conf_find(c, name) < c->n;
}

/* The value as it may stand in a message: one line, not endless, and nothing
 * of a secret.                                                               */
static void quote(const struct cln_option *o, const char *text, char dst[80])
{
	if (o->flags & CLN_OPT_SECRET) {
		str_copy(dst, 80, "the value (not shown)");
		return;
	}
	str_printf(dst, 80, "\"%.60s%s\"", text,
		   strlen(text) > 60 ? "..." : "");
	for (char *p = dst; *p; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?';
	}
}

/* Limits of 0 and 0 mean that there are none.                                */
static bool is_limited(const struct cln_option *o)
{
	return o->min || o->max;
}

static int check_int(const struct cln_option *o, const char *text,
		     const char *quoted, char *why)
{
	int64_t min = is_limited(o) ? o->min : INT64_MIN;
	int64_t max = is_limited(o) ? o->max : INT64_MAX;
	int64_t n = 0;

	if (!str_to_i64(&n, text, min, max))
		return 0;
	if (is_limited(o))
		str_printf(why, CONF_ERROR_LEN,
			   "%s is not a whole number between %lld and %lld",
			   quoted, (long long)min, (long long)max);
	else
		str_printf(why, CONF_ERROR_LEN, "%s is not a whole number",
			   quoted);
	return -EINVAL;
}

static int check_string(const struct cln_option *o, const char *text,
			char *why)
{
	size_t len = strlen(text);

	if (!is_limited(o) ||
	    ((int64_t)len >= o->min && (int64_t)len <= o->max))
		return 0;
	str_printf(why, CONF_ERROR_LEN,
		   "%zu bytes long, it must be between %lld and %lld", len,
		   (long long)o->min, (long long)o->max);
	return -EINVAL;
}

static int check_enum(const struct cln_option *o, const char *text,
		      const char *quoted, char *why)
{
	const char *near = str_nearest(text, o->choices);
	struct buf list;

	for (size_t i = 0; o->choices[i]; i++) {
		if (!strcmp(o->choices[i], text))
			return 0;
	}
	buf_init(&list, CONF_ERROR_LEN / 2);
	for (size_t i = 0; o->choices[i]; i++)
		buf_printf(&list, "%s%s", i ? ", " : "", o->choices[i]);
	if (near)
		str_printf(why, CONF_ERROR_LEN,
			   "%s is not one of %s; did you mean \"%s\"?", quoted,
			   list.data ? list.data : "", near);
	else
		str_printf(why, CONF_ERROR_LEN, "%s is not one of %s", quoted,
			   list.data ? list.data : "");
	buf_deinit(&list);
	return -EINVAL;
}

int conf_value_check(const struct cln_option *o, const char *text,
		     char why[CONF_ERROR_LEN])
{
	char quoted[80];
	bool b;

	quote(o, text, quoted);
	if (!str_is_utf8(text, strlen(text)) || str_has_ctl(text)) {
		str_printf(why, CONF_ERROR_LEN,
			   "%s holds control characters or is not UTF-8",
			   quoted);
		return -EINVAL;
	}
	switch (o->type) {
	case CLN_OPT_INT:
		return check_int(o, text, quoted, why);
	case CLN_OPT_ENUM:
		return check_enum(o, text, quoted, why);
	case CLN_OPT_BOOL:
		if (!str_to_bool(&b, text))
			return 0;
		str_printf(why, CONF_ERROR_LEN, "%s is neither yes nor no",
			   quoted);
		return -EINVAL;
	case CLN_OPT_STRING:
		break;
	}
	return check_string(o, text, why);
}

static int unknown_key(const struct conf *c, const char *name, char *error)
{
	const char *near = NULL;
	unsigned int cost = 0;

	for (size_t i = 0; i < c->n; i++)
		str_nearest_step(name, c->table[i]->name, &near, &cost);
	str_printf(error, CONF_ERROR_LEN, "--set: %.100s is not known%s%s%s",
		   name, near ? "; did you mean " : "", near ? near : "",
		   near ? "?" : "");
	return -ENOENT;
}

static int set_key(struct conf *c, const char *name, const char *value,
		   char error[CONF_ERROR_LEN])
{
	size_t i = conf_find(c, name);
	char why[CONF_ERROR_LEN];

	if (i == c->n)
		return unknown_key(c, name, error);
	if (conf_value_check(c->table[i], value, why)) {
		str_printf(error, CONF_ERROR_LEN, "--set %s: %s", name, why);
		return -EINVAL;
	}
	if (!(c->table[i]->flags & CLN_OPT_REPEAT))
		conf_value_free(&c->values[i].set);
	return conf_value_add(&c->values[i].set, value, "--set");
}

int conf_set(struct conf *c, const char *assignment, char error[CONF_ERROR_LEN])
{
	const char *equals = strchr(assignment, '=');
	char name[CONF_NAME_LEN];
	int err;

	error[0] = '\0';
	if (!equals || equals == assignment ||
	    str_copy_n(name, sizeof(name), assignment,
		       (size_t)(equals - assignment))) {
		str_printf(error, CONF_ERROR_LEN,
			   "--set %.100s: NAME=VALUE was expected", assignment);
		return -EINVAL;
	}
	if (str_starts(name, "plugin."))
		err = conf_plugin_set(c, name + strlen("plugin."), equals + 1,
				      error);
	else
		err = set_key(c, name, equals + 1, error);
	if (err == -ENOMEM)
		str_copy(error, CONF_ERROR_LEN, "--set: no memory");
	return err;
}

const char *conf_nth(const struct conf *c, const char *name, unsigned int nth)
{
	size_t i = conf_find(c, name);
	const struct conf_value *v;

	assert(i < c->n);
	if (!c->values[i].set && !c->values[i].file)
		return nth ? NULL : c->table[i]->def;
	v = conf_value_nth(&c->values[i], nth);
	return v ? v->text : NULL;
}

const char *conf_str(const struct conf *c, const char *name)
{
	return conf_nth(c, name, 0);
}

int64_t conf_int(const struct conf *c, const char *name)
{
	const char *text = conf_str(c, name);
	int64_t n = 0;

	if (text)
		str_to_i64(&n, text, INT64_MIN, INT64_MAX);
	return n;
}

bool conf_bool(const struct conf *c, const char *name)
{
	const char *text = conf_str(c, name);
	bool b = false;

	if (text)
		str_to_bool(&b, text);
	return b;
}

int conf_refuse(const struct conf *c, const char *name, unsigned int nth,
		char error[CONF_ERROR_LEN], const char *fmt, ...)
{
	size_t i = conf_find(c, name);
	const struct conf_value *v = NULL;
	char why[CONF_ERROR_LEN / 2];
	const char *where;
	va_list ap;

	if (i < c->n)
		v = conf_value_nth(&c->values[i], nth);
	where = v ? v->where : "default";
	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	/* "FILE:LINE: key: why", but "--set key: why". */
	str_printf(error, CONF_ERROR_LEN, "%.200s%s %s: %s", where,
		   where[0] == '-' ? "" : ":", name, why);
	return -EINVAL;
}
