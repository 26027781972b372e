/*
 * state_dir.h - where the server keeps what outlives it.
 *
 * Main thread, at the start.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CORE_STATE_DIR_H
#define CORE_STATE_DIR_H

#include "base/conf.h"

/* `configured` if it is not NULL or "", else the user's own. The caller frees.
 * 0, -ENOENT (no HOME to go by) or -ENOMEM.                                  */
int state_dir_choose(char **dirp, const char *configured);
/* Makes dir (0700, its parents 0755) where it is missing. 0, or -errno with a
 * sentence in error.                                                         */
int state_dir_make(const char *dir, char error[CONF_ERROR_LEN]);

#endif
