/*
 * string_table.c - each distinct tag of a recording once, as a number from 1; see string_table.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/util/string_table.h"

#include "analyzer/util/keyed_hash.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define TOO_MANY "(one of too many names)"

struct string {
    char *text;
    size_t length;
    uint32_t next; /* another one with the same hash */
};

static struct string *string_number(const struct strings *strings, uint32_t number)
{
    return stable_array_get(&strings->items, number - 1, sizeof(struct string));
}

static uint32_t add(struct strings *strings, const char *bytes, size_t length, uint32_t next)
{
    struct string *string = stable_array_put(&strings->items, strings->count, sizeof(*string));
    *string = (struct string){.text = xstrndup(bytes, length), .length = length, .next = next};
    __atomic_store_n(&strings->count, strings->count + 1, __ATOMIC_RELEASE);
    return (uint32_t)strings->count;
}

static uint32_t find(const struct strings *strings, uint32_t number, const char *bytes,
                     size_t length)
{
    while (number) {
        const struct string *string = string_number(strings, number);
        if (string->length == length && memcmp(string->text, bytes, length) == 0)
            break;
        number = string->next;
    }
    return number;
}

uint32_t strings_intern(struct strings *strings, const char *bytes, size_t length)
{
    length = strnlen(bytes, length);
    if (length == 0)
        return 0;
    uint64_t hash = keyed_bytes(bytes, length) | 1;
    uint32_t first = keymap_get(&strings->first, hash);
    uint32_t number = find(strings, first, bytes, length);
    if (number)
        return number;
    if (strings->count >= STRINGS_MAX && strcmp(bytes, TOO_MANY) != 0)
        return strings_intern_text(strings, TOO_MANY);
    number = add(strings, bytes, length, first);
    *keymap_put(&strings->first, hash) = number;
    return number;
}

uint32_t strings_intern_text(struct strings *strings, const char *text)
{
    return strings_intern(strings, text, strlen(text));
}

const char *strings_get(const struct strings *strings, uint32_t number)
{
    size_t count = __atomic_load_n(&strings->count, __ATOMIC_ACQUIRE);
    return number > 0 && number <= count ? string_number(strings, number)->text : "";
}

void strings_free(struct strings *strings)
{
    for (uint32_t i = 1; i <= strings->count; i++)
        free(string_number(strings, i)->text);
    stable_array_free(&strings->items);
    keymap_free(&strings->first);
    *strings = (struct strings){0};
}
