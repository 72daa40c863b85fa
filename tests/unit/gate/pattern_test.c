/* pattern_test.c - patterns: parts, anchors, stars. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/gate/pattern.h"

#include <criterion/criterion.h>
#include <string.h>

Test(pattern, is_a_part_of_the_text)
{
    cr_expect(pattern_matches("pool", "Event Pool pool"));
    cr_expect(pattern_matches("Event", "Event Pool"));
    cr_expect_not(pattern_matches("event", "Event Pool"));
    cr_expect_not(pattern_matches("pools", "pool"));
    cr_expect_not(pattern_matches("pool", NULL));
}

Test(pattern, begins_and_ends_where_it_says)
{
    cr_expect(pattern_matches("^Event", "Event Pool"));
    cr_expect_not(pattern_matches("^Pool", "Event Pool"));
    cr_expect(pattern_matches("Pool$", "Event Pool"));
    cr_expect(pattern_matches("Pool$", "Pool Pool"));
    cr_expect_not(pattern_matches("Event$", "Event Pool"));
    cr_expect(pattern_matches("^Event Pool$", "Event Pool"));
    cr_expect_not(pattern_matches("^Event$", "Event Event"));
    cr_expect(pattern_matches("^$", ""));
    cr_expect_not(pattern_matches("^$", "x"));
}

Test(pattern, star_stands_for_anything)
{
    cr_expect(pattern_matches("*", ""));
    cr_expect(pattern_matches("mod_*.so", "mod_x.so.1"));
    cr_expect(pattern_matches("^a*b*c$", "a1b2c"));
    cr_expect(pattern_matches("^a*b*c$", "abc"));
    cr_expect_not(pattern_matches("^a*b*c$", "a1c2b"));
    cr_expect_not(pattern_matches("^ab*ba$", "aba"), "no byte is matched twice");
    cr_expect(pattern_matches("^*x$", "yyx"));
    cr_expect_not(pattern_matches("a*", "b"));
    cr_expect(pattern_matches("^a*", "a"));
    cr_expect_not(pattern_matches("^a*", "ba"));
}

Test(pattern, nothing_else_is_special)
{
    cr_expect(pattern_matches("[a].?(", "x[a].?(y"));
    cr_expect_not(pattern_matches("a.c", "abc"));
    cr_expect(pattern_matches("a^b$c", "a^b$c"));
}

/* A run of stars takes no time that grows with their number's power. */
Test(pattern, is_fast_whatever_it_is, .timeout = 20)
{
    char pattern[2001], text[100001];
    for (size_t i = 0; i < sizeof pattern - 1; i++)
        pattern[i] = i % 2 ? '*' : 'a';
    pattern[sizeof pattern - 2] = 'b';
    pattern[sizeof pattern - 1] = '\0';
    memset(text, 'a', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    cr_expect_not(pattern_matches(pattern, text));
}
