#include "stacks.h"

#include "memory.h"
#include "trace_format.h"

#include <stdlib.h>
#include <string.h>

#define uthash_fatal(message) memory_exhausted()
#include <uthash.h>

#define CHUNK_FRAMES  16384
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

struct stacks {
    struct chunk *chunk;
    struct stored_stack *items; /* by number; the first is the empty stack */
    size_t count, capacity;
    uint32_t *buckets; /* open addressing; numbers, 0: free */
    size_t bucket_count;
    struct stored_module *modules; /* by content */
    struct stored_module **module_list;
    size_t module_count, module_capacity;
};

struct stacks *stacks_new(void)
{
    struct stacks *stacks = xcalloc(1, sizeof(*stacks));
    stacks->capacity = FIRST_BUCKETS / 2;
    stacks->items = xcalloc(stacks->capacity, sizeof(*stacks->items));
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
        free(stacks->module_list[i]->module.path);
        free(stacks->module_list[i]);
    }
    free(stacks->module_list);
    free(stacks->buckets);
    free(stacks->items);
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

uint32_t stacks_intern_module(struct stacks *stacks, const struct code_module *module)
{
    struct stored_module *made = new_module(module, strlen(module->path)), *known;
    HASH_FIND(hh, stacks->modules, made->key, made->key_length, known);
    if (known) {
        free(made->module.path);
        free(made);
        return known->index;
    }
    if (stacks->module_count == stacks->module_capacity) {
        stacks->module_capacity = stacks->module_capacity ? 2 * stacks->module_capacity : 64;
        stacks->module_list =
            xreallocarray(stacks->module_list, stacks->module_capacity, sizeof(made));
    }
    made->index = (uint32_t)stacks->module_count;
    stacks->module_list[stacks->module_count++] = made;
    HASH_ADD_KEYPTR(hh, stacks->modules, made->key, made->key_length, made);
    return made->index;
}

static uint64_t mix(uint64_t hash, uint64_t word)
{
    hash = (hash ^ word) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

static uint64_t hash_stack(const struct code_stack *stack)
{
    uint64_t hash = stack->depth * 2 + stack->cut;
    for (uint32_t i = 0; i < stack->depth; i++) {
        hash = mix(hash, stack->frames[i].offset);
        hash = mix(hash, stack->frames[i].module);
    }
    return hash ^ hash >> 32;
}

static bool same_frames(const struct code_frame *a, const struct code_frame *b, uint32_t depth)
{
    for (uint32_t i = 0; i < depth; i++)
        if (a[i].offset != b[i].offset || a[i].module != b[i].module)
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
        size_t at = stacks->items[i].hash & (stacks->bucket_count - 1);
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
    }
    struct code_frame *frames = &stacks->chunk->frames[stacks->chunk->used];
    memcpy(frames, stack->frames, stack->depth * sizeof(*frames));
    stacks->chunk->used += stack->depth;
    return frames;
}

_Static_assert(TRACE_DEPTH_MAX <= CHUNK_FRAMES, "a stack fits into a chunk");

uint32_t stacks_intern(struct stacks *stacks, const struct code_stack *stack)
{
    if (stack->depth == 0)
        return 0;
    uint64_t hash = hash_stack(stack);
    size_t at = hash & (stacks->bucket_count - 1);
    for (; stacks->buckets[at]; at = (at + 1) & (stacks->bucket_count - 1))
        if (same(&stacks->items[stacks->buckets[at]], stack, hash))
            return stacks->buckets[at];
    if (stacks->count == stacks->capacity) {
        stacks->capacity *= 2;
        stacks->items = xreallocarray(stacks->items, stacks->capacity, sizeof(*stacks->items));
    }
    uint32_t number = (uint32_t)stacks->count++;
    stacks->items[number] = (struct stored_stack){
        .frames = store_frames(stacks, stack),
        .hash = hash,
        .depth = stack->depth,
        .cut = stack->cut,
    };
    stacks->buckets[at] = number;
    if (2 * stacks->count > stacks->bucket_count)
        rehash(stacks);
    return number;
}

uint32_t stacks_count(const struct stacks *stacks)
{
    return (uint32_t)stacks->count - 1;
}

struct code_stack stacks_get(const struct stacks *stacks, uint32_t number)
{
    if (number >= stacks->count)
        return (struct code_stack){0};
    const struct stored_stack *stored = &stacks->items[number];
    return (struct code_stack){
        .depth = stored->depth, .cut = stored->cut, .frames = stored->frames};
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
    return (uint32_t)stacks->module_count;
}

const struct code_module *stacks_module(const struct stacks *stacks, uint32_t module)
{
    return module < stacks->module_count ? &stacks->module_list[module]->module : NULL;
}
