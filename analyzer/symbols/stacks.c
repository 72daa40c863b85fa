/*
 * stacks.c - every distinct backtrace of a recording once, over all its processes; see stacks.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/symbols/stacks.h"

#include "analyzer/util/hash.h"
#include "analyzer/util/keyed_hash.h"
#include "analyzer/util/memory.h"
#include "analyzer/util/stable_array.h"
#include "analyzer/util/uthash.h"
#include "preload/trace/format.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK_FRAMES  16384
#define STACKS_MOST   4096 /* chunks: 64 M frames, 1 GiB */
#define FIRST_BUCKETS 1024 /* a power of two */

/* Frames lie in chunks that never move: a struct code_stack stays valid while others come. */
struct chunk {
    struct chunk *previous;
    size_t used;
    struct code_frame frames[CHUNK_FRAMES];
};

struct stored_stack {
    const struct code_frame *frames;
    uint64_t hash;
    uint32_t depth;
    bool cut;
};

struct stored_module {
    UT_hash_handle hh;
    struct code_module module;
    uint32_t index;
    size_t key_length;
    char key[]; /* build id, end of the image, path */
};

/* Whoever has a number may read what is under it; all else is the lock's. */
struct stacks {
    pthread_mutex_t lock;
    struct chunk *chunk;
    struct stable_array items; /* struct stored_stack by number; the first is the empty stack */
    size_t count;
    size_t chunks;
    uint32_t *buckets; /* open addressing; numbers, 0: free */
    size_t bucket_count;
    struct stored_module *modules;   /* by content */
    struct stable_array module_list; /* of pointers */
    size_t module_count;
};

static struct stored_stack *stack_number(const struct stacks *stacks, size_t number)
{
    return stable_array_get(&stacks->items, number, sizeof(struct stored_stack));
}

static struct stored_module *module_number(const struct stacks *stacks, size_t number)
{
    struct stored_module **module =
        stable_array_get(&stacks->module_list, number, sizeof(struct stored_module *));
    return *module;
}

struct stacks *stacks_new(void)
{
    struct stacks *stacks = xcalloc(1, sizeof(*stacks));
    pthread_mutex_init(&stacks->lock, NULL);
    stable_array_put(&stacks->items, 0, sizeof(struct stored_stack));
    stacks->count = 1;
    stacks->bucket_count = FIRST_BUCKETS;
    stacks->buckets = xcalloc(stacks->bucket_count, sizeof(*stacks->buckets));
    return stacks;
}

void stacks_free(struct stacks *stacks)
{
    if (!stacks)
        return;
    while (stacks->chunk) {
        struct chunk *previous = stacks->chunk->previous;
        free(stacks->chunk);
        stacks->chunk = previous;
    }
    HASH_CLEAR(hh, stacks->modules);
    for (size_t i = 0; i < stacks->module_count; i++) {
        struct stored_module *module = module_number(stacks, i);
        free(module->module.path);
        free(module);
    }
    stable_array_free(&stacks->module_list);
    stable_array_free(&stacks->items);
    free(stacks->buckets);
    pthread_mutex_destroy(&stacks->lock);
    free(stacks);
}

static struct stored_module *new_module(const struct code_module *module, size_t path_length)
{
    size_t key_length = module->build_id_length + sizeof(module->image_end) + path_length;
    struct stored_module *stored = xmalloc(sizeof(*stored) + key_length);
    stored->module = *module;
    stored->module.path = xstrdup(module->path);
    stored->key_length = key_length;
    char *end = mempcpy(stored->key, module->build_id, module->build_id_length);
    end = mempcpy(end, &module->image_end, sizeof(module->image_end));
    memcpy(end, module->path, path_length);
    return stored;
}

/* MADE, or the one with the same content in its place. */
static uint32_t keep_module(struct stacks *stacks, struct stored_module *made)
{
    struct stored_module *known;
    HASH_FIND(hh, stacks->modules, made->key, made->key_length, known);
    if (known) {
        free(made->module.path);
        free(made);
        return known->index;
    }
    made->index = (uint32_t)stacks->module_count;
    struct stored_module **place =
        stable_array_put(&stacks->module_list, made->index, sizeof(made));
    *place = made;
    __atomic_store_n(&stacks->module_count, stacks->module_count + 1, __ATOMIC_RELEASE);
    HASH_ADD_KEYPTR(hh, stacks->modules, made->key, made->key_length, made);
    return made->index;
}

uint32_t stacks_intern_module(struct stacks *stacks, const struct code_module *module)
{
    struct stored_module *made = new_module(module, strlen(module->path));
    pthread_mutex_lock(&stacks->lock);
    uint32_t index = keep_module(stacks, made);
    pthread_mutex_unlock(&stacks->lock);
    return index;
}

static uint64_t hash_stack(const struct code_stack *stack)
{
    uint64_t hash = stack->depth * 2 + stack->cut;
    for (uint32_t i = 0; i < stack->depth; i++) {
        hash = keyed_mix(hash, stack->frames[i].offset);
        hash = keyed_mix(hash, stack->frames[i].module);
    }
    return hash;
}

static bool same_frames(const struct code_frame *a, const struct code_frame *b, uint32_t depth)
{
    for (uint32_t i = 0; i < depth; i++)
        if (a[i].offset != b[i].offset || a[i].module != b[i].module ||
            a[i].variable != b[i].variable)
            return false;
    return true;
}

static bool same(const struct stored_stack *stored, const struct code_stack *stack, uint64_t hash)
{
    return stored->hash == hash && stored->depth == stack->depth && stored->cut == stack->cut &&
           same_frames(stored->frames, stack->frames, stack->depth);
}

static void rehash(struct stacks *stacks)
{
    stacks->bucket_count *= 2;
    free(stacks->buckets);
    stacks->buckets = xcalloc(stacks->bucket_count, sizeof(*stacks->buckets));
    for (size_t i = 1; i < stacks->count; i++) {
        size_t at = stack_number(stacks, i)->hash & (stacks->bucket_count - 1);
        while (stacks->buckets[at])
            at = (at + 1) & (stacks->bucket_count - 1);
        stacks->buckets[at] = (uint32_t)i;
    }
}

static const struct code_frame *store_frames(struct stacks *stacks, const struct code_stack *stack)
{
    if (!stacks->chunk || CHUNK_FRAMES - stacks->chunk->used < stack->depth) {
        struct chunk *chunk = xmalloc(sizeof(*chunk));
        chunk->previous = stacks->chunk;
        chunk->used = 0;
        stacks->chunk = chunk;
        stacks->chunks++;
    }
    struct code_frame *frames = &stacks->chunk->frames[stacks->chunk->used];
    memcpy(frames, stack->frames, stack->depth * sizeof(*frames));
    stacks->chunk->used += stack->depth;
    return frames;
}

_Static_assert(TRACE_DEPTH_MAX <= CHUNK_FRAMES, "a stack fits into a chunk");

/* Of a stack with that hash; 0: it is new, and *FREE is the place for its number. */
static uint32_t find_stack(const struct stacks *stacks, const struct code_stack *stack,
                           uint64_t hash, size_t *free)
{
    size_t at = hash & (stacks->bucket_count - 1);
    for (; stacks->buckets[at]; at = (at + 1) & (stacks->bucket_count - 1))
        if (same(stack_number(stacks, stacks->buckets[at]), stack, hash))
            return stacks->buckets[at];
    *free = at;
    return 0;
}

static uint32_t add_stack(struct stacks *stacks, const struct code_stack *stack, uint64_t hash,
                          size_t bucket)
{
    uint32_t number = (uint32_t)stacks->count;
    struct stored_stack *stored = stable_array_put(&stacks->items, number, sizeof(*stored));
    *stored = (struct stored_stack){
        .frames = store_frames(stacks, stack),
        .hash = hash,
        .depth = stack->depth,
        .cut = stack->cut,
    };
    __atomic_store_n(&stacks->count, stacks->count + 1, __ATOMIC_RELEASE);
    stacks->buckets[bucket] = number;
    if (2 * stacks->count > stacks->bucket_count)
        rehash(stacks);
    return number;
}

uint32_t stacks_intern(struct stacks *stacks, const struct code_stack *stack)
{
    if (stack->depth == 0)
        return 0;
    uint64_t hash = hash_stack(stack);
    size_t bucket = 0;
    pthread_mutex_lock(&stacks->lock);
    uint32_t number = find_stack(stacks, stack, hash, &bucket);
    if (!number && stacks->chunks < STACKS_MOST)
        number = add_stack(stacks, stack, hash, bucket);
    pthread_mutex_unlock(&stacks->lock);
    return number;
}

uint32_t stacks_count(const struct stacks *stacks)
{
    return (uint32_t)stacks->count - 1;
}

struct code_stack stacks_get(const struct stacks *stacks, uint32_t number)
{
    if (number >= __atomic_load_n(&stacks->count, __ATOMIC_ACQUIRE))
        return (struct code_stack){0};
    const struct stored_stack *stored = stack_number(stacks, number);
    return (struct code_stack){
        .depth = stored->depth, .cut = stored->cut, .frames = stored->frames};
}

uint64_t stacks_order(const struct stacks *stacks, uint32_t number)
{
    struct code_stack stack = stacks_get(stacks, number);
    uint64_t hash = hash_number(HASH_START, stack.cut);
    for (uint32_t i = 0; i < stack.depth; i++) {
        const struct code_frame *frame = &stack.frames[i];
        if (frame->module != FRAME_NO_MODULE) {
            const struct stored_module *module = module_number(stacks, frame->module);
            hash = hash_bytes(hash, module->key, module->key_length);
        }
        hash = hash_number(hash, frame->offset);
    }
    return hash;
}

/* Are INNER's frames from SKIPPED on those of OUTER, as far as both were kept? */
static bool continues(const struct code_stack *inner, uint32_t skipped,
                      const struct code_stack *outer)
{
    uint32_t count = inner->depth - skipped < outer->depth ? inner->depth - skipped : outer->depth;
    for (uint32_t i = 0; i < count; i++) {
        const struct code_frame *a = &inner->frames[skipped + i], *b = &outer->frames[i];
        if (a->module != b->module || a->offset != b->offset)
            return false;
    }
    return count > 0;
}

bool stacks_within(const struct stacks *stacks, uint32_t inner, uint32_t outer)
{
    const struct code_stack in = stacks_get(stacks, inner), out = stacks_get(stacks, outer);
    if (!in.cut)
        return in.depth > out.depth && continues(&in, in.depth - out.depth, &out);
    for (uint32_t skipped = 1; skipped < in.depth; skipped++) {
        if (continues(&in, skipped, &out))
            return true;
    }
    return false;
}

uint32_t stacks_module_count(const struct stacks *stacks)
{
    return (uint32_t)__atomic_load_n(&stacks->module_count, __ATOMIC_ACQUIRE);
}

const struct code_module *stacks_module(const struct stacks *stacks, uint32_t module)
{
    return module < stacks_module_count(stacks) ? &module_number(stacks, module)->module : NULL;
}
