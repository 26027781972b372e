/*
 * server.h - the rooms together: made in order, run, and taken down.
 *
 * Main thread, which becomes the signalling thread in server_run().
 */
/* SPDX-License-Identifier: MIT */
#ifndef CORE_SERVER_H
#define CORE_SERVER_H

#include "config.h"

struct server;

#define SERVER_WHY_LEN 512

/* Reads the files that cfg names, beside those that plugins do: what is wrong with
 * them is found before the start. 0, or -errno with a sentence in why.         */
int server_check(const struct config *cfg, char why[SERVER_WHY_LEN]);
/* Opens everything that may fail. 0, or -errno with a sentence in why. `conf` and
 * `cfg` are lent until server_free().                                         */
int server_new(struct server **sp, const struct config *cfg,
	       const struct conf *conf, char why[SERVER_WHY_LEN]);
/* Until SIGTERM or SIGINT; 0, or -errno where the start failed half-way.      */
int server_run(struct server *s);
void server_free(struct server *s);

#endif
