/*
 * chars.h - the kinds of characters that headers are made of (RFC 3261 25.1).
 *
 * Pure functions; any thread. They ask no locale, and NUL is of no kind.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_CHARS_H
#define SIP_CHARS_H

#include <stdbool.h>
#include <string.h>

static inline bool char_is_digit(char ch)
{
	return ch >= '0' && ch <= '9';
}

static inline bool char_is_alnum(char ch)
{
	return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
	       char_is_digit(ch);
}

/* Of a token.                                                                 */
static inline bool char_is_token(char ch)
{
	return char_is_alnum(ch) || (ch && strchr("-.!%*_+`'~", ch));
}

/* Within a line.                                                              */
static inline bool char_is_blank(char ch)
{
	return ch == ' ' || ch == '\t';
}

/* Also where a line is folded.                                                */
static inline bool char_is_space(char ch)
{
	return char_is_blank(ch) || ch == '\r' || ch == '\n';
}

#endif
