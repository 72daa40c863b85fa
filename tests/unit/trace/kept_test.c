/* kept_test.c - what lifeguard keep took out of a trace: put back, or missed. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/trace/kept_writer.h"

#include "analyzer/trace/trace.h"
#include "tests/unit/support/trace_builder.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { ALLOCATIONS = 500, A_BLOCK = 100, BLOCKS = ALLOCATIONS / A_BLOCK, ID = 77 };

static char *dir, path[256], beside[256 + sizeof(KEPT_SUFFIX)];
static int trace_fd, kept_fd;
static struct kept_range ranges[BLOCKS]; /* of its blocks of events */
static uint64_t end;

/* A trace of one stream in several blocks, and nothing taken out of it. */
static void write_trace(void)
{
    struct trace_builder *builder = builder_new(ID, 1);
    builder_create(builder, 0x10000, 0, 0);
    for (int i = 1; i <= ALLOCATIONS; i++) {
        builder_alloc(builder, 0x10000, 0, 8);
        if (i % A_BLOCK == 0)
            builder_end_block(builder);
    }
    size_t size, count = 0;
    const unsigned char *image = builder_image(builder, &size);
    for (uint64_t at = TRACE_PAGE; at < size; at += TRACE_PAGE) {
        struct trace_block block;
        memcpy(&block, image + at, sizeof(block));
        if (block.magic == TRACE_BLOCK_MAGIC && block.type == TRACE_BLOCK_EVENTS)
            ranges[count++] = (struct kept_range){at, block.size};
    }
    cr_assert_eq(count, BLOCKS);
    write_trace_file(path, image, size);
    builder_free(builder);
}

static void set_up(void)
{
    dir = temporary_directory();
    snprintf(path, sizeof(path), "%s/1.trace", dir);
    snprintf(beside, sizeof(beside), "%s" KEPT_SUFFIX, path);
    write_trace();
    trace_fd = open(path, O_RDWR | O_CLOEXEC);
    kept_fd = open(beside, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    cr_assert(trace_fd >= 0 && kept_fd >= 0);
    end = 0;
}

static void tear_down(void)
{
    close(trace_fd);
    close(kept_fd);
    remove_directory(dir);
}

TestSuite(kept, .init = set_up, .fini = tear_down);

/* Keeps COUNT blocks from FIRST on as one piece of the trace FILE_ID. */
static void keep(size_t first, size_t count, uint64_t file_id)
{
    struct kept_list list = {ranges + first, count, 0};
    for (size_t i = first; i < first + count; i++)
        list.size += ranges[i].size;
    cr_assert(kept_write(kept_fd, &end, trace_fd, file_id, &list));
}

/* Gives back that many blocks, the first ones. */
static void release(size_t count)
{
    static const char zeros[TRACE_BLOCK_MAX];
    uint64_t released = 0;
    for (size_t i = 0; i < count; i++) {
        released += ranges[i].size;
        cr_assert_eq(pwrite(trace_fd, zeros, ranges[i].size, (off_t)ranges[i].offset),
                     (ssize_t)ranges[i].size);
    }
    cr_assert_eq(
        pwrite(trace_fd, &released, sizeof(released), offsetof(struct trace_header, released)),
        sizeof(released));
}

/* Changes the byte at OFFSET of what is kept. */
static void change(uint64_t offset)
{
    unsigned char byte;
    cr_assert_eq(pread(kept_fd, &byte, 1, (off_t)offset), 1);
    byte ^= 0x55;
    cr_assert_eq(pwrite(kept_fd, &byte, 1, (off_t)offset), 1);
}

/* How many allocations are read, and what is said to be wrong. */
static int read_all(char damage[256])
{
    struct error error = {""};
    struct trace_event event;
    int allocations = 0;
    struct trace *trace = trace_open(path, &error);
    cr_assert(trace, "%s", error.text);
    while (trace_next(trace, &event))
        allocations += event.kind == TRACE_EVENT_ALLOC;
    snprintf(damage, 256, "%s", trace_damage(trace) ? trace_damage(trace) : "");
    trace_close(trace);
    return allocations;
}

static void expect_whole(void)
{
    char damage[256];
    cr_expect_eq(read_all(damage), ALLOCATIONS);
    cr_expect_str_eq(damage, "");
}

static void expect_damage(const char *says)
{
    char damage[256];
    cr_expect_lt(read_all(damage), ALLOCATIONS);
    cr_expect(strstr(damage, says), "%s", damage);
}

Test(kept, what_was_taken_out_is_read)
{
    expect_whole();
    keep(0, 2, ID);
    release(2);
    expect_whole();
    keep(2, 1, ID);
    keep(3, 1, ID);
    release(4);
    expect_whole();
}

Test(kept, what_was_kept_and_not_given_back_yet_counts_once)
{
    keep(0, 3, ID);
    expect_whole();
    release(1);
    expect_whole();
}

Test(kept, what_is_missing_is_damage)
{
    keep(0, 3, ID);
    release(3);
    cr_assert_eq(unlink(beside), 0);
    expect_damage("bytes that lifeguard keep took out");
}

Test(kept, what_is_cut_off_is_damage)
{
    keep(0, 2, ID);
    keep(2, 1, ID);
    release(3);
    cr_assert_eq(ftruncate(kept_fd, (off_t)end - 1), 0);
    expect_damage("are not in the .kept file beside it: cut off");
}

Test(kept, what_is_being_written_is_none)
{
    keep(0, 2, ID);
    release(2);
    const uint64_t second = end;
    keep(2, 1, ID);
    for (uint64_t length = end - 1; length > second; length--) {
        cr_assert_eq(ftruncate(kept_fd, (off_t)length), 0);
        expect_whole();
    }
}

Test(kept, the_beginning_of_a_piece_is_written_last)
{
    static const char zeros[sizeof(struct kept_piece)];
    keep(0, 1, ID);
    release(1);
    const uint64_t second = end;
    keep(1, 1, ID);
    cr_assert_eq(pwrite(kept_fd, zeros, sizeof(zeros), (off_t)second), sizeof(zeros));
    expect_whole();
}

Test(kept, a_list_that_was_changed_is_damage)
{
    keep(0, 3, ID);
    release(3);
    change(sizeof(struct kept_piece) + 1);
    expect_damage("a list that was changed");
}

Test(kept, bytes_that_were_changed_are_damage)
{
    keep(0, 3, ID);
    release(3);
    change(end - 9);
    expect_damage("of the .kept file: ");
}

Test(kept, a_piece_of_another_trace_is_damage)
{
    keep(0, 3, ID + 1);
    release(3);
    expect_damage("of another trace");
}

Test(kept, a_list_that_is_too_long_is_damage)
{
    const uint32_t count = UINT32_MAX;
    keep(0, 3, ID);
    release(3);
    cr_assert_eq(pwrite(kept_fd, &count, sizeof(count), offsetof(struct kept_piece, count)),
                 sizeof(count));
    expect_damage("a list of impossible length");
}

Test(kept, a_piece_that_is_too_large_is_damage)
{
    const uint32_t size = UINT32_MAX;
    keep(0, 3, ID);
    release(3);
    cr_assert_eq(pwrite(kept_fd, &size, sizeof(size), offsetof(struct kept_piece, size)),
                 sizeof(size));
    expect_damage("a piece of impossible size");
}

Test(kept, a_range_where_none_can_be_is_damage)
{
    ranges[1].offset += 8;
    keep(0, 3, ID);
    release(3);
    expect_damage("a range where none can be");
}

Test(kept, a_range_that_is_there_twice_is_told)
{
    struct kept *kept = kept_new(path);
    keep(0, 2, ID);
    keep(1, 1, ID);
    cr_expect(kept_look(kept, ID));
    cr_expect(kept_fault(kept) && strstr(kept_fault(kept), "a range that is there twice"));
    kept_free(kept);
}

Test(kept, what_was_left_out_is_zeros)
{
    const struct kept_list list = {ranges + 1, 2, ranges[1].size + ranges[2].size};
    unsigned char bytes[16];
    uint64_t at;
    struct kept *kept = kept_new(path);
    keep(0, 1, ID);
    cr_assert(kept_write_bytes(kept_fd, &end, ID, &list, NULL));
    keep(3, 1, ID);
    cr_assert(kept_look(kept, ID));
    cr_expect_eq(kept_size(kept), ranges[0].size + list.size + ranges[3].size);
    memset(bytes, 1, sizeof(bytes));
    cr_expect(kept_read(kept, bytes, sizeof(bytes), ranges[1].offset));
    cr_expect_eq(bytes[0] | bytes[sizeof(bytes) - 1], 0);
    cr_expect(kept_next(kept, ranges[1].offset, &at));
    cr_expect_eq(at, ranges[3].offset);
    kept_free(kept);
}

/* Who holds what was there first reads that; who does not is told. */
Test(kept, a_file_that_takes_its_place_is_told)
{
    struct kept *holds = kept_new(path), *rests = kept_new(path);
    unsigned char byte;
    keep(0, 2, ID);
    kept_hold(holds);
    cr_assert(kept_look(holds, ID) && kept_look(rests, ID));
    kept_rest(holds);
    kept_rest(rests);
    cr_assert_eq(unlink(beside), 0);
    close(kept_fd);
    kept_fd = open(beside, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    end = 0;
    keep(1, 2, ID);
    cr_expect(kept_look(holds, ID) && kept_read(holds, &byte, 1, ranges[0].offset));
    cr_expect_null(kept_fault(holds));
    kept_look(rests, ID);
    cr_expect_not(kept_read(rests, &byte, 1, ranges[0].offset));
    cr_expect(kept_fault(rests) && strstr(kept_fault(rests), "it was thinned"));
    kept_free(holds);
    kept_free(rests);
}

Test(kept, names_of_such_files)
{
    cr_expect(kept_is_file("12.trace.kept"));
    cr_expect(kept_is_file("12.3.trace.kept"));
    cr_expect_not(kept_is_file(".trace.kept"));
    cr_expect_not(kept_is_file("12.trace"));
    cr_expect_not(kept_is_file("mine.trace.kept"));
}
