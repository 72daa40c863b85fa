/* escape.c - see escape.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/escape.h"

#include "analyzer/util/memory.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define LONGEST_ESCAPE sizeof("\\u{10FFFF}")

/* What one step of the input is: a character, or one byte that belongs to none. */
struct piece {
    size_t length; /* bytes of the input, at least 1 */
    uint32_t code; /* code point, or the byte's value */
    bool valid;
};

static const struct {
    uint32_t first, last;
} deceptive[] = {
    {0x80, 0x9F},       /* C1 controls: some terminals obey them */
    {0x61C, 0x61C},     /* Arabic letter mark */
    {0x200B, 0x200F},   /* zero width, direction marks */
    {0x2028, 0x202E},   /* line and paragraph separator, embeddings, overrides */
    {0x2060, 0x206F},   /* invisible operators, isolates */
    {0xFEFF, 0xFEFF},   /* byte order mark */
    {0xFFF9, 0xFFFB},   /* interlinear annotation */
    {0xFFFE, 0xFFFF},   /* no characters, and none that XML may hold */
    {0xE0000, 0xE007F}, /* tags */
};

/* Length of the sequence that FIRST begins, 0 where it begins none. C0, C1 and F5 up never do. */
static size_t sequence_length(unsigned char first)
{
    if (first < 0x80)
        return 1;
    if (first >= 0xC2 && first <= 0xDF)
        return 2;
    if (first >= 0xE0 && first <= 0xEF)
        return 3;
    if (first >= 0xF0 && first <= 0xF4)
        return 4;
    return 0;
}

static struct piece next_piece(const char *bytes, size_t left)
{
    static const struct {
        uint32_t lowest; /* code point; below it the sequence is longer than need be */
        uint8_t payload; /* bits of the first byte */
    } forms[] = {{0, 0}, {0, 0x7F}, {0x80, 0x1F}, {0x800, 0x0F}, {0x10000, 0x07}};
    const unsigned char first = (unsigned char)bytes[0];
    const struct piece invalid = {1, first, false};
    size_t length = sequence_length(first);

    if (length == 0 || length > left)
        return invalid;
    uint32_t code = first & forms[length].payload;
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)bytes[i] & 0xC0) != 0x80)
            return invalid;
        code = code << 6 | ((unsigned char)bytes[i] & 0x3F);
    }
    if (code < forms[length].lowest || (code >= 0xD800 && code <= 0xDFFF) || code > 0x10FFFF)
        return invalid;
    return (struct piece){length, code, true};
}

static bool is_deceptive(uint32_t code)
{
    for (size_t i = 0; i < sizeof(deceptive) / sizeof(deceptive[0]); i++)
        if (code >= deceptive[i].first && code <= deceptive[i].last)
            return true;
    return false;
}

/* The text that stands for PIECE, which begins at BYTES; returns its length. */
static size_t escape_piece(struct piece piece, const char *bytes, char text[LONGEST_ESCAPE])
{
    if (!piece.valid || piece.code < 0x20 || piece.code == 0x7F)
        return (size_t)snprintf(text, LONGEST_ESCAPE, "\\x%02X", (unsigned)piece.code);
    if (piece.code == '\\')
        return (size_t)snprintf(text, LONGEST_ESCAPE, "\\\\");
    if (is_deceptive(piece.code))
        return (size_t)snprintf(text, LONGEST_ESCAPE, "\\u{%X}", (unsigned)piece.code);
    memcpy(text, bytes, piece.length);
    return piece.length;
}

size_t escape_text(const char *bytes, size_t length, char *out, size_t size)
{
    char text[LONGEST_ESCAPE];
    size_t written = 0;

    for (size_t at = 0; at < length;) {
        struct piece piece = next_piece(bytes + at, length - at);
        size_t needed = escape_piece(piece, bytes + at, text);
        if (needed >= size - written)
            break;
        memcpy(out + written, text, needed);
        written += needed;
        at += piece.length;
    }
    out[written] = '\0';
    return written;
}

char *escaped_text(const char *text)
{
    size_t length = strlen(text), size = ESCAPED_SIZE(length);
    char *escaped = xmalloc(size);
    escape_text(text, length, escaped, size);
    return escaped;
}

char *escape_json_safe(const char *bytes, size_t length)
{
    char *out = xreallocarray(NULL, length + 1, 4);
    size_t written = 0;

    for (size_t at = 0; at < length;) {
        struct piece piece = next_piece(bytes + at, length - at);
        if (piece.valid && piece.code != 0)
            memcpy(out + written, bytes + at, piece.length);
        else
            snprintf(out + written, 5, "\\x%02X", (unsigned)piece.code);
        written += piece.valid && piece.code != 0 ? piece.length : 4;
        at += piece.length;
    }
    out[written] = '\0';
    return out;
}
