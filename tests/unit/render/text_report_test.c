/* text_report_test.c - headlines of findings, in the words of their system. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/text.h"
#include "analyzer/util/number_text.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static struct api_set apis;

static void expect_headline(const struct finding *finding, bool utf8, const char *expected)
{
    char *text = NULL;
    size_t size = 0;
    struct text_report report = {
        open_memstream(&text, &size), {utf8, "", "", "", "", "", ""}, {.apis = &apis}, 0};
    print_headline(&report, finding);
    fclose(report.out);
    cr_expect_str_eq(text, expected);
    free(text);
}

Test(headline, a_leaked_subpool)
{
    struct finding finding = {.rule = "leaked-subpool",
                              .severity = SEVERITY_ERROR,
                              .pids.count = 1,
                              .path = "permanent_pool > mod_x",
                              .count = 20,
                              .bytes = 960,
                              .per_unit = {.unit = API_MARK_RESTART,
                                           .units = 20,
                                           .grew = 20,
                                           .count = 1,
                                           .bytes = 48,
                                           .mean = 48}};
    expect_headline(&finding, true,
                    "ERROR leaked-subpool: `mod_x` under `permanent_pool`: +1 pool, 48 B at each "
                    "restart; 20 alive after 20 restarts\n");
    finding.below = 1;
    finding.pids.count = 3;
    finding.kind = PROCESS_SESSION;
    expect_headline(&finding, true,
                    "ERROR leaked-subpool: `mod_x` under `permanent_pool`: +1 pool, 48 B at each "
                    "restart; 20 alive in 3 sessions, with 1 pool below\n");
}

/* The first system that has a name for it decides. */
Test(headline, in_the_words_of_the_system)
{
    struct finding finding = {
        .rule = "leaked-subpool",
        .severity = SEVERITY_ERROR,
        .kind = PROCESS_SESSION,
        .pids.count = 2,
        .path = "TopMemoryContext > x",
        .count = 20,
        .per_unit = {
            .unit = API_MARK_COMMAND, .units = 20, .grew = 9, .count = 1, .bytes = 48, .mean = 48}};
    const struct api plain = {.align = 1},
                     named = {.words = {[API_MARK_COMMAND] = {"query", "queries"},
                                        [API_WORD_SESSION] = {"backend", "backends"}}},
                     other = {.words = {[API_MARK_COMMAND] = {"request", "requests"}}};
    apis = (struct api_set){{&plain, &named, &other}, 3};
    expect_headline(&finding, true,
                    "ERROR leaked-subpool: `x` under `TopMemoryContext`: +1 pool, 48 B in each of "
                    "9 out of 20 queries; 20 alive in 2 backends\n");
    finding.per_unit.grew = 20;
    finding.pids.count = 1;
    expect_headline(&finding, true,
                    "ERROR leaked-subpool: `x` under `TopMemoryContext`: +1 pool, 48 B at each "
                    "query; 20 alive after 20 queries\n");
}

Test(headline, growth_in_some_units_only)
{
    struct finding finding = {.rule = "permanent-pool-alloc",
                              .severity = SEVERITY_WARNING,
                              .kind = PROCESS_SESSION,
                              .pids.count = 1,
                              .path = "permanent_pool",
                              .count = 500,
                              .bytes = 4000,
                              .per_unit = {.unit = API_MARK_COMMAND,
                                           .units = 1004,
                                           .grew = 500,
                                           .count = 1,
                                           .bytes = 8,
                                           .mean = 8}};
    expect_headline(&finding, true,
                    "warning permanent-pool-alloc: `permanent_pool`: +8 B in each of 500 out of "
                    "1,004 commands; 500 allocations, 4000 B in a session\n");
}

Test(headline, labels_are_escaped)
{
    struct finding finding = {.rule = "growing-pool",
                              .severity = SEVERITY_NOTE,
                              .phase = PHASE_STEADY,
                              .path = "a\033[2J\n > \xc3\xa9\xff",
                              .count = 1,
                              .per_unit.unit = API_MARK_KINDS};
    expect_headline(&finding, true,
                    "note growing-pool: `\xc3\xa9\\xFF` under `a\\x1B[2J\\x0A`: 1 allocation, 0 B "
                    "after start-up\n");
    expect_headline(
        &finding, false,
        "note growing-pool: `\\xC3\\xA9\\xFF` under `a\\x1B[2J\\x0A`: 1 allocation, 0 B "
        "after start-up\n");
}

#define EXPECT_TEXT(function, value, expected)                                                     \
    do {                                                                                           \
        char text[UNITS_TEXT];                                                                     \
        cr_expect_str_eq(function(value, text), expected);                                         \
    } while (0)

Test(units, bytes)
{
    EXPECT_TEXT(bytes_text, 0, "0 B");
    EXPECT_TEXT(bytes_text, 4095, "4095 B");
    EXPECT_TEXT(bytes_text, 4096, "4.0 KB");
    EXPECT_TEXT(bytes_text, 10035, "9.8 KB");
    EXPECT_TEXT(bytes_text, 1024 * 1024 - 1, "1.0 MB");
    EXPECT_TEXT(bytes_text, UINT64_MAX, "16.0 EB");
}

Test(units, counts)
{
    EXPECT_TEXT(count_text, 0, "0");
    EXPECT_TEXT(count_text, 999, "999");
    EXPECT_TEXT(count_text, 1000, "1,000");
    EXPECT_TEXT(count_text, UINT64_MAX, "18,446,744,073,709,551,615");
}

Test(units, durations)
{
    EXPECT_TEXT(duration_text, 350000000, "350 ms");
    EXPECT_TEXT(duration_text, 8800000000, "8.8 s");
    EXPECT_TEXT(duration_text, 9999999999, "9.9 s");
    EXPECT_TEXT(duration_text, 41000000000, "41 s");
    EXPECT_TEXT(duration_text, 125000000000, "2 min 5 s");
    EXPECT_TEXT(duration_text, 3780000000000, "1 h 3 min");
}
