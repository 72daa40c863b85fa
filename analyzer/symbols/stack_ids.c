/*
 * stack_ids.c - the backtrace ids of one process, as numbers of the whole recording (stacks.h);
 * see stack_ids.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/symbols/stack_ids.h"

#include "analyzer/symbols/stacks.h"
#include "analyzer/trace/trace.h"
#include "analyzer/util/keymap.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define MODULES_MAX   16384 /* loaded at the same time; more are not believed */
#define CACHE_ENTRIES 256   /* a power of two */
#define GAPS_MOST     8     /* ids for each that is defined */

/* A module as it is mapped at the moment. */
struct mapping {
    uint64_t start, end, bias;
    const struct module_definition *definition;
    uint32_t module; /* in struct stacks */
};

/* A module that comes or goes, at a stack id. */
struct change {
    uint32_t id;
    bool gone;
    const struct module_definition *definition;
};

struct stack_number {
    uint32_t id, number;
};

struct stack_ids {
    struct stack_numbers known; /* first, see stack_ids_number() */
    unsigned users;             /* its own process, and those whose parent it is; atomic */
    struct trace *trace;
    struct stack_ids *parent;
    struct stacks *stacks;
    uint32_t first;         /* ids below are the parent's, which has numbers for all of them */
    size_t count, taken;    /* definitions; so many of them have a number */
    uint32_t reached;       /* the id up to which they were taken */
    bool refused;           /* one was one too many for the recording */
    struct change *changes; /* by id */
    size_t change_count, changed;
    struct mapping *mappings; /* by address, disjoint */
    size_t mapping_count, mapping_capacity;
    struct mapping last;                      /* the one found last */
    struct keymap inherited;                  /* numbers of the parent's that were asked for */
    struct stack_number cache[CACHE_ENTRIES]; /* of ids that take a search */
};

static int by_id(const void *left, const void *right)
{
    const struct change *a = left, *b = right;
    if (a->id != b->id)
        return a->id < b->id ? -1 : 1;
    /* What goes makes room for what comes; else in the order of the trace. */
    if (a->gone != b->gone)
        return a->gone ? -1 : 1;
    return a->definition < b->definition ? -1 : a->definition > b->definition;
}

static void list_changes(struct stack_ids *ids)
{
    size_t modules = trace_module_count(ids->trace);
    if (modules == 0)
        return;
    ids->changes = xcalloc(2 * modules, sizeof(*ids->changes));
    for (size_t i = 0; i < modules; i++) {
        const struct module_definition *module = trace_module(ids->trace, i);
        if (module->gone <= module->fixed.stack)
            continue;
        ids->changes[ids->change_count++] =
            (struct change){.id = module->fixed.stack, .definition = module};
        if (module->gone != UINT32_MAX)
            ids->changes[ids->change_count++] =
                (struct change){.id = module->gone, .gone = true, .definition = module};
    }
    qsort(ids->changes, ids->change_count, sizeof(*ids->changes), by_id);
}

/* Index of the first mapping that ends behind ADDRESS. */
static size_t find_mapping(const struct stack_ids *ids, uint64_t address)
{
    size_t low = 0, high = ids->mapping_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (ids->mappings[middle].end <= address)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

static void replace_mappings(struct stack_ids *ids, size_t from, size_t to, size_t with)
{
    if (ids->mapping_count + with > ids->mapping_capacity) {
        ids->mapping_capacity = ids->mapping_capacity ? 2 * ids->mapping_capacity : 64;
        ids->mappings = xreallocarray(ids->mappings, ids->mapping_capacity, sizeof(*ids->mappings));
    }
    if (to < ids->mapping_count)
        memmove(&ids->mappings[from + with], &ids->mappings[to],
                (ids->mapping_count - to) * sizeof(*ids->mappings));
    ids->mapping_count = ids->mapping_count - (to - from) + with;
    ids->last = (struct mapping){0};
}

static uint32_t intern_module(struct stacks *stacks, const struct module_definition *definition)
{
    struct code_module module = {0};
    module.build_id_length = definition->fixed.build_id_length;
    if (module.build_id_length > sizeof(module.build_id))
        module.build_id_length = 0;
    memcpy(module.build_id, definition->build_id, module.build_id_length);
    module.image_end = definition->fixed.end - definition->fixed.bias;
    module.path = xstrndup(definition->path, definition->fixed.path_length);
    uint32_t number = stacks_intern_module(stacks, &module);
    free(module.path);
    return number;
}

/* Whatever was mapped where DEFINITION is now must be gone, even if nobody said so. */
static void map_module(struct stack_ids *ids, const struct module_definition *definition)
{
    if (ids->mapping_count >= MODULES_MAX)
        return;
    size_t from = find_mapping(ids, definition->fixed.start), to = from;
    while (to < ids->mapping_count && ids->mappings[to].start < definition->fixed.end)
        to++;
    replace_mappings(ids, from, to, 1);
    ids->mappings[from] = (struct mapping){
        .start = definition->fixed.start,
        .end = definition->fixed.end,
        .bias = definition->fixed.bias,
        .definition = definition,
        .module = intern_module(ids->stacks, definition),
    };
}

static void unmap_module(struct stack_ids *ids, const struct module_definition *definition)
{
    size_t at = find_mapping(ids, definition->fixed.start);
    if (at < ids->mapping_count && ids->mappings[at].definition == definition)
        replace_mappings(ids, at, at + 1, 0);
}

static struct code_frame resolve_address(struct stack_ids *ids, uint64_t address)
{
    if (address < ids->last.start || address >= ids->last.end) {
        size_t at = find_mapping(ids, address);
        if (at == ids->mapping_count || address < ids->mappings[at].start)
            return (struct code_frame){.module = FRAME_NO_MODULE, .offset = address};
        ids->last = ids->mappings[at];
    }
    return (struct code_frame){.module = ids->last.module, .offset = address - ids->last.bias};
}

static uint32_t resolve_stack(struct stack_ids *ids, const struct stack_definition *definition)
{
    struct code_frame frames[TRACE_DEPTH_MAX];
    for (unsigned i = 0; i < definition->depth; i++)
        frames[i] = resolve_address(ids, definition->frames[i]);
    struct code_stack stack = {
        .depth = definition->depth, .cut = definition->cut, .frames = frames};
    const uint32_t number = stacks_intern(ids->stacks, &stack);
    ids->refused |= number == 0 && stack.depth > 0;
    return number;
}

static void apply_changes(struct stack_ids *ids, uint32_t id)
{
    for (; ids->changed < ids->change_count && ids->changes[ids->changed].id <= id;
         ids->changed++) {
        const struct change *change = &ids->changes[ids->changed];
        if (change->gone)
            unmap_module(ids, change->definition);
        else
            map_module(ids, change->definition);
    }
}

/* Where the number of the definition at INDEX is kept. */
static uint32_t *number_of(const struct stack_ids *ids, size_t index)
{
    size_t place =
        ids->known.limit ? trace_stack(ids->trace, index)->id - ids->known.first_id : index;
    return &ids->known.numbers[place];
}

/* By id, unless gaps between the ids would take too much room. */
static void begin_numbers(struct stack_ids *ids)
{
    if (ids->count == 0)
        return;
    ids->known.first_id = trace_stack(ids->trace, 0)->id;
    size_t range = (size_t)trace_stack(ids->trace, ids->count - 1)->id - ids->known.first_id + 1;
    if (range / GAPS_MOST <= ids->count)
        ids->known.limit = range;
    ids->known.numbers =
        xcalloc(ids->known.limit ? range : ids->count, sizeof(*ids->known.numbers));
}

/* Takes all definitions up to and with ID. */
static void advance(struct stack_ids *ids, uint32_t id)
{
    if (ids->reached < id)
        ids->reached = id;
    for (; ids->taken < ids->count; ids->taken++) {
        const struct stack_definition *definition = trace_stack(ids->trace, ids->taken);
        if (definition->id > id)
            break;
        apply_changes(ids, definition->id);
        *number_of(ids, ids->taken) = resolve_stack(ids, definition);
    }
    apply_changes(ids, id);
}

bool stack_ids_refused(const struct stack_ids *ids)
{
    return ids->refused;
}

/* Of its own definitions, whether they are by id or not. */
static size_t own_numbers(const struct stack_ids *ids)
{
    return ids->known.limit ? ids->known.limit : ids->count;
}

uint64_t stack_ids_distinct(const struct stack_ids *ids)
{
    struct keymap own = {0};
    uint64_t count = ids->inherited.count;
    for (size_t i = 0; i < own_numbers(ids); i++) {
        const uint32_t number = ids->known.numbers[i];
        if (number && !keymap_get(&ids->inherited, number) && !(*keymap_put(&own, number))++)
            count++;
    }
    keymap_free(&own);
    return count;
}

uint64_t stack_ids_memory(const struct stack_ids *ids)
{
    const size_t numbers = own_numbers(ids);
    return sizeof(*ids) + ids->mapping_capacity * sizeof(*ids->mappings) +
           2 * ids->change_count * sizeof(*ids->changes) + numbers * sizeof(*ids->known.numbers);
}

struct stack_ids *stack_ids_new(struct stack_ids *parent, uint32_t first, struct stacks *stacks)
{
    struct stack_ids *ids = xcalloc(1, sizeof(*ids));
    ids->users = 1;
    ids->parent = parent;
    ids->stacks = stacks;
    ids->first = first;
    if (parent) {
        __atomic_add_fetch(&parent->users, 1, __ATOMIC_RELAXED);
        advance(parent, first);
        ids->mapping_count = ids->mapping_capacity = parent->mapping_count;
        ids->mappings = xcalloc(ids->mapping_capacity, sizeof(*ids->mappings));
        if (ids->mapping_count)
            memcpy(ids->mappings, parent->mappings, ids->mapping_count * sizeof(*ids->mappings));
    }
    return ids;
}

void stack_ids_begin(struct stack_ids *ids, struct trace *trace)
{
    ids->trace = trace;
    ids->count = trace_stack_count(trace);
    begin_numbers(ids);
    list_changes(ids);
}

/* Those that were defined late are of the modules that are there now. */
static void number_news(struct stack_ids *ids, struct stack_numbers before)
{
    begin_numbers(ids);
    ids->taken = 0;
    for (size_t i = 0; i < ids->count && trace_stack(ids->trace, i)->id <= ids->reached; i++) {
        const struct stack_definition *definition = trace_stack(ids->trace, i);
        size_t place = definition->id - before.first_id;
        uint32_t number = place < before.limit ? before.numbers[place] : 0;
        *number_of(ids, i) = number ? number : resolve_stack(ids, definition);
        ids->taken++;
    }
    free(before.numbers);
}

static uint64_t change_key(const struct change *change)
{
    return (uint64_t)(uintptr_t)change->definition | change->gone;
}

/* Lists the changes again; those that were applied come first. */
static void list_new_changes(struct stack_ids *ids)
{
    struct keymap applied = {0};
    for (size_t i = 0; i < ids->changed; i++)
        *keymap_put(&applied, change_key(&ids->changes[i])) = 1;
    free(ids->changes);
    ids->changes = NULL;
    ids->change_count = ids->changed = 0;
    list_changes(ids);
    for (size_t i = 0; i < ids->change_count; i++) {
        if (!keymap_get(&applied, change_key(&ids->changes[i])))
            continue;
        struct change change = ids->changes[i];
        memmove(ids->changes + ids->changed + 1, ids->changes + ids->changed,
                (i - ids->changed) * sizeof(change));
        ids->changes[ids->changed++] = change;
    }
    keymap_free(&applied);
}

static size_t count_changes(const struct trace *trace)
{
    size_t count = 0;
    for (size_t i = 0; i < trace_module_count(trace); i++) {
        const struct module_definition *module = trace_module(trace, i);
        if (module->gone > module->fixed.stack)
            count += 1 + (module->gone != UINT32_MAX);
    }
    return count;
}

bool stack_ids_follow(struct stack_ids *ids)
{
    if (count_changes(ids->trace) != ids->change_count)
        list_new_changes(ids);
    if (trace_stack_count(ids->trace) == ids->count)
        return true;
    struct stack_numbers before = ids->known;
    if (ids->count && !before.limit)
        return false;
    ids->known = (struct stack_numbers){0};
    ids->count = trace_stack_count(ids->trace);
    number_news(ids, before);
    return true;
}

void stack_ids_release(struct stack_ids *ids)
{
    if (ids)
        keymap_free(&ids->inherited);
    while (ids && __atomic_sub_fetch(&ids->users, 1, __ATOMIC_ACQ_REL) == 0) {
        struct stack_ids *parent = ids->parent;
        trace_close(ids->trace);
        free(ids->known.numbers);
        free(ids->changes);
        free(ids->mappings);
        free(ids);
        ids = parent;
    }
}

/* Index of the definition of ID; false: there is none. Ids ascend, each by at least one. */
static bool find_definition(const struct stack_ids *ids, uint32_t id, size_t *index)
{
    if (ids->count == 0 || id < ids->known.first_id)
        return false;
    size_t low = 0, high = id - ids->known.first_id;
    if (high >= ids->count)
        high = ids->count - 1;
    while (low < high) {
        size_t middle = low + (high - low + 1) / 2;
        if (trace_stack(ids->trace, middle)->id <= id)
            low = middle;
        else
            high = middle - 1;
    }
    *index = low;
    return trace_stack(ids->trace, low)->id == id;
}

static bool search(struct stack_ids *ids, uint32_t id, uint32_t *number)
{
    struct stack_ids *owner = ids;
    while (owner && id < owner->first)
        owner = owner->parent;
    size_t index;
    if (!owner || !find_definition(owner, id, &index)) {
        *number = 0;
        return false;
    }
    if (owner == ids && index >= owner->taken)
        advance(owner, id);
    *number = *number_of(owner, index);
    if (owner != ids && *number)
        *keymap_put(&ids->inherited, *number) = 1;
    ids->cache[id % CACHE_ENTRIES] = (struct stack_number){.id = id, .number = *number};
    return true;
}

bool stack_ids_search(struct stack_ids *ids, uint32_t id, uint32_t *number)
{
    const struct stack_number *cached = &ids->cache[id % CACHE_ENTRIES];
    if (cached->id == id || id == TRACE_NO_STACK) {
        *number = id == TRACE_NO_STACK ? 0 : cached->number;
        return true;
    }
    return search(ids, id, number);
}
