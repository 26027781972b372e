/*
 * plugin.h - loads shared objects and keeps what they offer.
 *
 * Main thread loads before the others start; afterwards the registry is
 * read-only for all threads. A plugin that cannot be used is refused with a
 * sentence and the server goes on, unless the configuration says `required`.
 */
/* SPDX-License-Identifier: MIT */
#ifndef PLUGIN_PLUGIN_H
#define PLUGIN_PLUGIN_H

#include <stddef.h>

#include <carillon/plugin.h>

#include "base/conf.h"

struct plugins;

int plugins_new(struct plugins **pp, const struct conf *conf);
/* Loads FILE. 0, or -errno; why receives what to do. Required plugins that fail
 * make plugins_load_all() fail.                                               */
int plugins_load(struct plugins *p, const char *file, char *why, size_t cap);
/* Those in plugins.load (paths, or names within `dir`), or every .so in `dir`
 * in order of name.                                                           */
int plugins_load_all(struct plugins *p, const char *dir, char *why, size_t cap);
/* Calls each plugin's close; the objects stay loaded.                         */
void plugins_free(struct plugins *p);

/* By API name ("mulaw"); NULL if none is loaded.                              */
const struct cln_codec *plugins_codec(const struct plugins *p,
				      const char *api_name);
/* Is this a codec name that Carillon knows, loaded or not?                    */
int plugins_codec_known(const char *api_name);
/* All such names, NULL-ended.                                                 */
extern const char *const plugins_known_codecs[];
/* The known name that is nearest to a wrong one, or NULL.                      */
const char *plugins_codec_nearest(const char *api_name);
/* Nth of all codecs, NULL past the end.                                       */
const struct cln_codec *plugins_codec_at(const struct plugins *p, size_t n);

int plugins_start_apps(struct plugins *p, const struct cln_services *services,
		       char *why, size_t cap);
void plugins_stop_apps(struct plugins *p);
void plugins_list(const struct plugins *p, cln_plugin_fn *fn, void *arg);

#endif
