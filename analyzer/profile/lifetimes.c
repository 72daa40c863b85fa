#include "analyzer/profile/lifetimes.h"

#include "analyzer/util/keymap.h"
#include "analyzer/util/memory.h"

#include <stdlib.h>
#include <string.h>

#define ANYWHERE UINT32_MAX /* in place of a stack: the role has one place in the process */

/* Where pools of a role are made, one after the other. */
struct place {
    uint32_t waiting; /* number of the pool made last of those not overdue, 0: none */
    uint32_t made;
};

/* The lives in one process. */
struct community {
    struct community *parent; /* of the process that forked this one */
    struct life *lives;       /* by pool number */
    uint32_t room;
    struct keymap index; /* of places */
    struct place *places;
    uint32_t place_count;
};

struct lives {
    struct lives_listener listeners[LIVES_LISTENERS];
    unsigned listener_count;
    struct replay *replay;
    struct community *current;
};

const char *departure_name(enum departure departure)
{
    static const char *const names[DEPARTURES] = {NULL, "overdue", "made-again", "with-parent",
                                                  "at-exit"};
    return departure < DEPARTURES ? names[departure] : NULL;
}

struct lives *lives_new(void)
{
    return xcalloc(1, sizeof(struct lives));
}

void lives_add(struct lives *lives, struct lives_listener listener)
{
    lives->listeners[lives->listener_count++] = listener;
}

static void leave_community(struct lives *lives)
{
    struct community *community = lives->current;
    lives->current = community->parent;
    keymap_free(&community->index);
    free(community->places);
    free(community->lives);
    free(community);
}

void lives_free(struct lives *lives)
{
    while (lives->current)
        leave_community(lives);
    free(lives);
}

enum api_mark_kind life_unit(const struct process *process)
{
    bool serves = process->kind == PROCESS_SESSION || process->units[API_MARK_COMMAND];
    return serves ? API_MARK_COMMAND : API_MARK_RESTART;
}

uint32_t life_length(const struct process *process, const struct life *life)
{
    enum api_mark_kind unit = life_unit(process);
    return process->units[unit] - life->begun[unit];
}

static void on_start(void *data, struct replay *replay, const struct process *process)
{
    struct lives *lives = data;
    struct community *community = xcalloc(1, sizeof(*community));
    community->parent = lives->current;
    lives->current = community;
    lives->replay = replay;
    for (unsigned i = 0; i < lives->listener_count; i++) {
        const struct lives_listener *listener = &lives->listeners[i];
        if (listener->on_start)
            listener->on_start(listener->data, replay, process);
    }
}

static const struct api_pool_role *role_of(const struct lives *lives, const struct life *life)
{
    return life->role ? api_set_role(replay_apis(lives->replay), life->role - 1) : NULL;
}

static struct place *place_number(struct community *community, uint32_t number)
{
    return &community->places[number - 1];
}

/* Its number. The array has room for a power of two. */
static uint32_t find_place(struct community *community, unsigned role, uint32_t thread,
                           uint32_t stack)
{
    uint64_t key = (uint64_t)role << 48 | (uint64_t)thread << 32 | stack;
    uint32_t *number = keymap_put(&community->index, key);
    if (*number)
        return *number;
    uint32_t count = community->place_count;
    if ((count & (count - 1)) == 0)
        community->places = xreallocarray(community->places, count ? 2 * (size_t)count : 1,
                                          sizeof(*community->places));
    community->places[count] = (struct place){0};
    return *number = ++community->place_count;
}

static void stop_waiting(struct community *community, struct life *life)
{
    if (!life->place)
        return;
    if (life->back)
        community->lives[life->back].next = life->next;
    else
        place_number(community, life->place)->waiting = life->next;
    if (life->next)
        community->lives[life->next].back = life->back;
    life->place = life->next = life->back = 0;
}

/* All that wait there should have ended before the one that is made now. */
static void call_overdue(struct community *community, struct place *place)
{
    while (place->waiting) {
        struct life *life = &community->lives[place->waiting];
        life->departure = DEPARTS_OVERDUE;
        stop_waiting(community, life);
    }
}

static void wait_there(struct community *community, uint32_t number, uint32_t place_index)
{
    struct life *life = &community->lives[number];
    struct place *place = place_number(community, place_index);
    life->place = place_index;
    life->next = place->waiting;
    if (place->waiting)
        community->lives[place->waiting].back = number;
    place->waiting = number;
}

/* A command is its thread's, as a place is. */
static uint32_t unit_of(const struct life *life, enum api_mark_kind unit)
{
    return unit == API_MARK_COMMAND ? life->command : life->begun[unit];
}

/* The pool made last is the first of those that wait, so all were made in its unit or before. */
static bool is_from_before(const struct community *community, const struct place *place,
                           const struct life *life, enum api_mark_kind unit)
{
    return place->waiting && unit_of(&community->lives[place->waiting], unit) < unit_of(life, unit);
}

/* Pool NUMBER, which THREAD makes or names, takes its place among those of its role. */
static void take_place(struct lives *lives, uint32_t number, uint32_t thread)
{
    struct community *community = lives->current;
    struct life *life = &community->lives[number];
    const struct api_pool_role *role = role_of(lives, life);
    if (!role || role->life == API_LIFE_TASK || role->life == API_LIFE_NOT_TOLD)
        return;
    bool one = role->life == API_LIFE_TRANSFER || role->life == API_LIFE_PROCESS;
    uint32_t index = one ? find_place(community, life->role, 0, ANYWHERE)
                         : find_place(community, life->role, thread, life->created);
    struct place *place = place_number(community, index);
    if (role->life == API_LIFE_PROCESS) {
        life->departure = place->made++ ? DEPARTS_AGAIN : DEPARTS_NOT;
        return;
    }
    if (one || is_from_before(community, place, life, (enum api_mark_kind)role->life))
        call_overdue(community, place);
    wait_there(community, number, index);
}

static struct life *life_of(struct community *community, uint32_t number)
{
    if (number >= community->room) {
        uint32_t room = number < 32 ? 64 : 2 * number;
        community->lives = xreallocarray(community->lives, room, sizeof(*community->lives));
        memset(community->lives + community->room, 0,
               (room - community->room) * sizeof(*community->lives));
        community->room = room;
    }
    return &community->lives[number];
}

static void on_create(void *data, const struct process *process, const struct pool *pool)
{
    struct lives *lives = data;
    struct life *life = life_of(lives->current, pool->number);
    *life = (struct life){.role = replay_pool_role(lives->replay, pool), .created = pool->created};
    life->command = process->command;
    memcpy(life->begun, process->units, sizeof(life->begun));
    const struct pool *parent = replay_pool(lives->replay, pool->parent);
    if (parent && !parent->inherited)
        lives->current->lives[parent->number].had_subpools = true;
    take_place(lives, pool->number, process->thread);
}

/* The first tag may tell the role. */
static void on_name(void *data, const struct process *process, const struct pool *pool)
{
    struct lives *lives = data;
    struct life *life = pool->inherited ? NULL : &lives->current->lives[pool->number];
    if (!life || life->named)
        return;
    life->named = true;
    unsigned role = replay_pool_role(lives->replay, pool);
    if (role == life->role)
        return;
    stop_waiting(lives->current, life);
    life->role = role;
    take_place(lives, pool->number, process->thread);
}

static void on_clear(void *data, const struct process *process, const struct pool *pool,
                     uint32_t stack)
{
    (void)process, (void)stack;
    struct lives *lives = data;
    if (!pool->inherited)
        lives->current->lives[pool->number].cleared = true;
}

static bool is_documented(const struct api_pool_role *role, const char *end)
{
    const struct slice word = {end, strlen(end)};
    return role->ends.length == 0 || slice_lists(role->ends, word);
}

/* A master's pools may all end with it, and with each other. */
static enum departure departure_of(const struct lives *lives, const struct process *process,
                                   const struct life *life, enum life_end how)
{
    const struct api_pool_role *role = role_of(lives, life);
    if (life->departure || !role || process->kind != PROCESS_SESSION)
        return life->departure;
    if (how == LIFE_WITH_PARENT && !is_documented(role, "parent"))
        return DEPARTS_WITH_PARENT;
    if (how == LIFE_EXIT && process->ended && !is_documented(role, "exit"))
        return DEPARTS_AT_EXIT;
    return DEPARTS_NOT;
}

static void end_life(struct lives *lives, const struct process *process, const struct pool *pool,
                     enum life_end how, uint32_t stack)
{
    struct life *life = &lives->current->lives[pool->number];
    stop_waiting(lives->current, life);
    if (pool->root)
        life->role = replay_pool_role(lives->replay, pool);
    life->departure = departure_of(lives, process, life, how);
    for (unsigned i = 0; i < lives->listener_count; i++) {
        const struct lives_listener *listener = &lives->listeners[i];
        listener->on_life(listener->data, process, pool, life, how, stack);
    }
}

static void on_destroy(void *data, const struct process *process, const struct pool *pool,
                       const struct pool *with, uint32_t stack)
{
    if (!pool->inherited)
        end_life(data, process, pool, with == pool ? LIFE_DESTROYED : LIFE_WITH_PARENT, stack);
}

static void on_end(void *data, struct replay *replay, const struct process *process)
{
    struct lives *lives = data;
    for (uint32_t i = 1; i < replay_pool_limit(replay); i++) {
        const struct pool *pool = replay_pool(replay, i);
        if (pool && !pool->inherited && pool->state == POOL_ALIVE)
            end_life(lives, process, pool, LIFE_EXIT, 0);
    }
    for (unsigned i = 0; i < lives->listener_count; i++) {
        const struct lives_listener *listener = &lives->listeners[i];
        if (listener->on_end)
            listener->on_end(listener->data, replay, process);
    }
    leave_community(lives);
}

struct replay_observer lives_observer(struct lives *lives)
{
    return (struct replay_observer){.data = lives,
                                    .on_start = on_start,
                                    .on_create = on_create,
                                    .on_name = on_name,
                                    .on_clear = on_clear,
                                    .on_destroy = on_destroy,
                                    .on_end = on_end};
}
