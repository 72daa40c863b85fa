/* field.c - more of what servers do with their pools, half of it without a fault: see ways.h. */
#include "ways.h"

#include <sys/wait.h>
#include <unistd.h>

unsigned draw(unsigned limit)
{
    static unsigned seed = 1;

    seed = seed * 1664525 + 1013904223;
    return (seed >> 18) % limit;
}

/* Eight clients at a time, who come and go; each makes what is its own. */
#define CLIENTS 8

static pool *clients[CLIENTS];

static SEEN void client_turn(unsigned unit, void (*leaves)(unsigned))
{
    pool **client = &clients[draw(CLIENTS)];

    if (*client) {
        pool_end(*client);
        *client = 0;
        leaves(unit);
    } else {
        *client = pool_new(server, "client that comes and goes");
        pool_take(pool_new(*client, "part of a client"), 100);
    }
}

static SEEN void forget_one_of_three(unsigned unit)
{
    pool *farewell = pool_new(server, "farewell");

    (void)unit;
    if (draw(3) != 0)
        pool_end(farewell);
}

static SEEN void forget_none(unsigned unit)
{
    (void)unit;
    pool_end(pool_new(server, "farewell"));
}

static SEEN void clients_forgotten(unsigned unit)
{
    client_turn(unit, forget_one_of_three);
}

static SEEN void clients_in_order(unsigned unit)
{
    client_turn(unit, forget_none);
}

/* Three of one place, and on one way one is not ended. */
static SEEN pool *attempt(void)
{
    return pool_new(server, "attempt");
}

static SEEN void retry(unsigned unit)
{
    pool *first = attempt(), *second = attempt(), *third = attempt();

    pool_end(first);
    if (unit % 5 != 3)
        pool_end(second);
    pool_end(third);
}

/* What is kept by a key that nobody asks for again. */
static SEEN void wrong_key(unsigned unit)
{
    if (unit % 2 == 0)
        pool_take(pool_new(server, "kept by a wrong key"), 40);
}

/* Below each of eight that stay, in turn. */
static SEEN void shards(unsigned unit)
{
    static pool *shard[8];

    if (!shard[unit % 8])
        shard[unit % 8] = pool_new(server, "shard");
    pool_new(shard[unit % 8], "left in a shard");
}

static SEEN void shards_fed(unsigned unit)
{
    static pool *shard[8];

    if (!shard[unit % 8])
        shard[unit % 8] = pool_new(server, "shard");
    pool_take(shard[unit % 8], 56);
}

/* What each of many takes as it is used for the first time. */
static SEEN void shards_begun(unsigned unit)
{
    static pool *shard[25];

    for (unsigned i = 0; i < 25 && !shard[24]; i++)
        shard[i] = pool_new(server, "shard");
    for (unsigned i = 0; i < 4 && unit < 25; i++)
        pool_take(shard[unit], 62);
}

/* Each below the one of half its number. */
static SEEN void heap(unsigned unit)
{
    static pool *nodes[1000];

    nodes[unit + 1] = pool_new(unit ? nodes[(unit + 1) / 2] : server, "node of a heap");
}

/* All that piled up is ended by who cleans up, but only as the program ends. */
static SEEN void until_shutdown(unsigned unit)
{
    static pool *all;

    if (unit == 0)
        all = pool_new(server, "all until shutdown");
    pool_new(all, "one until shutdown");
    if (unit == units - 1)
        pool_end(all);
}

/* A backlog: for half of the run more comes than is done, then less. */
static SEEN void backlog(unsigned unit)
{
    static pool *waiting[1000];
    static unsigned count;

    if (unit < units / 2) {
        waiting[count++] = pool_new(server, "waiting");
        waiting[count++] = pool_new(server, "waiting");
        pool_end(waiting[--count]);
    } else if (count) {
        pool_end(waiting[--count]);
    }
}

/* A cache of sixteen; who has not been asked for is thrown out. */
static SEEN void cache_of_few(unsigned unit)
{
    static pool *entries[16];
    static unsigned keys[16];
    const unsigned key = draw(60) + 1, slot = draw(16);

    (void)unit;
    for (unsigned i = 0; i < 16; i++)
        if (keys[i] == key)
            return;
    pool_end(entries[slot]);
    entries[slot] = pool_new(server, "entry of a cache");
    pool_take(entries[slot], 100);
    keys[slot] = key;
}

/* Names are kept once, and there are few. */
static SEEN void names(unsigned unit)
{
    static char known[24];
    const unsigned name = draw(24);

    (void)unit;
    if (!known[name])
        pool_take(server, 32);
    known[name] = 1;
}

/* Idle ones are used again; there are as many as were ever in use at a time. */
static SEEN void idle_ones(unsigned unit)
{
    static unsigned made;
    unsigned used = unit == units * 4 / 5 ? 9 : draw(6);

    for (; made < used; made++)
        pool_new(server, "idle one");
}

static SEEN void generations(unsigned unit)
{
    static pool *now, *before;

    if (unit % 10 != 0)
        return;
    pool_end(before);
    before = now;
    now = pool_new(server, "generation");
    for (unsigned i = 0; i < 20; i++)
        pool_take(now, 64);
}

/* The next one ends it. */
static SEEN void deferred(unsigned unit)
{
    static pool *last;
    pool *own = pool_new(server, "deferred");

    (void)unit;
    pool_take(own, 100);
    pool_end(last);
    last = own;
}

/* What is made lives as long as it happens to. */
static SEEN void by_chance_for_a_time(unsigned unit)
{
    static pool *kept[50];
    static unsigned until[50];

    for (unsigned i = 0; i < 50; i++)
        if (kept[i] && until[i] == unit) {
            pool_end(kept[i]);
            kept[i] = 0;
        }
    for (unsigned i = 0; i < 50; i++)
        if (!kept[i]) {
            kept[i] = pool_new(server, "for a time by chance");
            until[i] = unit + 1 + draw(20);
            return;
        }
}

/* Work that does not end with its unit: it lasts over three of them. */
static SEEN void over_units(unsigned unit)
{
    static pool *work;

    if (unit % 3 == 0)
        work = pool_new(server, "work over units");
    pool_take(work, 300);
    if (unit % 3 == 2)
        pool_end(work);
}

/* An array that doubles as it is full, and one more in it in each unit. */
static SEEN void doubles(unsigned unit)
{
    static unsigned room;

    if (unit >= room) {
        room = room ? 2 * room : 4;
        pool_take(server, room * 16);
    }
}

/* 1 of the units does 500 times as much, and has it to the end. */
static SEEN void one_large(unsigned unit)
{
    pool *own = pool_new(server, "answer");
    const unsigned lines = unit == 11 ? 500 : 3;

    for (unsigned i = 0; i < lines; i++)
        pool_take(pool_new(own, "line"), 30);
    pool_end(own);
}

/* The same, but each line is given back before the next. */
static SEEN void one_large_given_back(unsigned unit)
{
    pool *own = pool_new(server, "answer");
    const unsigned lines = unit == 11 ? 500 : 3;

    for (unsigned i = 0; i < lines; i++) {
        pool *line = pool_new(own, "line");
        pool_take(line, 30);
        pool_end(line);
    }
    pool_end(own);
}

/* Leaks as it is replaced: the old one is only taken from the list. */
static SEEN void replaced_not_ended(unsigned unit)
{
    static pool *setting;

    if (unit % 4 == 1) {
        setting = pool_new(server, "setting");
        pool_take(setting, 200);
    }
}

/* Helpers are started one after the other, and of each something is kept. */
void run_children(void)
{
    for (unsigned i = 0; i < units; i++) {
        const pid_t child = fork();

        if (child == 0)
            _exit(0);
        waitpid(child, NULL, 0);
        pool_new(server, "kept of a child");
    }
}

const struct way field_ways[] = {
    {"clients-forgotten", clients_forgotten},
    {"clients-in-order", clients_in_order},
    {"retry", retry},
    {"wrong-key", wrong_key},
    {"shards", shards},
    {"shards-fed", shards_fed},
    {"shards-begun", shards_begun},
    {"heap", heap},
    {"until-shutdown", until_shutdown},
    {"backlog", backlog},
    {"cache-of-few", cache_of_few},
    {"names", names},
    {"idle-ones", idle_ones},
    {"generations", generations},
    {"deferred", deferred},
    {"by-chance", by_chance_for_a_time},
    {"over-units", over_units},
    {"doubles", doubles},
    {"one-large", one_large},
    {"one-large-given-back", one_large_given_back},
    {"replaced-not-ended", replaced_not_ended},
    {0, 0},
};
/* SPDX-License-Identifier: MIT */
