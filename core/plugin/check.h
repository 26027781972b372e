/*
 * check.h - is this table one that the server can use?
 *
 * Pure functions; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef PLUGIN_CHECK_H
#define PLUGIN_CHECK_H

#include <stddef.h>

#include <carillon/plugin.h>

/* 0, -EPROTO (another ABI major), or -EINVAL (the table is not sound); `why`
 * says which rule and what to do.                                             */
int plugin_check(const struct cln_plugin *pl, char *why, size_t cap);

#endif
