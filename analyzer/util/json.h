/*
 * json.h - jansson values, made by functions that never fail: when memory is out, the
 * program ends as with xmalloc().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef ANALYZER_UTIL_JSON_H
#define ANALYZER_UTIL_JSON_H

#include "preload/api/slice.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

/* JSON itself, a new reference that the caller owns. */
json_t *json_checked(json_t *json);

/* Passes the reference to VALUE on. */
void json_set(json_t *object, const char *key, json_t *value);
void json_append(json_t *array, json_t *value);

json_t *json_count(uint64_t count);

/* A string with whatever JSON cannot hold escaped; null for NULL. New reference. */
json_t *text_json(const char *text);
json_t *slice_json(struct slice slice);

/* With three decimals at most, and none where it is whole. */
json_t *json_number(double number);

/* Writes JSON, whose reference is passed on, to OUT with a newline at the end; FLAGS are
 * json_dumps()'s. False with errno set when it could not be written. */
bool json_write(FILE *out, json_t *json, size_t flags);

#endif
