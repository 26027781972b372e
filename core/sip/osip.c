/*
 * osip.c - starts libosip2's parser quietly and teaches it our headers.
 *
 * Thread: signalling, before the first message.
 */
/* SPDX-License-Identifier: MIT */
#include "sip/osip.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>

#include "base/log.h"

/* osip's own texts may quote a stranger's bytes, and it would print them to
 * standard output; log_debug() escapes them.                                  */
static void trace(const char *file, int line, osip_trace_level_t level,
		  const char *fmt, va_list ap)
{
	char text[256];

	(void)file;
	(void)line;
	(void)level;
	if (!log_enabled(LOG_DEBUG))
		return;
	vsnprintf(text, sizeof(text), fmt, ap);
	log_debug("osip: %s", text);
}

void parser_start(void)
{
	static bool started;

	if (started)
		return;
	started = true;
	osip_trace_initialize_func(OSIP_FATAL, trace);
	parser_init();
	/* By itself osip splits Route at commas, but not these; a route set
	 * that came in one line would lose its end (RFC 3261 7.3.1).          */
	parser_add_comma_separated_header("record-route");
	parser_add_comma_separated_header("service-route");
	parser_add_comma_separated_header("reason");
}
