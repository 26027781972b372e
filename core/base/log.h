/*
 * log.h - one escaped line per event, as text or JSON, to standard error.
 *
 * Any thread. A line is written with a single write(2). Control characters
 * (CR, LF, ESC, ...) are escaped, so that foreign text cannot forge a line.
 * error = someone must act; warn = we coped; info = one line per call step;
 * debug = free. Never a secret, never a number in full: use log_number().
 */
/* SPDX-License-Identifier: MIT */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>

enum log_level { LOG_ERROR, LOG_WARN, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);	/* may change while running   */
bool log_enabled(enum log_level level);
void log_set_json(bool json);
int log_level_parse(enum log_level *level, const char *word);
/* Id that is added to each line of this thread ("" or NULL for none): the
 * request id, or the call's id. Copied.                                      */
void log_context(const char *id);
void log_write(enum log_level level, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
/* "+49301234567" -> "****67" in a buffer of the thread (4 take turns). For the
 * number as it was asked for, not with what a carrier wants before it.       */
const char *log_number(const char *number);

#define log_error(...) log_write(LOG_ERROR, __VA_ARGS__)
#define log_warn(...)  log_write(LOG_WARN, __VA_ARGS__)
#define log_info(...)  log_write(LOG_INFO, __VA_ARGS__)
#define log_debug(...) \
	do { \
		if (log_enabled(LOG_DEBUG)) \
			log_write(LOG_DEBUG, __VA_ARGS__); \
	} while (0)

#endif
