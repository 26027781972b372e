/*
 * routes.h - which function answers which method and path.
 *
 * A constant table; any thread.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_ROUTES_H
#define API_ROUTES_H

#include <stdbool.h>

#include "http.h"

/* A handler fills the answer in; it returns nothing, for an error is an answer
 * too.                                                                       */
typedef void route_fn(struct request *rq, struct answer *an);

enum { ROUTE_QUERY_MAX = 4 };

struct route {
	const char *method;
	const char *path;		/* "{}" stands for one segment        */
	unsigned int scopes;		/* any of them opens it; 0: public    */
	route_fn *fn;
	const char *query[ROUTE_QUERY_MAX];	/* known ones, NULL-ended     */
};

/* The route of a method and path. NULL with *known false: no such path; NULL
 * with *known true: no such method there. `allow` gets the path's methods. The
 * segments for "{}" go to rq->args.                                          */
const struct route *route_find(struct request *rq, bool *known,
			       struct text *allow);
/* Is its body a recording as it is? All others take JSON.                    */
bool route_is_upload(const struct route *r);
/* Nth of all, NULL past the end.                                             */
const struct route *route_at(unsigned int n);

/* carriers.c */
route_fn carriers_create, carriers_list, carrier_get, carrier_put,
	 carrier_patch, carrier_delete;
/* status.c */
route_fn carrier_status;
/* play.c */
route_fn voice_play;
/* prompts.c */
route_fn prompts_create, prompts_list, prompt_get, prompt_delete;
/* report.c */
route_fn voice_report;
/* trace.c */
route_fn call_trace;
/* service.c */
route_fn service_live, service_ready, service_openapi, service_plugins;

#endif
