/*
 * room.h - what the files of core/call/ share; not for other rooms.
 *
 *   services -> carrier, job      carrier: registration, history, limits
 *   job -> lane -> claim -> call  lane: the recipients of a job that go to one
 *                                 carrier, with their prompts
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_ROOM_H
#define CALL_ROOM_H

#include "base/list.h"
#include "base/map.h"
#include "call/exchange.h"
#include "call/pacer.h"
#include "sip/ping.h"
#include "sip/register.h"

struct carrier {
	struct exchange *x;
	struct cln_carrier data;	/* with the password                   */
	struct sip_auth *auth;		/* for its registration, calls, pings  */
	struct registration *registration;	/* NULL: none running          */
	struct ping *ping;		/* NULL: not asked for, or not enabled */
	bool rejected;			/* terminal until changed              */
	struct cln_transition history[CLN_HISTORY_MAX];
	uint32_t n_history;
	struct pacer pacer;
	int64_t rests_until_ms;		/* asked for by a 503; monotonic       */
	unsigned int channels;		/* calls and claims                    */
	unsigned int prompted;		/* lanes that hold recordings          */
	bool changing;			/* a change is on its way to the disk  */
	struct msg *waiting, **waiting_end; /* asks that wait for their turn   */
};

/* RESTS: by its own wish, until a time that it named: a limit, no failure.     */
enum usable { CARRIER_USABLE, CARRIER_RESTS, CARRIER_WAIT, CARRIER_NEVER };

#define LANE_WHY_LEN 160

/* Codecs of an offer, the first one first.                                    */
struct codec_order {
	size_t n;
	const struct cln_codec *codecs[CLN_CODECS_MAX];
};

/* How digits come and go: by events where the far end takes them, else by
 * tones; or by one of both, or not at all.                                    */
enum call_digits { DIGITS_AUTO, DIGITS_EVENTS, DIGITS_TONES, DIGITS_OFF };

struct lane {
	struct job *job;
	char carrier_id[CLN_ID_LEN];	/* "": SIP URIs                        */
	int64_t queued;			/* in the store, not claimed           */
	unsigned int live;		/* claims and calls                    */
	bool busy;			/* a store request is under way        */
	struct store_req req;
	struct store_claim *claims;	/* of the claim under way              */
	unsigned int reserved;		/* channels held for it                */
	struct codec_order codecs;	/* that the prompts are made for       */
	enum call_digits digits;	/* and how digits are sent             */
	struct lane_waits *waits;	/* for recordings, until all are there */
	struct script *script;		/* made of all of them; NULL: not yet  */
	bool asked;			/* recordings were asked for           */
	char waiting[LANE_WHY_LEN];	/* why its recipients wait             */
	int64_t waiting_since_ms;	/* for a usable carrier; 0: it is      */
	char fail[LANE_WHY_LEN];	/* "": else fail all, with this        */
};

struct job {
	struct exchange *x;
	struct job *next, *prev;
	size_t turn;			/* the lane that is looked at first    */
	struct store_job *data;
	size_t n_lanes;
	struct lane *lanes;
};

/* A job on its way to the store: from there on its recordings are in use.      */
struct job_adding {
	LIST_ENTRY(job_adding) link;
	const struct cln_play *play;	/* the app's, which waits              */
};

struct exchange {
	struct exchange_config cfg;
	struct cln_services services;
	struct map *carriers;		/* by id                               */
	struct map *jobs_by_id;
	struct job *jobs, *last_job;	/* open ones; who claimed goes last    */
	LIST_HEAD(, job_adding) adding;	/* that will be                        */
	struct pacer pacer;
	struct timer tick;		/* the next look at the lanes          */
	int64_t store_rest_ms;		/* the store refused: no claim before  */
	int64_t all_at_ms;		/* when all lanes are looked at again  */
	unsigned int channels;		/* calls and claims, all carriers      */
	unsigned int prompted;		/* lanes of SIP URIs with recordings   */
	LIST_HEAD(, call) calls;	/* alive                               */
	unsigned int n_calls;
	unsigned int n_requests;	/* store requests of lanes under way   */
	unsigned int n_failing;		/* outcomes that the store refused     */
	struct leaving *leaving;	/* un-registrations under way          */
	unsigned int n_leaving;
	int64_t slot_ns;		/* when the next carrier may begin     */
	bool starting, ready, stopping, forced, carriers_left;
	void (*on_ready)(void *arg, int err);
	void *ready_arg;
	void (*on_stopped)(void *arg);
	void *stopped_arg;
	struct timer stop_timer;
	struct store_req start_req;
	int start_err;
};

static inline const struct clock *exchange_clock(const struct exchange *x)
{
	return loop_clock(x->cfg.loop);
}

static inline int64_t exchange_wall_ms(const struct exchange *x)
{
	return clock_wall_ms(exchange_clock(x));
}

/* carrier.c */
int carrier_new(struct carrier **cp, struct exchange *x,
		const struct cln_carrier *data);
void carrier_free(struct carrier *c);
struct carrier *carrier_find(const struct exchange *x, const char *id);
/* Begins what the carrier wants, its registration and its pings; many at a time
 * take turns.                                                                 */
void carrier_start(struct carrier *c);
/* New data are already stored; registers anew where they differ in address or
 * identity, after un-registering the old binding with the old credentials.    */
void carrier_change(struct carrier *c, const struct cln_carrier *data);
/* Un-registers (in the background) and forgets it.                            */
void carrier_remove(struct carrier *c);
/* why: a sentence for all but USABLE.                                         */
enum usable carrier_usable(const struct carrier *c, char *why, size_t cap);
/* For so long it takes no new call (Retry-After of a 503).                    */
void carrier_rest(struct carrier *c, int seconds);
/* The name of what CARRIER_WAIT waits for: "carrier_down" or the like.         */
const char *carrier_wait_reason(const struct carrier *c);
void carrier_status_fill(struct carrier *c, struct cln_carrier_status *st);
void carrier_codecs(const struct carrier *c, struct codec_order *set);
/* Where its calls go: first to the server that took the REGISTER, then to the
 * others of the proxy, or else of the host.                                   */
void carrier_target(const struct carrier *c, struct sip_target *target);
/* Values of Route for its calls, NULL-ended, lent; NULL: none.                */
const char *const *carrier_routes(const struct carrier *c);
/* Takes the carrier's registration down in the background, and asks no more
 * whether it lives.                                                           */
void carrier_leave(struct carrier *c);
/* Forgets the un-registrations that still wait for an answer.                 */
void carriers_abandon(struct exchange *x);

/* job.c */
int job_new(struct job **jp, struct exchange *x, struct store_job *data);
void job_remove(struct job *j);		/* its last lane has ended             */
bool job_has_ended(const struct job *j);
void job_to_the_end(struct job *j);	/* of the line                         */
struct job *job_find(const struct exchange *x, const char *id);
/* Does a job that is not done, or is just being stored, play this
 * ("prompt:ID")?                                                              */
bool exchange_plays(const struct exchange *x, const char *source);
void jobs_free(struct exchange *x);

/* lane_prompts.c */
/* True once the script is there; asks for its recordings the first time.      */
bool lane_prompts_ready(struct lane *l);
void lane_prompts_drop(struct lane *l);
/* At most, of a lane that is ready; -1: nobody can say.                       */
int64_t lane_duration_ms(const struct lane *l);

/* dialer.c */
void dialer_init(struct exchange *x);
void dialer_wake(struct exchange *x);	/* look at the lanes soon              */
/* A channel is free again.                                                    */
void dialer_channel_free(struct exchange *x, const char *carrier_id);
/* A claim or call of the lane is over; may end lane and job.                  */
void dialer_release(struct lane *l);

/* call.c */
int call_new(struct exchange *x, struct lane *l, const struct store_claim *to,
	     int64_t at_ns);
void calls_hangup(struct exchange *x);	/* all of them: the server stops       */
/* Gives up the dialogs that still wait for an answer.                         */
void calls_drop(struct exchange *x);
/* Those that were not begun go back to the queue.                             */
void calls_unclaim(struct exchange *x);

/* stop.c */
void stop_check(struct exchange *x);	/* is it time for the next step?       */

/* services_carriers.c, services_jobs.c, services_trace.c, services_prompts.c */
void services_carriers(struct cln_services *s);
void services_jobs(struct cln_services *s);
void services_trace(struct cln_services *s);
void services_prompts(const struct exchange *x, struct cln_services *s);

#endif
