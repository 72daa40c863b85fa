/* Tests of preload/code/xz.c and lzma2.c: what liblzma packs is unpacked, in all of its ways, and
 * damage is refused. */
/* SPDX-License-Identifier: MIT */
#include "preload/code/xz.h"

#include <criterion/criterion.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST (1u << 20) /* bytes of a sample */

static uint64_t work[LZMA2_WORK_SIZE / sizeof(uint64_t)];
static uint8_t sample[MOST], packed[MOST + (1u << 16)], unpacked[MOST];

/* This program, which has code, tables and names, and after it what cannot be packed. */
static size_t make_sample(size_t noise)
{
    FILE *file = fopen("/proc/self/exe", "rb");
    cr_assert_not_null(file);
    size_t size = fread(sample, 1, MOST - noise, file);
    fclose(file);
    for (uint32_t i = 0, value = 1; i < noise; i++) {
        value = value * 1664525 + 1013904223;
        sample[size++] = (uint8_t)(value >> 24);
    }
    return size;
}

/* Packs SIZE bytes of the sample. Returns in how many. */
static size_t pack(size_t size, uint32_t preset, uint32_t contexts, lzma_check check)
{
    lzma_options_lzma options;
    size_t length = 0;
    cr_assert_not(lzma_lzma_preset(&options, preset));
    options.lc = contexts & 0xf;
    options.lp = contexts >> 4 & 0xf;
    options.pb = contexts >> 8 & 0xf;
    lzma_filter filters[] = {{LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    cr_assert_eq(lzma_stream_buffer_encode(filters, check, NULL, sample, size, packed, &length,
                                           sizeof(packed)),
                 LZMA_OK);
    return length;
}

static void expect_same(size_t size, size_t length)
{
    cr_assert_eq(xz_unpacked_size(packed, length), size);
    memset(unpacked, 0xa5, size);
    cr_assert(xz_unpack(packed, length, unpacked, work));
    cr_expect_eq(memcmp(sample, unpacked, size), 0);
}

Test(xz, what_was_packed_in_any_way_is_unpacked)
{
    static const uint32_t contexts[] = {0x203, 0x000, 0x404, 0x040, 0x022, 0x113};
    const size_t size = make_sample(300000);
    for (size_t i = 0; i < sizeof(contexts) / sizeof(*contexts); i++)
        expect_same(size, pack(size, 1, contexts[i], LZMA_CHECK_CRC64));
    expect_same(size, pack(size, 6, 0x203, LZMA_CHECK_SHA256));
    expect_same(size, pack(size, 1, 0x203, LZMA_CHECK_NONE));
}

Test(xz, short_ones_and_long_runs)
{
    for (size_t size = 1; size < 40; size++) {
        memset(sample, 'x', size);
        expect_same(size, pack(size, 6, 0x203, LZMA_CHECK_CRC32));
    }
    memset(sample, 0, MOST);
    expect_same(MOST, pack(MOST, 6, 0x203, LZMA_CHECK_CRC32));
}

/* As threads pack: in several blocks, whose headers have their sizes. */
Test(xz, several_blocks)
{
    const size_t size = make_sample(5000);
    lzma_stream stream = LZMA_STREAM_INIT;
    const lzma_mt how = {
        .threads = 2, .block_size = 100001, .preset = 0, .check = LZMA_CHECK_CRC64};
    cr_assert_eq(lzma_stream_encoder_mt(&stream, &how), LZMA_OK);
    stream.next_in = sample;
    stream.avail_in = size;
    stream.next_out = packed;
    stream.avail_out = sizeof(packed);
    cr_assert_eq(lzma_code(&stream, LZMA_FINISH), LZMA_STREAM_END);
    expect_same(size, (size_t)stream.total_out);
    lzma_end(&stream);
}

Test(xz, what_is_filtered_is_refused)
{
    lzma_options_lzma options;
    size_t length = 0;
    cr_assert_not(lzma_lzma_preset(&options, 1));
    lzma_filter filters[] = {
        {LZMA_FILTER_X86, NULL}, {LZMA_FILTER_LZMA2, &options}, {LZMA_VLI_UNKNOWN, NULL}};
    const size_t size = make_sample(0) / 8;
    cr_assert_eq(lzma_stream_buffer_encode(filters, LZMA_CHECK_CRC32, NULL, sample, size, packed,
                                           &length, sizeof(packed)),
                 LZMA_OK);
    cr_expect_not(xz_unpack(packed, length, unpacked, work));
}

/* Each byte of it, in memory that ends where it does; what is written past the end is seen. */
Test(xz, damage_is_refused_or_unpacked_within_bounds)
{
    const size_t size = 3000, length = (make_sample(2000), pack(size, 6, 0x203, LZMA_CHECK_CRC32));
    uint8_t *exact = malloc(length), *room = malloc(MOST);
    for (size_t i = 0; i < length; i++) {
        memcpy(exact, packed, length);
        exact[i] ^= (uint8_t)(1u << i % 8);
        const uint64_t says = xz_unpacked_size(exact, length);
        if (says == 0 || says >= MOST)
            continue;
        room[says] = 0x5a;
        xz_unpack(exact, length, room, work);
        cr_assert_eq(room[says], 0x5a, "byte %zu", i);
    }
    for (size_t left = 0; left < length; left++)
        cr_assert_not(xz_unpack(packed, left, room, work), "the first %zu bytes", left);
    free(exact);
    free(room);
}

Test(xz, what_is_no_such_file_is_refused)
{
    memset(packed, 0, 100);
    cr_expect_eq(xz_unpacked_size(packed, 100), 0);
    cr_expect_not(xz_unpack(packed, 100, unpacked, work));
    cr_expect_not(xz_unpack(packed, 0, unpacked, work));
}
