/* role_table.c - the pools of each documented role over a whole recording; see role_table.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/role_table.h"

#include "analyzer/replay/recording.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define EXACT_BELOW 64
#define EXACT_BITS  6
#define PARTS_BITS  3 /* a power of two from there on has so many buckets, as a power of two */

struct filling {
    struct role_table *table;
    const struct replay *replay;
};

static unsigned bucket_of(uint32_t length)
{
    if (length < EXACT_BELOW)
        return length;
    unsigned log = 31 - (unsigned)__builtin_clz(length);
    unsigned part = length >> (log - PARTS_BITS) & ((1u << PARTS_BITS) - 1);
    return EXACT_BELOW + ((log - EXACT_BITS) << PARTS_BITS) + part;
}

/* The shortest length in it; 0, all of them being less, behind the last one. */
static uint32_t bucket_start(unsigned bucket)
{
    if (bucket < EXACT_BELOW)
        return bucket;
    unsigned log = EXACT_BITS + ((bucket - EXACT_BELOW) >> PARTS_BITS);
    unsigned part = (bucket - EXACT_BELOW) & ((1u << PARTS_BITS) - 1);
    return ((1u << PARTS_BITS) + part) << (log - PARTS_BITS);
}

static void add_length(struct lifetime_lengths *lengths, uint32_t length)
{
    if (!lengths->counts)
        lengths->counts = xcalloc(LENGTH_BUCKETS, sizeof(*lengths->counts));
    if (lengths->total++ == 0 || length < lengths->shortest)
        lengths->shortest = length;
    if (length > lengths->longest)
        lengths->longest = length;
    lengths->counts[bucket_of(length)]++;
}

/* The middle of what BUCKET holds of these lengths. */
static uint32_t middle_of(const struct lifetime_lengths *lengths, unsigned bucket, bool *exact)
{
    uint32_t least = bucket_start(bucket), most = bucket_start(bucket + 1) - 1;
    least = least > lengths->shortest ? least : lengths->shortest;
    most = most < lengths->longest ? most : lengths->longest;
    *exact = least == most;
    return least + (most - least) / 2;
}

uint32_t lifetime_lengths_median(const struct lifetime_lengths *lengths, bool *exact)
{
    uint64_t passed = 0;
    *exact = true;
    for (unsigned i = 0; i < LENGTH_BUCKETS && lengths->total; i++) {
        passed += lengths->counts[i];
        if (2 * passed >= lengths->total)
            return middle_of(lengths, i, exact);
    }
    return 0;
}

/* There are few places in a program at which pools of a role are made. */
static void add_place(const struct filling *filling, struct role_places *places, uint32_t stack)
{
    uint64_t key = replay_place(filling->replay, stack);
    size_t i = 0, count = places->count;
    while (i < count && places->items[i].key != key)
        i++;
    if (i == count) {
        GROW_TO_POWER(places->items, count);
        places->items[places->count++] = (struct role_place){key, stack, 0};
    }
    places->items[i].count++;
}

static void add_pool(const struct filling *filling, struct role_row *row,
                     const struct process *process, uint32_t created, uint32_t length)
{
    row->pools++;
    row->processes += row->last_process != process->index + 1;
    row->last_process = process->index + 1;
    row->unit = lifetime_unit(process);
    add_place(filling, &row->made, created);
    add_length(&row->lengths, length);
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    (void)process;
    ((struct filling *)data)->replay = replay;
}

/* Does SET begin with all systems of BEFORE? */
static bool goes_on(const struct api_set *set, const struct api_set *before)
{
    if (!before || !set || set->count < before->count)
        return !before;
    return memcmp(set->apis, before->apis, before->count * sizeof(before->apis[0])) == 0;
}

/* The row for ROLE of the systems that the table is about; NULL: it is of others, or none. */
static struct role_row *row_of(const struct filling *filling, const struct process *process,
                               unsigned role)
{
    const struct api_set *apis = replay_apis(filling->replay);
    bool known = role && api_set_role(apis, role - 1) &&
                 api_set_role(apis, role - 1) == api_set_role(filling->table->apis, role - 1);
    return known ? &filling->table->rows[role - 1][process->kind] : NULL;
}

static bool on_lifetime(void *data, const struct process *process, const struct pool *pool,
                        const struct lifetime *lifetime, enum lifetime_end how, uint32_t stack)
{
    struct filling *filling = data;
    (void)pool;
    if (goes_on(replay_apis(filling->replay), filling->table->apis))
        filling->table->apis = replay_apis(filling->replay);
    struct role_row *row = row_of(filling, process, lifetime->role);
    if (!row)
        return true;
    add_pool(filling, row, process, lifetime->created, lifetime_length(process, lifetime));
    row->ended[how]++;
    row->departures[lifetime->departure]++;
    if (how != LIFETIME_EXIT)
        add_place(filling, &row->destroyed, stack);
    return true;
}

/* A root pool that the session has in place of one of its own. */
static void on_end(void *data, struct replay *replay, const struct process *process)
{
    const struct filling *filling = data;
    struct role_row *row = row_of(filling, process, process->alias);
    for (uint32_t i = 1; row && i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (!pool || !pool->root || replay_pool_role(replay, pool) != process->alias)
            continue;
        add_pool(filling, row, process, pool->created, process->units[lifetime_unit(process)]);
        row->ended[LIFETIME_EXIT]++;
    }
}

static int by_count(const void *left, const void *right)
{
    const struct role_place *a = left, *b = right;
    if (a->count != b->count)
        return a->count > b->count ? -1 : 1;
    return (a->stack > b->stack) - (a->stack < b->stack);
}

static void sort_places(struct role_places *places)
{
    if (places->count)
        qsort(places->items, places->count, sizeof(*places->items), by_count);
}

bool role_table_fill(struct role_table *table, struct recording *recording, struct error *error)
{
    *table = (struct role_table){0};
    struct filling filling = {.table = table};
    struct lifetimes *lifetimes = lifetimes_new();
    lifetimes_add(lifetimes,
                  (struct lifetimes_listener){&filling, on_start, on_lifetime, NULL, on_end});
    const struct replay_observer observer = lifetimes_observer(lifetimes);
    bool whole = recording_replay(recording, &observer, 1, error);
    lifetimes_free(lifetimes);
    if (!table->apis)
        table->apis = recording_apis(recording);
    for (unsigned i = 0; i < SET_ROLES_MAX; i++) {
        for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
            sort_places(&table->rows[i][kind].made);
            sort_places(&table->rows[i][kind].destroyed);
        }
    }
    return whole;
}

void role_table_free(struct role_table *table)
{
    for (unsigned i = 0; i < SET_ROLES_MAX; i++) {
        for (unsigned kind = 0; kind < PROCESS_KINDS; kind++) {
            free(table->rows[i][kind].made.items);
            free(table->rows[i][kind].destroyed.items);
            free(table->rows[i][kind].lengths.counts);
        }
    }
}
