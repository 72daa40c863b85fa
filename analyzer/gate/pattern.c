/* pattern.c - patterns as in the suppressions of LeakSanitizer; see pattern.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/pattern.h"

#include <stddef.h>
#include <string.h>

/* The part of a pattern up to the next star. */
struct piece {
    const char *text;
    size_t length;
};

static const char *find(const char *text, struct piece piece)
{
    return memmem(text, strlen(text), piece.text, piece.length);
}

static bool ends_with(const char *text, struct piece piece)
{
    size_t length = strlen(text);
    return length >= piece.length &&
           memcmp(text + length - piece.length, piece.text, piece.length) == 0;
}

/* Each piece where it first occurs after the one before: no later place could match more. */
bool pattern_matches(const char *pattern, const char *text)
{
    if (!text)
        return false;
    bool anchored = *pattern == '^';
    pattern += anchored;
    size_t length = strlen(pattern);
    bool to_end = length > 0 && pattern[length - 1] == '$';
    const char *end = pattern + length - to_end;
    for (;;) {
        const char *star = memchr(pattern, '*', (size_t)(end - pattern));
        struct piece piece = {pattern, (size_t)((star ? star : end) - pattern)};
        if (!star && to_end)
            return ends_with(text, piece) && (!anchored || strlen(text) == piece.length);
        const char *at = find(text, piece);
        if (!at || (anchored && strncmp(text, piece.text, piece.length) != 0))
            return false;
        if (!star)
            return true;
        text = (anchored ? text : at) + piece.length;
        anchored = false;
        pattern = star + 1;
    }
}
