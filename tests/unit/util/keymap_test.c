/* keymap_test.c - keymap agrees with an array. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/keymap.h"

#include <criterion/criterion.h>

#define KEYS 5000

static uint64_t next_random(uint64_t *state)
{
    *state = *state * 6364136223846793005u + 1442695040888963407u;
    return *state >> 33;
}

Test(keymap, an_empty_map_has_nothing)
{
    struct keymap map = {0};
    cr_expect_eq(keymap_get(&map, 1), 0);
    keymap_remove(&map, 1);
    keymap_free(&map);
}

Test(keymap, agrees_with_an_array_over_random_puts_and_removals)
{
    struct keymap map = {0};
    uint32_t expected[KEYS + 1] = {0};
    uint64_t random = 42;
    for (unsigned step = 1; step <= 200000; step++) {
        uint64_t key = next_random(&random) % KEYS + 1;
        if (next_random(&random) % 2) {
            cr_assert_eq(*keymap_put(&map, key << 34), expected[key]);
            *keymap_put(&map, key << 34) = expected[key] = step;
        } else {
            keymap_remove(&map, key << 34);
            expected[key] = 0;
        }
    }
    size_t count = 0;
    for (uint64_t key = 1; key <= KEYS; key++) {
        cr_assert_eq(keymap_get(&map, key << 34), expected[key]);
        count += expected[key] != 0;
    }
    cr_expect_eq(map.count, count);
    keymap_free(&map);
}
