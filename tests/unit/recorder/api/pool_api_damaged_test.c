/* pool_api_damaged_test.c - descriptions at their limits, cut off, damaged, or none at all. */
/* SPDX-License-Identifier: MIT */
#include "preload/api/pool_api.h"

#include "tests/unit/support/builtin_text.h"
#include "tests/unit/support/repeated_text.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

/* LENGTH bytes right before a page that cannot be read: an overrun crashes in any build. */
static char *guarded(const char *text, size_t length)
{
    const size_t page = 4096, size = (length + page - 1) / page * page;
    char *mapping =
        mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    cr_assert_neq(mapping, MAP_FAILED);
    cr_assert_eq(mprotect(mapping + size, page, PROT_NONE), 0);
    return memcpy(mapping + size - length, text, length);
}

static void unguard(char *text, size_t length)
{
    const size_t page = 4096, size = (length + page - 1) / page * page;
    munmap(text + length - size, size + page);
}

static void expect_inside(struct slice slice, const char *text, size_t length)
{
    if (slice.text)
        cr_assert(slice.text >= text && slice.text + slice.length <= text + length);
}

/* All that a caller relies on in a description that was accepted. */
static void expect_sound(const struct api *api, const char *text, size_t length)
{
    cr_assert(api->function_count > 0 && api->function_count <= API_FUNCTIONS_MAX);
    cr_assert(api->detects <= API_DETECT_MAX && api->library_count <= API_LIBRARY_MAX);
    cr_assert(api->root_count <= API_ROOTS_MAX && api->mark_count <= API_MARKS_MAX);
    cr_assert(api->align >= 1);
    expect_inside(api->name, text, length);
    for (unsigned i = 0; i < api->function_count; i++) {
        const struct api_function *function = &api->functions[i];
        cr_assert(function->role < API_ROLES && function->role != API_MARK &&
                  function->fallbacks <= API_FALLBACKS_MAX);
        cr_assert(function->pool.count <= EXPRESSION_STEPS &&
                  (function->pool.count > 0) != function->anywhere);
        expect_inside(function->locations[0].symbol, text, length);
        expect_inside(function->cost, text, length);
        for (unsigned j = 0; j < function->fallbacks; j++)
            expect_inside(function->fallback[j], text, length);
    }
    for (unsigned i = 0; i < api->mark_count; i++) {
        cr_assert(api->marks[i].kind < API_MARK_KINDS && api->marks[i].argument < 6);
        expect_inside(api->marks[i].symbol, text, length);
        expect_inside(api->marks[i].text, text, length);
    }
    cr_assert(api->pool_role_count <= API_POOLS_MAX && api->sign_count <= API_SIGNS_MAX);
    for (unsigned i = 0; i < api->sign_count; i++) {
        const struct api_sign *sign = &api->signs[i];
        cr_assert(sign->role < api->pool_role_count && sign->in_role <= sign->role);
        expect_inside(sign->tag, text, length);
        expect_inside(sign->by, text, length);
        expect_inside(sign->root, text, length);
    }
}

/* Parses a guarded copy; only that nothing breaks matters. */
static bool parse_guarded(const char *text, size_t length)
{
    struct api api;
    struct api_error error = {0, NULL};
    char *copy = guarded(text, length);
    bool parsed = api_parse(copy, length, &api, &error);
    if (parsed)
        expect_sound(&api, copy, length);
    else
        cr_assert(error.line >= 1 && error.message, "no line or message");
    unguard(copy, length);
    return parsed;
}

Test(pool_api_damaged, a_byte_order_mark_is_none)
{
    static const char text[] = "\xEF\xBB\xBF[api]\nname = x\n[functions]\n" FUNCTION;
    struct api api;
    struct api_error error = {0, ""};

    cr_expect(api_parse(text, sizeof(text) - 1, &api, &error), "%u: %s", error.line, error.message);
    cr_expect_not(api_parse(text, 4, &api, &error));
    cr_expect_eq(error.line, 1);
    cr_expect_not(api_parse(text, 2, &api, &error));
    cr_expect_eq(error.line, 1);
}

Test(pool_api_damaged, every_limit_can_be_reached)
{
    static const char text[] =
        "[api]\nname = x\ndetect = " NAMES_8 "\nlibrary = " NAMES_32 NAMES_32
        "\n[functions]\n" NTH_16(0) NTH_16(5) NTH_4(1) NTH_4(2) NTH_4(3) NTH(40) NTH(41)
            NTH(42) "f = destroy pool=a0 else=a,b,c,d,e,f,g,h\n"
                    "[roots]\n" TIMES_4("a\n") TIMES_4("a\n") "[marks]\n" TIMES_16("command = f\n");
    struct api api;
    struct api_error error = {0, ""};

    cr_assert(api_parse(text, sizeof(text) - 1, &api, &error), "%u: %s", error.line, error.message);
    expect_sound(&api, text, sizeof(text) - 1);
    cr_expect_eq(api.function_count, API_FUNCTIONS_MAX);
    cr_expect_eq(api.functions[API_FUNCTIONS_MAX - 1].fallbacks, API_FALLBACKS_MAX);
    cr_expect_eq(api.library_count, API_LIBRARY_MAX);
    cr_expect_eq(api.mark_count, API_MARKS_MAX);
}

Test(pool_api_damaged, longer_than_a_description_may_be)
{
    struct api api;
    struct api_error error = {0, ""};
    struct slice builtin = builtin_text();
    char *text = malloc(API_TEXT_MAX + 1);

    memset(text, '\n', API_TEXT_MAX + 1);
    memcpy(text, builtin.text, builtin.length);
    cr_expect(api_parse(text, API_TEXT_MAX, &api, &error));
    cr_expect(!api_parse(text, API_TEXT_MAX + 1, &api, &error));
    cr_expect_str_eq(error.message, "the description is longer than 64 KiB");
    free(text);
}

Test(pool_api_damaged, truncated_anywhere)
{
    struct slice text = builtin_text();
    unsigned accepted = 0;

    for (size_t length = 0; length <= text.length; length++)
        accepted += parse_guarded(text.text, length);
    cr_expect(accepted > 0 && accepted < text.length);
}

Test(pool_api_damaged, damaged_anywhere)
{
    static const char bytes[] = "\0\n\r\t #\"=[](),.0x\xFF";
    struct slice text = builtin_text();
    char *damaged = malloc(text.length);

    memcpy(damaged, text.text, text.length);
    for (size_t i = 0; i < text.length; i++) {
        for (size_t j = 0; j < sizeof(bytes) - 1; j++) {
            damaged[i] = bytes[j];
            parse_guarded(damaged, text.length);
        }
        damaged[i] = text.text[i];
    }
    free(damaged);
}

/* Words of the language and bytes that are none, put together without sense. */
static size_t write_nonsense(char *to, size_t size)
{
    static const char *const words[] = {"[api]\n",
                                        "[functions]\n",
                                        "[roots]\n",
                                        "[marks]\n",
                                        "[layout]\n",
                                        "name = x\n",
                                        "tail(",
                                        ")",
                                        "call(",
                                        ",1)",
                                        "=",
                                        " ",
                                        "\n",
                                        "create",
                                        "alloc",
                                        "pool=a0",
                                        "free ",
                                        "realloc ",
                                        "set_parent ",
                                        "object=*(a0-8)",
                                        "children=keep",
                                        "size=0x",
                                        "else=",
                                        ",",
                                        "cost=\"",
                                        "\"",
                                        "#",
                                        "align",
                                        "command = f",
                                        " a0=\"x\"",
                                        "pool.size = ",
                                        "4294967296",
                                        "ret",
                                        "[",
                                        "[roles]\n",
                                        "tag=\"x\"",
                                        "life=command",
                                        "parent=x",
                                        "by=f,g"};
    const char *section = words[(size_t)random() % 5];
    size_t length = strlen(section);
    memcpy(to, section, length);
    while (length + 16 < size && random() % 40 != 0) {
        if (random() % 8 == 0) {
            to[length++] = (char)random();
            continue;
        }
        const char *word = words[(size_t)random() % (sizeof(words) / sizeof(words[0]))];
        memcpy(to + length, word, strlen(word));
        length += strlen(word);
    }
    return length;
}

Test(pool_api_damaged, nonsense)
{
    char text[1024];

    srandom(1);
    for (unsigned i = 0; i < 20000; i++)
        parse_guarded(text, write_nonsense(text, sizeof(text)));
}
