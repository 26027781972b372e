/*
 * exchange.h - the business: carriers, jobs and calls; joins sip and media.
 *
 * Thread: signalling, except where the services of an app come in: those wait
 * on their own threads for what is asked here.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_EXCHANGE_H
#define CALL_EXCHANGE_H

#include <stdbool.h>

#include <carillon/services.h>

#include "base/loop.h"
#include "base/random.h"
#include "media/media.h"
#include "media/prompt.h"
#include "plugin/plugin.h"
#include "sip/sip.h"
#include "store/store.h"

struct exchange;

struct exchange_config {
	struct loop *loop;		/* all of these are lent               */
	struct random *random;
	struct sip *sip;
	struct media *media;
	struct prompts *prompts;
	struct store *store;
	struct plugins *plugins;
	struct addr media_address;	/* bound to; wildcard: by route        */
	bool has_media_advertise;
	struct addr media_advertise;	/* written into offers instead         */
	int max_channels, max_cps;
	int ring_timeout_s;
	int call_max_s;			/* of an answered call                 */
	uint64_t max_recording;		/* bytes of a file that is uploaded    */
	int rtp_timeout_s;		/* 0: none                             */
	int carrier_wait_s;		/* how long a carrier may be down before
					 * what waits for it is failed         */
	/* May this host (a name, or NULL) or address be dialled by full URI?
	 * Any thread.                                                         */
	bool (*direct_allowed)(void *arg, const char *host,
			       const struct addr *addr);
	void *direct_arg;
};

int exchange_new(struct exchange **xp, const struct exchange_config *cfg);
/* Reads the store; `ready` is called once, with 0 or -errno, unless
 * exchange_stop() comes first.                                                */
void exchange_start(struct exchange *x, void (*ready)(void *arg, int err),
		    void *arg);
/* No new calls from now on; `done` once no call is alive, or with `force`,
 * which hangs up what still lives, soon; then all carriers un-register.
 * Calling it again with `force` hurries the first.                            */
void exchange_stop(struct exchange *x, bool force, void (*done)(void *arg),
		   void *arg);
void exchange_free(struct exchange *x);
/* The table that the store keeps carriers by; constant.                       */
const struct cln_field *const *exchange_carrier_fields(void);
const struct cln_services *exchange_services(struct exchange *x);
/* Are live calls left?                                                        */
unsigned int exchange_calls(const struct exchange *x);

#endif
