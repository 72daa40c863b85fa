/* wall_time_test.c - moments as people type them. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/wall_time.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <time.h>

#define START UINT64_C(1700000000000000000)

static const struct {
    const char *word;
    uint64_t ns;
} good[] = {
    {"0", START},
    {"2", START + 2000000000},
    {"2.5", START + 2500000000},
    {"2.5s", START + 2500000000},
    {"300ms", START + 300000000},
    {"0.001ms", START + 1000},
    {"+1.5s", START + 1500000000},
    {"1m30s", START + 90000000000},
    {"2min", START + 120000000000},
    {"1h", START + 3600000000000},
    {"03:43:20", START}, /* local: on the next day there */
    {"03:44", START + 40000000000},
    {"03:43:19", START - 1000000000},
    {"15:43:19", START + 43199000000000},
    {"15:43:21", START - 43199000000000 + 86400000000000},
    {"2023-11-14T22:13:20Z", START},
    {"2023-11-14T22:13:20.25Z", START + 250000000},
    {"2023-11-15T00:13:20+02:00", START},
    {"2023-11-14 22:13:20+0000", START},
    {"2023-11-15T03:43:20", START}, /* local: five and a half hours ahead */
};

static const char *const bad[] = {
    "",
    "s",
    "-1",
    "1 s",
    "1d",
    "1h-5m",
    "+",
    "5 m",
    "25:00",
    "12:04:27x",
    "1e400",
    "nan",
    "inf",
    "1.5sx",
    "2023-11-14",
    "2023-11-14T22:13",
    "2023-11-14T22:13:20X",
    "2023-11-14T22:13:20Zx",
    "2023-13-40T22:13:20Z",
    "1969-01-01T00:00:00Z",
};

Test(wall_time, words_become_moments)
{
    setenv("TZ", "XST-5:30", 1);
    tzset();
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        uint64_t ns = 0;
        cr_expect(wall_time_parse(good[i].word, START, &ns), "%s", good[i].word);
        cr_expect_eq(ns, good[i].ns, "%s: %llu", good[i].word, (unsigned long long)ns);
    }
}

Test(wall_time, after_midnight)
{
    uint64_t evening = START + UINT64_C(72000) * 1000000000, ns = 0; /* 23:43:20 there */
    setenv("TZ", "XST-5:30", 1);
    tzset();
    cr_expect(wall_time_parse("00:10", evening, &ns));
    cr_expect_eq(ns, evening + UINT64_C(1600) * 1000000000);
}

Test(wall_time, other_words_are_refused)
{
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        uint64_t ns;
        cr_expect_not(wall_time_parse(bad[i], START, &ns), "'%s'", bad[i]);
    }
}

Test(wall_time, moments_become_words)
{
    char text[WALL_TIME_TEXT];
    cr_expect_str_eq(wall_time_iso(START + 5, text), "2023-11-14T22:13:20.000000005Z");
    setenv("TZ", "XST-5:30", 1);
    tzset();
    cr_expect_str_eq(wall_time_local(START, text), "2023-11-15 03:43:20");
    wall_time_iso(UINT64_MAX, text);
}
