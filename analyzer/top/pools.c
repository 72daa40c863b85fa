/* pools.c - what the pools of each path hold and took; see pools.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/top/pools.h"

#include "analyzer/profile/resident.h"
#include "analyzer/replay/pool_path.h"
#include "analyzer/replay/recording.h"
#include "analyzer/top/snapshot.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define ROWS_KEPT 65536 /* of processes that have ended */

/* What one process's pools hold and took. */
struct table {
    const struct replay *replay; /* as long as it lasts */
    struct keymap index;         /* of rows, by path */
    struct top_row *rows;
    size_t count, capacity;
};

struct top_pools {
    struct strings paths;
    struct table **tables; /* by process; NULL: not begun, or dropped */
    size_t limit;
    uint32_t *ended; /* processes, in the order of their ends */
    size_t first_ended, ended_count;
    size_t rows_ended;
};

struct top_pools *top_pools_new(void)
{
    return xcalloc(1, sizeof(struct top_pools));
}

static void free_table(struct table *table)
{
    if (!table)
        return;
    keymap_free(&table->index);
    free(table->rows);
    free(table);
}

void top_pools_free(struct top_pools *pools)
{
    for (size_t i = 0; i < pools->limit; i++)
        free_table(pools->tables[i]);
    strings_free(&pools->paths);
    free(pools->tables);
    free(pools->ended);
    free(pools);
}

static struct top_row *row_of(struct top_pools *pools, struct table *table, const struct pool *pool)
{
    char *path = replay_pool_path_of_roles(table->replay, pool);
    uint32_t number = strings_intern_text(&pools->paths, path);
    free(path);
    uint32_t *row = keymap_put(&table->index, (uint64_t)number + 1);
    if (*row)
        return &table->rows[*row - 1];
    GROW(table->rows, table->count, table->capacity);
    table->rows[table->count] = (struct top_row){.path = number};
    *row = (uint32_t)++table->count;
    return &table->rows[*row - 1];
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    struct top_pools *pools = data;
    if (process->index >= pools->limit) {
        size_t limit = 2 * (size_t)process->index + 16;
        pools->tables = xreallocarray(pools->tables, limit, sizeof(struct table *));
        memset(pools->tables + pools->limit, 0, (limit - pools->limit) * sizeof(struct table *));
        pools->limit = limit;
    }
    struct table *table = xcalloc(1, sizeof(*table));
    table->replay = replay;
    pools->tables[process->index] = table;
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)with, (void)stack;
    struct top_pools *pools = data;
    if (!pool->inherited)
        row_of(pools, pools->tables[process->index], pool)->taken += pool->allocations;
}

/* The first that ended go when there are too many rows. */
static void keep_ended(struct top_pools *pools, uint32_t index)
{
    GROW_TO_POWER(pools->ended, pools->ended_count);
    pools->ended[pools->ended_count++] = index;
    pools->rows_ended += pools->tables[index]->count;
    while (pools->rows_ended > ROWS_KEPT && pools->first_ended + 1 < pools->ended_count) {
        struct table **table = &pools->tables[pools->ended[pools->first_ended++]];
        pools->rows_ended -= (*table)->count;
        free_table(*table);
        *table = NULL;
    }
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct top_pools *pools = data;
    struct table *table = pools->tables[process->index];
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        /* What a session has of its master is told there; a daemon goes on with its starter's. */
        bool own = pool && (!pool->inherited || process->kind == PROCESS_MASTER);
        if (!own || pool->state != POOL_ALIVE)
            continue;
        struct top_row *row = row_of(pools, table, pool);
        row->pools++;
        row->bytes += pool->bytes;
        row->taken += pool->allocations;
    }
    if (process->ended)
        keep_ended(pools, process->index);
}

struct replay_observer top_pools_observer(struct top_pools *pools)
{
    return (struct replay_observer){
        .data = pools, .on_start = on_start, .on_destroy = on_destroy, .on_end = on_end};
}

static void write_table(const struct top_pools *pools, const struct table *table,
                        struct top_snapshot *to)
{
    uint32_t index = (uint32_t)to->process_count - 1;
    for (size_t i = 0; i < table->count; i++) {
        const char *path = strings_get(&pools->paths, table->rows[i].path);
        struct top_row *row = top_snapshot_row(to, index, strings_intern_text(&to->paths, path));
        row->pools = table->rows[i].pools;
        row->bytes = table->rows[i].bytes;
        row->taken = table->rows[i].taken;
    }
}

void top_pools_write(const struct top_pools *pools, const struct recording *recording, int32_t pid,
                     struct top_snapshot *to)
{
    to->recorded = recording_process_count(recording);
    to->processes = xcalloc(to->recorded, sizeof(*to->processes));
    for (size_t i = 0; i < to->recorded; i++)
        to->running += recording_process_runs(recording, i);
    for (size_t i = 0; i < to->recorded && i < pools->limit; i++) {
        const struct process *process = recording_process(recording, i);
        bool running = recording_process_runs(recording, i);
        if (!pools->tables[i] || !(running || to->running == 0 || process->pid == pid))
            continue;
        struct top_process *written = &to->processes[to->process_count++];
        written->pid = process->pid;
        written->kind = process->kind;
        written->running = running;
        written->events = process->events;
        written->resident = running ? resident_bytes(process->pid) : 0;
        memcpy(written->units, process->units, sizeof(written->units));
        write_table(pools, pools->tables[i], to);
    }
}
