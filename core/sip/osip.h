/*
 * osip.h - the only place that includes libosip2.
 *
 * osip2/osip.h needs the two time headers first, and its macros the other two;
 * the parser is told to keep its complaints off standard output by
 * parser_start().
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_OSIP_H
#define SIP_OSIP_H

#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <time.h>

#include <osip2/osip.h>
#include <osipparser2/osip_parser.h>

/* Once per process is enough, more is harmless. Also for tools and tests that
 * parse without a stack.                                                      */
void parser_start(void);

#endif
