/*
 * auth.h - an account, and the nonces that its servers have given.
 *
 * One value per carrier, shared by its registration and its calls: a nonce that
 * one request was challenged with answers the next one before it is asked, with
 * nc counted up (RFC 7616 3.4.5), so that a busy carrier is not challenged on
 * every call. What is sent unasked goes only to the address that gave the nonce.
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_AUTH_H
#define SIP_AUTH_H

#include "sip/sip.h"

struct sip_auth;

/* Copies. -ENOMEM; -EINVAL: a control character in the user name.             */
int sip_auth_new(struct sip_auth **ap, const struct sip_account *account);
struct sip_auth *sip_auth_ref(struct sip_auth *a);	/* fine with NULL      */
/* The last one wipes and frees it. Fine with NULL.                            */
void sip_auth_unref(struct sip_auth *a);

#endif
