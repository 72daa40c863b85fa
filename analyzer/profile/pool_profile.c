/* pool_profile.c - what was taken from the pools of a recording; see pool_profile.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/pool_profile.h"

#include "analyzer/replay/pool_path.h"
#include "analyzer/replay/rounded_size.h"
#include "analyzer/util/memory.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What one pool's allocations from one stack come to, in the process that made them. */
struct entry {
    uint32_t stack;
    uint32_t next; /* of the same pool, or of the free ones; 0: the last */
    uint64_t count, bytes, live_count, live_bytes;
};

/* One process that is being replayed, or waits for its child or for more to be written. */
struct usage {
    const struct replay *replay;
    bool wanted;
    struct keymap numbers; /* pool number and stack to an entry */
    struct entry *entries; /* from 1 */
    uint32_t count, capacity, unused;
    uint32_t *heads; /* by pool number: its first entry */
    uint32_t limit;
};

struct pool_profiling {
    struct pool_profile profile;
    int32_t pid;
    struct usage **usages; /* by process; NULL: not begun, or ended */
    size_t limit;
};

static uint32_t *head_of(struct usage *usage, uint32_t number)
{
    if (number >= usage->limit) {
        uint32_t limit = 2 * number + 64;
        usage->heads = xreallocarray(usage->heads, limit, sizeof(*usage->heads));
        memset(usage->heads + usage->limit, 0, (limit - usage->limit) * sizeof(*usage->heads));
        usage->limit = limit;
    }
    return &usage->heads[number];
}

static uint64_t entry_key(const struct pool *pool, uint32_t stack)
{
    return (uint64_t)pool->number << 32 | stack; /* numbers are from 1: never 0 */
}

static uint32_t new_entry(struct usage *usage)
{
    uint32_t number = usage->unused;
    if (number) {
        usage->unused = usage->entries[number].next;
        return number;
    }
    if (usage->count + 1 >= usage->capacity) {
        usage->capacity = usage->capacity ? 2 * usage->capacity : 256;
        usage->entries = xreallocarray(usage->entries, usage->capacity, sizeof(*usage->entries));
    }
    return ++usage->count;
}

static struct entry *entry_of(struct usage *usage, const struct pool *pool, uint32_t stack)
{
    uint32_t *known = keymap_put(&usage->numbers, entry_key(pool, stack));
    if (*known)
        return &usage->entries[*known];
    uint32_t *head = head_of(usage, pool->number), number = new_entry(usage);
    usage->entries[number] = (struct entry){.stack = stack, .next = *head};
    *known = *head = number;
    return &usage->entries[number];
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    struct pool_profiling *profiling = data;
    struct usage *usage = xcalloc(1, sizeof(*usage));
    if (process->index >= profiling->limit) {
        const size_t limit = 2 * (size_t)process->index + 16;
        profiling->usages = xreallocarray(profiling->usages, limit, sizeof(struct usage *));
        memset(profiling->usages + profiling->limit, 0,
               (limit - profiling->limit) * sizeof(struct usage *));
        profiling->limit = limit;
    }
    usage->replay = replay;
    usage->wanted = !profiling->pid || profiling->pid == process->pid;
    profiling->usages[process->index] = usage;
}

static struct usage *usage_of(const struct pool_profiling *profiling, const struct process *process)
{
    return profiling->usages[process->index];
}

static bool on_alloc(void *data, const struct process *process, const struct pool *pool,
                     uint64_t size, uint32_t stack)
{
    struct usage *usage = usage_of(data, process);
    if (!usage->wanted)
        return false;
    struct entry *entry = entry_of(usage, pool, stack);
    uint64_t bytes = rounded_size(usage->replay, pool, size);
    entry->count++;
    entry->bytes += bytes;
    entry->live_count++;
    entry->live_bytes += bytes;
    return true;
}

static void on_free(void *data, const struct process *process, const struct pool *pool,
                    const struct object *object, uint32_t stack)
{
    struct usage *usage = usage_of(data, process);
    uint32_t number = keymap_get(&usage->numbers, entry_key(pool, object->stack));
    (void)stack;
    if (object->inherited || !number || usage->entries[number].live_count == 0)
        return;
    usage->entries[number].live_count--;
    usage->entries[number].live_bytes -= object->size;
}

static uint32_t intern(struct strings *strings, const char *text)
{
    return text ? strings_intern_text(strings, text) : 0;
}

static struct profile_pool *pool_of(struct pool_profiling *profiling, const struct process *process,
                                    const struct pool *pool)
{
    struct pool_profile *profile = &profiling->profile;
    const struct replay *replay = usage_of(profiling, process)->replay;
    char *path = replay_pool_path(replay, pool);
    const struct profile_pool key = {
        .path = intern(&profile->strings, path),
        .tag = intern(&profile->strings, replay_string(replay, pool->tag)),
        .role = intern(&profile->strings, replay_pool_role_name(replay, pool)),
        .created = pool->created,
        .kind = process->kind};
    free(path);
    char text[64];
    int length = snprintf(text, sizeof(text), "%" PRIx32 " %" PRIx32 " %" PRIx32 " %" PRIx32 " %d",
                          key.path, key.tag, key.role, key.created, key.kind);
    size_t number = strings_intern(&profile->keys, text, (size_t)length);
    if (number > profile->pool_capacity) {
        profile->pool_capacity = 2 * number;
        profile->pools =
            xreallocarray(profile->pools, profile->pool_capacity, sizeof(*profile->pools));
    }
    for (; profile->pool_count < number; profile->pool_count++)
        profile->pools[profile->pool_count] = key;
    return &profile->pools[number - 1];
}

static struct profile_sample *sample_of(struct pool_profile *profile, uint32_t pool, uint32_t stack)
{
    uint32_t *number = keymap_put(&profile->index, (uint64_t)(pool + 1) << 32 | stack);
    if (*number)
        return &profile->samples[*number - 1];
    GROW(profile->samples, profile->sample_count, profile->sample_capacity);
    profile->samples[profile->sample_count++] =
        (struct profile_sample){.pool = pool, .stack = stack};
    *number = (uint32_t)profile->sample_count;
    return &profile->samples[*number - 1];
}

static void add_entry(struct pool_profile *profile, struct profile_pool *pool,
                      const struct entry *entry, bool alive)
{
    uint32_t index = (uint32_t)(pool - profile->pools);
    struct profile_sample *sample = sample_of(profile, index, entry->stack);
    sample->count += entry->count;
    sample->bytes += entry->bytes;
    pool->count += entry->count;
    pool->bytes += entry->bytes;
    if (!alive)
        return;
    sample->live_count += entry->live_count;
    sample->live_bytes += entry->live_bytes;
    pool->live_count += entry->live_count;
    pool->live_bytes += entry->live_bytes;
}

/* POOL ended, or is there at the end of its process. */
static void close_pool(struct pool_profiling *profiling, const struct process *process,
                       const struct pool *pool, bool alive)
{
    struct usage *usage = usage_of(profiling, process);
    uint32_t *head = head_of(usage, pool->number);
    if (!usage->wanted || (pool->inherited && *head == 0))
        return;
    struct profile_pool *total = pool_of(profiling, process, pool);
    total->made += !pool->inherited;
    total->alive += alive && !pool->inherited;
    for (uint32_t number = *head, next; number; number = next) {
        struct entry *entry = &usage->entries[number];
        add_entry(&profiling->profile, total, entry, alive);
        keymap_remove(&usage->numbers, entry_key(pool, entry->stack));
        next = entry->next;
        entry->next = usage->unused;
        usage->unused = number;
    }
    *head = 0;
}

static void on_clear(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack)
{
    struct usage *usage = usage_of(data, process);
    (void)stack;
    for (uint32_t number = *head_of(usage, pool->number); number;
         number = usage->entries[number].next)
        usage->entries[number].live_count = usage->entries[number].live_bytes = 0;
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)with, (void)stack;
    close_pool(data, process, pool, false);
}

static void free_usage(struct usage *usage)
{
    keymap_free(&usage->numbers);
    free(usage->entries);
    free(usage->heads);
    free(usage);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct pool_profiling *profiling = data;
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (pool && pool->state == POOL_ALIVE)
            close_pool(profiling, process, pool, true);
    }
    free_usage(usage_of(profiling, process));
    profiling->usages[process->index] = NULL;
}

struct pool_profiling *pool_profiling_new(int32_t pid)
{
    struct pool_profiling *profiling = xcalloc(1, sizeof(*profiling));
    profiling->pid = pid;
    return profiling;
}

struct replay_observer pool_profiling_observer(struct pool_profiling *profiling)
{
    return (struct replay_observer){.data = profiling,
                                    .on_start = on_start,
                                    .on_alloc = on_alloc,
                                    .on_free = on_free,
                                    .on_clear = on_clear,
                                    .on_destroy = on_destroy,
                                    .on_end = on_end};
}

const struct pool_profile *pool_profiling_profile(const struct pool_profiling *profiling)
{
    return &profiling->profile;
}

void pool_profiling_free(struct pool_profiling *profiling)
{
    if (!profiling)
        return;
    for (size_t i = 0; i < profiling->limit; i++) /* what did not come to its end */
        if (profiling->usages[i])
            free_usage(profiling->usages[i]);
    free(profiling->usages);
    pool_profile_free(&profiling->profile);
    free(profiling);
}

bool pool_profile_read(struct pool_profile *profile, struct recording *recording, int32_t pid,
                       struct error *error)
{
    struct pool_profiling *profiling = pool_profiling_new(pid);
    const struct replay_observer observer = pool_profiling_observer(profiling);
    const bool whole = recording_replay(recording, &observer, 1, error);
    *profile = profiling->profile;
    profiling->profile = (struct pool_profile){0};
    pool_profiling_free(profiling);
    return whole;
}

void pool_profile_free(struct pool_profile *profile)
{
    strings_free(&profile->strings);
    strings_free(&profile->keys);
    keymap_free(&profile->index);
    free(profile->pools);
    free(profile->samples);
    *profile = (struct pool_profile){0};
}
