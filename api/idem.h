/*
 * idem.h - Idempotency-Key: the same request, sent again, is answered again
 * and not done again.
 *
 * Any thread; a lock of its own inside. Kept in memory: answers are known for
 * 24 hours, 10,000 of them and 32 MiB at most, the oldest go first.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_IDEM_H
#define API_IDEM_H

#include <stddef.h>
#include <stdint.h>

#include "sha256.h"

enum {
	IDEM_ENTRIES_MAX = 10000,
	IDEM_BYTES_MAX = 32 << 20,
	IDEM_KEY_MAX = 255,
};
#define IDEM_KEEP_MS (24 * 3600 * INT64_C(1000))

enum idem_verdict {
	IDEM_NEW,		/* do it, then idem_keep() or idem_drop()     */
	IDEM_REPLAY,		/* `saved` is the answer; idem_saved_free()   */
	IDEM_MISMATCH,		/* the key stands for another request         */
	IDEM_RUNNING,		/* the first one is still being done          */
	IDEM_NO_MEMORY,
};

/* An answer as it was given.                                                 */
struct idem_saved {
	int status;
	const char *media;	/* a constant                                 */
	char *headers;		/* extra lines, each with CRLF                */
	char *body;
	size_t body_len;
};

/* What names an entry: who asked, by which key.                              */
struct idem_id {
	uint8_t hash[SHA256_LEN];
};

struct idem;

struct idem *idem_new(void);
void idem_free(struct idem *t);
struct idem_id idem_id(const struct idem *t, unsigned int api_key,
		       const char *key);
/* `print`: hash of method, target and body.                                  */
enum idem_verdict idem_begin(struct idem *t, const struct idem_id *id,
			     const uint8_t print[SHA256_LEN], int64_t now_ms,
			     struct idem_saved *saved);
void idem_keep(struct idem *t, const struct idem_id *id,
	       const struct idem_saved *answer);	/* copies             */
void idem_drop(struct idem *t, const struct idem_id *id);
void idem_saved_free(struct idem_saved *s);
size_t idem_count(struct idem *t);

#endif
