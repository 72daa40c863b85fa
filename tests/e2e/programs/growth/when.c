/* when.c - growth that begins late, comes rarely, stops or is given back: see ways.h. */
#include "ways.h"

/* Of what is used in the last part of the run only. */
static int is_late(unsigned unit)
{
    return unit >= units * 3 / 5;
}

static SEEN void leak_late(unsigned unit)
{
    if (is_late(unit))
        pool_new(server, "leaked late");
}

static SEEN void feed_late(unsigned unit)
{
    if (is_late(unit))
        pool_take(server, 64);
}

static SEEN void root_late(unsigned unit)
{
    if (is_late(unit))
        root_take(40);
}

static SEEN void hang_late(unsigned unit)
{
    static pool *last;

    if (is_late(unit))
        last = pool_new(last ? last : server, "late link");
}

/* Each client comes with the unit that it is the first of, and stays for a fifth of all. */
static pool *client_of(unsigned unit)
{
    static pool *client;

    if (unit % (units / 5) == 0) {
        pool_end(client);
        client = pool_new(server, "one of five clients");
    }
    return client;
}

static pool *current;

static SEEN void client_comes(void)
{
    current = pool_new(server, "one of five clients");
}

static SEEN void client_leaves(void)
{
    pool_end(current);
    current = 0;
}

static SEEN void feed_clients(unsigned unit)
{
    if (current)
        pool_take(current, 64);
    if (unit % 20 == 19) {
        client_leaves();
        client_comes();
    }
}

static SEEN void pile_up_below_clients(unsigned unit)
{
    if (current)
        pool_new(current, "reply");
    if (unit % 20 == 19) {
        client_leaves();
        client_comes();
    }
}

static SEEN void flush_regularly(unsigned unit)
{
    pool_take(client_of(unit), 64);
}

static SEEN void expire(unsigned unit)
{
    if (unit % 20 == 19)
        client_leaves();
}

/* What was flushed is made again when it is needed. */
static SEEN void flush_and_make_when_needed(unsigned unit)
{
    expire(unit);
    if (!current)
        client_comes();
    pool_take(current, 64);
}

static SEEN void fill_late(unsigned unit)
{
    if (unit >= units / 2 && unit < units / 2 + 8)
        pool_new(server, "filled late");
}

static SEEN void feed_until(unsigned unit)
{
    if (unit >= units / 2 && unit < units / 2 + 8)
        pool_take(server, 64);
}

static SEEN void load_late(unsigned unit)
{
    for (unsigned i = 0; unit == units * 2 / 3 && i < 20; i++)
        pool_new(server, "loaded late");
}

/* Each of three things is opened when it is needed first. */
static int opens_one(unsigned unit)
{
    return unit == units / 8 || unit == units * 2 / 5 || unit == units * 4 / 5 + 1;
}

static SEEN void open_three(unsigned unit)
{
    if (opens_one(unit))
        pool_new(server, "opened when needed");
}

static SEEN void feed_three(unsigned unit)
{
    if (opens_one(unit))
        pool_take(server, 792);
}

static SEEN void root_three(unsigned unit)
{
    if (opens_one(unit))
        root_take(792);
}

static unsigned random_below(unsigned limit)
{
    static unsigned seed = 7;

    seed = seed * 1103515245 + 12345;
    return (seed >> 16) % limit;
}

/* A cache of what is asked for at random: it is filled ever more slowly. */
static SEEN void fill_by_chance(unsigned unit)
{
    static pool *entries[12];
    pool **entry = &entries[random_below(12)];

    (void)unit;
    if (!*entry)
        *entry = pool_new(server, "entry by chance");
}

static SEEN void leak_by_chance(unsigned unit)
{
    (void)unit;
    if (random_below(8) == 0)
        pool_new(server, "leaked by chance");
}

static SEEN void feed_by_chance(unsigned unit)
{
    (void)unit;
    if (random_below(8) == 0)
        pool_take(server, 64);
}

/* What is kept for so many units, and ended then. */
#define KEPT 30

static SEEN void keep_for_a_time(unsigned unit)
{
    static pool *kept[KEPT];

    pool_end(kept[unit % KEPT]);
    kept[unit % KEPT] = pool_new(server, "kept for a time");
}

/* Each has a part, and that is ended before it. */
static SEEN void keep_with_parts(unsigned unit)
{
    static pool *kept[KEPT], *parts[KEPT];

    pool_end(parts[unit % KEPT]);
    pool_end(kept[unit % KEPT]);
    kept[unit % KEPT] = pool_new(server, "kept with a part");
    parts[unit % KEPT] = pool_new(kept[unit % KEPT], "part");
}

/* One of eight is forgotten. */
static SEEN void keep_and_forget(unsigned unit)
{
    static pool *kept[KEPT];

    if (unit % 8)
        pool_end(kept[unit % KEPT]);
    kept[unit % KEPT] = pool_new(server, "kept and forgotten");
}

const struct way timed_ways[] = {
    {"late-leak", leak_late},
    {"late-growth", feed_late},
    {"late-root", root_late},
    {"late-chain", hang_late},
    {"clients-fed", feed_clients},
    {"clients-piled", pile_up_below_clients},
    {"flush-regularly", flush_regularly},
    {"flush-when-needed", flush_and_make_when_needed},
    {"late-fill", fill_late},
    {"late-feed", feed_until},
    {"late-load", load_late},
    {"three-opened", open_three},
    {"three-fed", feed_three},
    {"three-root", root_three},
    {"chance-cache", fill_by_chance},
    {"chance-leak", leak_by_chance},
    {"chance-growth", feed_by_chance},
    {"kept", keep_for_a_time},
    {"kept-parts", keep_with_parts},
    {"kept-forgotten", keep_and_forget},
    {0, 0},
};
/* SPDX-License-Identifier: MIT */
