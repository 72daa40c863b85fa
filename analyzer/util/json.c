/* json.c - jansson values, made by functions that never fail; see json.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/json.h"

#include "analyzer/util/escape.h"
#include "analyzer/util/memory.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

json_t *json_checked(json_t *json)
{
    if (!json)
        memory_exhausted();
    return json;
}

void json_set(json_t *object, const char *key, json_t *value)
{
    if (json_object_set_new(object, key, json_checked(value)) != 0)
        memory_exhausted();
}

void json_append(json_t *array, json_t *value)
{
    if (json_array_append_new(array, json_checked(value)) != 0)
        memory_exhausted();
}

json_t *json_count(uint64_t count)
{
    return json_integer(count > INT64_MAX ? INT64_MAX : (json_int_t)count);
}

json_t *text_json(const char *text)
{
    if (!text)
        return json_null();
    char *safe = escape_json_safe(text, strlen(text));
    json_t *json = json_string(safe);
    free(safe);
    if (!json)
        memory_exhausted();
    return json;
}

json_t *slice_json(struct slice slice)
{
    char *text = xstrndup(slice.text, slice.length);
    json_t *json = text_json(text);
    free(text);
    return json;
}

json_t *json_number(double number)
{
    double whole = round(number * 1000) / 1000;
    if (whole == floor(whole) && whole < 9e15)
        return json_integer((json_int_t)whole);
    return json_real(whole);
}

bool json_write(FILE *out, json_t *json, size_t flags)
{
    bool written = json_dumpf(json, out, flags) == 0;
    json_decref(json);
    return written && putc('\n', out) != EOF && fflush(out) == 0;
}
