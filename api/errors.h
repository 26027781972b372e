/*
 * errors.h - the application codes: their HTTP status, type and title.
 *
 * The only list of them beside the OpenAPI file, which a test holds against
 * this one.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_ERRORS_H
#define API_ERRORS_H

#include <stdarg.h>

#include <carillon/services.h>

struct error_kind {
	int code;		/* enum cln_code                              */
	int status;		/* HTTP                                       */
	const char *type;	/* RFC 9457 type                              */
	const char *title;
};

/* Never NULL: an unknown code is an internal error.                          */
const struct error_kind *error_kind(int code);
/* Nth of all, NULL past the end.                                             */
const struct error_kind *error_kind_at(unsigned int n);
/* The code that stands for a -errno of the services.                         */
int error_code_of(int err);
const char *error_status_text(int status);

/* Adds a problem at base + "/" + name (escaped by RFC 6901; name NULL: at
 * base). What is beyond CLN_PROBLEMS_MAX is counted only.                    */
void problem_add(struct cln_problems *ps, int code, const char *base,
		 const char *name, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));
void problems_init(struct cln_problems *ps);
/* Those of `more` that stand where `ps` has none, be it above or below: what is
 * wrong in one place often follows from another.                             */
void problems_join(struct cln_problems *ps, const struct cln_problems *more);

#endif
