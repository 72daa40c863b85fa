/*
 * reader_fuzz.c - a trace of any bytes at all through the reader alone: as it is, and with one of
 * sixteen inputs each packed, which must give the same, and packed with a list of blocks of
 * any bytes; and with pages taken out of it and kept, which must give the same, too, and some of
 * what is kept changed.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/trace/kept_writer.h"
#include "analyzer/trace/packed_writer.h"
#include "analyzer/trace/trace.h"
#include "fuzz.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define SAMPLED 16 /* inputs, of which one is read so, too */
#define LISTED  8  /* blocks */
#define TAKEN   16 /* ranges of pages, at most */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

volatile uint64_t fuzz_sum; /* so that the compiler leaves no read out */

static uint64_t touch(const void *bytes, size_t length)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < length; i++)
        sum += ((const uint8_t *)bytes)[i];
    return sum;
}

/* Every byte that the reader gives to its callers. */
static uint64_t touch_definitions(const struct trace *trace)
{
    uint64_t sum = 0;
    for (unsigned i = 0; i < TRACE_SYSTEMS_MAX; i++) {
        size_t length;
        const char *api = trace_api_text(trace, i, &length);
        sum += api ? touch(api, length) : 0;
    }
    for (size_t i = 0; i < trace_stack_count(trace); i++) {
        const struct stack_definition *stack = trace_stack(trace, i);
        sum += touch(stack->frames, stack->depth * sizeof(*stack->frames));
    }
    for (size_t i = 0; i < trace_module_count(trace); i++) {
        const struct module_definition *module = trace_module(trace, i);
        sum += touch(module->build_id, module->fixed.build_id_length) +
               touch(module->path, module->fixed.path_length);
    }
    for (size_t i = 0; i < trace_hook_count(trace); i++)
        sum += (unsigned char)*trace_hook(trace, i)->how;
    return sum + (unsigned char)*trace_program(trace);
}

/* Of all that the reader gives; 0 where the trace is refused. */
static uint64_t read_trace(const char *path)
{
    struct error error = {""};
    struct trace *trace = trace_open(path, &error);
    if (!trace && !*error.text)
        abort(); /* refused without a word */
    if (!trace)
        return 0;
    uint64_t sum = 1 + touch_definitions(trace);
    struct trace_event event;
    for (uint64_t last = 0; trace_next(trace, &event); last = event.tick) {
        if (event.tick < last)
            abort();
        sum += event.tick + event.pool + event.kind;
        if (event.kind == TRACE_EVENT_NAME)
            sum += touch(event.name, event.name_length);
    }
    sum += trace_damage(trace) != NULL;
    trace_close(trace);
    return sum;
}

/* In frames of FRAME bytes, with the COUNT blocks at LIST. */
static void write_packed(const char *path, const uint8_t *data, size_t size, size_t frame,
                         const struct packed_block *list, size_t count)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    struct packed_writer *writer = packed_writer_new(fd);
    bool ok = fd >= 0;
    for (size_t at = 0; ok && at < size; at += frame)
        ok = packed_writer_frame(writer, data + at, size - at < frame ? size - at : frame);
    ok = ok && (count == 0 || packed_writer_blocks(writer, list, count));
    packed_writer_free(writer);
    if (!ok || close(fd) != 0)
        abort();
}

static bool is_packed(const uint8_t *data, size_t size)
{
    uint32_t magic = 0;
    memcpy(&magic, data, size < sizeof(magic) ? size : sizeof(magic));
    return magic == ZSTD_MAGICNUMBER;
}

static void read_packed(const uint8_t *data, size_t size)
{
    static const char path[] = FUZZ_DIR "/packed";
    struct packed_block list[LISTED];
    uint64_t hash = fuzz_hash(data, size);
    if (fuzz_is_one_of(SAMPLED, &hash)) {
        write_packed(path, data, size, 1 + size / (1 + data[size - 1] % 4), NULL, 0);
        if (read_trace(path) != fuzz_sum)
            abort();
    }
    if (size > sizeof(list) && fuzz_is_one_of(SAMPLED, &hash)) {
        memcpy(list, data + size - sizeof(list), sizeof(list));
        write_packed(path, data, size, PACKED_FRAME, list, LISTED);
        fuzz_sum += read_trace(path);
    }
    unlink(path);
}

/* Any pages but the first, by HASH. */
static struct kept_list choose_pages(struct kept_range ranges[TAKEN], size_t size, uint64_t hash)
{
    struct kept_list list = {.ranges = ranges};
    for (uint64_t page = 1; page < size / TRACE_PAGE && list.count < TAKEN; page++, hash >>= 1) {
        if (!(hash & 1))
            continue;
        ranges[list.count++] = (struct kept_range){page * TRACE_PAGE, TRACE_PAGE};
        list.size += TRACE_PAGE;
    }
    return list;
}

/* Keeps LIST of the trace of DATA beside PATH. */
static void keep(const char *path, const uint8_t *data, const struct kept_list *list)
{
    char beside[96];
    uint64_t end = 0, file_id;
    snprintf(beside, sizeof(beside), "%s" KEPT_SUFFIX, path);
    memcpy(&file_id, data + offsetof(struct trace_header, file_id), sizeof(file_id));
    const int trace = open(path, O_RDONLY | O_CLOEXEC);
    const int kept = open(beside, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (trace < 0 || kept < 0 || !kept_write(kept, &end, trace, file_id, list))
        abort();
    close(kept);
    close(trace);
}

/* What was kept is gone from the trace. */
static void take_out(const char *path, const struct kept_list *list)
{
    static const char zeros[TRACE_PAGE];
    const int fd = open(path, O_WRONLY | O_CLOEXEC);
    bool ok = fd >= 0;
    for (size_t i = 0; ok && i < list->count; i++)
        ok = pwrite(fd, zeros, TRACE_PAGE, (off_t)list->ranges[i].offset) == TRACE_PAGE;
    if (!ok || close(fd) != 0)
        abort();
}

/* Some bytes of what is kept, by HASH: more of them at its beginning. */
static void change_kept(const char *path, uint64_t hash)
{
    char beside[96];
    snprintf(beside, sizeof(beside), "%s" KEPT_SUFFIX, path);
    const int fd = open(beside, O_RDWR | O_CLOEXEC);
    const off_t size = lseek(fd, 0, SEEK_END);
    for (unsigned i = 0; i < 4; i++, hash >>= 13) {
        const uint8_t byte = (uint8_t)(hash >> 5);
        const off_t at = (off_t)(hash % 4096) % (i % 2 ? size : 96);
        if (at < size && pwrite(fd, &byte, 1, at) != 1)
            abort();
    }
    close(fd);
}

static void read_kept(const char *path, const uint8_t *data, size_t size)
{
    struct kept_range ranges[TAKEN];
    char beside[96];
    uint64_t hash = fuzz_hash(data, size);
    const struct kept_list list = choose_pages(ranges, size, hash >> 7);
    if (list.count == 0 || !fuzz_is_one_of(SAMPLED, &hash))
        return;
    keep(path, data, &list);
    take_out(path, &list);
    if (read_trace(path) != fuzz_sum)
        abort();
    change_kept(path, hash);
    fuzz_sum += read_trace(path);
    snprintf(beside, sizeof(beside), "%s" KEPT_SUFFIX, path);
    unlink(beside);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char path[] = FUZZ_DIR "/1" TRACE_SUFFIX;
    fuzz_begin(size);
    fuzz_write(data, size, 1);
    fuzz_sum = read_trace(path);
    if (size > 0 && !is_packed(data, size)) {
        const uint64_t sum = fuzz_sum;
        read_packed(data, size);
        fuzz_sum = sum;
        read_kept(path, data, size);
    }
    return fuzz_end();
}
