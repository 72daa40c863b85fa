/* escape_test.c - text chosen by an attacker comes out as one harmless line. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/escape.h"

#include <criterion/criterion.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#define TEXT(literal) literal, sizeof(literal) - 1

static const struct {
    const char *bytes;
    size_t length;
    const char *shown, *json;
} cases[] = {
    {TEXT(""), "", ""},
    {TEXT("Event Pool"), "Event Pool", "Event Pool"},
    {TEXT("a\x1B[2J\x07"), "a\\x1B[2J\\x07", "a\x1B[2J\x07"},
    {TEXT("one\ntwo\r\t"), "one\\x0Atwo\\x0D\\x09", "one\ntwo\r\t"},
    {TEXT("a\0b\x7F"), "a\\x00b\\x7F", "a\\x00b\x7F"},
    {TEXT("C:\\x41"), "C:\\\\x41", "C:\\x41"},
    {TEXT("Gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x92\xA7"),
     "Gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x92\xA7",
     "Gr\xC3\xBC\xC3\x9F \xE2\x82\xAC \xF0\x9F\x92\xA7"},
    {TEXT("\xC2\x9B"
          "31m"),
     "\\u{9B}31m",
     "\xC2\x9B"
     "31m"},
    {TEXT("\xE2\x80\xAE"
          "evil\xE2\x80\x8F"),
     "\\u{202E}evil\\u{200F}",
     "\xE2\x80\xAE"
     "evil\xE2\x80\x8F"},
    {TEXT("\xE2\x81\xA6\xE2\x81\xA9\xEF\xBB\xBF"), "\\u{2066}\\u{2069}\\u{FEFF}",
     "\xE2\x81\xA6\xE2\x81\xA9\xEF\xBB\xBF"},
    {TEXT("\xE2\x80\xA8\xF3\xA0\x80\x81"), "\\u{2028}\\u{E0001}", "\xE2\x80\xA8\xF3\xA0\x80\x81"},
    /* Not UTF-8: alone, overlong, surrogate, beyond the last code point, cut off. */
    {TEXT("\x80\xBF\xFE\xFF"), "\\x80\\xBF\\xFE\\xFF", "\\x80\\xBF\\xFE\\xFF"},
    {TEXT("\xC0\xAF\xC1\x81"), "\\xC0\\xAF\\xC1\\x81", "\\xC0\\xAF\\xC1\\x81"},
    {TEXT("\xE0\x80\x8A"), "\\xE0\\x80\\x8A", "\\xE0\\x80\\x8A"},
    {TEXT("\xF0\x80\x80\x8A"), "\\xF0\\x80\\x80\\x8A", "\\xF0\\x80\\x80\\x8A"},
    {TEXT("\xED\xA0\x80"), "\\xED\\xA0\\x80", "\\xED\\xA0\\x80"},
    {TEXT("\xF4\x90\x80\x80\xF5\x80"), "\\xF4\\x90\\x80\\x80\\xF5\\x80",
     "\\xF4\\x90\\x80\\x80\\xF5\\x80"},
    {TEXT("\xE2\x82"), "\\xE2\\x82", "\\xE2\\x82"},
    {TEXT("\xE2\x82x\xC3\n"), "\\xE2\\x82x\\xC3\\x0A", "\\xE2\\x82x\\xC3\n"},
    {TEXT("\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"), "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF",
     "\xED\x9F\xBF\xEE\x80\x80\xF4\x8F\xBF\xBF"},
};

#define CASES (sizeof(cases) / sizeof(cases[0]))

Test(escape, text_is_one_printable_line)
{
    char out[256];

    for (size_t i = 0; i < CASES; i++) {
        size_t length = escape_text(cases[i].bytes, cases[i].length, out, sizeof(out));
        cr_expect_str_eq(out, cases[i].shown, "case %zu", i);
        cr_expect_eq(length, strlen(cases[i].shown), "case %zu", i);
        cr_expect_lt(length, ESCAPED_SIZE(cases[i].length), "case %zu", i);
    }
}

Test(escape, what_does_not_fit_is_cut_between_characters)
{
    const char *bytes = "a\xE2\x82\xAC\n";
    const char *by_size[] = {NULL, "", "a", "a", "a", "a\xE2\x82\xAC"};
    char out[16];

    for (size_t size = 1; size < sizeof(by_size) / sizeof(by_size[0]); size++) {
        memset(out, '#', sizeof(out));
        size_t length = escape_text(bytes, strlen(bytes), out, size);
        cr_expect_str_eq(out, by_size[size], "size %zu", size);
        cr_expect_eq(length, strlen(by_size[size]), "size %zu", size);
        cr_expect_eq(out[size], '#', "size %zu: written behind the end", size);
    }
    cr_expect_eq(escape_text(bytes, strlen(bytes), out, 8), 4);
    cr_expect_eq(escape_text(bytes, strlen(bytes), out, 9), 8);
    cr_expect_str_eq(out, "a\xE2\x82\xAC\\x0A");
}

Test(escape, json_safe_is_what_jansson_takes)
{
    for (size_t i = 0; i < CASES; i++) {
        char *safe = escape_json_safe(cases[i].bytes, cases[i].length);
        json_t *value = json_string(safe);
        cr_expect_str_eq(safe, cases[i].json, "case %zu", i);
        cr_expect_not_null(value, "case %zu", i);
        json_decref(value);
        free(safe);
    }
}

Test(escape, every_pair_of_bytes_is_safe)
{
    char pair[2], out[ESCAPED_SIZE(sizeof(pair))];

    for (unsigned i = 0; i < 0x10000; i++) {
        pair[0] = (char)(i >> 8);
        pair[1] = (char)i;
        escape_text(pair, sizeof(pair), out, sizeof(out));
        json_t *value = json_string(out);
        cr_assert_not_null(value, "%04x", i);
        json_decref(value);
        for (const char *at = out; *at != '\0'; at++)
            cr_assert((unsigned char)*at >= 0x20 && *at != 0x7F, "%04x", i);

        char *safe = escape_json_safe(pair, sizeof(pair));
        value = json_string(safe);
        cr_assert_not_null(value, "%04x", i);
        json_decref(value);
        free(safe);
    }
}
