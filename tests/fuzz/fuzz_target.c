/*
 * fuzz_target.c - what is taken as number or SIP URI cannot change the shape
 * of a message. Needs api/target.c.
 */
/* SPDX-License-Identifier: MIT */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../api/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check(const char *text, const char *forbidden)
{
	const char *p;

	for (p = text; *p; p++)
		if (*p <= ' ' || *p >= 0x7f || strchr(forbidden, *p))
			abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);

	if (!text)
		return 0;
	if (size)
		memcpy(text, data, size);
	text[size] = '\0';
	if (!target_fault(text)) {
		check(text, ";?<>\"\\{}|^`");
		if (strlen(text) > TARGET_MAX ||
		    (!target_is_uri(text) && strchr(text, '@')))
			abort();
	}
	if (!target_from_fault(text))
		check(text, ";?<>\"\\@%:/,&=");
	if (!target_host_fault(text))
		check(text, ";?<>\"\\@%/,&=#");
	free(text);
	return 0;
}
