/* slice.c - parts of a text that are not terminated, and the words in them; see slice.h. */
/* SPDX-License-Identifier: MIT */
#include "preload/api/slice.h"

#include <string.h>

/* Without text there may be no place either. */
static bool same_bytes(const char *a, const char *b, size_t length)
{
    return length == 0 || memcmp(a, b, length) == 0;
}

bool slice_equals(struct slice slice, const char *string)
{
    return slice.length == strlen(string) && same_bytes(slice.text, string, slice.length);
}

bool slice_same(struct slice a, struct slice b)
{
    return a.length == b.length && same_bytes(a.text, b.text, a.length);
}

static bool is_blank(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

struct slice slice_trim(struct slice slice)
{
    while (slice.length > 0 && is_blank(slice.text[0])) {
        slice.text++;
        slice.length--;
    }
    while (slice.length > 0 && is_blank(slice.text[slice.length - 1]))
        slice.length--;
    return slice;
}

struct slice slice_cut(struct slice *rest, const char *stops)
{
    bool quoted = false;
    size_t length = 0;
    while (length < rest->length && (quoted || !strchr(stops, rest->text[length])))
        quoted ^= rest->text[length++] == '"';
    struct slice head = {rest->text, length};
    size_t skipped = length < rest->length ? length + 1 : length;
    rest->text += skipped;
    rest->length -= skipped;
    return head;
}

bool slice_lists(struct slice list, struct slice word)
{
    while (list.length > 0) {
        if (slice_same(slice_cut(&list, ","), word))
            return true;
    }
    return false;
}

struct slice slice_word(struct slice *rest)
{
    *rest = slice_trim(*rest);
    return slice_cut(rest, " \t");
}

struct slice slice_unquote(struct slice slice)
{
    if (slice.length >= 2 && slice.text[0] == '"' && slice.text[slice.length - 1] == '"')
        return (struct slice){slice.text + 1, slice.length - 2};
    return slice;
}

bool slice_starts_with(struct slice slice, const char *prefix)
{
    size_t length = strlen(prefix);
    return slice.length >= length && memcmp(slice.text, prefix, length) == 0;
}

bool slice_skip(struct slice *word, const char *prefix)
{
    if (!slice_starts_with(*word, prefix))
        return false;
    word->text += strlen(prefix);
    word->length -= strlen(prefix);
    return true;
}

static int digit_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

bool slice_number(struct slice word, uint32_t *number)
{
    unsigned base = 10;
    if (slice_starts_with(word, "0x")) {
        base = 16;
        word.text += 2;
        word.length -= 2;
    }
    uint64_t value = 0;
    for (size_t i = 0; i < word.length; i++) {
        int digit = digit_value(word.text[i]);
        if (digit < 0 || (unsigned)digit >= base || value > UINT32_MAX / base)
            return false;
        value = value * base + (unsigned)digit;
    }
    *number = (uint32_t)value;
    return word.length > 0 && value <= UINT32_MAX;
}
