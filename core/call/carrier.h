/*
 * carrier.h - what the carrier_*.c files share; not for others, they use room.h.
 *
 *	carrier.c		its life: made, changed, removed
 *	carrier_register.c	its registration, and the history of it
 *	carrier_ping.c		is it alive?
 *	carrier_status.c	what others ask of it
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef CALL_CARRIER_H
#define CALL_CARRIER_H

#include "call/room.h"

enum { CARRIER_WHO_LEN = 8 + CLN_ID_LEN };

/* carrier_register.c */
const struct cln_transition *carrier_history_last(const struct carrier *c);
/* A refresh, or the fifth identical failure, is no transition.                */
void carrier_history_add(struct carrier *c, int state, int code,
			 const char *reason);
int carrier_state_of(enum registration_state state);
bool carrier_wants_registration(const struct cln_carrier *d);
/* "carrier 6881895b", as lines of the log begin.                              */
void carrier_who(const struct carrier *c, char dst[CARRIER_WHO_LEN]);
/* Takes the registration down in the background; then, if the carrier is still
 * there, begins anew.                                                         */
void carrier_unregister(struct carrier *c, bool start_again);
/* The latest un-registration that is still under way is told what comes after
 * it. False: there is none.                                                   */
bool carrier_after_leaving(const struct carrier *c, bool start_again);
/* When the next of many that begin together may send its first request, so that
 * a thousand carriers do not all send in the same instant, and one does at once. */
int carrier_slot_ms(struct exchange *x);

/* carrier_ping.c */
/* Makes it what the data ask for: running, other, or none.                    */
void carrier_ping_set(struct carrier *c);
void carrier_ping_soon(struct carrier *c);

/* carrier_status.c */
/* Where its registration goes, and its calls in the end: the proxy, else the
 * host.                                                                       */
void carrier_home(const struct carrier *c, struct sip_target *target);
int carrier_registration(const struct carrier *c,
			 struct registration_status *st);

#endif
