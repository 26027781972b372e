/* SPDX-License-Identifier: MIT */
/*
 * registrar.h - answers REGISTER, RFC 3261 10.3.
 */
#ifndef FAREND_REGISTRAR_H
#define FAREND_REGISTRAR_H

#include "msg.h"
#include "txt.h"

struct farend;
struct registrar;

struct registrar *registrar_new(struct farend *fe);
void registrar_free(struct registrar *r);
void registrar_on_register(struct registrar *r, const struct msg *m);
/* The totals, as one object. */
void registrar_json(const struct registrar *r, struct txt *t, const char *key);

#endif
