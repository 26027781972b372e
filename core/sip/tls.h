/*
 * tls.h - TLS as a filter: bytes of the wire on one side, SIP on the other.
 *
 * No sockets here: what the wire brought goes in by tls_receive(), what it is
 * to carry comes out by tls_take(). TLS 1.2 and newer. A server's certificate
 * must come from a trusted authority and be for the name that was asked for
 * (RFC 3261 26.3.1, RFC 5922).
 *
 * Thread: signalling.
 */
/* SPDX-License-Identifier: MIT */
#ifndef SIP_TLS_H
#define SIP_TLS_H

#include <stdbool.h>

#include "base/buf.h"
#include "sip/sip.h"

#define TLS_WHY_LEN 192

/* Keys, certificates and trust, read once.                                   */
struct tls;
/* One connection.                                                            */
struct tls_session;

/* `server`: it must have a certificate. 0; -ENOMEM; -EINVAL with the key of the
 * configuration, the file and what is wrong with it in `why`.                */
int tls_new(struct tls **tp, const struct sip_tls *cfg, bool server, char *why,
	    size_t cap);
void tls_free(struct tls *t);		/* fine with NULL                     */

/* Must not outlive t. `name`: host name or IP address of the server.         */
int tls_connect(struct tls_session **sp, struct tls *t, const char *name);
int tls_accept(struct tls_session **sp, struct tls *t);
void tls_session_free(struct tls_session *s);	/* fine with NULL             */

/* Bytes from the wire; a client begins with none. 0, or -EPROTO: tls_why().  */
int tls_receive(struct tls_session *s, const void *data, size_t len);
/* What they said: the number of bytes, 0: nothing more now, -EPIPE the other
 * side says good-bye, -EPROTO.                                               */
int tls_read(struct tls_session *s, void *dst, size_t cap);
/* All of it or an error. Only when open.                                     */
int tls_write(struct tls_session *s, const void *data, size_t len);
void tls_close(struct tls_session *s);		/* says good-bye              */
/* Appends what is to go to the wire.                                         */
void tls_take(struct tls_session *s, struct buf *out);
/* The handshake is done, and the server is who it should be.                 */
bool tls_is_open(const struct tls_session *s);
/* The server asked for a certificate of ours, and there is none.             */
bool tls_is_lacking(const struct tls_session *s);
/* Why it failed, as a sentence for people; lives as long as the session.     */
const char *tls_why(const struct tls_session *s);

#endif
