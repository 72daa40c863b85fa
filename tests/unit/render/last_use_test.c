/* last_use_test.c - what is said of data by when it was used last. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/render/last_use.h"
#include "analyzer/util/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

static void expect(struct last_use use, const char *said, const char *belongs)
{
    struct finding finding = {.last_use = use, .advice = "End it."};
    finding.last_use.word = "request";
    char *advice = last_use_advice(&finding);
    cr_expect_str_eq(advice, said);
    free(advice);
    json_t *json = last_use_json(&finding.last_use);
    const char *told = json_string_value(json_object_get(json, "belongs"));
    cr_expect_eq(json_integer_value(json_object_get(json, "unused")), (json_int_t)use.unused);
    cr_expect(belongs ? told && strcmp(told, belongs) == 0 : !told, "%s", told);
    json_decref(json);
}

Test(last_use, what_is_used_no_more_belongs_in_the_pool_at_hand)
{
    expect((struct last_use){.samples = 98, .unused = 97, .hand = "cmd", .in_hand = 90},
           "Never used after its request in 97 of 98 samples: it belongs in cmd. End it.", "cmd");
}

Test(last_use, where_none_was_for_most_none_is_named)
{
    expect((struct last_use){.samples = 98, .unused = 97, .hand = "cmd", .in_hand = 50},
           "Never used after its request in 97 of 98 samples: it belongs in a pool that ends with "
           "the request. End it.",
           NULL);
}

Test(last_use, a_pool_whose_data_is_used_no_more_can_end)
{
    expect(
        (struct last_use){.samples = 10, .unused = 10, .hand = "cmd", .in_hand = 10, .pools = true},
        "Never used after its request in 10 of 10 samples: the pool can end with the request, as "
        "cmd does, which was at hand. End it.",
        "cmd");
}

Test(last_use, what_is_used_on_is_a_cache)
{
    expect((struct last_use){.samples = 98, .unused = 2, .hand = "cmd", .in_hand = 2},
           "Still used after its request in 96 of 98 samples: it is a cache, which needs a limit, "
           "not another pool. End it.",
           NULL);
}

Test(last_use, what_is_used_at_the_very_end_is_needed_until_then)
{
    expect(
        (struct last_use){.samples = 9, .at_end = 9},
        "Still used after its request in 9 of 9 samples, but only at the end: it is needed until "
        "then. End it.",
        NULL);
}

Test(last_use, where_it_is_both_both_is_said)
{
    expect((struct last_use){.samples = 10, .unused = 5, .hand = "cmd", .in_hand = 5},
           "Still used after its request in 5 of 10 samples, and never in the others. End it.",
           NULL);
}

Test(last_use, without_samples_nothing_is_said)
{
    struct finding finding = {.advice = "End it."};
    char *advice = last_use_advice(&finding);
    cr_expect_str_eq(advice, "End it.");
    free(advice);
    json_t *json = last_use_json(&finding.last_use);
    cr_expect(json_is_null(json));
    json_decref(json);
}
