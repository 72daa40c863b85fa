/* packed_test.c - a packed trace whose list of blocks is not that of its blocks. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/packed.h"

#include "analyzer/trace/file.h"
#include "analyzer/trace/trace.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

enum { ALLOCATIONS = 300, A_BLOCK = 100, BLOCKS = ALLOCATIONS / A_BLOCK };

static char *dir, path[256];
static unsigned char bytes[1 << 20];
static size_t used;

static void set_up(void)
{
    dir = temporary_directory();
    snprintf(path, sizeof(path), "%s/1.trace.zst", dir);
    used = 0;
}

static void tear_down(void)
{
    remove_directory(dir);
}

TestSuite(packed, .init = set_up, .fini = tear_down);

static size_t pack(const void *from, size_t size)
{
    const size_t packed = ZSTD_compress(bytes + used, sizeof(bytes) - used, from, size, 3);
    cr_assert_not(ZSTD_isError(packed));
    used += packed;
    return packed;
}

static void pack_list(const struct packed_block *list, size_t count)
{
    const size_t at = used;
    used += 8;
    const uint32_t head[2] = {PACKED_INDEX_MAGIC, (uint32_t)pack(list, count * sizeof(*list))};
    memcpy(bytes + at, head, sizeof(head));
}

/* A trace of one stream in several blocks, all of it but the list; its blocks of events. */
static void pack_trace(struct packed_block *blocks)
{
    struct trace_builder *builder = builder_new(1, 1);
    builder_create(builder, 0x10000, 0, 0);
    for (int i = 1; i <= ALLOCATIONS; i++) {
        builder_alloc(builder, 0x10000, 0, 8);
        if (i % A_BLOCK == 0)
            builder_end_block(builder);
    }
    size_t size, count = 0;
    const unsigned char *image = builder_image(builder, &size);
    pack(image, TRACE_PAGE);
    pack(image + TRACE_PAGE, size - TRACE_PAGE);
    for (uint64_t at = TRACE_PAGE; at < size; at += TRACE_PAGE) {
        struct packed_block block = {.offset = at};
        memcpy(&block.header, image + at, sizeof(block.header));
        if (block.header.magic == TRACE_BLOCK_MAGIC && block.header.type == TRACE_BLOCK_EVENTS)
            blocks[count++] = block;
    }
    cr_assert_eq(count, BLOCKS);
    builder_free(builder);
}

/* What is read, and what is said to be wrong. */
static uint64_t read_all(char damage[192])
{
    struct error error = {""};
    struct trace_event event;
    uint64_t allocations = 0;
    write_trace_file(path, bytes, used);
    struct trace *trace = trace_open(path, &error);
    cr_assert(trace, "%s", error.text);
    while (trace_next(trace, &event))
        allocations += event.kind == TRACE_EVENT_ALLOC;
    snprintf(damage, 192, "%s", trace_damage(trace) ? trace_damage(trace) : "");
    trace_close(trace);
    return allocations;
}

Test(packed, a_list_that_is_right_is_believed)
{
    struct packed_block blocks[BLOCKS];
    char damage[192];
    pack_trace(blocks);
    pack_list(blocks, BLOCKS);
    cr_expect_eq(read_all(damage), ALLOCATIONS);
    cr_expect_str_eq(damage, "");
}

Test(packed, a_block_listed_twice_is_damage)
{
    struct packed_block blocks[BLOCKS];
    char damage[192];
    pack_trace(blocks);
    blocks[2] = blocks[1];
    blocks[2].header.sequence = 2;
    pack_list(blocks, BLOCKS);
    cr_expect_lt(read_all(damage), ALLOCATIONS);
    cr_expect(strstr(damage, "where none can be"), "%s", damage);
}

Test(packed, a_list_that_is_too_long_is_damage)
{
    enum { LISTED = 5000 };
    struct packed_block blocks[BLOCKS], *list = calloc(LISTED, sizeof(*list));
    char damage[192];
    pack_trace(blocks);
    for (uint32_t i = 0; i < LISTED; i++) {
        list[i] = blocks[1];
        list[i].header.sequence = i;
    }
    pack_list(list, LISTED);
    cr_expect_eq(read_all(damage), ALLOCATIONS, "what is there is found without it");
    cr_expect(strstr(damage, "a list of more blocks than can be"), "%s", damage);
    free(list);
}

Test(packed, a_block_that_is_not_as_listed_is_damage)
{
    struct packed_block blocks[BLOCKS];
    char damage[192];
    pack_trace(blocks);
    blocks[1].header.base_tick += 7;
    pack_list(blocks, BLOCKS);
    cr_expect_lt(read_all(damage), ALLOCATIONS);
    cr_expect(strstr(damage, "another block than the list of blocks has there"), "%s", damage);
}
