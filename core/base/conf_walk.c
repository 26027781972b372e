/*
 * conf_walk.c - takes the values out of a parsed configuration file.
 *
 * The tree is walked with the option table at hand, so that each mistake can
 * be named with its line and with what is near; the schema judges afterwards.
 * Main thread.
 */
/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/conf_impl.h"
#include "base/str.h"

struct walk {
	struct conf *c;
	const char *file;
	char *error;
};

static const char *name_of(const xmlNode *node)
{
	return (const char *)node->name;
}

__attribute__((format(printf, 3, 4)))
static int refuse(const struct walk *w, const xmlNode *node, const char *fmt,
		  ...)
{
	char why[CONF_ERROR_LEN - 128];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(why, sizeof(why), fmt, ap);
	va_end(ap);
	str_printf(w->error, CONF_ERROR_LEN, "%.100s:%ld: %s", w->file,
		   xmlGetLineNo(node), why);
	return -EINVAL;
}

static int no_memory(const struct walk *w)
{
	str_printf(w->error, CONF_ERROR_LEN, "%.100s: no memory", w->file);
	return -ENOMEM;
}

/* The nearest element that may stand below prefix.                           */
static int unknown(const struct walk *w, const xmlNode *node,
		   const char *prefix)
{
	char segment[CONF_NAME_LEN], near[CONF_NAME_LEN] = "";
	unsigned int cost = 0, best = 0;

	for (size_t i = 0; i <= w->c->n; i++) {
		const char *hit = NULL;

		if (i == w->c->n && !*prefix)
			str_copy(segment, sizeof(segment), "plugin");
		else if (i == w->c->n ||
			 !conf_segment(w->c->table, i, prefix, segment))
			continue;
		str_nearest_step(name_of(node), segment, &hit, &cost);
		if (hit && (!*near || cost < best)) {
			str_copy(near, sizeof(near), hit);
			best = cost;
		}
	}
	return refuse(w, node, "<%.60s> in <%.60s> is not known%s%s%s",
		      name_of(node), name_of(node->parent),
		      *near ? "; did you mean <" : "", near,
		      *near ? ">?" : "");
}

static int no_attributes(const struct walk *w, const xmlNode *node)
{
	if (!node->properties)
		return 0;
	return refuse(w, node, "<%.60s> takes no attribute \"%.60s\"",
		      name_of(node), (const char *)node->properties->name);
}

static bool is_text(const xmlNode *node)
{
	return node->type == XML_TEXT_NODE ||
	       node->type == XML_CDATA_SECTION_NODE;
}

/* A group holds elements, and blanks and comments between them.              */
static int no_text(const struct walk *w, const xmlNode *node)
{
	const char *s = (const char *)node->content;

	if (!is_text(node) || !s[strspn(s, " \t\r\n")])
		return 0;
	return refuse(w, node, "<%.60s> holds elements only, not text",
		      name_of(node->parent));
}

/* The text of a leaf without the blanks around it; NULL with an error.       */
static char *text_of(const struct walk *w, const xmlNode *node, int *err)
{
	static const char blanks[] = " \t\r\n";
	struct buf b;
	size_t start;

	*err = 0;
	buf_init(&b, CONF_VALUE_MAX);
	buf_puts(&b, "");
	for (const xmlNode *n = node->children; n && !*err; n = n->next) {
		if (is_text(n))
			buf_puts(&b, (const char *)n->content);
		else if (n->type == XML_ELEMENT_NODE)
			*err = refuse(w, n, "<%.60s> in <%.60s> is not known; "
				      "only a value may stand there",
				      name_of(n), name_of(node));
	}
	if (!*err && b.err == -ENOBUFS)
		*err = refuse(w, node, "<%.60s> is too long", name_of(node));
	else if (!*err && b.err)
		*err = no_memory(w);
	if (*err) {
		buf_deinit(&b);
		return NULL;
	}
	start = strspn(b.data, blanks);
	while (b.len > start && strchr(blanks, b.data[b.len - 1]))
		b.data[--b.len] = '\0';
	memmove(b.data, b.data + start, b.len - start + 1);
	return buf_take(&b);
}

static int add_value(const struct walk *w, const xmlNode *node,
		     struct conf_value **list, const char *text)
{
	char where[CONF_ERROR_LEN];

	str_printf(where, sizeof(where), "%.400s:%ld", w->file,
		   xmlGetLineNo(node));
	return conf_value_add(list, text, where) ? no_memory(w) : 0;
}

/* `first` is where the same element stood before.                            */
static int twice(const struct walk *w, const xmlNode *node, const char *first)
{
	return refuse(w, node, "<%.60s> stands twice, first at %.200s",
		      name_of(node), first);
}

static int walk_leaf(const struct walk *w, const xmlNode *node, size_t i)
{
	const struct cln_option *o = w->c->table[i];
	struct conf_values *v = &w->c->values[i];
	char why[CONF_ERROR_LEN];
	int err = no_attributes(w, node);
	char *text;

	if (err)
		return err;
	if (v->file && !(o->flags & CLN_OPT_REPEAT))
		return twice(w, node, v->file->where);
	text = text_of(w, node, &err);
	if (!text)
		return err;
	if (conf_value_check(o, text, why))
		err = refuse(w, node, "%s: %.300s", o->name, why);
	else
		err = add_value(w, node, &v->file, text);
	free(text);
	return err;
}

/* ---- plugins ------------------------------------------------------------- */

static int walk_plugin_option(const struct walk *w, const xmlNode *node,
			      struct conf_plugin *p)
{
	const xmlAttr *a = node->properties;
	struct conf_plugin_option *o;
	char *text;
	int err = 0;

	if (!a || a->next || strcmp((const char *)a->name, "name") != 0 ||
	    !a->children || !a->children->content)
		return refuse(w, node, "<option> needs the attribute \"name\" "
			      "and no other");
	o = conf_plugin_option(p, (const char *)a->children->content);
	if (!o)
		return no_memory(w);
	text = text_of(w, node, &err);
	if (text)
		err = add_value(w, node, &o->values.file, text);
	free(text);
	return err;
}

static int plugin_attributes(const struct walk *w, const xmlNode *node,
			     const char **name, bool *required)
{
	*name = NULL;
	for (const xmlAttr *a = node->properties; a; a = a->next) {
		const char *key = (const char *)a->name, *value = "";

		if (a->children && a->children->content)
			value = (const char *)a->children->content;
		if (!strcmp(key, "name"))
			*name = value;
		else if (strcmp(key, "required") != 0)
			return refuse(w, node, "<plugin> takes no attribute "
				      "\"%.60s\"", key);
		else if (str_to_bool(required, value))
			return refuse(w, node, "required: \"%.60s\" is neither "
				      "yes nor no", value);
	}
	if (*name && conf_plugin_name_ok(*name))
		return 0;
	return refuse(w, node, "<plugin> needs a name of small letters, "
		      "digits, - and _, at most 31");
}

static int walk_plugin(const struct walk *w, const xmlNode *node)
{
	struct conf_plugin *p;
	bool required = false;
	const char *name;
	int err = plugin_attributes(w, node, &name, &required);

	if (err)
		return err;
	p = conf_plugin_get(w->c, name);
	if (!p)
		return no_memory(w);
	if (p->in_file)
		return refuse(w, node, "<plugin name=\"%s\"> stands twice",
			      name);
	p->in_file = true;
	p->required = required;
	for (const xmlNode *n = node->children; n && !err; n = n->next) {
		if (n->type != XML_ELEMENT_NODE)
			err = no_text(w, n);
		else if (!strcmp(name_of(n), "option") && !n->ns)
			err = walk_plugin_option(w, n, p);
		else
			err = refuse(w, n, "<%.60s> in <plugin> is not known; "
				     "did you mean <option>?", name_of(n));
	}
	return err;
}

/* ---- groups -------------------------------------------------------------- */

static int walk_group(const struct walk *w, const xmlNode *node,
		      const char *prefix);

static bool is_group(const struct conf *c, const char *prefix)
{
	for (size_t i = 0; i < c->n; i++) {
		if (str_starts(c->table[i]->name, prefix))
			return true;
	}
	return false;
}

/* The schema lets a group stand once.                                        */
static const xmlNode *earlier(const xmlNode *node)
{
	for (const xmlNode *n = node->prev; n; n = n->prev) {
		if (n->type == XML_ELEMENT_NODE &&
		    !strcmp(name_of(n), name_of(node)))
			return n;
	}
	return NULL;
}

static int walk_element(const struct walk *w, const xmlNode *node,
			const char *prefix)
{
	char key[CONF_NAME_LEN], where[CONF_ERROR_LEN];
	const xmlNode *first;
	size_t i;

	if (node->ns || str_printf(key, sizeof(key) - 1, "%s%s", prefix,
				   name_of(node)))
		return unknown(w, node, prefix);
	i = conf_find(w->c, key);
	if (i < w->c->n)
		return walk_leaf(w, node, i);
	if (!strcmp(key, "plugin"))
		return walk_plugin(w, node);
	str_printf(key, sizeof(key), "%s%s.", prefix, name_of(node));
	if (!is_group(w->c, key))
		return unknown(w, node, prefix);
	first = earlier(node);
	if (!first)
		return walk_group(w, node, key);
	str_printf(where, sizeof(where), "line %ld", xmlGetLineNo(first));
	return twice(w, node, where);
}

static int walk_group(const struct walk *w, const xmlNode *node,
		      const char *prefix)
{
	int err = no_attributes(w, node);

	for (const xmlNode *n = node->children; n && !err; n = n->next) {
		if (n->type == XML_ELEMENT_NODE)
			err = walk_element(w, n, prefix);
		else
			err = no_text(w, n);
	}
	return err;
}

int conf_walk(struct conf *c, const char *name, xmlNodePtr root,
	      char error[CONF_ERROR_LEN])
{
	const struct walk w = { .c = c, .file = name, .error = error };

	if (strcmp(name_of(root), "carillon") != 0 || root->ns)
		return refuse(&w, root, "<%.60s> found where <carillon> was "
			      "expected", name_of(root));
	return walk_group(&w, root, "");
}
