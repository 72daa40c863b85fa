/* reader_fuzz.c - a trace of any bytes at all through the reader alone. */
#include "fuzz.h"
#include "trace_reader.h"

#include <stdio.h>
#include <stdlib.h>

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
    size_t length;
    const char *api = trace_api_text(trace, &length);
    uint64_t sum = api ? touch(api, length) : 0;
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

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    char path[64];
    struct error error = {""};
    fuzz_write(data, size);
    snprintf(path, sizeof(path), "%s/1" TRACE_SUFFIX, fuzz_dir());
    struct trace *trace = trace_open(path, &error);
    if (!trace && !*error.text)
        abort(); /* refused without a word */
    if (!trace)
        return 0;
    uint64_t sum = touch_definitions(trace);
    struct trace_event event;
    for (uint64_t last = 0; trace_next(trace, &event); last = event.tick) {
        if (event.tick < last)
            abort();
        if (event.kind == TRACE_EVENT_NAME)
            sum += touch(event.name, event.name_length);
    }
    trace_close(trace);
    fuzz_sum = sum;
    return 0;
}
