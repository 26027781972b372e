/*
 * header.h - extra lines for a SIP message: which of them an operator may add.
 *
 * Pure functions; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_HEADER_H
#define CALL_HEADER_H

#include <stdbool.h>
#include <stddef.h>

/* "Name: value". 0, or -EINVAL with a sentence: no name of RFC 3261 25.1, one
 * that the stack writes itself, or a value that could end the line.           */
int header_check(const char *line, char *why, size_t cap);
/* One of those that say who calls: the stack writes them where the carrier's
 * caller_id asks for it.                                                      */
bool header_names_caller(const char *name);

#endif
