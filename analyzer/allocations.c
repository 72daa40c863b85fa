#include "allocations.h"

#include "memory.h"
#include "rules/describe.h"

#include <stdlib.h>
#include <string.h>

/* A pool's path as it was when it was last asked for. */
struct known_path {
    uint32_t serial, path;
    uint64_t naming; /* 0: none yet */
};

struct adding {
    struct allocations *allocations;
    bool by_pool;
    int32_t pid;
    const struct replay *replay;
    const struct process *process; /* whose paths are known */
    uint64_t naming;               /* paths found before it began may have changed */
    struct known_path *known;      /* by pool number */
    size_t limit;
};

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    (void)process;
    ((struct adding *)data)->replay = replay;
}

/* Names and root variables are what paths are made of. */
static void on_event(void *data, const struct process *process, const struct trace_event *event)
{
    struct adding *adding = data;
    if (event->kind == TRACE_EVENT_NAME || event->kind == TRACE_EVENT_ROOT ||
        event->kind == TRACE_EVENT_MOVE || process != adding->process)
        adding->naming++;
    adding->process = process;
}

static struct known_path *known_path(struct adding *adding, uint32_t number)
{
    if (number >= adding->limit) {
        size_t limit = 2 * (size_t)number + 64;
        adding->known = xreallocarray(adding->known, limit, sizeof(*adding->known));
        for (size_t i = adding->limit; i < limit; i++)
            adding->known[i] = (struct known_path){0};
        adding->limit = limit;
    }
    return &adding->known[number];
}

static uint32_t path_of(struct adding *adding, const struct pool *pool)
{
    struct known_path *known = known_path(adding, pool->number);
    if (known->naming == adding->naming && known->serial == pool->serial)
        return known->path;
    char *path = replay_pool_path(adding->replay, pool);
    uint32_t number = strings_intern(&adding->allocations->paths, path, strlen(path));
    free(path);
    *known = (struct known_path){pool->serial, number, adding->naming};
    return number;
}

static struct allocation_total *total_of(struct allocations *allocations, uint32_t path,
                                         uint32_t stack)
{
    /* No key is 0: the one of stack 0 without a path would be. */
    uint32_t *number = keymap_put(&allocations->index, (uint64_t)path << 32 | (stack + 1u));
    if (*number)
        return &allocations->items[*number - 1];
    if (allocations->count == allocations->capacity) {
        allocations->capacity = allocations->capacity ? 2 * allocations->capacity : 256;
        allocations->items =
            xreallocarray(allocations->items, allocations->capacity, sizeof(*allocations->items));
    }
    *number = (uint32_t)allocations->count + 1;
    allocations->items[allocations->count] = (struct allocation_total){path, stack, 0, 0};
    return &allocations->items[allocations->count++];
}

static bool on_alloc(void *data, const struct process *process, const struct pool *pool,
                     uint64_t size, uint32_t stack)
{
    struct adding *adding = data;
    if (adding->pid && process->pid != adding->pid)
        return true;
    uint32_t path = adding->by_pool ? path_of(adding, pool) : 0;
    struct allocation_total *total = total_of(adding->allocations, path, stack);
    total->count++;
    total->bytes += rounded_size(adding->replay, size);
    return true;
}

bool allocations_read(struct allocations *allocations, struct recording *recording, bool by_pool,
                      int32_t pid, struct error *error)
{
    *allocations = (struct allocations){0};
    struct adding adding = {
        .allocations = allocations, .by_pool = by_pool, .pid = pid, .naming = 1};
    const struct replay_observer observer = {.data = &adding,
                                             .on_start = on_start,
                                             .on_event = by_pool ? on_event : NULL,
                                             .on_alloc = on_alloc};
    bool whole = recording_replay(recording, &observer, 1, error);
    free(adding.known);
    return whole;
}

void allocations_free(struct allocations *allocations)
{
    strings_free(&allocations->paths);
    keymap_free(&allocations->index);
    free(allocations->items);
    *allocations = (struct allocations){0};
}
