/*
 * openapi.h - the OpenAPI document, made from api/openapi.json by the build.
 */
/* SPDX-License-Identifier: MIT */
#ifndef API_OPENAPI_H
#define API_OPENAPI_H

#include <stddef.h>

extern const char openapi_json[];
extern const size_t openapi_json_len;

#endif
