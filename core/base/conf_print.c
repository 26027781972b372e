/*
 * conf_print.c - texts made from an option table: a sample file, the RELAX NG
 * schema, the table of docs/CONFIG.md.
 *
 * Any thread; no state.
 */
/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/conf_impl.h"
#include "base/str.h"

/* Writes text for XML; "--" may not stand in a comment.                      */
static void put_xml(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '<')
			buf_puts(out, "&lt;");
		else if (*s == '>')
			buf_puts(out, "&gt;");
		else if (*s == '&')
			buf_puts(out, "&amp;");
		else if (*s == '-' && s[1] == '-')
			buf_puts(out, "- ");
		else
			buf_putc(out, *s);
	}
}

static void indent(struct buf *out, int depth)
{
	while (depth--)
		buf_putc(out, '\t');
}

static size_t segment_len(const char *name, const char *prefix)
{
	return strcspn(name + strlen(prefix), ".");
}

bool conf_segment(const struct cln_option *const *table, size_t i,
		  const char *prefix, char segment[CONF_NAME_LEN])
{
	size_t plen = strlen(prefix), len;
	const char *name = table[i]->name;

	if (!str_starts(name, prefix))
		return false;
	len = segment_len(name, prefix);
	for (size_t k = 0; k < i; k++) {
		const char *other = table[k]->name;

		if (str_starts(other, prefix) &&
		    segment_len(other, prefix) == len &&
		    !strncmp(other + plen, name + plen, len))
			return false;
	}
	str_copy_n(segment, CONF_NAME_LEN, name + plen, len);
	return true;
}

/* Does the key go on below prefix + segment? Then that is a group.           */
static bool is_leaf(const struct cln_option *o, const char *prefix)
{
	return !strchr(o->name + strlen(prefix), '.');
}

/* ---- sample -------------------------------------------------------------- */

static void sample_leaf(const struct cln_option *o, const char *element,
			int depth, struct buf *out)
{
	indent(out, depth);
	buf_puts(out, "<!-- ");
	put_xml(out, o->help);
	if (o->flags & CLN_OPT_REPEAT)
		buf_puts(out, " May stand several times.");
	buf_puts(out, " -->\n");
	indent(out, depth);
	buf_printf(out, "<!-- <%s>", element);
	put_xml(out, o->def ? o->def : "...");
	buf_printf(out, "</%s> -->\n", element);
}

static void sample_group(const struct cln_option *const *table,
			 const char *prefix, int depth, struct buf *out)
{
	char segment[CONF_NAME_LEN], below[2 * CONF_NAME_LEN];

	for (size_t i = 0; table[i]; i++) {
		if (!conf_segment(table, i, prefix, segment))
			continue;
		if (is_leaf(table[i], prefix)) {
			sample_leaf(table[i], segment, depth, out);
			continue;
		}
		str_printf(below, sizeof(below), "%s%s.", prefix, segment);
		indent(out, depth);
		buf_printf(out, "<%s>\n", segment);
		sample_group(table, below, depth + 1, out);
		indent(out, depth);
		buf_printf(out, "</%s>\n", segment);
	}
}

void conf_print_sample(const struct cln_option *const *table, struct buf *out)
{
	buf_puts(out,
		 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		 "<!--\n"
		 "  Configuration of carillond. Every value is shown with its "
		 "default and is\n"
		 "  optional: take a line out of its comment to change it.\n"
		 "  The option check-config of carillond checks the file.\n"
		 "-->\n"
		 "<carillon>\n");
	sample_group(table, "", 1, out);
	buf_puts(out,
		 "\t<!-- Options of a plugin; required: no start without it. "
		 "-->\n"
		 "\t<!-- <plugin name=\"g729\" required=\"no\">\n"
		 "\t\t<option name=\"...\">...</option>\n"
		 "\t</plugin> -->\n"
		 "</carillon>\n");
}

/* ---- schema -------------------------------------------------------------- */

static void schema_words(const char *const *words, int depth, struct buf *out)
{
	indent(out, depth);
	buf_puts(out, "<choice>\n");
	for (; *words; words++) {
		indent(out, depth + 1);
		buf_puts(out, "<value>");
		put_xml(out, *words);
		buf_puts(out, "</value>\n");
	}
	indent(out, depth);
	buf_puts(out, "</choice>\n");
}

static const char *const bool_words[] = {
	"yes", "no", "true", "false", "on", "off", "1", "0", NULL
};

static void schema_int(const struct cln_option *o, int depth, struct buf *out)
{
	indent(out, depth);
	if (!o->min && !o->max) {
		buf_puts(out, "<data type=\"integer\"/>\n");
		return;
	}
	buf_puts(out, "<data type=\"integer\">\n");
	indent(out, depth + 1);
	buf_printf(out, "<param name=\"minInclusive\">%lld</param>\n",
		   (long long)o->min);
	indent(out, depth + 1);
	buf_printf(out, "<param name=\"maxInclusive\">%lld</param>\n",
		   (long long)o->max);
	indent(out, depth);
	buf_puts(out, "</data>\n");
}

static void schema_leaf(const struct cln_option *o, const char *element,
			int depth, struct buf *out)
{
	bool repeat = o->flags & CLN_OPT_REPEAT;

	indent(out, depth);
	buf_puts(out, repeat ? "<zeroOrMore>\n" : "<optional>\n");
	indent(out, depth + 1);
	buf_printf(out, "<element name=\"%s\">\n", element);
	if (o->type == CLN_OPT_INT) {
		schema_int(o, depth + 2, out);
	} else if (o->type == CLN_OPT_STRING) {
		indent(out, depth + 2);
		buf_puts(out, "<text/>\n");
	} else {
		schema_words(o->type == CLN_OPT_ENUM ? o->choices : bool_words,
			     depth + 2, out);
	}
	indent(out, depth + 1);
	buf_puts(out, "</element>\n");
	indent(out, depth);
	buf_puts(out, repeat ? "</zeroOrMore>\n" : "</optional>\n");
}

static void schema_group(const struct cln_option *const *table,
			 const char *prefix, int depth, struct buf *out)
{
	char segment[CONF_NAME_LEN], below[2 * CONF_NAME_LEN];

	for (size_t i = 0; table[i]; i++) {
		if (!conf_segment(table, i, prefix, segment))
			continue;
		if (is_leaf(table[i], prefix)) {
			schema_leaf(table[i], segment, depth, out);
			continue;
		}
		str_printf(below, sizeof(below), "%s%s.", prefix, segment);
		indent(out, depth);
		buf_printf(out, "<optional>\n");
		indent(out, depth + 1);
		buf_printf(out, "<element name=\"%s\">\n", segment);
		indent(out, depth + 2);
		buf_puts(out, "<interleave>\n");
		schema_group(table, below, depth + 3, out);
		indent(out, depth + 2);
		buf_puts(out, "</interleave>\n");
		indent(out, depth + 1);
		buf_puts(out, "</element>\n");
		indent(out, depth);
		buf_puts(out, "</optional>\n");
	}
}

static void schema_plugin(struct buf *out)
{
	buf_puts(out,
		 "\t\t\t<zeroOrMore>\n"
		 "\t\t\t\t<element name=\"plugin\">\n"
		 "\t\t\t\t\t<attribute name=\"name\">\n"
		 "\t\t\t\t\t\t<data type=\"string\">\n"
		 "\t\t\t\t\t\t\t<param name=\"pattern\">"
		 "[a-z0-9_\\-]{1,31}</param>\n"
		 "\t\t\t\t\t\t</data>\n"
		 "\t\t\t\t\t</attribute>\n"
		 "\t\t\t\t\t<optional>\n"
		 "\t\t\t\t\t\t<attribute name=\"required\">\n");
	schema_words(bool_words, 7, out);
	buf_puts(out,
		 "\t\t\t\t\t\t</attribute>\n"
		 "\t\t\t\t\t</optional>\n"
		 "\t\t\t\t\t<zeroOrMore>\n"
		 "\t\t\t\t\t\t<element name=\"option\">\n"
		 "\t\t\t\t\t\t\t<attribute name=\"name\"/>\n"
		 "\t\t\t\t\t\t\t<text/>\n"
		 "\t\t\t\t\t\t</element>\n"
		 "\t\t\t\t\t</zeroOrMore>\n"
		 "\t\t\t\t</element>\n"
		 "\t\t\t</zeroOrMore>\n");
}

void conf_print_schema(const struct cln_option *const *table, struct buf *out)
{
	buf_puts(out,
		 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
		 "<!-- Made from the option table by carillond, option "
		 "print-schema; do not edit. -->\n"
		 "<grammar xmlns=\"http://relaxng.org/ns/structure/1.0\"\n"
		 "\tdatatypeLibrary="
		 "\"http://www.w3.org/2001/XMLSchema-datatypes\">\n"
		 "<start>\n"
		 "\t<element name=\"carillon\">\n"
		 "\t\t<interleave>\n");
	schema_group(table, "", 3, out);
	schema_plugin(out);
	buf_puts(out,
		 "\t\t</interleave>\n"
		 "\t</element>\n"
		 "</start>\n"
		 "</grammar>\n");
}

/* ---- markdown ------------------------------------------------------------ */

/* A cell of a table: `|` would end it.                                       */
static void put_cell(struct buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '|')
			buf_putc(out, '\\');
		buf_putc(out, *s);
	}
}

static void put_type(const struct cln_option *o, struct buf *out)
{
	bool limited = o->min || o->max;

	if (o->type == CLN_OPT_BOOL)
		buf_puts(out, "yes or no");
	else if (o->type == CLN_OPT_STRING)
		buf_puts(out, "text");
	else if (o->type == CLN_OPT_INT && limited)
		buf_printf(out, "%lld to %lld", (long long)o->min,
			   (long long)o->max);
	else if (o->type == CLN_OPT_INT)
		buf_puts(out, "whole number");
	for (size_t i = 0; o->type == CLN_OPT_ENUM && o->choices[i]; i++) {
		buf_puts(out, i ? ", " : "");
		put_cell(out, o->choices[i]);
	}
	if (o->flags & CLN_OPT_REPEAT)
		buf_puts(out, "; repeatable");
	if (o->flags & CLN_OPT_SECRET)
		buf_puts(out, "; secret");
}

void conf_print_markdown(const struct cln_option *const *table, struct buf *out)
{
	buf_puts(out,
		 "| Name | Value | Default | Meaning |\n"
		 "|---|---|---|---|\n");
	for (; *table; table++) {
		const struct cln_option *o = *table;

		buf_printf(out, "| `%s` | ", o->name);
		put_type(o, out);
		buf_puts(out, " | ");
		if (o->def && *o->def) {
			buf_puts(out, "`");
			put_cell(out, o->def);
			buf_puts(out, "`");
		}
		buf_puts(out, " | ");
		put_cell(out, o->help);
		buf_puts(out, " |\n");
	}
}
