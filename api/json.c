/*
 * json.c - JSON text into a tree, with errors that a person can act on.
 * Thread: the caller's.
 *
 * The checker is a loop over "what may stand here" with a stack of open
 * brackets, so that no nesting of a stranger's text is nesting of calls.
 */
/* SPDX-License-Identifier: MIT */
#include "json.h"

#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "text.h"

enum want {
	WANT_VALUE,
	WANT_ITEM_OR_END,	/* after '['                                  */
	WANT_ITEM,		/* after ',' in an array                      */
	WANT_NAME_OR_END,	/* after '{'                                  */
	WANT_NAME,		/* after ',' in an object                     */
	WANT_COLON,
	WANT_COMMA_OR_END,
	WANT_NOTHING,
};

struct walk {
	const char *begin, *p, *end;
	enum want want;
	char open[JSON_DEPTH_MAX];	/* '{' or '['                         */
	size_t depth, containers, containers_max;
	char *why;
};

/* Line and column (in characters) of p, then the sentence.                   */
__attribute__((format(printf, 2, 3)))
static int fault(struct walk *w, const char *fmt, ...)
{
	unsigned long line = 1, column = 1;
	const char *p;
	va_list ap;
	int n;

	for (p = w->begin; p < w->p; p++) {
		if (*p == '\n') {
			line++;
			column = 1;
		} else if (((unsigned char)*p & 0xc0) != 0x80) {
			column++;
		}
	}
	n = snprintf(w->why, JSON_WHY_LEN, "line %lu, column %lu: ", line,
		     column);
	va_start(ap, fmt);
	vsnprintf(w->why + n, JSON_WHY_LEN - (size_t)n, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static int peek(const struct walk *w)
{
	return w->p < w->end ? (unsigned char)*w->p : -1;
}

static void skip_space(struct walk *w)
{
	while (w->p < w->end && strchr(" \t\r\n", *w->p) && *w->p)
		w->p++;
}

static bool is_digit(int c)
{
	return c >= '0' && c <= '9';
}

static bool is_letter(int c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Four hexadecimal digits behind "\u", or -1.                                */
static int hex4(const struct walk *w, const char *p)
{
	int value = 0, i;

	if (w->end - p < 4)
		return -1;
	for (i = 0; i < 4; i++) {
		int c = (unsigned char)p[i] | 0x20;

		if (is_digit((unsigned char)p[i]))
			value = value * 16 + (p[i] - '0');
		else if (c >= 'a' && c <= 'f')
			value = value * 16 + (c - 'a' + 10);
		else
			return -1;
	}
	return value;
}

/* p is behind "\u".                                                          */
static int walk_unicode(struct walk *w)
{
	int high = hex4(w, w->p), low;

	if (high < 0)
		return fault(w, "expected four hexadecimal digits after \\u");
	w->p += 4;
	if (high < 0xd800 || high > 0xdfff)
		return 0;
	low = w->end - w->p >= 6 && w->p[0] == '\\' && w->p[1] == 'u' ?
	      hex4(w, w->p + 2) : -1;
	if (high > 0xdbff || low < 0xdc00 || low > 0xdfff)
		return fault(w, "expected the second half of a surrogate pair");
	w->p += 6;
	return 0;
}

static int walk_escape(struct walk *w)
{
	int c = peek(w);

	if (c > 0 && strchr("\"\\/bfnrt", c)) {
		w->p++;
		return 0;
	}
	if (c != 'u')
		return fault(w, "expected one of \" \\ / b f n r t u after \\");
	w->p++;
	return walk_unicode(w);
}

/* p is at the opening quote.                                                 */
static int walk_string(struct walk *w)
{
	const char *opening = w->p++;
	int c, err;

	for (;;) {
		size_t n;

		c = peek(w);
		if (c < 0) {
			w->p = opening;
			return fault(w, "expected the string that begins here "
				     "to end with '\"'");
		}
		if (c < 0x20)
			return fault(w, "expected '\"' or a character; control "
				     "characters in a string are written \\n "
				     "or \\u0009");
		if (c == '"')
			break;
		n = text_utf8((const unsigned char *)w->p,
			      (size_t)(w->end - w->p));
		if (!n)
			return fault(w, "expected UTF-8");
		w->p += n;
		err = c == '\\' ? walk_escape(w) : 0;
		if (err)
			return err;
	}
	w->p++;
	return 0;
}

static int walk_digits(struct walk *w, const char *where)
{
	if (!is_digit(peek(w)))
		return fault(w, "expected a digit %s", where);
	while (is_digit(peek(w)))
		w->p++;
	return 0;
}

static int walk_number(struct walk *w)
{
	int err = 0;

	if (peek(w) == '-')
		w->p++;
	if (peek(w) == '0') {
		w->p++;
		if (is_digit(peek(w)))
			return fault(w, "a number may not begin with 0");
	} else {
		err = walk_digits(w, "after '-'");
	}
	if (!err && peek(w) == '.') {
		w->p++;
		err = walk_digits(w, "after '.'");
	}
	if (!err && (peek(w) == 'e' || peek(w) == 'E')) {
		w->p++;
		if (peek(w) == '+' || peek(w) == '-')
			w->p++;
		err = walk_digits(w, "in the exponent");
	}
	return err;
}

static int walk_word(struct walk *w, const char *expected)
{
	static const char *const words[] = { "true", "false", "null" };
	size_t len = 0, i;

	while (w->p + len < w->end && is_letter((unsigned char)w->p[len]))
		len++;
	for (i = 0; len && i < 3; i++) {
		if (strlen(words[i]) == len && !memcmp(words[i], w->p, len)) {
			w->p += len;
			return 0;
		}
	}
	if (len)
		return fault(w, "expected %s (words are true, false and null; "
			     "text stands in double quotes)", expected);
	if (peek(w) == '\'')
		return fault(w, "expected %s (text stands in double quotes)",
			     expected);
	if (peek(w) < 0)
		return fault(w, "expected %s, but the text ends here",
			     expected);
	return fault(w, "expected %s", expected);
}

static int walk_open(struct walk *w, char bracket)
{
	if (w->depth == JSON_DEPTH_MAX)
		return fault(w, "nested deeper than %d", JSON_DEPTH_MAX);
	if (++w->containers > w->containers_max) {
		fault(w, "more than %zu objects and arrays in a text of %zu "
		      "bytes", w->containers_max, (size_t)(w->end - w->begin));
		return -E2BIG;
	}
	w->open[w->depth++] = bracket;
	w->want = bracket == '{' ? WANT_NAME_OR_END : WANT_ITEM_OR_END;
	w->p++;
	return 0;
}

static void walk_close(struct walk *w)
{
	w->p++;
	w->depth--;
	w->want = w->depth ? WANT_COMMA_OR_END : WANT_NOTHING;
}

static int walk_value(struct walk *w, const char *expected)
{
	int c = peek(w), err;

	if (c == '{' || c == '[')
		return walk_open(w, (char)c);
	if (c == '"')
		err = walk_string(w);
	else if (c == '-' || is_digit(c))
		err = walk_number(w);
	else
		err = walk_word(w, expected);
	w->want = w->depth ? WANT_COMMA_OR_END : WANT_NOTHING;
	return err;
}

static int walk_name(struct walk *w, const char *expected)
{
	int err;

	if (peek(w) < 0)
		return fault(w, "expected %s, but the text ends here",
			     expected);
	if (peek(w) != '"')
		return fault(w, "expected %s%s", expected, peek(w) == '}' ? "" :
			     " in double quotes");
	err = walk_string(w);
	w->want = WANT_COLON;
	return err;
}

static int walk_comma(struct walk *w)
{
	bool object = w->open[w->depth - 1] == '{';
	int c = peek(w);

	if (c == ',') {
		w->p++;
		w->want = object ? WANT_NAME : WANT_ITEM;
		return 0;
	}
	if (c == (object ? '}' : ']')) {
		walk_close(w);
		return 0;
	}
	return fault(w, "expected ',' or '%c'%s", object ? '}' : ']',
		     c < 0 ? ", but the text ends here" :
		     c == '"' || c == '{' || c == '[' || is_digit(c) ?
		     " (a comma is missing)" : "");
}

static int walk_step(struct walk *w)
{
	int c = peek(w);

	switch (w->want) {
	case WANT_VALUE:
		return walk_value(w, "a value");
	case WANT_ITEM_OR_END:
		if (c == ']') {
			walk_close(w);
			return 0;
		}
		return walk_value(w, "a value or ']'");
	case WANT_ITEM:
		if (c == ']')
			return fault(w, "expected a value after ',' "
				     "(trailing comma)");
		return walk_value(w, "a value after ','");
	case WANT_NAME_OR_END:
		if (c == '}') {
			walk_close(w);
			return 0;
		}
		return walk_name(w, "a member name or '}'");
	case WANT_NAME:
		return walk_name(w, c == '}' ? "a member name after ',' "
				 "(trailing comma)" :
				 "a member name after ','");
	case WANT_COLON:
		if (c != ':')
			return fault(w, "expected ':' after the member name");
		w->p++;
		w->want = WANT_VALUE;
		return 0;
	case WANT_COMMA_OR_END:
		return walk_comma(w);
	case WANT_NOTHING:
		break;
	}
	return fault(w, "expected nothing more");
}

int json_check(const char *text, size_t len, char why[JSON_WHY_LEN])
{
	struct walk w = {
		.begin = text, .p = text, .end = text + len, .why = why,
		.containers_max = JSON_CONTAINERS_FREE,
	};
	int err = 0;

	if (len / JSON_CONTAINER_BYTES > w.containers_max)
		w.containers_max = len / JSON_CONTAINER_BYTES;
	while (!err) {
		skip_space(&w);
		if (w.want == WANT_NOTHING && w.p == w.end)
			return 0;
		err = walk_step(&w);
	}
	return err;
}

/* A string that holds \u0000 would look shorter to C than it is. With another
 * control character in that place it meets the checks that refuse CR and LF,
 * and the error names its field.                                             */
static void nul_to_control(json_t *v)
{
	const char *key, *s = json_string_value(v);
	size_t i, len = json_string_length(v);
	json_t *item;
	char *copy;

	if (s && strlen(s) < len) {
		copy = malloc(len);
		for (i = 0; copy && i < len; i++)
			copy[i] = s[i] ? s[i] : '\x01';
		json_string_setn_nocheck(v, copy ? copy : "\x01",
					 copy ? len : 1);
		free(copy);
	}
	json_array_foreach(v, i, item)
		nul_to_control(item);
	json_object_foreach(v, key, item)
		nul_to_control(item);
}

int json_parse(json_t **treep, const char *text, size_t len,
	       char why[JSON_WHY_LEN])
{
	json_error_t error;
	json_t *tree;
	int err = json_check(text, len, why);

	if (err)
		return err;
	tree = json_loadb(text, len, JSON_LOAD_FLAGS, &error);
	if (!tree) {
		if (json_error_code(&error) == json_error_out_of_memory)
			return -ENOMEM;
		snprintf(why, JSON_WHY_LEN, "line %d, column %d: %s",
			 error.line, error.column,
			 json_error_code(&error) == json_error_duplicate_key ?
			 "this member was given before" : error.text);
		return -EINVAL;
	}
	nul_to_control(tree);
	*treep = tree;
	return 0;
}

json_t *json_text(const char *s)
{
	json_t *v = json_string(s);
	size_t len = strlen(s), i, n;
	char *copy;

	if (v)
		return v;
	copy = strdup(s);
	if (!copy)
		return NULL;
	for (i = 0; i < len; i += n ? n : 1) {
		n = text_utf8((const unsigned char *)s + i, len - i);
		if (!n)
			copy[i] = '?';
	}
	v = json_string(copy);
	free(copy);
	return v;
}

json_t *json_text_or_null(const char *s)
{
	return s && *s ? json_text(s) : json_null();
}

json_t *json_time_or_null(long long ms)
{
	char text[TEXT_TIME_LEN];

	if (!ms)
		return json_null();
	text_time(text, ms);
	return json_string(text);
}
