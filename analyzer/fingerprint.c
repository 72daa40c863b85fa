#include "fingerprint.h"

#include "hash.h"
#include "memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PERIOD_MAX 8 /* frames, the longest round of a recursion that is recognised */

/* The module's name without directory, suffix and version: "libfoo-1.2.so.3" is "libfoo". */
static struct slice plain_module_name(const char *module)
{
    const char *suffix = strstr(module, ".so");
    size_t length = suffix ? (size_t)(suffix - module) : strlen(module);
    size_t plain = length;
    while (plain > 0 && strchr("0123456789.-_", module[plain - 1]))
        plain--;
    return (struct slice){module, plain > 0 ? plain : length};
}

static uint64_t hash_frame(const struct symbol_frame *frame)
{
    struct slice module = plain_module_name(frame->module ? frame->module : "");
    struct slice function = plain_function_name(frame->function ? frame->function : "");
    uint64_t hash = hash_string(HASH_START, module.text, module.length);
    return hash_string(hash, function.text, function.length);
}

/* Leaves out the last frames while they repeat the ones before: a recursion's depth is no mark. */
static size_t collapse(const uint64_t *frames, size_t count)
{
    for (size_t period = 1; period <= PERIOD_MAX && 2 * period <= count; period++) {
        const uint64_t *last = frames + count - period;
        if (memcmp(last - period, last, period * sizeof *frames) == 0)
            return count - period;
    }
    return count;
}

static uint64_t hash_frames(uint64_t hash, const struct logical_stack *stack, bool *weak)
{
    uint64_t *frames = xmalloc((stack->count + 1) * sizeof *frames);
    size_t count = 0;
    for (size_t i = stack->top; i < stack->bottom; i++) {
        *weak |= !stack->frames[i].function;
        frames[count++] = hash_frame(&stack->frames[i]);
        count = collapse(frames, count);
    }
    *weak |= count == 0;
    for (size_t i = 0; i < count; i++)
        hash = hash_number(hash, frames[i]);
    free(frames);
    return hash;
}

struct fingerprint fingerprint(const struct finding *finding, const struct logical_stack *stack)
{
    /* What is accepted at start or in a session is not accepted in the master's steady state. */
    const char *kind = process_kind_name(finding->kind);
    uint64_t hash = hash_string(HASH_START, finding->rule, strlen(finding->rule));
    hash = hash_string(hash, kind, strlen(kind));
    hash = hash_number(hash, finding->phase);
    hash = hash_string(hash, finding->path ? finding->path : "",
                       finding->path ? strlen(finding->path) : 0);
    struct fingerprint result = {0};
    hash = hash_frames(hash, stack, &result.weak);
    snprintf(result.text, sizeof result.text, "%016" PRIx64, hash);
    return result;
}

struct fingerprint finding_fingerprint(const struct finding *finding,
                                       const struct name_source *names)
{
    struct logical_stack stack = logical_stack(names, finding->culprit);
    struct fingerprint result = fingerprint(finding, &stack);
    logical_stack_free(&stack);
    return result;
}
