/*
 * history_read.c - one more replay, in which the moments of a history are taken; see history.h.
 *
 * SPDX-License-Identifier: MIT
 */
#include "analyzer/html/history_plan.h"
#include "analyzer/html/history_sites.h"
#include "analyzer/html/history_walk.h"

#include "analyzer/replay/recording.h"
#include "analyzer/replay/rounded_size.h"
#include "analyzer/rules/describe.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define NEVER UINT64_MAX

/* A process that is being replayed. */
struct running {
    struct running *below; /* the one that forked it */
    const struct history_process *known;
    uint32_t next_all;  /* moment of all together that comes next */
    uint64_t next_tick; /* a moment lies right before this one */
    uint64_t peak;
    struct amount *inherited; /* what pools had at the fork, by number */
    uint32_t inherited_limit;
    struct tallies last, last_parts; /* at the moment before, of a process with a row */
    struct alloc_sites sites;
    struct alive last_alive; /* of these, at the moment before; of a row that is shown in full */
    struct site_numbers together; /* of these, in the row of all together */
};

struct reader {
    struct history *history;
    struct history_process *processes;
    struct running *current;
    struct replay *replay;
    struct history_walk walk;
    struct tallies *all, *all_parts; /* sums by moment of all together */
    struct alive *all_alive;
};

static void walk(struct reader *reader, const struct process *process)
{
    const struct running *running = reader->current;
    const struct walked walked = {reader->replay, process, &running->sites, running->inherited,
                                  running->inherited_limit};
    history_walk(&reader->walk, &walked);
}

/* Notes in CHANGES what differs between LAST and NOW, which LAST becomes. */
static void note_changes(struct history_changes *changes, struct tallies *last,
                         const struct tallies *now)
{
    static const struct tally none;
    size_t count = now->count > last->count ? now->count : last->count;
    for (uint32_t number = 1; number < count; number++) {
        const struct tally *new = number < now->count ? &now->items[number] : &none;
        struct tally *old = tally_of(last, number);
        if (old->all.bytes == new->all.bytes && old->all.held == new->all.held &&
            old->pools == new->pools)
            continue;
        GROW(changes->items, changes->count, changes->capacity);
        changes->items[changes->count++] =
            (struct history_change){number, new->pools, new->all.bytes, new->all.held};
        *old = *new;
    }
}

/* Notes what of each site is alive that was not so at the moment before. */
static void note_sites(struct running *running, struct history_changes *changes)
{
    struct alive now = alive_of(&running->sites);
    alive_changes(changes, &running->last_alive, &now);
    free(running->last_alive.bytes);
    running->last_alive = now;
}

static void take_own(struct reader *reader)
{
    struct running *running = reader->current;
    struct history_row *row = running->known->row;
    struct history_moment *moment = &row->moments[row->taken];
    moment->ns = history_moment_ns(row, row->taken);
    moment->peak = running->peak;
    running->peak = 0;
    row->taken++;
    note_changes(&moment->pools, &running->last, &reader->walk.now);
    note_changes(&moment->parts, &running->last_parts, &reader->walk.parts);
    if (row->rank < HISTORY_ROWS_FULL)
        note_sites(running, &moment->sites);
}

static void sum_own(struct tallies *sum, const struct tallies *now)
{
    for (uint32_t number = 1; number < now->count; number++) {
        const struct tally *new = &now->items[number];
        if (!new->own.bytes && !new->own.held && !new->own_pools)
            continue;
        struct tally own = {.all = new->own, .pools = new->own_pools};
        tally_add(tally_of(sum, number), own);
    }
}

static void take_together(struct reader *reader)
{
    uint32_t moment = reader->current->next_all++;
    sum_own(&reader->all[moment], &reader->walk.now);
    sum_own(&reader->all_parts[moment], &reader->walk.parts);
    alive_add(&reader->all_alive[moment], &reader->current->sites, &reader->history->all,
              &reader->current->together);
}

static uint64_t next_own_ns(const struct history_row *row)
{
    return row && row->taken < row->planned ? history_moment_ns(row, row->taken) : NEVER;
}

static uint64_t next_all_ns(const struct reader *reader)
{
    const struct history_row *all = &reader->history->all;
    return reader->current->next_all < all->planned
               ? history_moment_ns(all, reader->current->next_all)
               : NEVER;
}

/* The first tick of PROCESS that is later than the moment that comes next; NEVER: it ends before.
 */
static uint64_t find_next_tick(const struct reader *reader, const struct process *process)
{
    uint64_t own = next_own_ns(reader->current->known->row), all = next_all_ns(reader);
    uint64_t ns = own < all ? own : all, end = reader->current->known->end_tick;
    uint64_t low = process->header->start_tick, high = end < NEVER ? end + 1 : NEVER;
    if (ns == NEVER)
        return NEVER;
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (trace_wall_ns(process->header, middle) > ns)
            high = middle;
        else
            low = middle + 1;
    }
    return high > end ? NEVER : high;
}

/* Takes the moments that lie before TICK. */
static void catch_up(struct reader *reader, const struct process *process, uint64_t tick)
{
    struct running *running = reader->current;
    while (running->next_tick != NEVER && tick >= running->next_tick) {
        uint64_t own = next_own_ns(running->known->row), all = next_all_ns(reader);
        walk(reader, process);
        if (own <= all)
            take_own(reader);
        if (all <= own)
            take_together(reader);
        running->next_tick = find_next_tick(reader, process);
    }
}

static void on_event(void *data, const struct process *process, const struct trace_event *event)
{
    struct reader *reader = data;
    struct running *running = reader->current;
    if (process->bytes > running->peak)
        running->peak = process->bytes;
    if (event->tick >= running->next_tick)
        catch_up(reader, process, event->tick);
}

static void note_inherited(struct running *running, const struct replay *replay)
{
    running->inherited_limit = replay_pool_limit(replay);
    running->inherited = xcalloc(running->inherited_limit, sizeof(*running->inherited));
    for (uint32_t i = 1; i < running->inherited_limit; i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (pool)
            running->inherited[i] =
                (struct amount){pool->bytes, replay_pool_held(replay, pool).bytes};
    }
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    struct reader *reader = data;
    struct running *running = xcalloc(1, sizeof(*running));
    running->below = reader->current;
    running->known = &reader->processes[process->index];
    running->sites.unit = running->known->unit;
    note_inherited(running, replay);
    reader->current = running;
    reader->replay = replay;
    while (next_all_ns(reader) < running->known->start_ns)
        running->next_all++;
    running->next_tick = find_next_tick(reader, process);
}

static uint32_t label_of(void *data, const struct pool *pool)
{
    struct reader *reader = data;
    const char *label = replay_pool_role_name(reader->replay, pool);
    if (!label)
        label = replay_pool_label(reader->replay, pool);
    return label ? strings_intern_text(&reader->history->labels, label) : 0;
}

static bool on_alloc(void *data, const struct process *process, const struct pool *pool,
                     uint64_t size, uint32_t stack)
{
    struct reader *reader = data;
    alloc_sites_take(&reader->current->sites, process, pool, stack,
                     rounded_size(reader->replay, pool, size), label_of, reader);
    return true;
}

static void on_free(void *data, const struct process *process, const struct pool *pool,
                    const struct object *object, uint32_t stack)
{
    (void)stack;
    struct running *running = ((struct reader *)data)->current;
    if (!object->inherited)
        alloc_sites_free_one(&running->sites, process, pool, object->stack, object->size);
    else if (pool->inherited && pool->number < running->inherited_limit)
        running->inherited[pool->number].bytes -= object->size;
}

static void on_clear(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack)
{
    (void)stack;
    struct running *running = ((struct reader *)data)->current;
    alloc_sites_give_back(&running->sites, process, pool);
    if (pool->inherited && pool->number < running->inherited_limit)
        running->inherited[pool->number].bytes = 0;
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    (void)with, (void)stack;
    alloc_sites_give_back(&((struct reader *)data)->current->sites, process, pool);
}

static void count_marks(struct history_row *row, uint32_t moment, unsigned kind, uint64_t ns,
                        uint32_t count)
{
    struct history_marks *marks =
        &row->marks[moment < row->planned ? moment : row->planned - 1][kind];
    if (marks->count == 0 || ns < marks->first_ns)
        marks->first_ns = ns;
    marks->count += count;
}

static void mark(struct reader *reader, const struct process *process, unsigned kind,
                 uint32_t count)
{
    const struct running *running = reader->current;
    uint64_t ns = trace_wall_ns(process->header, process->tick);
    count_marks(&reader->history->all, running->next_all, kind, ns, count);
    if (running->known->row)
        count_marks(running->known->row, running->known->row->taken, kind, ns, count);
}

static void on_mark(void *data, const struct process *process, enum api_mark_kind kind,
                    uint32_t count)
{
    struct reader *reader = data;
    mark(reader, process, kind, count);
    if (kind == API_MARK_SHUTDOWN)
        reader->current->sites.settled = true;
}

static void on_fork(void *data, const struct process *process)
{
    mark(data, process, HISTORY_FORK, 1);
}

/* Adds the sites of a process to those of ROW. */
static void add_sites(struct history_row *row, const struct alloc_sites *sites,
                      const struct history_process *known)
{
    uint32_t units = known->units[sites->unit];
    if (units >= 3)
        row->units[sites->unit] += units - 2;
    for (size_t i = 0; i < sites->count; i++) {
        const struct alloc_site *site = &sites->items[i];
        const uint32_t number = history_site(row, site);
        struct alloc_site *sum = &row->sites.items[number - 1];
        sum->count += site->count;
        sum->bytes += site->bytes;
        sum->alive += site->alive;
        row->growth[number - 1][sites->unit] += alloc_site_growth(site, units);
    }
}

static void leave(struct reader *reader)
{
    struct running *running = reader->current;
    reader->current = running->below;
    alloc_sites_free(&running->sites);
    free(running->inherited);
    free(running->last.items);
    free(running->last_parts.items);
    free(running->last_alive.bytes);
    free(running->together.items);
    free(running);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    (void)replay;
    struct reader *reader = data;
    struct running *running = reader->current;
    struct history_row *row = running->known->row;
    const struct history_row *all = &reader->history->all;
    /* A process whose end was not seen may still have been there. */
    uint64_t end_ns = running->known->ended ? running->known->end_ns : all->end_ns;
    walk(reader, process);
    while (row && row->taken < row->planned)
        take_own(reader);
    while (next_all_ns(reader) <= end_ns && running->next_all < all->planned)
        take_together(reader);
    add_sites(&reader->history->all, &running->sites, running->known);
    if (row)
        add_sites(row, &running->sites, running->known);
    leave(reader);
}

static void settle_together(struct reader *reader)
{
    const struct alive none = {0};
    struct history_row *all = &reader->history->all;
    struct tallies last = {0}, last_parts = {0};
    for (; all->taken < all->planned; all->taken++) {
        struct history_moment *moment = &all->moments[all->taken];
        moment->ns = history_moment_ns(all, all->taken);
        note_changes(&moment->pools, &last, &reader->all[all->taken]);
        note_changes(&moment->parts, &last_parts, &reader->all_parts[all->taken]);
        alive_changes(&moment->sites, all->taken ? &reader->all_alive[all->taken - 1] : &none,
                      &reader->all_alive[all->taken]);
        free(reader->all[all->taken].items);
        free(reader->all_parts[all->taken].items);
    }
    for (uint32_t i = 0; i < all->taken; i++)
        free(reader->all_alive[i].bytes);
    free(last.items);
    free(last_parts.items);
}

bool history_read(struct history *history, struct recording *recording, struct finding_parts *parts,
                  const bool *mentioned, struct error *error)
{
    *history = (struct history){.recording = recording, .parts = parts};
    struct tallies all[HISTORY_MOMENTS] = {{0}}, all_parts[HISTORY_MOMENTS] = {{0}};
    struct alive all_alive[HISTORY_MOMENTS] = {{0}};
    struct reader reader = {.history = history,
                            .walk.history = history,
                            .all = all,
                            .all_parts = all_parts,
                            .all_alive = all_alive};
    reader.processes = history_plan(history, mentioned);
    const struct replay_observer observer = {.data = &reader,
                                             .on_event = on_event,
                                             .on_start = on_start,
                                             .on_alloc = on_alloc,
                                             .on_free = on_free,
                                             .on_clear = on_clear,
                                             .on_destroy = on_destroy,
                                             .on_mark = on_mark,
                                             .on_fork = on_fork,
                                             .on_end = on_end};
    bool whole = recording_replay(recording, &observer, 1, error);
    while (reader.current)
        leave(&reader);
    settle_together(&reader);
    free(reader.processes);
    history_walk_free(&reader.walk);
    return whole;
}

static void free_row(struct history_row *row)
{
    for (uint32_t i = 0; row->moments && i < row->planned; i++) {
        free(row->moments[i].pools.items);
        free(row->moments[i].parts.items);
        free(row->moments[i].sites.items);
    }
    free(row->moments);
    free(row->marks);
    free(row->growth);
    alloc_sites_free(&row->sites);
}

void history_free(struct history *history)
{
    free_row(&history->all);
    for (size_t i = 0; i < history->row_count; i++)
        free_row(&history->rows[i]);
    free(history->rows);
    strings_free(&history->labels);
    pool_nodes_free(&history->nodes);
}
