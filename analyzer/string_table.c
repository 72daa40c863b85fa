#include "string_table.h"

#include "hash.h"
#include "memory.h"

#include <stdlib.h>
#include <string.h>

#define TOO_MANY "(one of too many names)"

struct string {
    char *text;
    size_t length;
    uint32_t next; /* another one with the same hash */
};

static uint32_t add(struct strings *strings, const char *bytes, size_t length, uint32_t next)
{
    if (strings->count == strings->capacity) {
        strings->capacity = strings->capacity ? 2 * strings->capacity : 64;
        strings->items = xreallocarray(strings->items, strings->capacity, sizeof(*strings->items));
    }
    strings->items[strings->count] =
        (struct string){.text = xstrndup(bytes, length), .length = length, .next = next};
    return (uint32_t)++strings->count;
}

static uint32_t find(const struct strings *strings, uint32_t number, const char *bytes,
                     size_t length)
{
    while (number) {
        const struct string *string = &strings->items[number - 1];
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
    uint64_t hash = hash_bytes(HASH_START, bytes, length) | 1;
    uint32_t first = keymap_get(&strings->first, hash);
    uint32_t number = find(strings, first, bytes, length);
    if (number)
        return number;
    if (strings->count >= STRINGS_MAX && strcmp(bytes, TOO_MANY) != 0)
        return strings_intern(strings, TOO_MANY, strlen(TOO_MANY));
    number = add(strings, bytes, length, first);
    *keymap_put(&strings->first, hash) = number;
    return number;
}

const char *strings_get(const struct strings *strings, uint32_t number)
{
    return number > 0 && number <= strings->count ? strings->items[number - 1].text : "";
}

void strings_free(struct strings *strings)
{
    for (size_t i = 0; i < strings->count; i++)
        free(strings->items[i].text);
    free(strings->items);
    keymap_free(&strings->first);
    *strings = (struct strings){0};
}
