/*
 * fingerprint.c - what a finding is known by from build to build and from run to run; see
 * fingerprint.h.
 */
#include "analyzer/rules/fingerprint.h"

#include "analyzer/util/hash.h"
#include "analyzer/util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NEARBY_FRAMES 3
#define PERIOD_MAX    8 /* frames, the longest round of a recursion that is recognised */

/* The module's name without directory, suffix and version: "libfoo-1.2.so.3" is "libfoo". A digit
 * without a separator is part of the name: mod_auth2 is not mod_auth. */
static struct slice plain_module_name(const char *module)
{
    const char *suffix = strstr(module, ".so");
    size_t length = suffix ? (size_t)(suffix - module) : strlen(module);
    size_t plain = length;
    while (plain > 0 && strchr("0123456789.-_", module[plain - 1]))
        plain--;
    plain += strspn(module + plain, "0123456789");
    return (struct slice){module, plain > 0 && plain < length ? plain : length};
}

static uint64_t hash_frame(const struct symbol_frame *frame)
{
    struct slice module = plain_module_name(frame->module ? frame->module : "");
    struct slice function = plain_function_name(frame->function ? frame_symbol(frame) : "");
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

/* The hashes of STACK's own frames, innermost first, recursion collapsed. The caller frees it. */
static uint64_t *own_frames(const struct logical_stack *stack, size_t *count)
{
    uint64_t *frames = xmalloc((stack->count + 1) * sizeof *frames);
    *count = 0;
    for (size_t i = stack->top; i < stack->bottom; i++) {
        frames[(*count)++] = hash_frame(&stack->frames[i]);
        *count = collapse(frames, *count);
    }
    return frames;
}

/* Whether one of the first LIMIT frames has no name, or there is none. */
static bool is_weak(const struct logical_stack *stack, size_t limit)
{
    bool weak = stack->top == stack->bottom;
    for (size_t i = stack->top; i < stack->bottom && i < stack->top + limit; i++)
        weak |= !stack->frames[i].function;
    return weak;
}

/* What is accepted at start or in a session is not accepted in the master's steady state. */
static uint64_t hash_circumstances(const struct finding *finding)
{
    const char *kind = process_kind_name(finding->kind);
    uint64_t hash = hash_string(HASH_START, finding->rule, strlen(finding->rule));
    hash = hash_string(hash, kind, strlen(kind));
    hash = hash_number(hash, finding->phase);
    return finding->departure ? hash_number(hash, finding->departure) : hash;
}

static uint64_t hash_frames(uint64_t hash, const char *pool, const uint64_t *frames, size_t count)
{
    hash = hash_string(hash, pool, strlen(pool));
    for (size_t i = 0; i < count; i++)
        hash = hash_number(hash, frames[i]);
    return hash;
}

static void write_hash(char text[17], uint64_t hash)
{
    snprintf(text, 17, "%016" PRIx64, hash);
}

struct fingerprint fingerprint(const struct finding *finding, const struct logical_stack *stack)
{
    struct fingerprint id = {.weak = is_weak(stack, stack->count),
                             .nearby_weak = is_weak(stack, NEARBY_FRAMES)};
    uint64_t start = hash_circumstances(finding);
    size_t count;
    uint64_t *frames = own_frames(stack, &count);
    write_hash(id.text, hash_frames(start, finding->path ? finding->path : "", frames, count));
    size_t nearby = count < NEARBY_FRAMES ? count : NEARBY_FRAMES;
    write_hash(id.nearby, hash_frames(start, finding->tag ? finding->tag : "", frames, nearby));
    free(frames);
    return id;
}

/* A finding, and where in the source its frames are. */
struct place {
    struct finding *finding;
    struct logical_stack stack;
};

static int compare_lines(const struct logical_stack *a, const struct logical_stack *b)
{
    for (size_t i = a->top, k = b->top; i < a->bottom && k < b->bottom; i++, k++) {
        if (a->frames[i].line != b->frames[k].line)
            return a->frames[i].line < b->frames[k].line ? -1 : 1;
    }
    return 0;
}

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order = strcmp(a->finding->id.text, b->finding->id.text);
    if (order == 0)
        order = compare_lines(&a->stack, &b->stack);
    return order ? order : (a->finding > b->finding) - (a->finding < b->finding);
}

/* The NUMBER-th that shares a fingerprint, from 0, gets one of its own. */
static void make_own(struct fingerprint *id, uint64_t number)
{
    uint64_t start = hash_number(HASH_START, number);
    write_hash(id->text, hash_string(start, id->text, sizeof id->text - 1));
    write_hash(id->nearby, hash_string(start, id->nearby, sizeof id->nearby - 1));
}

static void distinguish(struct place *places, size_t count)
{
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count; end++) {
            if (strcmp(places[i].finding->id.text, places[end].finding->id.text) != 0)
                break;
        }
        for (size_t k = i + 1; k < end; k++)
            make_own(&places[k].finding->id, k - i);
    }
}

/* By each kind of unit that the pool grows in, a place is another one. */
static void assign_places(struct finding *finding, const struct name_source *names)
{
    for (size_t i = 0; i < finding->places.count; i++) {
        struct growth_place *place = &finding->places.items[i];
        struct logical_stack stack = logical_stack(names, place->stack);
        place->id = fingerprint(finding, &stack);
        if (place->per_unit.unit != finding->per_unit.unit)
            make_own(&place->id, (uint64_t)place->per_unit.unit + 1);
        logical_stack_free(&stack);
    }
}

void fingerprints_assign(struct findings *findings, const struct name_source *names)
{
    struct place *places = xcalloc(findings->count, sizeof *places);
    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->items[i];
        places[i] = (struct place){finding, logical_stack(names, finding->culprit)};
        finding->id = fingerprint(finding, &places[i].stack);
        assign_places(finding, names);
    }
    if (findings->count)
        qsort(places, findings->count, sizeof *places, compare_places);
    distinguish(places, findings->count);
    for (size_t i = 0; i < findings->count; i++)
        logical_stack_free(&places[i].stack);
    free(places);
}
