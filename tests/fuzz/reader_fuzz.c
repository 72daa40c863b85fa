/*
 * reader_fuzz.c - a trace of any bytes at all through the reader alone: as it is, and with a
 * quarter of the inputs each packed, which must give the same, and packed with a list of blocks of
 * any bytes.
 */
#include "analyzer/trace/packed_writer.h"
#include "analyzer/trace/trace.h"
#include "fuzz.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

#define LISTED 8 /* blocks */

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
    char path[80];
    struct packed_block list[LISTED];
    snprintf(path, sizeof(path), "%s/packed", fuzz_dir());
    uint64_t hash = fuzz_hash(data, size);
    if (fuzz_is_one_of(4, &hash)) {
        write_packed(path, data, size, 1 + size / (1 + data[size - 1] % 4), NULL, 0);
        if (read_trace(path) != fuzz_sum)
            abort();
    }
    if (size > sizeof(list) && fuzz_is_one_of(4, &hash)) {
        memcpy(list, data + size - sizeof(list), sizeof(list));
        write_packed(path, data, size, PACKED_FRAME, list, LISTED);
        fuzz_sum += read_trace(path);
    }
    unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    fuzz_watch_time();
    fuzz_write(data, size, 1);
    snprintf(path, sizeof(path), "%s/1" TRACE_SUFFIX, fuzz_dir());
    fuzz_sum = read_trace(path);
    if (size > 0 && !is_packed(data, size))
        read_packed(data, size);
    return 0;
}
