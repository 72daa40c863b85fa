/* peaks.c - the worst moments, kept as the replay goes: see peaks.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/peaks.h"

#include "analyzer/util/keyed_hash.h"
#include "analyzer/util/keymap.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

/* What a pool that ended since held at the worst moment. */
struct ended {
    const char *label; /* as the replay has it, or NULL */
    uint32_t created;
    uint64_t bytes, held;
    bool root, estimated;
};

/* A process that is being watched. */
struct watched {
    struct watched *parent; /* of the process that forked this one */
    uint64_t moment;        /* that `items` are of, see struct process */
    struct ended *items;
    size_t count, capacity;
    struct footprint_base base;
};

struct peaks {
    const struct replay *replay;
    struct watched *current;
    enum process_kind kind; /* of the process that ended last, ... */
    struct peak last;       /* ... and its worst moment */
};

struct peaks *peaks_new(void)
{
    return xcalloc(1, sizeof(struct peaks));
}

static void leave(struct peaks *peaks)
{
    struct watched *watched = peaks->current;
    peaks->current = watched->parent;
    footprint_base_free(&watched->base);
    free(watched->items);
    free(watched);
}

void peaks_free(struct peaks *peaks)
{
    while (peaks->current)
        leave(peaks);
    peak_free(&peaks->last);
    free(peaks);
}

void peak_free(struct peak *peak)
{
    for (unsigned i = 0; i < peak->holder_count; i++)
        free(peak->holders[i].label);
    *peak = (struct peak){0};
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    struct peaks *peaks = data;
    struct watched *watched = xcalloc(1, sizeof(*watched));
    (void)process;
    watched->parent = peaks->current;
    peaks->current = watched;
    peaks->replay = replay;
}

static void append(struct watched *watched, struct ended item)
{
    GROW(watched->items, watched->count, watched->capacity);
    watched->items[watched->count++] = item;
}

/* Bytes that POOL had at the worst moment so far. */
static uint64_t bytes_at_peak(const struct process *process, const struct pool *pool)
{
    return pool->peak_moment == process->peak_moment ? pool->peak_bytes : pool->bytes;
}

/* All that it had then. */
static struct ended at_peak(const struct replay *replay, const struct process *process,
                            const struct pool *pool)
{
    struct pool_held held = replay_pool_held(replay, pool);
    const char *label = replay_pool_label(replay, pool);
    struct ended item = {.label = label ? label : replay_pool_role_name(replay, pool),
                         .created = pool->created,
                         .bytes = bytes_at_peak(process, pool),
                         .held = held.bytes,
                         .root = pool->root != 0,
                         .estimated = held.estimated};
    return item;
}

/* A pool that was made since then had nothing; those that had are no more than were alive then. */
static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    struct peaks *peaks = data;
    struct watched *watched = peaks->current;
    (void)with, (void)stack;
    if (watched->moment != process->peak_moment)
        watched->count = 0;
    watched->moment = process->peak_moment;
    if (bytes_at_peak(process, pool))
        append(watched, at_peak(peaks->replay, process, pool));
    footprint_base_add(&watched->base, peaks->replay, pool);
}

/* It was not there before, nor is in the end. */
static void on_brief(void *data, const struct process *process, const struct pool *pool,
                     const struct pool *with, uint32_t stack)
{
    if (bytes_at_peak(process, pool))
        on_destroy(data, process, pool, with, stack);
}

/* Nor was there a worse moment meanwhile. */
static bool on_brief_again(void *data, const struct process *process, const struct pool *pool,
                           uint32_t stack, uint32_t *note)
{
    (void)data, (void)process, (void)pool, (void)stack, (void)note;
    return false;
}

static void on_mark(void *data, const struct process *process, enum api_mark_kind mark,
                    uint32_t count)
{
    (void)count;
    struct peaks *peaks = data;
    footprint_base_mark(&peaks->current->base, peaks->replay, process, mark);
}

/* What adds up to the holders of a moment. */
struct sum {
    struct keymap index;
    uint32_t last; /* index of the holder that was asked for last */
    struct holder {
        struct ended first;
        uint64_t pools, bytes, held;
        bool estimated;
    } * items;
    size_t count;
    uint64_t pools, bytes, held; /* of all of them */
    bool estimated;
};

/* Pools without a name are known by what made them. */
static struct holder *holder_of(struct sum *sum, const struct ended *item)
{
    /* Pools of one name come in runs. */
    const struct ended *last = sum->count ? &sum->items[sum->last].first : NULL;
    if (last && last->label == item->label && (item->label || last->created == item->created))
        return &sum->items[sum->last];
    uint64_t key =
        item->label ? keyed_bytes(item->label, strlen(item->label)) : keyed_mix(item->created, 1);
    uint32_t *number = keymap_put(&sum->index, key ? key : 1);
    if (*number == 0) {
        GROW_TO_POWER(sum->items, sum->count);
        sum->items[sum->count] = (struct holder){.first = *item};
        *number = (uint32_t)++sum->count;
    }
    sum->last = *number - 1;
    return &sum->items[sum->last];
}

static void add(struct sum *sum, const struct ended *item)
{
    struct holder *holder = holder_of(sum, item);
    holder->pools++;
    holder->bytes += item->bytes;
    holder->held += item->held;
    holder->estimated |= item->estimated;
    sum->pools++;
    sum->bytes += item->bytes;
    sum->held += item->held;
    sum->estimated |= item->estimated;
}

static int by_held(const void *left, const void *right)
{
    const struct holder *a = left, *b = right;
    if (a->held != b->held)
        return a->held > b->held ? -1 : 1;
    return (a->bytes < b->bytes) - (a->bytes > b->bytes);
}

/* SUM is what there was at the worst moment. */
static void keep_moment(struct peak *peak, struct sum *sum)
{
    peak->pools = sum->pools;
    peak->bytes = sum->bytes;
    peak->held = sum->held;
    peak->estimated = sum->estimated;
    if (sum->count)
        qsort(sum->items, sum->count, sizeof(*sum->items), by_held);
    peak->holder_count = sum->count < PEAK_HOLDERS ? (unsigned)sum->count : PEAK_HOLDERS;
    for (unsigned i = 0; i < peak->holder_count; i++) {
        const struct holder *holder = &sum->items[i];
        peak->holders[i] =
            (struct peak_holder){.label = holder->first.label ? xstrdup(holder->first.label) : NULL,
                                 .created = holder->first.created,
                                 .root = holder->first.root,
                                 .pools = holder->pools,
                                 .bytes = holder->bytes,
                                 .held = holder->held,
                                 .estimated = holder->estimated};
    }
}

static void sum_free(struct sum *sum)
{
    keymap_free(&sum->index);
    free(sum->items);
}

/* Of the pools alive: what they have now is part of the END, what they had of the WORST moment. */
static void add_alive(struct peaks *peaks, const struct process *process, struct sum *worst,
                      struct sum *end)
{
    const struct replay *replay = peaks->replay;
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (!pool || pool->state != POOL_ALIVE)
            continue;
        struct ended item = at_peak(replay, process, pool);
        footprint_base_add(&peaks->current->base, replay, pool);
        if (item.bytes)
            add(worst, &item);
        item.bytes = pool->bytes;
        add(end, &item);
    }
}

/* The worst moment was that at which most was asked for, unless the blocks of many pools, with
 * little in each, hold more in the end. */
static void choose_moment(struct peak *peak, const struct process *process, struct sum *worst,
                          struct sum *end)
{
    const bool is_end = end->held > worst->held;
    peak->end = end->bytes;
    peak->held_end = end->held;
    peak->pools_end = end->pools;
    peak->ns = trace_wall_ns(process->header, is_end ? process->tick : process->peak_tick);
    keep_moment(peak, is_end ? end : worst);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct peaks *peaks = data;
    struct watched *watched = peaks->current;
    struct sum worst = {0}, end = {0};
    (void)replay;
    peak_free(&peaks->last);
    peaks->kind = process->kind;
    peaks->last = (struct peak){.known = process->peak_bytes > 0 && !process->absent,
                                .pid = process->pid,
                                .index = process->index};
    add_alive(peaks, process, &worst, &end);
    for (size_t i = 0; i < watched->count && watched->moment == process->peak_moment; i++)
        add(&worst, &watched->items[i]);
    choose_moment(&peaks->last, process, &worst, &end);
    sum_free(&worst);
    sum_free(&end);
    if (!process->absent)
        peaks->last.memory =
            footprint_of(process, &watched->base, peaks->last.held, peaks->last.estimated);
    leave(peaks);
}

struct replay_observer peaks_observer(struct peaks *peaks)
{
    return (struct replay_observer){.data = peaks,
                                    .on_start = on_start,
                                    .on_mark = on_mark,
                                    .on_destroy = on_destroy,
                                    .on_brief = on_brief,
                                    .on_brief_again = on_brief_again,
                                    .on_end = on_end};
}

struct peak peaks_take(struct peaks *peaks, enum process_kind *kind)
{
    struct peak peak = peaks->last;
    *kind = peaks->kind;
    peaks->last = (struct peak){0};
    return peak;
}

static bool is_worse(const struct peak *a, const struct peak *b)
{
    if (a->known != b->known)
        return a->known;
    if (a->held != b->held)
        return a->held > b->held;
    return a->bytes != b->bytes ? a->bytes > b->bytes : a->index < b->index;
}

void peak_keep_worse(struct peak *worst, struct peak *other)
{
    if (is_worse(other, worst)) {
        struct peak better = *worst;
        *worst = *other;
        *other = better;
    }
    peak_free(other);
}
