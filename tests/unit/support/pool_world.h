/*
 * pool_world.h - a small world for the rules to watch, for one test program each: a process's
 * pools in an array, told to a rule's observer as the replay would. It stands in for
 * analyzer/replay/run.c. Labels are strings, a unit begins with world_mark().
 *
 * SPDX-License-Identifier: MIT
 */
#ifndef LIFEGUARD_POOL_WORLD_H
#define LIFEGUARD_POOL_WORLD_H

#include "analyzer/rules/rules.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POOLS_MAX 4096

struct replay {
    const struct rule *rule;
    void *state;
    struct lifetimes *lifetimes;
    struct replay_observer observer;
    struct process process;
    struct unit_labels labels[LABELLED_KINDS];
    struct pool pools[POOLS_MAX];
    uint32_t limit; /* pool numbers are below it */
    const char *tags[POOLS_MAX];
    struct api api;
    struct api_set apis;
    struct rule_sum sum;
    struct findings found;
};

static struct replay world;

const struct pool *replay_pool(const struct replay *replay, uint32_t number)
{
    return number && number < replay->limit ? &replay->pools[number] : NULL;
}

uint32_t replay_pool_limit(const struct replay *replay)
{
    return replay->limit;
}

uint32_t replay_last_serial(const struct replay *replay)
{
    return replay->limit;
}

const struct pool *replay_next_pool(const struct replay *replay, const struct pool *top,
                                    const struct pool *pool)
{
    if (pool->first_child)
        return replay_pool(replay, pool->first_child);
    while (pool != top && !pool->next_sibling)
        pool = replay_pool(replay, pool->parent);
    return pool == top ? NULL : replay_pool(replay, pool->next_sibling);
}

const char *replay_string(const struct replay *replay, uint32_t tag)
{
    return tag ? replay->tags[tag] : "";
}

size_t replay_brief_stacks(const struct replay *replay, const struct pool *pool,
                           uint32_t stacks[BRIEF_ALLOCATIONS])
{
    (void)replay, (void)pool, (void)stacks;
    return 0;
}

bool replay_within(const struct replay *replay, uint32_t inner, uint32_t outer)
{
    (void)replay;
    return inner == outer;
}

const struct api_set *replay_apis(const struct replay *replay)
{
    return &replay->apis;
}

const struct api *replay_pool_api(const struct replay *replay, const struct pool *pool)
{
    (void)pool;
    return &replay->api;
}

uint64_t replay_place(const struct replay *replay, uint32_t created)
{
    (void)replay;
    return created;
}

/* Stacks of the same thousand are of one place; each below is one of its own. */
uint32_t replay_site(const struct replay *replay, uint32_t stack)
{
    (void)replay;
    return stack < 1000 ? stack : stack / 1000 * 1000;
}

/* No pool's blocks were looked at: each holds a hundred bytes more than was taken from it. */
struct pool_held replay_pool_held(const struct replay *replay, const struct pool *pool)
{
    (void)replay;
    return (struct pool_held){.bytes = pool->bytes + 100, .estimated = true};
}

uint64_t replay_stack_order(const struct replay *replay, uint32_t stack)
{
    (void)replay;
    return stack;
}

/* Stacks of the same ten are. */
bool replay_same_call(const struct replay *replay, uint32_t created, uint32_t destroyed)
{
    (void)replay;
    return created / 10 == destroyed / 10;
}

unsigned replay_pool_role(const struct replay *replay, const struct pool *pool)
{
    for (unsigned i = 0; i < replay->api.sign_count; i++) {
        if (pool->tag && slice_equals(replay->api.signs[i].tag, replay->tags[pool->tag]))
            return replay->api.signs[i].role + 1;
    }
    return 0;
}

const char *replay_pool_role_name(const struct replay *replay, const struct pool *pool)
{
    unsigned role = replay_pool_role(replay, pool);
    if (role)
        return replay->api.pool_roles[role - 1].name.text;
    return pool->root ? replay->api.roots[pool->root - 1].name.text : NULL;
}

const char *replay_pool_label(const struct replay *replay, const struct pool *pool)
{
    return pool->tag ? replay->tags[pool->tag] : NULL;
}

char *replay_pool_path(const struct replay *replay, const struct pool *pool)
{
    char path[256] = "";
    const struct pool *parent = replay_pool(replay, pool->parent);
    snprintf(path, sizeof path, "%s%s%s", parent ? replay->tags[parent->tag] : "",
             parent ? " > " : "", replay->tags[pool->tag]);
    return strdup(path);
}

static inline void world_start(const struct rule *rule)
{
    memset(&world, 0, sizeof world);
    world.rule = rule;
    world.limit = 1;
    world.apis = (struct api_set){{&world.api}, 1};
    world.api.align = 8;
    world.api.root_count = 1;
    world.api.roots[0].name = (struct slice){"permanent_pool", strlen("permanent_pool")};
    world.process = (struct process){
        .pid = 100, .kind = PROCESS_MASTER, .phase = PHASE_STEADY, .unit.kind = API_MARK_KINDS};
    world.process.labels = world.labels;
    world.state = rule->start();
    if (rule->observer) {
        world.observer = rule->observer(world.state);
    } else {
        world.lifetimes = lifetimes_new();
        lifetimes_add(world.lifetimes, rule->listener(world.state));
        world.observer = lifetimes_observer(world.lifetimes);
    }
    world.observer.on_start(world.observer.data, &world, &world.process);
}

/* The process that was begun last is at its end. */
static inline void world_settle(void)
{
    world.observer.on_end(world.observer.data, &world, &world.process);
    world.rule->add(&world.sum, world.rule->take(world.state));
}

static inline const struct finding *world_end(void)
{
    world_settle();
    world.found = world.rule->finish(&world.sum);
    world.rule->end(world.state);
    if (world.lifetimes)
        lifetimes_free(world.lifetimes);
    findings_sort(&world.found);
    for (unsigned i = 0; i < LABELLED_KINDS; i++)
        unit_labels_free(&world.labels[i]);
    return world.found.items;
}

/* A documented role, known by its tag. */
static inline void world_role(const char *name, enum api_life life, const char *ends)
{
    unsigned role = world.api.pool_role_count++;
    world.api.pool_roles[role] = (struct api_pool_role){
        .name = {name, strlen(name)}, .life = life, .ends = {ends, strlen(ends)}};
    world.api.signs[world.api.sign_count++] =
        (struct api_sign){.role = role, .tag = {name, strlen(name)}};
}

static inline void world_mark(enum api_mark_kind mark)
{
    if (world.observer.on_mark)
        world.observer.on_mark(world.observer.data, &world.process, mark, 1);
    if (mark == API_MARK_SHUTDOWN)
        world.process.phase = PHASE_SHUTDOWN;
    if (mark <= API_MARK_CONNECTION)
        world.process.unit = (struct unit){mark, ++world.process.units[mark]};
    if (mark == API_MARK_COMMAND)
        world.process.command = world.process.units[mark];
}

/* A command begins that is about LABEL. */
static inline void world_command(const char *label)
{
    world_mark(API_MARK_COMMAND);
    unit_labels_note(&world.labels[API_MARK_COMMAND], world.process.unit.index, label, false);
}

/* A restart begins that SIGNAL asked for. */
static inline void world_restart(const char *signal)
{
    world_mark(API_MARK_RESTART);
    unit_labels_note(&world.labels[API_MARK_RESTART], world.process.unit.index, signal, true);
}

static inline struct pool *world_create(struct pool *parent, uint32_t stack, const char *tag)
{
    cr_assert_lt(world.limit, POOLS_MAX);
    struct pool *pool = &world.pools[world.limit];
    world.tags[world.limit] = tag;
    *pool = (struct pool){.number = world.limit,
                          .serial = world.limit,
                          .tag = world.limit,
                          .created = stack,
                          .parent = parent ? parent->number : 0,
                          .next_sibling = parent ? parent->first_child : 0,
                          .born = world.process.unit};
    if (parent)
        parent->first_child = pool->number;
    world.limit++;
    if (world.observer.on_create)
        world.observer.on_create(world.observer.data, &world.process, pool);
    return pool;
}

static inline struct pool *world_root(void)
{
    struct pool *root = world_create(NULL, 1, "permanent_pool");
    root->root = 1;
    return root;
}

static inline void world_alloc(struct pool *pool, uint64_t size, uint32_t stack)
{
    world.process.tick++;
    pool->bytes += (size + 7) / 8 * 8;
    if (world.observer.on_alloc)
        world.observer.on_alloc(world.observer.data, &world.process, pool, size, stack);
}

/* What STACK took as SIZE bytes, in UNIT, is given back. */
static inline void world_free(struct pool *pool, uint64_t size, uint32_t stack, struct unit unit)
{
    const struct object object = {.size = (size + 7) / 8 * 8,
                                  .pool = pool->number,
                                  .stack = stack,
                                  .unit = unit,
                                  .phase = world.process.phase};
    world.process.tick++;
    if (world.observer.on_free)
        world.observer.on_free(world.observer.data, &world.process, pool, &object, 8);
    pool->bytes -= object.size;
}

/* POOL, which has no children. */
static inline void world_destroy(struct pool *pool)
{
    if (world.observer.on_destroy)
        world.observer.on_destroy(world.observer.data, &world.process, pool, pool, 9);
    pool->state = POOL_GONE;
    uint32_t *link = &world.pools[pool->parent].first_child;
    while (*link != pool->number)
        link = &world.pools[*link].next_sibling;
    *link = pool->next_sibling;
}

/* A session, as a fork's copy of the world with what was there inherited. */
static inline struct process world_fork(int32_t pid)
{
    struct process parent = world.process;
    world.process.pid = pid;
    world.process.kind = PROCESS_SESSION;
    for (uint32_t i = 1; i < world.limit; i++)
        world.pools[i].inherited = true;
    world.observer.on_start(world.observer.data, &world, &world.process);
    return parent;
}

static inline void world_exit(struct process parent)
{
    world_settle();
    for (uint32_t i = 1; i < world.limit; i++)
        world.pools[i].inherited = false;
    world.process = parent;
}

static inline void expect_nothing(void)
{
    world_end();
    cr_expect_eq(world.found.count, 0, "%zu found", world.found.count);
    findings_free(&world.found);
}

#endif
