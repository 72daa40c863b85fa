/* faults.c - what becomes of allocations with pages of their own, and what was touched of them. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/replay/internal.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/symbols/stack_ids.h"

#include <stdlib.h>
#include <string.h>

uint32_t replay_keep_text(struct replay *replay, const char *text)
{
    if (!text)
        return 0;
    pthread_mutex_lock(&replay->recording->lock);
    const uint32_t number = strings_intern(&replay->recording->strings, text, strlen(text));
    pthread_mutex_unlock(&replay->recording->lock);
    return number;
}

/* How POOL ended, for those that it has. */
static uint32_t describe_end(struct replay *replay, const struct pool *pool, uint32_t users)
{
    const uint32_t number = guarded_new_end(&replay->current->guarded, users);
    struct guarded_end *end = &replay->current->guarded.ends[number];
    char *path = replay_pool_path(replay, pool);
    end->tag = pool->tag;
    end->role = replay_keep_text(replay, replay_pool_role_name(replay, pool));
    end->path = replay_keep_text(replay, path);
    end->created = pool->created;
    free(path);
    return number;
}

/* Keeps what is sought, if it is in one of POOL's allocations, which end. */
static void end_sought(struct replay *replay, const struct pool *pool, uint32_t stack, bool cleared)
{
    const struct objects *objects = &replay->current->objects;
    const uint64_t address = replay->recording->sought;
    uint32_t number = address ? pool->objects : 0;
    while (number && address - objects->items[number].address >= objects->items[number].size)
        number = objects->items[number].next;
    if (number == 0)
        return;
    const struct object *object = &objects->items[number];
    char *path = replay_pool_path(replay, pool);
    replay->current->sought =
        (struct sought){.start = object->address,
                        .size = object->size,
                        .stack = object->stack,
                        .tag = pool->tag,
                        .role = replay_keep_text(replay, replay_pool_role_name(replay, pool)),
                        .path = replay_keep_text(replay, path),
                        .created = pool->created,
                        .destroyed = stack,
                        .cleared = cleared};
    free(path);
}

void replay_end_guarded(struct replay *replay, struct pool *pool, uint32_t stack, bool cleared)
{
    end_sought(replay, pool, stack, cleared);
    struct guarded_table *table = &replay->current->guarded;
    uint32_t users = 0;
    for (uint32_t number = pool->guarded; number; number = table->items[number].next)
        users++;
    if (users == 0)
        return;
    const uint32_t end = describe_end(replay, pool, users);
    table->ends[end].destroyed = stack;
    table->ends[end].cleared = cleared;
    for (uint32_t number = pool->guarded; number; number = table->items[number].next) {
        table->items[number].pool = 0;
        table->items[number].end = end;
    }
    pool->guarded = 0;
}

static const char *text_of(const struct replay *replay, uint32_t number)
{
    return number ? replay_string(replay, number) : NULL;
}

struct touched replay_touched(const struct replay *replay, const struct guarded *guarded)
{
    const struct process_replay *replayed = replay->current;
    struct touched touched = {.allocated = guarded->stack, .size = guarded->size};
    if (guarded->end == 0) {
        touched.pool = &replayed->tree.pools[guarded->pool];
        return touched;
    }
    const struct guarded_end *end = &replayed->guarded.ends[guarded->end];
    touched.tag = text_of(replay, end->tag);
    touched.role = text_of(replay, end->role);
    touched.path = text_of(replay, end->path);
    touched.created = end->created;
    touched.destroyed = end->destroyed;
    touched.cleared = end->cleared;
    return touched;
}

struct touched replay_touched_sought(const struct replay *replay)
{
    const struct sought *sought = &replay->current->sought;
    return (struct touched){.tag = text_of(replay, sought->tag),
                            .role = text_of(replay, sought->role),
                            .path = text_of(replay, sought->path),
                            .created = sought->created,
                            .destroyed = sought->destroyed,
                            .cleared = sought->cleared,
                            .allocated = sought->stack,
                            .size = sought->size};
}

/* A fault in what the record does not have is none that could be told of. */
void replay_fault(struct replay *replay, const struct trace_event *event)
{
    struct process_replay *replayed = replay->current;
    const struct guarded *guarded = guarded_find(&replayed->guarded, event->object);
    const struct pool *pool = pool_tree_last(&replayed->tree, event->pool);
    struct touched touched = {.pool = pool, .destroyed = pool ? pool->destroyed : 0};
    if (event->object != event->pool && guarded && guarded->start == event->object)
        touched = replay_touched(replay, guarded);
    else if (event->object != event->pool || !pool || pool->state != POOL_GONE)
        touched.pool = NULL;
    uint32_t stack;
    if (!stack_ids_number(replayed->stacks, event->stack, &stack))
        replay->stats->unknown_stacks++;
    if (touched.pool || touched.path)
        NOTIFY(replay, on_fault, replayed->process, event, &touched, stack);
    else
        replay->stats->unknown_objects++;
}
