/*
 * fingerprint.c - what a finding is known by from build to build and from run to run; see
 * fingerprint.h.
 *
 * SPDX-License-Identifier: MIT
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

/* What the finding's own fingerprint is of: by place, neither the pool's path nor who called. */
static uint64_t hash_own(const struct finding *finding, const uint64_t *frames, size_t count)
{
    const uint64_t start = hash_circumstances(finding);
    if (!finding->depth)
        return hash_frames(start, finding->path ? finding->path : "", frames, count);
    return hash_frames(start, "", frames, count < finding->depth ? count : finding->depth);
}

struct fingerprint fingerprint(const struct finding *finding, const struct logical_stack *stack)
{
    struct fingerprint id = {.weak = is_weak(stack, finding->depth ? finding->depth : stack->count),
                             .nearby_weak = is_weak(stack, NEARBY_FRAMES)};
    size_t count;
    uint64_t *frames = own_frames(stack, &count);
    write_hash(id.text, hash_own(finding, frames, count));
    size_t nearby = count < NEARBY_FRAMES ? count : NEARBY_FRAMES;
    write_hash(id.nearby, hash_frames(hash_circumstances(finding), finding->tag ? finding->tag : "",
                                      frames, nearby));
    free(frames);
    return id;
}

/* A fingerprint, and where in the source the frames are that it is of. */
struct place {
    struct fingerprint *id;
    struct logical_stack stack;
    size_t depth;   /* so many of its frames count */
    uint64_t order; /* of the backtrace, see stacks_order() */
    size_t number;  /* as they were added */
};

struct places {
    struct place *items;
    size_t count, capacity;
};

static void add_place(struct places *places, struct fingerprint *id, struct logical_stack stack,
                      size_t depth, uint64_t order)
{
    const size_t number = places->count++;
    GROW(places->items, number, places->capacity);
    places->items[number] = (struct place){id, stack, depth ? depth : stack.count, order, number};
}

static int compare_lines(const struct place *left, const struct place *right)
{
    const struct logical_stack *a = &left->stack, *b = &right->stack;
    for (size_t i = 0; i < left->depth && a->top + i < a->bottom && b->top + i < b->bottom; i++) {
        unsigned line = a->frames[a->top + i].line, other = b->frames[b->top + i].line;
        if (line != other)
            return line < other ? -1 : 1;
    }
    return 0;
}

static int compare_places(const void *left, const void *right)
{
    const struct place *a = left, *b = right;
    int order = strcmp(a->id->text, b->id->text);
    if (order == 0)
        order = compare_lines(a, b);
    if (order == 0)
        order = (a->order > b->order) - (a->order < b->order);
    return order ? order : (a->number > b->number) - (a->number < b->number);
}

/* The NUMBER-th that shares a fingerprint, from 0, gets one of its own. */
static void make_own(struct fingerprint *id, uint64_t number)
{
    uint64_t start = hash_number(HASH_START, number);
    write_hash(id->text, hash_string(start, id->text, sizeof id->text - 1));
    write_hash(id->nearby, hash_string(start, id->nearby, sizeof id->nearby - 1));
}

static void distinguish(struct places *all)
{
    struct place *places = all->items;
    if (all->count)
        qsort(places, all->count, sizeof *places, compare_places);
    for (size_t i = 0, end; i < all->count; i = end) {
        for (end = i + 1; end < all->count; end++) {
            if (strcmp(places[i].id->text, places[end].id->text) != 0)
                break;
        }
        for (size_t k = i + 1; k < end; k++)
            make_own(places[k].id, k - i);
    }
    for (size_t i = 0; i < all->count; i++)
        logical_stack_free(&places[i].stack);
    free(places);
}

/* Its parts have theirs, but for those that differ in lines alone. */
static void add_parts(struct places *parts, struct finding *finding,
                      const struct name_source *names)
{
    for (size_t i = 0; i < finding->places.count; i++) {
        struct growth_place *part = &finding->places.items[i];
        add_place(parts, &part->id, logical_stack(names, part->stack), 0, part->order);
    }
}

void fingerprints_assign(struct findings *findings, const struct name_source *names)
{
    struct places wholes = {0}, parts = {0};
    for (size_t i = 0; i < findings->count; i++) {
        struct finding *finding = &findings->items[i];
        struct logical_stack stack = logical_stack(names, finding->culprit);
        finding->id = fingerprint(finding, &stack);
        add_place(&wholes, &finding->id, stack, finding->depth, finding->order);
        add_parts(&parts, finding, names);
    }
    distinguish(&wholes);
    distinguish(&parts);
}
