/* fields.c - numbers and texts, written or read by the same code; see fields.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/fields.h"

#include "analyzer/util/memory.h"

#include <math.h>
#include <string.h>

#define NUMBER_MOST 10 /* bytes of one: seven bits each */

struct fields fields_of(const void *bytes, size_t size)
{
    return (struct fields){.reads = true, .bytes = (unsigned char *)(uintptr_t)bytes, .size = size};
}

static void make_room(struct fields *fields, size_t size)
{
    while (fields->capacity - fields->size < size) {
        fields->capacity = fields->capacity ? 2 * fields->capacity : 4096;
        fields->bytes = xrealloc(fields->bytes, fields->capacity);
    }
}

static void put(struct fields *fields, uint64_t value)
{
    make_room(fields, NUMBER_MOST);
    while (value >= 0x80) {
        fields->bytes[fields->size++] = (unsigned char)(value | 0x80);
        value >>= 7;
    }
    fields->bytes[fields->size++] = (unsigned char)value;
}

static uint64_t get(struct fields *fields)
{
    uint64_t value = 0;
    for (unsigned shift = 0; !fields->wrong && shift < 64; shift += 7) {
        const bool there = fields->at < fields->size;
        const unsigned char byte = there ? fields->bytes[fields->at++] : 0;
        fields->wrong = !there || (shift == 63 && byte > 1);
        value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            break;
    }
    return fields->wrong ? 0 : value;
}

void fields_u64(struct fields *fields, uint64_t *value)
{
    if (fields->reads)
        *value = get(fields);
    else
        put(fields, *value);
}

void fields_below(struct fields *fields, uint32_t *value, uint32_t limit)
{
    uint64_t number = *value;
    fields_u64(fields, &number);
    if (fields->reads && number >= limit) {
        fields->wrong = true;
        number = 0;
    }
    *value = (uint32_t)number;
}

void fields_u32(struct fields *fields, uint32_t *value)
{
    uint64_t number = *value;
    fields_u64(fields, &number);
    if (fields->reads && number > UINT32_MAX) {
        fields->wrong = true;
        number = 0;
    }
    *value = (uint32_t)number;
}

void fields_bool(struct fields *fields, bool *value)
{
    uint32_t number = fields->reads ? 0 : *value;
    fields_below(fields, &number, 2);
    *value = number;
}

void fields_double(struct fields *fields, double *value)
{
    uint64_t bits;
    memcpy(&bits, value, sizeof(bits));
    fields_u64(fields, &bits);
    memcpy(value, &bits, sizeof(bits));
    if (fields->reads && !isfinite(*value)) {
        fields->wrong = true;
        *value = 0;
    }
}

void fields_count(struct fields *fields, size_t *count, size_t least)
{
    uint64_t number = *count;
    fields_u64(fields, &number);
    if (fields->reads && number > (fields->size - fields->at) / least) {
        fields->wrong = true;
        number = 0;
    }
    *count = number;
}

void fields_raw(struct fields *fields, void *bytes, size_t size)
{
    if (!fields->reads) {
        make_room(fields, size);
        memcpy(fields->bytes + fields->size, bytes, size);
        fields->size += size;
        return;
    }
    fields->wrong |= fields->size - fields->at < size;
    memset(bytes, 0, size);
    if (fields->wrong)
        return;
    memcpy(bytes, fields->bytes + fields->at, size);
    fields->at += size;
}

void fields_text(struct fields *fields, char **text)
{
    bool there = *text != NULL;
    size_t length = there ? strlen(*text) : 0;
    fields_bool(fields, &there);
    if (there)
        fields_count(fields, &length, 1);
    if (!fields->reads) {
        if (there)
            fields_raw(fields, *text, length);
        return;
    }
    *text = NULL;
    if (!there || fields->wrong)
        return;
    *text = xcalloc(length + 1, 1);
    fields_raw(fields, *text, length);
    fields->wrong |= strlen(*text) != length;
}

bool fields_end(const struct fields *fields)
{
    return !fields->wrong && fields->at == fields->size;
}
