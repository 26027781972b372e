/*
 * config.h - what may be configured, and the values as the server uses them.
 *
 * Filled on the main thread before the others start; afterwards read-only.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/addr.h"
#include "base/allow.h"
#include "base/conf.h"
#include "base/log.h"
#include "sip/sip.h"

/* The server's option table, NULL-ended: the only list of its keys.          */
extern const struct cln_option *const config_options[];

struct config {
	struct sip_listen *listen;
	size_t n_listen;
	char advertise_host[ALLOW_HOST_LEN];	/* "": none                   */
	uint16_t advertise_port;	/* 0: that of the listening socket    */
	struct allow *direct;		/* none: what addr_is_private() says  */
	size_t n_direct;
	int t1_ms;
	const char *user_agent;
	const char *tls_certificate, *tls_key, *tls_ca;	/* NULL: none         */
	size_t trace_bytes;		/* 0: no messages are kept            */
	struct addr *dns;		/* none: those of the system          */
	size_t n_dns;

	struct addr media_address;
	bool has_media_advertise;
	struct addr media_advertise;
	uint16_t port_first, port_last;	/* even, odd                          */
	int media_threads;		/* never 0                            */
	bool rtcp;
	int rtp_timeout_s;		/* 0: none                            */

	char *state_dir;		/* state_dir_make() makes it          */

	int64_t prompts_memory, prompts_disk, prompts_library;	/* bytes      */

	struct allow *fetch;
	size_t n_fetch;
	int fetch_timeout_s;
	int64_t fetch_max_bytes;
	int fetch_max_audio_s;
	const char *fetch_proxy, *fetch_ca_file;	/* NULL: none         */

	int max_channels, max_cps;	/* channels 0: place no calls         */
	int ring_timeout_s, carrier_wait_s, call_max_s, drain_s;

	const char *plugins_dir;
	const char **plugins;		/* none: every *.so of the directory  */
	size_t n_plugins;

	enum log_level log_level;
	bool log_json;
	char node_id[64];
};

/* Fills cfg from c, which must outlive it. 0, or -errno with "FILE:LINE: key:
 * why" in error and nothing to free.                                         */
int config_fill(struct config *cfg, const struct conf *c,
		char error[CONF_ERROR_LEN]);
void config_free(struct config *cfg);

#endif
