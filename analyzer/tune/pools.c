/* pools.c - what a process's events do to its simulated pools; see pools.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/tune/pools.h"

#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

struct tune_process *tune_process_new(const struct tune_setting *settings, unsigned count)
{
    struct tune_process *process = xcalloc(1, sizeof(*process));
    process->settings = settings;
    process->setting_count = count;
    for (unsigned i = 0; i < count; i++)
        heap_begin(&process->heaps[i], &settings[i].rules);
    GROW_TO_POWER(process->pools, process->pool_count); /* number 0 is none */
    process->pools[process->pool_count++] = (struct tune_pool){0};
    return process;
}

static void *copy(const void *from, size_t count, size_t room, size_t size)
{
    return room ? memcpy(xreallocarray(NULL, room, size), from, count * size) : NULL;
}

static size_t power(size_t count)
{
    size_t power = 1;
    while (power < count)
        power *= 2;
    return power;
}

struct tune_process *tune_process_copy(const struct tune_process *from)
{
    struct tune_process *process = xmalloc(sizeof(*process));
    *process = *from;
    for (unsigned i = 0; i < from->setting_count; i++) {
        heap_copy(&process->heaps[i], &from->heaps[i]);
        process->most[i] = from->heaps[i].held;
    }
    process->pools =
        copy(from->pools, from->pool_count, power(from->pool_count), sizeof(*process->pools));
    for (uint32_t i = 1; i < process->pool_count; i++)
        process->pools[i].inherited = true;
    process->places =
        copy(from->places, from->place_room, from->place_room, sizeof(*process->places));
    process->endings =
        copy(from->endings, from->ending_count, from->ending_room, sizeof(*process->endings));
    process->withs = NULL;
    process->with_count = 0;
    process->with = (struct keymap){0};
    keymap_copy(&process->numbers, &from->numbers);
    process->moment++;
    process->asked_then = from->asked;
    process->spare_then = from->heaps[0].spare;
    return process;
}

void tune_process_free(struct tune_process *process)
{
    if (!process)
        return;
    for (unsigned i = 0; i < process->setting_count; i++)
        heap_end_all(&process->heaps[i]);
    keymap_free(&process->numbers);
    keymap_free(&process->with);
    free(process->withs);
    free(process->pools);
    free(process->places);
    free(process->endings);
    free(process);
}

uint32_t tune_find(const struct tune_process *process, uint64_t address)
{
    return address ? keymap_get(&process->numbers, address) : 0;
}

/* What PLACE has is about to change. */
static struct tune_sum *change_place(struct tune_process *process, uint32_t place)
{
    if (place >= process->place_room) {
        const size_t room = power((size_t)place + 1);
        process->places = xreallocarray(process->places, room, sizeof(*process->places));
        memset(process->places + process->place_room, 0,
               (room - process->place_room) * sizeof(*process->places));
        process->place_room = room;
    }
    struct tune_place_now *at = &process->places[place];
    if (at->moment != process->moment) {
        at->then = at->now;
        at->moment = process->moment;
    }
    return &at->now;
}

struct tune_sum tune_place_then(const struct tune_process *process, size_t place)
{
    if (place >= process->place_room)
        return (struct tune_sum){0};
    const struct tune_place_now *at = &process->places[place];
    return at->moment == process->moment ? at->then : at->now;
}

static void note_most(struct tune_process *process)
{
    for (unsigned i = 0; i < process->setting_count; i++) {
        if (process->heaps[i].held <= process->most[i])
            continue;
        process->most[i] = process->heaps[i].held;
        if (i > 0)
            continue;
        process->moment++;
        process->most_tick = process->tick;
        process->asked_then = process->asked;
        process->spare_then = process->heaps[0].spare;
    }
}

/* POOL holds something else in the first heap than the HELD bytes that it did. */
static void note_held(struct tune_process *process, uint32_t pool, uint64_t held)
{
    const uint64_t now = heap_held(&process->heaps[0], pool);
    if (now != held)
        change_place(process, process->pools[pool].place)->held += now - held;
    note_most(process);
}

void tune_with(struct tune_process *process, uint64_t address, uint64_t number)
{
    if (!address)
        return;
    uint32_t *at = keymap_put(&process->with, address);
    if (*at == 0) {
        GROW_TO_POWER(process->withs, process->with_count);
        *at = (uint32_t)++process->with_count;
    }
    process->withs[*at - 1] = number;
}

/* What was told of the pool at ADDRESS before it is made; it is not told again. */
static uint64_t take_with(struct tune_process *process, uint64_t address)
{
    const uint32_t at = keymap_get(&process->with, address);
    if (!at)
        return 0;
    const uint64_t number = process->withs[at - 1];
    process->withs[at - 1] = 0;
    return number;
}

static uint32_t new_number(struct tune_process *process)
{
    const uint32_t number = process->unused;
    if (number) {
        process->unused = process->pools[number].parent;
        return number;
    }
    GROW_TO_POWER(process->pools, process->pool_count);
    return process->pool_count++;
}

static void link_child(struct tune_process *process, uint32_t child, uint32_t parent)
{
    struct tune_pool *pool = &process->pools[child];
    pool->parent = parent;
    if (!parent)
        return;
    pool->next_sibling = process->pools[parent].first_child;
    if (pool->next_sibling)
        process->pools[pool->next_sibling].previous_sibling = child;
    process->pools[parent].first_child = child;
}

static void unlink_child(struct tune_process *process, uint32_t child)
{
    const struct tune_pool *pool = &process->pools[child];
    if (pool->previous_sibling)
        process->pools[pool->previous_sibling].next_sibling = pool->next_sibling;
    else if (pool->parent)
        process->pools[pool->parent].first_child = pool->next_sibling;
    if (pool->next_sibling)
        process->pools[pool->next_sibling].previous_sibling = pool->previous_sibling;
}

/* What is in its blocks, as far as that is known. */
static void tell_end(const struct tune_process *process, uint32_t number)
{
    const struct tune_pool *pool = &process->pools[number];
    const uint64_t simulated = heap_room(&process->heaps[0], number);
    const uint64_t room = pool->recorded != UINT64_MAX ? pool->recorded : simulated;
    if (process->ended)
        process->ended(process->data, number,
                       room + (heap_held(&process->heaps[0], number) - simulated));
}

/* Those below have ended. */
static void end_one(struct tune_process *process, uint32_t number)
{
    struct tune_pool *pool = &process->pools[number];
    tell_end(process, number);
    struct tune_sum *sum = change_place(process, pool->place);
    sum->pools--;
    sum->asked -= pool->asked;
    sum->held -= heap_held(&process->heaps[0], number);
    process->asked -= pool->asked;
    for (unsigned i = 0; i < process->setting_count; i++)
        heap_end(&process->heaps[i], number);
    unlink_child(process, number);
    keymap_remove(&process->numbers, pool->address);
    *pool = (struct tune_pool){.parent = process->unused};
    process->unused = number;
}

/* Ends all below TOP, the newest first, those below before each. */
static void end_below(struct tune_process *process, uint32_t top)
{
    uint32_t at = top;
    for (;;) {
        if (process->pools[at].first_child) {
            at = process->pools[at].first_child;
        } else if (at == top) {
            return;
        } else {
            const uint32_t parent = process->pools[at].parent;
            end_one(process, at);
            at = parent;
        }
    }
}

static void end_tree(struct tune_process *process, uint32_t top)
{
    end_below(process, top);
    end_one(process, top);
}

static void clear_pool(struct tune_process *process, uint32_t number)
{
    struct tune_pool *pool = &process->pools[number];
    const uint64_t held = heap_held(&process->heaps[0], number);
    end_below(process, number);
    tell_end(process, number);
    change_place(process, pool->place)->asked -= pool->asked;
    process->asked -= pool->asked;
    pool->asked = 0;
    pool->recorded = UINT64_MAX;
    for (unsigned i = 0; i < process->setting_count; i++)
        heap_clear(&process->heaps[i], number);
    note_held(process, number, held);
}

uint32_t tune_make(struct tune_process *process, uint64_t address, uint64_t parent, uint32_t place,
                   bool known)
{
    const uint32_t old = tune_find(process, address);
    const uint64_t with = take_with(process, address);
    if (old) /* its end was not seen */
        end_tree(process, old);
    const uint32_t above = tune_find(process, parent), number = new_number(process);
    process->pools[number] = (struct tune_pool){.address = address,
                                                .place = place,
                                                .known = known,
                                                .with = with,
                                                .recorded = UINT64_MAX,
                                                .serial = ++process->serial};
    link_child(process, number, above);
    *keymap_put(&process->numbers, address) = number;
    for (unsigned i = 0; i < process->setting_count; i++) {
        const struct tune_setting *setting = &process->settings[i];
        if (!known)
            heap_meet(&process->heaps[i], number);
        else
            heap_make(&process->heaps[i], number, above,
                      setting->place && setting->place == place ? setting->with : with);
    }
    change_place(process, place)->pools++;
    note_held(process, number, 0);
    return number;
}

void tune_take(struct tune_process *process, uint32_t number, uint64_t asked,
               const struct heap_taken *taken)
{
    struct tune_pool *pool = &process->pools[number];
    const uint64_t held = heap_held(&process->heaps[0], number);
    pool->asked += asked;
    process->asked += asked;
    change_place(process, pool->place)->asked += asked;
    for (unsigned i = 0; i < process->setting_count; i++)
        heap_take(&process->heaps[i], number, taken);
    note_held(process, number, held);
}

void tune_end_all(struct tune_process *process)
{
    for (uint32_t i = 1; i < process->pool_count; i++) {
        if (process->pools[i].address)
            tell_end(process, i);
    }
}

void tune_give_back(struct tune_process *process, uint32_t number, uint64_t object)
{
    struct tune_pool *pool = &process->pools[number];
    const uint64_t held = heap_held(&process->heaps[0], number);
    uint64_t bytes = heap_give_back(&process->heaps[0], number, object);
    if (bytes > pool->asked)
        bytes = pool->asked;
    for (unsigned i = 1; i < process->setting_count; i++)
        heap_give_back(&process->heaps[i], number, object);
    change_place(process, pool->place)->asked -= bytes;
    pool->asked -= bytes;
    process->asked -= bytes;
    note_held(process, number, held);
}

void tune_begin_ending(struct tune_process *process, uint32_t pool, uint32_t stack, uint32_t thread,
                       bool clears)
{
    GROW(process->endings, process->ending_count, process->ending_room);
    process->endings[process->ending_count++] =
        (struct tune_ending){process->pools[pool].serial, pool, stack, thread, clears};
}

static void finish(struct tune_process *process, const struct tune_ending *ending)
{
    if (process->pools[ending->pool].serial != ending->serial) /* it ended with one above it */
        return;
    if (ending->clears)
        clear_pool(process, ending->pool);
    else
        end_tree(process, ending->pool);
}

/* Inner ones are over before outer ones. */
void tune_settle(struct tune_process *process, const struct replay *replay, uint32_t stack,
                 uint32_t thread)
{
    size_t at = process->ending_count;
    while (at-- > 0) {
        const struct tune_ending ending = process->endings[at];
        if (ending.thread != thread)
            continue;
        if (stack && stack != ending.stack && replay_within(replay, stack, ending.stack))
            return;
        memmove(&process->endings[at], &process->endings[at + 1],
                (process->ending_count - at - 1) * sizeof(*process->endings));
        process->ending_count--;
        finish(process, &ending);
    }
}
