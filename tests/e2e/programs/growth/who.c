/* who.c - who is to blame where several places, or several callers of one, let pools grow: see
 * ways.h. */
#include "ways.h"

#define MANY 600

static SEEN void note_size(void)
{
    pool_take(server, 64);
}

static SEEN void note_name(void)
{
    pool_take(server, 200);
}

/* Two places feed one pool, each by itself. */
static SEEN void feed_twice(unsigned unit)
{
    (void)unit;
    note_size();
    note_name();
}

static SEEN void feed_in_turn(unsigned unit)
{
    if (unit % 2)
        note_size();
    else
        note_name();
}

static SEEN void leak_one(void)
{
    pool_new(server, "one");
}

static SEEN void leak_another(void)
{
    pool_new(server, "another");
}

static SEEN void leak_twice(unsigned unit)
{
    (void)unit;
    leak_one();
    leak_another();
}

static SEEN void take_at_depth(unsigned depth)
{
    if (depth)
        take_at_depth(depth - 1);
    else
        pool_take(server, 64);
}

/* A place that is come to by many ways. */
static SEEN void hoard_at_depths(unsigned unit)
{
    for (unsigned i = 0; unit == 7 && i < MANY; i++)
        take_at_depth(i % 20);
}

static SEEN void leak_at_depth(unsigned depth)
{
    if (depth)
        leak_at_depth(depth - 1);
    else
        pool_new(server, "leaked at a depth");
}

static SEEN void leak_at_depths(unsigned unit)
{
    leak_at_depth(unit % 20);
}

static SEEN void feed_at_depths(unsigned unit)
{
    take_at_depth(unit % 20);
}

/* Pools below a pool that is forgotten are forgotten with it. */
static SEEN void leak_subtree(unsigned unit)
{
    pool *top = pool_new(server, "top of many"), *last = top;

    (void)unit;
    for (unsigned i = 0; i < 6; i++)
        last = pool_new(last, "below");
    for (unsigned i = 0; i < 6; i++)
        pool_new(top, "beside");
}

/* All of it is ended. */
static SEEN void build_subtree(unsigned unit)
{
    pool *top = pool_new(server, "top of many"), *last = top;

    (void)unit;
    for (unsigned i = 0; i < 6; i++)
        last = pool_new(last, "below");
    pool_end(top);
}

/* Each of two buffers is made anew when it is its turn. */
static SEEN void swap_buffers(unsigned unit)
{
    static pool *buffers[2];

    pool_end(buffers[unit % 2]);
    buffers[unit % 2] = pool_new(server, "buffer");
    pool_take(buffers[unit % 2], 100);
}

/* Two places take 200 things each, and end with what they took them from. */
static SEEN void list_twice(unsigned unit)
{
    pool *own = pool_new(server, "lists");

    (void)unit;
    for (unsigned i = 0; i < 200; i++)
        pool_take(own, 16);
    for (unsigned i = 0; i < 200; i++)
        pool_take(own, 24);
    pool_end(own);
}

const struct way shared_ways[] = {
    {"two-feed", feed_twice},
    {"two-in-turn", feed_in_turn},
    {"two-leak", leak_twice},
    {"depths-hoard", hoard_at_depths},
    {"depths-leak", leak_at_depths},
    {"depths-growth", feed_at_depths},
    {"subtree-leak", leak_subtree},
    {"subtree", build_subtree},
    {"buffers", swap_buffers},
    {"lists", list_twice},
    {0, 0},
};
/* SPDX-License-Identifier: MIT */
