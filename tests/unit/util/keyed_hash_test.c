/* keyed_hash_test.c - keys that somebody chose so that they meet do not meet. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/util/keyed_hash.h"

#include "analyzer/symbols/stacks.h"
#include "analyzer/util/keymap.h"

#include <criterion/criterion.h>
#include <string.h>
#include <time.h>

#define KEYS 20000

static double seconds_since(clock_t start)
{
    return (double)(clock() - start) / CLOCKS_PER_SEC;
}

static double fill(uint64_t (*key)(uint64_t))
{
    struct keymap map = {0};
    clock_t start = clock();
    for (uint64_t i = 1; i <= KEYS; i++)
        *keymap_put(&map, key(i)) = (uint32_t)i;
    cr_expect_eq(map.count, KEYS);
    keymap_free(&map);
    return seconds_since(start);
}

static uint64_t same(uint64_t i)
{
    return i;
}

static uint64_t inverse(uint64_t odd)
{
    uint64_t inverse = odd;
    for (unsigned i = 0; i < 6; i++)
        inverse *= 2 - odd * inverse;
    return inverse;
}

/* What a mixer that everybody knows makes zeros of in its low bits: Murmur's, as an example. */
static uint64_t met_by_murmur(uint64_t i)
{
    uint64_t hash = i << 24;
    hash ^= hash >> 33;
    hash *= inverse(0xff51afd7ed558ccd);
    return hash ^ hash >> 33;
}

/* ... and a multiplication alone. */
static uint64_t met_by_fibonacci(uint64_t i)
{
    return (i << 24) * inverse(0x9e3779b97f4a7c15);
}

static uint64_t met_in_low_bits(uint64_t i)
{
    return i << 40;
}

Test(keyed_hash, a_map_is_as_fast_with_keys_that_were_chosen)
{
    const double usual = fill(same);
    uint64_t (*const chosen[])(uint64_t) = {met_by_murmur, met_by_fibonacci, met_in_low_bits};
    for (unsigned i = 0; i < 3; i++)
        cr_expect_lt(fill(chosen[i]), 20 * usual + 0.02, "kind %u", i);
}

#define MIXER UINT64_C(0x9e3779b97f4a7c15)

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * MIXER;
    return hash ^ hash >> 29;
}

static uint64_t before_shift(uint64_t hash)
{
    uint64_t word = hash;
    for (unsigned i = 0; i < 4; i++)
        word = hash ^ word >> 29;
    return word;
}

/* Two frames whose hash under that mixer is TARGET, or two that nobody chose. */
static void two_frames(struct code_frame *frames, uint64_t i, bool chosen)
{
    const uint64_t target = 0x1234567890abcdef;
    frames[0] = frames[1] = (struct code_frame){.module = FRAME_NO_MODULE};
    frames[0].offset = UINT64_C(0x7f0000000000) + 8 * i;
    frames[1].offset = i;
    if (!chosen)
        return;
    const uint64_t first = mix(mix(4, frames[0].offset), FRAME_NO_MODULE);
    const uint64_t second = before_shift(target) * inverse(MIXER) ^ FRAME_NO_MODULE;
    frames[1].offset = before_shift(second) * inverse(MIXER) ^ first;
}

static double intern(bool chosen)
{
    struct stacks *stacks = stacks_new();
    clock_t start = clock();
    for (uint64_t i = 1; i <= KEYS; i++) {
        struct code_frame frames[2];
        two_frames(frames, i, chosen);
        stacks_intern(stacks, &(struct code_stack){.depth = 2, .frames = frames});
    }
    cr_expect_eq(stacks_count(stacks), KEYS);
    stacks_free(stacks);
    return seconds_since(start);
}

Test(keyed_hash, so_are_backtraces)
{
    const double usual = intern(false);
    cr_expect_lt(intern(true), 20 * usual + 0.02);
}

Test(keyed_hash, the_bytes_and_their_number_count)
{
    const char bytes[32] = "";
    for (unsigned i = 0; i < 32; i++)
        for (unsigned j = 0; j < i; j++)
            cr_expect_neq(keyed_bytes(bytes, i), keyed_bytes(bytes, j));
    cr_expect_eq(keyed_bytes("pool", 4), keyed_bytes("pools", 4));
    cr_expect_neq(keyed_bytes("pool", 4), keyed_bytes("loop", 4));
    cr_expect_neq(keyed_mix(1, 2), keyed_mix(2, 1));
    cr_expect(hash_key[0] != hash_key[1] && hash_key[0] > 1);
}
