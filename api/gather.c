/*
 * gather.c - the item of a playlist that waits for digits.
 * Thread: the worker of the connection.
 *
 *   "gather": {"digits": 1, "timeout_s": 5, "terminator": "#",
 *	        "interrupt": true, "on": {"1": 3, "2": "stop", "*": "next"},
 *	        "otherwise": "next", "on_timeout": 0}
 */
/* SPDX-License-Identifier: MIT */
#include "gather.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "errors.h"
#include "fields.h"
#include "text.h"

enum { TIMEOUT_S = 5, DIGITS = 1, BASE_LEN = 64 };

static const char *const known[] = {
	"digits", "timeout_s", "terminator", "interrupt", "on", "otherwise",
	"on_timeout", NULL,
};

/* An index that leads out of the playlist, or a word that is none of ours.   */
static void no_target(const char *base, const char *name, size_t n_items,
		      struct cln_problems *ps)
{
	problem_add(ps, CLN_INVALID, base, name,
		    "must be the index of an item (0 to %zu), \"next\" or "
		    "\"stop\"", n_items - 1);
}

static int32_t read_target(const json_t *value, const char *base,
			   const char *name, size_t n_items,
			   struct cln_problems *ps)
{
	const char *word = json_string_value(value);
	json_int_t item = json_integer_value(value);

	if (!value || json_is_null(value) || (word && !strcmp(word, "next")))
		return CLN_GOTO_NEXT;
	if (word && !strcmp(word, "stop"))
		return CLN_GOTO_STOP;
	if (json_is_integer(value) && item >= 0 && (size_t)item < n_items)
		return (int32_t)item;
	no_target(base, name, n_items, ps);
	return CLN_GOTO_NEXT;
}

static bool are_digits(const char *s)
{
	return *s && !s[strspn(s, CLN_DIGITS)];
}

static void read_terminator(struct cln_gather *g, json_t *o, const char *base,
			    struct cln_problems *ps)
{
	const char *s = field_text(o, "terminator", base, CLN_DIGITS_MAX, ps);

	if (s && (s[1] || !are_digits(s)))
		problem_add(ps, CLN_INVALID, base, "terminator",
			    "must be one of 0-9 * # A-D, or null for none");
	else if (s)
		g->terminator = s[0];
}

/* NULL: these digits can be what was gathered.                               */
static const char *digits_fault(const struct cln_gather *g, const char *digits)
{
	if (!are_digits(digits))
		return "must be digits: 0-9 * # A-D";
	if (strlen(digits) > g->digits)
		return "is longer than \"digits\" says, and so never comes";
	if (g->terminator && strchr(digits, g->terminator))
		return "holds the terminator, which is never part of what was "
		       "gathered";
	return NULL;
}

static void read_branch(struct cln_gather *g, const char *digits,
			const json_t *value, const char *base, size_t n_items,
			struct cln_problems *ps)
{
	const char *why = digits_fault(g, digits);
	int32_t go = read_target(value, base, digits, n_items, ps);

	/* It could be taken for "next", and for what is not named at all.    */
	if (json_is_null(value))
		no_target(base, digits, n_items, ps);
	if (why) {
		problem_add(ps, CLN_INVALID, base, digits, "%s", why);
		return;
	}
	text_copy(g->branches[g->n_branches].digits,
		  sizeof(g->branches[0].digits), digits);
	g->branches[g->n_branches++].go = go;
}

static void read_branches(struct cln_gather *g, json_t *o, const char *base,
			  size_t n_items, struct cln_problems *ps)
{
	json_t *on = json_object_get(o, "on"), *value;
	char inner[BASE_LEN];
	const char *digits;

	if (!field_has(o, "on"))
		return;
	if (!json_is_object(on) || json_object_size(on) > CLN_BRANCHES_MAX) {
		problem_add(ps, CLN_INVALID, base, "on",
			    "must be an object of at most %d digits and where "
			    "they lead, such as {\"1\": 3, \"2\": \"stop\"}",
			    CLN_BRANCHES_MAX);
		return;
	}
	snprintf(inner, sizeof(inner), "%s/on", base);
	json_object_foreach(on, digits, value)
		read_branch(g, digits, value, inner, n_items, ps);
}

static bool read_bool(json_t *o, const char *name, const char *base,
		      bool fallback, struct cln_problems *ps)
{
	const json_t *value = json_object_get(o, name);

	if (!value || json_is_null(value))
		return fallback;
	if (!json_is_boolean(value))
		problem_add(ps, CLN_INVALID, base, name,
			    "must be true or false, not %s",
			    field_type_name(value));
	return json_is_true(value);
}

/* Where it is wrong, branches are not judged by it.                          */
static uint32_t read_digits(json_t *o, const char *base,
			    struct cln_problems *ps)
{
	uint32_t before = ps->n;
	int32_t digits = field_int(o, "digits", base, 1, CLN_DIGITS_MAX,
				   DIGITS, ps);

	return ps->n > before ? CLN_DIGITS_MAX : (uint32_t)digits;
}

void gather_read(struct cln_gather *g, json_t *o, const char *base,
		 size_t n_items, struct cln_problems *ps)
{
	if (!json_is_object(o)) {
		problem_add(ps, CLN_INVALID, base, NULL, "must be an object "
			    "such as {\"digits\": 1, \"timeout_s\": 5}");
		return;
	}
	fields_unknown(o, known, base, ps);
	g->digits = read_digits(o, base, ps);
	g->timeout_ms = 1000 * (uint32_t)field_int(o, "timeout_s", base, 1,
						   CLN_GATHER_MAX_MS / 1000,
						   TIMEOUT_S, ps);
	g->interrupt = read_bool(o, "interrupt", base, true, ps);
	read_terminator(g, o, base, ps);
	read_branches(g, o, base, n_items, ps);
	g->otherwise = read_target(json_object_get(o, "otherwise"), base,
				   "otherwise", n_items, ps);
	g->on_timeout = read_target(json_object_get(o, "on_timeout"), base,
				    "on_timeout", n_items, ps);
}
