/* suppressions_test.c - suppressions: what they match, and mistakes with file and line. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/suppressions.h"
#include "analyzer/rules/finding.h"
#include "analyzer/symbols/logical_stack.h"
#include "tests/unit/support/temp_text.h"

static struct suppressions parsed;
static struct error error;

static bool read_text(const char *text)
{
    char *name = temp_text(text);
    parsed = (struct suppressions){0};
    error.text[0] = '\0';
    bool good = suppressions_read(&parsed, name, &error);
    unlink(name);
    if (!good) /* file and line first */
        cr_expect_eq(strncmp(error.text, name, strlen(name)), 0, "%s", error.text);
    free(name);
    return good;
}

static void expect_refused(const char *text, const char *where, const char *why)
{
    cr_expect_not(read_text(text), "%s", text);
    cr_expect(strstr(error.text, where), "%s: %s", text, error.text);
    cr_expect(strstr(error.text, why), "%s: %s", text, error.text);
    suppressions_free(&parsed);
}

Test(suppressions, are_a_rule_and_a_pattern_a_line)
{
    cr_assert(read_text("# known\n\nleaked-subpool:my_handler\n  *:^Event Pool$  \n"), "%s",
              error.text);
    cr_assert_eq(parsed.count, 2);
    cr_expect_str_eq(parsed.items[0].rule, "leaked-subpool");
    cr_expect_str_eq(parsed.items[0].pattern, "my_handler");
    cr_expect_str_eq(parsed.items[0].text, "leaked-subpool:my_handler");
    cr_expect_eq(parsed.items[0].line, 3);
    cr_expect_str_eq(parsed.items[1].rule, "*");
    cr_expect_str_eq(parsed.items[1].pattern, "^Event Pool$");
    suppressions_free(&parsed);
}

Test(suppressions, have_a_reason_and_an_end)
{
    cr_assert(read_text("growing-pool:a b expires=2999-12-31 reason=it is # said\r\n"
                        "growing-pool:c reason=two words expires=2001-01-01\n"
                        "growing-pool:x=expires=1 # a comment\n"),
              "%s", error.text);
    cr_assert_eq(parsed.count, 3);
    cr_expect_str_eq(parsed.items[0].pattern, "a b");
    cr_expect_str_eq(parsed.items[0].reason, "it is");
    cr_expect_str_eq(parsed.items[0].expires, "2999-12-31");
    cr_expect_not(parsed.items[0].expired);
    cr_expect_str_eq(parsed.items[1].pattern, "c");
    cr_expect_str_eq(parsed.items[1].reason, "two words");
    cr_expect(parsed.items[1].expired);
    cr_expect_str_eq(parsed.items[2].pattern, "x=expires=1");
    cr_expect_null(parsed.items[2].reason);
    suppressions_free(&parsed);
}

Test(suppressions, that_cannot_be_read_are_told_with_file_and_line)
{
    expect_refused("\nmy_handler\n", ":2: ", "expected rule:pattern");
    expect_refused("leak:my_handler\n", ":1: ", "growing-pool");
    expect_refused("growing-pool:\n", ":1: ", "expected a pattern");
    expect_refused("growing-pool: expires=2030-01-01\n", ":1: ", "expected a pattern");
    expect_refused("a\n", ":1: ", "expected rule:pattern");
    expect_refused("growing-pool:a expires=tomorrow\n", ":1: ", "YYYY-MM-DD");
    expect_refused("growing-pool:a expires=2030-13-01\n", ":1: ", "YYYY-MM-DD");
    expect_refused("growing-pool:a expires=2030-02-30\n", ":1: ", "YYYY-MM-DD");
    expect_refused("growing-pool:a expires=2001-01-01 expires=2999-01-01\n", ":1: ", "twice");
    expect_refused("growing-pool:a expires=\n", ":1: ", "YYYY-MM-DD");
    expect_refused("growing-pool:a\ngrowing-pool:b expires=2030-01-011\n", ":2: ", "YYYY-MM-DD");
    cr_expect_not(suppressions_read(&parsed, "/nowhere/at/all", &error));
    cr_expect(strstr(error.text, "/nowhere/at/all: No such file"), "%s", error.text);
}

/* Of one place, as all are once the analysis is done. */
static struct finding found(const char *rule, const char *tag)
{
    static struct growth_place place;
    return (struct finding){
        .rule = rule, .tag = (char *)tag, .depth = 1, .places = {.items = &place, .count = 1}};
}

Test(suppressions, the_first_that_holds_is_told_and_all_that_match_are_used)
{
    cr_assert(read_text("growing-pool:Event expires=2001-01-01\n*:Pool\ngrowing-pool:^Event\n"
                        "leaked-subpool:Event\n"));
    struct stacks *stacks = stacks_new();
    struct name_source source = {.stacks = stacks};
    struct finding event = found("growing-pool", "Event Pool");
    const struct suppression *first = suppressions_find(&parsed, &event, &source);
    cr_assert_eq(first, &parsed.items[1]);
    cr_expect(parsed.items[0].used && parsed.items[1].used && parsed.items[2].used);
    cr_expect_not(parsed.items[3].used);
    struct finding other = found("growing-pool", "Other");
    cr_expect_null(suppressions_find(&parsed, &other, &source));
    other.role = (char *)"permanent_Pool";
    cr_expect_eq(suppressions_find(&parsed, &other, &source), &parsed.items[1]);
    suppressions_free(&parsed);
    stacks_free(stacks);
}

/* What is generated reads back and suppresses what it was made for. */
Test(suppressions, that_are_generated_match)
{
    static const char *const tags[] = {
        "Event Pool",   "a # b",          "x expires=1 y",      "^odd$",
        "stars * here", "\xff\x01 bytes", "mod_x/0.1: Pool #2", "umlaut \xc3\xbc"};
    struct stacks *stacks = stacks_new();
    struct name_source source = {.stacks = stacks};
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct finding finding = found("growing-pool", tags[i]);
        char *text;
        size_t size;
        FILE *out = open_memstream(&text, &size);
        suppression_generate(out, &finding, &source);
        fclose(out);
        cr_assert(read_text(text), "%s", error.text);
        cr_assert_eq(parsed.count, 1, "%s", text);
        cr_expect(suppressions_find(&parsed, &finding, &source), "%s", text);
        struct finding other = found("growing-pool", "quite another");
        cr_expect_not(suppressions_find(&parsed, &other, &source), "%s", text);
        suppressions_free(&parsed);
        free(text);
    }
    stacks_free(stacks);
}

static bool try_suppressions(const char *name, struct error *problem)
{
    struct suppressions any = {0};
    bool good = suppressions_read(&any, name, problem);
    suppressions_free(&any);
    return good;
}

Test(suppressions, of_any_bytes_are_read_or_refused)
{
    expect_any_is_read_or_refused(
        "# known\nleaked-subpool:my_handler expires=2030-01-01 reason=a b\n"
        "*:^mod_*.so$ # x\ngrowing-pool:Event Pool reason=b expires=2031-02-03\n",
        try_suppressions);
}
