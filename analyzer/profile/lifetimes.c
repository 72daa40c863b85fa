/* lifetimes.c - each pool's lifetime, told once when it is over; see lifetimes.h. */
/* SPDX-License-Identifier: MIT */
#include "analyzer/profile/lifetimes.h"

#include "analyzer/util/keymap.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define RECENT_PLACES 16 /* a power of two */

#define ANYWHERE UINT32_MAX /* in place of a stack: the role has one place in the process */

/* Where pools of a role are made, one after the other. */
struct place {
    uint32_t waiting; /* number of the pool made last of those not overdue, 0: none */
    uint32_t made;
};

/* The lives in one process. */
struct process_lifetimes {
    struct process_lifetimes *parent; /* of the process that forked this one */
    struct lifetime *items;           /* by pool number */
    uint32_t room;
    struct keymap index; /* of places */
    struct recent_place {
        uint64_t key;
        uint32_t number;
    } recent[RECENT_PLACES]; /* of those asked for last */
    struct place *places;
    uint32_t place_count;
};

struct lifetimes {
    struct lifetimes_listener listeners[LIFETIMES_LISTENERS];
    unsigned listener_count;
    struct replay *replay;
    struct process_lifetimes *current;
};

const char *departure_name(enum departure departure)
{
    static const char *const names[DEPARTURES] = {NULL, "overdue", "made-again", "with-parent",
                                                  "at-exit"};
    return departure < DEPARTURES ? names[departure] : NULL;
}

struct lifetimes *lifetimes_new(void)
{
    return xcalloc(1, sizeof(struct lifetimes));
}

void lifetimes_add(struct lifetimes *lifetimes, struct lifetimes_listener listener)
{
    lifetimes->listeners[lifetimes->listener_count++] = listener;
}

static void leave_process(struct lifetimes *lifetimes)
{
    struct process_lifetimes *own = lifetimes->current;
    lifetimes->current = own->parent;
    keymap_free(&own->index);
    free(own->places);
    free(own->items);
    free(own);
}

void lifetimes_free(struct lifetimes *lifetimes)
{
    while (lifetimes->current)
        leave_process(lifetimes);
    free(lifetimes);
}

enum api_mark_kind lifetime_unit(const struct process *process)
{
    bool serves = process->kind == PROCESS_SESSION || process->units[API_MARK_COMMAND];
    return serves ? API_MARK_COMMAND : API_MARK_RESTART;
}

uint32_t lifetime_length(const struct process *process, const struct lifetime *lifetime)
{
    enum api_mark_kind unit = lifetime_unit(process);
    return process->units[unit] - lifetime->begun[unit];
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    struct lifetimes *lifetimes = data;
    struct process_lifetimes *own = xcalloc(1, sizeof(*own));
    own->parent = lifetimes->current;
    lifetimes->current = own;
    lifetimes->replay = replay;
    for (unsigned i = 0; i < lifetimes->listener_count; i++) {
        const struct lifetimes_listener *listener = &lifetimes->listeners[i];
        if (listener->on_start)
            listener->on_start(listener->data, replay, process);
    }
}

static const struct api_pool_role *role_of(const struct lifetimes *lifetimes,
                                           const struct lifetime *lifetime)
{
    return lifetime->role ? api_set_role(replay_apis(lifetimes->replay), lifetime->role - 1) : NULL;
}

static struct place *place_number(struct process_lifetimes *own, uint32_t number)
{
    return &own->places[number - 1];
}

/* Its number. The array has room for a power of two. */
static uint32_t place_for(struct process_lifetimes *own, uint64_t key)
{
    uint32_t *number = keymap_put(&own->index, key);
    if (*number)
        return *number;
    uint32_t count = own->place_count;
    GROW_TO_POWER(own->places, count);
    own->places[count] = (struct place){0};
    return *number = ++own->place_count;
}

static uint32_t find_place(struct process_lifetimes *own, unsigned role, uint32_t thread,
                           uint32_t stack)
{
    const uint64_t key = (uint64_t)role << 48 | (uint64_t)thread << 32 | stack;
    struct recent_place *recent = &own->recent[(stack ^ role) % RECENT_PLACES];
    if (recent->key != key)
        *recent = (struct recent_place){key, place_for(own, key)};
    return recent->number;
}

static void stop_waiting(struct process_lifetimes *own, struct lifetime *lifetime)
{
    if (!lifetime->place)
        return;
    if (lifetime->back)
        own->items[lifetime->back].next = lifetime->next;
    else
        place_number(own, lifetime->place)->waiting = lifetime->next;
    if (lifetime->next)
        own->items[lifetime->next].back = lifetime->back;
    lifetime->place = lifetime->next = lifetime->back = 0;
}

/* All that wait there should have ended before the one that is made now. */
static void call_overdue(struct process_lifetimes *own, struct place *place)
{
    while (place->waiting) {
        struct lifetime *lifetime = &own->items[place->waiting];
        lifetime->departure = DEPARTS_OVERDUE;
        stop_waiting(own, lifetime);
    }
}

static void wait_there(struct process_lifetimes *own, uint32_t number, uint32_t place_index)
{
    struct lifetime *lifetime = &own->items[number];
    struct place *place = place_number(own, place_index);
    lifetime->place = place_index;
    lifetime->next = place->waiting;
    if (place->waiting)
        own->items[place->waiting].back = number;
    place->waiting = number;
}

/* A command is its thread's, as a place is. */
static uint32_t unit_of(const struct lifetime *lifetime, enum api_mark_kind unit)
{
    return unit == API_MARK_COMMAND ? lifetime->command : lifetime->begun[unit];
}

/* The pool made last is the first of those that wait, so all were made in its unit or before. */
static bool is_from_before(const struct process_lifetimes *own, const struct place *place,
                           const struct lifetime *lifetime, enum api_mark_kind unit)
{
    return place->waiting && unit_of(&own->items[place->waiting], unit) < unit_of(lifetime, unit);
}

/* Pool NUMBER, which THREAD makes or names, takes its place among those of its role. */
static void take_place(struct lifetimes *lifetimes, uint32_t number, uint32_t thread)
{
    struct process_lifetimes *own = lifetimes->current;
    struct lifetime *lifetime = &own->items[number];
    const struct api_pool_role *role = role_of(lifetimes, lifetime);
    if (!role || role->life == API_LIFE_TASK || role->life >= API_LIFE_CACHE)
        return;
    bool one = role->life == API_LIFE_TRANSFER || role->life == API_LIFE_PROCESS;
    if (lifetime->unseen && !one) /* nor is it known when and where it was made */
        return;
    uint32_t index = one ? find_place(own, lifetime->role, 0, ANYWHERE)
                         : find_place(own, lifetime->role, thread, lifetime->created);
    struct place *place = place_number(own, index);
    if (role->life == API_LIFE_PROCESS) {
        lifetime->departure = place->made++ ? DEPARTS_AGAIN : DEPARTS_NOT;
        return;
    }
    if (one || is_from_before(own, place, lifetime, (enum api_mark_kind)role->life))
        call_overdue(own, place);
    wait_there(own, number, index);
}

static struct lifetime *lifetime_of(struct process_lifetimes *own, uint32_t number)
{
    if (number >= own->room) {
        /* Most are a forked process's, whose first pool has a high number. */
        const uint32_t room = number + number / 4 + 64;
        own->items = xreallocarray(own->items, room, sizeof(*own->items));
        memset(own->items + own->room, 0, (room - own->room) * sizeof(*own->items));
        own->room = room;
    }
    return &own->items[number];
}

static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    struct lifetimes *lifetimes = data;
    struct lifetime *lifetime = lifetime_of(lifetimes->current, pool->number);
    *lifetime = (struct lifetime){.role = replay_pool_role(lifetimes->replay, pool),
                                  .created = pool->created,
                                  .unseen = pool->adopted};
    lifetime->command = process->command;
    memcpy(lifetime->begun, process->units, sizeof(lifetime->begun));
    const struct pool *parent = replay_pool(lifetimes->replay, pool->parent);
    if (parent && !parent->inherited)
        lifetimes->current->items[parent->number].had_subpools = true;
    take_place(lifetimes, pool->number, process->thread);
}

/* The first tag may tell the role. */
static void on_name(void *data, const struct process *process, const struct pool *pool)
{
    struct lifetimes *lifetimes = data;
    struct lifetime *lifetime = pool->inherited ? NULL : &lifetimes->current->items[pool->number];
    if (!lifetime || lifetime->named)
        return;
    lifetime->named = true;
    unsigned role = replay_pool_role(lifetimes->replay, pool);
    if (role == lifetime->role)
        return;
    stop_waiting(lifetimes->current, lifetime);
    lifetime->role = role;
    take_place(lifetimes, pool->number, process->thread);
}

static void on_clear(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack)
{
    (void)process, (void)stack;
    struct lifetimes *lifetimes = data;
    if (!pool->inherited)
        lifetimes->current->items[pool->number].cleared = true;
}

static bool is_documented(const struct api_pool_role *role, const char *end)
{
    const struct slice word = {end, strlen(end)};
    return role->ends.length == 0 || slice_lists(role->ends, word);
}

/* A master's pools may all end with it, and with each other. */
static enum departure departure_of(const struct lifetimes *lifetimes, const struct process *process,
                                   const struct lifetime *lifetime, enum lifetime_end how)
{
    const struct api_pool_role *role = role_of(lifetimes, lifetime);
    if (lifetime->departure || !role || process->kind != PROCESS_SESSION)
        return lifetime->departure;
    if (how == LIFETIME_WITH_PARENT && !is_documented(role, "parent"))
        return DEPARTS_WITH_PARENT;
    if (how == LIFETIME_EXIT && process->ended && !is_documented(role, "exit"))
        return DEPARTS_AT_EXIT;
    return DEPARTS_NOT;
}

static void end_lifetime(struct lifetimes *lifetimes, const struct process *process,
                         const struct pool *pool, enum lifetime_end how, uint32_t stack)
{
    struct lifetime *lifetime = &lifetimes->current->items[pool->number];
    stop_waiting(lifetimes->current, lifetime);
    if (pool->root)
        lifetime->role = replay_pool_role(lifetimes->replay, pool);
    lifetime->departure = departure_of(lifetimes, process, lifetime, how);
    for (unsigned i = 0; i < lifetimes->listener_count; i++) {
        const struct lifetimes_listener *listener = &lifetimes->listeners[i];
        listener->on_lifetime(listener->data, process, pool, lifetime, how, stack);
    }
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    if (!pool->inherited)
        end_lifetime(data, process, pool, with == pool ? LIFETIME_DESTROYED : LIFETIME_WITH_PARENT,
                     stack);
}

/* The number of the place where those in the role of LIFETIME wait; 0: they do not. */
static uint32_t waiting_place(struct lifetimes *lifetimes, const struct lifetime *lifetime,
                              uint32_t thread)
{
    const struct api_pool_role *role = role_of(lifetimes, lifetime);
    if (!role || role->life == API_LIFE_TASK || role->life >= API_LIFE_CACHE)
        return 0;
    struct process_lifetimes *own = lifetimes->current;
    return role->life == API_LIFE_TRANSFER
               ? find_place(own, lifetime->role, 0, ANYWHERE)
               : find_place(own, lifetime->role, thread, lifetime->created);
}

/* What waits there from a unit before should have ended by now. */
static void call_overdue_before(struct lifetimes *lifetimes, const struct lifetime *lifetime,
                                uint32_t number)
{
    const struct api_pool_role *role = role_of(lifetimes, lifetime);
    struct process_lifetimes *own = lifetimes->current;
    struct place *place = place_number(own, number);
    if (role->life == API_LIFE_TRANSFER ||
        is_from_before(own, place, lifetime, (enum api_mark_kind)role->life))
        call_overdue(own, place);
}

/* At most one of those in a role in which they follow each other has lived meanwhile: see struct
 * brief_kind. Returns whether a listener wants to be told of others; *PLACE: where they wait, 0: do
 * not.
 */
static bool tell_briefly(struct lifetimes *lifetimes, const struct process *process,
                         const struct pool *pool, uint32_t stack, uint32_t *place)
{
    struct lifetime lifetime = {.role = replay_pool_role(lifetimes->replay, pool),
                                .created = pool->created,
                                .command = process->command,
                                .named = pool->first_tag,
                                .had_subpools = pool->had_pools};
    const struct pool *parent = replay_pool(lifetimes->replay, pool->parent);
    memcpy(lifetime.begun, process->units, sizeof(lifetime.begun));
    if (parent && !parent->inherited && !parent->brief)
        lifetimes->current->items[parent->number].had_subpools = true;
    *place = waiting_place(lifetimes, &lifetime, process->thread);
    if (*place)
        call_overdue_before(lifetimes, &lifetime, *place);
    bool wanted = false;
    for (unsigned i = 0; i < lifetimes->listener_count; i++) {
        const struct lifetimes_listener *listener = &lifetimes->listeners[i];
        wanted |= listener->on_lifetime(listener->data, process, pool, &lifetime,
                                        LIFETIME_DESTROYED, stack);
    }
    return wanted;
}

/* Where none waits, and nobody else asks, there is nothing to be done; NOTE is the place then. */
static bool on_brief_again(void *data, const struct process *process, const struct pool *pool,
                           uint32_t stack, uint32_t *note)
{
    struct lifetimes *lifetimes = data;
    uint32_t place;
    if (*note && !place_number(lifetimes->current, *note)->waiting)
        return true;
    const bool wanted = tell_briefly(lifetimes, process, pool, stack, &place);
    *note = wanted ? 0 : place;
    return wanted || place;
}

static void on_brief(void *data, const struct process *process, const struct pool *pool,
                     const struct pool *with, uint32_t stack)
{
    uint32_t place;
    (void)with;
    tell_briefly(data, process, pool, stack, &place);
}

static void on_young(void *data, const struct process *process, const struct young_sum *young)
{
    struct lifetimes *lifetimes = data;
    for (unsigned i = 0; i < lifetimes->listener_count; i++) {
        const struct lifetimes_listener *listener = &lifetimes->listeners[i];
        if (listener->on_young)
            listener->on_young(listener->data, process, young);
    }
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct lifetimes *lifetimes = data;
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (pool && !pool->inherited && pool->state == POOL_ALIVE)
            end_lifetime(lifetimes, process, pool, LIFETIME_EXIT, 0);
    }
    for (unsigned i = 0; i < lifetimes->listener_count; i++) {
        const struct lifetimes_listener *listener = &lifetimes->listeners[i];
        if (listener->on_end)
            listener->on_end(listener->data, replay, process);
    }
    leave_process(lifetimes);
}

struct replay_observer lifetimes_observer(struct lifetimes *lifetimes)
{
    return (struct replay_observer){.data = lifetimes,
                                    .on_start = on_start,
                                    .on_create = on_create,
                                    .on_name = on_name,
                                    .on_clear = on_clear,
                                    .on_destroy = on_destroy,
                                    .on_brief = on_brief,
                                    .on_brief_again = on_brief_again,
                                    .on_young = on_young,
                                    .on_end = on_end};
}
