/*
 * tls_peer.h - whose certificate is this, and why was it refused?
 *
 * Thread: signalling. For tls.c.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_TLS_PEER_H
#define SIP_TLS_PEER_H

#include <stdbool.h>
#include <stddef.h>

#include <openssl/ssl.h>

/* RFC 5922 7.1, 7.2: a URI "sip:name" or a DNS name among its alternative
 * names, an IP address where `name` is one; the common name only where there
 * are none. A whole first label may be "*": RFC 5922 forbids it, but large carriers
 * have such certificates, and RFC 9525 allows it.                            */
bool tls_peer_is(X509 *cert, const char *name);
/* The verdict of a failed handshake, as a sentence.                          */
void tls_peer_why(const SSL *ssl, char *why, size_t cap);
/* The sentence for a certificate that is for somebody else.                  */
void tls_peer_other(X509 *cert, const char *name, char *why, size_t cap);

#endif
